"""Units shared among worker processes where there is enough to do, with what serial scanning gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kmsiac.config.roots import Run
from kmsiac.errors import SourceError, whole_file
from kmsiac.frontends.discover import TERRAFORM_SUFFIXES
from kmsiac.reading.crossing import Crossing, Receiver, Sender
from kmsiac.reading.tree import SourceTree
from kmsiac.stack import TERRAFORM
from kmsiac.units import UnitScan
from kmsiac.workers import Died, Workers, processors

WORTH = 500_000
"""Bytes of Terraform code from which workers pay: a second of work."""

Scans = Callable[[list[Run]], list[UnitScan]]
_Result = tuple[list[UnitScan], Crossing]


def scanned(
    planned: Sequence[list[Run]], scans: Scans, tree: SourceTree, tell: Callable[[int], None]
) -> Iterator[tuple[list[Run], list[UnitScan]]]:
    """Each unit with what it gave, in order. `tell` is called with its number before it."""
    shared = [at for at, runs in enumerate(planned) if runs and runs[0].unit.kind == TERRAFORM]
    count = processors() if len(shared) > 1 and _is_worth_it(tree) else 1
    if count > 1:
        yield from _shared(planned, shared, count, scans, tree, tell)
        return
    for at, runs in enumerate(planned):
        tell(at)
        yield runs, scans(runs)


def _is_worth_it(tree: SourceTree) -> bool:
    sizes = (len(file.data) for file in tree.files if file.path.endswith(TERRAFORM_SUFFIXES))
    return sum(sizes) >= WORTH


def _shared(
    planned: Sequence[list[Run]],
    shared: list[int],
    count: int,
    scans: Scans,
    tree: SourceTree,
    tell: Callable[[int], None],
) -> Iterator[tuple[list[Run], list[UnitScan]]]:
    """Root modules by workers, what else there is in this process meanwhile."""
    task_of = {at: task for task, at in enumerate(shared)}
    receivers: dict[int, Receiver] = {}
    sender: list[Sender] = []

    def begin() -> None:
        sender.append(Sender(tree))

    def work(task: int) -> _Result | None:
        found = scans(planned[shared[task]])
        if any(unit.remarks for unit in found):
            return None
        crossing = sender[0].pack(place for unit in found for place in unit.positions())
        return None if crossing is None else (found, crossing)

    _load(tree)
    with Workers(len(shared), count, work, begin) as workers:
        for at, runs in enumerate(planned):
            tell(at)
            if at not in task_of:
                yield runs, scans(runs)
                continue
            try:
                worker, result = workers.result(task_of[at])
            except Died:
                yield runs, [_died(run, tree) for run in runs]
                continue
            if result is None:  # it cannot be handed over, or an error is to be met here
                yield runs, scans(runs)
                continue
            found, crossing = result
            here = receivers.setdefault(worker, Receiver(tree)).take(crossing)
            yield runs, [unit.moved(here) for unit in found]


def _load(tree: SourceTree) -> None:
    """What every worker needs, loaded once before they part."""
    from kmsiac.frontends.terraform.grammar_cache import keep_out_of, prime  # noqa: PLC0415

    keep_out_of(tree.root)
    prime()


def _died(run: Run, tree: SourceTree) -> UnitScan:
    name = tree.report_path(run.unit.path)
    problem = "the process that scanned this was killed or ran out of memory: it was not judged"
    return UnitScan(name, errors=[SourceError(problem, whole_file(name), "scan it by itself")])
