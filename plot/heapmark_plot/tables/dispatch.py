"""This module is the table of what calls cost: a back end with its calls inlined beside the same one
called through its table."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from ..cells import TIME_METRIC, Cell
from ..frames import main_linkage
from ..matrix import called_twin
from .entries import CELL_HEADS, Table, cell_entries, number, ratio_entry
from .matrix import cells_in_order


def dispatch_cells(analysis: Analysis) -> list[Cell]:
    """The cells with inlined calls that have a ratio to their twin, in the order of the report."""
    return [cell for cell in cells_in_order(analysis)
            if cell.dispatch_ratio is not None and cell.dispatch_ratio.value > 0]


def dispatch_table(analysis: Analysis) -> Table:
    """Both times, and their ratio."""
    heads = CELL_HEADS + [("called", "time an operation through the table"),
                          ("inlined", "time an operation with the calls compiled in"),
                          ("inlined over called", ""), ("verdict", "")]
    usual = main_linkage(analysis.run)
    rows = []
    for cell in dispatch_cells(analysis):
        called = analysis.cell(cell.row, called_twin(cell, usual), cell.collector)
        times = [own.value(TIME_METRIC) for own in (called, cell)]
        rows.append(cell_entries(cell) + [number(time, units.nanoseconds(time)) for time in times]
                    + ratio_entry(cell.dispatch_ratio))
    return Table(heads, rows)
