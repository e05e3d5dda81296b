"""This module is the tables of the matrix: the ranking, one matrix a collector, every cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import units
from ..analysis import Analysis
from ..cells import MEMORY_METRIC, TIME_METRIC, Cell
from ..statistics.steady import FLAT, UNKNOWN
from ..words import memory_ratios
from .entries import Entry, Table, key_of, number, ratio_entry, text


def cell_table(analysis: Analysis) -> Table:
    """Every cell of the matrix."""
    heads = [("work", ""), ("collector", ""), ("back end", ""),
             ("time/op", "median of the valid time samples"),
             ("interval", "95 % bootstrap interval of the median"),
             (f"vs {analysis.baseline}", "ratio of medians with its simultaneous 95 % interval"),
             ("verdict", "taken from the interval; equal: within ±2 %"),
             ("p (Holm)", "shown for reference; the verdict does not rest on it"),
             ("ops/s", ""), ("peak RSS net", "highest resident memory less a null run's"),
             ("RSS/L", "net resident memory at steady over live data"),
             ("max pause", "longest collection of all valid time samples' medians"),
             ("samples", "valid of all: time + memory"),
             ("outliers", "mild + severe by Tukey's fences; all count"),
             ("course", "whether the batches of its time samples ran at one level: flat, warmup,"
                        " slowdown, no steady state, inconsistent between samples")]
    return Table(heads, [_cell_row(analysis, cell) for cell in cells_in_order(analysis)])


def cells_in_order(analysis: Analysis) -> list[Cell]:
    """All cells: works in the plan's order, collectors, then back ends by rank."""
    return [cell for row in analysis.rows for collector in analysis.collectors
            for variant in analysis.variants
            if (cell := analysis.cell(row, variant, collector)) is not None]


def _cell_row(analysis: Analysis, cell: Cell) -> list[Entry]:
    time = cell.median(TIME_METRIC)
    interval = units.MISSING if math.isnan(time.low) else \
        units.nanoseconds_interval(time.low, time.high)
    p = cell.time_ratio.p if cell.time_ratio else float("nan")
    samples = (f"{cell.time_valid}/{cell.time_total} + {cell.memory_valid}/{cell.memory_total}")
    lost = cell.time_valid < cell.time_total or cell.memory_valid < cell.memory_total
    outliers = cell.outliers
    return [
        Entry(cell.row, cell.row), Entry(cell.collector, cell.collector),
        Entry(cell.variant, cell.variant, "name"),
        number(time.value, units.nanoseconds(time.value)),
        number(time.low, interval, "number quiet"),
        *ratio_entry(cell.time_ratio, cell.variant == analysis.baseline and time.count > 0),
        number(p, _p_text(p), "number quiet"),
        number(cell.value("ops_per_second"), units.rate(cell.value("ops_per_second"))),
        number(cell.value(MEMORY_METRIC), units.byte_count(cell.value(MEMORY_METRIC))),
        number(cell.value("overhead_ratio"), units.ratio(cell.value("overhead_ratio"))),
        number(cell.value("pause_max_ns"), units.nanoseconds(cell.value("pause_max_ns"))),
        Entry(samples, repr(cell.time_valid + cell.memory_valid),
              "number warn" if lost else "number quiet"),
        Entry(f"{outliers.mild} + {outliers.severe}", repr(outliers.mild + outliers.severe),
              "number quiet"),
        _course(analysis, cell),
    ]


def _course(analysis: Analysis, cell: Cell) -> Entry:
    own = analysis.steadiness.get(cell.key)
    kind = own.kind if own else UNKNOWN
    return text(kind, "missing" if kind == UNKNOWN else "quiet" if kind == FLAT else "")


def _p_text(p: float) -> str:
    if math.isnan(p):
        return units.MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def glance_tables(analysis: Analysis) -> list[tuple[str, Table]]:
    """One matrix a collector: works down, back ends across, ratios to the baseline."""
    tables = []
    for collector in analysis.collectors:
        heads = [("work", "")] + [(variant, "") for variant in analysis.variants]
        rows = []
        for row in analysis.rows:
            cells = {variant: analysis.cell(row, variant, collector)
                     for variant in analysis.variants}
            if any(cells.values()):
                rows.append([Entry(row, row)] + [_glance(analysis, cell) for cell in cells.values()])
        if rows:
            tables.append((collector, Table(heads, rows)))
    return tables


def _glance(analysis: Analysis, cell: Cell | None) -> Entry:
    if cell is None or not cell.time_values.count:
        lost = cell is not None and cell.time_total
        return Entry("invalid" if lost else units.MISSING, "", "number missing")
    if cell.variant == analysis.baseline:
        return Entry(units.nanoseconds(cell.value(TIME_METRIC)), "1.0", "number baseline")
    if cell.time_ratio is None:
        return Entry(units.nanoseconds(cell.value(TIME_METRIC)), "", "number")
    ratio = cell.time_ratio
    return Entry(units.ratio(ratio.value), key_of(ratio.value), f"number {ratio.verdict}")


@dataclass(frozen=True)
class Standing:
    """A line of the ranking that the report opens with; lengths are percent of the longest."""

    name: str
    time: str
    interval: str
    time_length: float
    memory: str
    memory_length: float


def standing_lines(analysis: Analysis) -> list[Standing]:
    """The ranked back ends, fastest first, with time and memory against the baseline."""
    ranking = analysis.overall
    if ranking is None or analysis.baseline not in ranking.order:
        return []
    memory, _ = memory_ratios(analysis)
    times = {name: standing.measured.value for name, standing in ranking.against_baseline.items()}
    times[analysis.baseline] = 1.0
    slowest, fattest = max(times.values()), max([memory.get(name, 0) for name in times] + [1e-9])
    lines = []
    for name in ranking.order:
        standing = ranking.against_baseline.get(name)
        interval = "baseline" if standing is None else \
            units.ratio_interval(standing.measured.low, standing.measured.high)
        own = memory.get(name, float("nan"))
        lines.append(Standing(name, units.ratio(times[name]), interval, 100 * times[name] / slowest,
                              units.ratio(own), 0 if math.isnan(own) else 100 * own / fattest))
    return lines
