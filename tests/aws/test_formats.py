from __future__ import annotations

import pytest

from kmsiac.aws.formats import FORMATS

MATCHES = [
    (
        "account_id",
        ["111122223333"],
        ["11112222333", "1111222233334", "11112222333x", "", "\u0661" * 12],
    ),
    (
        "region",
        ["eu-west-1", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1", "ap-southeast-12"],
        ["eu-west", "EU-WEST-1", "eu-west-1a", "europe-west-1", "e-west-1", "*"],
    ),
    (
        "alias_name",
        ["alias/a", "alias/app/key_1-x"],
        ["alias/", "alias/aws/s3", "app", "alias/a b", "alias/" + "a" * 251, "alias/*"],
    ),
    ("alias_pattern", ["alias/aws/s3", "alias/a"], ["arn:aws:kms:eu-west-1:111122223333:alias/a"]),
    (
        "via_service",
        ["s3.eu-west-1.amazonaws.com", "backup-gateway.cn-north-1.amazonaws.com"],
        ["s3.amazonaws.com", "s3.eu-west-1.amazonaws.com.cn", "s3", "s3.eu-west-1"],
    ),
    (
        "kms_arn",
        [
            "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1",
            "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/a",
        ],
        [
            "arn:aws:kms:cn-north-1:111122223333:key/a",
            "arn:aws-cn:kms:eu-west-1:111122223333:key/a",
            "arn:aws:kms::111122223333:key/a",
            "arn:aws:kms:eu-west-1:111122223333:a",
            "arn:aws:kms:eu-west-1:111122223333:key/",
            "arn:aws:s3:::bucket",
            "key/a",
        ],
    ),
    (
        "vpc_id",
        ["vpc-12345678", "vpc-0123456789abcdef0"],
        ["vpc-1", "vpce-12345678", "vpc-1234567g"],
    ),
    ("vpce_id", ["vpce-12345678", "vpce-0123456789abcdef0"], ["vpc-12345678", "vpce-123456789"]),
    (
        "private_cidr",
        ["10.0.0.0/8", "10.1.2.3", "172.31.0.0/16", "192.168.1.7/24", "fc00::/7", "fd00::1"],
        ["10.0.0.0/7", "172.32.0.0/16", "8.8.8.8", "0.0.0.0/0", "::/0", "10.0.0", "", "fe80::/10"],
    ),
    ("sid", ["AllowUse1", ""], ["Allow use", "allow-use", "\u00e9"]),
    (
        "action",
        ["*", "kms:Decrypt", "kms:*", "k*:de?"],
        ["Decrypt", "kms:", ":x", "kms:a b", "kms::x"],
    ),
    ("policy_text", ["", "Allow \u00ff\t\r\n"], ["\u0100", "\x00", "a\x7f\u2019b", "\x1f"]),
    (
        "log_group_arn",
        ["arn:aws:logs:eu-west-1:111122223333:log-group:/app:*"],
        [
            "arn:aws:logs:eu-west-1:111122223333:*",
            "arn:aws:logs:eu-west-1:111122223333:log-group:",
            "/app",
        ],
    ),
    ("sha384_hex", ["0a" * 48, "0A" * 48], ["0a" * 47, "0g" * 48, ""]),
    ("zero_hex", ["0" * 96], ["0" * 95 + "1", ""]),
    ("boolean", ["true", "False"], ["yes", "1", ""]),
    ("organization_id", ["o-a1b2c3d4e5"], ["o-short", "O-a1b2c3d4e5", "o-" + "a" * 33]),
    (
        "service_principal",
        ["logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"],
        ["logs", "amazonaws.com", "a..b.c", "logs.amazonaws.com."],
    ),
    ("policy_name", ["default"], ["", "my policy", "a" * 129]),
]


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [(name, text, True) for name, good, _ in MATCHES for text in good]
    + [(name, text, False) for name, _, bad in MATCHES for text in bad],
)
def test_literal_texts(name: str, text: str, fits: bool) -> None:
    assert FORMATS[name].matches(text) is fits
    if fits:
        assert FORMATS[name].could_match(text)


def test_every_format_is_tested_and_has_an_example_of_itself() -> None:
    assert {name for name, _, _ in MATCHES} == set(FORMATS)
    for format in FORMATS.values():
        assert format.matches(format.example)
        assert format.meaning.endswith(".")


@pytest.mark.parametrize(
    ("name", "pattern", "could"),
    [
        ("account_id", "1111*", True),
        ("account_id", "*", True),
        ("account_id", "arn:*", False),
        ("account_id", "1111222233334*", False),
        ("account_id", "????????????", True),
        ("account_id", "???", False),
        ("account_id", "${aws:PrincipalAccount}", True),
        ("account_id", "${*}", False),
        ("region", "eu-*", True),
        ("region", "*-1", True),
        ("region", "EU-*", False),
        ("via_service", "s3.*.amazonaws.com", True),
        ("via_service", "*.amazonaws.com", True),
        ("via_service", "s3.eu-west-1.*", True),
        ("via_service", "s3.amazonaws.*", False),
        ("via_service", "s3.*.amazonaws.eu", True),
        ("via_service", "s3.eu-west-1.amazonaws.eu", False),
        ("alias_name", "alias/*", True),
        ("alias_name", "alias/aws/*", False),
        ("kms_arn", "arn:aws:kms:*:111122223333:key/*", True),
        ("kms_arn", "arn:*:kms:*:*:alias/*", True),
        ("kms_arn", "*", True),
        ("kms_arn", "arn:aws:kms:cn-north-1:111122223333:key/*", False),
        ("kms_arn", "arn:aws:kms:eu-west-1:1111:key/*", False),
        ("vpce_id", "vpce-*", True),
        ("vpce_id", "vpc-*", False),
        ("log_group_arn", "arn:aws:logs:*:*:*", True),
        ("log_group_arn", "arn:aws:logs:eu-west-1:111122223333:*", True),
        ("log_group_arn", "*log*", True),
        ("boolean", "t*", True),
        ("boolean", "x*", False),
        ("zero_hex", "0*", True),
        ("sid", "${unclosed*", False),
        ("action", "kms:Describe*", True),
        ("action", "Describe*", False),
        ("action", "*Key", False),
        ("action", "${service}", True),
    ],
)
def test_patterns(name: str, pattern: str, could: bool) -> None:
    assert FORMATS[name].could_match(pattern) is could


def test_long_texts_take_no_time() -> None:
    for format in FORMATS.values():
        for text in ("a" * 50_000, "0" * 50_000, "*a" * 25_000, "${" * 25_000, "alias/" * 9_000):
            format.matches(text)
            format.could_match(text)


@pytest.mark.parametrize(
    ("value", "open"),
    [
        ("s3.eusc-de-east-1.amazonaws.eu", True),
        ("s3.eusc-de-east-1.amazonaws.com", True),
        ("s3.eusc-de-east-1.example.com", False),
        ("s3.eu-west-1.amazonaws.com", False),
        ("s3", False),
    ],
)
def test_what_documentation_leaves_open(value: str, open: bool) -> None:
    assert bool(FORMATS["via_service"].doubt(value)) is open
