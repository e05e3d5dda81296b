"""This module is a run set against an earlier one in its report, so that a change shows as better,
worse, equal or unclear with its interval. Ratios, verdicts and doubts are those of `heapmark compare`."""

from __future__ import annotations

from dataclasses import dataclass

from .analysis import LEAST_PEAK_BYTES, MEMORY_METRIC, TIME_METRIC, Analysis
from .comparison import compare_two
from .compare_runs import Compared
from .measured import MeasuredRun


@dataclass(frozen=True)
class Change:
    """One cell of both runs: time as a ratio with interval, peak memory as a plain ratio."""

    row: str
    variant: str
    collector: str
    time: Compared
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
    compared = compare_two(MeasuredRun(base.run), MeasuredRun(new.run), [TIME_METRIC])
    (times,) = compared.results
    changes = [Change(entry.pair.new.row, entry.pair.new.variant, entry.pair.new.collector, entry,
                      _memory_ratio(new, base, entry)) for entry in times.entries]
    order = {row: place for place, row in enumerate(new.rows)}
    changes.sort(key=lambda change: (order[change.row], change.collector, change.variant))
    return Against(base.run.name, changes, compared.doubts)


def _memory_ratio(new: Analysis, base: Analysis, entry: Compared) -> float:
    """The net peak now over then; NaN where then is too little for a ratio."""
    now, then = (analysis.cell(cell.row, cell.variant, cell.collector).value(MEMORY_METRIC)
                 for analysis, cell in ((new, entry.pair.new), (base, entry.pair.base)))
    return now / then if then >= LEAST_PEAK_BYTES else float("nan")
