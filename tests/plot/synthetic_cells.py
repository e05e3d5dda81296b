"""This module makes runs whose cells are given one by one, each with its truth, so that tests can ask
for threads, inlined calls, references, raw works and live pages as they please.

    write_cells(folder, [Cell("batch", "pool", 3.0), Cell("batch", "mimalloc", 8.0, threads=2)])
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from synthetic_environment import environment_of
from synthetic_memory import MemoryMaker
from synthetic_truths import MIB, Recipe

RAW = ("batch", "churn", "producer-consumer", "server-threads", "fragmentation-comb", "size-ramp")
#: RSS of a process that allocated nothing.
FLOOR = 2 * MIB


@dataclass(frozen=True)
class Cell:
    """A cell and its truth: ns of CPU time an operation, and its memory where it has memory samples."""

    work: str
    backend: str
    ns: float = 10.0
    linkage: str = "so"
    collector: str = "none"
    threads: int = 1
    runtime: str = "heapmark"
    scaling: float = 1.0          #: of the threads' own time, what each gets done beside the others
    net_bytes: int = 0            #: RSS net of a null run at the steady edge; 0: no memory samples
    live_bytes: int = 40 * MIB
    purged_net_bytes: int = 0     #: after the release and the purge
    live_page_bytes: int | None = None
    invalid: str = ""             #: why all its time samples failed
    repetitions: int | None = None  #: other than the run's

    @property
    def name(self) -> str:
        return (f"{self.work}/backend:{self.backend}/linkage:{self.linkage}"
                f"/collector:{self.collector}/threads:{self.threads}/runtime:{self.runtime}")


@dataclass
class CellRun:
    """What all cells of a made run have in common."""

    cells: list
    seed: int = 1
    repetitions: int = 7
    memory_repetitions: int = 3
    noise: float = 0.01
    batches: int = 10
    baseline: str = "pool"
    control_shift: float = 1.0
    absent: dict = field(default_factory=dict)    # back end → why it is not there
    references: list = field(default_factory=list)  # environment.json's `references`


def parameters_of(work: str) -> dict:
    """The parameters that a work's name shows."""
    shown = dict(part.split(":", 1) for part in work.split("/")[1:])
    return {name: int(value) if value.isdigit() else value for name, value in shown.items()}


class CellMaker:
    """Makes the records of a run of given cells."""

    def __init__(self, recipe: CellRun):
        self.recipe = recipe
        self.random = np.random.default_rng(recipe.seed)
        self.sequence = 0

    def record(self, cell: Cell, kind: str, repetition: int, role: str = "cell") -> dict:
        tag = "" if role == "cell" else f"#{role}"
        self.sequence += 1
        return {
            "record": "sample", "id": f"{cell.name}{tag}#{kind}#{repetition}",
            "sequence": self.sequence - 1, "role": role, "kind": kind, "repetition": repetition,
            "cell": cell.name, "work": cell.work, "workload": cell.work.split("/")[0],
            "parameters": parameters_of(cell.work), "backend": cell.backend,
            "linkage": cell.linkage, "collector": cell.collector, "threads": cell.threads,
            "runtime": cell.runtime, "valid": True, "reason": None,
            "command": f"heapmark sample '{cell.name}' --kind {kind}",
            "started_at": "2026-11-21T10:00:00.123Z", "duration_ns": 41200000, "attempt": 1,
            "seed": "0x1f", "padding_bytes": 7,
        }

    @staticmethod
    def found(sample: dict, batches: int) -> dict:
        sample.update(version="1.0", origin="/usr/lib/lib.so", checksum="0x8f3c", iterations=12,
                      batches=batches, operations=12000 * batches)
        return sample

    def time_sample(self, cell: Cell, repetition: int, role: str = "cell") -> dict:
        recipe = self.recipe
        sample = self.record(cell, "time", repetition, role)
        if cell.invalid:
            return {**sample, "valid": False, "reason": cell.invalid}
        self.found(sample, recipe.batches)
        true = cell.ns * (recipe.control_shift if role == "control" else 1.0)
        level = true * np.exp(recipe.noise * self.random.standard_normal())
        each = level * 12000 * np.exp(recipe.noise * self.random.standard_normal(recipe.batches))
        cpu = float(np.median(each) / 12000)
        wall = cpu / (cell.threads * cell.scaling)
        sample["metrics"] = {"ns_per_op": wall, "cpu_ns_per_op": cpu, "ops_per_second": 1e9 / wall,
                             "collections": 0}
        sample["series"] = {
            "batch_wall_ns": [float(value / (cell.threads * cell.scaling)) for value in each],
            "batch_cpu_ns": [float(value) for value in each]}
        return sample

    def memory_sample(self, cell: Cell, repetition: int, role: str = "cell") -> dict:
        sample = self.found(self.record(cell, "memory", repetition, role), self.recipe.batches)
        net = 0 if role == "null" else cell.net_bytes
        net = int(net * np.exp(0.002 * self.random.standard_normal()))
        purged = int(cell.purged_net_bytes * np.exp(0.002 * self.random.standard_normal()))
        live = 0 if role == "null" else cell.live_bytes
        pages = cell.live_page_bytes
        edges = [self.edge("setup", 0, FLOOR, 0, None), self.edge("build", 1, FLOOR + net, live, pages),
                 self.edge("steady", 2, FLOOR + net, live, pages)]
        if purged:
            edges += [self.edge("release", 3, FLOOR + net, live // 10, pages),
                      self.edge("purged", 4, FLOOR + purged, live // 10, pages)]
        sample.update(edges=edges, attribution="bytes", timeline={
            "at_ns": [0, 1000], "rss_bytes": [FLOOR, FLOOR + net], "phase": [[0, "build"]]})
        sample["metrics"] = {
            "peak_rss_bytes": FLOOR + net, "rss_bytes": FLOOR + net, "live_bytes": live,
            "rss_over_live": net / live if live else None,
            "rss_over_live_after_purge": purged / (live // 10) if purged and live else None,
            "live_page_bytes": pages if purged else None,
            "rss_over_live_pages": purged / pages if purged and pages else None}
        return sample

    @staticmethod
    def edge(name: str, at: int, rss: int, live: int, pages: int | None) -> dict:
        made = MemoryMaker.edge(name, at, rss, rss, None, 1)
        return {**made, "live_bytes": live, "requested_bytes": live, "usable_bytes": live,
                "live_page_bytes": pages}

    def samples(self) -> list[dict]:
        recipe, made = self.recipe, []
        for cell in recipe.cells:
            count = recipe.repetitions if cell.repetitions is None else cell.repetitions
            made += [self.time_sample(cell, repetition) for repetition in range(count)]
            if cell.net_bytes:
                made += [self.memory_sample(cell, repetition)
                         for repetition in range(recipe.memory_repetitions)]
        first = next((cell for cell in recipe.cells if cell.backend == recipe.baseline
                      and not cell.invalid), None)
        if first is not None:
            made += [self.time_sample(first, repetition, "control")
                     for repetition in range(recipe.repetitions)]
        for key in dict.fromkeys((cell.backend, cell.linkage, cell.collector) for cell in recipe.cells
                                 if cell.net_bytes):
            made.append(self.memory_sample(Cell("null", key[0], linkage=key[1], collector=key[2]), 0,
                                           "null"))
        return made

    def environment(self, count: int) -> dict:
        recipe = self.recipe
        names = list(dict.fromkeys((cell.backend, cell.linkage) for cell in recipe.cells))
        works = list(dict.fromkeys(cell.work for cell in recipe.cells))
        template = environment_of(_Template(), count)
        backend = template["backends"][0]
        template.update(
            baseline=recipe.baseline, seed=hex(recipe.seed),
            command_line=["heapmark", "run", "--profile", "goals"],
            backends=[{**backend, "name": name, "linkage": linkage, "brief": name,
                       "ranked": linkage == "so" and name != "bump"} for name, linkage in names
                      if linkage != "runtime"]
            + [{**backend, "name": name, "available": False, "reason": why, "ranked": True,
                "version": None, "origin": None, "preload": None}
               for name, why in recipe.absent.items()],
            collectors=[{"name": name, "brief": name, "prefix_bytes": 0, "trigger": None,
                         "parameters": {}} for name in dict.fromkeys(
                             cell.collector for cell in recipe.cells)])
        if recipe.references:
            template["references"] = recipe.references
        template["plan"].update(
            backends=[name for name, linkage in names if linkage != "runtime"],
            collectors=[entry["name"] for entry in template["collectors"]],
            threads=sorted({cell.threads for cell in recipe.cells}),
            works=[{"work": work, "workload": work.split("/")[0],
                    "group": "raw" if work.split("/")[0] in RAW else "object",
                    "parameters": parameters_of(work), "brief": "", "operation": "one operation",
                    "iterations": 12, "batches": recipe.batches, "operations_per_iteration": 1000}
                   for work in works])
        return template


class _Template:
    """What environment_of asks a maker for."""

    recipe = Recipe(works=1, backends=("pool",), collectors=("none",))

    @staticmethod
    def label(backend: str) -> str:
        return backend


def write_cells(folder: Path, cells, **more) -> Path:
    """Makes the run of `cells` in `folder`; `more` is CellRun's. Returns `folder`."""
    recipe = cells if isinstance(cells, CellRun) else CellRun(list(cells), **more)
    maker = CellMaker(recipe)
    samples = maker.samples()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.json").write_text(json.dumps(maker.environment(len(samples)), indent=1))
    (folder / "journal.jsonl").write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    return folder


def reference(runtime: str, optimized: str = "pgo+lto", **more) -> dict:
    """A python3 as environment.json has it."""
    version = runtime.removeprefix("cpython-")
    return {"runtime": runtime, "path": f"/usr/bin/python{version[:4]}", "version": version,
            "optimized": optimized, **more}
