"""A hint for those who come from another scanner: its ignores are no ignores of kmsiac."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kmsiac.findings.claims import Claim
from kmsiac.findings.covering import groups_over
from kmsiac.findings.excerpt import one_line
from kmsiac.findings.finding import Note, Suppression
from kmsiac.findings.ignores import Ignore
from kmsiac.findings.scopes import Scopes, Stretch
from kmsiac.findings.verdicts import is_finding
from kmsiac.reading import nodes
from kmsiac.reading.source import SourceFile, file_of, offset_of
from kmsiac.rules.match import Match
from kmsiac.stack import Remark

_COMMENT = re.compile(
    r"[\s#/*]*+((?:checkov|bridgecrew)\s*+:\s*+skip\s*+=|(?:trivy|tfsec)\s*+:\s*+ignore"
    r"|kics-scan\s++ignore|terrascan\s*+:\s*+ignore|ts\s*+:\s*+skip\s*+=)[^\s:]*+",
    re.IGNORECASE,
)
_METADATA = {"checkov": "skip", "cfn_nag": "rules_to_suppress", "guard": ""}


def peer_note(
    files: Sequence[SourceFile],
    remarks: Sequence[Remark],
    matches: Sequence[Match],
    suppressed: Mapping[int, Suppression],
) -> Note | None:
    """The first place where a finding that counts stands beside another scanner's ignore."""
    active = [n for n, match in enumerate(matches) if is_finding(match) and n not in suppressed]
    if not active:
        return None
    rules = tuple(sorted({matches[index].rule for index in active}))
    claims = [*_in_comments(files, rules), *_in_metadata(files, remarks, rules)]
    if not claims:
        return None
    found = [
        (claims[claim].ignore.location, matches[index].rule, claims[claim].ignore.reason)
        for index, groups in groups_over(claims, matches, active).items()
        for group in groups
        for claim in group.by_rule[matches[index].rule][:1]
    ]
    if not found:
        return None
    place, rule, theirs = min(found)
    ours = f"kmsiac: ignore[{rule}] -- reason"
    return Note(f'"{theirs}" says nothing to kmsiac: the like of it for {rule} is "{ours}"', place)


def _in_comments(files: Sequence[SourceFile], rules: tuple[str, ...]) -> Iterator[Claim]:
    for file in files:
        scopes: Scopes | None = None
        for comment in file.comments:
            theirs = _COMMENT.match(comment.text)
            if theirs is not None:
                scopes = scopes or Scopes(file)
                place = file.span(comment.position)
                told = one_line(theirs[0].strip(), 60)
                ignore = Ignore(rules, "inline", "tree", place, told)
                around = scopes.block(comment)
                wide = (Stretch(around.start, around.end),) if around else ()
                yield Claim(ignore, file.id, (*scopes.of(comment), *wide), ())


def _in_metadata(
    files: Sequence[SourceFile], remarks: Sequence[Remark], rules: tuple[str, ...]
) -> Iterator[Claim]:
    for remark in remarks:
        if not isinstance(remark.metadata, nodes.Mapping):
            continue
        for name, inner in _METADATA.items():
            value = remark.metadata.get(name)
            if isinstance(value, nodes.Mapping) and (not inner or value.get(inner) is not None):
                file = files[file_of(remark.start) - 1]
                key = remark.metadata.key(name)
                place = file.span(key.position if key else remark.start)
                ignore = Ignore(rules, "inline", "tree", place, f"Metadata: {name}")
                stretch = Stretch(offset_of(remark.start), remark.end)
                yield Claim(ignore, file.id, (stretch,), ())
