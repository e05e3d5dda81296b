"""This module is the answer of an exec run in words: what the verdicts prove, and nothing more."""

from __future__ import annotations

import shlex

from . import units
from .exec_analysis import COMPARED, ExecAnalysis
from .statistics.compare import words_of
from .style import shorten


def headline(analysis: ExecAnalysis) -> str:
    """One sentence: the quickest that is proved to be, else what is not proved."""
    if not any(analysis.counts(label)[0] for label in analysis.labels):
        return "No sample is valid"
    if not analysis.counts(analysis.baseline)[0]:
        return f"No sample of {analysis.baseline} is valid, so nothing can be compared with it"
    better = _better(analysis, "wall_ns")
    if better:
        label, ratio = better[0]
        return f"{label} runs it in {units.ratio(ratio)} the time of {analysis.baseline}"
    smaller = _better(analysis, "peak_rss_bytes")
    if smaller:
        label, ratio = smaller[0]
        return (f"None is proved faster than {analysis.baseline}; {label} needs"
                f" {units.ratio(ratio)} its memory")
    if len(analysis.labels) < 2:
        return f"Only {analysis.baseline} ran: there is nothing to compare it with"
    return f"Nothing is proved better than {analysis.baseline}, in time or in memory"


def _better(analysis: ExecAnalysis, metric: str) -> list[tuple[str, float]]:
    """Variants proved to take less of `metric`, the best first."""
    word = words_of("lower", analysis.unit(metric))[0]
    found = [(label, ratio.value) for (label, own), ratio in analysis.ratios.items()
             if own == metric and ratio.verdict == word]
    return sorted(found, key=lambda entry: entry[1])


def findings(analysis: ExecAnalysis) -> list[tuple[str, str]]:
    """A title and a sentence for each compared metric."""
    return [(title[0].upper() + title[1:], _finding(analysis, metric))
            for metric, title in COMPARED.items()]


def _finding(analysis: ExecAnalysis, metric: str) -> str:
    base = analysis.medians[analysis.baseline, metric].value
    parts = [f"{analysis.baseline} takes {units.by_unit(base, analysis.unit(metric))}."]
    groups: dict[str, list[str]] = {}
    for label in analysis.labels:
        ratio = analysis.ratios.get((label, metric))
        if ratio is not None:
            shown = f"{label} {units.ratio(ratio.value)}"
            interval = units.ratio_interval(ratio.low, ratio.high)
            groups.setdefault(ratio.verdict, []).append(
                shown if interval == units.MISSING else f"{shown} ({interval})")
    good, bad = words_of("lower", analysis.unit(metric))
    for verdict in (good, "equal", bad, "unclear"):
        if verdict in groups:
            parts.append(f"{verdict[0].upper() + verdict[1:]}: {', '.join(groups[verdict])}.")
    return " ".join(parts)


def command_words(analysis: ExecAnalysis) -> str:
    """The program as a shell would take it."""
    return shlex.join(analysis.run.environment["program"]["arguments"])


def short_command(analysis: ExecAnalysis) -> str:
    """The program, short enough for a title."""
    return shorten(command_words(analysis), 72)


def preload_line(variant: dict) -> str | None:
    """How to run the program under this variant; None where nothing is set."""
    words = []
    if variant["python_malloc"]:
        words.append(f"PYTHONMALLOC={variant['python_malloc']}")
    if variant["library"]:
        words.append(f"LD_PRELOAD={shlex.quote(variant['library'])}")
    return " ".join(words) or None
