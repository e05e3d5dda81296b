"""This figure is time against memory, so that a back end that buys one with the other shows."""

from __future__ import annotations

import math

import numpy as np

from .. import units
from ..style import FAINT, MUTED, Look, shorten
from . import grid as layout
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One panel a collector; in it a point a back end, the mean over works, and a dot a work."""
    panels = {name: points for name in analysis.collectors
              if len(points := _points(analysis, name)) > 1}
    if not panels:
        return Absent("No collector has two back ends with both a time and a net peak of a MiB or"
                      " more, so time cannot be set against memory.")
    look = Look(analysis.palette)
    measures = layout.Measures(left=0.75, right=0.35, top=0.3, bottom=0.62, heading=0.12,
                               value_width=0.1, column_gap=0.3)
    sheet = layout.sheet(1, len(panels), 3.2, measures)
    picture = Picture(sheet.figure, "Time per operation against peak memory, relative to the"
                                    " baseline, averaged over works.")
    layout.column_titles(sheet, list(panels))
    across = layout.ratio_limits([dot[0] for points in panels.values() for dots in points.values()
                                  for dot in dots])
    upward = layout.ratio_limits([dot[1] for points in panels.values() for dots in points.values()
                                  for dot in dots])
    for column, points in enumerate(panels.values()):
        axes = sheet.axes[0][column]
        _axes(axes, across, upward, sheet, column == 0)
        _draw_points(picture, axes, points, look, sheet, across, upward)
        axes.set_xlabel(f"time per operation against {shorten(analysis.baseline, 20)}", size=8)
    sheet.axes[0][0].set_ylabel("net peak memory against it", size=8)
    layout.direction_hint(sheet, len(panels), "faster", "slower")
    return [picture]


def _points(analysis, collector: str) -> dict[str, list[tuple[float, float, str]]]:
    """Of each back end its (time, memory, row) ratios, on the rows that all of them have."""
    ratios = {}
    for variant in analysis.variants:
        for row in analysis.rows:
            cell = analysis.cell(row, variant, collector)
            base = analysis.cell(row, analysis.baseline, collector)
            if cell is None or base is None:
                continue
            time = cell.value("ns_per_op") / base.value("ns_per_op")
            memory = analysis.memory_ratio(cell)
            if time > 0 and memory > 0:
                ratios[variant, row] = (time, memory, row)
    rows = [row for row in analysis.rows if any(key[1] == row for key in ratios)]
    whole = [variant for variant in analysis.variants
             if rows and all((variant, row) in ratios for row in rows)]
    return {variant: [ratios[variant, row] for row in rows] for variant in whole}


def _mean(dots) -> tuple[float, float]:
    logs = np.log([[time, memory] for time, memory, _ in dots])
    time, memory = np.exp(logs.mean(axis=0))
    return float(time), float(memory)


def _axes(axes, across, upward, sheet, first: bool) -> None:
    layout.ratio_axis(axes, across, sheet.panel_width, True)
    axes.set_yscale("log")
    axes.set_ylim(*upward)
    ticks = layout.spaced_ticks(upward, sheet.panel_height, 0.3)
    axes.set_yticks(ticks)
    axes.set_yticklabels([f"{tick:g}×" for tick in ticks] if first else [], size=7.5, color=MUTED)
    axes.set_yticks([], minor=True)
    axes.grid(axis="y")
    axes.axhline(1, color=FAINT, linewidth=1)


def _draw_points(picture, axes, points, look, sheet, across, upward) -> None:
    means = {variant: _mean(dots) for variant, dots in points.items()}
    frontier = pareto(means)
    steps = [(math.log(x), math.log(y)) for x, y in (means[name] for name in frontier)]
    axes.step(np.exp([x for x, _ in steps]), np.exp([y for _, y in steps]), where="post",
              color=FAINT, linewidth=1.1, linestyle=(0, (3, 2)), zorder=1)
    for variant, dots in points.items():
        colour, marker = look.colour(variant), look.marker(variant)
        if len(dots) > 1:
            axes.plot([dot[0] for dot in dots], [dot[1] for dot in dots], linestyle="none",
                      marker=marker, color=colour, markersize=3.2, alpha=0.35, markeredgewidth=0)
        mark, = axes.plot(*means[variant], marker=marker, color=colour, markersize=8,
                          markeredgecolor="#ffffff", markeredgewidth=0.8, zorder=4)
        picture.tip(mark, f"{variant}: {units.ratio(means[variant][0])} the time,"
                          f" {units.ratio(means[variant][1])} the memory"
                          f" (geometric mean of {len(dots)} works)"
                          + (", on the frontier" if variant in frontier else ""))
    _label(axes, means, look, sheet, upward)


def pareto(means: dict[str, tuple[float, float]]) -> list[str]:
    """The points that none other beats in both, by time."""
    ordered = sorted(means, key=lambda name: means[name])
    frontier, least = [], math.inf
    for name in ordered:
        if means[name][1] < least:
            frontier.append(name)
            least = means[name][1]
    return frontier


def _label(axes, means, look, sheet, upward) -> None:
    """Writes each name below its point, moved down until names stand apart."""
    scale = sheet.panel_height * 72 / math.log(upward[1] / upward[0])
    ordered = sorted(means, key=lambda name: -means[name][1])
    height = {}
    ceiling = math.inf
    for name in ordered:
        own = math.log(means[name][1]) * scale
        height[name] = min(own - 12, ceiling - 10.5)
        ceiling = height[name]
    for name in ordered:
        own = math.log(means[name][1]) * scale
        axes.annotate(shorten(name, 18), means[name], xytext=(0, height[name] - own),
                      textcoords="offset points", color=look.colour(name), weight="bold",
                      va="center", ha="center", size=8.5, annotation_clip=False)


FIGURE = FigureKind(
    name="time-memory",
    title="Time against memory",
    caption="Each large mark is a back end: left is faster, down is less memory, both against the"
            " baseline at 1×, as geometric means over the works that all of these back ends"
            " finished and that need a MiB or more. The small marks are the single works. The dashed line joins those that no"
            " other beats in both.",
    draw=draw)
