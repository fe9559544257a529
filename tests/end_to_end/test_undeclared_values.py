"""Values in files of variables that nothing takes: a note, as Terraform gives a warning."""

from __future__ import annotations

import json

MAIN = 'variable "name" {\n  default = "x"\n}\nresource "aws_kms_key" "k" {\n  description = var.name\n}\n'
REPOSITORY = {".git/HEAD": ""}


def notes(ran) -> list[tuple[str, int, str]]:
    return [
        (note["location"]["path"], note["location"]["line"], note["message"])
        for note in json.loads(ran.out)["notes"]
    ]


def test_a_name_that_no_variable_has_is_told_with_the_nearest(kmsiac):
    files = {"main.tf": MAIN, "terraform.tfvars": 'name = "a"\nnmae = "b"\n'}
    ran = kmsiac(files, "scan", "-f", "json")
    told = 'no variable is declared for the value "nmae": did you mean "name"?'
    assert notes(ran) == [("terraform.tfvars", 2, told)]


def test_a_file_in_json_too(kmsiac):
    ran = kmsiac(
        {"main.tf": MAIN, "x.auto.tfvars.json": '{\n "other": 1\n}\n'}, "scan", "-f", "json"
    )
    told = 'no variable is declared for the value "other"'
    assert notes(ran) == [("x.auto.tfvars.json", 2, told)]


def test_a_file_for_several_roots_is_told_what_none_of_them_takes(kmsiac):
    files = {
        **REPOSITORY,
        "a/main.tf": MAIN,
        "b/main.tf": MAIN.replace('"name"', '"other"').replace("var.name", "var.other"),
        "common.tfvars": 'name = "a"\nother = "b"\nthird = "c"\n',
    }
    ran = kmsiac(files, "scan", "-f", "json", "--var-file", "common.tfvars")
    ((path, line, told),) = notes(ran)
    assert (path, line) == ("common.tfvars", 3)
    assert 'for the value "third"' in told


def test_many_of_them_are_counted(kmsiac):
    files = {"main.tf": MAIN, "terraform.tfvars": "".join(f"z{at:03} = 1\n" for at in range(100))}
    found = notes(kmsiac(files, "scan", "-f", "json"))
    assert len(found) == 5
    assert found[-1][2] == 'no variable is declared for the value "z004" (and 95 more)'
