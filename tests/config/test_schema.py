"""The loader and the published schema say the same of a configuration file."""

from __future__ import annotations

import json
from itertools import pairwise

import jsonschema
import pytest

from kmsiac.authoring.__main__ import SCHEMAS
from kmsiac.config.file import read_values
from kmsiac.config.keys import KEYS
from kmsiac.config.plain_values import as_data
from kmsiac.config.schema import SCHEMA_FILE
from kmsiac.reading.source import SourceFile
from kmsiac.reading.yaml_reader import read_yaml

SCHEMA = json.loads((SCHEMAS / SCHEMA_FILE).read_text(encoding="utf-8"))

GOOD = [
    'account_id: "111122223333"',
    "account_id: 111122223333",
    "region: eu-central-1",
    "region: us-gov-west-1",
    "partition: aws-cn",
    "var: {a: 1, b: true, c: [x, {y: z}], d-e: text}",
    "var_file: [prod.tfvars, ../common/all.tfvars]",
    "parameters: {Env: prod, Size: 3, Zones: [a, b]}",
    "parameters: [prod.json, Env=prod]",
    "policy_kind: key",
    "inputs: [{root: envs/prod, name: prod, var_files: [prod.tfvars]}, {root: .}]",
    "inputs: [{root: t.yaml, parameters: {Env: prod}}]",
    'trusted_accounts: ["012345678901", 111122223333]',
    "trusted_orgs: [o-a1b2c3d4e5]",
    "exclude: [legacy/, '*.generated.json', '!keep.json', /top, a/**/b]",
    "select: [KP-20, grants, public-key-policy]",
    "pedantic: true",
    "rules: [security/rules]",
    "severity: {KP-20: low, TEAM-001: info}",
    "params: {SVC-01: {exempt: [a.amazonaws.com], days: 30, on: true}}",
    "ignore: [{rule: KP-20}]",
    "ignore: [{rule: [KP-20, grants], path: 'legacy/**', reason: known, until: 2027-01-31}]",
    "ignore: [{rule: KP-20, resource: 'module.a.*'}]",
    "require_reason: true",
    "no_ignores: false",
    "baseline: .kmsiac-baseline.json",
    "since: origin/main",
    "format: sarif",
    "fail_on: never",
    "min_severity: high",
    "strict: false",
    "max_findings: 100",
    "category: prod",
    "color: never",
    "quiet: false",
    "verbose: true",
    "{}",
    "exclude: []",
]
BAD = [
    ("fail-on: high", '1:1: unknown key "fail-on" (did you mean "fail_on"?)'),
    ("trusted_account: []", 'unknown key "trusted_account" (did you mean "trusted_accounts"?)'),
    ("config: other.yaml", 'unknown key "config" (it is given on the command line only)'),
    ("- fail_on", "1:1: a configuration is a mapping of keys"),
    ("fail_on: hihg", '1:10: "fail_on" does not take "hihg" (did you mean "high"?)'),
    ("fail_on: [high]", '"fail_on" must be text'),
    ("fail_on:", '"fail_on" must be text'),
    ("min_severity: never", '"min_severity" does not take "never"'),
    ("strict: yes", '"strict" must be true or false'),
    ('strict: "true"', '"strict" must be true or false'),
    ("max_findings: 0", "must be a whole number from 1 on"),
    ("max_findings: 1.5", "must be a whole number from 1 on"),
    ('max_findings: "3"', "must be a whole number from 1 on"),
    ("account_id: 1234", "takes account ids of 12 digits"),
    ('account_id: "1111222233334"', "takes account ids of 12 digits"),
    ("trusted_accounts: 111122223333", '"trusted_accounts" must be a list (write it as [111122'),
    ("trusted_orgs: [a1b2c3d4e5]", '"trusted_orgs" does not take "a1b2c3d4e5"'),
    ("region: Frankfurt", '"region" does not take "Frankfurt" (like eu-central-1)'),
    ("partition: azure", '"partition" does not take "azure"'),
    ("var: [a]", '"var" must be a mapping'),
    ("var: {a: null}", '"var.a" has no value (write "" for empty text)'),
    ("var: {a.b: 1}", '"var" does not take "a.b"'),
    ("var_file: prod.tfvars", '"var_file" must be a list (write it as [prod.tfvars])'),
    ("var_file: [/etc/passwd]", '1:12: "var_file" takes no absolute path'),
    (r"var_file: [C:\a]", "takes no absolute path"),
    (r"var_file: ['a\b']", "write paths with /"),
    ('var_file: ["a\\0b"]', "without control characters"),
    ("var_file: [1]", '"var_file" must be text (quote it: "1")'),
    ("parameters: prod.json", '"parameters" must be a mapping or a list'),
    ("parameters: {Env: {a: b}}", "must be one value or a list of them"),
    ("parameters: {my-env: a}", '"parameters" does not take "my-env"'),
    ("inputs: [{name: prod}]", 'an entry of "inputs" needs "root"'),
    ("inputs: [{root: a, var_file: [b]}]", 'unknown key "var_file" in an entry of "inputs" (did'),
    ("inputs: [prod]", 'an entry of "inputs" is a mapping'),
    ("exclude: [../other]", "a pattern cannot lead upward"),
    ("exclude: ['!']", "name something to leave out"),
    ("exclude: ['/']", "name something to leave out"),
    ("exclude: ['" + "a" * 501 + "']", "at most 500 characters"),
    ("exclude: [" + "a, " * 1001 + "]", "has more than 1000 entries"),
    ("severity: {KP-20: hgh}", '"severity.KP-20" does not take "hgh" (did you mean "high"?)'),
    ("severity: {kp20: low}", '1:12: "severity" does not take "kp20" (like KP-20)'),
    ("params: {SVC-01: [a]}", '"params.SVC-01" must be a mapping'),
    ("params: {SVC-01: {exempt: {a: b}}}", "must be one value or a list of them"),
    ("ignore: [KP-20]", 'an entry of "ignore" is a mapping (write it as {rule, path, resource'),
    ("ignore: [{path: a}]", 'an entry of "ignore" needs "rule"'),
    ("ignore: [{rule: []}]", '"rule" names nothing'),
    ("ignore: [{rule: KP-20, untill: 2027-01-31}]", '(did you mean "until"?)'),
    ("ignore: [{rule: KP-20, until: tomorrow}]", '"until" does not take "tomorrow"'),
    ("ignore: [{rule: KP-20, path: '!a'}]", '"path" does not take "!a"'),
    ("format: json=out.json", "a configuration file names no file of a report"),
    ("format: xml", '"format" does not take "xml"'),
    ("format: [text]", '"format" must be text'),
    ("select: KP-20", '"select" must be a list'),
    ("baseline: ~/known.json", "takes no absolute path"),
]
ONLY_LOADER = [
    ("fail_on: high\nfail_on: low", '2:1: "fail_on" stands here twice'),
    ("severity: {KP-20: low, KP-20: info}", '"KP-20" stands here twice'),
    ("ignore: [{rule: KP-20, until: 2027-02-30}]", '"until" does not take "2027-02-30"'),
    ("account_id: 012345678901", "quote an id that begins with 0"),
    ("region: !Ref Region", '"region" must be text'),
    ("? [a]\n: b", "a key must be text"),
]
"""What is no longer to be seen once the text has become data."""


BOMB = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]" for a, b in pairwise("abcdefgh"))
BOMB = f"a: &a [x]\n{BOMB}\n"


def mistakes(text: str) -> str:
    return "\n".join(map(str, read_values(SourceFile(1, "c.yaml", text.encode())).problems.errors))


def fits_schema(text: str) -> bool:
    data = as_data(read_yaml(SourceFile(1, "c.yaml", text.encode())))
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(data)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", GOOD)
def test_good(text: str) -> None:
    assert mistakes(text) == ""
    assert fits_schema(text)


def test_good_ones_use_every_key() -> None:
    used = {text.partition(":")[0] for text in GOOD}
    assert used >= set(KEYS)


@pytest.mark.parametrize(("text", "message"), BAD)
def test_bad(text: str, message: str) -> None:
    assert message in mistakes(text)
    assert not fits_schema(text)


@pytest.mark.parametrize(("text", "message"), ONLY_LOADER)
def test_bad_in_a_way_that_only_text_shows(text: str, message: str) -> None:
    assert message in mistakes(text)


@pytest.mark.parametrize("text", ["", "# fail_on: high\n", "---\n# nothing\n", "\n\n"])
def test_a_file_of_comments_says_nothing(text: str) -> None:
    assert mistakes(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "[" * 5000,
        "a: b\n---\nc: d\n",
        "fail_on: *nope",
        "fail_on: \x07",
        "fail_on: [",
    ],
)
def test_text_that_is_refused_whole(text: str) -> None:
    assert mistakes(text).startswith("c.yaml:")


def test_every_mistake_at_once() -> None:
    told = mistakes("fail-on: high\nstrict: maybe\nignore: [{rul: KP-20}]\n")
    assert [line.split(" ")[0] for line in told.splitlines()] == [
        "c.yaml:1:1:",
        "c.yaml:2:9:",
        "c.yaml:3:11:",
        "c.yaml:3:10:",
    ]
