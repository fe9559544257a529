"""Paths or standard input to the deployment units in them, told by content.

Nothing found is lost: what cannot be read is an error, what is known and not read is named, and
other YAML and JSON is counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kmsiac.errors import SourceError, Span, whole_file
from kmsiac.frontends.exclusion import Exclusion
from kmsiac.frontends.known_kinds import (
    RENDERED,
    RENDERED_SUFFIXES,
    SERVERLESS,
    Recognised,
    by_name,
)
from kmsiac.frontends.recognise import CLOUDFORMATION, OTHER, is_hcl, recognise
from kmsiac.frontends.unit import Discovery, Inputs, PathPattern, UnitSource
from kmsiac.reading.source import SourceFile
from kmsiac.reading.tree import (
    MAX_PLAN_BYTES,
    MAX_TEMPLATE_BYTES,
    STDIN,
    SourceTree,
    missing,
    names_in,
    present,
)

TERRAFORM_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""What Terraform and OpenTofu read in a folder."""

_YAML_OR_JSON = (".json", ".yaml", ".yml", ".template", ".cfn", ".cform", ".cft", ".cloudformation")
_CANDIDATES = (*_YAML_OR_JSON, *RENDERED_SUFFIXES, ".tfstate", ".tfplan", ".plan")
_BINARY_PLANS = frozenset({"tfplan", "plan.out", "plan"})
_READ = (*TERRAFORM_SUFFIXES, *_CANDIDATES)
_ASSET = re.compile(r"asset\.[0-9a-f]{64}\Z")
_LINE = re.compile(r"(:[0-9]+){1,2}\Z")
_STACK = b'"aws:cloudformation:stack"'
_NOT_OURS = "not a template, plan or policy that kmsiac reads"


def discover(
    tree: SourceTree,
    paths: list[Path],
    stdin: bytes | None,
    inputs: Inputs,
    exclude: Sequence[PathPattern] = (),
) -> Discovery:
    """Find the units under `paths` (absolute, or relative to the root of `tree`) and in `stdin`.

    Units are sorted by path. A named file that is nothing we read is an error; in a folder it is
    counted as skipped. What `exclude` means is not found, and counted where it is a template.
    """
    del inputs  # which inputs go to which unit is decided when it is loaded
    search = _Search(tree, Exclusion(exclude, tree))
    if stdin is not None:
        search.take_stdin(stdin)
    # Without resolving links: what reports print is the path that was asked for.
    wanted = [Path(os.path.normpath(tree.root / path)) for path in paths]
    # Files first: by its name a file is an error where a folder around it would skip it.
    for path in sorted(wanted, key=tree.is_folder):
        search.take_path(path)
    return search.finish()


class _Search:
    def __init__(self, tree: SourceTree, exclusion: Exclusion) -> None:
        self.tree = tree
        self.exclusion = exclusion
        self.left_out: set[Path] = set()
        self.found = Discovery()
        self.units: dict[Path, UnitSource] = {}
        self.folders: dict[Path, list[Path]] = {}
        self.known: dict[Recognised, list[Path]] = {}
        self.services: dict[Path, SourceFile] = {}
        """Configurations of the Serverless Framework that say something about resources."""
        self.seen: set[Path] = set()
        self._holding: frozenset[Path] | None = None

    def take_stdin(self, data: bytes) -> None:
        """Standard input, which is one file without a name."""
        if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
            self._error(Path(STDIN), "standard input is empty", "pipe a plan or a template in")
            return
        file = self.tree.add(STDIN, data)
        known = recognise(file)
        if known.kind:
            self._add(Path(STDIN), file, known)
        elif known.problem:
            self._error(Path(STDIN), known.problem, known.hint)
        elif is_hcl(data):
            hint = "name its folder instead, or pipe in `terraform show -json tfplan`"
            self._error(Path(STDIN), "Terraform code cannot be read from standard input", hint)
        else:
            hint = "pipe in a whole plan (`terraform show -json tfplan`), template or policy"
            self._error(Path(STDIN), _NOT_OURS, hint)

    def take_path(self, path: Path) -> None:
        """One path that the user named."""
        if missing(path):
            place = whole_file(self.tree.named_path(path))
            hint = _meant(path)
            self.found.errors.append(SourceError("no such file or directory", place, hint))
        elif self.tree.is_folder(path):
            self._walk(path)
        elif path.name.endswith(TERRAFORM_SUFFIXES) and self.tree.exists(path):
            self._take_terraform_file(path)
        else:
            self._take_file(path, named=True)

    def finish(self) -> Discovery:
        """Everything found, in a fixed order."""
        self.found.files += sum(len(files) for files in self.folders.values())
        self.found.files += sum(
            len(unit.only) for path, unit in self.units.items() if path not in self.folders
        )
        if self.folders:
            self._take_modules()
        for path, file in self.services.items():
            if not self._has_made(path, SERVERLESS):
                self._add(path, file, Recognised(CLOUDFORMATION))
        self._take_nested()
        for known, paths in self.known.items():
            self._unread([path for path in paths if not self._has_made(path, known)], known)
        self.found.excluded = frozenset(
            self.tree.report_path(path)
            for path in self.left_out - self.seen
            if self._is_template(path)
        )
        self.found.units = [self.units[path] for path in sorted(self.units)]
        if not self.found.units:
            self.found.errors += self.found.unread
            self.found.unread = []
        return self.found

    def _take_modules(self) -> None:
        from kmsiac.frontends.terraform.roots import find_roots  # noqa: PLC0415 - only for Terraform

        modules = find_roots(self.tree, self.folders)
        for folder in modules.roots:
            self.units[folder] = UnitSource("terraform", folder)
        for folder in modules.others:
            names = (self.tree.report_path(folder / file.name) for file in self.folders[folder])
            if folder not in self.units:
                self.found.modules[folder] = frozenset(names)

    def _take_nested(self) -> None:
        templates = [unit for unit in self.units.values() if unit.kind == CLOUDFORMATION]
        if len(templates) < 2:
            return
        from kmsiac.frontends.cloudformation.roots import nested_units  # noqa: PLC0415 - needs yaml

        for path in nested_units(self.tree, templates):
            self.found.nested[path] = self.units.pop(path)

    # -- one path --------------------------------------------------------------------------------

    def _walk(self, folder: Path) -> None:
        for path, error in self.tree.walk(folder):
            if path in self.seen:
                continue
            if self._is_in_asset(path.parent, folder):
                self.found.skipped += path.name.lower().endswith(_READ)
                continue
            if self.exclusion.leaves_out(path, folder):
                self.left_out.add(path)
            elif error is not None:
                self.seen.add(path)
                # A link that leads out matters where templates could have been read through it.
                if (
                    path.name.lower().endswith(_READ)
                    or not path.is_symlink()
                    or _leads_to_folder(path)
                ):
                    self.found.errors.append(error)
            elif path.name.endswith(TERRAFORM_SUFFIXES):
                self.seen.add(path)
                self.folders.setdefault(self._real(path.parent), []).append(path)
            elif path.name.lower().endswith(_CANDIDATES) or path.name in _BINARY_PLANS:
                self._take_file(path, named=False)
            elif known := by_name(path.name):
                self.seen.add(path)
                self.known.setdefault(known, []).append(path)

    def _is_in_asset(self, folder: Path, start: Path) -> bool:
        """Whether a folder is in one that a CDK app uploads as it is: what its code needs, not what
        it deploys.
        """
        if "asset." not in str(folder) or not folder.is_relative_to(start):
            return False
        steps = folder.relative_to(start).parts
        for at, step in enumerate(steps):
            if _ASSET.match(step) and self.tree.exists(
                start.joinpath(*steps[:at], "manifest.json")
            ):
                return True
        return False

    def _take_terraform_file(self, path: Path) -> None:
        """A named `.tf`: its module is scanned, its own findings are reported."""
        folder = self._real(path.parent)
        only = frozenset({self.tree.report_path(folder / path.name)})
        known = self.units.get(folder)
        if known is None:
            self.units[folder] = UnitSource("terraform", folder, only=only)
        else:
            self.units[folder] = replace(known, only=known.only | only)

    def _take_file(self, path: Path, *, named: bool) -> None:
        if path in self.seen:
            return
        self.seen.add(path)
        try:
            file = self.tree.read(path, MAX_PLAN_BYTES)
        except SourceError as error:
            self.found.errors.append(error)
            return
        known = _kind_of(path, file)
        if known is SERVERLESS and _says_resources(file):
            if not named:
                self.services[path] = file
                return
            known = Recognised(CLOUDFORMATION)
        if known.kind and (named or known.sure):
            self._add(path, file, known)
        elif known.problem and named:
            self._error(path, known.problem, known.hint)
        elif known.problem:
            self.known.setdefault(known, []).append(path)
            file.forget()
        elif named:
            self._error(path, *_nothing_of_ours(file.data))
        elif path.name.lower().endswith(_YAML_OR_JSON):
            self.found.skipped += 1
            if path.name == "manifest.json" and _STACK in file.data:
                self._take_manifest(path, file)
            # There can be far more of these than of templates; who refers to one reads it again.
            file.forget()

    def _take_manifest(self, path: Path, file: SourceFile) -> None:
        """The list of the stacks of a CDK app: what is not there is not scanned."""
        from kmsiac.frontends.cloudformation.assembly import templates_of  # noqa: PLC0415 - rare

        try:
            names = templates_of(file)
        except SourceError as error:
            self.found.errors.append(error)
            return
        gone = [name for name in names if not self.tree.exists(path.parent / name)]
        if gone:
            more = f" (and {len(gone) - 1} more)" if len(gone) > 1 else ""
            shown = " ".join(gone[0].split())[:200]
            problem = f"the template {shown} of this assembly is not in the scanned tree{more}"
            hint = "run `cdk synth` again"
            self.found.unread.append(SourceError(problem, self._place(path), hint))

    def _real(self, folder: Path) -> Path:
        """The folder by the one name that Terraform modules go by, links resolved."""
        return Path(self.tree.real_folder(folder))

    def _is_template(self, path: Path) -> bool:
        """Whether a file that is left out would have been scanned; one too large to tell counts."""
        if path.name.endswith(TERRAFORM_SUFFIXES):
            return (
                self._real(path.parent) not in self.folders
            )  # else its module is read all the same
        if not path.name.lower().endswith(_YAML_OR_JSON) or not self.tree.exists(path):
            return False
        try:
            known = recognise(self.tree.read(path))
            return bool(known.kind) and known.sure
        except SourceError:
            return True

    def _add(self, path: Path, file: SourceFile, known: Recognised) -> None:
        if known.kind == CLOUDFORMATION and len(file.data) > MAX_TEMPLATE_BYTES:
            limit = f"{MAX_TEMPLATE_BYTES:,}"
            self._error(
                path, f"template of {len(file.data):,} bytes, over the limit of {limit}", ""
            )
            return
        self.found.files += 1
        self.units[path] = UnitSource(known.kind, path, file)

    def _error(self, path: Path, message: str, hint: str = "") -> None:
        self.found.errors.append(SourceError(message, self._place(path), hint))

    def _has_made(self, path: Path, known: Recognised) -> bool:
        """Whether what the tool makes of this file was found where it writes it."""
        if not known.made:
            return False
        folder = self._real(path.parent)
        if known.made == ".":
            return folder in self.folders
        return (path.parent / known.made) in self._holders()

    def _holders(self) -> frozenset[Path]:
        """The folders that hold units, at any depth: worked out once, when all are found."""
        if self._holding is None:
            holders: set[Path] = set()
            for unit in self.units:
                for folder in (unit, *unit.parents):
                    if folder in holders:
                        break
                    holders.add(folder)
            self._holding = frozenset(holders)
        return self._holding

    def _unread(self, paths: list[Path], known: Recognised) -> None:
        """Name a kind that is not read: where it was met first, and how often."""
        if not paths:
            return
        first, more = min(paths), len(paths) - 1
        problem = known.problem + (f" (and {more} more such files)" if more > 1 else "")
        problem += " (and one more such file)" if more == 1 else ""
        self.found.unread.append(SourceError(problem, self._place(first), known.hint))

    def _place(self, path: Path) -> Span:
        name = STDIN if path == Path(STDIN) else self.tree.report_path(path)
        return whole_file(name)


def _meant(path: Path) -> str:
    """What somebody may have meant who named a path that is not there."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    if path.parent.name.endswith(":") or any(part.endswith(":") for part in path.parts[1:-1]):
        return "nothing is downloaded: pipe it in, `curl -s URL | kmsiac scan -`"
    if any(sign in path.name for sign in "*?["):
        return "no file has a name like this"
    place = _LINE.search(path.name)
    if place and present(path.with_name(path.name[: place.start()])):
        return "leave the line number out"
    near = [
        name
        for name in get_close_matches(path.name, names_in(path.parent), 3, 0.7)
        if get_close_matches(path.stem, [Path(name).stem], 1, 0.6)  # not the ending alone
    ]
    return f'did you mean "{near[0]}"?' if near else ""


def _leads_to_folder(link: Path) -> bool:
    try:
        return link.is_dir()
    except OSError:
        return False


def _kind_of(path: Path, file: SourceFile) -> Recognised:
    """What a file is, by its content and its name."""
    known = recognise(file)
    if path.name.lower().endswith(RENDERED_SUFFIXES):
        return RENDERED if known.kind == CLOUDFORMATION else OTHER
    if known.kind and known.sure:  # a name says less than a template inside
        return known
    return by_name(path.name) or known


def _says_resources(file: SourceFile) -> bool:
    """Whether a configuration of the Serverless Framework has resources or roles of its own."""
    if not any(words in file.data for words in (b"resources", b"tatements")):
        return False
    from kmsiac.frontends.cloudformation.serverless import has_something  # noqa: PLC0415 - rare
    from kmsiac.frontends.cloudformation.templates import read_template  # noqa: PLC0415 - rare

    try:
        return has_something(read_template(file))
    except SourceError:
        return False


def _nothing_of_ours(data: bytes) -> tuple[str, str]:
    """What to say of a file that was named and is nothing we read."""
    if not data.strip():
        return "the file is empty", ""
    if is_hcl(data):
        return "Terraform code in a file that Terraform does not read", "does its name end in .tf?"
    return _NOT_OURS, ""
