"""This module is the comparison of cells on any metric, so that two runs, or back ends or collectors
within one, are told apart by one rule: `heapmark compare`, `heapmark check` and the report's
comparison with an earlier run all take their ratios and verdicts from here.

A **pair** is two cells of which one is the base. A ratio is new over base, whatever the metric's
direction; the verdict knows the direction. The family of a metric is all its pairs: intervals are
simultaneous over it. Where two runs did different amounts of a work (each calibrates its batches),
a metric that may grow with the work gets an interval wide enough for both: that the amount changed
it in full, and that it changed nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from .measured import KINDS, Measured, MeasuredRun, Metric
from .statistics.compare import (EQUAL, FASTER, SLOWER, UNCLEAR, Ratio, compare, make_ratio,
                                 simultaneous, verdict_of, welch_freedom)

LEVEL = 0.95
BETTER, WORSE, LESS, MORE = "better", "worse", "less", "more"

_NAN = float("nan")


@dataclass(frozen=True)
class Pair:
    """A pair before it is compared: `label` is what a summary line is about ("" for two runs)."""

    label: str
    new: Measured
    base: Measured
    amount: float = 1.0  #: the work done by `new` over that done by `base`, 1 where the metric
                         #: does not grow with it; NaN: not known


@dataclass(frozen=True)
class Compared:
    """A pair compared: new over base, its simultaneous interval (NaN: none), and the verdict."""

    pair: Pair
    value: float
    low: float
    high: float
    p: float
    error: float
    freedom: float
    verdict: str
    note: str = ""


@dataclass(frozen=True)
class Summary:
    """The geometric mean over the cells of one label, with its interval where all have one."""

    label: str
    cells: int
    value: float
    low: float
    high: float
    verdict: str
    verdicts: Counter


@dataclass(frozen=True)
class MetricResult:
    """A metric's family."""

    metric: Metric
    entries: list[Compared]
    summaries: list[Summary]


@dataclass(frozen=True)
class Comparison:
    """Everything that a comparison says."""

    new: MeasuredRun
    base: MeasuredRun
    results: list[MetricResult]
    by: str | None = None
    baseline: str | None = None
    filter: str | None = None
    doubts: list[str] = field(default_factory=list)
    common: set[str] = field(default_factory=set)
    only_base: list[str] = field(default_factory=list)
    only_new: list[str] = field(default_factory=list)


def compare_metric(metric: Metric, pairs: list[Pair]) -> MetricResult:
    """Compares the family `pairs` on `metric`; those that have no value on either side are no pairs."""
    pairs = [pair for pair in pairs if len(pair.new.values) or len(pair.base.values)]
    plain = {index: _plain(metric, pair) for index, pair in enumerate(pairs)}
    drawn = simultaneous({index: _cost_ratio(metric, pair) for index, pair in enumerate(pairs)
                          if plain[index] is None}, LEVEL)
    entries = [plain[index] or _from_ratio(metric, pair, drawn[index])
               for index, pair in enumerate(pairs)]
    labels = list(dict.fromkeys(pair.label for pair in pairs))
    summaries = [_summary(metric, label, [entry for entry in entries if entry.pair.label == label],
                          1 - (1 - LEVEL) / len(labels)) for label in labels]
    return MetricResult(metric, entries, summaries)


def in_kind(metric: Metric, runs: list[MeasuredRun]) -> Metric | None:
    """`metric` read from the first kind of sample of which all `runs` have values; None: there is none."""
    common = set(KINDS).intersection(*(run.kinds_with(metric) for run in runs))
    kinds = [kind for kind in KINDS if kind in common]
    return replace(metric, kind=kinds[0]) if kinds else None


def _plain(metric: Metric, pair: Pair) -> Compared | None:
    """What can be said without any statistics; None where it takes some."""
    new, base = pair.new, pair.base
    alike = replace(pair, amount=1.0)
    if not len(new.values) or not len(base.values):
        who = "new" if len(base.values) else "base"
        return Compared(alike, *[_NAN] * 6, UNCLEAR, f"no value in {who}")
    if not new.values.any() and not base.values.any():
        return Compared(alike, 1.0, 1.0, 1.0, _NAN, 0.0, _NAN, EQUAL, "0 in both")
    if metric.exact and new.single_valued and base.single_valued and new.median > 0 < base.median:
        value = new.median / base.median
        exact = Ratio(value, value, value, UNCLEAR, _NAN, 0.0, _NAN)
        # To the byte the same however much work was done: it does not grow with it.
        return _with_verdict(metric, alike if value == 1 else pair, exact, "exact")
    if min(new.values.min(), base.values.min()) <= 0:
        return Compared(alike, *[_NAN] * 6, UNCLEAR, "0 has no ratio")
    return None


def _cost_ratio(metric: Metric, pair: Pair) -> Ratio:
    """The ratio of costs: for a metric of which more is better, that of its reciprocals."""
    return compare(_cost(metric, pair.new.estimate), _cost(metric, pair.base.estimate), LEVEL)


def _cost(metric: Metric, own):
    return replace(own, log=-own.log) if metric.direction == "higher" else own


def _from_ratio(metric: Metric, pair: Pair, ratio: Ratio) -> Compared:
    note = ""
    if math.isnan(ratio.error):
        few = min(len(pair.new.values), len(pair.base.values)) < 2
        note = "one sample has no interval" if few else "no interval"
    if metric.direction == "higher":
        ratio = replace(ratio, value=1 / ratio.value, low=1 / ratio.high, high=1 / ratio.low)
    return _with_verdict(metric, pair, ratio, note)


def _with_verdict(metric: Metric, pair: Pair, ratio: Ratio, note: str) -> Compared:
    """The pair with the amounts of work in its interval, and what it comes to."""
    low, high = ratio.low, ratio.high
    if pair.amount != 1:
        if math.isnan(pair.amount):
            low = high = _NAN
            note = "amounts of work unknown"
        else:
            low, high = min(low, low / pair.amount), max(high, high / pair.amount)
            note = f"work done: {pair.amount:.3g}×"
    return Compared(pair, ratio.value, low, high, ratio.p, ratio.error, ratio.freedom,
                    verdict(metric, ratio.value, low, high), note)


def verdict(metric: Metric, value: float, low: float, high: float) -> str:
    """The verdict on new over base, in the metric's own words."""
    if metric.direction == "higher":
        value, low, high = 1 / value, 1 / high, 1 / low
    found = verdict_of(value, low, high)
    if found in (EQUAL, UNCLEAR) or (metric.is_time and metric.direction != "none"):
        return found
    words = {FASTER: LESS, SLOWER: MORE} if metric.direction == "none" else \
        {FASTER: BETTER, SLOWER: WORSE}
    return words[found]


def _summary(metric: Metric, label: str, entries: list[Compared], level: float) -> Summary:
    """Cells count alike. Their errors are independent: no two of one label share a cell."""
    counted = Counter(entry.verdict for entry in entries)
    told = [entry for entry in entries if not math.isnan(entry.value)]
    if not told:
        return Summary(label, 0, _NAN, _NAN, _NAN, UNCLEAR, counted)
    log = float(np.mean([math.log(entry.value) for entry in told]))
    low, high = _mean_interval(told, log, level)
    value = math.exp(log)
    return Summary(label, len(told), value, low, high, verdict(metric, value, low, high), counted)


def _mean_interval(told: list[Compared], log: float, level: float) -> tuple[float, float]:
    errors = np.array([entry.error for entry in told]) / len(told)
    if np.isnan(errors).any() or any(math.isnan(entry.low) for entry in told):
        return _NAN, _NAN
    noisy = errors > 0
    ratio = Ratio(math.exp(log), math.exp(log), math.exp(log), UNCLEAR, _NAN, 0.0, _NAN)
    if noisy.any():
        freedoms = np.array([entry.freedom for entry in told])[noisy]
        ratio = make_ratio(log, float(np.sqrt(np.square(errors[noisy]).sum())),
                           welch_freedom(errors[noisy], freedoms), level)
    amounts = np.array([math.log(entry.pair.amount) for entry in told])
    more, less = amounts.clip(min=0).mean(), (-amounts).clip(min=0).mean()
    return ratio.low * math.exp(-more), ratio.high * math.exp(less)
