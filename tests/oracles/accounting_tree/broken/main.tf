resource "aws_kms_key" "k" {
  policy = jsonencode({ Statement = [] })

resource "aws_kms_key" "l" {
  policy = "{}"
}
