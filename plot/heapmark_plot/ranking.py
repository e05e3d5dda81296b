"""This module is who took part in a ranking and who did not, so that a back end that failed half
of its cells neither wins by the easy ones nor takes the others' cells away."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .statistics.estimate import Estimate
from .statistics.winner import Standing, rank, standing


@dataclass(frozen=True)
class Ranking:
    """The back ends by geometric mean of time over works, least first.

    `collector` is None where all collectors count. `left_out` are back ends with fewer than half
    of the rows, `dropped` rows that some remaining back end lacks.
    """

    collector: str | None
    order: list[str]
    standings: list[Standing]
    against_baseline: dict[str, Standing]
    rows: list[tuple[str, str]]
    left_out: list[str]
    dropped: list[tuple[str, str]]

    @property
    def winner(self) -> str:
        return self.order[0]


def make_ranking(collector: str | None, candidates: list[str], baseline: str,
                 estimates: dict[tuple, Estimate], rows: list) -> Ranking | None:
    """Ranks `candidates` over the rows that all of them have; None with fewer than two of them."""
    rows = [row for row in rows if any((row, name) in estimates for name in candidates)]
    present = {name: sum((row, name) in estimates for row in rows) for name in candidates}
    taking_part = [name for name in candidates if rows and 2 * present[name] >= len(rows)]
    common = [row for row in rows if all((row, name) in estimates for name in taking_part)]
    if len(taking_part) < 2 or not common:
        return None
    order = [name for name, _ in rank(taking_part, estimates, common)]
    pairs = math.comb(len(order), 2)
    rivals = [standing(order[0], rival, estimates, common, pairs) for rival in order[1:]]
    against = {name: standing(name, baseline, estimates, common, pairs)
               for name in order if name != baseline and baseline in order}
    return Ranking(collector, order, rivals, against, common,
                   [name for name in candidates if name not in taking_part],
                   [row for row in rows if row not in common])
