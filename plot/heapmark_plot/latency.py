"""This module is the latency of every cell: the histograms of its samples merged, and the minimum
mutator utilization (MMU) of all of them, so that a percentile speaks for the cell and not for one of
its processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import units
from .histograms import Histogram, merged
from .sample_checks import LATENCIES

#: The histograms of single calls of the allocator.
CALLS = ("malloc", "free", "realloc")
#: The quantiles that tables and tips show, with their words.
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))


@dataclass(frozen=True)
class CellLatency:
    """What the valid latency samples of one cell say together.

    `calls` holds the histograms of round, malloc, free and realloc; `mmu` rows of window (ns) and
    the least utilization of any sample, NaN where no sample had so long a steady phase, and empty
    where some sample could not tell its own (`mmu_absent` says why): its pauses may be the worst.
    """

    calls: dict[str, Histogram]
    pauses: Histogram
    cascades: Histogram
    mmu: np.ndarray
    mmu_absent: str
    samples: int
    operations_per_round: float
    clock_ns: float
    scatter_ns: float
    one_in: float

    def told(self, name: str, value: float) -> str:
        """A duration of the histogram `name` in words. A call's time, which has the clock's cost
        taken off, is told no finer than that cost scatters."""
        if name in CALLS and value <= self.scatter_ns:
            return f"≤ {units.nanoseconds(self.scatter_ns)}"
        return units.nanoseconds(value)

    def words(self, name: str) -> str:
        """The quantiles of the histogram `name`."""
        own = self.calls[name]
        return ", ".join(f"{word} {self.told(name, own.quantile(share))}" for word, share in QUANTILES)


def latencies(samples: pd.DataFrame) -> dict[tuple, CellLatency]:
    """The latency of each cell (row, variant, collector) with a valid latency sample."""
    chosen = samples[(samples["kind"] == "latency") & (samples["role"] == "cell") & samples["valid"]]
    return {key: _of_cell(list(group.sort_values("id")["record"]))
            for key, group in chosen.groupby(["row", "variant", "collector"], sort=False)}


def _of_cell(records: list[dict]) -> CellLatency:
    told = [record.get("latency") or {} for record in records]

    absent = next((own["mmu_absent"] for own in told if own.get("mmu_absent")), "")

    def first(name: str) -> float:
        values = [own[name] for own in told if own.get(name) is not None]
        return float(np.median(values)) if values else float("nan")

    return CellLatency(
        calls={name: merged(own.get(name) for own in told) for name in LATENCIES},
        pauses=merged(record.get("pauses") for record in records),
        cascades=merged(record.get("cascades") for record in records),
        mmu=_least_utilization([] if absent else [
            record["mmu"] for record in records
            if record.get("mmu") is not None and len(record["mmu"])]),
        mmu_absent=absent,
        samples=len(records), operations_per_round=first("operations_per_round"),
        clock_ns=first("clock_ns"), scatter_ns=first("clock_scatter_ns"), one_in=first("one_in"))


def _least_utilization(curves: list[np.ndarray]) -> np.ndarray:
    """By window, the least that any of `curves` tells."""
    if not curves:
        return np.empty((0, 2))
    rows = np.vstack(curves)
    windows = np.unique(rows[:, 0])
    least = []
    for window in windows:
        own = rows[rows[:, 0] == window, 1]
        known = own[~np.isnan(own)]
        least.append(known.min() if len(known) else np.nan)
    return np.column_stack([windows, least])
