"""This module is the short table at the end of `heapmark run`, so that the terminal already tells
what the report will. Plain text, no wider than 100 columns where names allow."""

from __future__ import annotations

from . import units
from .analysis import MEMORY_METRIC, TIME_METRIC, Analysis
from .words import answer


#: Paragraphs that stand here though they warn of nothing.
_ALWAYS = ("Over the soak", "What was given back")


def summary_text(analysis: Analysis) -> str:
    """Per work and collector a line a back end: time, ratio with interval, verdict, net peak."""
    width = max([len(name) for part in (analysis, analysis.raw) if part for name in part.variants] + [8])
    lines = _lines(analysis, width)
    if analysis.raw:
        lines += ["", "Raw calls"] + _lines(analysis.raw, width)
    told = answer(analysis)
    lines += ["", f"{told.headline}."]
    lines += [f"{paragraph.title}: {paragraph.text}" for paragraph in told.paragraphs
              if paragraph.warning or paragraph.title in _ALWAYS]
    return "\n".join(printable(line) for line in lines) + "\n"


def _lines(analysis: Analysis, width: int) -> list[str]:
    """A heading, and a block for each work and collector that has cells."""
    header = _line(width, "", "time/op", f"vs {analysis.baseline}", "95 % interval", "verdict",
                   "peak RSS net")
    lines = [header.rstrip()]
    for row in analysis.rows:
        for collector in analysis.collectors:
            block = _block(analysis, row, collector)
            if block:
                lines += [f"{row} · {collector}"] + [_line(width, *entry).rstrip() for entry in block]
    return lines


def _line(width: int, name: str, time: str, ratio: str, interval: str, verdict: str,
          peak: str) -> str:
    return (f"  {name:<{width}}  {time:>9}  {ratio:>9}  {interval:>13}  {verdict:<8}"
            f"  {peak:>12}")


def _block(analysis: Analysis, row: str, collector: str) -> list[tuple]:
    lines = []
    for variant in analysis.variants:
        cell = analysis.cell(row, variant, collector)
        if cell is None:
            continue
        peak = units.byte_count(cell.value(MEMORY_METRIC))
        if not cell.time_values.count:
            missing = "invalid" if cell.time_total else units.MISSING
            lines.append((variant, units.MISSING, units.MISSING, units.MISSING, missing, peak))
            continue
        ratio = cell.time_ratio
        if variant == analysis.baseline:
            shown = ("1×", "", "baseline")
        elif ratio is None:
            shown = (units.MISSING, units.MISSING, "")
        else:
            shown = (units.ratio(ratio.value), units.ratio_interval(ratio.low, ratio.high),
                     ratio.verdict)
        lines.append((variant, units.nanoseconds(cell.value(TIME_METRIC)), *shown, peak))
    return lines


def printable(line: str) -> str:
    """Labels come from people: no control character of theirs reaches the terminal."""
    return "".join(character if character.isprintable() else "?" for character in line)
