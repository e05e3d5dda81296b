"""This module is what each cell gave back after its release phase, and what filling the gaps again
cost, so that an allocator that keeps its pages and one that returns them are told apart.

A **curve** is the net RSS and Q at the edges from the end of the steady phase to the refill, medians
over the cell's memory samples. The refill's time is compared with the baseline back end's on the
same work, with the intervals of every other ratio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .frames import STEADY, edge_frame
from .statistics.cells import estimates
from .statistics.compare import Ratio, compare, simultaneous

_SETTLED = re.compile(r"release\+(\d+)ms")
#: A release that frees less tells nothing of what is given back.
LEAST_FREED_BYTES = 2**20


@dataclass(frozen=True)
class Point:
    """An edge of the curve: its words, net RSS and Q in bytes (NaN where not known)."""

    edge: str
    label: str
    resident: float
    requested: float


@dataclass
class Release:
    """One cell's release: its curve, what it freed, and the refill where the work has one."""

    points: list[Point]
    refill_ns: float
    refill_ratio: Ratio | None = None

    def resident(self, edge: str) -> float:
        """The net RSS at `edge`; NaN where the cell has no such edge."""
        return next((point.resident for point in self.points if point.edge == edge), float("nan"))

    @property
    def freed(self) -> float:
        """The fall of Q from the end of the steady phase to that of the release."""
        asked = {point.edge: point.requested for point in self.points}
        after = [asked[point.edge] for point in self.points if _SETTLED.fullmatch(point.edge)]
        return asked.get(STEADY, float("nan")) - after[0] if after else float("nan")

    @property
    def last_edge(self) -> str:
        """The last look before the purge: after the full collection, where there was one."""
        return [point.edge for point in self.points
                if _SETTLED.fullmatch(point.edge) or point.edge == "collected"][-1]

    def returned(self, edge: str) -> float:
        """The fall of RSS from the end of the steady phase to `edge` over that of Q: of what had been
        freed by then, the share that had gone back (the metric returned_share)."""
        asked = {point.edge: point.requested for point in self.points}
        freed = asked.get(STEADY, float("nan")) - asked.get(edge, float("nan"))
        return (self.resident(STEADY) - self.resident(edge)) / freed if freed > 0 else float("nan")

    @property
    def refilled(self) -> float:
        """The net RSS after the refill over that before the release; NaN where that was none."""
        before = self.resident(STEADY)
        return self.resident("refill") / before if before > 0 else float("nan")

    @property
    def has_refill(self) -> bool:
        return not np.isnan(self.resident("refill")) or not np.isnan(self.refill_ns)


def releases(samples: pd.DataFrame, cells: dict, baseline: str, seed: str) -> dict[tuple, Release]:
    """The release of each cell whose work frees a MiB or more in a release phase."""
    edges = edge_frame(samples)
    found = {}
    for key, group in edges.groupby(["row", "variant", "collector"], sort=False):
        release = Release(_curve(group), cells[key].value("refill_ns"))
        if len(release.points) > 1 and release.freed >= LEAST_FREED_BYTES:
            found[key] = release
    _add_ratios(found, samples, baseline, seed)
    return found


def _curve(edges: pd.DataFrame) -> list[Point]:
    """The edges of the curve in the order in which the samples met them."""
    chosen = edges[edges["edge"].map(_label) != ""]
    if not chosen["edge"].str.fullmatch(_SETTLED.pattern).any():
        return []
    middle = chosen.groupby("edge", sort=False)[["rss_net_bytes", "requested_bytes", "place"]].median()
    middle = middle.sort_values("place", kind="stable")
    return [Point(name, _label(name), float(line["rss_net_bytes"]), float(line["requested_bytes"]))
            for name, line in middle.iterrows()]


def _label(edge: str) -> str:
    """The words of an edge of the curve; "" for edges that are not on it."""
    match = _SETTLED.fullmatch(edge)
    if match:
        return f"{int(match[1]) / 1000:g} s"
    return {STEADY: "before", "collected": "collected", "purged": "purged", "refill": "refilled"}.get(
        edge, "")


def _add_ratios(found: dict[tuple, Release], samples: pd.DataFrame, baseline: str,
                seed: str) -> None:
    """Gives each release its refill time against the baseline back end's."""
    if "refill_ns" not in samples or samples["refill_ns"].isna().all():
        return
    own = estimates(samples, "refill_ns", seed)
    family = {}
    for row, variant, collector in found:
        base = own.get(("cell", row, baseline, collector))
        mine = own.get(("cell", row, variant, collector))
        if variant != baseline and base is not None and mine is not None and mine.count and base.count:
            family[row, variant, collector] = compare(mine, base)
    for key, ratio in simultaneous(family).items():
        found[key].refill_ratio = ratio
