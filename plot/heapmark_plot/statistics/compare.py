"""This module is the comparison of two cells, so that "faster" means one thing everywhere.

The ratio is that of the medians; its standard error on the log scale comes from the two cells'
estimates, its quantile from Student's t with Welch's degrees of freedom. A family of ratios (all of
a run's matrix) gets simultaneous intervals: Bonferroni's level, so that all of them hold together in
95 of 100 runs. The verdict is taken from the
simultaneous interval; the p value (Holm) is only shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from .estimate import Estimate

#: Ratios within ±2 % count as equal.
BAND = 0.02
FASTER, SLOWER, EQUAL, UNCLEAR = "faster", "slower", "equal", "unclear"


@dataclass(frozen=True)
class Ratio:
    """`new` over `base`: below 1, `new` takes less. Interval and p are simultaneous in a family."""

    value: float
    low: float
    high: float
    verdict: str
    p: float
    error: float
    freedom: float

    @property
    def log(self) -> float:
        return float(np.log(self.value))


def verdict_of(value: float, low: float, high: float, band: float = BAND) -> str:
    """The verdict on a ratio of costs (lower is better) with its interval.

    Equal: the interval lies inside the band. Faster or slower: it excludes 1 and the ratio lies
    outside the band. Everything else is unclear.
    """
    if np.isnan(low) or np.isnan(high):
        return UNCLEAR
    if low >= 1 - band and high <= 1 + band:
        return EQUAL
    if high < 1 and value < 1 - band:
        return FASTER
    if low > 1 and value > 1 + band:
        return SLOWER
    return UNCLEAR


def welch_freedom(errors, freedoms) -> float:
    """Welch and Satterthwaite's degrees of freedom of a sum of independent estimates."""
    squares = np.square(np.asarray(errors, dtype=float))
    parts = np.square(squares) / np.asarray(freedoms, dtype=float)
    return float(np.square(squares.sum()) / parts.sum())


def make_ratio(log_ratio: float, error: float, freedom: float, level: float) -> Ratio:
    """A ratio from its log, standard error and degrees of freedom; no interval without an error."""
    value = float(np.exp(log_ratio))
    if np.isnan(error) or np.isnan(log_ratio):
        nan = float("nan")
        return Ratio(value, nan, nan, UNCLEAR, nan, nan, nan)
    reach = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    low, high = float(np.exp(log_ratio - reach)), float(np.exp(log_ratio + reach))
    p = float(2 * stats.t.sf(abs(log_ratio) / error, freedom))
    return Ratio(value, low, high, verdict_of(value, low, high), p, error, freedom)


def compare(new: Estimate, base: Estimate, level: float = 0.95) -> Ratio:
    """The ratio of `new` to `base` on its own, outside of any family."""
    errors = (new.error, base.error)
    freedom = welch_freedom(errors, (new.freedom, base.freedom)) if new.known and base.known else 1
    return make_ratio(new.log - base.log, float(np.hypot(*errors)), freedom, level)


def simultaneous(ratios: dict, level: float = 0.95) -> dict:
    """The family `ratios` (by any key) with simultaneous intervals, verdicts and Holm's p."""
    known = {key: ratio for key, ratio in ratios.items() if not np.isnan(ratio.error)}
    if not known:
        return dict(ratios)
    holm, alpha = multipletests([ratio.p for ratio in known.values()], 1 - level, method="holm")[1::2]
    widened = dict(ratios)
    for (key, ratio), p in zip(known.items(), holm):
        wide = make_ratio(ratio.log, ratio.error, ratio.freedom, 1 - alpha)
        widened[key] = replace(wide, p=float(p))
    return widened
