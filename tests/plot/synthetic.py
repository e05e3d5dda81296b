"""This module makes runs with known truths, so that the tests can ask whether the reader finds
them: ratios between back ends, the cost of a collector, a contaminated control, the split of memory,
percentiles, what a release gives back, what a soak grows by. The files are what docs/results.md says;
the numbers are drawn from a seed.

    python3 tests/plot/synthetic.py FOLDER [--works N] [--seed N] [--release] [--soak]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from synthetic_latency import LatencyMaker
from synthetic_memory import MemoryMaker
from synthetic_truths import (COLLECTOR_TIME, METRICS, MIB, PREFIX, REFILL, TIME,  # noqa: F401
                              WORKS, Recipe, true_ratio, truth_of, work_name)

_COUNTS = {"instructions": 31.0, "cycles": 17.0, "cache_misses": 0.2, "dtlb_misses": 0.05,
           "branch_misses": 0.1}


class Maker(MemoryMaker, LatencyMaker):
    """Makes the records of one run. `extra` draws what came after time and memory, so that one does
    not change the other."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.random = np.random.default_rng(recipe.seed)
        self.extra = np.random.default_rng([recipe.seed, 2])

    def label(self, backend: str) -> str:
        return self.recipe.labels.get(backend, backend)

    def identity(self, planned: tuple, backend: str, collector: str, kind: str, repetition: int,
                 role: str) -> dict:
        workload, parameters, shown = planned[:3]
        work, name = work_name(workload, parameters, shown), self.label(backend)
        cell = f"{work}/backend:{name}/linkage:so/collector:{collector}/threads:1/runtime:heapmark"
        tag = "" if role == "cell" else f"#{role}"
        return {
            "record": "sample", "id": f"{cell}{tag}#{kind}#{repetition}", "sequence": 0,
            "role": role, "kind": kind, "repetition": repetition, "cell": cell, "work": work,
            "workload": workload, "parameters": parameters, "backend": name, "linkage": "so",
            "collector": collector, "threads": 1, "runtime": "heapmark", "valid": True,
            "reason": None, "command": f"heapmark sample '{cell}' --kind {kind} --seed 0x1f",
            "started_at": "2026-11-21T10:00:00.123Z", "duration_ns": 412000000, "attempt": 1,
            "seed": "0x1f", "padding_bytes": int(self.random.integers(0, 4096)),
            "contamination": {"foreign_cpu_share": 0.004, "steal_share": 0.0,
                              "cpu_pressure_share": None, "waited_ns": 0, "contaminated": False,
                              "why": []},
        }

    def found(self, sample: dict, batches: int) -> None:
        sample.update(version="5.3.0", origin=f"/usr/lib/lib{sample['backend']}.so",
                      checksum="0x8f3c", iterations=12 * batches, batches=batches,
                      operations=12000 * batches)

    def time_sample(self, index: int, backend: str, collector: str, repetition: int,
                    role: str = "cell") -> dict:
        recipe = self.recipe
        work = recipe.planned()[index]
        sample = self.identity(work, backend, collector, "time", repetition, role)
        cost = COLLECTOR_TIME[collector] if work[0] == "cyclic-graph" else \
            COLLECTOR_TIME[collector] ** 0.3
        true_ns = work[3] * true_ratio(recipe, index, backend) * cost
        if role == "control":
            true_ns *= recipe.control_shift
        level = true_ns * np.exp(recipe.process_noise * self.random.standard_normal())
        growth = 1 + 0.4 * np.arange(recipe.batches) / recipe.batches  # the batches' own profile
        noise = np.exp(recipe.batch_noise * self.random.standard_normal(recipe.batches))
        batch_ns = level * 12000 * growth / growth.mean() * noise
        ns_per_op = float(batch_ns.sum() / (12000 * recipe.batches))
        self.found(sample, recipe.batches)
        sample["metrics"] = {
            "ns_per_op": ns_per_op, "cpu_ns_per_op": ns_per_op * 0.99,
            "ops_per_second": 1e9 / ns_per_op,
            "foreign_cpu_share": float(self.random.uniform(0, recipe.foreign_share)), "collections": 0,
            "pause_max_ns": None, "pause_p99_ns": None, "pause_total_ns": None,
            "cascade_max_ns": float(self.random.lognormal(9.5, 0.3)),
        }
        sample["series"] = {"batch_wall_ns": [float(value) for value in batch_ns],
                            "batch_cpu_ns": [float(value * 0.99) for value in batch_ns]}
        self.add_counters(sample)
        if work[0] == "release-refill":
            refill, _ = REFILL.get(truth_of(recipe, backend), REFILL["system"])
            sample["metrics"].update(release_ns=1e7, refill_ns=1e7 * refill)
        if collector == "generational" and work[0] == "cyclic-graph":
            self.add_pauses(sample, recipe.time.get(truth_of(recipe, backend), 1.0))
        return sample

    def add_counters(self, sample: dict) -> None:
        if not self.recipe.counters:
            sample["counters"] = {**dict.fromkeys(_COUNTS), "absent": "no PMU in this machine"}
            return
        operations = sample["operations"]
        sample["counters"] = {name: int(each * operations) for name, each in _COUNTS.items()}
        sample["counters"]["absent"] = None
        sample["metrics"].update({f"{name}_per_op": each for name, each in _COUNTS.items()})

    def add_pauses(self, sample: dict, scale: float) -> None:
        pauses = np.sort(self.random.lognormal(11.2, 0.9, size=240) * scale)
        lows = 1000 * 1.02 ** np.floor(np.log(pauses / 1000) / np.log(1.02))
        buckets = [[float(low), float(low * 1.02), int((lows == low).sum())]
                   for low in np.unique(lows)]
        sample["pauses"] = {"relative_error": 0.01, "count": len(pauses), "buckets": buckets}
        sample["collections"] = [
            {"at_ns": int(1e6 * index), "pause_ns": int(pause), "generation": 0, "collected": 700,
             "uncollectable": 0, "traversed": 2000} for index, pause in enumerate(pauses[:50])]
        sample["metrics"].update(collections=len(pauses), pause_max_ns=float(pauses[-1]),
                                 pause_p99_ns=float(np.percentile(pauses, 99)),
                                 pause_total_ns=float(pauses.sum()))

    def empty_sample(self, repetition: int) -> dict:
        """The harness's own cost: 0.5 ns a step."""
        sample = self.identity(("empty", {}, []), "system", "none", "time", repetition, "empty")
        self.found(sample, 20)
        sample["metrics"] = {"ns_per_op": 0.5, "cpu_ns_per_op": 0.5, "ops_per_second": 2e9}
        sample["series"] = {"batch_wall_ns": [6000.0] * 20, "batch_cpu_ns": [6000.0] * 20}
        return sample

    def samples(self) -> list[dict]:
        recipe, made = self.recipe, []
        cells = [(index, backend, collector) for index in range(len(recipe.planned()))
                 for backend in recipe.backends for collector in recipe.collectors]
        for cell in cells:
            made += [self.time_sample(*cell, repetition) for repetition in range(recipe.repetitions)]
            made.append(self.memory_sample(*cell))
        made += [self.null_sample(backend, collector) for backend in recipe.backends
                 for collector in recipe.collectors]
        made += [self.empty_sample(repetition) for repetition in range(2)]
        if recipe.control:
            made += [self.time_sample(0, "system", recipe.collectors[0], repetition, "control")
                     for repetition in range(recipe.repetitions)]
        made += [self.latency_sample(*cell, repetition) for cell in cells
                 for repetition in range(recipe.latency_repetitions)]
        self.disturb(made)
        self.random.shuffle(made)
        for number, sample in enumerate(made):
            sample["sequence"] = number
            self.spoil(sample)
        return made

    def disturb(self, made: list[dict]) -> None:
        times = [sample for sample in made if (sample["kind"], sample["role"]) == ("time", "cell")]
        for sample in times[:self.recipe.contaminated]:
            sample["contamination"].update(
                foreign_cpu_share=0.31, waited_ns=2_000_000_000, contaminated=True,
                why=["others used 31 % of all CPU time (bound 25 %)"])

    def spoil(self, sample: dict) -> None:
        reason = self.recipe.invalid.get((sample["backend"], sample["kind"]))
        if reason and sample["role"] == "cell":
            for member in ("metrics", "series", "edges", "timeline", "pauses", "collections",
                           "version", "origin", "checksum", "iterations", "batches", "operations",
                           "accounts", "size_classes", "attribution", "latency", "cascades", "mmu",
                           "counters"):
                sample.pop(member, None)
            sample.update(valid=False, reason=reason)

    def environment(self, sample_count: int) -> dict:
        from synthetic_environment import environment_of
        return environment_of(self, sample_count)


def write_run(folder: Path, recipe: Recipe | None = None) -> Path:
    """Makes the run of `recipe` in `folder`; returns `folder`."""
    maker = Maker(recipe or Recipe())
    samples = maker.samples()
    folder.mkdir(parents=True, exist_ok=True)
    environment = maker.environment(len(samples))
    (folder / "environment.json").write_text(json.dumps(environment, indent=1), encoding="utf-8")
    lines = "".join(json.dumps(sample) + "\n" for sample in samples)
    (folder / "journal.jsonl").write_text(lines, encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a run with known truths.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--works", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--release", action="store_true", help="with the works that release")
    parser.add_argument("--soak", action="store_true", help="a soak instead: tcmalloc grows")
    options = parser.parse_args()
    recipe = Recipe(seed=options.seed, works=options.works, release=options.release)
    if options.release:
        recipe.settle = "long"
    if options.soak:
        recipe.works, recipe.soak = 0, {"tcmalloc": 300e3}
    write_run(options.folder, recipe)


if __name__ == "__main__":
    main()
