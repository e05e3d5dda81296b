"""This module is a run set against an earlier one, cell by cell, so that a change shows as better,
worse, equal or unclear with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from .analysis import LEAST_PEAK_BYTES, MEMORY_METRIC, Analysis, Cell
from .errors import InputError
from .statistics.compare import Ratio, compare, simultaneous


@dataclass(frozen=True)
class Change:
    """One cell of both runs: time as a ratio with interval, peak memory as a plain ratio."""

    row: str
    variant: str
    collector: str
    time: Ratio
    memory: float


@dataclass(frozen=True)
class Against:
    """All common cells, and what makes the comparison doubtful."""

    base_name: str
    changes: list[Change]
    doubts: list[str]

    def count(self, verdict: str) -> int:
        return sum(change.time.verdict == verdict for change in self.changes)


def set_against(new: Analysis, base: Analysis) -> Against:
    """Compares the cells that both runs hold; a run without any in common is bad input."""
    bases = {cell.name: cell for cell in base.cells.values()}
    pairs = {key: (cell, bases[cell.name]) for key, cell in new.cells.items() if cell.name in bases}
    if not pairs:
        raise InputError(f"{base.run.folder}: has no cell in common with {new.run.folder}; compare"
                         " runs of the same works, back ends and collectors")
    ratios = simultaneous({key: compare(cell.estimate, old.estimate)
                           for key, (cell, old) in pairs.items()})
    changes = [Change(*key, ratios[key], _memory_ratio(cell, old))
               for key, (cell, old) in pairs.items()]
    order = {row: place for place, row in enumerate(new.rows)}
    changes.sort(key=lambda change: (order[change.row], change.collector, change.variant))
    return Against(base.run.name, changes, _doubts(new, base))


def _memory_ratio(cell: Cell, old: Cell) -> float:
    """The net peak now over then; NaN where then is too little for a ratio."""
    then = old.value(MEMORY_METRIC)
    return cell.value(MEMORY_METRIC) / then if then >= LEAST_PEAK_BYTES else float("nan")


def _doubts(new: Analysis, base: Analysis) -> list[str]:
    doubts = []
    for name in ("cpu_model", "kernel", "libc", "thp"):
        ours = new.run.environment["machine"].get(name)
        theirs = base.run.environment["machine"].get(name)
        if ours != theirs:
            doubts.append(f"machine.{name} differs: {theirs} then, {ours} now")
    for analysis in (new, base):
        if analysis.contaminated:
            doubts.append(f"{analysis.run.name} is contaminated by its A/A control")
    return doubts
