"""This module is how a run with a precision went: the rounds beyond the fixed ones, and the cells that
are not known well enough even so. Such a cell is **unstable**: its interval is told, its verdicts
stand, and more repetitions would be needed to say more.

Invariant: a cell is judged by the very estimate that the driver asked for (unsettled.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from .cells import Cell, Key
from .load import Run
from .statistics.precision import half_width, settled


@dataclass(frozen=True)
class Rounds:
    """The precision asked for (a share), the extra rounds with how many cells each had, and the
    cells that stayed wider, the widest first."""

    precision: float
    extra: list[int]
    most: int | None
    unstable: list[Cell]
    cells: int  #: cells with time samples

    @property
    def spent(self) -> bool:
        """Whether the run stopped because it had no more rounds to give."""
        return self.most is not None and len(self.extra) > 0


def rounds_of(run: Run, cells: dict[Key, Cell]) -> Rounds | None:
    """How the rounds went; None in a run without a precision."""
    options = run.environment["options"]
    percent = options.get("precision")
    if not percent:
        return None
    judged = [cell for cell in cells.values() if cell.time_total]
    wide = [cell for cell in judged if not settled(cell.estimate, percent / 100)]
    wide.sort(key=lambda cell: (-_width(cell), cell.name))
    extra = [len(names) for names in run.environment["plan"]["rounds"]]
    return Rounds(percent / 100, extra, options.get("most_rounds"), wide, len(judged))


def _width(cell: Cell) -> float:
    """The half width, infinite where there is no interval at all."""
    width = half_width(cell.estimate)
    return width if width == width else float("inf")
