"""A key policy and a stranger's request as formulas for z3: strings, regular expressions, numbers.

Shared with kmsiac are the tables of AWS facts (which action carries which key, on which way), and
nothing else: policies are read from plain JSON.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import z3

from kmsiac.aws.actions import kms_actions
from kmsiac.aws.condition_keys import ConditionKey, actions_carrying, condition_key
from tests.properties.documents import ACCOUNT, REGION, Policy

WAYS = ("direct", "endpoint", "service")
TYPES = ("AssumedRole", "User", "Account", "FederatedUser")
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-1111-4222-8333-000000000000"
STEPS = 5_000_000
"""What z3 may spend on one check (its `rlimit`), one or two seconds."""


class Unsupported(Exception):  # noqa: N818 - a policy that the encoding passes over
    """Something that this encoding does not say."""


# -- regular expressions ------------------------------------------------------------------------

ANY = z3.Full(z3.ReSort(z3.StringSort()))
ONE = z3.AllChar(z3.ReSort(z3.StringSort()))
DIGIT = z3.Range("0", "9")
LOWER = z3.Union(z3.Range("a", "z"), DIGIT)
HEX = z3.Union(z3.Range("a", "f"), DIGIT)
NAME = z3.Union(z3.Range("a", "z"), z3.Range("A", "Z"), DIGIT, *(z3.Re(c) for c in "_+=,.@-"))
NOT_COLON = z3.Diff(ONE, z3.Re(":"))


def joined(parts: list[Any]) -> Any:
    parts = parts or [z3.Re("")]
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def times(expression: Any, least: int, most: int) -> Any:
    return z3.Loop(expression, least, most)


def glob(pattern: str, *, like: bool = True, fold: bool = False, any_char: Any = ONE) -> Any:
    """The regular expression of a glob; `any_char` is what a wildcard may take."""
    parts: list[Any] = []
    for character in pattern:
        if like and character == "*":
            parts.append(z3.Star(any_char))
        elif like and character == "?":
            parts.append(any_char)
        elif fold and character.lower() != character.upper():
            parts.append(z3.Union(z3.Re(character.lower()), z3.Re(character.upper())))
        else:
            parts.append(z3.Re(character))
    return joined(parts)


def glob_fits(pattern: str, text: str) -> bool:
    spelt = "".join(
        ".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern.lower()
    )
    return re.fullmatch(spelt, text.lower(), re.DOTALL) is not None


# -- one stranger's request ---------------------------------------------------------------------


class Stranger:
    """The variables of a request by a caller of whom neither account nor organization is named."""

    def __init__(self, policy: Policy, action: str) -> None:
        literals = json.dumps(policy)
        self.policy, self.action = policy, action
        self.terms = list(_terms(policy))
        self.constraints: list[Any] = []
        self.account, self.rest = z3.String("account"), z3.String("rest")
        self.kind, self.way = z3.Int("kind"), z3.Int("way")
        self.org, self.has_org = z3.String("org"), z3.Bool("has_org")
        self.need(self.kind >= 0, self.kind < 4, self.way >= 0, self.way < 3)
        self.need(z3.InRe(self.account, times(DIGIT, 12, 12)))
        accounts = {ACCOUNT, *re.findall(r"(?<!\d)\d{12}(?!\d)", literals)}
        self.need(*(self.account != one for one in accounts))
        self.organizations = set(re.findall(r"o-[a-z0-9]{10,32}", literals))
        self.need(z3.InRe(self.org, z3.Concat(z3.Re("o-"), times(LOWER, 10, 32))))
        self.need(*(self.org != one for one in self.organizations))
        self.name, self.path = z3.String("name"), z3.String("path")
        self.need(z3.InRe(self.name, z3.Plus(NAME)))
        self.need(z3.InRe(self.path, z3.Star(z3.Union(NAME, z3.Re("/")))))
        head = [z3.StringVal(f"{one}/") for one in ("role", "user", "", "federated-user")]
        whole = [z3.Concat(head[i], self.path, self.name) for i in (0, 1)]
        whole += [z3.StringVal("root"), z3.Concat(head[3], self.name)]
        self.need(z3.Implies(self.kind >= 2, self.path == ""))
        self.need(z3.Or(self.path == "", z3.SuffixOf(z3.StringVal("/"), self.path)))
        self.resource = self.pick(self.kind, whole)
        self.keys: dict[str, tuple[Any, list[Any]]] = {}

    def need(self, *constraints: Any) -> None:
        self.constraints += constraints

    @staticmethod
    def pick(index: Any, values: list[Any]) -> Any:
        found = values[-1]
        for at in range(len(values) - 2, -1, -1):
            found = z3.If(index == at, values[at], found)
        return found

    def arn(self) -> Any:
        service = z3.If(self.kind == 3, z3.StringVal("sts"), z3.StringVal("iam"))
        return z3.Concat(
            z3.StringVal("arn:aws:"), service, z3.StringVal("::"), self.account,
            z3.StringVal(":"), self.resource,
        )  # fmt: skip

    def key(self, key: str) -> tuple[Any, list[Any]]:
        """Whether the request carries the key, and its values (more than one: each may be there)."""
        folded = key.lower()
        if folded not in self.keys:
            self.keys[folded] = self._key(folded)
        return self.keys[folded]

    def _key(self, key: str) -> tuple[Any, list[Any]]:
        yes = z3.BoolVal(True)
        fixed = {
            "aws:principalarn": (yes, [self.arn]),
            "aws:principalaccount": (yes, [lambda: self.account]),
            "kms:calleraccount": (yes, [lambda: self.account]),
            "aws:principaltype": (yes, [lambda: self.pick(self.kind, _texts(TYPES))]),
            "aws:username": (self.kind == 1, [lambda: self.name]),
            "aws:principalorgid": (self.has_org, [lambda: self.org]),
            "aws:principalisawsservice": (yes, [lambda: z3.StringVal("false")]),
            "aws:viaawsservice": (yes, [lambda: self.pick(self.way, _texts(("false", "false", "true")))]),
            "aws:resourceaccount": (yes, [lambda: z3.StringVal(ACCOUNT)]),
            "aws:requestedregion": (yes, [lambda: z3.StringVal(REGION)]),
        }  # fmt: skip
        if key in fixed:
            there, values = fixed[key]
            return self._carried(key, there), [value() for value in values]
        if key == "aws:userid" or key.endswith(("sourceorgpaths", "vpceorgpaths")):
            raise Unsupported(key)
        info = condition_key(key)
        count = 1 + sum(k == key for _, k, _ in self.terms) if info and info.multivalued else 1
        values = [z3.String(f"{key} {at}") for at in range(count)]
        if info is not None and info.type in ("ip", "numeric", "date"):
            return self._present(key, info), [z3.Int(f"{key} n"), z3.Bool(f"{key} v6")]
        self._shape(key, info, values)
        return self._present(key, info), values

    def _carried(self, key: str, there: Any) -> Any:
        carrying = actions_carrying(key)
        return there if carrying is None or self.action in carrying else z3.BoolVal(False)

    def _present(self, key: str, info: ConditionKey | None) -> Any:
        free = z3.Bool(f"has {key}")
        if key == "aws:principalorgpaths":
            return self.has_org
        if info is None:
            return z3.BoolVal(False) if key.startswith("kms:") else free
        ways = (info.present_direct, info.present_endpoint, info.present_via_service)
        there = self.pick(
            self.way, [z3.BoolVal(w == "yes") if w in ("yes", "no") else free for w in ways]
        )
        return self._carried(key, there)

    def _shape(self, key: str, info: ConditionKey | None, values: list[Any]) -> None:
        forms = {
            "aws:sourcevpce": z3.Concat(z3.Re("vpce-"), times(HEX, 17, 17)),
            "aws:sourcevpc": z3.Concat(z3.Re("vpc-"), times(HEX, 17, 17)),
            "aws:vpceaccount": times(DIGIT, 12, 12),
            "aws:vpceorgid": z3.Concat(z3.Re("o-"), times(LOWER, 10, 32)),
        }
        if info is not None and info.type == "bool":
            self.need(*(z3.Or(v == "true", v == "false") for v in values))
        if key in forms:
            self.need(*(z3.InRe(v, forms[key]) for v in values))
        if key == "aws:principalorgpaths":
            for value in values:
                tail = z3.String(f"{value} tail")
                self.need(z3.InRe(tail, z3.Concat(z3.Re("/r-"), ANY, z3.Re("/"))))
                self.need(value == z3.Concat(self.org, tail))
        elif info is not None and info.pins_stranger == "yes":
            given = [v for _, k, listed in self.terms if k == key for v in listed]
            plain = {v for v in given if "*" not in v and "?" not in v}
            if key in ("aws:vpceorgid", "aws:principalorgid"):
                plain |= self.organizations
            if key == "aws:vpceaccount":
                plain |= {ACCOUNT, *re.findall(r"(?<!\d)\d{12}(?!\d)", json.dumps(self.policy))}
            self.need(*(v != one for v in values for one in sorted(plain)))
        else:
            self.need(*(v != "" for v in values))


def _texts(texts: Iterable[str]) -> list[Any]:
    return [z3.StringVal(text) for text in texts]


def _terms(policy: Policy) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key in lower case and values of each condition."""
    for statement in policy["Statement"]:
        for operator, block in statement.get("Condition", {}).items():
            for key, values in block.items():
                listed = values if isinstance(values, list) else [values]
                yield operator, key.lower(), [str(value) for value in listed]


# -- conditions ---------------------------------------------------------------------------------


def condition(who: Stranger, operator: str, key: str, values: list[str], variables: bool) -> Any:
    """The formula of a condition."""
    there, found = who.key(key)
    if operator == "Null":
        wanted = {value.lower() == "true" for value in values}
        return z3.Or(*(z3.Not(there) if absent else there for absent in wanted))
    name, quantifier = operator, None
    if ":" in name:
        quantifier, name = name.split(":", 1)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    info = condition_key(key)
    if quantifier is None and info is not None and info.multivalued:
        return z3.FreshBool("undocumented")

    def fits(value: Any) -> Any:
        one = z3.Or(*(base(who, name, key, wanted, value, variables) for wanted in values))
        return z3.Not(one) if negated else one

    typed = info is not None and info.type in ("ip", "numeric", "date")
    members = [found] if typed else found
    used = [z3.BoolVal(True)] + [z3.FreshBool("used") for _ in members[1:]]
    if quantifier == "ForAnyValue":
        true = z3.Or(*(z3.And(u, fits(m)) for u, m in _used(who, key, used, members)))
        absent = if_exists
    elif quantifier == "ForAllValues":
        true = z3.And(*(z3.Implies(u, fits(m)) for u, m in _used(who, key, used, members)))
        absent = True
    else:
        true, absent = fits(members[0]), if_exists or negated
    return z3.If(there, true, z3.BoolVal(absent))


def _used(who: Stranger, key: str, used: list[Any], members: list[Any]) -> list[tuple[Any, Any]]:
    """Which of the values a request has: the same for all conditions on the key."""
    known = who.__dict__.setdefault("used", {}).setdefault(key, used)
    return list(zip(known, members, strict=True))


def base(who: Stranger, name: str, key: str, wanted: str, value: Any, variables: bool) -> Any:
    """Whether one value of the policy fits one of the request."""
    family = re.match(r"[A-Z][a-z]+", name)
    kind = family[0] if family else name
    info = condition_key(key)
    type_of = info.type if info else "string"
    if kind in ("Numeric", "Date", "Ip") or name == "NotIpAddress":
        return _number(name, type_of, wanted, value)
    if type_of in ("ip", "numeric", "date"):
        raise Unsupported(f"{name} on {key}")
    if kind == "Bool":
        return z3.InRe(value, glob(wanted, like=False, fold=True))
    if variables and "${" in wanted:
        return _variable(who, name, key, wanted, value)
    if kind == "String":
        like = "Like" in name
        if not like and "IgnoreCase" not in name:
            return value == z3.StringVal(wanted)
        return z3.InRe(value, glob(wanted, like=like, fold="IgnoreCase" in name))
    if kind == "Arn":
        return _arn(who, key, wanted, value)
    raise Unsupported(name)


def _arn(who: Stranger, key: str, wanted: str, value: Any, own_account: bool = False) -> Any:
    fields = wanted.split(":", 5)
    if len(fields) < 6:
        return z3.BoolVal(False)
    parts = [glob(field, any_char=NOT_COLON) for field in fields[:5]] + [glob(fields[5])]
    if key != "aws:principalarn":
        spelt = [one for part in parts for one in (part, z3.Re(":"))][:-1]
        return z3.InRe(value, joined(spelt))
    service = z3.If(who.kind == 3, z3.StringVal("sts"), z3.StringVal("iam"))
    known = [*_texts(("arn", "aws")), service, z3.StringVal(""), who.account, who.resource]
    fits = [z3.InRe(text, part) for text, part in zip(known, parts, strict=True)]
    if own_account:
        fits[4] = z3.BoolVal(True)
    return z3.And(*fits)


def _variable(who: Stranger, name: str, key: str, wanted: str, value: Any) -> Any:
    whole = re.fullmatch(r"\$\{([\w:/]+)\}", wanted)
    if whole:
        there, found = who.key(whole[1])
        if len(found) != 1:
            raise Unsupported(wanted)
        return z3.And(there, value == found[0])
    account = re.sub(r"\$\{(aws:PrincipalAccount|kms:CallerAccount)\}", "*", wanted)
    in_place = wanted.split(":", 4)[-1].startswith("${") and "${" not in account
    if key == "aws:principalarn" and in_place:
        if name.startswith("Arn"):
            return _arn(who, key, account.replace(":${", ":*"), value, own_account=True)
        head, tail = wanted.split("::${", 1)
        tail = tail.split("}:", 1)[1]
        if "*" not in head and "?" not in head and "Like" in name:
            service = z3.StringVal(head.split(":")[2])
            known = z3.If(who.kind == 3, z3.StringVal("sts"), z3.StringVal("iam"))
            starts = head.startswith("arn:aws:")
            return z3.And(z3.BoolVal(starts), known == service, z3.InRe(who.resource, glob(tail)))
    raise Unsupported(wanted)


def _number(name: str, type_of: str, wanted: str, value: Any) -> Any:
    number, v6 = value
    if "IpAddress" in name:
        network = ipaddress.ip_network(wanted, strict=False)
        first, last = int(network.network_address), int(network.broadcast_address)
        return z3.And(v6 == (network.version == 6), first <= number, number <= last)
    if type_of not in ("numeric", "date"):
        raise Unsupported(name)
    text = wanted.replace("Z", "+00:00")
    limit = float(wanted) if type_of == "numeric" else datetime.fromisoformat(text).timestamp()
    if limit != int(limit):
        raise Unsupported(wanted)
    order = name.removeprefix("Numeric").removeprefix("Date")
    twice, edge = number, 2 * int(limit)  # halves: there is a value between any two
    return {
        "Equals": twice == edge, "NotEquals": twice == edge, "LessThan": twice < edge,
        "LessThanEquals": twice <= edge, "GreaterThan": twice > edge, "GreaterThanEquals": twice >= edge,
    }[order]  # fmt: skip


def address(who: Stranger) -> None:
    """The address is none of a range that counts as a limit."""
    ranges = [v for o, k, vs in who.terms if k == "aws:sourceip" and "IpAddress" in o for v in vs]
    if not ranges:
        return
    _, (number, v6) = who.key("aws:sourceip")
    top = z3.If(v6, z3.IntVal((1 << 128) - 1), z3.IntVal((1 << 32) - 1))
    who.need(number >= 0, number <= top)
    for text in ranges:
        network = ipaddress.ip_network(text, strict=False)
        if network.prefixlen >= (8 if network.version == 4 else 32):
            first, last = int(network.network_address), int(network.broadcast_address)
            inside = z3.And(v6 == (network.version == 6), first <= number, number <= last)
            who.need(z3.Not(inside))


# -- the policy ---------------------------------------------------------------------------------


def covered(statement: Policy, action: str) -> bool:
    """Whether principal, action and resource of a statement cover a stranger's call."""
    negated = "NotPrincipal" in statement
    principal = statement["NotPrincipal" if negated else "Principal"]
    listed = ["*"] if principal == "*" else principal.get("AWS", [])
    everybody = "*" in ([listed] if isinstance(listed, str) else listed)
    if everybody is negated:
        return False
    if not _fits_any(statement, "Action", action):
        return False
    resources = statement.get("Resource", statement.get("NotResource"))
    for resource in [resources] if isinstance(resources, str) else resources:
        if resource.startswith(KEY[:-36]) and "*" not in resource:
            raise Unsupported("the ARN of one key")
    return _fits_any(statement, "Resource", KEY)


def _fits_any(statement: Policy, element: str, text: str) -> bool:
    negated = f"Not{element}" in statement
    patterns = statement[f"Not{element}" if negated else element]
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(glob_fits(pattern, text) for pattern in listed) is not negated


def statement_formula(who: Stranger, statement: Policy, variables: bool) -> Any:
    found = [
        condition(who, operator, key.lower(), listed, variables)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
        for listed in [[str(v) for v in (values if isinstance(values, list) else [values])]]
    ]
    return z3.And(*found)


def decide(policy: Policy, steps: int) -> str:
    """`yes`, `no`, or `unknown` where z3 gives up."""
    variables = policy.get("Version") == "2012-10-17"
    seen: set[tuple[object, ...]] = set()
    unsure = False
    for action in kms_actions():
        if not (action.cross_account is True and "key" in action.on and action.in_key_policy):
            continue
        body = [s for s in policy["Statement"] if covered(s, action.name)]
        signature = (*(id(s) for s in body), *_carried_keys(policy, action.name))
        if action.name == "kms:RetireGrant" or signature in seen:
            continue
        seen.add(signature)
        who = Stranger(policy, action.name)
        formulas = {id(s): statement_formula(who, s, variables) for s in body}
        allows = [formulas[id(s)] for s in body if s["Effect"] == "Allow"]
        denies = [formulas[id(s)] for s in body if s["Effect"] == "Deny"]
        if not allows:
            continue
        address(who)
        solver = z3.Solver()
        solver.set("rlimit", steps)  # z3's own measure of work: the same on every machine
        solver.add(*who.constraints, z3.Or(*allows), *(z3.Not(deny) for deny in denies))
        result = solver.check()
        if result == z3.sat:
            return "yes"
        unsure |= result == z3.unknown
    return "unknown" if unsure else "no"


def _carried_keys(policy: Policy, action: str) -> Iterator[str]:
    for _, key, _ in _terms(policy):
        carrying = actions_carrying(key)
        if carrying is None or action in carrying:
            yield key
