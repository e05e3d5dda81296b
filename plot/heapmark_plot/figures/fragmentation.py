"""This figure is what resident memory consists of above the live data: the collector's share, the
allocator's rounding, its spread over pages, what it keeps, and the collector's own tables.

The terms of attribution.py multiply to the whole, so that the bars of a log axis add up exactly.
"""

from __future__ import annotations

from .. import units
from ..attribution import Split, split_of
from ..style import GRID, INK, TERM_COLOURS, Look
from ..tables.memory import attribution_table
from . import grid as layout
from .picture import Absent, FigureKind, Picture

_WORDS = {"live": "live data L", "drag": "collector drag Q/L", "internal": "internal U/Q",
          "external": "external A/U", "retention": "retention RSS/A",
          "merged": "external and retention RSS/U", "tables": "collector's tables"}


def in_bytes(splits) -> bool:
    """True where a work's live data are too few for ratios."""
    return any(split.in_bytes for split in splits)


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector with a stacked bar a back end."""
    splits = {key: split for key, cell in analysis.cells.items()
              if (split := split_of(cell)) is not None}
    if not splits:
        return Absent("No valid memory sample tells live, requested and usable bytes together with a"
                      " net RSS, so memory cannot be split into its causes.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in splits)]
    look = Look(analysis.palette)
    measures = layout.Measures(top=0.66, bottom=0.3, value_width=0.72, gap=0.3)
    sheet = layout.sheet(len(rows), len(analysis.collectors),
                         0.2 * len(analysis.variants) + 0.1, measures, widest_panel=6.4)
    picture = Picture(sheet.figure, "Resident memory split into live data, collector drag, internal"
                                    " and external fragmentation, and retention.")
    _legend(sheet, splits)
    layout.column_titles(sheet, analysis.collectors, top=0.48)
    ratio_splits = [split for row in rows if not in_bytes(_of_row(splits, row))
                    for split in _of_row(splits, row)]
    limits = _ratio_limits(ratio_splits)
    for row, work in enumerate(rows):
        as_bytes = in_bytes(_of_row(splits, work))
        layout.row_title(sheet, row, work, "in bytes: less than 1 MiB is live" if as_bytes else "")
        for column, collector in enumerate(analysis.collectors):
            axes = sheet.axes[row][column]
            _axis(axes, limits, as_bytes, _of_row(splits, work), sheet.panel_width)
            layout.back_end_lines(axes, analysis.variants, look, column == 0)
            for line, variant in enumerate(analysis.variants):
                split = splits.get((work, variant, collector))
                if split is None:
                    layout.missing_text(axes, line, "not known")
                else:
                    _draw_split(picture, axes, line, variant, split, as_bytes)
    return [picture]


def _of_row(splits, row: str) -> list[Split]:
    return [split for key, split in splits.items() if key[0] == row]


def _legend(sheet, splits) -> None:
    terms = {term for split in splits.values() for term, _, _ in split.steps()}
    if in_bytes(splits.values()):
        terms.add("live")
    entries = [({"marker": "s", "color": TERM_COLOURS[term], "markersize": 7, "linestyle": "none"},
                words) for term, words in _WORDS.items() if term in terms]
    layout.legend_line(sheet, entries)


def _ratio_limits(splits) -> tuple[float, float]:
    edges = [split.whole for split in splits]
    edges += [1 / _below(split) for split in splits]
    low, high = layout.ratio_limits(edges)
    return (0.98 if min(edges + [1.0]) >= 1 else low), high


def _below(split: Split) -> float:
    """The product of the terms that are below 1, inverted."""
    product = 1.0
    for _, first, last in split.steps():
        product *= max(1.0, first / last)
    return product


def _axis(axes, limits, as_bytes: bool, splits, width: float) -> None:
    if not as_bytes:
        layout.ratio_axis(axes, limits, width, True)
        return
    highest = max(max(step[2] for step in split.steps()) for split in splits)
    axes.set_xlim(0, highest * 1.04)
    step = next((size for power in range(0, 45) for size in (2.0**power,)
                 if highest / size <= 4.5), highest)
    ticks = [index * step for index in range(1, int(highest / step) + 1)]
    axes.set_xticks(ticks)
    axes.set_xticklabels([units.round_bytes(tick) for tick in ticks])
    axes.grid(axis="x")
    axes.axvline(0, color=GRID, linewidth=1)


def _draw_split(picture: Picture, axes, line: int, variant: str, split: Split,
                as_bytes: bool) -> None:
    if as_bytes:
        _bar(picture, axes, line, 0, split.live, "live",
             f"{variant}: {units.byte_count(split.live)} live")
    end = {"up": split.live if as_bytes else 1.0, "down": split.live if as_bytes else 1.0}
    for term, first, last in split.steps():
        words = f"{variant}: {_WORDS[term]} " + (
            units.byte_count(last - first) if as_bytes else units.ratio(last / first))
        side = "up" if last >= first else "down"
        start = end[side]
        end[side] = start + (last - first) if as_bytes else start * (last / first)
        _bar(picture, axes, line, start, end[side], term, words)
    total = split.resident if as_bytes else split.whole
    axes.plot([total, total], [line - 0.36, line + 0.36], color=INK, linewidth=1.4, zorder=4)
    layout.value_text(axes, line, units.byte_count(total) if as_bytes else units.ratio(total))


def _bar(picture: Picture, axes, line: int, start: float, end: float, term: str,
         words: str) -> None:
    bar, = axes.barh(line, end - start, left=start, height=0.6, color=TERM_COLOURS[term],
                     linewidth=0, hatch="////" if term == "merged" else None,
                     edgecolor="#ffffff" if term == "merged" else None)
    picture.tip(bar, words)


FIGURE = FigureKind(
    name="fragmentation",
    title="What the memory consists of",
    caption="Net resident memory at the end of the steady phase as a multiple of the live data;"
            " shorter is better. The pieces multiply to the whole: what the collector keeps"
            " (requested/live), rounding to size classes (usable/requested), free space between"
            " blocks (active/usable), pages kept or bookkeeping (RSS/active), and the collector's own"
            " tables, which are no allocator's. A piece left of"
            " 1× stands for pages never touched; the dark tick is the whole. Hatched: the allocator"
            " does not tell its active pages, so the last two are one.",
    draw=draw,
    table=attribution_table)
