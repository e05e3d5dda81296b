"""This module is a run as a table in Markdown, so that a pull request or a job's summary shows what
the terminal's summary does."""

from __future__ import annotations

import re

from .. import units
from ..analysis import MEMORY_METRIC, TIME_METRIC, Analysis, Cell, analyse
from ..load import Run
from ..summary import printable
from ..words import answer

_HEADS = ("work", "collector", "back end", "time/op", "ratio", "95 % interval", "verdict",
          "peak RSS net")
_RIGHT = (3, 4, 5, 7)


def export(run: Run) -> bytes:
    """The answer, the table of all cells, and what to bear in mind."""
    analysis = analyse(run)
    told = answer(analysis)
    lines = [f"### heapmark: {_safe(run.name)}", "", f"{_safe(told.headline)}.", "",
             _row(_HEADS), _row(["---:" if place in _RIGHT else "---" for place in range(len(_HEADS))])]
    lines += [_row([_safe(text) for text in _cells(analysis, cell)]) for cell in _ordered(analysis)]
    lines += ["", f"Ratios are to {_safe(analysis.baseline)}; intervals hold together for all cells;"
              f" measured by heapmark {_safe(run.environment.get('heapmark', ''))}."]
    lines += [f"- **{_safe(warning.title)}**: {_safe(warning.text)}" for warning in told.warnings]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _ordered(analysis: Analysis) -> list[Cell]:
    found = [analysis.cell(row, variant, collector) for row in analysis.rows
             for collector in analysis.collectors for variant in analysis.variants]
    return [cell for cell in found if cell is not None]


def _cells(analysis: Analysis, cell: Cell) -> tuple:
    ratio = cell.time_ratio
    peak = units.byte_count(cell.value(MEMORY_METRIC))
    if not cell.time_values.count:
        told = (units.MISSING, units.MISSING, units.MISSING, "invalid")
    elif ratio is None:
        base = cell.variant == analysis.baseline
        told = (units.nanoseconds(cell.value(TIME_METRIC)), "1×" if base else units.MISSING, "",
                "baseline" if base else "")
    else:
        told = (units.nanoseconds(cell.value(TIME_METRIC)), units.ratio(ratio.value),
                units.ratio_interval(ratio.low, ratio.high), ratio.verdict)
    return cell.row, cell.collector, cell.variant, *told, peak


def _row(texts) -> str:
    return f"| {' | '.join(texts)} |"


def _safe(text) -> str:
    """Text as Markdown shows it: no mark of its own, no HTML, no line of its own."""
    return re.sub(r"([\\`*_|\[\]<>#])", r"\\\1", printable(" ".join(str(text).split())))
