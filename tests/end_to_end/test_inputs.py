"""Values that the user gives: taken, or refused where nothing takes them."""

from __future__ import annotations

VARIABLE = (
    'variable "rotate" {\n  type = bool\n  default = false\n}\n'
    'resource "aws_kms_key" "k" {\n  enable_key_rotation = var.rotate\n}\n'
)
PARAMETER = (
    "Parameters:\n  Rotate:\n    Type: String\n    Default: 'false'\n"
    "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n"
    "      EnableKeyRotation: !Ref Rotate\n"
)


def test_a_value_that_is_taken_changes_the_outcome(kmsiac):
    assert kmsiac({"main.tf": VARIABLE}, "scan").code == 1
    assert kmsiac({"main.tf": VARIABLE}, "scan", "--var", "rotate=true").code == 0


def test_a_variable_that_nothing_declares_is_refused(kmsiac):
    ran = kmsiac({"main.tf": VARIABLE}, "scan", "--var", "rotat=true")
    assert ran.code == 2
    assert '--var rotat: nothing that is scanned takes it (did you mean "rotate"?)' in ran.err


def test_a_parameter_that_nothing_declares_is_refused(kmsiac):
    assert kmsiac({"t.yaml": PARAMETER}, "scan", "--parameters", "Rotate=true").code == 0
    ran = kmsiac({"t.yaml": PARAMETER}, "scan", "--parameters", "Rotation=true")
    assert ran.code == 2
    assert "--parameters Rotation: nothing that is scanned takes it" in ran.err


def test_a_missing_path_beside_the_scanned_one_is_missing_and_not_outside(kmsiac):
    ran = kmsiac({"main.tf": VARIABLE}, "scan", ".", "../nope")
    assert "nope: no such file or directory" in ran.out
