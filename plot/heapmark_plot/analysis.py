"""This module is a run computed once, so that words, figures and tables all tell the same numbers.

An `Analysis` holds the matrix: **rows** (work × threads) in the plan's order, **variants** (back ends
with their linkage, python3s with their allocator) in the order of their rank, **collectors** in the
plan's order, and a `Cell` for each combination that has a sample. Raw works have no collector and are
no model of a program: beside works on objects they are a matrix of their own, `raw`. Invariant:
medians, ratios and ranks come from valid samples of role `cell` alone; a cell without one is present
with count 0, never filled in; no back end of another linkage is ranked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from . import ranking
from .cells import MEMORY_METRIC, TIME_METRIC, Cell, Key, make_cell
from .contamination import Contamination, contamination_of
from .frames import main_linkage, sample_frame
from .latency import CellLatency, latencies
from .load import Run
from .matrix import baseline_variant, by_hand_rows, called_twin, in_order
from .parts import OBJECT, RAW, rows_by_group, sweeps_of
from .releases import Release, releases
from .rounds import Rounds, rounds_of
from .soak import Soak, soaks
from .statistics.cells import estimates
from .statistics.compare import compare, simultaneous
from .statistics.control import Control, check_control
from .statistics.estimate import Estimate
from .statistics.steady import Steadiness, steadiness

#: Below this net peak of the baseline, pages and chance decide: memory is told in bytes, no ratio.
LEAST_PEAK_BYTES = 2**20


@dataclass
class Analysis:
    """Everything that the report says, as numbers."""

    run: Run
    samples: pd.DataFrame
    rows: list[str]
    variants: list[str]
    collectors: list[str]
    baseline: str
    cells: dict[Key, Cell]
    controls: list[Control]
    by_hand: dict[str, str]
    standings: list[ranking.Ranking] = field(default_factory=list)
    group: str = OBJECT
    raw: Analysis | None = None  #: the raw works, where there are others besides
    palette: list[str] = field(default_factory=list)  #: all back ends of the run, for their colours

    def cell(self, row: str, variant: str, collector: str) -> Cell | None:
        return self.cells.get((row, variant, collector))

    def memory_ratio(self, cell: Cell) -> float:
        """A cell's net peak over the baseline's; NaN where that is too little for a ratio."""
        base = self.cell(cell.row, self.baseline, cell.collector)
        if base is None or not base.value(MEMORY_METRIC) >= LEAST_PEAK_BYTES:
            return float("nan")
        return cell.value(MEMORY_METRIC) / base.value(MEMORY_METRIC)

    def valid(self, kind: str, role: str = "cell") -> pd.DataFrame:
        """The valid samples of a kind and role."""
        frame = self.own_samples
        return frame[(frame["kind"] == kind) & (frame["role"] == role) & frame["valid"]]

    @cached_property
    def own_samples(self) -> pd.DataFrame:
        """The samples of this matrix, and those of no matrix: controls, null and empty runs."""
        frame = self.samples
        return frame[(frame["role"] != "cell") | frame["row"].isin(self.rows)]

    @property
    def whole(self) -> dict[Key, Cell]:
        """The cells of all the run: of this matrix and of the raw works beside it."""
        return {**self.cells, **(self.raw.cells if self.raw else {})}

    @cached_property
    def sweeps(self) -> dict[tuple[str, int], dict[int, str]]:
        """Raw works that differ in their size alone (parts.py)."""
        return sweeps_of(self.run, self.cells.values()) if self.group == RAW else {}

    @cached_property
    def single_rows(self) -> list[str]:
        """The rows that are part of no sweep."""
        swept = {row for sizes in self.sweeps.values() for row in sizes.values()}
        return [row for row in self.rows if row not in swept]

    @property
    def invalid(self) -> pd.DataFrame:
        return self.samples[~self.samples["valid"]]

    @property
    def contaminated(self) -> list[Control]:
        return [control for control in self.controls if control.contaminated]

    @property
    def overall(self) -> ranking.Ranking | None:
        """The ranking over all collectors, where one could be made."""
        return self.standings[0] if self.standings else None

    def collecting(self) -> list[str]:
        """The collectors that collect, by the run's own samples or by their names."""
        return [name for name in self.collectors if name not in ("none", "off")]

    @cached_property
    def latencies(self) -> dict[Key, CellLatency]:
        """The merged latency samples of each cell that has any."""
        return latencies(self.own_samples)

    @cached_property
    def releases(self) -> dict[Key, Release]:
        """What each cell gave back, where its work frees a MiB or more."""
        return releases(self.own_samples, self.cells, self.baseline, self.run.environment["seed"])

    @cached_property
    def soaks(self) -> dict[Key, Soak]:
        """The drift of each cell, in a run that ran for a duration."""
        return soaks(self.run, self.own_samples)

    @cached_property
    def steadiness(self) -> dict[Key, Steadiness]:
        """Whether each cell's time samples reached a steady state."""
        return {key[1:]: own for key, own in steadiness(self.own_samples).items() if key[0] == "cell"}

    @cached_property
    def quiet(self) -> Contamination:
        """How quiet the machine was, by the driver's own words."""
        return contamination_of(self.samples)

    @cached_property
    def rounds(self) -> Rounds | None:
        """How the rounds of a run with a precision went, with the cells that stayed unstable."""
        return rounds_of(self.run, self.whole)

    def harness_share(self) -> float:
        """The empty workload's cost as a share of the quickest cell's; NaN where not measured."""
        empty = self.valid("time", "empty")
        values = [cell.value(TIME_METRIC) for cell in self.whole.values()]
        quickest = np.nanmin(values) if len(values) and not np.isnan(values).all() else np.nan
        if empty.empty or TIME_METRIC not in empty:
            return float("nan")
        return float(empty[TIME_METRIC].median() / quickest)


def analyse(run: Run) -> Analysis:
    """Computes all of `run`; deterministic: the run's seed seeds every drawing."""
    samples = sample_frame(run)
    cells_only = samples[samples["role"] == "cell"]
    seed = run.environment["seed"]
    own = estimates(samples, TIME_METRIC, seed)
    cells = {}
    for key, group in cells_only.groupby(["row", "variant", "collector"], sort=False):
        cells[key] = make_cell(key, group, seed, own["cell", *key])
    pairs = cells_only[["row", "work"]].drop_duplicates().itertuples(index=False)
    rows = rows_by_group(run, pairs)
    parts = {group: _matrix(run, samples, cells, group, chosen) for group, chosen in rows.items()}
    analysis = parts.get(OBJECT) or parts.get(RAW) or _matrix(run, samples, cells, OBJECT, [])
    analysis.controls = _controls(own, cells)
    if len(parts) > 1:
        analysis.raw = parts[RAW]
    for part in (analysis, *parts.values()):
        part.palette = list(dict.fromkeys([*analysis.variants,
                                           *(analysis.raw.variants if analysis.raw else [])]))
    return analysis


def _matrix(run: Run, samples: pd.DataFrame, cells: dict[Key, Cell], group: str,
            rows: list[str]) -> Analysis:
    """The matrix of `rows`, with its ratios and its ranking."""
    frame = samples[(samples["role"] == "cell") & samples["row"].isin(rows)]
    plan = run.environment["plan"]
    analysis = Analysis(
        run=run, samples=samples, group=group,
        rows=in_order(frame, "row", "work", [work["work"] for work in plan["works"]]),
        variants=in_order(frame, "variant", "backend", plan["backends"]),
        collectors=in_order(frame, "collector", "collector", plan["collectors"]),
        baseline=baseline_variant(run, frame),
        cells={key: cell for key, cell in cells.items() if key[0] in set(rows)},
        controls=[], by_hand=by_hand_rows(run, frame))
    _add_ratios(analysis)
    _add_rankings(analysis)
    return analysis


def _controls(own: dict[tuple, Estimate], cells: dict[Key, Cell]) -> list[Control]:
    """The A/A controls: each twin with the cell that is the same in all but its role."""
    twins = sorted(key[1:] for key in own if key[0] == "control" and key[1:] in cells)
    return [check_control(cells[key].name, own["cell", *key], own["control", *key]) for key in twins
            if own["cell", *key].known and own["control", *key].known]


def _add_ratios(analysis: Analysis) -> None:
    """Gives each cell its ratios: to the baseline, to no collection, to cycles broken by hand,
    to the same back end called through its table."""
    to_baseline, to_none, to_by_hand, to_called = {}, {}, {}, {}
    usual = main_linkage(analysis.run)
    for key, cell in analysis.cells.items():
        row, variant, collector = key
        base = analysis.cell(row, analysis.baseline, collector)
        if base is not None and variant != analysis.baseline:
            to_baseline[key] = compare(cell.estimate, base.estimate)
        plain = analysis.cell(row, variant, "none")
        if plain is not None and collector != "none":
            to_none[key] = compare(cell.estimate, plain.estimate)
        twin = analysis.cell(analysis.by_hand.get(row, ""), variant, "none")
        if twin is not None:
            to_by_hand[key] = compare(cell.estimate, twin.estimate)
        called = analysis.cell(row, called_twin(cell, usual), collector)
        if called is not None:
            to_called[key] = compare(cell.estimate, called.estimate)
    for name, family in (("time_ratio", to_baseline), ("level_ratio", to_none),
                         ("by_hand_ratio", to_by_hand), ("dispatch_ratio", to_called)):
        for key, ratio in simultaneous(family).items():
            setattr(analysis.cells[key], name, ratio)


def _add_rankings(analysis: Analysis) -> None:
    """Ranks over all collectors and within each; then orders the variants by the first."""
    ranked = {backend["name"] for backend in analysis.run.environment["backends"]
              if backend["ranked"] and backend["linkage"] == main_linkage(analysis.run)}
    candidates = [name for name in analysis.variants if name in ranked]
    estimates = {((cell.row, cell.collector), cell.variant): cell.estimate
                 for cell in analysis.cells.values() if cell.estimate.known}
    scopes = [None] + (analysis.collectors if len(analysis.collectors) > 1 else [])
    for collector in scopes:
        rows = [(row, name) for row in analysis.rows for name in analysis.collectors
                if collector in (None, name)]
        made = ranking.make_ranking(collector, candidates, analysis.baseline, estimates, rows)
        if made is not None:
            analysis.standings.append(made)
    if analysis.overall is not None:
        place = {name: index for index, name in enumerate(analysis.overall.order)}
        analysis.variants.sort(key=lambda name: place.get(name, len(place)))
