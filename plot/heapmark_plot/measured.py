"""This module is one metric over a run's cells, so that every command that compares or exports
takes its values, its medians and its errors from one place, whatever the metric is.

Words: a metric's **kind** is the kind of sample it is read from: the first of its kinds of which
the run has values. A metric is **exact** where neither chance nor the machine is in it, only the
work and the allocator's own rules (bytes requested, collections): its samples agree, and one of
them says it all. Invariant: only valid samples of role `cell` count, and kinds are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .analysis import TIME_METRIC
from .frames import sample_frame
from .load import Run
from .statistics.cells import estimates, places_by, told_places
from .statistics.control import Control, check_control
from .statistics.estimate import Estimate

#: Kinds of samples in the order in which people read them.
KINDS = ("time", "memory", "latency")

#: Metrics that the reader makes from several samples of a run; no record holds them.
DERIVED = (
    ("peak_rss_net_bytes", "bytes", "lower",
     "peak_rss_bytes less what the process had resident before the first object"),
    ("rss_net_bytes", "bytes", "lower",
     "Resident set size at the end of the steady phase less that of a null run"),
    ("overhead_ratio", "ratio", "lower", "rss_net_bytes over live_bytes"),
    ("retention_ratio", "ratio", "lower",
     "rss_net_bytes, less the collector's own tables, over active_bytes"),
)

#: What the work and the allocator's rules decide alone.
EXACT = frozenset({
    "live_bytes", "requested_bytes", "usable_bytes", "collector_drag_ratio",
    "internal_fragmentation_ratio", "uncollected_bytes", "uncollected_peak_bytes",
    "collector_prefix_bytes", "tracked_objects", "collections", "collected", "uncollectable",
})

#: The columns that statistics/cells.py and blocks.py read besides the metric's own.
_ASKED_FOR = ["role", "row", "variant", "collector", "cell", "work", "threads", "runtime", "repetition",
              "id", "kind", "valid", "record"]
#: Metrics that say the same however many batches were run; all others may grow with the work done.
_PER_AMOUNT = ("_per_op", "_per_second", "_share", "_p50_ns", "_p90_ns", "_p99_ns", "_p999_ns")


@dataclass(frozen=True)
class Metric:
    """A line of the metrics table; `kind` is the one its values are read from."""

    name: str
    unit: str
    direction: str
    kinds: tuple[str, ...]
    brief: str
    kind: str = ""

    @property
    def exact(self) -> bool:
        return self.name in EXACT

    @property
    def is_time(self) -> bool:
        """Whether less of it is "faster"."""
        return self.unit in ("ns", "1/s")

    @property
    def grows_with_work(self) -> bool:
        """Whether twice the batches may give twice the value."""
        return not self.name.endswith(_PER_AMOUNT) and not self.name.startswith("mmu_")


@dataclass(frozen=True)
class Measured:
    """A metric in one cell: the values of its valid samples, and what is known by them."""

    row: str
    variant: str
    collector: str
    cell: str
    work: str
    values: np.ndarray
    estimate: Estimate
    total: int  #: samples of the kind, invalid ones too

    @property
    def median(self) -> float:
        return float(np.median(self.values)) if len(self.values) else float("nan")

    @property
    def single_valued(self) -> bool:
        """All samples say the same."""
        return len(self.values) > 0 and float(np.ptp(self.values)) == 0


class MeasuredRun:
    """A run's samples as one table, from which any metric can be taken cell by cell."""

    def __init__(self, run: Run):
        self.run = run
        self.samples = sample_frame(run)
        self.cells = self.samples[self.samples["role"] == "cell"]

    @property
    def name(self) -> str:
        return self.run.name

    def metrics(self) -> dict[str, Metric]:
        """Every metric that this run can tell, by name, in the order of its table."""
        table = [Metric(line["name"], line["unit"], line["direction"], tuple(line["kinds"]),
                        line["brief"]) for line in self.run.environment["metrics"]]
        known = {metric.name: metric for metric in table}
        for name, unit, direction, brief in DERIVED:
            known.setdefault(name, Metric(name, unit, direction, ("memory",), brief))
        return known

    def kinds_with(self, metric: Metric) -> list[str]:
        """The kinds of sample of which some cell has a value of `metric`."""
        if metric.name not in self.cells:
            return []
        found = set(self.cells.loc[self.cells["valid"] & self.cells[metric.name].notna(), "kind"])
        return [kind for kind in KINDS if kind in found and kind in metric.kinds]

    def cells_with(self, metric: Metric) -> list[str]:
        """The cells that have a valid value of `metric` in samples of its kind."""
        told = self.cells["valid"] & (self.cells["kind"] == metric.kind) & self.cells[metric.name].notna()
        return sorted(set(self.cells.loc[told, "cell"]))

    def amounts(self, kind: str) -> dict[str, float]:
        """Iterations of all batches of a `kind` of sample, by work; NaN where they differ."""
        valid = self.cells.loc[self.cells["valid"] & (self.cells["kind"] == kind), ["work", "record"]]
        found: dict[str, float] = {}
        for work, record in zip(valid["work"], valid["record"]):
            amount = float(record.get("iterations") or 0)
            found[work] = amount if found.get(work, amount) == amount else float("nan")
        return found

    def controls(self) -> list[Control]:
        """The A/A controls of the run, by the metric that decides about time."""
        own = self._estimates(TIME_METRIC, "time", True) if TIME_METRIC in self.samples else {}
        pairs = [("/".join(key[1:]), own["cell", *key[1:]], twin) for key, twin in own.items()
                 if key[0] == "control" and ("cell", *key[1:]) in own]
        return [check_control(name, cell, twin) for name, cell, twin in pairs
                if cell.known and twin.known]

    def measure(self, metric: Metric, side_by_side: bool) -> dict[str, Measured]:
        """The cells that have samples of `metric.kind`, by name, each with its estimate.

        `side_by_side`: the cells will be compared with others of this run (statistics/cells.py).
        """
        own = self._estimates(metric.name, metric.kind, side_by_side)
        narrow = self._narrow(metric.name, metric.kind)
        narrow = narrow[narrow["role"] == "cell"]
        values, told = narrow[metric.name].to_numpy(dtype=float), told_places(narrow, metric.name)
        rows, variants, collectors, works = (narrow[name].to_numpy()
                                             for name in ("row", "variant", "collector", "work"))
        found = {}
        for name, places in places_by(narrow, "cell"):
            first = places[0]
            key = rows[first], variants[first], collectors[first]
            found[name] = Measured(*key, name, works[first], values[told[np.isin(told, places)]],
                                   own["cell", *key], len(places))
        return found

    def _estimates(self, metric: str, kind: str, side_by_side: bool) -> dict:
        return estimates(self._narrow(metric, kind), metric, self.run.environment["seed"], kind,
                         side_by_side)

    def _narrow(self, metric: str, kind: str) -> pd.DataFrame:
        """The samples of a kind with what statistics ask for: a hundred columns make pandas slow."""
        return self.samples.loc[self.samples["kind"] == kind, [*_ASKED_FOR, metric]]
