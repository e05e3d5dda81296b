"""This module is the drift of a soak: how a cell's net RSS and its fragmentation (net RSS over Q, what
is held for each byte asked for) went on while the same work ran for minutes, and whether they stay
bounded. Only runs with a duration are soaks; in others a slope over a fraction of a second says
nothing.

Invariant: a slope is of one process over its own time, from its accounts at the ends of batches;
of several memory samples the one that grows most speaks for the cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import units
from .frames import edge_frame
from .load import Run
from .statistics.drift import Drift, drift

#: Fewer accounts than this show no course.
FEWEST_ACCOUNTS = 8


@dataclass(frozen=True)
class Course:
    """One quantity over time (seconds since the build phase began), with its drift."""

    at_s: np.ndarray
    values: np.ndarray
    drift: Drift


@dataclass(frozen=True)
class Soak:
    """One cell's soak: net RSS in bytes, and net RSS over Q."""

    resident: Course
    fragmentation: Course | None
    duration_s: float

    @property
    def verdict(self) -> str:
        """That of the resident memory: it is what a machine runs out of."""
        return self.resident.drift.verdict


def soaks(run: Run, samples: pd.DataFrame) -> dict[tuple, Soak]:
    """The soak of each cell with accounts enough; empty in a run without a duration."""
    duration = run.environment["options"].get("duration_s")
    if not duration:
        return {}
    accounts = edge_frame(samples, "accounts")
    found = {}
    for key, group in accounts.groupby(["row", "variant", "collector"], sort=False):
        own = [_of_sample(one, float(duration)) for _, one in group.groupby("id", sort=True)]
        known = [soak for soak in own if soak is not None]
        if known:
            found[key] = max(known, key=lambda soak: _order(soak.resident.drift.growth_low))
    return found


def _order(growth: float) -> float:
    return growth if growth == growth else -np.inf


def _of_sample(accounts: pd.DataFrame, duration_s: float) -> Soak | None:
    accounts = accounts.sort_values("at_ns")
    at_s = accounts["at_ns"].to_numpy() / 1e9
    resident = accounts["rss_net_bytes"].to_numpy()
    if (~np.isnan(at_s) & ~np.isnan(resident)).sum() < FEWEST_ACCOUNTS:
        return None
    requested = accounts["requested_bytes"].where(accounts["requested_bytes"] > 0).to_numpy()
    fragmentation = resident / requested
    return Soak(_course(at_s, resident),
                None if np.isnan(fragmentation).all() else _course(at_s, fragmentation), duration_s)


def _course(at_s: np.ndarray, values: np.ndarray) -> Course:
    return Course(at_s, values, drift(at_s, values))


def slope_words(own: Drift, is_ratio: bool, short: bool = False) -> str:
    """The slope a minute, with its interval where there is room for it."""
    if math.isnan(own.slope):
        return "too few accounts"

    def told(value: float) -> str:
        amount = f"{value * 60:+.2g}" if is_ratio else units.byte_count(value * 60)
        return amount if is_ratio or value < 0 else f"+{amount}"

    text = f"{told(own.slope)}/min"
    if short:
        return text
    return f"{text} (95 % interval {told(own.slope_low)} to {told(own.slope_high)})"
