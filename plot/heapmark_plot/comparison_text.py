"""This module is how a comparison is printed, so that a person can read it in 100 columns and a
program can read all of it. What the text cuts short, the JSON has in full."""

from __future__ import annotations

import json
import math
import textwrap
from itertools import groupby

from . import units
from .compare_runs import (BETTER, LESS, LEVEL, MORE, WORSE, Compared, Comparison, MetricResult,
                           Summary)
from .measured import KINDS, Metric
from .statistics.compare import BAND, EQUAL, FASTER, SLOWER, UNCLEAR
from .summary import printable
from .words import plural

WIDTH = 100
_NAME = 22
_SHOWN = 3


def comparison_text(comparison: Comparison) -> str:
    """Metrics by kind, in each a table of cells; then a line a metric; then what to doubt."""
    lines = [_title(comparison)]
    for kind in KINDS:
        of_kind = [result for result in comparison.results if result.metric.kind == kind]
        for result in of_kind:
            lines += ["", _heading(result.metric), *_table(comparison, result)]
    lines += ["", "Summary: geometric means over cells", _summary_head(comparison)]
    lines += [line for result in comparison.results for line in _summary_lines(result)]
    lines += _notes(comparison)
    return page(lines)


def comparison_json(comparison: Comparison) -> str:
    """The whole comparison as one JSON object."""
    document = {
        "record": "comparison", "by": comparison.by, "baseline": comparison.baseline,
        "filter": comparison.filter, "level": LEVEL, "band": BAND,
        "base": _run_json(comparison.base), "new": _run_json(comparison.new),
        "doubts": comparison.doubts, "only_in_base": comparison.only_base,
        "only_in_new": comparison.only_new,
        "metrics": [_result_json(result) for result in comparison.results],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def page(lines: list[str]) -> str:
    """`lines` as text without control characters, too long ones broken between words; a cell's name
    is one word."""
    return "\n".join(part for line in lines for part in _broken(printable(line))) + "\n"


def _broken(line: str) -> list[str]:
    """The parts of a line; its indent stays, even before a word that is too long."""
    words = line.lstrip()
    return textwrap.wrap(words, WIDTH, initial_indent=line[:len(line) - len(words)],
                         subsequent_indent="    ", break_on_hyphens=False,
                         break_long_words=False) or [""]


def _title(comparison: Comparison) -> str:
    if comparison.by:
        return f"{comparison.new.name}: {comparison.by}s against {comparison.baseline}"
    return f"{comparison.new.name} against {comparison.base.name}"


def _heading(metric: Metric) -> str:
    better = {"lower": "lower is better", "higher": "higher is better"}.get(metric.direction)
    return f"{metric.name} ({metric.kind}{f', {better}' if better else ''})"


def _table(comparison: Comparison, result: MetricResult) -> list[str]:
    """A heading for each work and collector (or back end), a line for each cell below it."""
    head = _line(comparison.by or "back end", "base", "new", "ratio", "95 % interval", "verdict")
    lines = [head]
    for place, entries in groupby(result.entries, key=lambda entry: _place(comparison, entry)):
        lines.append(f" {place}")
        lines += [_entry_line(comparison, result.metric, entry) for entry in entries]
    return lines


def _place(comparison: Comparison, entry: Compared) -> str:
    new = entry.pair.new
    return f"{new.row} · {new.variant if comparison.by == 'collector' else new.collector}"


def _entry_line(comparison: Comparison, metric: Metric, entry: Compared) -> str:
    pair = entry.pair
    name = pair.new.collector if comparison.by == "collector" else pair.new.variant
    verdict = f"{entry.verdict} ({entry.note})" if entry.note else entry.verdict
    return _line(name, units.by_unit(pair.base.median, metric.unit),
                 units.by_unit(pair.new.median, metric.unit), units.ratio(entry.value),
                 _interval(entry), verdict)


def _interval(entry: Compared | Summary) -> str:
    return units.ratio_interval(entry.low, entry.high)


def _line(name: str, base: str, new: str, ratio: str, interval: str, verdict: str) -> str:
    return (f"  {_cut(name, _NAME):<{_NAME}} {base:>10} {new:>10} {ratio:>8}  {interval:>13}"
            f"  {verdict}").rstrip()


def _summary_head(comparison: Comparison) -> str:
    return _summary_line("metric", comparison.by or "", "ratio", "95 % interval", "verdict",
                         ("better", "equal", "worse", "unclear"))


def _summary_lines(result: MetricResult) -> list[str]:
    return [_summary_line(result.metric.name, summary.label, units.ratio(summary.value),
                          _interval(summary), summary.verdict, _counted(summary))
            for summary in result.summaries]


def _counted(summary: Summary) -> tuple:
    """How many cells are better (faster, less), equal, worse and unclear."""
    groups = ((FASTER, BETTER, LESS), (EQUAL,), (SLOWER, WORSE, MORE), (UNCLEAR,))
    return tuple(sum(summary.verdicts[verdict] for verdict in group) for group in groups)


def _summary_line(metric: str, label: str, ratio: str, interval: str, verdict: str,
                  counts: tuple) -> str:
    return (f"  {_cut(metric, 28):<28} {_cut(label, 12):<12} {ratio:>7} {interval:>13} {verdict:<7}"
            f"{counts[0]:>7}{counts[1]:>6}{counts[2]:>6}{counts[3]:>8}")


def _notes(comparison: Comparison) -> list[str]:
    lines = [""]
    for words, names in (("base", comparison.only_base), ("new one", comparison.only_new)):
        if names:
            shown = names[:_SHOWN] + ["…"] * (len(names) > _SHOWN)
            lines.append(f"Only the {words} has {plural(len(names), 'cell')}: {', '.join(shown)}")
    if comparison.doubts:
        lines += ["To bear in mind:"] + [f"  {doubt}" for doubt in comparison.doubts]
    counted = sum(len(result.entries) for result in comparison.results)
    lines.append(f"{plural(len(comparison.results), 'metric')}, {plural(counted, 'ratio')}; intervals"
                 " are simultaneous over the cells of a metric;"
                 f" equal: within ±{BAND * 100:g} %.")
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width - 1]}…"


def _run_json(run) -> dict:
    environment = run.run.environment
    return {"folder": str(run.run.folder), **{name: environment.get(name) for name in (
        "run", "profile", "state", "started_at", "heapmark", "git_commit", "git_dirty")}}


def _result_json(result: MetricResult) -> dict:
    metric = result.metric
    return {"name": metric.name, "unit": metric.unit, "direction": metric.direction,
            "kind": metric.kind, "cells": [_entry_json(entry) for entry in result.entries],
            "summary": [_summary_json(summary) for summary in result.summaries]}


def _entry_json(entry: Compared) -> dict:
    new, base = entry.pair.new, entry.pair.base
    return {"cell": new.cell, "base_cell": base.cell, "work": new.work, "backend": new.variant,
            "collector": new.collector, "base": number(base.median), "new": number(new.median),
            "base_samples": len(base.values), "new_samples": len(new.values),
            "ratio": number(entry.value), "low": number(entry.low), "high": number(entry.high),
            "p": number(entry.p), "work_done": number(entry.pair.amount),
            "verdict": entry.verdict, "note": entry.note or None}


def _summary_json(summary: Summary) -> dict:
    return {"label": summary.label or None, "cells": summary.cells, "ratio": number(summary.value),
            "low": number(summary.low), "high": number(summary.high), "verdict": summary.verdict,
            "verdicts": dict(sorted(summary.verdicts.items()))}


def number(value: float) -> float | None:
    """A number as JSON has it: what is not known is null."""
    return None if value is None or math.isnan(value) or math.isinf(value) else float(value)
