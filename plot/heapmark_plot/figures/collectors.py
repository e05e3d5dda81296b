"""This figure is what each level of collecting costs, side by side, back end by back end."""

from __future__ import annotations

from .. import units
from ..style import FAINT, MUTED, PAPER, Look, shorten
from . import grid as layout
from .picture import Absent, FigureKind, Picture

_FILLS = ("none", "bottom", "full")


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work; in it a line a back end, and on it a mark a collector."""
    if len(analysis.collectors) < 2:
        return Absent(f"Only the collector {analysis.collectors[0]} ran: there is no other level to"
                      " set beside it." if analysis.collectors else "No collector ran.")
    rows = [row for row in analysis.rows if _ratios(analysis, row)]
    if not rows:
        return Absent("No work has valid time samples both with collecting and without: the cost of"
                      " collection cannot be told.")
    look = Look(analysis.palette)
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    measures = layout.Measures(top=0.46, heading=0.62, value_width=0.12)
    sheet = layout.sheet(lines, columns, 0.22 * len(analysis.variants) + 0.12, measures)
    picture = Picture(sheet.figure, "Time per operation under each collector, relative to the same"
                                    " back end without collecting.")
    _legend(sheet, analysis)
    limits = layout.ratio_limits([value for row in rows for ratio in _ratios(analysis, row).values()
                                  for value in (ratio.value, ratio.low, ratio.high)])
    for index in range(lines * columns):
        axes = sheet.axes[index // columns][index % columns]
        if index >= len(rows):
            axes.set_axis_off()
            continue
        last = index + columns >= len(rows)
        _draw_panel(picture, sheet, axes, analysis, rows[index], look, limits, index, columns, last)
    layout.direction_hint(sheet, columns, "cheaper", "dearer", len(rows))
    return [picture]


def _ratios(analysis, row: str) -> dict:
    """The ratio of each cell of a row to its reference, where it has one."""
    found = {}
    for cell in analysis.cells.values():
        ratio = cell.by_hand_ratio if row in analysis.by_hand else cell.level_ratio
        if cell.row == row and ratio is not None and ratio.value == ratio.value:
            found[cell.variant, cell.collector] = ratio
    return found


def _fill(analysis, collector: str) -> str:
    place = analysis.collectors.index(collector)
    return "full" if collector not in ("none", "off") else _FILLS[min(place, 1)]


def _marker(analysis, collector: str) -> str:
    """Collectors that collect are told apart by shape where there are several of them."""
    collecting = analysis.collecting()
    return "osD^v"[collecting.index(collector) % 5] if collector in collecting else "o"


def _legend(sheet, analysis) -> None:
    entries = []
    for collector in analysis.collectors:
        entries.append(({"marker": _marker(analysis, collector), "color": MUTED, "markersize": 6,
                         "fillstyle": _fill(analysis, collector), "linestyle": "none",
                         "markerfacecoloralt": PAPER}, shorten(collector, 24)))
    layout.legend_line(sheet, entries)


def _draw_panel(picture, sheet, axes, analysis, row, look, limits, index, columns, last) -> None:
    reference = "the same work, cycles broken by hand" if row in analysis.by_hand else \
        "the same work under none"
    left, top = sheet.place(index // columns, index % columns)
    work, _, parameters = row.partition("/")
    sheet.text(left, top - 0.48, shorten(work, 30), weight="bold", va="center")
    sheet.text(left, top - 0.31, shorten(parameters.replace("/", "  "), 52), color=MUTED,
               va="center", size=7.5)
    sheet.text(left, top - 0.13, f"1× = {reference}", color=MUTED, va="center", size=7.5)
    layout.ratio_axis(axes, limits, sheet.panel_width, last)
    layout.back_end_lines(axes, analysis.variants, look, index % columns == 0)
    ratios = _ratios(analysis, row)
    for line, variant in enumerate(analysis.variants):
        own = {name: ratio for (other, name), ratio in ratios.items() if other == variant}
        if not own:
            layout.missing_text(axes, line)
            continue
        values = [ratio.value for ratio in own.values()] + [1.0]
        axes.plot([min(values), max(values)], [line, line], color=FAINT, linewidth=1, zorder=1)
        for collector in analysis.collectors:
            if collector in own:
                _draw_mark(picture, axes, line, analysis, variant, collector, own[collector], look)
            elif collector == "none" and row not in analysis.by_hand:
                axes.plot(1, line, marker="o", fillstyle="none", color=look.colour(variant),
                          markersize=6, zorder=3)


def _draw_mark(picture, axes, line, analysis, variant, collector, ratio, look) -> None:
    colour = look.colour(variant)
    if ratio.low == ratio.low and collector not in ("none", "off"):
        axes.plot([ratio.low, ratio.high], [line, line], color=colour, linewidth=2.2, alpha=0.5,
                  solid_capstyle="butt", zorder=2)
    mark, = axes.plot(ratio.value, line, marker=_marker(analysis, collector), color=colour,
                      fillstyle=_fill(analysis, collector), markersize=6, zorder=4,
                      markerfacecoloralt=PAPER, linestyle="none")
    picture.tip(mark, f"{variant}, {collector}: {units.ratio(ratio.value)} ({ratio.verdict};"
                      f" interval {units.ratio_interval(ratio.low, ratio.high)})")


FIGURE = FigureKind(
    name="collectors",
    title="What collecting costs",
    caption="Each line is one back end against itself: its time per operation under every collector,"
            " divided by its own time with no collection; further left is cheaper. “none” has no"
            " collector header and leaks cycles, “off” tracks objects and never collects. Where the"
            " run holds the same work with its cycles broken by hand, that is 1×, because a leak is"
            " not a fair reference. Bars are 95 % intervals that hold for all marks together.",
    draw=draw)
