"""This figure is how often the program stood still for how long: collections, and cascades of
deallocations, of which reference counting has its own."""

from __future__ import annotations

from dataclasses import dataclass

from .. import units
from ..histograms import Histogram, merged
from ..latency import QUANTILES
from ..style import MUTED, Look, shorten
from . import grid as layout
from .curves import (back_end_curve, curve_sheet, duration_axis, duration_limits, legend_entries,
                     survival_axis, thinned)
from .picture import Absent, FigureKind, Picture


@dataclass(frozen=True)
class Stops:
    """A cell's collections and cascades."""

    pauses: Histogram
    cascades: Histogram

    @property
    def any(self) -> bool:
        return bool(self.pauses.count or self.cascades.count)

    def both(self) -> list[tuple[str, Histogram, str]]:
        return [("collections", self.pauses, "-"), ("cascades", self.cascades, ":")]


def stops_of(analysis) -> dict[tuple, Stops]:
    """Of each cell its pauses: from the latency samples, or, in a run without any, the time samples."""
    if analysis.latencies:
        found = {key: Stops(own.pauses, own.cascades) for key, own in analysis.latencies.items()}
    else:
        times = analysis.valid("time")
        found = {key: Stops(merged(record.get("pauses") for record in group["record"]),
                            merged(record.get("cascades") for record in group["record"]))
                 for key, group in times.groupby(["row", "variant", "collector"], sort=False)}
    return {key: stops for key, stops in found.items() if stops.any}


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector with a line a back end, and a dotted one for its cascades."""
    found = stops_of(analysis)
    if not found:
        return Absent("Nothing paused: no sample tells of a collection or of a cascade of"
                      " deallocations.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    columns = [name for name in analysis.collectors if any(key[2] == name for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    entries = legend_entries(look, variants) + [
        ({"color": MUTED, "linewidth": 1.3, "linestyle": "-"}, "collections"),
        ({"color": MUTED, "linewidth": 1.3, "linestyle": ":"}, "cascades of deallocations")]
    sheet, titles = curve_sheet(len(rows), len(columns), 1.05, entries, bottom=0.5)
    picture = Picture(sheet.figure, "How often pauses of each length occur, by work, collector and"
                                    " back end.")
    layout.column_titles(sheet, columns, top=titles)
    limits = duration_limits([end for stops in found.values() for _, own, _ in stops.both()
                              if own.count for end in (own.minimum, own.maximum)])
    least = min(1 / own.count for stops in found.values() for _, own, _ in stops.both() if own.count)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        for column, collector in enumerate(columns):
            axes = sheet.axes[row][column]
            duration_axis(axes, limits, sheet.panel_width, row == len(rows) - 1)
            survival_axis(axes, least, column == 0)
            own = {name: found[work, name, collector] for name in variants
                   if (work, name, collector) in found}
            for variant, stops in own.items():
                _draw_stops(picture, axes, look, variant, stops)
            if not own:
                layout.panel_text(axes, "nothing paused")
    layout.direction_hint(sheet, len(columns), "shorter", "longer")
    return [picture]


def _draw_stops(picture: Picture, axes, look: Look, variant: str, stops: Stops) -> None:
    for words, histogram, style in stops.both():
        if not histogram.count:
            continue
        line = back_end_curve(axes, look, variant, *thinned(*histogram.survival(), log=True),
                              linestyle=style)
        told = ", ".join(f"{word} {units.nanoseconds(histogram.quantile(share))}"
                         for word, share in QUANTILES)
        picture.tip(line, f"{shorten(variant, 24)}, {words}: {told}; {units.count(histogram.count)}"
                          " timed")


FIGURE = FigureKind(
    name="pause-curve",
    title="How often pauses of each length occur",
    caption="The height of a curve is the share of the pauses that took at least the time below it;"
            " further left and lower is better. Solid lines are collections, dotted ones cascades:"
            " over 128 objects freed because one reference was dropped, the pause that reference"
            " counting makes without any collector. Both axes are logarithmic; all samples of a cell"
            " are merged.",
    draw=draw)
