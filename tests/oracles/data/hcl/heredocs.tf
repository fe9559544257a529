locals {
  plain = <<EOT
{"a": "${var.b}", "c": "$${aws:username}", "d": "\n"}
  # no comment
EOT
  indented = <<-EOT
    {
      "a": 1

        "b"
    }
    EOT
  least_by_interpolation = <<-EOT
      four more
    ${var.a}
      ${var.b} x
    EOT
  all_interpolations = <<-EOT
    ${var.a}
      ${var.b}
  EOT
  tabs = <<-EOT
		two tabs
			three
	EOT
  mixed = <<-EOT
	  tab and two
	   tab and three
  EOT
  unindented_line = <<-EOT
    a
  b
c
    EOT
  blank_lines = <<-EOT

    a
  
      b

  EOT
  after_interpolation = <<-EOT
    a ${var.b
    } c
      d
    EOT
  directives = <<-EOT
    %{ for x in var.l ~}
    - ${x}
    %{ endfor ~}
    %{ if var.a }
      yes
    %{ else }
      no
    %{ endif }
  EOT
  strip = <<EOT
a   ${~ var.b ~}

   c
%{~ if var.d ~}
 e
%{~ endif ~}
EOT
  empty       = <<EOT
EOT
  empty_line  = <<EOT

EOT
  indented_empty = <<-EOT
  EOT
  underscore = <<_EOT
a
_EOT
  dashes = <<END-OF-IT
a END-OF-IT
 END-OF-ITS
END-OF-IT
  tag_in_text = <<EOT
 EOTS
EOT2
x EOT
EOT
  close_indented = <<EOT
  a
    EOT
  nested = <<-A
    one
    ${<<B
inner
B
}
    two
  A
  escaped = <<EOT
$${a} %%{b} $$${c} $ % $$ %% \${d} \\ "q" ${"e"}
EOT
  json_template = <<POLICY
{
  "Resource": "arn:aws:s3:::$${aws:PrincipalTag/${var.tag}}/*",
  "Sid": "${var.a ? "x" : "y"}"
}
POLICY
  é = <<É
x
É
}

resource "aws_x" "in_calls" {
  a = jsonencode(<<EOT
{"a": 1}
EOT
  )
  b = [<<X
one
X
    , <<-Y
    two
    Y
  ]
  c = { a = <<X
one
X
    b = 2
  }
  d = trimspace(<<-X
    ${var.a}
  X
  )
}
