"""This figure is what is still resident after most of the memory was freed: at once, as time goes by,
after the allocator's own purge, and when the gaps have been filled again."""

from __future__ import annotations

import math

from .. import units
from ..style import INK, Look, shorten
from ..tables.memory import release_table
from . import grid as layout
from .curves import back_end_curve, bytes_axis, curve_sheet, legend_entries
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector with a line a back end over the edges after the release."""
    found = shown(analysis)
    if not found:
        return Absent("No valid memory sample frees a MiB or more in a release phase.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    columns = [name for name in analysis.collectors if any(key[2] == name for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    entries = legend_entries(look, variants) + [
        ({"color": INK, "linewidth": 1.1, "linestyle": (0, (1, 1.5))}, "requested and not freed, Q")]
    sheet, titles = curve_sheet(len(rows), len(columns), 1.3, entries, gap=0.52, bottom=0.5)
    picture = Picture(sheet.figure, "Net resident memory after a release, by work, collector and back"
                                    " end.")
    layout.column_titles(sheet, columns, top=titles)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        highest = max(_highest(release) for key, release in found.items() if key[0] == work)
        lowest = min(_lowest(release) for key, release in found.items() if key[0] == work)
        for column, collector in enumerate(columns):
            axes = sheet.axes[row][column]
            own = {name: found[work, name, collector] for name in variants
                   if (work, name, collector) in found}
            labels = _labels(own.values())
            bytes_axis(axes, highest, column == 0, lowest)
            _edge_axis(axes, labels, sheet.panel_width)
            _draw_lines(picture, axes, own, labels, look)
            if not own:
                layout.panel_text(axes, "no valid sample")
    return [picture]


def shown(analysis) -> dict:
    """The releases to draw: those of works that refill what they freed, or else all."""
    refilled = {key[0] for key, release in analysis.releases.items() if release.has_refill}
    return {key: release for key, release in analysis.releases.items()
            if not refilled or key[0] in refilled}


def _highest(release) -> float:
    return max([max(point.resident, point.requested) for point in release.points
                if point.resident == point.resident] + [1.0])


def _lowest(release) -> float:
    """Below zero where less is resident than before the first object."""
    return min([point.resident for point in release.points
                if point.resident == point.resident] + [0.0])


def _labels(releases) -> list[str]:
    """The edges that any of `releases` has, in the order in which they come."""
    found = {}
    for release in releases:
        for point in release.points:
            found.setdefault(point.edge, point.label)
    order = {"before": -1.0, "collected": 1e6, "purged": 2e6, "refilled": 3e6}
    return sorted(dict.fromkeys(found.values()),
                  key=lambda label: order[label] if label in order else float(label.split()[0]))


def _edge_axis(axes, labels: list[str], width: float) -> None:
    axes.set_xlim(-0.3, max(len(labels) - 0.7, 0.3))
    axes.set_xticks(range(len(labels)))
    narrow = width / max(1, len(labels)) < 0.5
    axes.set_xticklabels(labels, size=6.2 if narrow else 7, rotation=30 if narrow else 0,
                         ha="right" if narrow else "center",
                         rotation_mode="anchor" if narrow else "default")
    axes.grid(axis="x")


def _draw_lines(picture: Picture, axes, own, labels: list[str], look: Look) -> None:
    for variant, release in own.items():
        points = [(labels.index(point.label), point.resident) for point in release.points
                  if not math.isnan(point.resident)]
        if not points:
            continue
        line = back_end_curve(axes, look, variant, *zip(*points))
        line.set_markevery(1)
        picture.tip(line, _words(variant, release))
    first = next(iter(own.values()), None)
    if first is not None:
        asked = [(labels.index(point.label), point.requested) for point in first.points
                 if not math.isnan(point.requested)]
        if asked:
            axes.plot(*zip(*asked), color=INK, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=1)


def _words(variant: str, release) -> str:
    words = (f"{shorten(variant, 24)}: freed {units.byte_count(release.freed)}, of which"
             f" {units.percent(release.returned(release.last_edge))} went back to the system")
    purged = release.returned("purged")
    if purged == purged:
        words += f", {units.percent(purged)} after the purge"
    if release.refilled == release.refilled:
        words += f"; after the refill {units.ratio(release.refilled)} what it was before"
    return words


FIGURE = FigureKind(
    name="release-curve",
    title="What is given back",
    caption="Net resident memory before most of it is freed, right after, as seconds go by, after a"
            " full collection, after the allocator's own purge, and when other sizes have filled the"
            " gaps again. Lower is better, best on the dotted line: what the program still holds (Q)."
            " The steps from left to right are looks, not a scale of time.",
    draw=draw,
    table=release_table)
