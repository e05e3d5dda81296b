"""This module is an exec run in a terminal: a block a metric, a line an allocator; and the same as
JSON for programs."""

from __future__ import annotations

import json

import numpy as np

from . import units
from .exec_analysis import COMPARED, SHOWN, ExecAnalysis
from .style import printable


def exec_text(analysis: ExecAnalysis) -> str:
    """The table, what to note, and the invalid samples; no control characters of others'."""
    width = max([len(label) for label in analysis.labels] + [8])
    lines = []
    for metric, title in COMPARED.items():
        lines += _block(analysis, metric, title, width)
    lines += _invalid(analysis)
    lines += [f"note: {note}" for note in analysis.notes]
    lines.append(f"report: heapmark report {analysis.run.folder}")
    return "\n".join(printable(line).rstrip() for line in lines) + "\n"


def _block(analysis: ExecAnalysis, metric: str, title: str, width: int) -> list[str]:
    lines = [f"{title:<{width + 2}}  {'median':>9}  {'vs ' + analysis.baseline:>12}"
             f"  {'95 % interval':>13}  {'verdict':<8}  valid"]
    for label in analysis.labels:
        valid, count = analysis.counts(label)
        median = units.by_unit(analysis.medians[label, metric].value, analysis.unit(metric))
        lines.append(f"  {label:<{width}}  {median:>9}  {_ratio_words(analysis, label, metric)}"
                     f"  {valid} of {count}")
    return lines + [""]


def _ratio_words(analysis: ExecAnalysis, label: str, metric: str) -> str:
    ratio = analysis.ratios.get((label, metric))
    if label == analysis.baseline:
        shown = ("1×", "", "baseline")
    elif ratio is None:
        shown = (units.MISSING, units.MISSING, "")
    else:
        shown = (units.ratio(ratio.value), units.ratio_interval(ratio.low, ratio.high),
                 ratio.verdict)
    return f"{shown[0]:>12}  {shown[1]:>13}  {shown[2]:<8}"


def _invalid(analysis: ExecAnalysis) -> list[str]:
    """Each reason once, with the samples it is of."""
    reasons: dict[str, list[str]] = {}
    for sample in analysis.invalid:
        reasons.setdefault(sample["reason"] or "", []).append(sample["id"])
    lines = [f"invalid: {', '.join(ids)}: {reason}" for reason, ids in reasons.items()]
    return lines + [""] if lines else []


def exec_json(analysis: ExecAnalysis) -> str:
    """The same for programs; NaN is null."""
    variants = []
    for label in analysis.labels:
        valid, count = analysis.counts(label)
        variants.append({
            "label": label, "valid": valid, "samples": count,
            "metrics": {metric: _median_json(analysis.medians[label, metric])
                        for metric in [*COMPARED, *SHOWN]},
            "ratios": {metric: _ratio_json(analysis.ratios[label, metric]) for metric in COMPARED
                       if (label, metric) in analysis.ratios}})
    document = {"run": analysis.run.environment["run"], "folder": str(analysis.run.folder),
                "baseline": analysis.baseline, "variants": variants,
                "invalid": [{"id": sample["id"], "reason": sample["reason"]}
                            for sample in analysis.invalid],
                "notes": analysis.notes}
    return json.dumps(document, indent=1) + "\n"


def _number(value) -> float | None:
    return float(value) if np.isfinite(value) else None


def _median_json(median) -> dict:
    return {"median": _number(median.value), "low": _number(median.low),
            "high": _number(median.high), "count": median.count}


def _ratio_json(ratio) -> dict:
    return {"value": _number(ratio.value), "low": _number(ratio.low), "high": _number(ratio.high),
            "verdict": ratio.verdict, "p": _number(ratio.p)}
