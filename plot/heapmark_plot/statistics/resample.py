"""This module is the hierarchical bootstrap of one cell, so that both sources of noise (between
processes, between the batches inside one) reach every interval.

A cell's location is the median of its process values. A replicate draws processes with
replacement, and shifts each drawn process by what its batches, drawn anew, average to. What is
drawn is a batch's *departure from what that batch takes in this cell*: a dict grows and a full
collection falls into the same batch in every process, and that profile is the work, not noise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

#: Replicates of each cell: its standard error is then known to about 2 %.
REPLICATES = 1000


@dataclass(frozen=True)
class CellValues:
    """A cell's process values of one positive metric, and each process's batch times, if any."""

    name: str
    values: np.ndarray
    batches: list[np.ndarray] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float:
        return float(np.median(self.values)) if self.count else float("nan")


def generator(seed: str, name: str) -> np.random.Generator:
    """A generator that depends on the run's seed and on what is drawn, not on any order."""
    digest = hashlib.sha256(f"{seed}\n{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def log_replicates(cell: CellValues, seed: str, count: int = REPLICATES) -> np.ndarray:
    """`count` replicates of the log of the cell's median, centred as they fall."""
    random = generator(seed, cell.name)
    drawn = random.integers(0, cell.count, size=(count, cell.count))
    logs = np.log(cell.values)[drawn]
    departures = batch_departures(cell.batches)
    if departures is not None:
        packed, lengths = pack(departures)
        chance = random.random(size=(count, cell.count, int(lengths.min())))
        picks = (chance * lengths[drawn][:, :, None]).astype(int)
        logs = logs + np.take_along_axis(packed[drawn], picks, axis=2).mean(axis=2)
    return np.median(logs, axis=1)


def pack(departures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row's numbers moved to its front (NaN last), and how many numbers each row has."""
    order = np.argsort(np.isnan(departures), axis=1, kind="stable")
    return np.take_along_axis(departures, order, axis=1), (~np.isnan(departures)).sum(axis=1)


def batch_departures(batches: list[np.ndarray]) -> np.ndarray | None:
    """Processes × batches: log time less the process's level and less the batch's own profile.

    NaN stands where a batch was disturbed. None where there are no batches to speak of, or processes have different numbers of them.
    """
    lengths = {len(batch) for batch in batches}
    if len(batches) < 2 or len(lengths) != 1 or min(lengths) < 2:
        return None
    times = np.vstack(batches)
    known = ~np.isnan(times)
    if not (times[known] > 0).all() or known.sum(axis=1).min() < 2:
        return None
    logs = np.log(times)
    logs = logs - np.nanmean(logs, axis=1, keepdims=True)
    profile = [np.median(column[~np.isnan(column)]) if (~np.isnan(column)).any() else 0.0
               for column in logs.T]
    logs = logs - np.array(profile)
    return logs - np.nanmean(logs, axis=1, keepdims=True)
