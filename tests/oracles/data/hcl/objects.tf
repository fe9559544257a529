locals {
  one_line   = { a = 1, b : 2, "c" = 3, "d" : 4 }
  lines = {
    a = 1
    b = 2,
    c : 3

    # a comment
    "d-e" = 4 // another
    f-g   = 5
  }
  words    = { if = 2, for = 1, in = 3, null = 4, true = 5, endfor = 6, each = 7 }
  numbers  = { 1 = "a", 2.5 = "b", "3" = "c" }
  computed = {
    (var.a)             = 1
    (local.b.c)         = 2
    "${var.p}/x"        = 3
    "${var.p}"          = 4
    "aws:${var.k}"      = 5
    ("quoted")          = 6
    aws.us              = aws.east
    "$${aws:username}"  = 7
  }
  nested = { a = { b = [{ c = "d" }, { e = [1, [2, [3]]] }] } }
  braces_in_strings = { a = "}", b = "{", "}" = "]", c = "${"}"}" }
  brace_lines       = {
  }
  last = { a = 1, }
  grouped = { for s in ["a", "b"] : upper(s) => s... }
  both    = { for i, s in ["a"] : "${s}-${i}" => { for k, v in s : k => v if v != null } }
  of_objects = [
    { a = 1 },
    { b = 2 }, ]
  for        = 1
  if         = 2
  null       = 3
}

triple "a" b "c-d" {}
double a b { x = 1 }
plain {
  plain {
    dynamic "inner" {
      for_each = { a = 1 }
      content { y = inner.value }
    }
  }
  empty {}
}
with /* a comment */ "labels" /* between # them */ {
  a /* one */ = /* two */ 1 /* three */
  b           = 2 # four
}
quoted "la\"bel" "with space" "\u00e9" {}
unknown_block_type "x" {
  anything = "goes"
}
