"""This module is what the report says of time: which back end won and how surely, and what collecting
cost."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from ..statistics.winner import CLEAR, OPEN, THESE_WORKS
from .language import Paragraph, geometric_mean, join, plural
from .memory import soak_headline


def headline(analysis: Analysis) -> str:
    ranking = analysis.overall
    if ranking is None:
        return soak_headline(analysis) or "No back end can be ranked"
    level = level_with_winner(ranking)
    if level:
        return f"{join([ranking.winner] + level)} lead and are not told apart"
    if ranking.winner == analysis.baseline:
        return f"{ranking.winner}, the baseline, won"
    against = ranking.against_baseline.get(ranking.winner)
    if against is None:
        return f"{ranking.winner} won"
    return (f"{ranking.winner} won: it takes {units.ratio(against.measured.value)} the time of"
            f" {analysis.baseline}")


def level_with_winner(ranking) -> list[str]:
    """The back ends that the winner is not surely ahead of."""
    return [standing.second for standing in ranking.standings if standing.certainty == OPEN]


def certainty(analysis: Analysis) -> Paragraph | None:
    """Who won and how surely; None for a soak, which times nothing."""
    ranking = analysis.overall
    if ranking is None and analysis.soaks and not any(cell.time_total
                                                      for cell in analysis.cells.values()):
        return None
    if ranking is None:
        return Paragraph("No ranking", "Fewer than two ranked back ends have valid time samples of"
                         " the same work, so there is nothing to rank.", warning=True)
    works = len({row for row, _ in ranking.rows})
    sentences = [f"Ranked over {plural(works, 'work')} and"
                 f" {plural(len({name for _, name in ranking.rows}), 'collector')}"
                 " by the geometric mean of time per operation."]
    sentences += _runner_up(ranking, works)
    sentences.append(_how_sure(ranking, works))
    if ranking.left_out:
        sentences.append(f"Not ranked, because less than half of their cells are valid:"
                         f" {join(ranking.left_out)}.")
    if ranking.dropped:
        sentences.append(f"{plural(len(ranking.dropped), 'row')} of the matrix"
                         " did not count, because some ranked back end has no valid sample there.")
    return Paragraph("Which back end won", " ".join(sentences))


def _runner_up(ranking, works: int) -> list[str]:
    standing = ranking.standings[0]
    ratio = standing.measured
    less = (f"{units.percent(1 - ratio.value)} less time than the runner-up, {standing.second}"
            f" ({units.ratio(ratio.value)}, interval"
            f" {units.ratio_interval(ratio.low, ratio.high)})")
    ahead = f", and is ahead of it on {standing.works_won} of {works} works" if works > 1 else ""
    return [f"{standing.first} takes {less}{ahead}."]


def _how_sure(ranking, works: int) -> str:
    level = level_with_winner(ranking)
    if level:
        return (f"Between {ranking.winner} and {join(level, 'or')} these samples do not decide: the"
                " difference lies within ±2 % or within the noise.")
    shaky = [standing.second for standing in ranking.standings
             if standing.certainty == THESE_WORKS]
    if works < 3:
        return ("On what was measured the lead over every other back end is larger than the noise;"
                f" from {plural(works, 'work')} nothing follows for others.")
    if shaky:
        return ("On these works the lead over every other back end is larger than the noise, but"
                f" against {join(shaky)} it varies too much from work to work to say that other"
                " works would show it.")
    assert all(standing.certainty == CLEAR for standing in ranking.standings)
    return ("The lead over every other back end is larger than the noise, and even enough from work"
            " to work that others like these should show it too.")


def under_each_collector(analysis: Analysis) -> Paragraph | None:
    rankings = analysis.standings[1:]
    if not rankings:
        return None
    winners = {}
    for ranking in rankings:
        leaders = [ranking.winner] + level_with_winner(ranking)
        winners.setdefault(join(leaders), []).append(ranking.collector)
    if len(winners) == 1:
        return Paragraph("Under each collector", f"The same under each of"
                         f" {join([ranking.collector for ranking in rankings])}:"
                         f" {next(iter(winners))} in front.")
    text = "; ".join(f"under {join(names)}, {leader}" for leader, names in winners.items())
    return Paragraph("Under each collector", f"In front, {text}. Names that stand together are not"
                     " told apart.")


def collection(analysis: Analysis) -> Paragraph | None:
    sentences = []
    for collector in analysis.collecting():
        sentences += _against_by_hand(analysis, collector)
        sentences += _against_none(analysis, collector)
        sentences += _longest_pause(analysis, collector)
    sentences += _against_none(analysis, "off")
    return Paragraph("What collecting cost", " ".join(sentences)) if sentences else None


def _against_by_hand(analysis: Analysis, collector: str) -> list[str]:
    found = []
    for row in analysis.by_hand:
        ratios = {cell.variant: cell.by_hand_ratio.value for cell in analysis.cells.values()
                  if cell.row == row and cell.collector == collector
                  and cell.by_hand_ratio is not None
                  and cell.by_hand_ratio.value == cell.by_hand_ratio.value}
        if ratios:
            found.append(f"On {row}, {collector} took {units.ratio(geometric_mean(ratios.values()))}"
                         f" the time of the same work with its cycles broken by hand{_span(ratios)}.")
    return found


def _against_none(analysis: Analysis, collector: str) -> list[str]:
    ratios = {}
    for variant in analysis.variants:
        own = [cell.level_ratio.value for cell in analysis.cells.values()
               if cell.variant == variant and cell.collector == collector
               and cell.level_ratio is not None and cell.row not in analysis.by_hand]
        if own:
            ratios[variant] = geometric_mean(own)
    known = {name: value for name, value in ratios.items() if value == value}
    if not known:
        return []
    if collector == "off":
        return [f"Tracking objects without ever collecting (off) took"
                f" {units.ratio(geometric_mean(known.values()))}{_span(known)}."]
    where = "On the other works" if analysis.by_hand else "On the same work"
    return [f"{where}, {collector} took {units.ratio(geometric_mean(known.values()))} the time of no"
            f" collection at all{_span(known)}."]


def _span(ratios: dict[str, float]) -> str:
    if len(ratios) < 2:
        return ""
    ordered = sorted(ratios, key=lambda name: (ratios[name], name))
    if units.ratio(ratios[ordered[0]]) == units.ratio(ratios[ordered[-1]]):
        return ", much the same with every back end"
    return (f" (from {units.ratio(ratios[ordered[0]])} with {ordered[0]} to"
            f" {units.ratio(ratios[ordered[-1]])} with {ordered[-1]})")


def _longest_pause(analysis: Analysis, collector: str) -> list[str]:
    if "pause_max_ns" not in analysis.samples:
        return []
    samples = analysis.valid("time")
    samples = samples[(samples["collector"] == collector) & samples["pause_max_ns"].notna()]
    if samples.empty:
        return [f"No collection of {collector} ran during a time sample."]
    worst = samples.loc[samples["pause_max_ns"].idxmax()]
    return [f"The longest pause for a collection of {collector} was"
            f" {units.nanoseconds(worst['pause_max_ns'])} ({worst['row']}, {worst['variant']})."]
