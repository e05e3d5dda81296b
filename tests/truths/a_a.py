"""This module draws runs from the recorded samples of twins (record_a_a.py), so that the report's own
statistics can be asked about runs of which the truth is known: equal, or apart by a known factor.

A drawn run has the recording's works, collectors and allocators, and as few repetitions as a real one.
It keeps blocks whole: a repetition that is drawn brings the samples of all cells that ran in it side by
side. Which of two twins' samples goes by which name is tossed for every block anew. Two drawn runs have
no repetition in common.
"""

from __future__ import annotations

import json
import lzma
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plot"))

from heapmark_plot.statistics.cells import estimates  # noqa: E402
from heapmark_plot.statistics.compare import compare, simultaneous  # noqa: E402
from heapmark_plot.statistics.undisturbed import without_disturbed  # noqa: E402

METRIC = "ns_per_op"


@dataclass(frozen=True)
class Recording:
    """The samples as frames.py would have them, and what the file says of itself."""

    samples: pd.DataFrame
    about: dict

    @property
    def repetitions(self) -> np.ndarray:
        return np.unique(self.samples["repetition"])


def load(file: Path) -> Recording:
    """Reads a file that record_a_a.py wrote."""
    with lzma.open(file, "rt", encoding="utf-8") as stream:
        data = json.load(stream)
    rows = []
    for cell, repetition, value, disturbed, batches in data.pop("samples"):
        own = data["cells"][cell]
        series = {"batch_wall_ns": batches, "batch_disturbed": [flag == "1" for flag in disturbed]}
        rows.append({"work": own["work"], "row": own["work"], "allocator": own["allocator"],
                     "collector": own["collector"], "twin": own["twin"], "repetition": repetition,
                     METRIC: value, "record": {"series": series}})
    frame = pd.DataFrame(rows).assign(role="cell", kind="time", valid=True, threads=1,
                                      runtime="heapmark")
    whole = frame.groupby("repetition")[METRIC].transform("size") == len(data["cells"])
    return Recording(frame[whole].reset_index(drop=True), data)


def draw(recording: Recording, repetitions, random: np.random.Generator) -> pd.DataFrame:
    """One run of the given repetitions, its twins' samples dealt out by a coin for every block."""
    frame = recording.samples[recording.samples["repetition"].isin(repetitions)].copy()
    block = frame.groupby(["work", "repetition"]).ngroup()
    swapped = random.integers(0, 2, block.max() + 1).astype(bool)[block]
    second = (frame["twin"] == "b").to_numpy() ^ swapped
    frame["variant"] = frame["allocator"] + np.where(second, "-b", "-a")
    frame["cell"] = frame["work"] + "/" + frame["variant"] + "/" + frame["collector"]
    frame["id"] = frame["cell"] + "#" + frame["repetition"].astype(str).str.zfill(4)
    return without_disturbed(frame)


def times(frame: pd.DataFrame, factor: float, chosen) -> pd.DataFrame:
    """`frame` with the times of the `chosen` rows (a mask) multiplied by `factor`, batches too."""
    slowed = frame.copy()
    slowed.loc[chosen, METRIC] *= factor
    slowed.loc[chosen, "record"] = slowed.loc[chosen, "record"].map(
        lambda record: {"series": {**record["series"], "batch_wall_ns": [
            factor * time for time in record["series"]["batch_wall_ns"]]}})
    return slowed


def within_a_run(recording: Recording, count: int, seed: int, factor: float = 1.0) -> tuple[dict, dict]:
    """Ratios of twins in one drawn run of `count` repetitions, the second one's times `factor` as long:
    each on its own, and as the report has them, simultaneous. Keys: (row, allocator, collector)."""
    random = np.random.default_rng(seed)
    frame = draw(recording, random.choice(recording.repetitions, count, replace=False), random)
    frame = times(frame, factor, frame["variant"].str.endswith("-b"))
    own = estimates(frame, METRIC, f"{seed}")
    alone = {(row, variant[:-2], collector): compare(own[role, row, variant, collector],
                                                     own[role, row, variant[:-1] + "a", collector])
             for role, row, variant, collector in own if variant.endswith("-b")}
    return alone, simultaneous(alone)


def between_runs(recording: Recording, count: int, seed: int, factor: float = 1.0,
                 apart: bool = False) -> tuple[dict, dict]:
    """Ratios of the same cells in two drawn runs of `count` repetitions each, the second run's times
    `factor` as long. `apart`: each run's repetitions follow each other, as in two runs made one after
    the other; else they are any, so that both runs saw the same machine."""
    random = np.random.default_rng(seed)
    chosen = random.choice(recording.repetitions, 2 * count, replace=False)
    if apart:
        first = random.integers(0, len(recording.repetitions) - 2 * count + 1)
        chosen = recording.repetitions[first:first + 2 * count]
    base = draw(recording, chosen[:count], random)
    new = times(draw(recording, chosen[count:], random), factor, slice(None))
    old, now = (estimates(frame, METRIC, f"{seed}", side_by_side=False) for frame in (base, new))
    alone = {key[1:]: compare(now[key], old[key]) for key in old}
    return alone, simultaneous(alone)


@dataclass(frozen=True)
class Tally:
    """What many comparisons came to: shares of the verdicts and of intervals that hold the truth, each
    comparison on its own and in its run's family; half of the median interval's width (log scale)."""

    total: int
    alone: dict[str, float]
    family: dict[str, float]
    held_alone: float
    held_family: float
    half_width: float

    @staticmethod
    def alarms(shares: dict[str, float]) -> float:
        """The share of verdicts that tell the two sides apart."""
        return shares.get("faster", 0.0) + shares.get("slower", 0.0)


def tally(recording: Recording, drawing, count: int, comparisons: int, factor: float = 1.0,
          **options) -> Tally:
    """At least `comparisons` ratios from `drawing` (within_a_run or between_runs) of `count`
    repetitions; the seeds follow from `count`."""
    alone, family = [], []
    while len(alone) < comparisons:
        own, together = drawing(recording, count, 100000 * count + len(alone), factor, **options)
        alone += own.values()
        family += together.values()
    widths = [np.log(ratio.high / ratio.low) / 2 for ratio in alone]
    return Tally(len(alone), _shares(alone), _shares(family), _held(alone, factor),
                 _held(family, factor), float(np.median(widths)))


def _shares(ratios: list) -> dict[str, float]:
    return pd.Series([ratio.verdict for ratio in ratios]).value_counts(normalize=True).to_dict()


def _held(ratios: list, truth: float) -> float:
    return float(np.mean([ratio.low <= truth <= ratio.high for ratio in ratios]))


def main(file: str) -> None:
    """Prints the figures of docs/statistics.md."""
    recording = load(Path(file))
    print(recording.about["started_at"], recording.about["machine"],
          f"{len(recording.repetitions)} repetitions")
    kinds = [("one run, equal", within_a_run, 1.0, {}), ("one run, 1.10", within_a_run, 1.1, {}),
             ("two runs, equal", between_runs, 1.0, {}), ("two runs, 1.10", between_runs, 1.1, {}),
             ("one after the other", between_runs, 1.0, {"apart": True})]
    for name, drawing, factor, options in kinds:
        for count in (5, 7, 9):
            found = tally(recording, drawing, count, 672, factor, **options)
            for what, shares, held in (("alone", found.alone, found.held_alone),
                                       ("family", found.family, found.held_family)):
                told = ", ".join(f"{verdict} {share:.1%}" for verdict, share in sorted(shares.items()))
                print(f"{name:20} n={count} {what:6} {found.total}: {told}; holds the truth {held:.1%}")
            print(f"{'':20} median interval ±{np.expm1(found.half_width):.1%}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else
         str(Path(__file__).resolve().parent / "data" / "a-a.json.xz"))
