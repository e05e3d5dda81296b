"""This figure is what stays resident after most blocks were dropped and the allocator was asked to give
back what it can, beside the floor that no allocator can go below: the pages that hold a survivor."""

from __future__ import annotations

from .. import units
from ..style import GRID, INK, Look
from ..tables.live_pages import floors, live_page_table
from . import grid as layout
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """A panel a work, in it a bar a back end; each with its own floor."""
    found = floors(analysis)
    if not found:
        return Absent("No raw work dropped blocks and told which pages hold the others.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    measures = layout.Measures(bottom=0.12, value_width=1.7)
    sheet = layout.sheet(len(rows), 1, 0.19 * len(variants) + 0.1, measures)
    picture = Picture(sheet.figure, "Resident memory after a purge, beside the pages that hold a live"
                                    " block and the live bytes.")
    for place, row in enumerate(rows):
        layout.row_title(sheet, place, row)
        axes = sheet.axes[place][0]
        highest = max(own.resident for key, own in found.items() if key[0] == row)
        axes.set_xlim(0, highest * 1.02)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.axvline(0, color=GRID, linewidth=1)
        layout.back_end_lines(axes, variants, look, True)
        for line, variant in enumerate(variants):
            _draw_line(picture, axes, line, variant, found.get((row, variant)), look)
    return [picture]


def _draw_line(picture: Picture, axes, line: int, variant: str, own, look: Look) -> None:
    if own is None:
        layout.missing_text(axes, line, "not told")
        return
    bar, = axes.barh(line, own.resident, height=0.62, color=look.colour(variant), linewidth=0)
    picture.tip(bar, f"{variant}: {units.byte_count(own.resident)} resident after the purge,"
                     f" {units.byte_count(own.pages)} in pages that hold a live block")
    axes.plot([own.pages] * 2, [line - 0.38, line + 0.38], color=INK, linewidth=1.5)
    layout.value_text(axes, line, f"{units.byte_count(own.resident)}, {units.ratio(own.ratio)} the pages")


FIGURE = FigureKind(
    name="live-pages",
    title="Raw calls: what stays resident after a purge",
    caption="Resident memory, less that before the first block, after the work dropped most of its blocks"
            " and the allocator's own purge; shorter is better. The dark stroke is the floor: 4 KiB"
            " pages that hold at least one byte of a live block, which only moving blocks could free. It"
            " is each back end's own, because where blocks lie is its choice.",
    draw=draw, table=live_page_table)
