"""This module is the small multiples that most figures share, so that a reader learns one layout:
works from top to bottom, one column a collector, back ends as the lines of every panel.

All measures are inches on a sheet of fixed width, so that text has one size in every figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from ..style import BAND, FAINT, GRID, INK, MUTED, WIDTH_INCHES, shorten

_TICKS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1,
          1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000)


#: Longer names of back ends are set smaller.
_LONG_NAME = 16


@dataclass(frozen=True)
class Measures:
    """The layout's inches."""

    left: float = 1.15
    right: float = 0.1
    top: float = 0.38
    bottom: float = 0.5
    heading: float = 0.3
    gap: float = 0.16
    column_gap: float = 0.2
    value_width: float = 0.55


@dataclass
class Grid:
    """A sheet with its panels: `axes[row][column]`; `widths` is a panel's width in inches."""

    figure: Figure
    axes: list[list[Axes]]
    measures: Measures
    panel_width: float
    panel_height: float

    def place(self, row: int, column: int) -> tuple[float, float]:
        """Left and top of a panel, in inches from the sheet's left and top."""
        measures = self.measures
        left = measures.left + column * (self.panel_width + measures.value_width + measures.column_gap)
        top = measures.top + measures.heading + row * (
            self.panel_height + measures.heading + measures.gap)
        return left, top

    def text(self, left: float, top: float, text: str, **keywords):
        """Writes at a place given in inches from the sheet's left and top."""
        width, height = self.figure.get_size_inches()
        return self.figure.text(left / width, 1 - top / height, text, **keywords)


def sheet(rows: int, columns: int, panel_height: float, measures: Measures = Measures(),
          widest_panel: float = 5.2) -> Grid:
    """A sheet of `rows` × `columns` empty panels; few columns make a narrower sheet."""
    width = sheet_width(columns, measures, widest_panel)
    taken = measures.left + measures.right + (columns - 1) * measures.column_gap
    panel_width = (width - taken) / columns - measures.value_width
    height = (measures.top + measures.bottom + rows * (panel_height + measures.heading)
              + (rows - 1) * measures.gap)
    figure = Figure(figsize=(width, height))
    grid = Grid(figure, [], measures, panel_width, panel_height)
    for row in range(rows):
        line = []
        for column in range(columns):
            left, top = grid.place(row, column)
            line.append(figure.add_axes([left / width, 1 - (top + panel_height) / height,
                                         panel_width / width, panel_height / height]))
        grid.axes.append(line)
    return grid


def sheet_width(columns: int, measures: Measures, widest_panel: float = 5.2) -> float:
    """The width of a sheet in inches: WIDTH_INCHES, or less where its panels need less."""
    taken = measures.left + measures.right + (columns - 1) * measures.column_gap
    widest = taken + columns * (widest_panel + measures.value_width)
    return min(WIDTH_INCHES, widest)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of `text` in inches, in the figures' own font."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    return TextToPath().get_text_width_height_descent(text, font, ismath=False)[0] / 72


def column_titles(grid: Grid, titles: list[str], top: float = 0.16,
                  prefix: str = "collector") -> None:
    """Names the columns at the top of the sheet."""
    for column, title in enumerate(titles):
        left, _ = grid.place(0, column)
        grid.text(left, top, prefix, color=MUTED, va="center", ha="left", size=8.5)
        grid.text(left + text_width(prefix, 8.5) + 0.06, top, shorten(title, 28), color=INK,
                  va="center", ha="left", weight="bold", size=8.5)


def row_title(grid: Grid, row: int, title: str, note: str = "") -> None:
    """Names a row of panels, with a hairline above that spans the sheet."""
    width, height = grid.figure.get_size_inches()
    _, top = grid.place(row, 0)
    top -= grid.measures.heading
    work, _, parameters = title.partition("/")
    work = shorten(work, 40)
    grid.text(0.02, top + 0.14, work, weight="bold", va="center", ha="left", size=8.5)
    left = 0.02 + text_width(work, 8.5, bold=True) + 0.12
    room = int((width - left) / 0.062)
    rest = "   ".join(part for part in (parameters.replace("/", "  "), note) if part)
    grid.text(left, top + 0.14, shorten(rest, max(8, room)), color=MUTED, va="center", ha="left",
              size=8)
    grid.figure.add_artist(_hairline(0.02 / width, 1 - 0.02 / width, 1 - top / height))


def _hairline(first: float, last: float, height: float):
    return Line2D([first, last], [height, height], color=GRID, linewidth=0.8)


def back_end_lines(axes: Axes, variants: list[str], look, labelled: bool) -> None:
    """Makes the y axis the back ends, first at the top, each name in its colour."""
    axes.set_ylim(len(variants) - 0.45, -0.55)
    axes.yaxis.set_major_locator(FixedLocator(range(len(variants))))
    axes.set_yticklabels([shorten(name, 21) for name in variants] if labelled else [])
    for label, name in zip(axes.get_yticklabels(), variants):
        label.set_color(look.colour(name))
        label.set_weight("bold")
        if len(name) > _LONG_NAME:
            label.set_size(6.8)


def value_text(axes: Axes, line: float, text: str, muted: bool = False):
    """Writes a value to the right of a panel, at the height of its line."""
    return axes.annotate(text, (1, line), xycoords=("axes fraction", "data"), xytext=(6, 0),
                         textcoords="offset points", va="center", ha="left", size=8,
                         color=MUTED if muted else INK, annotation_clip=False)


def missing_text(axes: Axes, line: float, text: str = "no valid sample"):
    """Writes in a panel that there is nothing to show on this line."""
    return axes.annotate(text, (0.02, line), xycoords=("axes fraction", "data"), va="center",
                         ha="left", size=7.5, color=MUTED, style="italic")


def panel_text(axes: Axes, text: str):
    """Writes in the middle of an otherwise empty panel."""
    return axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center",
                     color=MUTED, style="italic", size=8)


def ratio_limits(values, least: float = 1.12) -> tuple[float, float]:
    """Limits of a log axis that hold all of `values` and 1, with air at both ends."""
    known = [value for value in values if value and not math.isnan(value)] + [1.0]
    low, high = min(known) / 1.06, max(known) * 1.06
    return min(low, 1 / least), max(high, least)


def ratio_axis(axes: Axes, limits: tuple[float, float], width: float, labelled: bool,
               band: float | None = None) -> None:
    """A log axis of ratios with ticks that do not collide, a line at 1 and the band around it."""
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    ticks = spaced_ticks(limits, width)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticklabels([f"{tick:g}×" for tick in ticks] if labelled else [])
    axes.grid(axis="x")
    if band is not None:
        axes.axvspan(1 - band, 1 + band, color=BAND, linewidth=0)
    axes.axvline(1, color=FAINT, linewidth=1)


def spaced_ticks(limits, width: float, apart: float = 0.36) -> list[float]:
    """1, and then as many of the round ratios as stand `apart` inches from each other."""
    scale = width / math.log(limits[1] / limits[0])
    inside = [tick for tick in _TICKS if limits[0] <= tick <= limits[1] and tick != 1]
    round_first = sorted(inside, key=lambda tick: (len(f"{tick:g}".strip("0.")),
                                                   tick not in (0.5, 2, 0.1, 10), tick))
    chosen = [1.0]
    for tick in round_first:
        if all(abs(math.log(tick / other)) * scale >= apart for other in chosen):
            chosen.append(tick)
    return sorted(chosen)


def direction_hint(grid: Grid, columns: int, better: str, worse: str,
                   panels: int | None = None) -> None:
    """Says under the last panel of each column which way is better; `panels` may be fewer than
    the sheet has places for."""
    panels = len(grid.axes) * columns if panels is None else panels
    for column in range(min(columns, panels)):
        left, top = grid.place((panels - column - 1) // columns, column)
        top += grid.panel_height + grid.measures.bottom - 0.14
        grid.text(left, top, f"← {better}", color=INK, ha="left", va="center", size=8)
        grid.text(left + grid.panel_width, top, f"{worse} →", color=MUTED, ha="right", va="center",
                  size=8)


def legend_line(grid: Grid, entries: list[tuple[dict, str]], top: float = 0.16,
                left: float = 0.04) -> None:
    """A one-line legend of marks (Line2D keywords) with their words."""
    width, height = grid.figure.get_size_inches()
    for mark, words in entries:
        at = 1 - top / height
        line = mark.get("linestyle", "none") != "none"
        points = [(left + part) / width for part in ((0, 0.13, 0.26) if line else (0.11,))]
        grid.figure.add_artist(Line2D(points, [at] * len(points), markevery=[len(points) // 2],
                                      **mark))
        grid.text(left + (0.34 if line else 0.27), top, words, color=MUTED, va="center", ha="left",
                  size=8)
        left += legend_width(words, line)


def legend_width(words: str, line: bool) -> float:
    """The inches that an entry of a legend takes."""
    return (0.62 if line else 0.55) + text_width(words, 8)
