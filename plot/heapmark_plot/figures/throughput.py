"""This figure is time per operation against the baseline, work × back end × collector."""

from __future__ import annotations

from .. import units
from ..statistics.compare import BAND, FASTER, SLOWER
from ..style import PAPER, Look
from . import grid as layout
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector; in it one line a back end."""
    if analysis.valid("time").empty:
        return Absent("No time sample is valid, so there is no throughput to show.")
    rows = analysis.single_rows
    if not rows:
        return Absent("Every raw work is part of a sweep over sizes, which has a figure of its own.")
    look = Look(analysis.palette)
    sheet = layout.sheet(len(rows), len(analysis.collectors),
                         0.2 * len(analysis.variants) + 0.1)
    picture = Picture(sheet.figure, f"Time per operation of each back end relative to"
                                    f" {analysis.baseline}, by work and collector.")
    limits = layout.ratio_limits(_extent(analysis))
    layout.column_titles(sheet, analysis.collectors)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        for column, collector in enumerate(analysis.collectors):
            axes = sheet.axes[row][column]
            layout.ratio_axis(axes, limits, sheet.panel_width, row == len(rows) - 1, BAND)
            layout.back_end_lines(axes, analysis.variants, look, column == 0)
            for line, variant in enumerate(analysis.variants):
                _draw_cell(picture, axes, line, analysis, (work, variant, collector), look)
    layout.direction_hint(sheet, len(analysis.collectors), "faster", "slower")
    return [picture]


def _extent(analysis) -> list[float]:
    ratios = [cell.time_ratio for cell in analysis.cells.values() if cell.time_ratio]
    return [edge for ratio in ratios for edge in (ratio.value, ratio.low, ratio.high)]


def _draw_cell(picture: Picture, axes, line: int, analysis, key, look: Look) -> None:
    cell = analysis.cell(*key)
    if cell is None or not cell.time_values.count:
        layout.missing_text(axes, line, "no valid sample" if cell else "not in this run")
        return
    time = cell.median("ns_per_op")
    colour, marker = look.colour(cell.variant), look.marker(cell.variant)
    if cell.variant == analysis.baseline:
        mark, = axes.plot(1, line, marker=marker, color=colour, markersize=5, zorder=3)
        picture.tip(mark, f"{cell.variant}: {units.nanoseconds(time.value)} an operation"
                          " (the baseline)")
        layout.value_text(axes, line, units.nanoseconds(time.value), muted=True)
        return
    ratio = cell.time_ratio
    if ratio is None:
        layout.missing_text(axes, line, f"no {analysis.baseline} to compare with")
        layout.value_text(axes, line, units.nanoseconds(time.value), muted=True)
        return
    if ratio.low == ratio.low:
        axes.plot([ratio.low, ratio.high], [line, line], color=colour, linewidth=2.2, alpha=0.55,
                  solid_capstyle="butt", zorder=2)
    told_apart = ratio.verdict in (FASTER, SLOWER)
    mark, = axes.plot(ratio.value, line, marker=marker, color=colour, markersize=5.4, zorder=3,
                      markerfacecolor=colour if told_apart else PAPER, markeredgewidth=1.3)
    picture.tip(mark, f"{cell.variant}: {units.ratio(ratio.value)} ({ratio.verdict}; interval"
                      f" {units.ratio_interval(ratio.low, ratio.high)}),"
                      f" {units.nanoseconds(time.value)} an operation,"
                      f" {time.count} valid samples")
    layout.value_text(axes, line, units.ratio(ratio.value))


FIGURE = FigureKind(
    name="throughput",
    title="Time per operation, against the baseline",
    caption="Each mark is one back end's median time per operation divided by the baseline's on the"
            " same work and collector; further left is faster. Bars are 95 % intervals that hold for"
            " all marks together. A filled mark is told apart from the baseline, a hollow one is"
            " not; the grey band is ±2 %, within which two count as equal. The figure beside the"
            " baseline is its own time per operation. A real python3 (py…) and a back end whose calls are"
            " inlined are drawn beside the others and never ranked with them; a † marks a python3 that was"
            " built without PGO and LTO.",
    draw=draw)

RAW_FIGURE = FigureKind(
    name="raw-throughput",
    title="Raw calls: time per operation, against the baseline",
    caption="As above, for works that call the allocator alone: no objects, no collector. Sweeps over"
            " sizes have a figure of their own.",
    draw=draw)
