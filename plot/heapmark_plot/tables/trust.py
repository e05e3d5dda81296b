"""This module is the tables of what limits a run's worth: samples that ran beside others, cells that
stayed unstable; and the hardware's counters, where the machine has them."""

from __future__ import annotations

from collections import Counter

from .. import units
from ..analysis import Analysis
from ..contamination import merged_reasons
from ..statistics.precision import half_width
from .entries import CELL_HEADS, Entry, Table, cell_entries, number, text
from .matrix import cells_in_order

_COUNTED = (("instructions_per_op", "instructions"), ("cycles_per_op", "cycles"),
            ("cache_misses_per_op", "cache misses"), ("dtlb_misses_per_op", "dTLB misses"),
            ("branch_misses_per_op", "branch misses"))


def contamination_table(analysis: Analysis) -> Table:
    """The cells that have contaminated samples, with how many and why."""
    heads = CELL_HEADS + [("samples", "contaminated samples, of any kind"), ("why", "")]
    counts = analysis.quiet.cells
    rows = []
    for cell in cells_in_order(analysis):
        if cell.name in counts:
            rows.append(cell_entries(cell) + [
                number(float(counts[cell.name]), str(counts[cell.name])), text(_why(analysis, cell))])
    return Table(heads, rows)


def _why(analysis: Analysis, cell) -> str:
    own = analysis.samples[(analysis.samples["cell"] == cell.name) & analysis.samples["valid"]
                           & (analysis.samples["role"] == "cell")]
    told = merged_reasons(why for record in own["record"] if record.get("contamination")
                          and record["contamination"]["contaminated"]
                          for why in record["contamination"]["why"])
    return "; ".join(why for why, _ in told) or "not told"


def unstable_table(analysis: Analysis) -> Table:
    """The cells that the rounds did not make as precise as was asked."""
    heads = CELL_HEADS + [("time/op", "median"), ("interval", "half of the median's 95 % interval"),
                          ("samples", "valid time samples")]
    rounds = analysis.rounds
    rows = []
    for cell in rounds.unstable if rounds else []:
        width = half_width(cell.estimate)
        time = cell.value("ns_per_op")
        shown = f"±{units.percent(width)}" if width == width else "too few samples"
        rows.append(cell_entries(cell) + [
            number(time, units.nanoseconds(time)), number(width, shown),
            number(float(cell.time_valid), str(cell.time_valid), "number quiet")])
    return Table(heads, rows)


def counter_table(analysis: Analysis) -> tuple[Table, str]:
    """The hardware's counts per operation, and, where there are none, why."""
    heads = CELL_HEADS + [(words, "user mode, per operation") for _, words in _COUNTED]
    rows = []
    for cell in cells_in_order(analysis):
        values = [cell.value(name) for name, _ in _COUNTED]
        if any(value == value for value in values):
            rows.append(cell_entries(cell) + [_count(value) for value in values])
    return Table(heads, rows), "" if rows else _absent(analysis)


def _count(value: float) -> Entry:
    return number(value, units.MISSING if value != value else units.significant(value))


def _absent(analysis: Analysis) -> str:
    reasons = Counter(record["counters"]["absent"] for record in analysis.valid("time")["record"]
                      if record.get("counters") and record["counters"]["absent"])
    if not reasons:
        return "No time sample tells of hardware counters."
    worded = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return f"Nothing was counted: {worded[0]}."
