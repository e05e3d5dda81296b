"""This module is the histogram of durations, so that those of several samples become one and are
asked for quantiles only then: the mean of two 99th percentiles is no 99th percentile.

Buckets are [low, high, count], narrow enough that a bucket's middle is within the record's
`relative_error` of any value in it; the least and the greatest value are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Histogram:
    """Buckets in ascending order, with the exact ends; NaN ends where nothing was counted."""

    buckets: np.ndarray
    minimum: float
    maximum: float

    @property
    def count(self) -> int:
        return int(self.buckets[:, 2].sum())

    def quantile(self, share: float) -> float:
        """The value that `share` of the counted do not exceed; NaN where nothing was counted."""
        if not self.count:
            return math.nan
        if share >= 1:
            return self.maximum
        rank = max(1.0, math.ceil(share * self.count - 1e-9))
        low, high, _ = self.buckets[np.searchsorted(np.cumsum(self.buckets[:, 2]), rank)]
        return float(min(max((low + high) / 2, self.minimum), self.maximum))

    def survival(self) -> tuple[np.ndarray, np.ndarray]:
        """Durations, ascending, and the share of the counted that took at least so long."""
        counts = self.buckets[:, 2]
        above = (counts.sum() - np.concatenate(([0.0], np.cumsum(counts)[:-1]))) / max(1, self.count)
        at = np.maximum(self.buckets[:, 0], self.minimum)
        return np.append(at, self.maximum), np.append(above, above[-1:])


EMPTY = Histogram(np.empty((0, 3)), math.nan, math.nan)


def merged(records) -> Histogram:
    """The histogram of all values in `records`, which are a journal's histograms, or None."""
    told = [record for record in records if record is not None and len(record["buckets"])]
    if not told:
        return EMPTY
    rows = np.vstack([record["buckets"] for record in told])
    bounds, places = np.unique(rows[:, :2], axis=0, return_inverse=True)
    counts = np.bincount(places.ravel(), weights=rows[:, 2], minlength=len(bounds))
    buckets = np.column_stack([bounds, counts])
    buckets = buckets[buckets[:, 2] > 0]
    if not len(buckets):
        return EMPTY
    return Histogram(buckets, min(_end(record, "minimum", 0) for record in told),
                     max(_end(record, "maximum", 1) for record in told))


def _end(record: dict, name: str, column: int) -> float:
    """The record's exact end, or the bucket's where it tells none."""
    value = record.get(name)
    if value is not None:
        return float(value)
    filled = record["buckets"][record["buckets"][:, 2] > 0]
    if not len(filled):
        return math.inf if column == 0 else -math.inf
    return float(filled[:, column].min() if column == 0 else filled[:, column].max())
