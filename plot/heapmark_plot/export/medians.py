"""This module is every metric's median in every cell, for the formats that have one value a cell."""

from __future__ import annotations

from ..compare_runs import in_kind
from ..measured import MeasuredRun, Metric
from ..statistics.cells import cell_values
from ..statistics.intervals import Median, median_interval


def cell_medians(measured: MeasuredRun) -> dict[str, list[tuple[Metric, Median]]]:
    """By cell, in the order in which they first ran: its metrics that are better one way, with
    their medians and intervals; an empty list where no sample of it is valid."""
    found: dict[str, list] = {name: [] for name in dict.fromkeys(measured.cells["cell"])}
    seed = measured.run.environment["seed"]
    for metric in measured.metrics().values():
        settled = in_kind(metric, [measured]) if metric.direction != "none" else None
        if settled is None:
            continue
        for name, group in measured.cells.groupby("cell", sort=False):
            values = cell_values(name, group, metric.name, settled.kind).values
            if len(values):
                found[name].append((settled, median_interval(values, seed, f"{name} {metric.name}")))
    return found
