"""This figure is a soak: memory and fragmentation while the same work goes on, each with the straight
line through it and the verdict on it."""

from __future__ import annotations

import math

import numpy as np

from .. import units
from ..soak import slope_words
from ..statistics.drift import GROWING
from ..style import INK, MUTED, Look, shorten
from ..tables.memory import soak_table
from . import grid as layout
from .curves import back_end_curve, curve_sheet, legend_entries
from .picture import Absent, FigureKind, Picture

_TITLES = ("net resident memory", "net resident memory over what is asked for (RSS/Q)")


def draw(analysis) -> list[Picture] | Absent:
    """A picture for each collector, one that collects first; in it two panels a work."""
    order = analysis.collecting() + [name for name in analysis.collectors
                                     if name not in analysis.collecting()]
    pictures = [picture for name in order if (picture := _draw_collector(analysis, name))]
    return pictures or Absent("This run has no duration, or no memory sample with accounts enough"
                              " (a soak: heapmark run --profile soak).")


def _draw_collector(analysis, collector: str) -> Picture | None:
    found = {key[:2]: soak for key, soak in analysis.soaks.items() if key[2] == collector}
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    if not rows:
        return None
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    height = max(1.5, 0.3 + 0.19 * len(variants))
    sheet, titles = curve_sheet(len(rows), 2, height, legend_entries(look, variants), left=0.68,
                                value_width=1.95, column_gap=0.55, bottom=0.4)
    picture = Picture(sheet.figure, f"Memory and fragmentation over time under {collector}, by work"
                                    " and back end.", label=f"collector {collector}")
    for column, words in enumerate(_TITLES):
        left, _ = sheet.place(0, column)
        sheet.text(left, titles, words, weight="bold", color=INK, va="center", ha="left", size=8.5)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work, f"collector {collector}")
        own = {name: found[work, name] for name in variants if (work, name) in found}
        for column in range(2):
            courses = {name: soak.resident if column == 0 else soak.fragmentation
                       for name, soak in own.items()}
            courses = {name: course for name, course in courses.items() if course is not None}
            _draw_panel(picture, sheet.axes[row][column], courses, column == 1, look)
    return picture


def _draw_panel(picture, axes, courses, is_ratio: bool, look: Look) -> None:
    if not courses:
        layout.panel_text(axes, "not known")
        return
    highest = max(float(np.nanmax(course.values)) for course in courses.values())
    longest = max(float(course.at_s[-1]) for course in courses.values())
    axes.set_xlim(0, longest)
    _value_axis(axes, highest, is_ratio)
    axes.set_xticks([longest])
    axes.set_xticklabels([units.nanoseconds(longest * 1e9)], size=7, ha="right")
    place = 0
    for variant, course in courses.items():
        line = back_end_curve(axes, look, variant, course.at_s, course.values, alpha=0.75)
        drift = course.drift
        picture.tip(line, f"{shorten(variant, 24)}: {slope_words(drift, is_ratio)} ({drift.verdict})")
        if not math.isnan(drift.slope):
            _draw_slope(axes, course, look.colour(variant))
        top = 0.97 - 0.19 * place / (axes.get_window_extent().height / axes.figure.dpi)
        words = f"{slope_words(drift, is_ratio, short=True)}  {drift.verdict}"
        axes.annotate(f"{shorten(variant, 11)}  {words}", (1, top),
                      xycoords="axes fraction", xytext=(8, 0), textcoords="offset points",
                      color=look.colour(variant), size=7.5, va="top", annotation_clip=False,
                      weight="bold" if drift.verdict == GROWING else "normal")
        place += 1


def _value_axis(axes, highest: float, is_ratio: bool) -> None:
    axes.set_ylim(0, highest * 1.1)
    step = 2.0 ** math.floor(math.log2(highest / 2)) if highest > 0 else 1.0
    ticks = np.arange(0, highest * 1.05, step)
    axes.set_yticks(ticks)
    axes.set_yticklabels([f"{tick:g}×" if is_ratio else units.round_bytes(tick) for tick in ticks],
                         size=7, color=MUTED)
    axes.grid(axis="y")


def _draw_slope(axes, course, colour: str) -> None:
    """The line that the drift was judged by, over the time that it was judged over."""
    drift = course.drift
    end = float(course.at_s[-1])
    start = end - drift.duration_s
    late = course.values[course.at_s >= start]
    middle = (start + end) / 2
    ends = [float(np.nanmean(late)) + drift.slope * (when - middle) for when in (start, end)]
    axes.plot([start, end], ends, color=colour, linewidth=1.1, linestyle=(0, (4, 2)), zorder=5)


FIGURE = FigureKind(
    name="soak",
    title="Memory over a soak",
    caption="The same work for as long as was asked. Flat is better. Left, net resident memory; right,"
            " the same over what the program asks for, which shows fragmentation apart from a heap"
            " that grows. The dashed line is the slope over the last three quarters of the time;"
            " beside it stand the slope a minute and the verdict: growing where the interval lies"
            " above 2 % of the level over that time, bounded where it lies below, else unclear.",
    draw=draw,
    table=soak_table)
