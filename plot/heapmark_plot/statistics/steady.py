"""This module is whether a sample reached a steady state, so that warming up does not pass for the
speed of an allocator, and "there is none" is a result (Barrett et al. 2017, "Virtual machine warmup
blows hot and cold", OOPSLA).

The series is the log of a sample's batch times. What all cells of the work have in common from batch
to batch is taken off first: dicts grow and full collections fall due at the same batch everywhere, and
that is the work, not the state of a process. What one cell alone does stays in, so an allocator that
warms up shows. With fewer than FEWEST_CELLS cells the two cannot be told apart, and nothing is taken
off. Single batches that something interrupted are drawn in to their neighbours' median (Barrett leaves
such outliers out of the search too; statistics/outliers.py counts outliers, none is deleted elsewhere).
Changes of level are found by changepoints.py, and segments whose levels differ by at most 2 % are one
state.

Classes: **flat**, one state throughout; **warmup**, it ended in a state that held for the last quarter
of the batches at least, and none before was quicker; **slowdown**, the same, but one before was quicker;
**no steady state**, what it ended in did not hold so long; **unknown**, too few undisturbed batches. A
cell has the class of its samples where they agree, else it is **inconsistent**.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage, stats

from .cells import KEY, quiet_batches
from .changepoints import changepoints, penalty

FLAT, WARMUP, SLOWDOWN = "flat", "warmup", "slowdown"
NO_STEADY_STATE, INCONSISTENT, UNKNOWN = "no steady state", "inconsistent", "unknown"

#: Levels this near to each other (on the log scale: ±2 %) are one state.
SAME = float(np.log(1.02))
#: The last state must hold for this share of the batches.
HELD = 0.25
#: Fewer undisturbed batches than this show no state.
FEWEST = 12
#: A state of fewer batches is none.
_LEAST = 3
#: Fewer cells of a work than this do not tell its profile from their own ways.
FEWEST_CELLS = 4
#: Clocks and page faults leave at least this much noise (log scale).
_LEAST_NOISE = 1e-3
#: Batches farther than this many times the noise from their neighbours' median are drawn in.
_OUTLYING = 3.0


@dataclass(frozen=True)
class Course:
    """One sample's way: its class, where segments begin and their levels (log, the profile off), and
    the batch from which on it is steady (None: never)."""

    kind: str
    begins: tuple[int, ...] = ()
    levels: tuple[float, ...] = ()
    steady_from: int | None = None


@dataclass(frozen=True)
class Steadiness:
    """A cell's class, how many of its samples are of each, and their courses."""

    kind: str
    counts: dict[str, int]
    courses: list[Course]


def steadiness(frame: pd.DataFrame, series: str = "batch_wall_ns") -> dict[tuple, Steadiness]:
    """The steadiness of every cell and control of a frame as frames.py makes it, by (role, row,
    variant, collector), from its valid time samples."""
    chosen = frame[frame["role"].isin(["cell", "control"]) & frame["valid"]
                   & (frame["kind"] == "time")].sort_values("id")
    found = {}
    for _, work in chosen.groupby("row", sort=False):
        cells = {key: [quiet_batches(record["series"], series) for record in group["record"]]
                 for key, group in work.groupby(KEY, sort=False)}
        profile = common_profile(list(cells.values()))
        found.update({key: of_cell(batches, profile) for key, batches in cells.items()})
    return found


def common_profile(cells: list[list[np.ndarray]]) -> np.ndarray | None:
    """What the cells of a work have in common from batch to batch: the median over cells of each
    cell's median, on the log scale. None with too few cells, or where batches differ in number."""
    lengths = {len(batches) for cell in cells for batches in cell}
    if len(cells) < FEWEST_CELLS or len(lengths) != 1 or not min(lengths):
        return None
    middles = [_column_medians(np.vstack([_centred(batches) for batches in cell]))
               for cell in cells if cell]
    return np.nan_to_num(_column_medians(np.vstack(middles)))


def of_cell(batches: list[np.ndarray], profile: np.ndarray | None) -> Steadiness:
    """The steadiness of a cell from its samples' batch times (NaN: disturbed)."""
    logs = [_centred(one) - (profile if profile is not None else 0.0) for one in batches]
    noise = _noise(logs)
    courses = [course(one, noise) for one in logs]
    counts = Counter(one.kind for one in courses if one.kind != UNKNOWN)
    kind = INCONSISTENT if len(counts) > 1 else next(iter(counts), UNKNOWN)
    return Steadiness(kind, dict(counts), courses)


def course(logs: np.ndarray, noise: float) -> Course:
    """The course of one series of log times (NaN: left out) with noise of that standard deviation."""
    places = np.flatnonzero(~np.isnan(logs))
    if len(places) < FEWEST:
        return Course(UNKNOWN)
    values = _drawn_in(logs[places], noise) / noise
    begins = [0, *changepoints(values, penalty(len(values)), _LEAST)]
    ends = [*begins[1:], len(values)]
    levels = [float(values[begin:end].mean() * noise) for begin, end in zip(begins, ends)]
    same = [abs(level - levels[-1]) <= SAME for level in levels]
    first = len(same) - 1
    while first > 0 and same[first - 1]:
        first -= 1
    in_batches = tuple(int(places[begin]) for begin in begins)
    if len(values) - begins[first] < HELD * len(values):
        return Course(NO_STEADY_STATE, in_batches, tuple(levels))
    quicker = any(level < levels[-1] - SAME for level in levels)
    kind = FLAT if all(same) else SLOWDOWN if quicker else WARMUP
    return Course(kind, in_batches, tuple(levels), in_batches[first])


def _centred(times: np.ndarray) -> np.ndarray:
    """Log times less their median; NaN where a time is not known or not above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(times > 0, np.log(times), np.nan)
    known = logs[~np.isnan(logs)]
    return logs - (np.median(known) if len(known) else 0.0)


def _column_medians(table: np.ndarray) -> np.ndarray:
    """The median of each column's known values; NaN where it has none."""
    columns = [column[~np.isnan(column)] for column in table.T]
    return np.array([np.median(known) if len(known) else np.nan for known in columns])


def _noise(series: list[np.ndarray]) -> float:
    """The noise about the level, from differences of neighbours in all samples of a cell: changes of
    level are few among them."""
    steps = np.concatenate([np.diff(one[~np.isnan(one)]) for one in series] or [[]])
    if not len(steps):
        return _LEAST_NOISE
    spread = stats.median_abs_deviation(steps, scale="normal") / np.sqrt(2)
    return max(float(spread), _LEAST_NOISE)


def _drawn_in(values: np.ndarray, noise: float) -> np.ndarray:
    middle = ndimage.median_filter(values, size=5, mode="mirror")
    return np.clip(values, middle - _OUTLYING * noise, middle + _OUTLYING * noise)
