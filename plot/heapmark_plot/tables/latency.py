"""This module is the table of latencies: percentiles of calls, rounds and pauses, and how much of a
window was left to the program."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from ..histograms import Histogram
from ..latency import CellLatency
from .entries import CELL_HEADS, Entry, Table, cell_entries, number
from .matrix import cells_in_order

_CALLS = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))
_PAUSES = (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
_WINDOW_NS = 1e7


def latency_table(analysis: Analysis) -> Table:
    """The percentiles of each cell with a valid latency sample."""
    heads = list(CELL_HEADS)
    for name in ("malloc", "free", "round"):
        heads += [(f"{name} {word}", f"of the sampled {name}s, all samples of the cell merged")
                  for word, _ in _CALLS]
    for name in ("pause", "cascade"):
        words = "collections" if name == "pause" else "cascades of over 128 deallocations"
        heads += [(f"{name} {word}", f"of the {words}") for word, _ in _PAUSES]
    heads += [("MMU 10 ms", "the least share of any 10 ms that collections and cascades left"),
              ("counted", "mallocs + rounds + pauses")]
    return Table(heads, [_row(cell, analysis.latencies[cell.key]) for cell in cells_in_order(analysis)
                         if cell.key in analysis.latencies])


def _row(cell, own) -> list[Entry]:
    row = cell_entries(cell)
    for name in ("malloc", "free", "round"):
        row += _quantiles(own, name, own.calls[name], _CALLS)
    row += _quantiles(own, "pause", own.pauses, _PAUSES)
    row += _quantiles(own, "cascade", own.cascades, _PAUSES)
    at = own.mmu[own.mmu[:, 0] == _WINDOW_NS, 1]
    share = float(at[0]) if len(at) else float("nan")
    counts = [own.calls["malloc"].count, own.calls["round"].count, own.pauses.count]
    return row + [number(share, units.percent(share)),
                  Entry(" + ".join(units.count(one) for one in counts), repr(sum(counts)),
                        "number quiet")]


def _quantiles(own: CellLatency, name: str, histogram: Histogram, shares) -> list[Entry]:
    values = [float(histogram.quantile(share)) for _, share in shares]
    return [number(value, own.told(name, value)) for value in values]
