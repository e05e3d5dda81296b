"""This module is the answer to "which cells are not known well enough yet", so that the driver runs
whole rounds more until all are or its budget is spent.

Invariant: a cell is judged by the very estimate that the report makes of it (statistics/cells.py).
"""

from __future__ import annotations

import json
import math

from .errors import InputError
from .frames import sample_frame
from .load import Run
from .statistics.cells import estimates
from .statistics.precision import settled

#: The metric that the precision is asked of.
METRIC = "ns_per_op"


def unsettled_text(run: Run, percent: float) -> str:
    """One line of JSON: `unsettled`, the names of the cells (in the order in which they first ran)
    whose 95 % interval of the median is wider than ±`percent`, and `settled`, how many are not.

    Control twins are not named: the A/A check is about them. A cell with fewer than two valid time
    samples is unsettled: nothing is known of its spread. Raises InputError where `percent` is not a
    positive number.
    """
    if not (math.isfinite(percent) and percent > 0):
        raise InputError(f"--precision {percent:g} is not a share to reach; give a number above 0, such"
                         " as 2 for ±2 %")
    frame = sample_frame(run)
    own = estimates(frame, METRIC, run.environment["seed"])
    times = frame[(frame["role"] == "cell") & (frame["kind"] == "time")]
    cells = times.drop_duplicates("cell")
    wide, done = [], 0
    for cell in cells.itertuples():
        key = ("cell", cell.row, cell.variant, cell.collector)
        if settled(own[key], percent / 100):
            done += 1
        else:
            wide.append(cell.cell)
    return json.dumps({"unsettled": wide, "settled": done}, ensure_ascii=False) + "\n"
