"""This module is what a made run is to be like: its works, its back ends' truths, and the recipe that
a test changes."""

from __future__ import annotations

import re
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
#: Net memory still resident after the release, at 0, 0.1, 1 and 5 s and after a purge, over that before.
KEPT = {"pool": (0.34, 0.34, 0.34, 0.34, 0.13), "system": (0.62, 0.62, 0.62, 0.62, 0.33),
        "jemalloc": (0.97, 0.94, 0.72, 0.45, 0.16), "mimalloc": (0.95, 0.55, 0.52, 0.52, 0.21),
        "tcmalloc": (0.98, 0.98, 0.98, 0.98, 0.19)}
#: Time of refilling over that of the release, and RSS after refilling over that before the release.
REFILL = {"pool": (1.4, 1.05), "system": (2.1, 1.32), "jemalloc": (1.8, 1.12),
          "mimalloc": (1.6, 1.16), "tcmalloc": (1.5, 1.21)}

#: workload, parameters, those in its name, true ns of an operation, live bytes, words.
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
RELEASE_WORKS = [
    ("release-refill", {"order": order}, ["order"], 61.0, 40 * MIB,
     "nine tenths are freed, then other sizes fill the gaps", "one object made")
    for order in ("random", "age", "structure")]
SOAK_WORKS = [
    ("lru-cache", {"entries": 20000}, [], 310.0, 36 * MIB, "a cache at its limit", "one look-up"),
    ("request-mix", {"sessions": 500}, [], 5200.0, 22 * MIB, "requests of a web service",
     "one request")]

_METRIC = re.compile(r'^HM_METRIC\((\w+), "([^"]*)", "(\w+)", "([\w,]+)", "(.*)"\)$', re.M)
#: The table that the harness writes, and the net metrics that the reader derives.
METRICS = _METRIC.findall(
    (Path(__file__).parents[2] / "bench" / "metrics.def").read_text(encoding="utf-8")) + [
    ("peak_rss_net_bytes", "bytes", "lower", "memory", "The peak less that of a null run."),
    ("rss_net_bytes", "bytes", "lower", "memory", "Resident memory less that of a null run."),
    ("overhead_ratio", "ratio", "lower", "memory", "Net resident memory over live bytes."),
    ("retention_ratio", "ratio", "lower", "memory", "Net resident over active bytes."),
]


@dataclass
class Recipe:
    """What the made run is to be like; `time` and the tables above are the truths to be found."""

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
    latency_repetitions: int = 2
    accounts: int = 12
    release: bool = False                        # the works that release and refill too
    settle: str = "short"
    soak: dict = field(default_factory=dict)     # back end → bytes of RSS a second it grows by
    duration_s: float = 30.0                     # of a soak
    counters: bool = False                       # the machine counts instructions
    contaminated: int = 0                        # this many time samples are marked
    precision: float | None = None               # percent, where rounds are adaptive
    rounds: list = field(default_factory=list)   # cell names of the rounds beyond the fixed ones

    def planned(self) -> list[tuple]:
        """The works of the run."""
        return (WORKS[:self.works] + (RELEASE_WORKS if self.release else [])
                + (SOAK_WORKS if self.soak else []))


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
