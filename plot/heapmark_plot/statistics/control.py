"""This module is the A/A check, so that a run made on a disturbed machine says so itself: the
same cell under two names must come out the same."""

from __future__ import annotations

from dataclasses import dataclass

from .compare import BAND_HIGH, BAND_LOW, Ratio, compare
from .estimate import Estimate

LEVEL = 0.999


@dataclass(frozen=True)
class Control:
    """One A/A pair: the twin's ratio to its cell, with the 99.9 % interval."""

    cell: str
    ratio: Ratio

    @property
    def contaminated(self) -> bool:
        """The interval lies wholly outside ±2 %: two equal things came out different."""
        return self.ratio.low > BAND_HIGH or self.ratio.high < BAND_LOW

    @property
    def sharp(self) -> bool:
        """The interval is narrow enough to show a disturbance of a tenth."""
        return self.ratio.high / self.ratio.low <= 1.1**2


def check_control(name: str, cell: Estimate, twin: Estimate) -> Control:
    """Compares the cell `name` with its twin; both must have an error."""
    return Control(name, compare(twin, cell, LEVEL))
