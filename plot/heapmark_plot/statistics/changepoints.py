"""This module is where a series changes its level: exact least-squares segmentation by PELT (Killick,
Fearnhead and Eckley 2012, "Optimal detection of changepoints with a linear computational cost").

A segmentation costs its sum of squares about the segments' means, in units of the noise's variance,
plus a penalty for every change; the one that costs least is found. The penalty is 4 log n: a change
adds a level and a place, and places are many, which makes 3 log n (Zhang and Siegmund 2007, modified
BIC); the fourth pays for a variance that is itself estimated, from a few dozen values.
"""

from __future__ import annotations

import numpy as np


def penalty(count: int) -> float:
    """What a change costs in a series of `count` values with noise of variance 1."""
    return 4 * float(np.log(count))


def changepoints(values, price: float, least: int = 1) -> list[int]:
    """The indices at which a new segment begins (never 0), of the segmentation of `values` that costs
    least with `price` a change, where no segment is shorter than `least`; [] with too few values."""
    values = np.asarray(values, dtype=float)
    count = len(values)
    values = values - values.mean() if count else values
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best = np.full(count + 1, np.inf)
    best[0], last = -price, np.zeros(count + 1, dtype=int)
    candidates: list[int] = []
    worse_since: dict[int, int] = {}  # candidate → the end that first showed it to be worse
    for end in range(least, count + 1):
        candidates.append(end - least)
        starts = np.array(candidates)
        lengths = end - starts
        about_mean = squares[end] - squares[starts] - (sums[end] - sums[starts])**2 / lengths
        costs = best[starts] + about_mean
        place = int(np.argmin(costs))
        best[end], last[end] = costs[place] + price, starts[place]
        # What is no better than a change here never will be, once a segment from here may end.
        for start in starts[costs >= best[end]]:
            worse_since.setdefault(int(start), end)
        candidates = [start for start in candidates
                      if end + 1 - worse_since.get(start, end + 1) < least]
    return _path(last, count) if np.isfinite(best[count]) else []


def _path(last: np.ndarray, count: int) -> list[int]:
    starts = []
    end = count
    while last[end] > 0:
        end = int(last[end])
        starts.append(end)
    return starts[::-1]
