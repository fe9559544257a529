"""Provider configurations: which of them work in one account."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmsiac.frontends.unit import Inputs
from kmsiac.stack import Environment
from kmsiac.values import Unknown
from tests.frontends.terraform.loading import plain, read

ROLE = 'assume_role {\n    role_arn = "arn:aws:iam::%s:role/%s"\n  }'


def accounts(folder: Path, *bodies: str, account: str | None = None) -> list[str]:
    """The accounts of a default provider configuration and of aliases, as they print."""
    hcl = 'variable "p" {}\nvariable "q" {}\n'
    for at, body in enumerate(bodies):
        alias = f'alias = "o{at}"\n' if at else ""
        meta = f"provider = aws.o{at}" if at else ""
        hcl += f'provider "aws" {{\n  {alias}  {body}\n}}\n'
        hcl += f'resource "aws_kms_key" "k{at}" {{\n  {meta}\n}}\n'
    inputs = Inputs(environment=Environment(account_id=account)) if account else Inputs()
    stack, _ = read(folder, {"main.tf": hcl}, inputs)
    assert not stack.errors
    found = [resource.provider.account for resource in stack.resources]
    marks = {one.parts: f"#{at}" for at, one in reversed(list(enumerate(found)))}
    return [one.literal or marks[one.parts] for one in found]


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        (("", ""), ["#0", "#0"]),
        (('profile = "x"', 'profile = "x"'), ["#0", "#0"]),
        (("profile = var.p", "profile = var.p"), ["#0", "#0"]),
        (("profile = var.p", "profile = var.q"), ["#0", "#1"]),
        (("", 'profile = "x"', 'profile = "x"'), ["#0", "#1", "#1"]),
        (('profile = "x"', ROLE % ("${var.p}", "ci"), ROLE % ("${var.p}", "cd")), ["#0", "#1", "#1"]),
        ((ROLE % ("444455556666", "ci"), ROLE % ("111122223333", "ci")), ["444455556666", "111122223333"]),
        (("", "assume_role {\n    role_arn = var.p\n  }", "assume_role {\n    role_arn = var.p\n  }"), ["#0", "#1", "#2"]),
        (("", ROLE % ("${data.aws_caller_identity.me.account_id}", "ci")), ["#0", "#1"]),
    ],
)  # fmt: skip
def test_equal_ways_to_an_account_share_it(
    tmp_path: Path, bodies: tuple[str, ...], expected: list[str]
) -> None:
    assert accounts(tmp_path, *bodies) == expected


def test_an_assumed_role_tells_the_account_whatever_the_command_line_says(tmp_path: Path) -> None:
    found = accounts(
        tmp_path, ROLE % ("444455556666", "ci"), 'profile = "x"', account="111122223333"
    )
    assert found == ["444455556666", "#1"]


def test_a_role_of_the_default_account_is_in_it(tmp_path: Path) -> None:
    caller = 'data "aws_caller_identity" "me" {}\n'
    body = ROLE % ("${data.aws_caller_identity.me.account_id}", "ci")
    (tmp_path / "data.tf").write_text(caller)
    assert accounts(tmp_path, "", body) == ["#0", "#0"]


REGIONS = """
variable "elsewhere" {}
provider "aws" {
  region = var.elsewhere
}
provider "aws" {
  alias = "same"
}
provider "aws" {
  alias  = "other"
  region = var.elsewhere
}
resource "aws_kms_key" "default" {}
resource "aws_kms_key" "same" {
  provider = aws.same
}
resource "aws_kms_key" "other" {
  provider = aws.other
}
"""


def test_the_command_line_tells_no_region_of_a_configuration_with_its_own(tmp_path: Path) -> None:
    inputs = Inputs(environment=Environment(region="us-east-1"))
    stack, _ = read(tmp_path, {"main.tf": REGIONS}, inputs)
    found = {one.address: one.provider.region.literal for one in stack.resources}
    assert found == {
        "aws_kms_key.default": "us-east-1",
        "aws_kms_key.same": "us-east-1",
        "aws_kms_key.other": None,
    }


EACH = """
variable "regions" {
  default = { eu = "eu-west-1", us = "us-east-1" }
}
provider "aws" {
  alias    = "by"
  for_each = var.regions
  region   = each.value
}
resource "aws_kms_key" "k" {
  for_each = var.regions
  provider = aws.by[each.key]
}
resource "aws_kms_key" "one" {
  provider = aws.by["us"]
}
module "m" {
  source   = "./m"
  for_each = var.regions
  providers = {
    aws = aws.by[each.key]
  }
}
"""
INNER = """
data "aws_region" "here" {}
resource "aws_kms_key" "k" {
  description = data.aws_region.here.name
}
"""


def regions(folder: Path, files: dict[str, str], inputs: Inputs | None = None) -> dict[str, str]:
    stack, _ = read(folder, files, inputs)
    assert not stack.errors
    return {one.address: str(one.provider.region) for one in stack.resources}


def test_a_configuration_of_each_region_is_chosen_by_its_key(tmp_path: Path) -> None:
    found = regions(tmp_path, {"main.tf": EACH, "m/main.tf": INNER})
    assert found == {
        'aws_kms_key.k["eu"]': "eu-west-1",
        'aws_kms_key.k["us"]': "us-east-1",
        "aws_kms_key.one": "us-east-1",
        'module.m["eu"].aws_kms_key.k': "eu-west-1",
        'module.m["us"].aws_kms_key.k': "us-east-1",
    }


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("eu-west-1", "ec2.eu-west-1.amazonaws.com"),
        (None, "ec2.${data.aws_region.r.name}.amazonaws.com"),
    ],
)
def test_the_endpoint_of_a_region_is_that_of_ec2(
    tmp_path: Path, region: str | None, expected: str
) -> None:
    hcl = """
data "aws_region" "r" {}
resource "aws_kms_key" "k" {
  description = data.aws_region.r.endpoint
}
"""
    environment = Environment(region=region, partition="aws")
    stack, _ = read(tmp_path, {"main.tf": hcl}, Inputs(environment=environment))
    assert str(stack.resources[0].attributes.get("description")) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("data.aws_arn.r.account", "111111111111"),
        ("data.aws_arn.r.partition", "aws-us-gov"),
        ("data.aws_arn.r.region", ""),
        ("data.aws_arn.r.resource", "role/a:b"),
        ("data.aws_arn.own.account", "${data.aws_caller_identity.me.account_id}"),
        ("data.aws_arn.open.resource", "${data.aws_arn.open.resource}"),
        ("data.aws_arn.open.account", "${data.aws_arn.open.account}"),
        ("data.aws_service_principal.s.name", "logs.amazonaws.com"),
        ("data.aws_service_principal.s.suffix", "amazonaws.com"),
        ("data.aws_service_principal.cn.name", "${data.aws_service_principal.cn.name}"),
    ],
)
def test_data_sources_that_look_nothing_up_are_computed(
    tmp_path: Path, expression: str, expected: str
) -> None:
    hcl = f"""
variable "u" {{}}
data "aws_caller_identity" "me" {{}}
data "aws_arn" "r" {{
  arn = "arn:aws-us-gov:iam::111111111111:role/a:b"
}}
data "aws_arn" "own" {{
  arn = "arn:aws:iam::${{data.aws_caller_identity.me.account_id}}:root"
}}
data "aws_arn" "open" {{
  arn = var.u
}}
data "aws_service_principal" "s" {{
  service_name = "logs"
}}
data "aws_service_principal" "cn" {{
  service_name = "logs"
  region       = "cn-north-1"
}}
resource "aws_kms_key" "k" {{
  description = {expression}
}}
"""
    stack, _ = read(tmp_path, {"main.tf": hcl}, Inputs(environment=Environment(region="eu-west-1")))
    told = stack.resources[0].attributes.get("description")
    if isinstance(told, Unknown):
        assert f"${{{told.expression}}}" == expected
    else:
        assert str(told) == expected


def test_a_resource_goes_to_the_region_that_it_names(tmp_path: Path) -> None:
    hcl = """
provider "aws" {
  region = "eu-west-1"
}
data "aws_region" "other" {
  region = "us-east-1"
}
resource "aws_kms_key" "here" {}
resource "aws_kms_key" "there" {
  region      = "ap-south-1"
  description = data.aws_region.other.region
}
resource "aws_sns_topic" "there" {
  region            = aws_kms_key.there.region
  name              = "t"
  kms_master_key_id = aws_kms_key.there.id
}
"""
    stack, _ = read(tmp_path, {"main.tf": hcl})
    found = {one.address: str(one.provider.region) for one in stack.resources}
    assert found == {
        "aws_kms_key.here": "eu-west-1",
        "aws_kms_key.there": "ap-south-1",
        "aws_sns_topic.there": "ap-south-1",
    }
    described = stack.by_address()["aws_kms_key.there"].attributes.get("description")
    assert str(described) == "us-east-1"


def test_a_called_module_may_configure_its_own_provider(tmp_path: Path) -> None:
    hcl = 'provider "aws" {\n  region = "eu-west-1"\n}\n' + "".join(
        f'module "{name}" {{\n  source = "./{name}"\n}}\n' for name in ("own", "proxy")
    )
    own = 'provider "aws" {\n  region = "us-east-1"\n}\n'
    files = {
        "main.tf": hcl,
        "own/main.tf": own + INNER,
        "proxy/main.tf": 'provider "aws" {}\n' + INNER,
    }
    assert regions(tmp_path, files) == {
        "module.own.aws_kms_key.k": "us-east-1",
        "module.proxy.aws_kms_key.k": "eu-west-1",
    }


def test_data_sources_of_the_environment_say_what_they_look_for(tmp_path: Path) -> None:
    hcl = """
provider "aws" {
  region = "eu-west-1"
}
data "aws_region" "own" {}
data "aws_region" "named" {
  name = "us-east-1"
}
data "aws_region" "far" {
  endpoint = "ec2.us-west-2.amazonaws.com"
}
data "aws_partition" "p" {}
resource "aws_kms_key" "k" {
  tags = {
    own   = data.aws_region.own.id
    named = "${data.aws_region.named.id} ${data.aws_region.named.name} ${data.aws_region.named.region}"
    far   = data.aws_region.far.name
    dns   = data.aws_partition.p.reverse_dns_prefix
  }
}
"""
    inputs = Inputs(environment=Environment(partition="aws-cn"))
    stack, _ = read(tmp_path, {"main.tf": hcl}, inputs)
    tags = stack.resources[0].attributes.get("tags")
    assert plain(tags) == {
        "own": "eu-west-1",
        "named": "us-east-1 us-east-1 us-east-1",
        "far": "?data.aws_region.far.region",
        "dns": "cn.com.amazonaws",
    }
