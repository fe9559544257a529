variable "policy" {
  type = string
}

resource "aws_kms_key" "k" {
  policy = var.policy
}

resource "aws_kms_alias" "k" {
  name          = "alias/k"
  target_key_id = aws_kms_key.k.key_id
}
