"""This module is what to compare with what: the metrics asked for, the cells that the filter lets
through, and their pairs, so that bad questions are refused before anything is computed."""

from __future__ import annotations

import difflib
import re

import numpy as np

from .compare_runs import Comparison, MetricResult, Pair, compare_metric, in_kind
from .doubts import doubts_between, doubts_within
from .errors import InputError
from .measured import Measured, MeasuredRun, Metric
from .words import join

#: What a comparison within a run goes along.
AXES = ("backend", "collector")


def compare_two(base: MeasuredRun, new: MeasuredRun, names: list[str] | None = None,
                pattern: str | None = None) -> Comparison:
    """The cells that both runs have, matched by name; a run without any in common is bad input."""
    theirs, ours = (set(_chosen(run, pattern)) for run in (base, new))
    common = theirs & ours
    if not common:
        matching = f" that matches '{pattern}'" if pattern else ""
        raise InputError(f"{new.run.folder} has no cell{matching} in common with {base.run.folder};"
                         " compare runs of the same works, back ends and collectors")
    results = []
    for metric in choose_metrics([base, new], names):
        before, after = base.measure(metric, False), new.measure(metric, False)
        amounts = _amounts(metric, base, new)
        pairs = [Pair("", after[name], before[name], amounts.get(after[name].work, 1.0))
                 for name in _in_order(new, after) if name in common and name in before]
        results += _result(metric, pairs)
    return Comparison(new, base, results, filter=pattern, common=common,
                      doubts=doubts_between(base, new, common), only_base=sorted(theirs - ours),
                      only_new=sorted(ours - theirs))


def compare_within(run: MeasuredRun, by: str, baseline: str | None = None,
                   names: list[str] | None = None, pattern: str | None = None) -> Comparison:
    """The cells of a run against those that differ from them in the axis `by` alone."""
    axis = "variant" if by == "backend" else "collector"
    chosen = set(_chosen(run, pattern))
    if not chosen:
        raise InputError(f"{run.run.folder} has no cell that matches '{pattern}'")
    baseline = _baseline(run, by, axis, baseline)
    results = []
    for metric in choose_metrics([run], names):
        cells = run.measure(metric, True)
        bases = {_apart_from(cell, axis): cell for cell in cells.values()
                 if getattr(cell, axis) == baseline}
        others = [cells[name] for name in _in_order(run, cells)
                  if name in chosen and getattr(cells[name], axis) != baseline]
        pairs = [Pair(getattr(cell, axis), cell, bases[_apart_from(cell, axis)])
                 for cell in others if _apart_from(cell, axis) in bases]
        results += _result(metric, pairs)
    if not results:
        raise InputError(f"{run.run.folder} has nothing to compare by {by}: no cell differs from one"
                         f" of {baseline} in its {_words(by)} alone")
    return Comparison(run, run, results, by=by, baseline=baseline, filter=pattern,
                      doubts=doubts_within(run))


def choose_metrics(runs: list[MeasuredRun], names: list[str] | None) -> list[Metric]:
    """The metrics asked for, each with the kind it is read from; all with a direction by default."""
    known = runs[0].metrics()
    for name in names or []:
        missing = [run for run in runs if name not in run.metrics()]
        if missing:
            raise InputError(f"no metric '{name}'{_near(name, known)}")
    wanted = [known[name] for name in dict.fromkeys(names)] if names else \
        [metric for metric in known.values() if metric.direction != "none"]
    found = []
    for metric in wanted:
        settled = in_kind(metric, runs)
        if settled is not None and all(metric.name in run.metrics() for run in runs):
            found.append(settled)
        elif names:
            without = next((run for run in runs if not run.kinds_with(metric)), runs[-1])
            raise InputError(f"metric '{metric.name}': {without.run.folder} has no value of it")
    if not found:
        raise InputError(f"{runs[0].run.folder} and {runs[-1].run.folder} have no metric in common")
    return found


def _near(name: str, known) -> str:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {join(near, 'or')}?" if near else \
        "; `heapmark list metrics` prints their names"


def _result(metric: Metric, pairs: list[Pair]) -> list[MetricResult]:
    return [compare_metric(metric, pairs)] if pairs else []


def _chosen(run: MeasuredRun, pattern: str | None) -> list[str]:
    """The names of the cells that `pattern` lets through."""
    names = list(dict.fromkeys(run.cells["cell"]))
    if pattern is None:
        return names
    try:
        expression = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise InputError(f"--filter: '{pattern}' is not a regular expression: {error}") from None
    return [name for name in names if expression.search(name)]


def _in_order(run: MeasuredRun, cells: dict[str, Measured]) -> list[str]:
    """The names of `cells` as the plan orders works, collectors and back ends."""
    plan = run.run.environment["plan"]
    works = {work["work"]: place for place, work in enumerate(plan["works"])}
    collectors = {name: place for place, name in enumerate(plan["collectors"])}
    variants = {name: place for place, name in enumerate(plan["backends"])}

    def place(name: str) -> tuple:
        cell = cells[name]
        backend = cell.variant.split(" ")[0]
        return (works.get(cell.work, len(works)), cell.row,
                collectors.get(cell.collector, len(collectors)), cell.collector,
                variants.get(backend, len(variants)), cell.variant)

    return sorted(cells, key=place)


def _apart_from(cell: Measured, axis: str) -> tuple:
    """What identifies a cell but for `axis`."""
    return (cell.row, cell.collector) if axis == "variant" else (cell.row, cell.variant)


def _words(by: str) -> str:
    return {"backend": "back end"}.get(by, by)


def _baseline(run: MeasuredRun, by: str, axis: str, asked: str | None) -> str:
    """The base's label: the one asked for, the run's own, or `none` of the collectors."""
    labels = list(dict.fromkeys(run.cells[axis]))
    usual = run.run.baseline if by == "backend" else "none"
    if asked is not None:
        if asked not in labels:
            raise InputError(f"--baseline: '{asked}' is not a {_words(by)} of this run; it has"
                             f" {join(sorted(labels), 'and')}")
        return asked
    return usual if usual in labels else labels[0]


def _amounts(metric: Metric, base: MeasuredRun, new: MeasuredRun) -> dict[str, float]:
    """How much of each work the new run did for each time that the base did it, where `metric` may
    grow with it and they differ; NaN: not known."""
    if not metric.grows_with_work:
        return {}
    before, after = base.amounts(metric.kind), new.amounts(metric.kind)
    return {work: after[work] / before[work] if before[work] > 0 and after[work] > 0 else np.nan
            for work in set(before) & set(after) if before[work] != after[work]}
