"""This figure is what a call costs: each back end whose calls are inlined against the same one called
through its table. The two are never ranked against each other."""

from __future__ import annotations

from .. import units
from ..statistics.compare import BAND, FASTER, SLOWER
from ..style import PAPER, Look
from ..tables.dispatch import dispatch_cells, dispatch_table
from . import grid as layout
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One line a work and collector."""
    cells = dispatch_cells(analysis)
    if not cells:
        return Absent("No back end was measured both by calls and with its calls inlined.")
    look = Look(analysis.palette)
    measures = layout.Measures(left=3.4, top=0.06, heading=0.0)
    sheet = layout.sheet(1, 1, 0.22 * len(cells) + 0.1, measures)
    picture = Picture(sheet.figure, "Time per operation with the calls inlined, relative to the same"
                                    " back end called through its table.")
    edges = [edge for cell in cells for edge in (cell.dispatch_ratio.value, cell.dispatch_ratio.low,
                                                 cell.dispatch_ratio.high)]
    axes = sheet.axes[0][0]
    layout.ratio_axis(axes, layout.ratio_limits(edges), sheet.panel_width, True, BAND)
    axes.set_ylim(len(cells) - 0.45, -0.55)
    axes.set_yticks(range(len(cells)), [layout.shorten(_named(cell), 54) for cell in cells], size=7.5)
    for line, cell in enumerate(cells):
        _draw_line(picture, axes, line, cell, look)
    layout.direction_hint(sheet, 1, "a call costs more", "a call costs nothing")
    return [picture]


def _named(cell) -> str:
    under = "" if cell.collector == "none" else f" · {cell.collector}"
    return f"{cell.row}{under}"


def _draw_line(picture: Picture, axes, line: int, cell, look: Look) -> None:
    ratio, colour = cell.dispatch_ratio, look.colour(cell.variant)
    if ratio.low == ratio.low:
        axes.plot([ratio.low, ratio.high], [line, line], color=colour, linewidth=2.2, alpha=0.55,
                  solid_capstyle="butt", zorder=2)
    mark, = axes.plot(ratio.value, line, marker=look.marker(cell.variant), color=colour,
                      markersize=5.4, zorder=3, markeredgewidth=1.3,
                      markerfacecolor=colour if ratio.verdict in (FASTER, SLOWER) else PAPER)
    picture.tip(mark, f"{cell.variant} on {_named(cell)}: {units.ratio(ratio.value)} the time of the"
                      f" same called through its table ({ratio.verdict}; interval"
                      f" {units.ratio_interval(ratio.low, ratio.high)})")
    layout.value_text(axes, line, units.ratio(ratio.value))


def _figure(name: str, title: str) -> FigureKind:
    return FigureKind(
        name=name, title=title,
        caption="Time per operation of a back end whose calls are compiled in, divided by that of the"
                " same one called through a table of functions, as every other back end is. Further"
                " left is faster, and shows how much calls cost. Bars are 95 % intervals that hold together; the"
                " grey band is ±2 %. Rows of one linkage are never ranked against rows of another.",
        draw=draw, table=dispatch_table)


FIGURE = _figure("dispatch", "What a call costs")
RAW_FIGURE = _figure("raw-dispatch", "Raw calls: what a call costs")
