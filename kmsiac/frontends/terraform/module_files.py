"""The files of one module folder: its blocks by what they declare, override files merged in."""

from __future__ import annotations

from pathlib import Path

from kmsiac.errors import SourceError, whole_file
from kmsiac.frontends.terraform.split import Attribute, Block, Body, SplitFile, split
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree

EXTENSIONS = (".tf", ".tofu")
JSON_EXTENSIONS = (".tf.json", ".tofu.json")
_TOFU = (".tofu", ".tofu.json")
_TWIN = "not looked at: OpenTofu reads the .tofu file of this name in its place, Terraform this one"
_OVERRIDE = "what this replaces was not looked at: OpenTofu reads this file, Terraform does not"
_LABELS = {
    "resource": "two labels",
    "data": "two labels",
    "variable": "one label",
    "output": "one label",
    "module": "one label",
}


class ModuleFiles:
    """What the files of a folder declare. The first of two equal declarations counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[SplitFile] = []
        self.unread: list[SourceFile] = []
        """`.tf.json` files, which are not read yet."""
        self.one_sided: list[tuple[SourceFile, str]] = []
        """Files that hide something from one of Terraform and OpenTofu, and how."""
        self.errors: list[SourceError] = []
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.outputs: dict[str, Block] = {}
        self.modules: dict[str, Block] = {}
        self.providers: list[Block] = []
        self.resources: dict[str, Block] = {}
        """By `type.name`."""
        self.data: dict[str, Block] = {}
        """By `type.name`, without `data.`."""

    def _declare(self, block: Block, split_file: SplitFile, override: bool) -> None:
        known = self._table(block)
        if block.type == "locals":
            for name, attribute in block.body.attributes.items():
                if override:
                    self.locals[name] = attribute
                elif self.locals.setdefault(name, attribute) is not attribute:
                    self._twice(f"local.{name}", attribute.position, split_file)
        elif block.type == "provider":
            self.providers.append(block)
        elif known is not None:
            table, key = known
            if override and key in table:
                table[key].override(_merged(table[key].body, block.body))
            elif table.setdefault(key, block) is not block:
                self._twice(f"{block.type} {key}", block.position, split_file)
        elif block.type in _LABELS:
            wanted = _LABELS[block.type]
            problem = f"a {block.type} block has {wanted}, this one has {len(block.labels)}"
            span = split_file.file.span(block.position)
            self.errors.append(SourceError(problem, span, "this block is not read"))

    def _table(self, block: Block) -> tuple[dict[str, Block], str] | None:
        """The table that a block is declared in, and its key there."""
        labels = block.labels
        if block.type in ("resource", "data") and len(labels) == 2:
            table = self.resources if block.type == "resource" else self.data
            return table, f"{labels[0]}.{labels[1]}"
        tables = {"variable": self.variables, "output": self.outputs, "module": self.modules}
        if block.type in tables and len(labels) == 1:
            return tables[block.type], labels[0]
        return None

    def _twice(self, name: str, position: int, split_file: SplitFile) -> None:
        span = split_file.file.span(position)
        self.errors.append(SourceError(f"{name} is declared twice", span, "the first one is used"))

    @property
    def all_errors(self) -> list[SourceError]:
        """What was wrong with the folder and its files so far; nested bodies are split lazily."""
        return self.errors + [error for file in self.files for error in file.errors]


def _merged(base: Body, other: Body) -> Body:
    """A body with the attributes and nested block types of an override put in their places."""
    merged = Body()
    merged.attributes = {**base.attributes, **other.attributes}
    replaced = {block.type for block in other.blocks}
    merged.blocks = [block for block in base.blocks if block.type not in replaced] + other.blocks
    return merged


def is_override(name: str) -> bool:
    """Whether Terraform treats the file as an override: by its name without the extension."""
    stem = name
    for extension in (*JSON_EXTENSIONS, *EXTENSIONS):
        if name.endswith(extension):
            stem = name.removesuffix(extension)
            break
    return stem == "override" or stem.endswith("_override")


def read_folder(tree: SourceTree, folder: Path) -> ModuleFiles:
    """Split every Terraform file of a folder. Files that cannot be read are among its errors."""
    module = ModuleFiles(folder)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        module.errors.append(SourceError(reason, whole_file(tree.report_path(folder))))
        return module
    for name in sorted(names, key=lambda name: (is_override(name), name)):
        if not name.endswith(EXTENSIONS + JSON_EXTENSIONS) or name.startswith("."):
            continue
        try:
            file = tree.read(folder / name)
        except SourceError as error:
            module.errors.append(error)
            continue
        if name.endswith(".tf") and name.removesuffix(".tf") + ".tofu" in names:
            module.one_sided.append((file, _TWIN))
            continue
        if name.endswith(_TOFU) and is_override(name):
            module.one_sided.append((file, _OVERRIDE))
        if name.endswith(JSON_EXTENSIONS):
            module.unread.append(file)
            continue
        split_file = split(file)
        module.files.append(split_file)
        for block in split_file.body.blocks:
            module._declare(block, split_file, is_override(name))  # noqa: SLF001 - the reader of this class
    return module
