# A byte order mark and the line ends of Windows.
resource "aws_kms_key" "k" {
  policy = <<EOT
{
  "a": "${var.b}"
}
EOT
  other = <<-EOT
    a
      b ${var.c}
    EOT
  x = [
    1, # one
    2
  ]
  y = {
    a = 1
    b = "C:\\x"
  }
  source = "..\\modules\\kms"
}
