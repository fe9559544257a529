# Names and text beyond ASCII; the text of strings is normalised.
locals {
  größe = var.größe
  名前 = "é"
  composed = "é"
  heredoc = <<EOT
é 😀
EOT
  key = { "é" = 1, größe = 2 }
  ids = [for ключ, v in var.x : "${ключ}-é"]
}
