"""This module is the way from a run's samples to its cells' estimates, for any metric of any kind, so
that the report, the commands and the driver all know a cell by the same numbers.

It takes the frame that frames.py makes: one row a sample, metrics as columns, `record` the sample
itself. A metric is read from samples of one kind (the first of its kinds). Wall and CPU time of an
operation, which come from a sample's batches, bring those batches along.

Invariant: only valid samples count, and the order of the rows does not matter.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .blocks import without_block_effects
from .estimate import Estimate, estimate, moderate
from .resample import CellValues

#: A sample with this many undisturbed batches is spoken for by them (docs/results.md).
QUIET_BATCHES = 5

#: Metrics that are the median over a sample's batches, with the series they are taken from.
BATCH_SERIES = {"ns_per_op": "batch_wall_ns", "cpu_ns_per_op": "batch_cpu_ns",
                "ops_per_second": "batch_wall_ns"}

#: What a sample of a cell, and one of its twin, have in common.
KEY = ["role", "row", "variant", "collector"]


def quiet_batches(series: dict, name: str = "batch_wall_ns") -> np.ndarray:
    """A sample's batch times, NaN where a batch was disturbed and its sample speaks without it."""
    times = np.array(series.get(name, ()), dtype=float)
    disturbed = np.array(series.get("batch_disturbed", ()), dtype=bool)
    if len(disturbed) == len(times) and (~disturbed).sum() >= QUIET_BATCHES:
        times[disturbed] = np.nan
    return times


def cell_values(name: str, group: pd.DataFrame, metric: str, kind: str = "time",
                column: str | None = None) -> CellValues:
    """What the valid samples of `kind` in `group` measured of `metric`, with its batches if any.

    `column` is where the values stand, where that is not the metric's own column (block effects
    taken out). `name` seeds what is drawn.
    """
    column = column or metric
    valid = group[(group["kind"] == kind) & group["valid"] & group[column].notna()]
    valid = valid.sort_values("id")
    return CellValues(name, valid[column].to_numpy(dtype=float), _batches(valid["record"], metric, kind))


def _batches(records, metric: str, kind: str) -> list[np.ndarray]:
    series = BATCH_SERIES.get(metric) if kind == "time" else None
    return [quiet_batches(record["series"], series) for record in records] if series else []


def places_by(frame: pd.DataFrame, by) -> list[tuple]:
    """The values of the column `by`, or of several, in the order of their first rows, each with the places
    of its rows: a table's parts by number, because a frame for each of them costs far more."""
    found = frame.groupby(by, sort=False).indices
    return sorted(found.items(), key=lambda pair: pair[1][0])


def told_places(frame: pd.DataFrame, column: str) -> np.ndarray:
    """The places of the valid rows that have a value in `column`, in the order of their ids."""
    values = frame[column].to_numpy(dtype=float)
    places = np.flatnonzero(frame["valid"].to_numpy(dtype=bool) & ~np.isnan(values))
    return places[np.argsort(frame["id"].to_numpy()[places], kind="stable")]


def estimates(frame: pd.DataFrame, metric: str, seed: str, kind: str = "time",
              side_by_side: bool = True) -> dict:
    """The moderated Estimate of `metric` for each cell and control twin, by (role, row, variant,
    collector). Where cells are compared `side_by_side` within their run, block effects are taken out
    of times first, as blocks.py says; against another run's cells they are noise like any other."""
    chosen = frame[frame["role"].isin(["cell", "control"])].copy()
    chosen["compared"] = without_block_effects(chosen, metric, kind) if side_by_side \
        else chosen[metric]
    told = told_places(chosen, "compared")
    told = told[(chosen["kind"] == kind).to_numpy()[told]]
    values, records = chosen["compared"].to_numpy(dtype=float), chosen["record"].to_numpy()
    cells = chosen["cell"].to_numpy()
    own: dict[tuple, Estimate] = {}
    for key, places in places_by(chosen, KEY):
        name = cells[places[0]] + (" (control)" if key[0] == "control" else "")
        mine = told[np.isin(told, places)]
        own[key] = estimate(CellValues(name, values[mine], _batches(records[mine], metric, kind)), seed)
    return moderate(own)
