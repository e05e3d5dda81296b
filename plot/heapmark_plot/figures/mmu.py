"""This figure is the minimum mutator utilization: of any window of a length, the least share that
collections and cascades left to the program."""

from __future__ import annotations

import numpy as np

from .. import units
from ..style import MUTED, Look, shorten
from . import grid as layout
from .curves import back_end_curve, curve_sheet, duration_axis, legend_entries
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work and collector; in it, a back end a line from 0.1 ms to 1 s."""
    found = {key: own.mmu[~np.isnan(own.mmu[:, 1])] for key, own in analysis.latencies.items()
             if len(own.mmu) and (own.mmu[:, 1] < 1).any()}
    untold = {key for key, own in analysis.latencies.items() if own.mmu_absent}
    if not found and untold:
        return Absent("The samples had more pauses than are kept one by one, so the utilization of"
                      " windows cannot be told.")
    if not found:
        return Absent("No valid latency sample tells of a window that collections or cascades took"
                      " anything of.")
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    columns = [name for name in analysis.collectors if any(key[2] == name for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    sheet, titles = curve_sheet(len(rows), len(columns), 0.95, legend_entries(look, variants),
                                bottom=0.5)
    picture = Picture(sheet.figure, "Minimum mutator utilization over windows from 0.1 ms to 1 s.")
    layout.column_titles(sheet, columns, top=titles)
    windows = np.concatenate([own[:, 0] for own in found.values()])
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        for column, collector in enumerate(columns):
            axes = sheet.axes[row][column]
            duration_axis(axes, (windows.min() / 1.1, windows.max() * 1.1), sheet.panel_width,
                          row == len(rows) - 1)
            _share_axis(axes, column == 0)
            own = {name: found[work, name, collector] for name in variants
                   if (work, name, collector) in found}
            for variant, curve in own.items():
                line = back_end_curve(axes, look, variant, curve[:, 0], curve[:, 1])
                told = ", ".join(f"{units.percent(share)} of {units.nanoseconds(window)}"
                                 for window, share in curve[::2])
                picture.tip(line, f"{shorten(variant, 24)}: {told}")
            lost = any((work, name, collector) in untold for name in analysis.variants)
            if not own:
                layout.panel_text(axes, "too many pauses to tell" if lost else "nothing paused")
    for column in range(len(columns)):
        left, top = sheet.place(len(rows) - 1, column)
        sheet.text(left, top + sheet.panel_height + 0.36, "length of the window", color=MUTED, size=8,
                   ha="left", va="center")
    return [picture]


def _share_axis(axes, labelled: bool) -> None:
    axes.set_ylim(-0.03, 1.05)
    axes.set_yticks([0, 0.5, 1])
    axes.set_yticklabels(["0", "50 %", "100 %"] if labelled else [], size=7, color=MUTED)
    axes.grid(axis="y")


FIGURE = FigureKind(
    name="mmu",
    title="What collections leave to the program",
    caption="Minimum mutator utilization: take any stretch of the steady phase as long as the window,"
            " wherever the pauses fall worst; the curve is the share of it that the program itself"
            " ran. Higher and further left is better; where a curve leaves 0, the longest pause has"
            " that length. Pauses are collections and cascades of deallocations; the worst sample of"
            " a cell counts. A window longer than the steady phase has no point, and a cell with more pauses than"
            " are kept one by one no curve.",
    draw=draw)
