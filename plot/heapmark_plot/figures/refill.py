"""This figure is what filling the gaps costs: the time of the refill against the baseline's, and the
memory afterwards against that before the release."""

from __future__ import annotations

import math

from .. import units
from ..statistics.compare import BAND, FASTER, SLOWER
from ..style import MUTED, PAPER, Look
from . import grid as layout
from .picture import Absent, FigureKind, Picture

_COLUMNS = ("time of the refill, against the baseline's", "memory after it, against before the release")


def draw(analysis) -> list[Picture] | Absent:
    """Two panels a work and collector, a line a back end."""
    found = {key: release for key, release in analysis.releases.items() if release.has_refill}
    if not found:
        return Absent("No work of this run fills again what it released.")
    pairs = [(row, name) for row in analysis.rows for name in analysis.collectors
             if any((row, variant, name) in found for variant in analysis.variants)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    sheet = layout.sheet(len(pairs), 2, 0.2 * len(variants) + 0.1)
    picture = Picture(sheet.figure, "Time of the refill and memory after it, by work, collector and"
                                    " back end.")
    for column, words in enumerate(_COLUMNS):
        left, _ = sheet.place(0, column)
        sheet.text(left, 0.16, words, weight="bold", va="center", ha="left", size=8.5)
    limits = _limits(found)
    for line, (row, collector) in enumerate(pairs):
        layout.row_title(sheet, line, row, f"collector {collector}")
        for column in range(2):
            axes = sheet.axes[line][column]
            layout.ratio_axis(axes, limits[column], sheet.panel_width, line == len(pairs) - 1,
                              BAND if column == 0 else None)
            layout.back_end_lines(axes, variants, look, column == 0)
        for place, variant in enumerate(variants):
            release = found.get((row, variant, collector))
            _draw_time(picture, sheet.axes[line][0], place, analysis, variant, release, look)
            _draw_memory(picture, sheet.axes[line][1], place, variant, release, look)
    layout.direction_hint(sheet, 1, "faster", "slower")
    return [picture]


def _limits(found) -> list[tuple[float, float]]:
    times = [value for release in found.values() if release.refill_ratio
             for value in (release.refill_ratio.value, release.refill_ratio.low,
                           release.refill_ratio.high)]
    memory = [release.refilled for release in found.values() if release.refilled > 0]
    return [layout.ratio_limits(times), layout.ratio_limits(memory)]


def _draw_time(picture, axes, place, analysis, variant, release, look) -> None:
    if release is None or math.isnan(release.refill_ns):
        layout.missing_text(axes, place)
        return
    colour = look.colour(variant)
    if variant == analysis.baseline:
        mark, = axes.plot(1, place, marker=look.marker(variant), color=colour, markersize=5)
        layout.value_text(axes, place, units.nanoseconds(release.refill_ns), muted=True)
        picture.tip(mark, f"{variant}: {units.nanoseconds(release.refill_ns)} (the baseline)")
        return
    ratio = release.refill_ratio
    if ratio is None or math.isnan(ratio.value):
        layout.missing_text(axes, place, f"no {analysis.baseline} to compare with")
        return
    if ratio.low == ratio.low:
        axes.plot([ratio.low, ratio.high], [place, place], color=colour, linewidth=2.2, alpha=0.55,
                  solid_capstyle="butt", zorder=2)
    told_apart = ratio.verdict in (FASTER, SLOWER)
    mark, = axes.plot(ratio.value, place, marker=look.marker(variant), color=colour, markersize=5.4,
                      zorder=3, markerfacecolor=colour if told_apart else PAPER, markeredgewidth=1.3)
    picture.tip(mark, f"{variant}: {units.ratio(ratio.value)} ({ratio.verdict}; interval"
                      f" {units.ratio_interval(ratio.low, ratio.high)}),"
                      f" {units.nanoseconds(release.refill_ns)}")
    layout.value_text(axes, place, units.ratio(ratio.value))


def _draw_memory(picture, axes, place, variant, release, look) -> None:
    if release is None or not release.refilled > 0:
        layout.missing_text(axes, place)
        return
    bar, = axes.barh(place, release.refilled - 1, left=1, height=0.5, color=look.colour(variant),
                     linewidth=0)
    picture.tip(bar, f"{variant}: {units.byte_count(release.resident('refill'))} net after the refill,"
                     f" {units.byte_count(release.resident('steady'))} before the release")
    layout.value_text(axes, place, units.ratio(release.refilled))
    axes.axvline(1, color=MUTED, linewidth=0.8)


FIGURE = FigureKind(
    name="refill",
    title="What filling the gaps costs",
    caption="After the release, objects of other sizes take up again what was freed. Left: how long"
            " that takes, against the baseline on the same work; further left is faster, bars are 95 %"
            " intervals that hold for all marks together, a hollow mark is not told apart. Right: net"
            " resident memory afterwards, as a multiple of what it was before the release; shorter is"
            " better, because what is asked for is the same.",
    draw=draw)
