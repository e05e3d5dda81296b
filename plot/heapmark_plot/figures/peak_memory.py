"""This figure is the peak of resident memory, net of a null run, work × back end × collector."""

from __future__ import annotations

import math

from .. import units
from ..style import GRID, INK, Look
from . import grid as layout
from .picture import Absent, FigureKind, Picture

METRIC = "peak_rss_net_bytes"


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector with a bar a back end; a work's panels share their scale."""
    if all(math.isnan(cell.value(METRIC)) for cell in analysis.cells.values()):
        return Absent("No cell has both a valid memory sample and a null run to subtract, so there"
                      " is no net peak to show.")
    look = Look(analysis.palette)
    measures = layout.Measures(bottom=0.12, value_width=0.72)
    sheet = layout.sheet(len(analysis.rows), len(analysis.collectors),
                         0.19 * len(analysis.variants) + 0.1, measures)
    picture = Picture(sheet.figure, "Peak resident memory of each back end, net of a null run.")
    layout.column_titles(sheet, analysis.collectors)
    for row, work in enumerate(analysis.rows):
        layout.row_title(sheet, row, work)
        highest = _highest(analysis, work)
        for column, collector in enumerate(analysis.collectors):
            axes = sheet.axes[row][column]
            axes.set_xlim(0, highest)
            axes.set_xticks([])
            axes.spines["bottom"].set_visible(False)
            axes.axvline(0, color=GRID, linewidth=1)
            layout.back_end_lines(axes, analysis.variants, look, column == 0)
            for line, variant in enumerate(analysis.variants):
                _draw_cell(picture, axes, line, analysis, (work, variant, collector), look)
    return [picture]


def _highest(analysis, work: str) -> float:
    values = [cell.value(METRIC) for cell in analysis.cells.values() if cell.row == work]
    known = [value for value in values if not math.isnan(value)]
    return max(known + [1.0]) * 1.02


def _draw_cell(picture: Picture, axes, line: int, analysis, key, look: Look) -> None:
    cell = analysis.cell(*key)
    peak = cell.median(METRIC) if cell else None
    if peak is None or math.isnan(peak.value):
        layout.missing_text(axes, line, _why_missing(cell))
        return
    bar, = axes.barh(line, max(peak.value, 0), height=0.62, color=look.colour(cell.variant), linewidth=0)
    live = cell.value("steady_live_bytes")
    picture.tip(bar, f"{cell.variant}: {units.byte_count(peak.value)} net at the peak"
                     f" ({peak.count} {'sample' if peak.count == 1 else 'samples'}),"
                     f" {units.byte_count(live)} of it live data at steady")
    if peak.count > 1:
        record = analysis.valid("memory")
        own = record[record["cell"] == cell.name][METRIC]
        axes.plot(own, [line] * len(own), "|", color=INK, markersize=4, markeredgewidth=0.8)
    if live <= peak.value:
        axes.plot([live, live], [line - 0.31, line + 0.31], color="#ffffff", linewidth=1.6)
    layout.value_text(axes, line, units.byte_count(peak.value))


def _why_missing(cell) -> str:
    if cell is None:
        return "not in this run"
    return "no null run to subtract" if cell.memory_valid else "no valid sample"


FIGURE = FigureKind(
    name="peak-memory",
    title="Peak memory, net of a null run",
    caption="The most memory that was resident at once, less that of the same back end and collector"
            " with nothing allocated, and less the workload's own tables; shorter is better. The white notch is the live data at the end"
            " of the steady phase: what lies to its right is the price. Bars of one work share"
            " their scale, different works do not.",
    draw=draw)
