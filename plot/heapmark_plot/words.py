"""This module is the answer in words, so that a reader who looks at no figure still knows which
back end won, by how much and how surely, what collecting cost, what memory cost, and what not to
trust. It states what the analysis holds and judges nothing itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from . import units
from .analysis import MEMORY_METRIC, Analysis
from .figures.fragmentation import LEAST_LIVE_BYTES, split_of
from .statistics.winner import CLEAR, OPEN, THESE_WORKS


@dataclass(frozen=True)
class Paragraph:
    """A few sentences under a word or two; `warning` where they limit what the rest is worth."""

    title: str
    text: str
    warning: bool = False


@dataclass(frozen=True)
class Answer:
    """What the report opens with."""

    headline: str
    paragraphs: list[Paragraph]

    @property
    def warnings(self) -> list[Paragraph]:
        return [paragraph for paragraph in self.paragraphs if paragraph.warning]


def answer(analysis: Analysis) -> Answer:
    """The whole answer, the most important first."""
    makers = (_contamination, _busy, _certainty, _under_each_collector, _collection, _memory, _control,
              _invalid, _unfinished, _absent, _outliers)
    paragraphs = [made for maker in makers if (made := maker(analysis))]
    return Answer(_headline(analysis), paragraphs)


def join(names: list[str], last: str = "and") -> str:
    """"a", "a and b", "a, b and c"."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def geometric_mean(values) -> float:
    """NaN where there is no value; missing ones do not count."""
    known = [value for value in values if value == value and value > 0]
    return float(np.exp(np.mean(np.log(known)))) if known else float("nan")


def _headline(analysis: Analysis) -> str:
    ranking = analysis.overall
    if ranking is None:
        return "No back end can be ranked"
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


def _certainty(analysis: Analysis) -> Paragraph:
    ranking = analysis.overall
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


def _under_each_collector(analysis: Analysis) -> Paragraph | None:
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


def _collection(analysis: Analysis) -> Paragraph | None:
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


def _memory(analysis: Analysis) -> Paragraph | None:
    ratios, rows = memory_ratios(analysis)
    if not ratios:
        return Paragraph("What memory cost", "No two back ends have a net peak of a MiB or more on"
                         " the same work, so memory cannot be compared.", warning=True)
    order = sorted(ratios, key=lambda name: (ratios[name], name))
    sentences = [f"By peak resident memory, net of a null run (geometric mean over"
                 f" {plural(rows, 'row')} of the matrix), {order[0]} needs least, at"
                 f" {units.ratio(ratios[order[0]])}, and {order[-1]} most, at"
                 f" {units.ratio(ratios[order[-1]])} of {analysis.baseline}'s."]
    winner = analysis.overall.winner if analysis.overall else None
    if winner == order[0]:
        sentences.append("The fastest is also the leanest.")
    elif winner in ratios:
        sentences.append(f"The fastest, {winner}, needs"
                         f" {units.ratio(ratios[winner] / ratios[order[0]])} the memory of the"
                         f" leanest, {order[0]}.")
    sentences += _split_sentence(analysis, winner or order[0])
    fewest = min(cell.median(MEMORY_METRIC).count for cell in analysis.cells.values()
                 if cell.variant in ratios and cell.median(MEMORY_METRIC).count)
    if fewest < 3:
        sentences.append(f"There {'is' if fewest == 1 else 'are'} {plural(fewest, 'memory sample')}"
                         " a cell: these figures have no interval.")
    return Paragraph("What memory cost", " ".join(sentences))


def memory_ratios(analysis: Analysis) -> tuple[dict[str, float], int]:
    """Each back end's net peak against the baseline's, over the rows that all have."""
    logs = {}
    for cell in analysis.cells.values():
        value = analysis.memory_ratio(cell)
        if value > 0:
            logs.setdefault(cell.variant, {})[cell.row, cell.collector] = value
    if len(logs) < 2:
        return {}, 0
    most = max(len(own) for own in logs.values())
    logs = {name: own for name, own in logs.items() if 2 * len(own) >= most}
    common = set.intersection(*(set(own) for own in logs.values()))
    if not common or len(logs) < 2:
        return {}, 0
    return {name: geometric_mean([own[key] for key in sorted(common)])
            for name, own in logs.items()}, len(common)


def _split_sentence(analysis: Analysis, variant: str) -> list[str]:
    splits = [split for cell in analysis.cells.values() if cell.variant == variant
              and (split := split_of(cell)) is not None and split.live >= LEAST_LIVE_BYTES]
    if not splits:
        return []
    whole = geometric_mean([split.resident / split.live for split in splits])
    drag = geometric_mean([split.requested / split.live for split in splits])
    internal = geometric_mean([split.usable / split.requested for split in splits])
    rest = geometric_mean([split.resident / split.usable for split in splits])
    return [f"With {variant}, {units.ratio(whole)} the live data is resident:"
            f" {units.ratio(drag)} by the collector, {units.ratio(internal)} by rounding to size"
            f" classes, {units.ratio(rest)} by free space, kept pages and bookkeeping."]


def _contamination(analysis: Analysis) -> Paragraph | None:
    if not analysis.contaminated:
        return None
    worst = analysis.contaminated[0].ratio
    return Paragraph("This run is contaminated", "The A/A control, one cell under two names, came"
                     f" out at {units.ratio(worst.value)} (99.9 % interval"
                     f" {units.ratio_interval(worst.low, worst.high)}), outside ±2 %. Something else"
                     " disturbed the machine: do not cite these figures; run again when it is"
                     " quiet.", warning=True)


#: Above this median share of foreign CPU the report says that the machine was busy.
_BUSY_SHARE = 0.05


def _busy(analysis: Analysis) -> Paragraph | None:
    times = analysis.valid("time")
    if times.empty or "foreign_cpu_share" not in times:
        return None
    share = float(times["foreign_cpu_share"].median())
    if not share > _BUSY_SHARE:
        return None
    return Paragraph("A busy machine", f"Other processes took {units.percent(share)} of the CPU time"
                     " (median over time samples). Wall times measured so are noisy and too long;"
                     " run again when the machine is quiet.", warning=True)


def _disturbed_sentence(analysis: Analysis) -> str:
    """How much of the run a neighbour on the core disturbed, and what was done about it."""
    times = analysis.valid("time")
    if times.empty or "disturbed_share" not in times or times["disturbed_share"].isna().all():
        return ""
    share = units.percent(float(times["disturbed_share"].mean()))
    again = int((times["attempt"] > 1).sum())
    left = int((times["disturbed_share"] > 0.75).sum())
    return (f" The speed probe felt a neighbour on the core beside {share} of the batches; times rest"
            f" on the others. {again} of {len(times)} time samples were measured again,"
            f" {left} stayed disturbed throughout.")


def _control(analysis: Analysis) -> Paragraph | None:
    if analysis.contaminated:
        return None
    if not analysis.controls:
        return Paragraph("No control", "The run has no valid A/A control, so nothing shows whether"
                         " the machine was quiet.", warning=True)
    text = " ".join(_control_sentence(control) for control in analysis.controls)
    text += _disturbed_sentence(analysis)
    share = analysis.harness_share()
    if share == share:
        text += f" The harness's own cost is {units.percent(share)} of the quickest cell's."
    return Paragraph("Control", text, warning=not all(control.sharp
                                                      for control in analysis.controls))


def _control_sentence(control) -> str:
    ratio = control.ratio
    told = (f"One cell measured under two names came out at {units.ratio(ratio.value)} (99.9 %"
            f" interval {units.ratio_interval(ratio.low, ratio.high)}): ")
    if control.sharp:
        return told + "no sign of a disturbance."
    return told + ("nothing is proven amiss, but the interval is too wide to rule out a disturbance"
                   " of a tenth; more repetitions would tell.")


def _invalid(analysis: Analysis) -> Paragraph | None:
    invalid = analysis.invalid
    if invalid.empty:
        return None
    reasons = Counter(invalid["reason"].fillna("no reason given"))
    listed = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
    more = f"; and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    verb = "is" if len(invalid) == 1 else "are"
    return Paragraph("Invalid samples", f"{len(invalid)} of {len(analysis.samples)} samples {verb}"
                     f" invalid and count nowhere: {listed}{more}. Each is listed below with the"
                     " command that repeats it.", warning=True)


def _unfinished(analysis: Analysis) -> Paragraph | None:
    environment = analysis.run.environment
    planned, done = int(environment["plan"]["samples"]), len(analysis.samples)
    notes = list(analysis.run.notes)
    if done < planned:
        notes.insert(0, f"The run is {environment['state']}: {done} of {planned} planned samples are"
                     " there. What is missing is shown as missing.")
    elif environment["state"] != "finished":
        notes.insert(0, f"The run's state is {environment['state']}.")
    return Paragraph("Unfinished", " ".join(notes), warning=True) if notes else None


def _absent(analysis: Analysis) -> Paragraph | None:
    absent = []
    for backend in analysis.run.environment["backends"]:
        if not backend["available"]:
            install = f", install {backend['package']}" if backend["package"] else ""
            absent.append(f"{backend['name']} ({backend['reason'] or 'not available'}{install})")
    return Paragraph("Not measured", f"Absent on this machine: {join(absent)}.") if absent else None


def _outliers(analysis: Analysis) -> Paragraph | None:
    mild = sum(cell.outliers.mild for cell in analysis.cells.values())
    severe = sum(cell.outliers.severe for cell in analysis.cells.values())
    if not mild + severe:
        return None
    return Paragraph("Outliers", f"{mild} mild and {severe} severe outliers (Tukey's fences) among"
                     f" {len(analysis.valid('time'))} time samples; all of them count.")
