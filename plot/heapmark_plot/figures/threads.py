"""This figure is how throughput grows with threads: one panel a work and collector, a line a back
end, beside what it would be if each thread did as much as one alone."""

from __future__ import annotations

from collections import defaultdict

from .. import units
from ..style import FAINT, MUTED, Look, shorten
from ..tables.threads import scaling_table, throughputs
from . import grid as layout
from .curves import back_end_curve, curve_sheet, legend_entries
from .picture import Absent, FigureKind, Picture

_COLUMNS = 3


def draw(analysis) -> list[Picture] | Absent:
    """Small multiples, three in a row; sweeps over sizes are left to their own figure."""
    panels = _panels(analysis)
    if not panels:
        return Absent("No work ran on more than one number of threads.")
    variants = [name for name in analysis.variants
                if any(name in lines for lines in panels.values())]
    look = Look(analysis.palette)
    columns = min(_COLUMNS, len(panels))
    ideal = ({"color": FAINT, "linestyle": "--", "linewidth": 1.0, "marker": ""},
             "the best one's first value, times threads")
    sheet, _ = curve_sheet((len(panels) + columns - 1) // columns, columns, 1.5,
                           [*legend_entries(look, variants), ideal])
    picture = Picture(sheet.figure, "Operations a second against the number of threads, by back end.")
    for place, (title, lines) in enumerate(panels.items()):
        axes = sheet.axes[place // columns][place % columns]
        left, top = sheet.place(place // columns, place % columns)
        sheet.text(left, top - 0.12, shorten(title, int(sheet.panel_width / 0.068)), weight="bold",
                   size=8, va="center")
        _draw_panel(picture, axes, lines, look, title)
    for unused in range(len(panels), len(sheet.axes) * columns):
        sheet.axes[unused // columns][unused % columns].set_axis_off()
    return [picture]


def _panels(analysis) -> dict[str, dict[str, dict[int, float]]]:
    """Title → back end → threads → operations a second; where there are two numbers of threads."""
    swept = {work for work, _ in analysis.sweeps}
    panels: dict = defaultdict(dict)
    for (work, collector, variant), points in throughputs(analysis).items():
        base = "/".join(part for part in work.split("/") if not part.startswith("size:"))
        if len(points) > 1 and base not in swept:
            title = work if collector == "none" else f"{work} · {collector}"
            panels[title][variant] = points
    return dict(panels)


def _draw_panel(picture: Picture, axes, lines, look: Look, title: str) -> None:
    counts = sorted({threads for points in lines.values() for threads in points})
    highest = max(value for points in lines.values() for value in points.values())
    first = max((points.get(counts[0], 0.0) for points in lines.values()), default=0.0)
    axes.set_ylim(0, highest * 1.12)
    axes.set_xlim(counts[0] - 0.15 * (counts[-1] - counts[0]),
                  counts[-1] + 0.15 * (counts[-1] - counts[0]))
    ideal = [first * threads / counts[0] for threads in counts]
    axes.plot(counts, ideal, color=FAINT, linewidth=1.0, linestyle="--", zorder=1)
    for variant, points in lines.items():
        line = back_end_curve(axes, look, variant, sorted(points),
                              [points[threads] for threads in sorted(points)])
        line.set_markevery(None)
        told = ", ".join(f"{units.rate(points[threads])} on {threads}" for threads in sorted(points))
        picture.tip(line, f"{variant} on {title}: {told}")
    axes.set_xticks(counts, [f"{threads}" for threads in counts], size=7, color=MUTED)
    ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= highest * 1.12]
    axes.set_yticks(ticks, [units.rate(tick) if tick else "0" for tick in ticks], size=7, color=MUTED)
    axes.grid(axis="y")


def _figure(name: str, title: str) -> FigureKind:
    return FigureKind(
        name=name, title=title,
        caption="Operations of all threads together in a second of wall time (medians), by the number of"
                " threads: higher is faster. The broken line is what the best back end on the fewest"
                " threads would reach if every thread did as much. Where threads outnumber the cores it"
                " cannot be followed.",
        draw=draw, table=scaling_table)


FIGURE = _figure("threads", "What more threads bring")
RAW_FIGURE = _figure("raw-threads", "Raw calls: what more threads bring")
