# Line breaks and operators where they are easily misread.
locals {
  arrow_below = { for k, v in var.x : k
    => v
  }
  arrow_behind = { for k, v in var.x :
    k =>
    v... if v != "" }
  dot_below = (var.a
    .b
    .c)
  minus_below = (1
    - 2)
  operators_below = [
    var.a
    && var.b
    || !var.c,
    1
    + 2
    * 3
    == 7
  ]
  condition_below = (
    var.a == 1
    ? "one"
    : var.a == 2
    ? "two" : "many"
  )
  twice_not        = !!var.a
  not_minus        = !-1
  minus_minus      = - -1
  minus_not        = -!var.a
  not_in_parens    = !(!var.a)
  dash_in_name     = var.a-b
  minus_b          = var.a - b
  minus_close      = var.a -b
  number           = -1.5e3
  exponents        = [1e3, 1E+3, 2.50, 15e-1, 0.1]
  comparison       = 1 < 2 && 3 >= 2 || 1 != 2
  shifted          = 1 <2
  modulo           = -7 % 3
  old_index        = aws_x.y.0.id
  old_splat        = aws_x.y.*.id
  old_splat_index  = aws_x.y.*.id[0]
  splat            = aws_x.y[*].b.c[0].d
  splat_alone      = aws_x.y[*]
  index_of_call    = split(",", "a,b")[1]
  attribute_of     = { a = 1 }.a
  key_with_quotes  = var.m["a.b"]["${var.k}/x"].c
  in_brackets      = [for x in [1, 2, 3] : x if x > 1][0]
  called           = concat([1], [2, 3]...)
  spread           = merge(
    [for x in var.l : { (x) = 1 }]...
  )
  by_provider      = provider::aws::arn_parse(var.arn)
  nothing          = [null, true, false, "null", {}, []]
  commented        = [ # one
    1, // two
    /* three */ 2, /* four
    five */
    3
  ]
  call_with_lines = coalesce(
    var.a, # first

    # second
    "b",
  )
}

locals {
  rows       = [a - -1, a - - -1, 1 - !-x, !(!!a), [for x in - -y : x if !!x], a ? !!b : - -c]
  dashes     = [a--b, a-b--c, a - b, 1--1, -a-b, a.b-c - -1]
  not_equal  = a != !b && a!=!!b
  spread_out = (!
    !a)
}
