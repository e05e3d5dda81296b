"""This module is which time samples speak for their cell, so that one that a neighbour on the core
slowed from end to end does not stand beside those that were let alone.

A sample is *let alone* where QUIET_BATCHES of its batches or more were undisturbed: the speed probes
beside them took no longer than usual (docs/results.md). Where at least FEWEST samples, and at least a
third, of every cell of a work were let alone, the others are *set aside*: they have no times. A work of
which one cell has fewer keeps all it has.

Invariants: the probes decide, never the times of what is measured; a sample without probes is let alone.
The cells of a work are treated alike, since they are compared: one with its disturbed samples and one
without would differ for that alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .cells import BATCH_SERIES, QUIET_BATCHES

#: So many samples that were let alone can do without the others.
FEWEST = 3


def let_alone(record: dict) -> bool:
    """Whether enough of a sample's batches were undisturbed."""
    disturbed = np.array((record.get("series") or {}).get("batch_disturbed", ()), dtype=bool)
    return not len(disturbed) or np.count_nonzero(~disturbed) >= QUIET_BATCHES


def set_aside(frame: pd.DataFrame) -> pd.Series:
    """For each row of a sample frame whether it is a valid time sample that its cell does without."""
    aside = pd.Series(False, index=frame.index)
    times = frame[(frame["kind"] == "time") & frame["valid"]]
    if times.empty:
        return aside
    alone = times["record"].map(let_alone).astype(int)
    groups = alone.groupby([times["role"], times["cell"].fillna("")])
    count, size = groups.transform("sum"), groups.transform("size")
    enough = (count >= FEWEST) & (3 * count >= size)
    whole = enough.groupby([times["work"].fillna(""), times["threads"]]).transform("all")
    aside[times.index] = (alone == 0) & whole
    return aside


def without_disturbed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the column `set_aside`, and no times of an operation in the rows it marks."""
    frame["set_aside"] = set_aside(frame)
    told = [name for name in BATCH_SERIES if name in frame]
    frame.loc[frame["set_aside"], told] = np.nan
    return frame
