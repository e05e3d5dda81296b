"""This module is the table of throughput by the number of threads."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from .entries import Table, number, text
from .matrix import cells_in_order

RATE = "ops_per_second"


def throughputs(analysis: Analysis) -> dict[tuple[str, str, str], dict[int, float]]:
    """(work, collector, back end) → threads → operations a second, where that is known."""
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for cell in cells_in_order(analysis):
        rate = cell.value(RATE)
        if rate == rate:
            found.setdefault((cell.work, cell.collector, cell.variant), {})[cell.threads] = rate
    return found


def scaling_table(analysis: Analysis) -> Table:
    """Throughput by threads, and the most threads' over the fewest's."""
    told = {key: points for key, points in throughputs(analysis).items() if len(points) > 1}
    counts = sorted({threads for points in told.values() for threads in points})
    heads = [("work", ""), ("collector", ""), ("back end", "")]
    heads += [(f"{threads} thread{'s' if threads > 1 else ''}", "operations a second")
              for threads in counts]
    heads.append(("gain", "the most threads' over the fewest's"))
    rows = []
    for (work, collector, variant), points in told.items():
        gain = points[max(points)] / points[min(points)]
        rows.append([text(work), text(collector), text(variant, "name"),
                     *[number(points.get(threads, float("nan")), units.rate(points.get(threads)))
                       for threads in counts], number(gain, units.ratio(gain))])
    return Table(heads, rows)
