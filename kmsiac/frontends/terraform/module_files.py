"""The files of one module folder: its blocks by what they declare, override files merged in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from kmsiac.errors import SourceError, whole_file
from kmsiac.frontends.terraform.json_split import split_json
from kmsiac.frontends.terraform.split import Attribute, Block, Body, SplitFile, split
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import SourceTree

EXTENSIONS = (".tf", ".tf.json", ".tofu", ".tofu.json")
_TOFU = {".tofu": ".tf", ".tofu.json": ".tf.json"}
_TWIN = "not looked at: OpenTofu reads the .tofu file of this name in its place, Terraform this one"
_OVERRIDE = "what this replaces was not looked at: OpenTofu reads this file, Terraform does not"
_MAX_REPEATED = 50
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
        self.one_sided: list[tuple[SourceFile, str]] = []
        """Files that hide something from one of Terraform and OpenTofu, and how."""
        self.errors: list[SourceError] = []
        self._repeated = 0
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.outputs: dict[str, Block] = {}
        self.modules: dict[str, Block] = {}
        self.providers: list[Block] = []
        self.settings: list[Block] = []
        """The `terraform` blocks."""
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
        elif block.type == "terraform":
            self.settings.append(block)
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
        self._repeated += 1
        if self._repeated > _MAX_REPEATED + 1:
            return
        problem = f"{name} is declared twice"
        if self._repeated > _MAX_REPEATED:
            problem = f"{problem}, and maybe more are: only {_MAX_REPEATED} are listed"
        span = split_file.file.span(position)
        self.errors.append(SourceError(problem, span, "the first one is used"))

    @property
    def all_errors(self) -> list[SourceError]:
        """What was wrong with the folder and its files so far; nested bodies are split lazily."""
        return self.errors + [error for file in self.files for error in file.errors]


def _merged(base: Body, other: Body) -> Body:
    """A body with the attributes and nested block types of an override put in their places."""
    merged = Body()
    merged.attributes = {**base.attributes, **other.attributes}
    replaced = {_made(block) for block in other.blocks}
    merged.blocks = [block for block in base.blocks if _made(block) not in replaced] + other.blocks
    return merged


def _made(block: Block) -> str:
    """The type of the blocks that come of a nested block, also of a `dynamic` one."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


class FileName(NamedTuple):
    """The name of a file of Terraform code, taken apart."""

    name: str
    stem: str
    extension: str
    shadowed: bool
    """Whether OpenTofu reads another file in its place."""

    @property
    def override(self) -> bool:
        """Whether what it declares is merged into what other files declare."""
        return self.stem == "override" or self.stem.endswith("_override")

    @property
    def of_opentofu(self) -> bool:
        """Whether Terraform passes it over."""
        return self.extension in _TOFU


def code_files(names: Iterable[str]) -> list[FileName]:
    """The files among these that make up a module, in the order in which they count.

    Overrides come last. Hidden files are none, as in Terraform.
    """
    listed = set(names)
    found: list[FileName] = []
    for name in listed:
        extension = next((each for each in EXTENSIONS if name.endswith(each)), None)
        if extension is None or name.startswith("."):
            continue
        stem = name.removesuffix(extension)
        twins = [stem + tofu for tofu, plain in _TOFU.items() if plain == extension]
        found.append(FileName(name, stem, extension, any(twin in listed for twin in twins)))
    return sorted(found, key=lambda file: (file.override, file.name))


def split_file(tree: SourceTree, path: Path) -> SplitFile:
    """The blocks of a file of Terraform code, by its name HCL or JSON, split once.

    Raises `SourceError` where it cannot be read.
    """
    return split(tree.read(path), split_json if path.name.endswith(".json") else None)


def read_folder(tree: SourceTree, folder: Path) -> ModuleFiles:
    """Split every Terraform file of a folder. Files that cannot be read are among its errors."""
    module = ModuleFiles(folder)
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        module.errors.append(SourceError(reason, whole_file(tree.report_path(folder))))
        return module
    for file in code_files(names):
        try:
            if file.shadowed:
                module.one_sided.append((tree.read(folder / file.name), _TWIN))
                continue
            found = split_file(tree, folder / file.name)
        except SourceError as error:
            module.errors.append(error)
            continue
        if file.of_opentofu and file.override:
            module.one_sided.append((found.file, _OVERRIDE))
        module.files.append(found)
        for block in found.body.blocks:
            module._declare(block, found, file.override)  # noqa: SLF001 - the reader of this class
    return module
