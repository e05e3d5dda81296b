"""This module is what the driver said of the machine's quiet, sample by sample, in figures for the
whole run: how many samples ran beside others, why, and how long the run waited for them to end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Contamination:
    """Counts over the valid samples of role cell that tell (`told`); shares are over the worst."""

    told: int
    contaminated: int
    by_kind: dict[str, int]
    cells: dict[str, int]  #: contaminated samples by cell, the most first
    reasons: list[tuple[str, int]]  #: each with the samples it was told of, the most first
    waited_ns: float
    worst: dict[str, float]  #: the largest of each share


#: What stands before the first share of a reason, the share, and the rest; a reason may have none.
_FIRST_SHARE = re.compile(r"(.*?)(?:\b(\d{1,9})( %.*))?", re.DOTALL)
_SHARES = ("foreign_cpu_share", "steal_share", "cpu_pressure_share")


def contamination_of(samples: pd.DataFrame) -> Contamination:
    """What the samples of the run tell of it; `told` is 0 where they tell nothing."""
    chosen = samples[(samples["role"] == "cell") & samples["valid"]]
    pairs = [(sample, sample.record["contamination"]) for sample in chosen.itertuples()
             if sample.record.get("contamination")]
    marked = [(sample, told) for sample, told in pairs if told["contaminated"]]
    kinds = Counter(sample.kind for sample, _ in marked)
    cells = Counter(sample.cell for sample, _ in marked)
    worst = {name: max((told[name] for _, told in pairs if told.get(name) is not None),
                       default=float("nan")) for name in _SHARES}
    return Contamination(
        told=len(pairs), contaminated=len(marked), by_kind=dict(sorted(kinds.items())),
        cells=dict(sorted(cells.items(), key=lambda item: (-item[1], item[0]))),
        reasons=merged_reasons(why for _, told in marked for why in told["why"]),
        waited_ns=float(sum(told.get("waited_ns") or 0 for _, told in pairs)), worst=worst)


def merged_reasons(told: Iterable[str]) -> list[tuple[str, int]]:
    """The reasons, those that differ in their first share alone as one with the largest ("others used
    up to 87 % of all CPU time (bound 25 %)"), each with how often it was told, the most often first."""
    shares: dict[tuple[str, str | None], list[int]] = {}
    for why in told:
        before, share, after = _FIRST_SHARE.fullmatch(why).groups()
        shares.setdefault((before, after), []).append(int(share or 0))
    merged = [(_worded(before, own, after), len(own)) for (before, after), own in shares.items()]
    return sorted(merged, key=lambda reason: (-reason[1], reason[0]))


def _worded(before: str, shares: list[int], after: str | None) -> str:
    if after is None:
        return before
    return f"{before}{'up to ' if min(shares) < max(shares) else ''}{max(shares)}{after}"
