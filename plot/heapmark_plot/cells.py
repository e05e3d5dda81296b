"""This module is one cell of the matrix with what its valid samples say: medians of the metrics that
the report shows, the values that its time rests on, how many samples there are, and its ratios.

Invariant: only valid samples of role `cell` count; a cell without one is there with count 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .statistics.cells import cell_values
from .statistics.compare import Ratio
from .statistics.estimate import Estimate
from .statistics.intervals import Median, median_interval
from .statistics.outliers import Outliers, classify
from .statistics.resample import CellValues

#: The metric that decides about time, and the one that decides about memory.
TIME_METRIC = "ns_per_op"
MEMORY_METRIC = "peak_rss_net_bytes"

#: Metrics whose medians every cell gets, where the run has them, by the kind that they are read from.
SUMMARIZED = {
    "time": (
        "ns_per_op", "cpu_ns_per_op", "ops_per_second", "pause_p99_ns", "pause_max_ns",
        "pause_total_ns", "cascade_max_ns", "collections", "collected", "uncollectable",
        "foreign_cpu_share", "release_ns", "refill_ns", "instructions_per_op", "cycles_per_op",
        "cache_misses_per_op", "dtlb_misses_per_op", "branch_misses_per_op"),
    "memory": (
        "peak_rss_bytes", "peak_rss_net_bytes", "rss_net_bytes", "overhead_ratio",
        "collector_drag_ratio", "internal_fragmentation_ratio", "external_fragmentation_ratio",
        "retention_ratio", "rss_after_release_bytes", "rss_after_purge_bytes", "returned_share",
        "returned_after_purge_share", "uncollected_bytes", "uncollected_peak_bytes",
        "huge_page_share", "rss_over_live", "rss_over_live_after_purge", "rss_over_live_pages",
        "live_page_bytes", "steady_live_bytes", "steady_requested_bytes", "steady_usable_bytes",
        "steady_active_bytes", "steady_metadata_bytes", "steady_collector_table_bytes",
        "tables_net_bytes"),
}

Key = tuple[str, str, str]
_UNKNOWN = Median(float("nan"), float("nan"), float("nan"), 0)


@dataclass
class Cell:
    """One cell of the matrix with what its valid samples say."""

    row: str
    variant: str
    collector: str
    name: str
    work: str
    backend: str
    linkage: str
    threads: int
    medians: dict[str, Median]
    time_values: CellValues
    valid: dict[str, int]  #: valid samples by kind
    total: dict[str, int]  #: all samples by kind
    outliers: Outliers
    estimate: Estimate
    time_ratio: Ratio | None = None
    level_ratio: Ratio | None = None
    by_hand_ratio: Ratio | None = None
    dispatch_ratio: Ratio | None = None  #: of a cell with inlined calls, to the one that calls

    @property
    def key(self) -> Key:
        return self.row, self.variant, self.collector

    @property
    def time_valid(self) -> int:
        return self.valid.get("time", 0)

    @property
    def time_total(self) -> int:
        return self.total.get("time", 0)

    @property
    def memory_valid(self) -> int:
        return self.valid.get("memory", 0)

    @property
    def memory_total(self) -> int:
        return self.total.get("memory", 0)

    def median(self, metric: str) -> Median:
        return self.medians.get(metric, _UNKNOWN)

    def value(self, metric: str) -> float:
        return self.median(metric).value


def make_cell(key: Key, group: pd.DataFrame, seed: str, own: Estimate) -> Cell:
    """The cell of the samples in `group`; `own` is its moderated estimate of time."""
    first = group.iloc[0]
    name = first["cell"]
    times = cell_values(name, group, TIME_METRIC)
    medians = {}
    for kind, metrics in SUMMARIZED.items():
        valid = group[group["valid"] & (group["kind"] == kind)]
        medians.update({metric: median_interval(valid[metric], seed, f"{name} {metric}")
                        for metric in metrics if metric in valid})
    valid, total = group[group["valid"]]["kind"].value_counts(), group["kind"].value_counts()
    return Cell(
        row=key[0], variant=key[1], collector=key[2], name=name, work=first["work"],
        backend=first["backend"], linkage=first["linkage"], threads=int(first["threads"]),
        medians=medians, time_values=times, valid=valid.to_dict(),
        total=total.to_dict(), outliers=classify(times.values), estimate=own)
