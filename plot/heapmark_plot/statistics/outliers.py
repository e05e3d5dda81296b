"""This module is the classification of outliers by Tukey's fences, so that they are counted and
shown. They are never deleted: the median and the intervals already bear them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MILD, SEVERE = 1.5, 3.0


@dataclass(frozen=True)
class Outliers:
    """How many values lie beyond 1.5 and beyond 3 interquartile ranges."""

    mild: int
    severe: int


def classify(values) -> Outliers:
    """Counts the outliers among `values`; fewer than four have no quartiles to speak of."""
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if array.size < 4:
        return Outliers(0, 0)
    first, third = np.percentile(array, [25, 75])
    distance = np.maximum(first - array, array - third)
    spread = third - first
    severe = int((distance > SEVERE * spread).sum())
    return Outliers(int((distance > MILD * spread).sum()) - severe, severe)
