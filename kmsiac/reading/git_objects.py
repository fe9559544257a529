"""A commit's files out of git's objects, into an empty folder: no checkout, no filter, no hook.

Only plumbing is run that reads objects (`rev-parse`, `ls-tree`, `cat-file`): attributes, filters,
diff drivers and LFS of the repository have no say, and nothing is written into it or fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from kmsiac.errors import UsageError, nearest
from kmsiac.reading.tree import MAX_TEMPLATE_BYTES, PRUNED

MAX_FILES = 200_000
MAX_BYTES = 2 * 1024 * 1024 * 1024
_MAX_JSON_BYTES = 64 * 1024 * 1024
"""Plans may be larger than templates; those that are kept in a repository are not that large."""

_OPTIONS = (
    "--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs",
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never",
)  # fmt: skip
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINK, _MODULE = "120000", "160000"
_NO_NAMES = frozenset({"", ".", "..", ".git"})
_NEVER_NEEDED = PRUNED - {".terraform"}
_CANNOT_HOLD = (OSError, ValueError)
"""What a file system says to a name that it cannot hold; such a file is compared with nothing."""
_WINDOWS_SPECIAL = re.compile(r'[\\:*?"<>|]|[. ]$')


class Entry(NamedTuple):
    """A file of a commit: its mode and object, its size (0 for what is no blob), its path as the
    tree spells it, with `/`.
    """

    mode: str
    object: str
    size: int
    path: str

    def under(self, folder: Path) -> Path:
        """The path below a folder."""
        return folder.joinpath(*self.path.split("/"))


class Extracted(NamedTuple):
    """The commit that was extracted, and the submodules whose files are not in it."""

    commit: str
    submodules: tuple[str, ...]


def extract(repository: Path, ref: str, into: Path, environment: Mapping[str, str]) -> Extracted:
    """Write the files of the commit that `ref` names into the empty folder `into`.

    Raises `UsageError` where there is no git, no repository or no such commit.
    """
    git = _Git(repository, environment)
    commit = git.commit(ref)
    entries = list(git.entries(commit))
    files = [entry for entry in entries if entry.mode != _MODULE and _is_wanted(entry)]
    if len(files) > MAX_FILES or sum(entry.size for entry in files) > MAX_BYTES:
        raise UsageError(f'"{ref}" has too many files to be compared with: {len(files):,}')
    git.write(files, into)
    modules = (entry.path for entry in entries if entry.mode == _MODULE)
    return Extracted(commit, tuple(sorted(modules)))


def _is_wanted(entry: Entry) -> bool:
    """Whether a file may be written at all, and may matter to a scan."""
    parts = entry.path.split("/")
    for part in parts:
        if part.lower() in _NO_NAMES or part in _NEVER_NEEDED:
            return False
        if sys.platform == "win32" and _WINDOWS_SPECIAL.search(part):
            return False
    limit = _MAX_JSON_BYTES if entry.path.endswith(".json") else MAX_TEMPLATE_BYTES
    return entry.size <= limit


class _Git:
    """Runs git in a repository."""

    def __init__(self, repository: Path, environment: Mapping[str, str]) -> None:
        self._repository = repository
        kept = {k: v for k, v in environment.items() if not k.upper().startswith("GIT_")}
        self._environment = {
            **kept,
            "GIT_CEILING_DIRECTORIES": str(repository.parent),
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        self._program = _program(repository, environment.get("PATH", os.defpath))

    def commit(self, ref: str) -> str:
        """The id of the commit that a revision names."""
        if not ref or ref.startswith("-") or any(character < " " for character in ref):
            told = " ".join(ref.split())
            raise UsageError(f'--since does not take "{told}"', hint="give a branch, tag or commit")
        if not (self._repository / ".git").exists():
            raise UsageError("--since: what is scanned is in no git repository")
        wanted = ("--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        done = self._run("rev-parse", *wanted)
        commit = done.stdout.decode("ascii", "replace").strip()
        if done.returncode == 0 and _COMMIT.fullmatch(commit):
            return commit
        told = _first_line(done.stderr)
        if told:  # not that the name is unknown: with --quiet nothing is said of that
            raise UsageError(f"--since: git cannot read this repository: {told}")
        raise UsageError(f'--since: there is no commit "{ref}"', hint=self._hint(ref))

    def _hint(self, ref: str) -> str:
        listed = self._run("for-each-ref", "--count=2000", "--format=%(refname:short)")
        known = listed.stdout.decode("utf-8", "replace").split()
        near = nearest(ref, known)
        hint = f'did you mean "{near}"?' if near else ""
        shallow = self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        if shallow:
            told = "the clone is shallow: on GitHub set fetch-depth: 0 for actions/checkout"
            return f"{hint} {told}".strip()
        return hint or "git fetch it first, if it is a branch of the server"

    def entries(self, commit: str) -> Iterator[Entry]:
        """Everything in a commit."""
        done = self._run("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
        if done.returncode:
            told = _first_line(done.stderr)
            hint = "a partial clone lacks files: fetch them first"
            raise UsageError(f"--since: git cannot read {commit[:12]}: {told}", hint=hint)
        for record in done.stdout.split(b"\0"):
            facts, _, path = record.partition(b"\t")
            mode, _, object, size = (facts.decode("ascii", "replace").split() + [""] * 4)[:4]
            if path:
                number = int(size) if size.isdigit() else 0
                yield Entry(mode, object, number, os.fsdecode(path))

    def write(self, files: Sequence[Entry], into: Path) -> None:
        """Write blobs into a folder, links last, so that nothing is written through one."""
        for folder in {entry.under(into).parent for entry in files}:
            with suppress(*_CANNOT_HOLD):
                folder.mkdir(parents=True, exist_ok=True)
        by_object: dict[str, list[Entry]] = {}
        for entry in files:
            by_object.setdefault(entry.object, []).append(entry)
        links: list[tuple[Path, str]] = []
        for object, data in self._blobs(list(by_object)):
            for entry in by_object[object]:
                path = entry.under(into)
                if entry.mode == _LINK:
                    links.append((path, os.fsdecode(data)))
                    continue
                with suppress(*_CANNOT_HOLD), path.open("xb") as stream:
                    stream.write(data)
        for path, target in sorted(links):
            with suppress(*_CANNOT_HOLD):
                path.symlink_to(target)

    def _blobs(self, objects: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of objects, in order; one that is not there is left out."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write("".join(f"{object}\n" for object in objects).encode())
            wanted.seek(0)
            process = subprocess.Popen(  # noqa: S603 - a program of the PATH, and object ids
                [self._program, *_OPTIONS, "cat-file", "--batch", "--buffer"],
                stdin=wanted, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd=self._repository, env=self._environment,
            )  # fmt: skip
            with process:
                stream = process.stdout
                assert stream is not None
                for object in objects:
                    data = _next_blob(stream)
                    if data is not None:
                        yield object, data

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603 - a program of the PATH, plumbing, a checked name
            [self._program, *_OPTIONS, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            cwd=self._repository, env=self._environment,
        )  # fmt: skip


def _next_blob(stream: IO[bytes]) -> bytes | None:
    header = stream.readline().split()
    if len(header) != 3:
        return None  # "<object> missing"
    size = int(header[2])
    data = stream.read(size)
    stream.read(1)
    return data if header[1] == b"blob" and len(data) == size else None


def _program(repository: Path, path: str) -> str:
    """The git on the PATH; never one in the tree that is scanned, or in the working directory."""
    names = ("git.exe", "git.cmd") if sys.platform == "win32" else ("git",)
    for folder in path.split(os.pathsep):
        if not folder or not Path(folder).is_absolute():
            continue
        for name in names:
            program = Path(folder) / name
            inside = program.resolve().is_relative_to(repository.resolve())
            if not inside and program.is_file() and os.access(program, os.X_OK):
                return str(program)
    raise UsageError("--since needs git, and there is none on the PATH", hint="install git")


def _first_line(told: bytes) -> str:
    return (told.decode("utf-8", "replace").strip().splitlines() or [""])[0]
