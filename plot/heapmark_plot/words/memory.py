"""This module is what the report says of memory: who needs least, what it consists of, what was given
back after a release, and whether a soak stayed bounded."""

from __future__ import annotations

import numpy as np

from .. import units
from ..analysis import MEMORY_METRIC, Analysis
from ..attribution import split_of
from ..soak import slope_words
from ..statistics.drift import BOUNDED, GROWING, UNCLEAR
from .language import Paragraph, geometric_mean, join, plural


#: Less than this share of what was freed is nothing given back.
_NOTHING = 0.01


def memory(analysis: Analysis) -> Paragraph | None:
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
              and (split := split_of(cell)) is not None and not split.in_bytes]
    if not splits:
        return []
    whole = geometric_mean([split.whole for split in splits])
    drag = geometric_mean([split.requested / split.live for split in splits])
    internal = geometric_mean([split.usable / split.requested for split in splits])
    rest = geometric_mean([(split.resident - split.tables) / split.usable for split in splits])
    tables = geometric_mean([split.resident / (split.resident - split.tables) for split in splits])
    own = f", {units.ratio(tables)} by the collector's own tables" if tables > 1.005 else ""
    return [f"With {variant}, {units.ratio(whole)} the live data is resident:"
            f" {units.ratio(drag)} by the collector, {units.ratio(internal)} by rounding to size"
            f" classes, {units.ratio(rest)} by free space, kept pages and bookkeeping{own}."]


def release(analysis: Analysis) -> Paragraph | None:
    """Who gives back what was freed, and what filling the gaps costs."""
    shares, purged, refilled, times = {}, {}, {}, {}
    for (_, variant, _), own in analysis.releases.items():
        _collect(shares, variant, own.returned(own.last_edge))
        _collect(purged, variant, own.returned("purged"))
        _collect(refilled, variant, own.refilled)
        if own.refill_ratio is not None:
            _collect(times, variant, own.refill_ratio.value)
    if not shares:
        return None
    middle = {variant: float(np.median(values)) for variant, values in shares.items()}
    order = sorted(middle, key=lambda variant: (-middle[variant], variant))
    sentences = [_given_back(middle, order)]
    if purged:
        after = {variant: float(np.median(values)) for variant, values in purged.items()}
        least = min(sorted(after), key=after.get)
        sentences.append(f"The allocator's own purge brings that to between {_share_of(after, least)}"
                         f" and {_share_of(after, max(sorted(after), key=after.get))}.")
    return Paragraph("What was given back", " ".join(sentences + _refill(refilled, times, analysis)))


def _given_back(shares: dict[str, float], order: list[str]) -> str:
    if shares[order[0]] < _NOTHING:
        return (f"Of what the release phases freed, nothing to speak of had gone back to the system before"
                " a purge, with any back end (median over works and collectors).")
    most = (f"Of what the release phases freed, {_share_of(shares, order[0])} had gone back to the"
            " system before a purge (median over works and collectors)")
    return f"{most}, and {_share_of(shares, order[-1])}." if len(order) > 1 else f"{most}."


def _collect(values: dict, variant: str, value: float) -> None:
    if value == value:
        values.setdefault(variant, []).append(value)


def _share_of(shares: dict[str, float], variant: str) -> str:
    return f"{units.percent(shares[variant])} with {variant}"


def _refill(refilled: dict, times: dict, analysis: Analysis) -> list[str]:
    if not refilled:
        return []
    memory = {variant: geometric_mean(values) for variant, values in refilled.items()}
    order = sorted(memory, key=lambda variant: (memory[variant], variant))
    sentences = [f"Filled again with other sizes, memory stands at {units.ratio(memory[order[0]])} what it"
                 f" was with {order[0]}"
                 + (f" and at {units.ratio(memory[order[-1]])} with {order[-1]}." if len(order) > 1
                    else ".")]
    if times:
        means = {variant: geometric_mean(values) for variant, values in times.items()}
        best = min(sorted(means), key=means.get)
        worst = max(sorted(means), key=means.get)
        sentences.append(f"The refill takes from {units.ratio(means[best])} ({best}) to"
                         f" {units.ratio(means[worst])} ({worst}) the time of {analysis.baseline}.")
    return sentences


def soak_headline(analysis: Analysis) -> str:
    """The verdict on all cells of a soak; "" where there is none."""
    verdicts = [own.verdict for own in analysis.soaks.values()]
    if not verdicts:
        return ""
    growing, bounded = verdicts.count(GROWING), verdicts.count(BOUNDED)
    if growing:
        return f"Memory grew in {growing} of {plural(len(verdicts), 'cell')}"
    if bounded == len(verdicts):
        return f"Memory stayed bounded in {'the one cell' if bounded == 1 else f'all {bounded} cells'}"
    return f"Memory stayed bounded in {bounded} of {plural(len(verdicts), 'cell')}; the rest is unclear"


_SOAK_WORDS = {GROWING: "grew in memory", BOUNDED: "stayed bounded", UNCLEAR: "cannot be told"}


def soak(analysis: Analysis) -> Paragraph | None:
    """Which cells stayed bounded over a soak, and which grew, by how much."""
    if not analysis.soaks:
        return None
    duration = next(iter(analysis.soaks.values())).duration_s
    by_verdict = {}
    for key, own in analysis.soaks.items():
        by_verdict.setdefault(own.verdict, []).append((key, own))
    counts = [f"{len(by_verdict[verdict])} {words}" for verdict, words in _SOAK_WORDS.items()
              if verdict in by_verdict]
    sentences = [f"Of {plural(len(analysis.soaks), 'cell')} that ran for"
                 f" {units.nanoseconds(duration * 1e9)} each, {join(counts)}."]
    growing = sorted(by_verdict.get(GROWING, []), key=lambda item: -item[1].resident.drift.growth)
    if growing:
        told = [f"{variant} on {row} under {collector}"
                f" ({slope_words(own.resident.drift, False, short=True)})"
                for (row, variant, collector), own in growing[:4]]
        more = f" and {len(growing) - 4} more" if len(growing) > 4 else ""
        sentences.append(f"Growing: {', '.join(told)}{more}.")
    return Paragraph("Over the soak", " ".join(sentences), warning=bool(growing))
