"""This figure is how long the program stood still, for collections and for cascades of
deallocations, of which reference counting has its own."""

from __future__ import annotations

import math

import numpy as np

from .. import units
from ..style import PAPER, Look
from . import grid as layout
from .curves import duration_axis
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector; in it, a back end a line, from the median pause to the
    longest. Works in which nothing paused are left to the caption."""
    found = {key: pause for key in analysis.cells if (pause := Pause(analysis, key)).any}
    if not found:
        return Absent("Nothing paused: no collector in this run ran a collection during a time"
                      " sample, and no cascade of deallocations was timed.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    columns = [name for name in analysis.collectors if any(key[2] == name for key in found)]
    look = Look(analysis.palette)
    measures = layout.Measures(value_width=0.62)
    sheet = layout.sheet(len(rows), len(columns), 0.2 * len(analysis.variants) + 0.1, measures)
    picture = Picture(sheet.figure, "Pauses of each back end by work and collector, from the median"
                                    " to the longest.")
    layout.column_titles(sheet, columns)
    limits = _limits(found.values())
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        for column, collector in enumerate(columns):
            axes = sheet.axes[row][column]
            duration_axis(axes, limits, sheet.panel_width, row == len(rows) - 1)
            layout.back_end_lines(axes, analysis.variants, look, column == 0)
            own = [(line, found.get((work, variant, collector)))
                   for line, variant in enumerate(analysis.variants)]
            if not any(pause for _, pause in own):
                layout.panel_text(axes, "nothing paused")
            for line, pause in own:
                cell = analysis.cell(work, analysis.variants[line], collector)
                if pause:
                    _draw_pause(picture, axes, line, pause, look)
                elif cell is None or not cell.time_valid:
                    layout.missing_text(axes, line)
    layout.direction_hint(sheet, len(columns), "shorter", "longer")
    return [picture]


class Pause:
    """The pauses of one cell: its histograms merged over samples, and the longest of each kind."""

    def __init__(self, analysis, key):
        cell = analysis.cells[key]
        self.variant = cell.variant
        samples = analysis.valid("time")
        samples = samples[samples["cell"] == cell.name]
        buckets = [record["pauses"]["buckets"] for record in samples["record"]
                   if "pauses" in record and len(record["pauses"]["buckets"])]
        self.buckets = np.vstack(buckets) if buckets else np.empty((0, 3))
        self.longest = _largest(samples, "pause_max_ns")
        self.high = cell.value("pause_p99_ns")
        self.cascade = _largest(samples, "cascade_max_ns")
        self.count = int(self.buckets[:, 2].sum())

    @property
    def any(self) -> bool:
        return not (math.isnan(self.longest) and math.isnan(self.cascade))

    @property
    def middle(self) -> float:
        """The median pause from the histogram: the middle of the bucket that holds it."""
        if not self.count:
            return math.nan
        ordered = self.buckets[np.argsort(self.buckets[:, 0])]
        place = np.searchsorted(np.cumsum(ordered[:, 2]), self.count / 2)
        return float(np.sqrt(max(ordered[place, 0], 1.0) * ordered[place, 1]))

    def extent(self) -> list[float]:
        values = (self.middle, self.high, self.longest, self.cascade)
        return [value for value in values if not math.isnan(value) and value > 0]


def _largest(samples, metric: str) -> float:
    return float(samples[metric].max()) if metric in samples and len(samples) else math.nan


def _limits(pauses) -> tuple[float, float]:
    values = [value for pause in pauses for value in pause.extent()] or [1e3, 1e6]
    return min(values) / 1.5, max(values) * 1.5


def _draw_pause(picture: Picture, axes, line: int, pause: Pause, look: Look) -> None:
    colour = look.colour(pause.variant)
    if not math.isnan(pause.cascade):
        mark, = axes.plot(pause.cascade, line, marker="D", color=colour, markersize=4.6, zorder=3,
                          markerfacecolor=PAPER, markeredgewidth=1.1)
        picture.tip(mark, f"{pause.variant}: longest cascade of deallocations"
                          f" {units.nanoseconds(pause.cascade)}")
    if math.isnan(pause.longest):
        layout.value_text(axes, line, units.nanoseconds(pause.cascade), muted=True)
        return
    if not math.isnan(pause.middle):
        axes.plot([pause.middle, pause.longest], [line, line], color=colour, linewidth=2, alpha=0.5,
                  solid_capstyle="butt", zorder=2)
        axes.plot(pause.middle, line, marker="|", color=colour, markersize=7, markeredgewidth=1.6)
    if not math.isnan(pause.high):
        axes.plot(pause.high, line, marker="|", color=colour, markersize=7, markeredgewidth=1.6)
    mark, = axes.plot(pause.longest, line, marker="o", color=colour, markersize=5.6, zorder=3)
    picture.tip(mark, f"{pause.variant}: longest collection {units.nanoseconds(pause.longest)},"
                      f" p99 {units.nanoseconds(pause.high)}, median"
                      f" {units.nanoseconds(pause.middle)}, {units.count(pause.count)} collections")
    layout.value_text(axes, line, units.nanoseconds(pause.longest))


FIGURE = FigureKind(
    name="pauses",
    title="Pauses",
    caption="How long one collection held the program up: the ticks are the median and the 99th"
            " percentile, the disc is the longest of all samples (its value stands at the right);"
            " further left is better. The hollow diamond is the longest cascade of deallocations,"
            " the pause that reference counting makes without any collector. Works in which"
            " nothing paused have no panel.",
    draw=draw)
