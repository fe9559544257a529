# Every way that a sink can go: evaluated, partly unknown, null, not made, not covered.
variable "given" {
  type    = string
  default = null
}

variable "unset" {
  type = string
}

variable "on" {
  type    = bool
  default = false
}

resource "aws_kms_key" "known" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_kms_key" "partly" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "A", Effect = var.unset }] })
}

resource "aws_kms_key" "null" {
  policy = var.given
}

resource "aws_kms_key" "not_made" {
  count  = var.on ? 1 : 0
  policy = jsonencode({ Statement = [] })
}

resource "aws_iam_role" "inline" {
  assume_role_policy = jsonencode({ Statement = [] })
  dynamic "inline_policy" {
    for_each = ["a", "b"]
    content {
      name   = inline_policy.value
      policy = jsonencode({ Statement = [] })
    }
  }
}

resource "aws_sns_topic" "t" {
  name   = "t"
  policy = jsonencode({ Statement = [] })
}

resource "aws_organizations_policy" "scp" {
  name = "scp"
  content = <<-POLICY
    {"Version": "2012-10-17", "Statement": []}
  POLICY
}

/*
resource "aws_kms_key" "comment" {
  policy = "{}"
}
*/

module "key" {
  source = "./modules/key"
  policy = jsonencode({ Statement = [] })
}

module "never" {
  count  = var.on ? 1 : 0
  source = "./modules/never"
}

module "elsewhere" {
  source = "git::https://example.com/keys.git"
}
