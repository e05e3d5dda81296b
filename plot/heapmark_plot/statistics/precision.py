"""This module is how well a cell is known, so that a run can go on where it must and stop where it
may.

The *half width* of a cell is that of the 95 % interval of its median, as a share: 0.03 says that the
interval reaches 3 % above the median (and, on the log scale, as far below). The interval is the one
that every verdict rests on: the moderated estimate's error times Student's t quantile. It is the
cell's own, not a simultaneous one.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from .estimate import Estimate

LEVEL = 0.95


def half_width(own: Estimate, level: float = LEVEL) -> float:
    """How far the interval of a cell's median reaches, as a share of it; NaN without an interval."""
    if not own.known:
        return float("nan")
    quantile = float(special.stdtrit(own.freedom, 0.5 + level / 2))
    return float(np.expm1(quantile * own.error))


def settled(own: Estimate, precision: float, level: float = LEVEL) -> bool:
    """Whether the interval lies within ±`precision` (a share: 0.02 is 2 %) of the median.

    A cell without an interval (fewer than two valid samples) is not settled.
    """
    return half_width(own, level) <= precision
