resource "aws_sqs_queue_policy" "q" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [] })
}
