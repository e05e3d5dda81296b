"""This module makes runs with known truths, so that the tests can ask whether the reader finds
them: ratios between back ends, the cost of a collector, a contaminated control, the split of
memory. The files are what docs/results.md says; the numbers are drawn from a seed.

    python3 tests/plot/synthetic.py FOLDER [--works N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MIB = 2**20

#: True time of a back end relative to system's.
TIME = {"pool": 0.62, "system": 1.0, "jemalloc": 0.86, "mimalloc": 0.74, "tcmalloc": 0.80}
#: True memory above what is requested: internal, external, retention (None: A is not told).
MEMORY = {"pool": (1.06, 1.09, 1.02), "system": (1.12, None, 1.18), "jemalloc": (1.08, 1.07, 1.10),
          "mimalloc": (1.10, 1.12, 1.05), "tcmalloc": (1.09, None, 1.31)}
COLLECTOR_TIME = {"none": 1.0, "off": 1.06, "generational": 1.24}
COLLECTOR_DRAG = {"none": 1.0, "off": 1.2, "generational": 1.25}
PREFIX = {"none": 0, "off": 16, "generational": 16}

WORKS = [
    ("short-lived", {"kind": "mixed", "length": 8}, ["kind"], 46.0, 24 * MIB,
     "objects of many types, made and dropped", "one object created and dropped"),
    ("cyclic-graph", {"shape": "ring", "garbage": 50, "break": "leave"}, ["shape"], 118.0, 31 * MIB,
     "rings of objects, left to the collector", "one node linked and lost"),
    ("cyclic-graph", {"shape": "ring", "garbage": 50, "break": "by-hand"}, ["shape", "break"], 121.0,
     31 * MIB, "rings of objects, broken by hand", "one node linked and lost"),
    ("growing-dict", {"keys": "str", "entries": 100000}, ["keys", "entries"], 214.0, 18 * MIB,
     "dicts that grow and are thrown away", "one entry set"),
    ("streaming-generator", {"mode": "stream", "stages": 3}, ["mode"], 83.0, MIB // 4,
     "items through a pipeline of generators", "one item through all stages"),
]

METRICS = [
    ("ns_per_op", "ns", "lower", "time", "Wall time of one operation."),
    ("cpu_ns_per_op", "ns", "lower", "time", "CPU time of one operation."),
    ("ops_per_second", "1/s", "higher", "time", "Operations in a second of wall time."),
    ("foreign_cpu_share", "ratio", "lower", "time,memory,latency", "Share of CPU that other processes took."),
    ("collections", "count", "none", "time,memory,latency", "Collections during the sample."),
    ("pause_max_ns", "ns", "lower", "time", "The longest collection."),
    ("pause_p99_ns", "ns", "lower", "time", "99 of 100 collections took no longer."),
    ("pause_total_ns", "ns", "lower", "time", "Time spent in collections."),
    ("cascade_max_ns", "ns", "lower", "time", "The longest cascade of deallocations."),
    ("peak_rss_bytes", "bytes", "lower", "memory", "Most memory resident at once."),
    ("peak_rss_net_bytes", "bytes", "lower", "memory", "The peak less that of a null run."),
    ("rss_net_bytes", "bytes", "lower", "memory", "Resident memory less that of a null run."),
    ("overhead_ratio", "ratio", "lower", "memory", "Net resident memory over live bytes."),
    ("collector_drag_ratio", "ratio", "lower", "memory", "Requested over live bytes, Q/L."),
    ("internal_fragmentation_ratio", "ratio", "lower", "memory", "Usable over requested bytes, U/Q."),
    ("external_fragmentation_ratio", "ratio", "lower", "memory", "Active over usable bytes, A/U."),
    ("retention_ratio", "ratio", "lower", "memory", "Net resident over active bytes."),
    ("rss_after_release_bytes", "bytes", "lower", "memory", "Resident memory after the release."),
    ("rss_after_purge_bytes", "bytes", "lower", "memory", "Resident memory after a purge."),
]


@dataclass
class Recipe:
    """What the made run is to be like; `time` and `cell_time` are the truths to be found."""

    seed: int = 1
    works: int = 5
    backends: tuple = ("pool", "system", "jemalloc", "mimalloc", "tcmalloc")
    collectors: tuple = ("none", "off", "generational")
    repetitions: int = 5
    batches: int = 20
    process_noise: float = 0.008
    batch_noise: float = 0.02
    time: dict = field(default_factory=lambda: dict(TIME))
    twins: dict = field(default_factory=dict)   # label → back end that it is in truth
    control_shift: float = 1.0
    control: bool = True
    invalid: dict = field(default_factory=dict)  # (backend, kind) → reason for all its samples
    labels: dict = field(default_factory=dict)   # back end → label shown instead
    state: str = "finished"
    tables_bytes: int = 0                        # the workload's own tables
    foreign_share: float = 0.01                  # the most that other processes take of the CPU
    work_effect: float = 0.04                    # how much back ends' ratios vary over works


def truth_of(recipe: Recipe, backend: str) -> str:
    return recipe.twins.get(backend, backend)


def true_ratio(recipe: Recipe, work_index: int, backend: str) -> float:
    """The true time of `backend` on a work, relative to system's on it."""
    kind = truth_of(recipe, backend)
    if kind == "system":
        return recipe.time["system"]
    wobble = np.sin(3.1 * work_index + sum(map(ord, kind)))
    return recipe.time.get(kind, 1.0) * float(np.exp(recipe.work_effect * wobble))


def work_name(workload: str, parameters: dict, shown: list) -> str:
    return "/".join([workload] + [f"{name}:{parameters[name]}" for name in shown])


class Maker:
    """Makes the records of one run."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe
        self.random = np.random.default_rng(recipe.seed)

    def label(self, backend: str) -> str:
        return self.recipe.labels.get(backend, backend)

    def identity(self, work: str, workload: str, parameters: dict, backend: str, collector: str,
                 kind: str, repetition: int, role: str) -> dict:
        name = self.label(backend)
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
        }

    def found(self, sample: dict, batches: int) -> None:
        sample.update(version="5.3.0", origin=f"/usr/lib/lib{sample['backend']}.so",
                      checksum="0x8f3c", iterations=12 * batches, batches=batches,
                      operations=12000 * batches)

    def time_sample(self, index: int, backend: str, collector: str, repetition: int,
                    role: str = "cell") -> dict:
        recipe = self.recipe
        workload, parameters, shown, base, _, _, _ = WORKS[index]
        sample = self.identity(work_name(workload, parameters, shown), workload, parameters, backend,
                               collector, "time", repetition, role)
        cost = COLLECTOR_TIME[collector] if workload == "cyclic-graph" else \
            COLLECTOR_TIME[collector] ** 0.3
        true_ns = base * true_ratio(recipe, index, backend) * cost
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
        if collector == "generational" and workload == "cyclic-graph":
            self.add_pauses(sample, recipe.time.get(truth_of(recipe, backend), 1.0))
        return sample

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

    def memory_sample(self, index: int, backend: str, collector: str) -> dict:
        workload, parameters, shown, base, live, _, _ = WORKS[index]
        sample = self.identity(work_name(workload, parameters, shown), workload, parameters, backend,
                               collector, "memory", 0, "cell")
        internal, external, retention = MEMORY.get(truth_of(self.recipe, backend), (1.1, None, 1.2))
        drag = COLLECTOR_DRAG[collector] if workload == "cyclic-graph" else 1.0
        requested = int(live * drag) + live // 100 * PREFIX[collector] // 4
        usable = int(requested * internal)
        active = int(usable * external) if external else None
        net = int((active or usable) * retention)
        self.fill_memory(sample, live, requested, usable, active, net,
                         true_ratio(self.recipe, index, backend))
        return sample

    def fill_memory(self, sample, live, requested, usable, active, net, speed) -> None:
        floor = self.null_rss(sample["backend"]) + self.recipe.tables_bytes
        after, purged = floor + int(net * 0.31), floor + int(net * 0.12)
        peak = floor + int(net * 1.04)
        self.found(sample, 0)
        edges = [self.edge("setup", 0, floor, floor, 0, 0, 0, None, 1)]
        for name, at, rss, share in (("build", 0.22, 0.7, 0.7), ("steady", 0.75, 1, 1),
                                     ("release", 0.8, 0.4, 0.1)):
            edges.append(self.edge(name, at, floor + int(net * rss), peak, live, requested, usable,
                                   active, share))
        for name, at, rss in (("release+0ms", 0.81, after), ("release+100ms", 0.94, after),
                              ("collected", 0.95, after), ("purged", 0.97, purged)):
            edges.append(self.edge(name, at, rss, peak, live, requested, usable, active, 0.1))
        sample["edges"] = edges
        sample["timeline"] = self.timeline(floor, net, purged, speed)
        sample["metrics"] = {
            "peak_rss_bytes": peak, "collector_drag_ratio": requested / live if live else None,
            "internal_fragmentation_ratio": usable / requested if requested else None,
            "external_fragmentation_ratio": active / usable if active and usable else None,
            "rss_after_release_bytes": after, "rss_after_purge_bytes": purged, "collections": 0,
            "foreign_cpu_share": 0.004,
        }

    @staticmethod
    def edge(name, at, rss, peak, live, requested, usable, active, share) -> dict:
        return {"edge": name, "at_ns": int(at * 4e8), "rss_bytes": rss, "peak_rss_bytes": peak,
                "live_bytes": int(live * share), "requested_bytes": int(requested * share),
                "usable_bytes": int(usable * share),
                "active_bytes": None if active is None else int(active * share),
                "tracked_objects": 0}

    def timeline(self, floor: int, net: int, purged: int, speed: float) -> dict:
        at = np.arange(0, 0.98, 0.0125)
        shape = np.interp(at, [0, 0.22, 0.25, 0.75, 0.8, 0.96, 0.97], [0, 0.7, 0.98, 1, 0.4, 0.31, 0.12])
        ripple = 1 + 0.02 * self.random.standard_normal(len(at))
        scale = 4e8 * (0.6 + 0.4 * speed)
        return {"at_ns": [int(value) for value in at * scale],
                "rss_bytes": [int(value) for value in floor + net * shape * ripple],
                "phase": [[0, "build"], [int(0.22 * scale), "steady"], [int(0.75 * scale), "release"]]}

    @staticmethod
    def null_rss(backend: str) -> int:
        return 2 * MIB + 4096 * (sum(map(ord, backend)) % 300)

    def null_sample(self, backend: str, collector: str) -> dict:
        sample = self.identity("null", "null", {}, backend, collector, "memory", 0, "null")
        self.found(sample, 0)
        rss = self.null_rss(self.label(backend))
        sample["edges"] = [self.edge("setup", 0, rss, rss, 0, 0, 0, None, 1),
                           self.edge("steady", 0.5, rss, rss, 0, 0, 0, None, 1)]
        sample["timeline"] = {"at_ns": [0], "rss_bytes": [rss], "phase": [[0, "steady"]]}
        sample["metrics"] = {"peak_rss_bytes": rss}
        return sample

    def empty_sample(self, repetition: int) -> dict:
        """The harness's own cost: 0.5 ns a step."""
        sample = self.identity("empty", "empty", {}, "system", "none", "time", repetition, "empty")
        self.found(sample, 20)
        sample["metrics"] = {"ns_per_op": 0.5, "cpu_ns_per_op": 0.5, "ops_per_second": 2e9}
        sample["series"] = {"batch_wall_ns": [6000.0] * 20, "batch_cpu_ns": [6000.0] * 20}
        return sample

    def samples(self) -> list[dict]:
        recipe, made = self.recipe, []
        for index in range(recipe.works):
            for backend in recipe.backends:
                for collector in recipe.collectors:
                    made += [self.time_sample(index, backend, collector, repetition)
                             for repetition in range(recipe.repetitions)]
                    made.append(self.memory_sample(index, backend, collector))
        made += [self.null_sample(backend, collector) for backend in recipe.backends
                 for collector in recipe.collectors]
        made += [self.empty_sample(repetition) for repetition in range(2)]
        if recipe.control:
            made += [self.time_sample(0, "system", recipe.collectors[0], repetition, "control")
                     for repetition in range(recipe.repetitions)]
        self.random.shuffle(made)
        for number, sample in enumerate(made):
            sample["sequence"] = number
            self.spoil(sample)
        return made

    def spoil(self, sample: dict) -> None:
        reason = self.recipe.invalid.get((sample["backend"], sample["kind"]))
        if reason and sample["role"] == "cell":
            for member in ("metrics", "series", "edges", "timeline", "pauses", "collections",
                           "version", "origin", "checksum", "iterations", "batches", "operations"):
                sample.pop(member, None)
            sample.update(valid=False, reason=reason)

    def environment(self, sample_count: int) -> dict:
        recipe = self.recipe
        works = [{"work": work_name(workload, parameters, shown), "workload": workload,
                  "parameters": parameters, "brief": brief, "operation": operation,
                  "iterations": 12, "batches": recipe.batches, "operations_per_iteration": 1000}
                 for workload, parameters, shown, _, _, brief, operation in WORKS[:recipe.works]]
        backends = [self.backend(name, True) for name in recipe.backends]
        backends.append(self.backend("snmalloc", False))
        return {
            "record": "environment", "schema": 2, "heapmark": "0.1.0", "git_commit": None,
            "git_dirty": False, "run": "2026-11-21T10-00-00-quick", "profile": "quick",
            "started_at": "2026-11-21T10:00:00Z",
            "finished_at": "2026-11-21T10:03:20Z" if recipe.state == "finished" else None,
            "state": recipe.state, "command_line": ["heapmark", "run", "--profile", "quick"],
            "seed": hex(recipe.seed), "baseline": self.label("system"),
            "options": {"repetitions": recipe.repetitions, "memory_repetitions": 1, "timeout_s": 30,
                        "memory_limit_bytes": 2147483648, "freelists": False,
                        "huge_pages": "madvise"},
            "plan": {"samples": sample_count, "works": works,
                     "backends": [self.label(name) for name in recipe.backends],
                     "collectors": list(recipe.collectors), "threads": [1]},
            "backends": backends,
            "collectors": [{"name": name, "brief": f"the collector {name}",
                            "prefix_bytes": PREFIX[name],
                            "trigger": "auto" if name == "generational" else None,
                            "parameters": {}} for name in recipe.collectors],
            "metrics": [dict(zip(("name", "unit", "direction", "kinds", "brief"), (*metric[:3], metric[3].split(","), metric[4])))
                        for metric in METRICS],
            "machine": {"cpu_model": "Imaginary 9000", "cores_online": 2, "memory_bytes": 8 * 2**30,
                        "kernel": "6.1.0", "os": "Debian GNU/Linux 12", "libc": "glibc 2.36",
                        "caches": {"L1d": 32768, "L2": 1048576, "L3": 33554432}, "thp": "madvise",
                        "governor": None, "virtual_machine": "kvm", "aslr": 2, "swap_bytes": 0,
                        "load_1m_start": 0.2, "load_1m_end": 0.9, "hardware_counters": False,
                        "psi": True},
            "build": {"compiler": "gcc 12.2.0", "type": "Release", "flags": "-O2 -g -DNDEBUG",
                      "sanitizers": None,
                      "google_benchmark": {"version": "1.7.1", "library_build_type": "debug"}},
        }

    def backend(self, name: str, available: bool) -> dict:
        label = self.label(name)
        preload = None
        if available and name not in ("system", "pool"):
            preload = f"LD_PRELOAD=/usr/lib/x86_64-linux-gnu/lib{name}.so.2"
        elif name == "pool":
            preload = "LD_PRELOAD=/opt/heapmark/libheapmark_pool.so"
        return {"name": label, "linkage": "so", "brief": f"the allocator {name}", "ranked": True,
                "available": available, "reason": None if available else "library not found",
                "package": None if name in ("system", "pool") else f"lib{name}2",
                "version": "5.3.0" if available else None,
                "origin": f"/usr/lib/lib{name}.so" if available else None, "environment": {},
                "preload": preload}


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
    options = parser.parse_args()
    write_run(options.folder, Recipe(seed=options.seed, works=options.works))


if __name__ == "__main__":
    main()
