"""This module is the tables of memory: what it consists of, what was given back, what a soak grew by."""

from __future__ import annotations

import math

from .. import units
from ..analysis import Analysis
from ..attribution import split_of
from ..soak import slope_words
from .entries import CELL_HEADS, Entry, Table, cell_entries, number, ratio_entry, text
from .matrix import cells_in_order


def attribution_table(analysis: Analysis) -> Table:
    """The terms of each cell's memory at the end of its steady phase."""
    heads = CELL_HEADS + [
        ("live L", "requested bytes of what is reachable, collector's prefix excluded"),
        ("Q/L", "the collector's drag: garbage not yet collected, and the prefix"),
        ("U/Q", "internal fragmentation: rounding up to size classes"),
        ("A/U", "external fragmentation: free space in pages that hold a live block"),
        ("RSS/A", "retention: pages kept free, and bookkeeping"),
        ("RSS/U", "the last two as one, where the allocator does not tell A"),
        ("tables", "the collector's side tables, taken off RSS before RSS/A"),
        ("RSS/L", "the whole: net resident memory over live data"),
        ("uncollected", "garbage waiting at the end of the steady phase"),
        ("metadata", "the allocator's bookkeeping, where it tells"),
        ("huge pages", "share of the resident memory in transparent huge pages")]
    rows = []
    for cell in cells_in_order(analysis):
        split = split_of(cell)
        if split is not None:
            rows.append(cell_entries(cell) + _terms(split) + [
                _bytes(cell.value("uncollected_bytes")), _bytes(cell.value("steady_metadata_bytes")),
                number(cell.value("huge_page_share"), units.percent(cell.value("huge_page_share")))])
    return Table(heads, rows)


def _terms(split) -> list[Entry]:
    steps = {term: (first, last) for term, first, last in split.steps()}
    row = [_bytes(split.live)]
    for term in ("drag", "internal", "external", "retention", "merged"):
        if term not in steps:
            row.append(number(float("nan"), "–"))
            continue
        first, last = steps[term]
        row.append(_bytes(last - first, signed=True) if split.in_bytes
                   else number(last / first, units.ratio(last / first)))
    row.append(_bytes(split.tables) if split.tables else number(0.0, "none", "number quiet"))
    return row + [_bytes(split.resident) if split.in_bytes
                  else number(split.whole, units.ratio(split.whole))]


def _bytes(value: float, signed: bool = False) -> Entry:
    sign = "+" if signed and value > 0 else ""
    return number(value, sign + units.byte_count(value))


def release_table(analysis: Analysis) -> Table:
    """What each cell freed, gave back, and paid to fill again."""
    heads = CELL_HEADS + [
        ("freed", "the fall of Q in the release phase"),
        ("net RSS before", "net resident memory before the release"),
        ("after", "at the last look before the purge, after the full collection if there is one"),
        ("given back", "of the bytes freed by then, the share by which RSS had fallen; more than"
                       " 100 % where their overhead went too"),
        ("after purge", "net resident memory after the allocator's own purge"),
        ("given back", "of the freed bytes, with the purge"),
        ("after refill", "net resident memory after the refill, over that before the release"),
        ("refill time", "median of the time samples"),
        (f"refill vs {analysis.baseline}", "with its simultaneous 95 % interval"), ("verdict", "")]
    rows = []
    for cell in cells_in_order(analysis):
        release = analysis.releases.get(cell.key)
        if release is not None:
            rows.append(cell_entries(cell) + _release_row(analysis, cell, release))
    return Table(heads, rows)


def _release_row(analysis: Analysis, cell, release) -> list[Entry]:
    last = release.last_edge
    shares = [release.returned(last), release.returned("purged")]
    told = [_bytes(release.freed), _bytes(release.resident("steady")), _bytes(release.resident(last)),
            number(shares[0], units.percent(shares[0])), _bytes(release.resident("purged")),
            number(shares[1], units.percent(shares[1])),
            number(release.refilled, units.ratio(release.refilled)),
            number(release.refill_ns, units.nanoseconds(release.refill_ns))]
    is_baseline = cell.variant == analysis.baseline and not math.isnan(release.refill_ns)
    return told + ratio_entry(release.refill_ratio, is_baseline)


def soak_table(analysis: Analysis) -> Table:
    """The slope of each cell's memory and fragmentation, with the verdicts."""
    heads = CELL_HEADS + [
        ("level", "median net resident memory over the time judged"),
        ("memory a minute", "slope of net resident memory, with its 95 % interval"),
        ("over the time", "that slope over the time judged, as a share of the level"),
        ("memory", "growing: the interval lies above 2 %; bounded: below; else unclear"),
        ("RSS/Q a minute", "slope of net resident memory over what is asked for"),
        ("fragmentation", "the same verdict on RSS/Q"), ("accounts", "values that the slope is of")]
    rows = []
    for cell in cells_in_order(analysis):
        soak = analysis.soaks.get(cell.key)
        if soak is None:
            continue
        own, other = soak.resident.drift, soak.fragmentation
        growth = f"{units.percent(own.growth)}" if not math.isnan(own.growth) else units.MISSING
        interval = (f" ({units.percent(own.growth_low)} to {units.percent(own.growth_high)})"
                    if not math.isnan(own.growth_low) else "")
        rows.append(cell_entries(cell) + [
            _bytes(own.level), number(own.slope, slope_words(own, False)),
            number(own.growth, growth + interval), text(own.verdict, f"verdict {own.verdict}"),
            number(other.drift.slope, slope_words(other.drift, True)) if other
            else number(float("nan"), units.MISSING),
            text(other.drift.verdict if other else units.MISSING,
                 f"verdict {other.drift.verdict}" if other else "verdict missing"),
            number(float(own.count), str(own.count), "number quiet")])
    return Table(heads, rows)
