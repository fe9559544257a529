"""`docs/rules/`: a page for each rule and an index, from the rule files."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from kmsiac.authoring.example import Example, examples_of
from kmsiac.authoring.markdown import GENERATED, block, cell, code, table
from kmsiac.rules.model import Rule, RuleSet
from kmsiac.rules.vocabulary import SEVERITIES

_LANGUAGES = {"terraform": "hcl", "cloudformation": "yaml"}
_FRAMEWORKS = {"terraform": "Terraform", "cloudformation": "CloudFormation"}
_PROSE = (
    ("rationale", "Why it matters"),
    ("remediation", "How to fix it"),
    ("false_positives", "When it may be wrong"),
)


def rule_pages(rules: RuleSet) -> dict[str, str]:
    """The text of each page by file name: `README.md` is the index."""
    pages = {f"{rule.id}.md": _page(rules, rule) for rule in rules}
    return {"README.md": _index(rules), **pages}


def _index(rules: RuleSet) -> str:
    lines = [GENERATED, "", "# Rules", "", f"{len(rules)} rules, by category.", ""]
    by_category = sorted(rules, key=lambda rule: (rule.category, rule.id))
    for category, members in groupby(by_category, key=lambda rule: rule.category):
        rows = [
            (f"[{r.id}]({r.id}.md)", _severity(r), cell(r.title), code(r.name)) for r in members
        ]
        lines += [f"## {category}", "", *table(("rule", "severity", "title", "name"), rows)]
    return "\n".join(lines).rstrip() + "\n"


def _page(rules: RuleSet, rule: Rule) -> str:
    prose = rules.prose(rule.id)
    lines = [GENERATED, "", f"# {rule.id}: {rule.title}", "", *_facts(rule)]
    for key, title in _PROSE:
        text = prose.get(key)
        if isinstance(text, str) and text.strip():
            lines += [f"## {title}", "", text.strip(), ""]
    lines += _examples(rules, rule) + _references(prose)
    return "\n".join(lines).rstrip() + "\n"


def _severity(rule: Rule) -> str:
    higher = [escalation.severity for escalation in rule.escalate]
    return (
        f"{rule.severity}, up to {max(higher, key=SEVERITIES.index)}" if higher else rule.severity
    )


def _facts(rule: Rule) -> list[str]:
    rows = [
        ("name", code(rule.name)),
        ("severity", _severity(rule)),
        ("category", rule.category),
        ("looks at", _looks_at(rule)),
        ("says", cell(rule.message)),
    ]
    rows += [(f"says, where {e.severity}", cell(e.message)) for e in rule.escalate if e.message]
    if rule.yields_to:
        silent = ", ".join(f"[{id}]({id}.md)" for id in sorted(rule.yields_to))
        rows.append(("silent where these speak", silent))
    if rule.aliases:
        rows.append(("covers also", ", ".join(rule.aliases)))
    if rule.profile != "default":
        rows.append(("profile", rule.profile))
    return table(("", ""), rows)


def _looks_at(rule: Rule) -> str:
    if rule.kinds is None:
        return f"each {rule.target}"
    return f"each {rule.target} of {', '.join(sorted(rule.kinds))} policies"


def _examples(rules: RuleSet, rule: Rule) -> list[str]:
    examples, _ = examples_of(rules, rule.id)
    lines = ["## Examples", ""]
    for bad, title in ((True, "Reported"), (False, "Not reported")):
        lines += [f"### {title}", ""]
        chosen = [example for example in examples if example.bad is bad]
        for name, members in groupby(chosen, key=lambda example: example.name):
            lines += [f"{name[:1].upper()}{name[1:]}:", ""]
            for example in members:
                lines += [f"{_FRAMEWORKS[example.framework]}", "", *_block(example)]
    return lines


def _block(example: Example) -> list[str]:
    is_json = example.text.lstrip().startswith("{")
    return block("json" if is_json else _LANGUAGES[example.framework], example.text)


def _references(prose: Mapping[str, object]) -> list[str]:
    references = prose.get("references")
    if not isinstance(references, list):
        return []
    return ["## References", "", *(f"- <{reference}>" for reference in references), ""]
