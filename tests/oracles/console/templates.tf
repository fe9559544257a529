locals {
  plain    = "no template"
  one      = "a $${x} b"
  two      = "$${x}-$${y}"
  escaped  = "$$$${x} %%%%{ if }"
  whole    = "$${x}"
  branch   = "%%{ if x }yes%%{ else }no%%{ endif }"
  loop     = "%%{ for k, v in m }$${k}=$${v};%%{ endfor }"
  trimmed  = "a  %%{~ if true ~}  b  %%{~ endif ~}  c"
  called   = "$${upper(x)} $${join(\",\", sort(l))} $${jsonencode(m)}"
  lines    = "first\n  $${x}\nlast\n"
  broken   = "a $${x"
  unclosed = "%%{ if x }a"
  stranger = "$${y}"
  nested   = "$${templatestring(x, {})}"
  maths    = "$${x + 1} $${x == 2 ? \"two\" : \"other\"}"
  number   = 7
  listed   = ["a"]
  inner    = { t = "<$${x}>" }
}
