"""This module is the judge: each goal's ratios, found in the runs that have them, and whether it is
met.

A ratio is of two cells of one run, never of two runs. Its interval is the one that `compare` gives a
ratio by itself: 95 %, from the hierarchical bootstrap, moderated over the run's cells. A goal of rule
*at most* is **met** where the upper end of every ratio's interval is at or below its limit, so that
the claim of the whole table is an intersection of claims, each at its own level, and needs no wider
intervals. A goal of rule *none above* is the other way round: it fails where a ratio is proven above,
so its intervals are widened over all ratios of the goal.

Invariant: what was not measured is never met. One slot proven above its limit makes the goal *not
met*; otherwise one slot without a ratio makes it *not measured*.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

from ..doubts import doubts_within
from ..errors import InputError
from ..measured import MeasuredRun
from ..statistics.compare import Ratio, compare, simultaneous
from ..statistics.estimate import Estimate
from ..words import join
from .cells import Found, JudgedRun, Place
from .table import GOALS, MOST, NEWEST_MIMALLOC, Goal, Side

MET, NOT_MET, NOT_MEASURED = "met", "not met", "not measured"

#: What a metric that is a ratio already is set against: 1, known exactly.
_ONE = Estimate(0.0, 0.0, 1.0, 1)
_FEWEST_SAMPLES = 2


@dataclass(frozen=True)
class Pair:
    """One ratio of a goal; `rival` is None where the metric is a ratio by itself."""

    run: str
    place: Place
    new: Found
    rival: Found | None
    ratio: Ratio

    @property
    def known(self) -> bool:
        return not math.isnan(self.ratio.high)

    @property
    def against(self) -> str:
        if self.rival is None:
            return ""
        plain = self.rival.runtime == "heapmark"
        return self.rival.backend if plain else f"{self.rival.backend} of {self.rival.runtime}"


@dataclass(frozen=True)
class GoalVerdict:
    """A goal judged: its ratios, the one that decides, and what lacks."""

    goal: Goal
    status: str
    pairs: list[Pair]
    worst: Pair | None
    why: str
    elsewhere: bool = False  #: no run has any of its works, under any back end

    @property
    def counts(self) -> dict[str, int]:
        """How many ratios are proven below the limit, hold it, and are proven above it."""
        known = [pair.ratio for pair in self.pairs if pair.known]
        above = sum(ratio.low > self.goal.limit for ratio in known)
        below = sum(ratio.high <= self.goal.limit for ratio in known)
        return {"below": below, "open": len(known) - above - below, "above": above}


@dataclass(frozen=True)
class Judgement:
    """All goals judged over `runs`."""

    runs: list[MeasuredRun]
    verdicts: list[GoalVerdict]
    doubts: list[str] = field(default_factory=list)

    def count(self, status: str) -> int:
        return sum(verdict.status == status for verdict in self.verdicts)


def judge(runs: list[MeasuredRun], newest_mimalloc: str | None = None,
          pattern: str | None = None) -> Judgement:
    """Judges the goals whose names `pattern` lets through on the cells of `runs` together."""
    if not runs:
        raise InputError("which run? name the folders of one or more")
    judged = [JudgedRun(run) for run in runs]
    verdicts = [judge_goal(_named(goal, newest_mimalloc), judged) for goal in _chosen(pattern)]
    doubts = [doubt for run in runs for doubt in doubts_within(run)]
    return Judgement(runs, verdicts, doubts)


def _chosen(pattern: str | None) -> list[Goal]:
    try:
        chosen = [goal for goal in GOALS if pattern is None or re.search(pattern, goal.name)]
    except re.error as error:
        raise InputError(f"--filter: '{pattern}' is not a regular expression: {error}") from None
    if not chosen:
        raise InputError(f"--filter: '{pattern}' matches no goal; they are"
                         f" {join([goal.name for goal in GOALS])}")
    return chosen


def _named(goal: Goal, newest: str | None) -> Goal:
    """The goal with the label of the newest mimalloc filled in."""
    if newest is None:
        return goal
    rivals = tuple(replace(side, backend=newest) if side.backend == NEWEST_MIMALLOC else side
                   for side in goal.rivals)
    return replace(goal, rivals=rivals)


def judge_goal(goal: Goal, runs: list[JudgedRun]) -> GoalVerdict:
    """The verdict on one goal."""
    pairs, missing = [], []
    for work in goal.works:
        for collector in goal.collectors:
            for threads in goal.threads:
                found, why = _slot(goal, runs, work, collector, threads)
                pairs += found
                missing += why
    if goal.rule != MOST:
        family = simultaneous({index: pair.ratio for index, pair in enumerate(pairs)})
        pairs = [replace(pair, ratio=family[index]) for index, pair in enumerate(pairs)]
    return replace(_verdict(goal, pairs, missing), elsewhere=not _is_in(goal, runs))


def _is_in(goal: Goal, runs: list[JudgedRun]) -> bool:
    return any(re.fullmatch(work, cell.place.work) for run in runs for cell in run.found(goal.metric)
               for work in goal.works)


def _slot(goal: Goal, runs: list[JudgedRun], work: str, collector: str,
          threads: int) -> tuple[list[Pair], list[str]]:
    """The ratios of one slot over all runs that have it, and why some or all of them lack."""
    pairs, reasons = [], []
    lacking: dict[Place, str] = {}
    for run in runs:
        ours = [cell for cell in run.of_side(goal.metric, goal.new)
                if re.fullmatch(work, cell.place.work) and cell.place.threads == threads
                and cell.place.collector == collector]
        large = [cell for cell in ours if not goal.least_live_bytes
                 or run.peak_live_bytes(cell.measured.cell) >= goal.least_live_bytes]
        if not large:
            reasons.append((_rank(run, goal, ours), _why_no_slot(run, goal, ours, work, collector,
                                                                 threads)))
        for cell in large:
            made, why = _against_rivals(goal, run, cell)
            pairs += [pair for pair in made if pair.known]
            unknown = [_why_unknown(pair) for pair in made if not pair.known]
            why = why or next(iter(unknown), "")
            if not why or cell.place not in lacking:
                lacking[cell.place] = why
    if not lacking:
        return pairs, [max(reasons, key=lambda item: item[0])[1]]
    return pairs, [why for why in lacking.values() if why]


def _rank(run: JudgedRun, goal: Goal, ours: list[Found]) -> int:
    """How much a run's reason says: one that has the back end more than one that does not."""
    if ours:
        return 3
    return 2 if run.of_side(goal.metric, goal.new) else 1


def _why_no_slot(run: JudgedRun, goal: Goal, ours: list[Found], work: str, collector: str,
                 threads: int) -> str:
    if ours:
        return f"{ours[0].place}: its live data stays below {goal.least_live_bytes >> 20} MiB"
    if not run.of_side(goal.metric, goal.new):
        return run.why_absent(goal.new, goal.metric)
    return f"no cell of {Place(_plain(work), collector, threads)}"


def _plain(work: str) -> str:
    """The regular expression of a work as people write the work."""
    return work.replace("(/.+)?", "")


def _against_rivals(goal: Goal, run: JudgedRun, cell: Found) -> tuple[list[Pair], str]:
    if not goal.rivals:
        return [_pair(run, cell, None)], ""
    pairs, why = [], ""
    for side in goal.rivals:
        if side.backend == NEWEST_MIMALLOC:
            return [], "no label was given (--newest-mimalloc)"
        theirs = run.of_side(goal.metric, side)
        same = [other for other in theirs if other.place == cell.place]
        pairs += [_pair(run, cell, other) for other in same]
        if not same:
            why = f"no cell of {cell.place} with {side.backend}" if theirs \
                else run.why_absent(side, goal.metric)
    return pairs, why


def _pair(run: JudgedRun, new: Found, rival: Found | None) -> Pair:
    base = rival.measured.estimate if rival else _ONE
    return Pair(run.run.name, new.place, new, rival, compare(new.measured.estimate, base))


def _why_unknown(pair: Pair) -> str:
    for cell in (pair.new, pair.rival):
        if cell is None:
            continue
        count = len(cell.measured.values)
        if count < _FEWEST_SAMPLES:
            lost = "every sample is invalid" if not count and cell.measured.total else \
                "no value" if not count else "one sample has no interval"
            return f"{pair.place} with {cell.backend}: {lost}"
    return f"{pair.place}: no ratio can be made of its values"


def _verdict(goal: Goal, pairs: list[Pair], missing: list[str]) -> GoalVerdict:
    missing = list(dict.fromkeys(missing))
    failing = [pair for pair in pairs if _fails(goal, pair.ratio)]
    worst = max(failing or pairs, default=None, key=lambda pair: (
        pair.ratio.high if goal.rule == MOST else pair.ratio.low))
    if failing:
        return GoalVerdict(goal, NOT_MET, pairs, worst, _why_not_met(goal, worst, len(failing)))
    if missing or not pairs:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        return GoalVerdict(goal, NOT_MEASURED, pairs, worst, missing[0] + more)
    return GoalVerdict(goal, MET, pairs, worst, "")


def _fails(goal: Goal, ratio: Ratio) -> bool:
    return ratio.high > goal.limit if goal.rule == MOST else ratio.low > goal.limit


def _why_not_met(goal: Goal, worst: Pair, failing: int) -> str:
    if goal.rule != MOST:
        return f"{failing} wholly above" if failing > 1 else "wholly above"
    if worst.ratio.low > goal.limit:
        return "wholly above the limit"
    return "the interval holds the limit" if worst.ratio.value <= goal.limit \
        else "above the limit, which the interval holds"
