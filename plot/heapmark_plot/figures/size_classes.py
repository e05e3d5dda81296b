"""This figure is where size classes cost memory: what was requested, what rounding up added, and what
free slots lie between the live blocks, by the size of the blocks."""

from __future__ import annotations

import math

import numpy as np

from .. import units
from ..sample_checks import CLASS_NUMBERS
from ..style import INK, MUTED, PAPER, TERM_COLOURS, Look, shorten
from . import grid as layout
from .curves import bytes_axis
from .picture import Absent, FigureKind, Picture

#: Classes are drawn in bins of a quarter of a doubling: 64, 76, 90, 107, 128, …
_PER_DOUBLING = 4

def draw(analysis) -> list[Picture] | Absent:
    """A panel a work and back end, of the first collector that collects."""
    for collector in analysis.collecting() + analysis.collectors:
        found = _classes(analysis, collector)
        if found:
            return [_draw_collector(analysis, collector, found)]
    return Absent("No valid memory sample tells of size classes.")


def _classes(analysis, collector: str) -> dict[tuple[str, str], np.ndarray]:
    """Of each (row, variant), the first memory sample's classes: usable, requested, blocks, slots."""
    memory = analysis.valid("memory")
    found = {}
    for sample in memory[memory["collector"] == collector].sort_values("id").itertuples():
        classes = sample.record["size_classes"]
        if classes:
            found.setdefault((sample.row, sample.variant), np.array(
                [[math.nan if own.get(name) is None else own[name] for name in CLASS_NUMBERS]
                 for own in classes], dtype=float))
    return found


def listed(classes: np.ndarray) -> np.ndarray:
    """The classes whose size is told: one without it holds what a sample's tables had no room for."""
    return classes[~np.isnan(classes[:, 0])]


def bins_of(classes: np.ndarray) -> dict[int, tuple[float, float, float]]:
    """By bin: requested bytes, bytes of rounding, bytes of free slots (NaN where not told)."""
    found = {}
    for usable, requested, blocks, slots in listed(classes):
        place = round(math.log2(max(usable, 1)) * _PER_DOUBLING)
        before = found.get(place, (0.0, 0.0, 0.0))
        rounding = max(0.0, blocks * usable - requested)
        found[place] = (before[0] + requested, before[1] + rounding,
                        before[2] + (slots - blocks) * usable)
    return found


def seen(bins: dict[int, tuple]) -> dict[int, tuple]:
    """The bins that hold a thousandth of the bytes or more: less is no bar to be seen."""
    sizes = {place: float(np.nansum(amounts)) for place, amounts in bins.items()}
    least = sum(sizes.values()) / 1000
    return {place: amounts for place, amounts in bins.items() if sizes[place] >= least}


def occupancy(classes: np.ndarray) -> float:
    """Of the bytes in slots that the allocator holds, the share in live blocks; NaN if not told."""
    told = listed(classes)
    told = told[~np.isnan(told[:, 3])]
    held = float((told[:, 3] * told[:, 0]).sum())
    return float((told[:, 2] * told[:, 0]).sum()) / held if held else math.nan


def _draw_collector(analysis, collector: str, found) -> Picture:
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    measures = layout.Measures(left=0.66, top=0.5, bottom=0.34, heading=0.5, gap=0.34,
                               column_gap=0.16, value_width=0.0)
    sheet = layout.sheet(len(rows), len(variants), 1.0, measures, widest_panel=4.4)
    picture = Picture(sheet.figure, f"Requested bytes, rounding and free slots by block size under"
                                    f" {collector}.", label=f"collector {collector}")
    _legend(sheet, collector)
    for column, variant in enumerate(variants):
        left, _ = sheet.place(0, column)
        sheet.text(left, 0.4, shorten(variant, 20), color=look.colour(variant), weight="bold",
                   va="center", ha="left", size=9)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        own = {name: seen(bins_of(found[work, name])) for name in variants if (work, name) in found}
        highest = max(float(np.nansum(amounts)) for bins in own.values() for amounts in bins.values())
        places = [place for bins in own.values() for place in bins]
        for column, variant in enumerate(variants):
            axes = sheet.axes[row][column]
            bytes_axis(axes, highest, column == 0)
            _size_axis(axes, min(places), max(places), sheet.panel_width)
            if variant not in own:
                layout.panel_text(axes, "no valid sample")
                continue
            _draw_bins(picture, axes, variant, own[variant], look)
            left, top = sheet.place(row, column)
            sheet.text(left, top - 0.1, _words(found[work, variant]), color=MUTED, size=7.5,
                       va="center", ha="left")
    return picture


def _legend(sheet, collector: str) -> None:
    marks = {"marker": "s", "markersize": 7, "linestyle": "none"}
    layout.legend_line(sheet, [
        ({**marks, "color": INK}, "requested (the back end's colour)"),
        ({**marks, "color": TERM_COLOURS["internal"]}, "rounding up"),
        ({**marks, "color": PAPER, "markeredgecolor": MUTED}, "free slots"),
    ])
    width = sheet.figure.get_size_inches()[0]
    sheet.text(width - 0.1, 0.16, f"collector {shorten(collector, 24)}", color=MUTED, size=8,
               ha="right", va="center")


def _words(classes: np.ndarray) -> str:
    told = listed(classes)
    requested = float(told[:, 1].sum())
    rounding = units.ratio(float((told[:, 0] * told[:, 2]).sum()) / requested) if requested \
        else units.MISSING
    full = occupancy(classes)
    slots = "slots not told" if math.isnan(full) else f"{units.percent(full)} full"
    rest = float(np.nansum(classes[:, 1])) - requested
    return f"U/Q {rounding}, {slots}" + (f", {units.byte_count(rest)} unlisted" if rest else "")


def _size_axis(axes, first: int, last: int, width: float) -> None:
    axes.set_xlim(first - 1, max(last, first + 8) + 1)
    powers = [power for power in range(0, 64) if first - 1 <= power * _PER_DOUBLING <= last + 1]
    every = max(1, math.ceil(len(powers) * 0.4 / max(width, 0.4)))
    ticks = powers[::every]
    axes.set_xticks([power * _PER_DOUBLING for power in ticks])
    axes.set_xticklabels([_short_size(2.0**power) for power in ticks], size=6.8)


def _short_size(value: float) -> str:
    for scale, unit in ((2.0**30, "G"), (2.0**20, "M"), (2.0**10, "K")):
        if value >= scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g}"


def _draw_bins(picture: Picture, axes, variant: str, bins, look: Look) -> None:
    colour = look.colour(variant)
    for place, (requested, rounding, free) in sorted(bins.items()):
        bar, = axes.bar(place, requested, width=0.8, color=colour, linewidth=0)
        axes.bar(place, rounding, bottom=requested, width=0.8, color=TERM_COLOURS["internal"],
                 linewidth=0)
        words = f"{units.byte_count(requested)} requested, {units.byte_count(rounding)} rounding"
        if not math.isnan(free):
            axes.bar(place, max(free, 0.0), bottom=requested + rounding, width=0.8,
                     facecolor="none", edgecolor=MUTED, linewidth=0.6)
            words += f", {units.byte_count(free)} in free slots"
        size = 2 ** (place / _PER_DOUBLING)
        picture.tip(bar, f"{variant}, blocks of about {units.byte_count(size)}: {words}")


FIGURE = FigureKind(
    name="size-classes",
    title="Size classes",
    caption="Live blocks at the end of the steady phase by their usable size (bytes, in steps of a"
            " quarter of a doubling): what was requested, what rounding up to the class added, and,"
            " where the allocator tells its slots, those that are free; sizes with less than a thousandth of"
            " the bytes have no bar. Less beyond the requested is"
            " better. Beside the name of each panel stand U/Q, and how full the slots are.",
    draw=draw)
