"""This figure is time per operation against the size of the blocks, for raw works that were measured
for many sizes: one panel a work and number of threads, a line a back end."""

from __future__ import annotations

from matplotlib.ticker import FixedLocator, NullLocator

from .. import units
from ..cells import TIME_METRIC
from ..style import MUTED, Look, shorten
from .curves import back_end_curve, curve_sheet, legend_entries
from .picture import Absent, FigureKind, Picture

_COLUMNS = 2
_TICKS = (16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536)


def draw(analysis) -> list[Picture] | Absent:
    """Both axes logarithmic, so that a factor looks alike everywhere."""
    panels = {key: _lines(analysis, sizes) for key, sizes in analysis.sweeps.items()}
    panels = {key: lines for key, lines in panels.items() if lines}
    if not panels:
        return Absent("No raw work was measured for four sizes or more.")
    variants = [name for name in analysis.variants
                if any(name in lines for lines in panels.values())]
    look = Look(analysis.palette)
    columns = min(_COLUMNS, len(panels))
    sheet, _ = curve_sheet((len(panels) + columns - 1) // columns, columns, 2.2,
                           legend_entries(look, variants), gap=0.42, column_gap=0.55)
    picture = Picture(sheet.figure, "Time per operation against the size of the blocks, by back end.")
    for place, ((work, threads), lines) in enumerate(panels.items()):
        axes = sheet.axes[place // columns][place % columns]
        left, top = sheet.place(place // columns, place % columns)
        title = f"{work}{f' · {threads} threads' if threads > 1 else ''}"
        sheet.text(left, top - 0.12, shorten(title, 60), weight="bold", size=8, va="center")
        _draw_panel(picture, axes, lines, look, title)
    for unused in range(len(panels), len(sheet.axes) * columns):
        sheet.axes[unused // columns][unused % columns].set_axis_off()
    return [picture]


def _lines(analysis, sizes: dict[int, str]) -> dict[str, dict[int, float]]:
    """Back end → size → ns an operation."""
    found: dict[str, dict[int, float]] = {}
    for variant in analysis.variants:
        for size, row in sizes.items():
            cell = analysis.cell(row, variant, "none")
            time = cell.value(TIME_METRIC) if cell else float("nan")
            if time == time:
                found.setdefault(variant, {})[size] = time
    return found


def _draw_panel(picture: Picture, axes, lines, look: Look, title: str) -> None:
    for variant, points in lines.items():
        line = back_end_curve(axes, look, variant, list(points), list(points.values()))
        least, most = min(points, key=points.get), max(points, key=points.get)
        picture.tip(line, f"{variant} on {title}: from {units.nanoseconds(points[least])} at {least} B"
                          f" to {units.nanoseconds(points[most])} at {most} B")
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = sorted({size for points in lines.values() for size in points})
    ticks = [tick for tick in _TICKS if sizes[0] <= tick <= sizes[-1]] or [sizes[0], sizes[-1]]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([units.round_bytes(tick) if tick >= 1024 else f"{tick} B" for tick in ticks],
                         size=7, color=MUTED)
    times = [time for points in lines.values() for time in points.values()]
    low, high = min(times) / 1.2, max(times) * 1.2
    axes.set_ylim(low, high)
    marks = [step * 10.0**power for power in range(-1, 7) for step in (1, 2, 5)
             if low <= step * 10.0**power <= high]
    axes.yaxis.set_major_locator(FixedLocator(marks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_yticklabels([f"{mark:g} ns" if mark < 1000 else f"{mark / 1000:g} µs" for mark in marks],
                         size=7, color=MUTED)
    axes.grid(True)


FIGURE = FigureKind(
    name="size-sweep",
    title="Raw calls: time per operation by the size of the blocks",
    caption="Each line is one back end's median time per operation as the size of the blocks grows; lower"
            " is faster. Both axes are logarithmic. Point at a line for its least and greatest value; the"
            " ratios with their intervals stand in the table of raw cells.",
    draw=draw)
