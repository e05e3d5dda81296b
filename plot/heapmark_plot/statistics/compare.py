"""This module is the comparison of two cells, so that a verdict means one thing everywhere, whatever
the metric.

The ratio is that of the medians; its standard error on the log scale comes from the two cells'
estimates, its quantile from Student's t with Welch's degrees of freedom. A family of ratios (all of
a run's matrix) gets simultaneous intervals: Bonferroni's level, so that all of them hold together in
95 of 100 runs. The verdict is taken from the
simultaneous interval; the p value (Holm) is only shown.

**Equal** is a finding, not the lack of one: the interval lies inside the band, which is two
one-sided tests (TOST), each at 2.5 % and simultaneous, that the truth is not below the band and not
above it. The band is symmetric on the log scale, from 1/1.02 to 1.02: whichever of two cells is the
base, the verdict is the same, its word turned round.

A cell whose samples all agree has no error: two such give an **exact** ratio, whose interval is the
ratio itself. It is not chance, so it takes no share of a family's level. 0 in both is equal; 0
against more is a ratio of 0 or infinite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from .estimate import Estimate

#: Ratios within ±2 % count as equal: from BAND_LOW to BAND_HIGH.
BAND = 0.02
BAND_LOW, BAND_HIGH = 1 / (1 + BAND), 1 + BAND

FASTER, SLOWER, EQUAL, UNCLEAR = "faster", "slower", "equal", "unclear"
BETTER, WORSE, LESS, MORE = "better", "worse", "less", "more"

#: Units of metrics that are about time: of these people say faster and slower.
_TIME_UNITS = ("ns", "1/s")
_NOTHING = float("nan")


@dataclass(frozen=True)
class Ratio:
    """`new` over `base`. Interval and p are simultaneous in a family; `error` 0 is an exact ratio.

    `words` are the verdicts on a ratio below 1 and above it.
    """

    value: float
    low: float
    high: float
    verdict: str
    p: float
    error: float
    freedom: float
    words: tuple[str, str] = (FASTER, SLOWER)

    @property
    def log(self) -> float:
        return float(np.log(self.value))


def words_of(direction: str, unit: str = "ns") -> tuple[str, str]:
    """What to call less and more of a metric, by its line in the metrics table: faster and slower
    of times and rates, better and worse of all else, less and more where neither is better."""
    good, bad = (FASTER, SLOWER) if unit in _TIME_UNITS else (BETTER, WORSE)
    return {"lower": (good, bad), "higher": (bad, good), "none": (LESS, MORE)}[direction]


def verdict_of(value: float, low: float, high: float, band: float = BAND,
               words: tuple[str, str] = (FASTER, SLOWER)) -> str:
    """The verdict on a ratio with its interval; `words` as words_of gives them.

    Equal: the interval lies inside the band. One of the words: it excludes 1 and the ratio lies
    outside the band. Everything else is unclear.
    """
    if np.isnan(low) or np.isnan(high):
        return UNCLEAR
    if low >= 1 / (1 + band) and high <= 1 + band:
        return EQUAL
    if high < 1 and value < 1 / (1 + band):
        return words[0]
    if low > 1 and value > 1 + band:
        return words[1]
    return UNCLEAR


def welch_freedom(errors, freedoms) -> float:
    """Welch and Satterthwaite's degrees of freedom of a sum of independent estimates."""
    squares = np.square(np.asarray(errors, dtype=float))
    parts = np.square(squares) / np.asarray(freedoms, dtype=float)
    return float(np.square(squares.sum()) / parts.sum())


def make_ratio(log_ratio: float, error: float, freedom: float, level: float,
               words: tuple[str, str] = (FASTER, SLOWER)) -> Ratio:
    """A ratio from its log, standard error and degrees of freedom; no interval without an error."""
    value = float(np.exp(log_ratio))
    if np.isnan(error) or np.isnan(log_ratio):
        return Ratio(value, *[_NOTHING] * 2, UNCLEAR, *[_NOTHING] * 3, words)
    if error == 0:
        verdict = verdict_of(value, value, value, words=words)
        return Ratio(value, value, value, verdict, _NOTHING, 0.0, _NOTHING, words)
    reach = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    low, high = float(np.exp(log_ratio - reach)), float(np.exp(log_ratio + reach))
    p = float(2 * stats.t.sf(abs(log_ratio) / error, freedom))
    return Ratio(value, low, high, verdict_of(value, low, high, words=words), p, error, freedom,
                 words)


def compare(new: Estimate, base: Estimate, level: float = 0.95,
            words: tuple[str, str] = (FASTER, SLOWER)) -> Ratio:
    """The ratio of `new` to `base` on its own, outside of any family."""
    if not (np.isfinite(new.log) and np.isfinite(base.log)):
        return _ratio_with_zero(new, base, level, words)
    error, freedom = float(np.hypot(new.error, base.error)), 1.0
    if error > 0:
        freedom = welch_freedom((new.error, base.error), (new.freedom, base.freedom))
    return make_ratio(new.log - base.log, error, freedom, level, words)


def _ratio_with_zero(new: Estimate, base: Estimate, level: float, words: tuple[str, str]) -> Ratio:
    """0 in both is 1; 0 on one side is 0 or infinite, exactly, however much the other side varies."""
    exact = 0.0 if new.known and base.known else _NOTHING
    same = np.isneginf(new.log) and np.isneginf(base.log)
    return make_ratio(0.0 if same else new.log - base.log, exact, 1.0, level, words)


def simultaneous(ratios: dict, level: float = 0.95) -> dict:
    """The family `ratios` (by any key) with simultaneous intervals, verdicts and Holm's p.

    Ratios that are exact, or have no interval, stay as they are and do not count.
    """
    drawn = {key: ratio for key, ratio in ratios.items() if ratio.error > 0}
    if not drawn:
        return dict(ratios)
    holm, alpha = multipletests([ratio.p for ratio in drawn.values()], 1 - level, method="holm")[1::2]
    widened = dict(ratios)
    for (key, ratio), p in zip(drawn.items(), holm):
        wide = make_ratio(ratio.log, ratio.error, ratio.freedom, 1 - alpha, ratio.words)
        widened[key] = replace(wide, p=float(p))
    return widened
