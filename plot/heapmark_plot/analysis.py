"""This module is a run computed once, so that words, figures and tables all tell the same numbers.

An `Analysis` holds the matrix: **rows** (work × threads × runtime) in the plan's order, **variants**
(back ends with their linkage) in the order of their rank, **collectors** in the plan's order, and a
`Cell` for each combination that has a sample. Invariant: medians, ratios and ranks come from valid
samples of role `cell` alone; a cell without one is present with count 0, never filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from . import ranking
from .frames import main_linkage, sample_frame
from .load import Run
from .statistics.blocks import without_block_effects
from .statistics.compare import Ratio, compare, simultaneous
from .statistics.control import Control, check_control
from .statistics.estimate import Estimate, estimate, moderate
from .statistics.intervals import Median, median_interval
from .statistics.outliers import Outliers, classify
from .statistics.resample import CellValues

#: The metric that decides about time, and the one that decides about memory.
TIME_METRIC = "ns_per_op"
#: The same less what a block of samples has in common: what ratios are made of.
COMPARED = "compared_ns_per_op"
#: A sample with this many undisturbed batches is spoken for by them (docs/results.md).
QUIET_BATCHES = 5
MEMORY_METRIC = "peak_rss_net_bytes"

#: Metrics whose medians every cell gets, where the run has them.
SUMMARIZED = (
    "ns_per_op", "cpu_ns_per_op", "ops_per_second", "pause_p99_ns", "pause_max_ns",
    "pause_total_ns", "cascade_max_ns", "collections", "collected", "uncollectable",
    "foreign_cpu_share", "peak_rss_bytes", "peak_rss_net_bytes", "rss_net_bytes",
    "overhead_ratio", "collector_drag_ratio", "internal_fragmentation_ratio",
    "external_fragmentation_ratio", "retention_ratio", "rss_after_release_bytes",
    "rss_after_purge_bytes", "steady_live_bytes", "steady_requested_bytes",
    "steady_usable_bytes", "steady_active_bytes",
)

#: Below this net peak of the baseline, pages and chance decide: memory is told in bytes, no ratio.
LEAST_PEAK_BYTES = 2**20

Key = tuple[str, str, str]


@dataclass
class Cell:
    """One cell of the matrix with what its valid samples say."""

    row: str
    variant: str
    collector: str
    name: str
    work: str
    backend: str
    medians: dict[str, Median]
    time_values: CellValues
    time_valid: int
    time_total: int
    memory_valid: int
    memory_total: int
    outliers: Outliers
    estimate: Estimate
    time_ratio: Ratio | None = None
    level_ratio: Ratio | None = None
    by_hand_ratio: Ratio | None = None

    @property
    def key(self) -> Key:
        return self.row, self.variant, self.collector

    def median(self, metric: str) -> Median:
        return self.medians.get(metric, Median(float("nan"), float("nan"), float("nan"), 0))

    def value(self, metric: str) -> float:
        return self.median(metric).value


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
        frame = self.samples
        return frame[(frame["kind"] == kind) & (frame["role"] == role) & frame["valid"]]

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

    def harness_share(self) -> float:
        """The empty workload's cost as a share of the quickest cell's; NaN where not measured."""
        empty = self.valid("time", "empty")
        values = [cell.value(TIME_METRIC) for cell in self.cells.values()]
        quickest = np.nanmin(values) if len(values) and not np.isnan(values).all() else np.nan
        if empty.empty or TIME_METRIC not in empty:
            return float("nan")
        return float(empty[TIME_METRIC].median() / quickest)


def analyse(run: Run) -> Analysis:
    """Computes all of `run`; deterministic: the run's seed seeds every drawing."""
    samples = sample_frame(run)
    samples[COMPARED] = without_block_effects(samples, TIME_METRIC)
    cells_only = samples[samples["role"] == "cell"]
    seed = run.environment["seed"]
    cells = {}
    for key, group in cells_only.groupby(["row", "variant", "collector"], sort=False):
        cells[key] = _make_cell(key, group, seed)
    controls = _moderate(samples, cells, seed)
    plan = run.environment["plan"]
    analysis = Analysis(
        run=run, samples=samples,
        rows=_in_order(cells_only, "row", "work", [work["work"] for work in plan["works"]]),
        variants=_in_order(cells_only, "variant", "backend", plan["backends"]),
        collectors=_in_order(cells_only, "collector", "collector", plan["collectors"]),
        baseline=_baseline_variant(run, cells_only), cells=cells,
        controls=controls, by_hand=_by_hand_rows(run, cells_only))
    _add_ratios(analysis)
    _add_rankings(analysis)
    return analysis


def quiet_batches(series: dict) -> np.ndarray:
    """A sample's batch times, NaN where a batch was disturbed and its sample speaks without it."""
    times = np.array(series.get("batch_wall_ns", ()), dtype=float)
    disturbed = np.array(series.get("batch_disturbed", ()), dtype=bool)
    if len(disturbed) == len(times) and (~disturbed).sum() >= QUIET_BATCHES:
        times[disturbed] = np.nan
    return times


def time_values(name: str, group: pd.DataFrame, metric: str) -> CellValues:
    """The process values of `metric` and the batches of the valid time samples in `group`."""
    valid = group[(group["kind"] == "time") & group["valid"] & group[metric].notna()]
    valid = valid.sort_values("id")
    batches = [quiet_batches(record["series"]) for record in valid["record"]]
    return CellValues(name, valid[metric].to_numpy(dtype=float), batches)


def _make_cell(key: Key, group: pd.DataFrame, seed: str) -> Cell:
    first = group.iloc[0]
    name = first["cell"]
    valid = group[group["valid"]]
    times = time_values(name, group, TIME_METRIC)
    compared = time_values(name, group, COMPARED)
    medians = {metric: median_interval(valid[metric], seed, f"{name} {metric}")
               for metric in SUMMARIZED if metric in valid}
    is_time, is_memory = group["kind"] == "time", group["kind"] == "memory"
    return Cell(
        row=key[0], variant=key[1], collector=key[2], name=name, work=first["work"],
        backend=first["backend"], medians=medians, time_values=times,
        time_valid=int((is_time & group["valid"]).sum()), time_total=int(is_time.sum()),
        memory_valid=int((is_memory & group["valid"]).sum()), memory_total=int(is_memory.sum()),
        outliers=classify(times.values), estimate=estimate(compared, seed))


def _in_order(frame: pd.DataFrame, label: str, plain: str, planned: list[str]) -> list[str]:
    """The distinct values of `label`, by the plan's order of `plain`, then as they appeared."""
    place = {name: index for index, name in enumerate(planned)}
    pairs = frame[[label, plain]].drop_duplicates()
    ordered = sorted(enumerate(pairs.itertuples(index=False)),
                     key=lambda item: (place.get(item[1][1], len(place)), item[0]))
    return list(dict.fromkeys(pair[0] for _, pair in ordered))


def _baseline_variant(run: Run, cells: pd.DataFrame) -> str:
    ours = cells[cells["backend"] == run.baseline]
    usual = ours[ours["linkage"] == main_linkage(run)]
    chosen = usual if len(usual) else ours
    return chosen["variant"].iloc[0] if len(chosen) else run.baseline


def _moderate(samples: pd.DataFrame, cells: dict[Key, Cell], seed: str) -> list[Control]:
    """Moderates the estimates of all cells, control twins included; returns the A/A controls.

    A control repeats the cell that is the same in all but its role.
    """
    same = ["work", "backend", "linkage", "collector", "threads", "runtime"]
    originals = samples[samples["role"] == "cell"].drop_duplicates(same)
    of_identity = {tuple(row[name] for name in same): (row["row"], row["variant"], row["collector"])
                   for row in originals.to_dict("records")}
    estimates = {key: cell.estimate for key, cell in cells.items()}
    twins = {}
    for identity, group in samples[samples["role"] == "control"].groupby(same, sort=True):
        key = of_identity.get(tuple(identity))
        if key is not None:
            twins["control", *key] = key
            name = cells[key].name + " (control)"
            estimates["control", *key] = estimate(time_values(name, group, COMPARED), seed)
    moderated = moderate(estimates)
    for key, cell in cells.items():
        cell.estimate = moderated[key]
    return [check_control(cells[key].name, moderated[key], moderated[twin])
            for twin, key in twins.items() if moderated[key].known and moderated[twin].known]


def _by_hand_rows(run: Run, cells: pd.DataFrame) -> dict[str, str]:
    """Rows whose work has a twin that differs only in breaking its cycles by hand: row → twin."""
    parameters = {work["work"]: dict(work["parameters"]) for work in run.environment["plan"]["works"]}
    twins = {}
    for work, own in parameters.items():
        if "break" not in own or own["break"] == "by-hand":
            continue
        wanted = {**own, "break": "by-hand"}
        twins.update({work: other for other, theirs in parameters.items() if theirs == wanted})
    pairs = cells[["row", "work"]].drop_duplicates()
    row_of = {(row.row[len(row.work):], row.work): row.row for row in pairs.itertuples()}
    found = {}
    for (suffix, work), row in row_of.items():
        twin = row_of.get((suffix, twins.get(work)))
        if twin is not None:
            found[row] = twin
    return found


def _add_ratios(analysis: Analysis) -> None:
    """Gives each cell its ratios: to the baseline, to no collection, to cycles broken by hand."""
    to_baseline, to_none, to_by_hand = {}, {}, {}
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
    for name, family in (("time_ratio", to_baseline), ("level_ratio", to_none),
                         ("by_hand_ratio", to_by_hand)):
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
