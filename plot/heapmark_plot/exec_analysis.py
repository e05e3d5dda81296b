"""This module is what an exec run says: for each variant and metric the median with its interval,
and the ratio to the baseline with its verdict, by the same functions as any other run's.

Wall and CPU time are first cleared of what the samples of one round have in common (the machine was
slow for a moment: `statistics.blocks`). The family of ratios that hold together is every variant on
every metric of COMPARED.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .exec_load import ExecRun
from .exec_notes import notes_of
from .statistics.blocks import without_block_effects
from .statistics.compare import Ratio, compare, simultaneous, words_of
from .statistics.estimate import estimate, moderate
from .statistics.intervals import Median, median_interval
from .statistics.resample import CellValues

#: The metrics that are compared, and what they are called in tables.
COMPARED = {"wall_ns": "wall time", "cpu_ns": "CPU time", "peak_rss_bytes": "peak RSS"}
#: Shown beside them, as medians alone.
SHOWN = {"largest_process_peak_bytes": "largest process", "user_ns": "user", "system_ns": "system",
         "minor_page_faults": "minor faults", "major_page_faults": "major faults",
         "voluntary_context_switches": "waits", "involuntary_context_switches": "preemptions"}


@dataclass(frozen=True)
class ExecAnalysis:
    """`values` are the valid samples' by (label, metric), `medians` and `ratios` by the same key."""

    run: ExecRun
    baseline: str
    values: dict[tuple[str, str], np.ndarray]
    medians: dict[tuple[str, str], Median]
    ratios: dict[tuple[str, str], Ratio]
    invalid: list[dict]
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return self.run.labels

    def counts(self, label: str) -> tuple[int, int]:
        """Valid samples and all samples of a variant."""
        own = [sample for sample in self.run.samples if sample["variant"] == label]
        return sum(sample["valid"] for sample in own), len(own)

    def unit(self, metric: str) -> str:
        for entry in self.run.environment["metrics"]:
            if entry["name"] == metric:
                return entry["unit"]
        return ""


def analyse_exec(run: ExecRun) -> ExecAnalysis:
    """The analysis of `run`; the same for the same run."""
    seed, baseline = run.environment["seed"], run.environment["baseline"]
    metrics = [*COMPARED, *SHOWN]
    values = {(label, metric): _values(run, label, metric) for label in run.labels
              for metric in metrics}
    medians = {key: median_interval(found, seed, "/".join(key)) for key, found in values.items()}
    analysis = ExecAnalysis(run, baseline, values, medians, {},
                            [sample for sample in run.samples if not sample["valid"]])
    for metric in COMPARED:
        analysis.ratios.update(_ratios(analysis, metric))
    family = simultaneous(dict(analysis.ratios))
    analysis.ratios.update(family)
    analysis.notes.extend([*run.notes, *notes_of(analysis)])
    return analysis


def _values(run: ExecRun, label: str, metric: str) -> np.ndarray:
    found = [sample["metrics"].get(metric) for sample in run.samples
             if sample["valid"] and sample["variant"] == label]
    return np.array([value for value in found if value is not None], dtype=float)


def _frame(run: ExecRun, metric: str) -> pd.DataFrame:
    """The samples as the statistics of blocks want them: one work, a block a round."""
    rows = [{"kind": "time", "role": "cell", "work": "exec", "threads": 1, "runtime": "program",
             "cell": sample["variant"], "repetition": sample["repetition"],
             "valid": sample["valid"] and sample["metrics"].get(metric) is not None,
             metric: float(sample["metrics"].get(metric) or np.nan)} for sample in run.samples]
    return pd.DataFrame(rows)


def _cells(analysis: ExecAnalysis, metric: str) -> dict[str, CellValues]:
    """A cell for each variant, times without what a round has in common."""
    run = analysis.run
    frame = _frame(run, metric)
    if analysis.unit(metric) == "ns":
        frame[metric] = without_block_effects(frame, metric)
    valid = frame[frame["valid"]]
    return {label: CellValues(f"exec/{label}/{metric}",
                              valid.loc[valid["cell"] == label, metric].to_numpy(dtype=float))
            for label in run.labels}


def _ratios(analysis: ExecAnalysis, metric: str) -> dict[tuple[str, str], Ratio]:
    seed = analysis.run.environment["seed"]
    words = words_of("lower", analysis.unit(metric))
    known = moderate({label: estimate(cell, seed)
                      for label, cell in _cells(analysis, metric).items() if cell.count})
    base = known.get(analysis.baseline)
    if base is None:
        return {}
    return {(label, metric): compare(own, base, words=words) for label, own in known.items()
            if label != analysis.baseline}
