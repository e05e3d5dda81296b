"""This module is what the driver said of the machine's quiet, sample by sample, in figures for the
whole run: how many samples ran beside others, why, and how long the run waited for them to end."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Contamination:
    """Counts over the valid samples of role cell that tell (`told`); shares are over the worst."""

    told: int
    contaminated: int
    by_kind: dict[str, int]
    cells: dict[str, int]  #: contaminated samples by cell, the most first
    reasons: list[tuple[str, int]]
    waited_ns: float
    worst: dict[str, float]  #: the largest of each share


_SHARES = ("foreign_cpu_share", "steal_share", "cpu_pressure_share")


def contamination_of(samples: pd.DataFrame) -> Contamination:
    """What the samples of the run tell of it; `told` is 0 where they tell nothing."""
    chosen = samples[(samples["role"] == "cell") & samples["valid"]]
    pairs = [(sample, sample.record["contamination"]) for sample in chosen.itertuples()
             if sample.record.get("contamination")]
    marked = [(sample, told) for sample, told in pairs if told["contaminated"]]
    kinds = Counter(sample.kind for sample, _ in marked)
    cells = Counter(sample.cell for sample, _ in marked)
    reasons = Counter(_without_figures(why) for _, told in marked for why in told["why"])
    worst = {name: max((told[name] for _, told in pairs if told.get(name) is not None),
                       default=float("nan")) for name in _SHARES}
    return Contamination(
        told=len(pairs), contaminated=len(marked), by_kind=dict(sorted(kinds.items())),
        cells=dict(sorted(cells.items(), key=lambda item: (-item[1], item[0]))),
        reasons=sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
        waited_ns=float(sum(told.get("waited_ns") or 0 for _, told in pairs)), worst=worst)


def _without_figures(why: str) -> str:
    """The reason without its figures and what stands in brackets, so that reasons of one kind are
    counted together."""
    words = re.sub(r" *\([^)]*\)", "", why).split()
    return " ".join("…" if any(map(str.isdigit, word)) else word for word in words)
