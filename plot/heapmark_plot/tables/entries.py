"""This module is what a table is made of: every cell is a text with the key that it sorts by."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import units
from ..statistics.compare import Ratio


@dataclass(frozen=True)
class Entry:
    """A table cell: its text, its sort key, and CSS classes."""

    text: str
    key: str = ""
    style: str = ""


@dataclass(frozen=True)
class Table:
    """Column heads (text, explanation) and rows of entries."""

    heads: list[tuple[str, str]]
    rows: list[list[Entry]]


def key_of(value: float) -> str:
    """The key of a number: its first twelve digits, which no order of summing can change."""
    return f"{float(value):.12g}"


def number(value: float, shown: str, style: str = "number") -> Entry:
    """A number that sorts by its value and shows as `shown`."""
    missing = value is None or math.isnan(value)
    return Entry(shown, "" if missing else key_of(value), style + (" missing" if missing else ""))


def ratio_entry(ratio: Ratio | None, is_baseline: bool = False) -> list[Entry]:
    """A ratio with its interval, and its verdict."""
    if is_baseline:
        return [Entry("1×", "1.0", "number"), Entry("baseline", "baseline", "verdict")]
    if ratio is None or math.isnan(ratio.value):
        return [Entry(units.MISSING, "", "number missing"), Entry(units.MISSING, "", "verdict missing")]
    shown = f"{units.ratio(ratio.value)}  {units.ratio_interval(ratio.low, ratio.high)}"
    return [Entry(shown, key_of(ratio.value), "number"),
            Entry(ratio.verdict, ratio.verdict, f"verdict {ratio.verdict}")]


def text(value: str, style: str = "") -> Entry:
    """A text that sorts by itself."""
    return Entry(value, value, style)


def cell_entries(cell) -> list[Entry]:
    """What identifies a cell: work, collector, back end."""
    return [text(cell.row), text(cell.collector), text(cell.variant, "name")]


CELL_HEADS = [("work", ""), ("collector", ""), ("back end", "")]
