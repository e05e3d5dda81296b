"""This module is the drift of a quantity over a long run, so that "memory stays bounded" is a finding
and not an impression.

What is judged is the **growth**: the slope of a straight line times the time it was fitted over, as a
share of the median. The first quarter of the time is left out: a heap that fills up, and caches that
fill with it, are not a leak. Values that follow each other are alike, so the slope's standard error is
the larger of two: Newey and West's (HAC, with the bandwidth and the critical values of fixed-b theory:
Lazarus, Lewis, Stock and Watson 2018; Kiefer and Vogelsang 2005), and least squares' own times what a
first-order autoregression of the residuals is worth, its coefficient corrected for Kendall's bias. The
second is what keeps a series of a few dozen values, of which each is almost the last, from passing for
growth. Theil and Sen's slope, which single jumps do not move, must agree.

Verdict: **growing** where the interval lies above `share`, **bounded** where it lies below, else
**unclear**. A series that shrinks is bounded. What a verdict says, it says of the time observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
# Not statsmodels.api, which brings in all of statsmodels and makes each command start slowly.
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import add_constant

GROWING, BOUNDED, UNCLEAR = "growing", "bounded", "unclear"

#: Growth by more than this share of the level, over the time judged, is growth.
SHARE = 0.02
#: The share of the time, from the beginning, in which things settle.
SETTLING = 0.25
#: Fewer values than this after settling have no interval.
FEWEST = 8
LEVEL = 0.95


@dataclass(frozen=True)
class Drift:
    """A slope (units per second) and growth (share of the level, over `duration_s`) with 95 %
    intervals; NaN where there are too few values, or where their median is not above 0."""

    slope: float
    slope_low: float
    slope_high: float
    robust_slope: float
    level: float
    duration_s: float
    growth: float
    growth_low: float
    growth_high: float
    count: int
    verdict: str


def drift(at_s, values, share: float = SHARE) -> Drift:
    """The drift of `values` at the times `at_s` (seconds); pairs with a NaN are left out."""
    at_s, values = _settled(np.asarray(at_s, dtype=float), np.asarray(values, dtype=float))
    nothing = float("nan")
    if len(values) < FEWEST or np.ptp(at_s) == 0:
        return Drift(*[nothing] * 9, len(values), UNCLEAR)
    slope, reach = _slope(at_s, values)
    robust = float(stats.theilslopes(values, at_s).slope)
    level, duration = float(np.median(values)), float(np.ptp(at_s))
    scale = duration / level if level > 0 else nothing
    growth = [scale * one for one in (slope, slope - reach, slope + reach)]
    return Drift(slope, slope - reach, slope + reach, robust, level, duration, *growth, len(values),
                 _verdict(growth[1], growth[2], robust * scale, share))


def _verdict(low: float, high: float, robust: float, share: float) -> str:
    if low > share and robust > share:
        return GROWING
    return BOUNDED if high < share and robust < share else UNCLEAR


def _settled(at_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~(np.isnan(at_s) | np.isnan(values))
    at_s, values = at_s[known], values[known]
    if not len(at_s):
        return at_s, values
    late = at_s >= at_s.min() + SETTLING * np.ptp(at_s)
    return at_s[late], values[late]


def _slope(at_s: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """The slope by least squares, and how far its 95 % interval reaches to each side."""
    count = len(values)
    scale = float(np.ptp(at_s))
    line = OLS(values, add_constant((at_s - at_s.mean()) / scale))
    plain = line.fit()
    residuals = plain.resid
    if np.ptp(residuals) <= 1e-12 * np.abs(values).max():
        return float(plain.params[1]) / scale, 0.0
    lags = int(np.ceil(1.3 * np.sqrt(count)))
    hac = line.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    inflation, independent = _autoregression(residuals)
    quantile = float(stats.t.ppf(0.5 + LEVEL / 2, max(independent - 2, 1)))
    reach = max(_fixed_b_quantile(lags / count) * hac.bse[1], quantile * inflation * plain.bse[1])
    return float(plain.params[1]) / scale, float(reach) / scale


def _fixed_b_quantile(share: float) -> float:
    """The 97.5 % point for Bartlett's kernel with a bandwidth of `share` of the series."""
    return 1.96 + 2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3


def _autoregression(residuals: np.ndarray) -> tuple[float, float]:
    """By how much a first-order autoregression widens the error, and the number of independent
    values that the series is worth."""
    count = len(residuals)
    raw = float(residuals[1:] @ residuals[:-1] / (residuals @ residuals))
    coefficient = float(np.clip(raw + (1 + 4 * raw) / count, 0.0, 0.99))
    inflation = float(np.sqrt((1 + coefficient) / (1 - coefficient)))
    return inflation, count / inflation**2
