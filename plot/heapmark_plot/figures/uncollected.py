"""This figure is the garbage that waits to be collected while the work goes on, collector by
collector."""

from __future__ import annotations

import numpy as np

from .. import units
from ..frames import edge_frame
from ..style import FAINT, INK, MUTED, shorten
from . import grid as layout
from .curves import bytes_axis, legend_rows
from .picture import Absent, FigureKind, Picture

_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (2, 3)))
_COLOURS = ("#0f7fc4", "#d9600a", "#0f9d76", "#a04a78", "#b98900", "#66727f")


def draw(analysis) -> list[Picture] | Absent:
    """One panel a work whose objects form cycles; in it a line a collector, with the back end that is
    the baseline (or the first that has accounts)."""
    accounts = edge_frame(analysis.own_samples, "accounts")
    accounts = accounts[accounts["uncollected_bytes"].notna() & accounts["at_ns"].notna()]
    with_garbage = set(accounts[accounts["uncollected_bytes"] > 0]["row"])
    rows = [row for row in analysis.rows if row in with_garbage]
    if not rows:
        return Absent("No valid memory sample accounts for garbage that waits to be collected.")
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    legend = [entry for line in legend_rows(_legend(analysis.collectors)) for entry in line]
    measures = layout.Measures(left=0.66, right=0.14, top=0.36, bottom=0.34, heading=0.46, gap=0.4,
                               column_gap=0.62, value_width=0.0)
    sheet = layout.sheet(lines, columns, 1.45, measures, widest_panel=4.4)
    picture = Picture(sheet.figure, "Garbage not yet collected over time, by work and collector.")
    layout.legend_line(sheet, legend)
    for index in range(lines * columns):
        axes = sheet.axes[index // columns][index % columns]
        if index >= len(rows):
            axes.set_axis_off()
            continue
        left, top = sheet.place(index // columns, index % columns)
        _draw_panel(picture, sheet, axes, analysis, rows[index],
                    accounts[accounts["row"] == rows[index]], left, top)
    return [picture]


def _legend(collectors: list[str]) -> list[tuple[dict, str]]:
    return [({"color": _COLOURS[place % len(_COLOURS)], "linewidth": 1.6,
              "linestyle": _DASHES[place % len(_DASHES)]}, shorten(name, 24))
            for place, name in enumerate(collectors)]


def chosen_variant(analysis, accounts) -> str:
    """The baseline, or the first back end that has accounts."""
    present = set(accounts["variant"])
    order = [analysis.baseline] + analysis.variants
    return next(name for name in order if name in present)


def _draw_panel(picture, sheet, axes, analysis, row: str, accounts, left, top) -> None:
    variant = chosen_variant(analysis, accounts)
    own = accounts[accounts["variant"] == variant]
    work, _, parameters = row.partition("/")
    sheet.text(left, top - 0.36, shorten(work, 34), weight="bold", va="center")
    room = max(10, int(sheet.panel_width / 0.062))
    note = "   ".join(part for part in (parameters.replace("/", "  "), f"with {variant}") if part)
    sheet.text(left, top - 0.18, shorten(note, room), color=MUTED, va="center", size=7.5)
    longest = float(own["at_ns"].max())
    bytes_axis(axes, float(own["uncollected_bytes"].max()), True)
    axes.set_xlim(float(own["at_ns"].min()) * 0.98, longest)
    axes.set_xticks([longest])
    axes.set_xticklabels([units.nanoseconds(longest)], size=7, ha="right")
    for place, collector in enumerate(analysis.collectors):
        chosen = own[own["collector"] == collector]
        if chosen.empty:
            continue
        first = chosen[chosen["id"] == chosen["id"].iloc[0]].sort_values("at_ns")
        line, = axes.plot(first["at_ns"], first["uncollected_bytes"], linewidth=1.6,
                          color=_COLOURS[place % len(_COLOURS)],
                          linestyle=_DASHES[place % len(_DASHES)])
        highest = float(np.nanmax(first["uncollected_bytes"]))
        picture.tip(line, f"{collector} ({variant}): {units.byte_count(highest)} at most,"
                          f" {units.byte_count(float(first['uncollected_bytes'].iloc[-1]))} at the end")
    if not (own["uncollected_bytes"] > 0).any():
        layout.panel_text(axes, "no garbage waited")
    axes.axhline(0, color=FAINT, linewidth=0.7)
    axes.tick_params(axis="x", colors=INK)


FIGURE = FigureKind(
    name="uncollected",
    title="Garbage that waits for its collection",
    caption="Requested bytes of objects that nothing reaches any more and that are not yet freed, at"
            " the ends of batches of one memory sample; lower is better. A line that climbs without"
            " falling is a leak: “none” and “off” never collect. How much waits is decided by the"
            " collector and the work alone, so one back end stands for all.",
    draw=draw)
