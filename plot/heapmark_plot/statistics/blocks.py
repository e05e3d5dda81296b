"""This module takes out of the times what whole blocks have in common, so that a machine that was
slow for some seconds does not pass for noise of each cell that happened to run then.

A *block* is the time samples of one work in one repetition: the driver runs them side by side, in
random order. The *effect* of a block is the median, over its cells, of how far each departs from its
own median, on the log scale (Tukey's median polish, one step). Ratios within a work are of samples
of the same blocks, so taking the effects out changes no ratio's target, only its spread.

Invariant: where the blocks have nothing in common (taking their effects out would not make the
departures smaller), the values stay as they are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: A block of fewer cells tells too little about what they have in common.
FEWEST_CELLS = 4

_BLOCK = ["work", "threads", "repetition"]
_CELL = ["role", "cell"]


def without_block_effects(frame: pd.DataFrame, metric: str, kind: str = "time") -> pd.Series:
    """The column `metric` of the samples of `kind` of cells and controls less their blocks' effects.

    Other rows, and blocks of fewer than FEWEST_CELLS valid samples, keep their values; so does all
    that is not time, because a machine's speed is not in it.
    """
    if kind == "memory":
        return frame[metric].copy()
    chosen = frame[(frame["kind"] == kind) & frame["valid"] & (frame[metric] > 0)
                   & frame["role"].isin(["cell", "control"])]
    values = frame[metric].copy()
    if chosen.empty:
        return values
    logs = np.log(chosen[metric].astype(float))
    departures = logs - logs.groupby([chosen[name] for name in _CELL]).transform("median")
    by_block = departures.groupby([chosen[name] for name in _BLOCK])
    sizes = by_block.transform("size")
    effects = by_block.transform("median").where(sizes >= FEWEST_CELLS, 0.0)
    # An effect is estimated from the cells it is taken out of, which hides some of their noise.
    hidden = np.sqrt(sizes / (sizes - 1).clip(lower=1))
    if np.median(np.abs(departures - effects) * hidden) >= np.median(np.abs(departures)):
        return values
    values.loc[chosen.index] = np.exp(logs - effects)
    return values
