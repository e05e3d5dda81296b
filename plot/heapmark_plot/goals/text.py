"""This module is how a judgement is printed: a table for a terminal of 100 columns, the same in
Markdown, and JSON with every ratio."""

from __future__ import annotations

import json
import math
import shlex
from itertools import groupby

from .. import units
from ..comparison_text import page
from ..words import plural
from .judge import MET, NOT_MEASURED, NOT_MET, GoalVerdict, Judgement, Pair
from .table import MOST

_BRIEF = 44


def goals_text(judgement: Judgement) -> str:
    """The goals by group, how many are met, what to bear in mind, and how to repeat it."""
    lines = [_line("goal", "limit", "ratio", "95 % interval", "verdict")]
    here, elsewhere = _parted(judgement)
    for group, verdicts in groupby(here, key=lambda verdict: verdict.goal.group):
        lines.append(group)
        for why, alike in groupby(verdicts, key=_why_unmeasured):
            alike = list(alike)
            if why and len(alike) > 1:
                lines += [f"  {plural(len(alike), 'goal')} not measured: {why}"]
            else:
                lines += [line for verdict in alike for line in _entry(verdict)]
    lines += _elsewhere(elsewhere)
    lines += ["", _summary(judgement)]
    if judgement.doubts:
        lines += ["To bear in mind:"] + [f"  {doubt}" for doubt in judgement.doubts]
    lines += ["Measured by:"] + [f"  {command}" for command in _commands(judgement)]
    return page(lines)


def _parted(judgement: Judgement) -> tuple[list[GoalVerdict], list[GoalVerdict]]:
    """What the runs have works of, and what they have not."""
    return ([verdict for verdict in judgement.verdicts if not verdict.elsewhere],
            [verdict for verdict in judgement.verdicts if verdict.elsewhere])


def _why_unmeasured(verdict: GoalVerdict) -> str:
    """Why nothing of it was measured; "" where something was."""
    return verdict.why if verdict.status == NOT_MEASURED and not verdict.pairs else ""


def _elsewhere(verdicts: list[GoalVerdict]) -> list[str]:
    """Goals whose works are in none of the runs, in one line."""
    if not verdicts:
        return []
    return [f"not in these runs: {', '.join(verdict.goal.name for verdict in verdicts)}"]


def _line(brief: str, limit: str, ratio: str, interval: str, verdict: str) -> str:
    return f"  {brief:<{_BRIEF}} {limit:>7} {ratio:>8}  {interval:>13}  {verdict}".rstrip()


def _entry(verdict: GoalVerdict) -> list[str]:
    """The goal's line, and one more with what decides it where that is not plain."""
    brief, more = verdict.goal.brief, []
    if len(brief) > _BRIEF:
        more, brief = [brief], ""
    lines = [f"  {part}" for part in more]
    lines.append(_line(brief, _limit(verdict), *_ratio(verdict), verdict.status))
    lines += [f"      {part}" for part in _told(verdict)]
    return lines


def _limit(verdict: GoalVerdict) -> str:
    return f"≤ {verdict.goal.limit:.2f}"


def _ratio(verdict: GoalVerdict) -> tuple[str, str]:
    if verdict.worst is None:
        return units.MISSING, units.MISSING
    ratio = verdict.worst.ratio
    return units.ratio(ratio.value), units.ratio_interval(ratio.low, ratio.high)


def _told(verdict: GoalVerdict) -> list[str]:
    """Why it is not met or not measured, and which of several ratios is shown."""
    parts = [verdict.why] if verdict.why else []
    if len(verdict.pairs) > 1:
        shown = _where(verdict.worst)
        counts = verdict.counts
        parts.append(f"shown: {shown}; of {plural(len(verdict.pairs), 'ratio')}"
                     f" {counts['below']} proven at most {verdict.goal.limit:g},"
                     f" {counts['open']} unclear, {counts['above']} above")
    return parts


def _where(pair: Pair) -> str:
    return f"{pair.place}{f' vs {pair.against}' if pair.against else ''}"


def _summary(judgement: Judgement) -> str:
    counts = {status: judgement.count(status) for status in (MET, NOT_MET, NOT_MEASURED)}
    return (f"{counts[MET]} of {plural(len(judgement.verdicts), 'goal')} met, {counts[NOT_MET]} not met,"
            f" {counts[NOT_MEASURED]} not measured.")


def _commands(judgement: Judgement) -> list[str]:
    """The lines for a shell that make the runs again."""
    lines = []
    for run in judgement.runs:
        words = run.run.environment["command_line"]
        seed = ["--seed", run.run.environment["seed"]] if words[1:2] == ["run"] else []
        lines.append(shlex.join([*words, *([] if "--seed" in words else seed)]))
    return lines


def goals_markdown(judgement: Judgement) -> str:
    """A table of Markdown, a line a goal."""
    lines = ["| goal | limit | ratio | 95 % interval | verdict | |", "|---|---|---|---|---|---|"]
    here, elsewhere = _parted(judgement)
    for verdict in here:
        goal = verdict.goal
        cells = [f"{goal.group}: {goal.brief}", _limit(verdict), *_ratio(verdict),
                 f"**{verdict.status}**" if verdict.status != MET else verdict.status,
                 "; ".join(_told(verdict))]
        lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    lines += ["", _summary(judgement)]
    if elsewhere:
        lines += ["", f"N{_elsewhere(elsewhere)[0][1:]}."]
    if judgement.doubts:
        lines += ["", "To bear in mind:", ""] + [f"- {_escaped(doubt)}" for doubt in judgement.doubts]
    lines += ["", "Measured by:", "", "```", *_commands(judgement), "```"]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return plain.replace("|", "\\|").replace("<", "&lt;")


def goals_json(judgement: Judgement) -> str:
    """Everything, each ratio with its cells."""
    document = {
        "record": "goals",
        "runs": [{"run": run.name, "folder": str(run.run.folder), "command": command}
                 for run, command in zip(judgement.runs, _commands(judgement))],
        "met": judgement.count(MET), "not_met": judgement.count(NOT_MET),
        "not_measured": judgement.count(NOT_MEASURED), "doubts": judgement.doubts,
        "goals": [_goal_json(verdict) for verdict in judgement.verdicts],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _goal_json(verdict: GoalVerdict) -> dict:
    goal = verdict.goal
    return {"goal": goal.name, "group": goal.group, "brief": goal.brief, "metric": goal.metric,
            "rule": goal.rule, "corrected": goal.rule != MOST, "limit": goal.limit,
            "status": verdict.status, "in_these_runs": not verdict.elsewhere, "why": verdict.why or None,
            "decides": _pair_json(verdict.worst) if verdict.worst else None, **verdict.counts,
            "ratios": [_pair_json(pair) for pair in verdict.pairs]}


def _pair_json(pair: Pair) -> dict:
    ratio = pair.ratio
    return {"run": pair.run, "new": pair.new.measured.cell, "new_median": pair.new.measured.median,
            "new_samples": len(pair.new.measured.values),
            "base": pair.rival.measured.cell if pair.rival else None,
            "base_median": pair.rival.measured.median if pair.rival else None,
            "base_samples": len(pair.rival.measured.values) if pair.rival else None,
            "ratio": _number(ratio.value), "low": _number(ratio.low), "high": _number(ratio.high)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
