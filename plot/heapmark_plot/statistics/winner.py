"""This module is the answer to "which back end won", so that it rests on paired log-ratios across
works and not on the luckiest single cell.

A **standing** of two back ends is the geometric mean, over the works, of their ratio on the same
work. It has two intervals: one from the measurement's noise alone (it holds for these works), one
from how the works differ (paired Student's t; it holds for works like these). The winner is the
back end with the least geometric mean; how certain that is follows from its standings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .compare import BAND_LOW, Ratio, make_ratio, welch_freedom
from .estimate import Estimate

CLEAR, THESE_WORKS, OPEN = "clear", "these works", "open"


@dataclass(frozen=True)
class Standing:
    """`first` against `second` over all works: `measured` holds for these, `across` beyond them."""

    first: str
    second: str
    measured: Ratio
    across: Ratio
    works_won: int
    works: int

    @property
    def certainty(self) -> str:
        """How sure it is that `first` takes less time than `second`."""
        ahead = self.measured.value < BAND_LOW and self.measured.high < 1
        if not ahead:
            return OPEN
        return CLEAR if self.across.high < 1 else THESE_WORKS


def standing(first: str, second: str, table: dict[tuple, Estimate], rows: list, comparisons: int,
             level: float = 0.95) -> Standing:
    """Compares two back ends over `rows`; `table[row, name]` is an Estimate with an error.

    `comparisons` is the number of standings looked at together: Bonferroni's share of the level.
    A row is a tuple whose first member names the work; rows of one work (its collectors) are
    averaged before works are paired, so that they do not count as independent.
    """
    differences = np.array([table[row, first].log - table[row, second].log for row in rows])
    errors = np.array([[table[row, name].error for name in (first, second)] for row in rows])
    freedoms = np.array([[table[row, name].freedom for name in (first, second)] for row in rows])
    works = sorted({row[0] for row in rows})
    members = {work: [i for i, row in enumerate(rows) if row[0] == work] for work in works}
    weights = np.zeros(len(rows))
    for work in works:
        weights[members[work]] = 1 / (len(works) * len(members[work]))
    per_work = np.array([differences[members[work]].mean() for work in works])
    shared = 1 - (1 - level) / max(1, comparisons)
    mean = float(per_work.mean())
    weighted = (errors * weights[:, None]).ravel()
    freedom = welch_freedom(weighted, freedoms.ravel())
    measured = make_ratio(mean, float(np.sqrt(np.square(weighted).sum())), freedom, shared)
    return Standing(first, second, measured, _across(per_work, shared),
                    int((per_work < 0).sum()), len(works))


def _across(per_work: np.ndarray, level: float) -> Ratio:
    """Student's paired interval over works; none with fewer than three of them."""
    mean = float(per_work.mean())
    if len(per_work) < 3:
        return make_ratio(mean, float("nan"), 1, level)
    error = max(float(stats.sem(per_work)), 1e-6)
    return make_ratio(mean, error, len(per_work) - 1, level)


def rank(names: list[str], table: dict, rows: list) -> list[tuple[str, float]]:
    """The back ends with the geometric mean of their values over works, least first."""
    works = sorted({row[0] for row in rows})
    means = {}
    for name in names:
        per_work = [np.mean([table[row, name].log for row in rows if row[0] == work])
                    for work in works]
        means[name] = float(np.exp(np.mean(per_work)))
    return sorted(means.items(), key=lambda item: (item[1], item[0]))
