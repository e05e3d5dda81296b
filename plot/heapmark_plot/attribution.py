"""This module is what resident memory consists of above the live data: the terms of

    RSS/L = Q/L · U/Q · A/U · (RSS − T)/A · RSS/(RSS − T)

the collector's drag, rounding to size classes, free space between blocks, pages kept and
bookkeeping, and the collector's own side tables T, which are never the allocator's. RSS is net of a
null run. Where the allocator does not tell A, the third and fourth term are one. Where L is below
1 MiB ratios mean little, and the terms are bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST_LIVE_BYTES = 2**20


@dataclass(frozen=True)
class Split:
    """The bytes at a cell's steady edge: live, requested, usable, active (or NaN), net RSS, and of
    the latter the collector's tables."""

    live: float
    requested: float
    usable: float
    active: float
    resident: float
    tables: float = 0.0

    def steps(self) -> list[tuple[str, float, float]]:
        """(term, from, to) in bytes, from L up to the net RSS; no step for tables that are none."""
        own = self.resident - self.tables
        steps = [("drag", self.live, self.requested), ("internal", self.requested, self.usable)]
        if math.isnan(self.active):
            steps.append(("merged", self.usable, own))
        else:
            steps += [("external", self.usable, self.active), ("retention", self.active, own)]
        return steps + ([("tables", own, self.resident)] if self.tables else [])

    @property
    def ratios(self) -> dict[str, float]:
        """The terms as ratios; they multiply to `whole`."""
        return {term: last / first for term, first, last in self.steps()}

    @property
    def whole(self) -> float:
        return self.resident / self.live

    @property
    def in_bytes(self) -> bool:
        """Whether the live data are too few for ratios."""
        return self.live < LEAST_LIVE_BYTES


def split_of(cell) -> Split | None:
    """The split of a cell's memory; None where a needed byte count is missing or zero."""
    if cell is None:
        return None
    live, requested, usable, active, resident = (cell.value(name) for name in (
        "steady_live_bytes", "steady_requested_bytes", "steady_usable_bytes",
        "steady_active_bytes", "rss_net_bytes"))
    tables = cell.value("tables_net_bytes")
    tables = tables if tables > 0 and tables < resident else 0.0
    sound = all(value > 0 for value in (live, requested, usable, resident)) and not active <= 0
    return Split(live, requested, usable, active, resident, tables) if sound else None
