"""This module is what figures of curves share: log axes of durations and of shares, the legend of back
ends, and lines that keep a back end's colour and marker, thinned to what can be seen."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator

from .. import units
from ..style import FAINT, MUTED, PAPER, WIDTH_INCHES, Look, shorten
from . import grid as layout

#: A curve is drawn with at most this many points.
_POINTS = 90


def duration_axis(axes, limits, width: float, labelled: bool) -> None:
    """A log x axis of nanoseconds with a tick a decade, or finer where there are few decades."""
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    low, high = (math.floor(math.log10(limits[0])), math.ceil(math.log10(limits[1])))
    decades = [10.0**power for power in range(low, high + 1)]
    ticks = [tick for tick in decades if limits[0] <= tick <= limits[1]]
    if len(ticks) < 2:
        ticks = sorted(ticks + [step * tick for tick in decades for step in (2, 5)
                                if limits[0] <= step * tick <= limits[1]])
    every = max(1, math.ceil(len(ticks) * 0.42 / width))
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([short_duration(tick) if labelled and place % every == 0 else ""
                          for place, tick in enumerate(ticks)])
    axes.grid(axis="x")


def short_duration(value: float) -> str:
    """A round duration for an axis: "1 µs"."""
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if value >= scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g} ns"


def duration_limits(values) -> tuple[float, float]:
    """Limits of a log axis with air at both ends."""
    known = [value for value in values if value > 0 and math.isfinite(value)] or [1e3, 1e6]
    return min(known) / 1.25, max(known) * 1.25


def survival_axis(axes, least: float, labelled: bool) -> None:
    """A log y axis of shares from 1 down to `least`, with a tick at every other decade."""
    axes.set_yscale("log")
    axes.set_ylim(least / 1.6, 1.5)
    decades = [10.0**-power for power in range(0, max(1, math.ceil(-math.log10(least))) + 1)]
    ticks = [tick for tick in decades if tick >= least / 1.6]
    step = 2 if len(ticks) > 4 else 1
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([_share(tick) if labelled and place % step == 0 else ""
                          for place, tick in enumerate(ticks)], size=7, color=MUTED)
    axes.grid(axis="y")


def _share(value: float) -> str:
    """"1 %", and from there on "1 in 100 k": zeros after a point are hard to count."""
    if value >= 0.00009:
        return f"{value * 100:g} %"
    return f"1 in {units.count(round(1 / value)).replace('.00', '').replace('0.0', '0')}"


def thinned(x: np.ndarray, y: np.ndarray, log: bool) -> tuple[np.ndarray, np.ndarray]:
    """At most _POINTS of the points, evenly spread along y (along its log), the ends kept."""
    if len(x) <= _POINTS:
        return x, y
    scale = np.log(np.maximum(y, 1e-12)) if log else y
    marks = np.linspace(scale.min(), scale.max(), _POINTS)
    ascending = scale[-1] >= scale[0]
    places = np.searchsorted(scale if ascending else -scale, marks if ascending else -marks[::-1])
    chosen = np.unique(np.concatenate(([0], np.minimum(places, len(x) - 1), [len(x) - 1])))
    return x[chosen], y[chosen]


def back_end_curve(axes, look: Look, variant: str, x, y, **keywords):
    """Draws a back end's line with its marker at four places of it."""
    every = max(1, len(x) // 4)
    place = sum(map(ord, variant)) % every
    line, = axes.plot(x, y, color=look.colour(variant), linewidth=1.3, marker=look.marker(variant),
                      markersize=3.6, markevery=(place, every), markeredgecolor=PAPER,
                      markeredgewidth=0.5, **keywords)
    return line


def legend_entries(look: Look, variants: list[str]) -> list[tuple[dict, str]]:
    """The back ends for layout.legend_line, wrapped by `legend_rows`."""
    return [({"color": look.colour(name), "marker": look.marker(name), "markersize": 4.5,
              "linewidth": 1.3, "linestyle": "-"}, shorten(name, 20)) for name in variants]


def legend_rows(entries, width: float = WIDTH_INCHES) -> list[list]:
    """`entries` in lines that fit into `width` inches."""
    rows, left = [[]], 0.04
    for entry in entries:
        needed = layout.legend_width(entry[1], entry[0].get("linestyle", "none") != "none")
        if rows[-1] and left + needed > width:
            rows.append([])
            left = 0.04
        rows[-1].append(entry)
        left += needed
    return rows


def curve_sheet(rows: int, columns: int, height: float, entries, **measures):
    """A sheet of curve panels with the legend above it; returns it with the top of its titles."""
    own = dict(left=0.62, right=0.12, heading=0.32, gap=0.3, bottom=0.42, column_gap=0.22,
               value_width=0.0)
    own.update(measures)
    width = layout.sheet_width(columns, layout.Measures(**own), 4.4)
    legend = legend_rows(entries, width)
    top = 0.14 + 0.19 * len(legend)
    own["top"] = top + 0.2
    sheet = layout.sheet(rows, columns, height, layout.Measures(**own), widest_panel=4.4)
    for place, line in enumerate(legend):
        layout.legend_line(sheet, line, top=0.14 + 0.19 * place)
    return sheet, top + 0.06


def bytes_axis(axes, highest: float, labelled: bool, lowest: float = 0.0) -> None:
    """A linear y axis of bytes with round ticks from 0, and room down to `lowest` where that is less."""
    top = max(highest, 1.0) * 1.1
    axes.set_ylim(lowest - 0.05 * top if lowest < 0 else 0, top)
    step = 2.0 ** math.floor(math.log2(max(highest, 2.0) / 2))
    ticks = np.arange(0, highest * 1.05, step)
    axes.set_yticks(ticks)
    axes.set_yticklabels([units.round_bytes(tick) for tick in ticks] if labelled else [], size=7,
                         color=MUTED)
    axes.grid(axis="y")
    axes.axhline(0, color=FAINT, linewidth=0.7)
