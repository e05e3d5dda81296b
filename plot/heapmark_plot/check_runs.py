"""This module is the gate: whether a run is proven not to be worse than its base by more than a
bound, so that a pipeline can stop a regression and never stops, or passes, by chance.

A cell is **below** the bound where its whole simultaneous interval is, a **regression** where its
whole interval is above, and **open** in between. What cannot be told is open too: a cell of the base
that the new run lacks or has no valid sample of, a metric without an interval, and every time and
latency of runs that their A/A control calls contaminated. Outcome: `regression` where there is one,
else `unstable` where anything is open, else `passed`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import units
from .compare_runs import Compared, Comparison, MetricResult
from .comparison import compare_two
from .comparison_text import page
from .errors import InputError
from .measured import MeasuredRun
from .words import join, plural

#: What is gated by default: time and memory, one each.
METRICS = ("ns_per_op", "peak_rss_bytes")
BOUND_PERCENT = 5.0
MOST_PERCENT = 1000.0

PASSED, REGRESSION, UNSTABLE = "passed", "regression", "unstable"


@dataclass(frozen=True)
class Finding:
    """A cell that does not pass, with what is known of it."""

    metric: str
    cell: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says: regressions are proven, open ones could not be told."""

    comparison: Comparison
    percent: float
    below: dict[str, int]
    regressions: list[Finding]
    open: list[Finding]

    @property
    def outcome(self) -> str:
        return REGRESSION if self.regressions else UNSTABLE if self.open else PASSED


def check_two(base: MeasuredRun, new: MeasuredRun, percent: float,
              names: list[str] | None = None, pattern: str | None = None) -> Verdict:
    """Checks every cell of `base` that `pattern` lets through, on the metrics `names`."""
    if not 0 <= percent <= MOST_PERCENT:
        raise InputError(f"--max-regression {percent:g} is not a number of percent from 0 to"
                         f" {MOST_PERCENT:g}, such as 5")
    comparison = compare_two(base, new, list(names or METRICS), pattern)
    _refuse_undirected(comparison)
    disturbed = [run.name for run in (base, new) if any(c.contaminated for c in run.controls())]
    below, regressions, still_open = {}, [], []
    for result in comparison.results:
        name = result.metric.name
        distrust = disturbed if result.metric.kind != "memory" else []
        passed, worse, unknown = _sort(result, 1 + percent / 100, distrust)
        below[name] = passed
        regressions += worse
        still_open += unknown + _vanished(comparison, result)
    return Verdict(comparison, percent, below, regressions, still_open)


def _refuse_undirected(comparison: Comparison) -> None:
    for result in comparison.results:
        if result.metric.direction == "none":
            raise InputError(f"--metric: more of {result.metric.name} is neither better nor worse, so"
                             " there is no regression in it; `heapmark list metrics` tells directions")


def _vanished(comparison: Comparison, result: MetricResult) -> list[Finding]:
    """Cells that have the metric in the base and nothing of it in the new run."""
    told = {entry.pair.new.cell for entry in result.entries}
    asked = comparison.common | set(comparison.only_base)
    return [Finding(result.metric.name, cell, "is not in the new run" if cell in comparison.only_base
                    else f"has no {result.metric.kind} sample in the new run")
            for cell in comparison.base.cells_with(result.metric) if cell in asked - told]


def _sort(result: MetricResult, bound: float, disturbed: list[str]) -> tuple[int, list, list]:
    """How many cells are below the bound, and the findings: regressions, open ones."""
    below, regressions, still_open = 0, [], []
    for entry in result.entries:
        if not len(entry.pair.base.values):
            continue  # the base knows nothing to fall behind
        low, high = _cost(result, entry)
        told = _told(result, entry)
        cell = entry.pair.new.cell
        if math.isnan(low) or math.isnan(high):
            still_open.append(Finding(result.metric.name, cell, f"{told}: {entry.note}"))
        elif disturbed:
            still_open.append(Finding(result.metric.name, cell, f"{told}: {join(disturbed)}"
                                      " contaminated by the A/A control"))
        elif high < bound or high == low == 1:
            below += 1
        elif low > bound:
            regressions.append(Finding(result.metric.name, cell, told))
        else:
            still_open.append(Finding(result.metric.name, cell, f"{told}: the interval holds the bound"))
    return below, regressions, still_open


def _cost(result: MetricResult, entry: Compared) -> tuple[float, float]:
    """The interval of how much worse `new` is: above 1 is worse, whatever the direction."""
    if result.metric.direction == "higher":
        return 1 / entry.high, 1 / entry.low
    return entry.low, entry.high


def _told(result: MetricResult, entry: Compared) -> str:
    unit = result.metric.unit
    return (f"{units.by_unit(entry.pair.base.median, unit)} then,"
            f" {units.by_unit(entry.pair.new.median, unit)} now, {units.ratio(entry.value)}"
            f" ({units.ratio_interval(entry.low, entry.high)})")


def check_text(verdict: Verdict) -> str:
    """What was checked, each finding, and the outcome."""
    comparison = verdict.comparison
    lines = [f"{comparison.new.name} against {comparison.base.name},"
             f" at most +{verdict.percent:g} %"]
    for metric, below in verdict.below.items():
        counts = [sum(finding.metric == metric for finding in findings)
                  for findings in (verdict.regressions, verdict.open)]
        lines.append(f"  {metric}: {plural(below, 'cell')} below the bound, {counts[0]} above,"
                     f" {counts[1]} not to be told")
    for title, findings in (("Regressions:", verdict.regressions), ("Not to be told:", verdict.open)):
        if findings:
            lines.append(title)
        for finding in findings:
            lines += [f"  {finding.cell}", f"    {finding.metric}: {finding.text}"]
    if comparison.doubts:
        lines += ["To bear in mind:"] + [f"  {doubt}" for doubt in comparison.doubts]
    return page(lines + [_outcome(verdict)])


def _outcome(verdict: Verdict) -> str:
    if verdict.outcome == REGRESSION:
        return f"Regression: {plural(len(verdict.regressions), 'figure')} proven worse than the bound."
    if verdict.outcome == UNSTABLE:
        return (f"Unstable: {plural(len(verdict.open), 'figure')} could not be told; more repetitions"
                " or a quieter machine would.")
    return "Passed: every figure is proven below the bound."
