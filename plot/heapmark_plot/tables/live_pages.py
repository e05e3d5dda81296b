"""This module is the table of memory after a purge: resident, live, and the pages that hold what is
live."""

from __future__ import annotations

from dataclasses import dataclass

from .. import units
from ..analysis import Analysis
from .entries import Table, number, text
from .matrix import cells_in_order


@dataclass(frozen=True)
class Floor:
    """Bytes resident after the purge, net of what was there before, and in pages with a live block."""

    resident: float
    pages: float
    ratio: float
    over_live: float


def floors(analysis: Analysis) -> dict[tuple[str, str], Floor]:
    """(row, back end) → its floor, where a cell's memory samples tell it."""
    found = {}
    for cell in cells_in_order(analysis):
        ratio, pages = cell.value("rss_over_live_pages"), cell.value("live_page_bytes")
        if ratio == ratio and pages == pages:
            found[cell.row, cell.variant] = Floor(ratio * pages, pages, ratio,
                                                  cell.value("rss_over_live_after_purge"))
    return found


def live_page_table(analysis: Analysis) -> Table:
    heads = [("work", ""), ("back end", ""), ("resident", "after the purge, less that before the build"),
             ("live pages", "4 KiB pages that hold a byte of a live block"),
             ("over the pages", ""), ("over live bytes", "")]
    rows = [[text(row), text(variant, "name"), number(own.resident, units.byte_count(own.resident)),
             number(own.pages, units.byte_count(own.pages)), number(own.ratio, units.ratio(own.ratio)),
             number(own.over_live, units.ratio(own.over_live))]
            for (row, variant), own in floors(analysis).items()]
    return Table(heads, rows)
