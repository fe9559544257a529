"""YAML text to positioned nodes.

The nodes are built here from libyaml's events, without recursion, because its own composer kills
the process on deep nesting. The budget is checked at every event: it stops alias bombs, and also
deep nesting of brackets before libyaml's time on them grows with the square of their number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, Protocol

from kmsiac.errors import SourceError, Span
from kmsiac.reading.budget import TEMPLATE_BUDGET, Budget
from kmsiac.reading.nodes import Mapping, Node, Scalar, Sequence
from kmsiac.reading.source import Comment, SourceFile, offset_of
from kmsiac.reading.yaml_errors import sentence, shortened, told, told_character

if TYPE_CHECKING:
    import yaml
    from yaml import _yaml

    _Mark = yaml.error.Mark | _yaml.Mark

_KINDS = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), "bool"),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), "null"),
}
_STYLES: dict[str | None, str] = {
    None: "plain", "": "plain", "'": "quoted", '"': "quoted", "|": "block", ">": "block",
}  # fmt: skip
_NUMBER = re.compile(
    # No leading zero (an account id) and no fraction with a trailing one (version 1.10).
    r"-?(?:0|[1-9][0-9]*+)(?:\.(?:0|[0-9]*[1-9]))?(?:[eE][+-]?[0-9]++)?"
)
_STANDARD = "tag:yaml.org,2002:"
_RESOLVED_TAGS = frozenset(_STANDARD + name for name in ("int", "float", "bool", "null"))

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_COMMENT = re.compile(r"(?<!\S)#([^\r\n]*+)")
_PROPERTIES = re.compile(r"(?:[!&]\S*+(?:\s++(?:#[^\r\n]*+\s*+)*+)?+)++")
_TAG_DIRECTIVE = re.compile("(?:^|[\r\n\x85\u2028\u2029])%TAG")

_MAX_TAG_DIRECTIVES = 64
"""libyaml compares each `%TAG` line with all before it."""


class _Events(Protocol):
    def get_event(self) -> yaml.Event | None: ...


def read_yaml(file: SourceFile, budget: Budget = TEMPLATE_BUDGET, start: int = 0) -> Node:
    """The one document in the text of `file` from the offset `start` on.

    Local tags stay as `tag`, `!!binary` as `!binary`; other standard ones are ignored, never run.
    An alias is the anchor's node itself, with the anchor's position. Merge keys are flattened.
    `file.comments` holds the comments afterwards. Raises `SourceError` for text that is no YAML,
    an empty file, several documents, and for a document over `budget`.
    """
    import yaml  # noqa: PLC0415 - a scan without YAML does not pay for it

    builder = _Builder(file, budget, start)
    try:
        return builder.read()
    except yaml.MarkedYAMLError as error:
        builder.refuse(error)
    except yaml.reader.ReaderError:
        builder.refuse_character()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        builder.fail(f"not valid YAML: {sentence(str(error))}", start)


class _Open:
    """A sequence or mapping whose end has not been met."""

    __slots__ = ("anchor", "end", "flow", "height", "key", "merges", "node", "nodes_before")

    def __init__(self, node: Sequence | Mapping, flow: bool, anchor: str, nodes: int) -> None:
        self.node = node
        self.flow = flow
        self.anchor = anchor
        self.nodes_before = nodes
        self.key: Node | None = None
        self.merges = False
        self.height = 0
        self.end = 0


class _Anchored:
    """A finished node under an anchor, what an alias to it costs, and how deep it is."""

    __slots__ = ("height", "node", "nodes")

    def __init__(self, node: Node, nodes: int, height: int) -> None:
        self.node = node
        self.nodes = nodes
        self.height = height


class _Builder:
    """Builds the node tree of one document from parser events."""

    def __init__(self, file: SourceFile, budget: Budget, start: int) -> None:
        self.file = file
        self.text = file.text[start:] if start else file.text
        self.budget = budget
        self.start = start
        self.lines: list[int] | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored | _Open] = {}
        self.nodes = 0
        self.max_nodes = budget.nodes
        self.base = file.position(start)
        self.ends: dict[int, int] = {}
        self.root: Node | None = None
        self.comments: list[Comment] = []
        self.next_hash = self._hash_from(0)
        self.scalar_end = 0

    def read(self) -> Node:
        import yaml  # noqa: PLC0415 - see read_yaml

        directives = _TAG_DIRECTIVE.finditer(self.text) if "%TAG" in self.text else ()
        if sum(1 for _ in directives) > _MAX_TAG_DIRECTIVES:
            self.fail(f"more than {_MAX_TAG_DIRECTIVES} %TAG directives", self.start)
        get_event = self._parser().get_event
        scalar_event = yaml.ScalarEvent
        documents = 0
        while True:
            event = get_event()
            if event.__class__ is scalar_event:
                self._scalar(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            elif isinstance(event, yaml.MappingStartEvent):
                self._open(event, Mapping)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._open(event, Sequence)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse_document(self.offset(event.start_mark))
            elif event is None or isinstance(event, yaml.StreamEndEvent):
                break
        if self.root is None or _is_blank(self.root):
            self.fail("the file is empty", self.start)
        self._gap(self.scalar_end, len(self.text))
        self.file.comments = self.comments
        self.file.remember_ends(self.ends, self.start)
        return self.root

    def _parser(self) -> _Events:
        import yaml  # noqa: PLC0415 - see read_yaml

        try:
            from yaml._yaml import CParser  # noqa: PLC0415 - missing where libyaml is
        except ImportError:
            return yaml.SafeLoader(self.text)
        if "\r" in self.text:
            # libyaml counts \r\n inside a scalar as one character, but its lines are right.
            self.lines = [0, *(found.end() for found in _BREAK.finditer(self.text))]
        return CParser(self.text)

    # -- places ----------------------------------------------------------------------------------

    def offset(self, mark: _Mark | None) -> int:
        """The offset of a parser mark within `self.text`."""
        if mark is None:
            return 0
        if self.lines is None:
            return mark.index
        return self.lines[min(mark.line, len(self.lines) - 1)] + mark.column

    def fail(self, message: str, offset: int, hint: str = "") -> NoReturn:
        """Refuse the document at an offset of the whole file."""
        line, column = self.file.line_column(min(offset, len(self.file.text)))
        raise SourceError(message, Span(self.file.path, line, column, line, column + 1), hint)

    # -- events ----------------------------------------------------------------------------------

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        # Most of what a document is made of comes through here, so nothing is called without need.
        first, last = event.start_mark, event.end_mark
        if self.lines is None and first is not None and last is not None:
            start, end = first.index, last.index
        else:
            start, end = self.offset(first), self.offset(last)
        text: str = event.value
        style, tag = _STYLES[event.style], event.tag
        kind = "text"
        if style == "plain" if tag is None else tag in _RESOLVED_TAGS:
            kind = _KINDS.get(text) or _kind(text)
        elif style == "plain" and tag == _STANDARD + "str":
            style = "quoted"
        self.nodes += 1
        if self.nodes > self.max_nodes:
            self._charge(0, start)
        if self.next_hash < end:
            self._scalar_comments(start, end, style)
        self.scalar_end = end
        self.ends.setdefault(start, end)
        node = Scalar(text, kind, style, self.base + start, _local(tag) if tag else "")
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(node, 1, 0)
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.end = end
        parent = frame.node
        if isinstance(parent, Mapping):
            key = frame.key
            if key is not None:
                parent.entries.append((key, node))
                frame.key = None
            else:
                frame.key = node
                if text == "<<" and _is_merge(node):
                    frame.merges = True
        else:
            parent.items.append(node)

    def _open(self, event: yaml.CollectionStartEvent, kind: type[Mapping | Sequence]) -> None:
        first = event.start_mark
        start = first.index if self.lines is None and first is not None else self.offset(first)
        if len(self.stack) >= self.budget.depth:
            self._refuse_depth(start)
        self.nodes += 1
        if self.nodes > self.max_nodes:
            self._charge(0, start)
        node = kind([], self.base + start, _local(event.tag) if event.tag else "")
        frame = _Open(node, bool(event.flow_style), event.anchor or "", self.nodes - 1)
        if frame.anchor:
            self.anchors[frame.anchor] = frame
        self.stack.append(frame)

    def _close(self, event: yaml.Event) -> None:
        frame = self.stack.pop()
        node = frame.node
        # The end of a block collection is only met at what follows it.
        end = self.offset(event.end_mark) if frame.flow else frame.end
        self.ends.setdefault(node.position - self.base, end)
        if frame.merges and isinstance(node, Mapping):
            self._merge(node)
        height = frame.height + 1
        if frame.anchor and self.anchors.get(frame.anchor) is frame:
            self.anchors[frame.anchor] = _Anchored(node, self.nodes - frame.nodes_before, height)
        self._place(node, height, end)

    def _alias(self, event: yaml.AliasEvent) -> None:
        start = self.offset(event.start_mark)
        target = self.anchors.get(event.anchor or "")
        if target is None:
            hint = "quote values that start with *"
            self.fail(f"undefined alias *{shortened(event.anchor)}", self.start + start, hint)
        if isinstance(target, _Open):
            name = shortened(event.anchor)
            self.fail(f"alias *{name} stands inside itself", self.start + start)
        if len(self.stack) + target.height > self.budget.depth:
            self._refuse_depth(start)
        self._charge(target.nodes, start)
        self._place(target.node, target.height, self.offset(event.end_mark))

    def _place(self, node: Node, height: int, end: int) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        frame.height = max(frame.height, height)
        frame.end = end
        parent = frame.node
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif frame.key is None:
            frame.key = node
            frame.merges = frame.merges or _is_merge(node)
        else:
            parent.entries.append((frame.key, node))
            frame.key = None

    def _charge(self, nodes: int, start: int) -> None:
        self.nodes += nodes
        if self.nodes > self.budget.nodes:
            hint = "an alias counts as all that it stands for"
            self.fail(f"more than {self.budget.nodes:,} nodes", self.start + start, hint)

    def _refuse_depth(self, start: int) -> NoReturn:
        self.fail(f"nested more than {self.budget.depth} levels deep", self.start + start)

    def _refuse_document(self, start: int) -> NoReturn:
        line, _ = self.file.line_column(self.start + start)
        message = f"a second YAML document starts on line {line}"
        self.fail(message, self.start + start, "keep one document in a file")

    # -- merge keys ------------------------------------------------------------------------------

    def _merge(self, node: Mapping) -> None:
        """Put what `<<` names in the place of the `<<` entries; the mapping's own keys win."""
        own = [(key, value) for key, value in node.entries if not _is_merge(key)]
        taken = {key.text for key, _ in own if isinstance(key, Scalar)}
        merged: list[tuple[Node, Node]] = []
        for key, value in node.entries:
            if _is_merge(key):
                for source in self._merged_mappings(key, value):
                    merged += _new_entries(source, taken)
        node.entries = merged + own

    def _merged_mappings(self, key: Node, value: Node) -> list[Mapping]:
        sources = value.items if isinstance(value, Sequence) and not value.tag else [value]
        mappings = [node for node in sources if isinstance(node, Mapping) and not node.tag]
        if len(mappings) != len(sources):
            message = "<< needs a mapping or a list of mappings to merge"
            self.fail(message, offset_of(key.position), "quote the key if << is its name")
        return mappings

    # -- comments --------------------------------------------------------------------------------

    def _scalar_comments(self, start: int, end: int, style: str) -> None:
        """Comments between the last scalar and this one, and before the content of this one."""
        self._gap(self.scalar_end, start)
        properties = _PROPERTIES.match(self.text, start, end)
        content = properties.end() if properties else start
        self._gap(start, content)
        if style == "block":
            line_end = _BREAK.search(self.text, content, end)
            self._gap(content, line_end.start() if line_end else end)
        self.next_hash = self._hash_from(end)

    def _hash_from(self, offset: int) -> int:
        """Where the next `#` is, which may start a comment; past the end where there is none."""
        found = self.text.find("#", offset)
        return found if found >= 0 else len(self.text) + 1

    def _gap(self, start: int, end: int) -> None:
        if self.next_hash >= end or self.text.find("#", start, end) < 0:
            return
        for found in _COMMENT.finditer(self.text, start, end):
            self._charge(1, found.start())
            position = self.file.position(self.start + found.start(), self.start + found.end())
            self.comments.append(Comment(position, found[1].strip()))

    # -- errors of the parser --------------------------------------------------------------------

    def refuse(self, error: yaml.MarkedYAMLError) -> NoReturn:
        """Turn a scanner's or parser's error into ours."""
        offset = self.offset(error.problem_mark or error.context_mark)
        if "nesting depth" in (error.problem or ""):  # newer versions of libyaml have a cap too
            self._refuse_depth(offset)
        message, hint = told(error, self.text, offset, self.offset(error.context_mark))
        self.fail(message, self.start + offset, hint)

    def refuse_character(self) -> NoReturn:
        """Point at the first character that YAML does not allow at all."""
        found, message, hint = told_character(self.text)
        self.fail(message, self.start + found, hint)


def _kind(text: str) -> str:
    """The kind of a plain scalar that is none of `_KINDS`."""
    return "number" if text[0] in "-0123456789" and _NUMBER.fullmatch(text) else "text"


def _local(tag: str | None) -> str:
    if tag is None or tag == "!" or tag.startswith(_STANDARD):
        return "!binary" if tag == _STANDARD + "binary" else ""
    return tag


def _is_merge(key: Node) -> bool:
    return isinstance(key, Scalar) and key.text == "<<" and key.style == "plain" and not key.tag


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style == "plain" and not node.text and not node.tag


def _new_entries(source: Mapping, taken: set[str]) -> list[tuple[Node, Node]]:
    """The entries of `source` whose keys are not in `taken`, each key once; adds them to it."""
    last: dict[str, tuple[Node, Node]] = {}
    others: list[tuple[Node, Node]] = []
    for key, value in source.entries:
        if not isinstance(key, Scalar):
            others.append((key, value))
        elif key.text not in taken:
            last[key.text] = (key, value)
    taken.update(last)
    return [*last.values(), *others]
