"""This module makes the environment.json of a made run: its plan, its back ends and an imaginary
machine."""

from __future__ import annotations

from synthetic_truths import METRICS, PREFIX, work_name


def environment_of(maker, sample_count: int) -> dict:
    """The environment of the run that `maker` makes."""
    recipe = maker.recipe
    works = [{"work": work_name(workload, parameters, shown), "workload": workload,
              "parameters": parameters, "brief": brief, "operation": operation,
              "iterations": 12, "batches": recipe.batches, "operations_per_iteration": 1000}
             for workload, parameters, shown, _, _, brief, operation in recipe.planned()]
    plan = {"samples": sample_count, "works": works,
            "backends": [maker.label(name) for name in recipe.backends],
            "collectors": list(recipe.collectors), "threads": [1]}
    if recipe.rounds:
        plan["rounds"] = recipe.rounds
    return {
        "record": "environment", "schema": 2, "heapmark": "0.1.0", "git_commit": None,
        "git_dirty": False, "run": "2026-11-21T10-00-00-quick",
        "profile": "soak" if recipe.soak else "quick",
        "started_at": "2026-11-21T10:00:00Z",
        "finished_at": "2026-11-21T10:03:20Z" if recipe.state == "finished" else None,
        "state": recipe.state, "command_line": ["heapmark", "run", "--profile", "quick"],
        "seed": hex(recipe.seed), "baseline": maker.label("system"),
        "options": {"repetitions": recipe.repetitions, "memory_repetitions": 1, "timeout_s": 30,
                    "memory_limit_bytes": 2147483648, "freelists": False, "huge_pages": "madvise",
                    "latency_repetitions": recipe.latency_repetitions,
                    "precision": recipe.precision, "most_rounds": 15,
                    "duration_s": recipe.duration_s if recipe.soak else None,
                    "settle": recipe.settle, "shard": None},
        "plan": plan,
        "backends": [_backend(maker, name, True) for name in recipe.backends]
        + [_backend(maker, "snmalloc", False)],
        "collectors": [{"name": name, "brief": f"the collector {name}",
                        "prefix_bytes": PREFIX[name],
                        "trigger": "auto" if name == "generational" else None,
                        "parameters": {}} for name in recipe.collectors],
        "metrics": [{"name": name, "unit": unit, "direction": direction,
                     "kinds": kinds.split(","), "brief": brief}
                    for name, unit, direction, kinds, brief in METRICS],
        "machine": {"cpu_model": "Imaginary 9000", "cores_online": 2, "memory_bytes": 8 * 2**30,
                    "kernel": "6.1.0", "os": "Debian GNU/Linux 12", "libc": "glibc 2.36",
                    "caches": {"L1d": 32768, "L2": 1048576, "L3": 33554432}, "thp": "madvise",
                    "governor": None, "virtual_machine": "kvm", "aslr": 2, "swap_bytes": 0,
                    "load_1m_start": 0.2, "load_1m_end": 0.9,
                    "hardware_counters": recipe.counters, "psi": True},
        "build": {"compiler": "gcc 12.2.0", "type": "Release", "flags": "-O2 -g -DNDEBUG",
                  "sanitizers": None,
                  "google_benchmark": {"version": "1.7.1", "library_build_type": "debug"}},
    }


def _backend(maker, name: str, available: bool) -> dict:
    preload = None
    if available and name not in ("system", "pool"):
        preload = f"LD_PRELOAD=/usr/lib/x86_64-linux-gnu/lib{name}.so.2"
    elif name == "pool":
        preload = "LD_PRELOAD=/opt/heapmark/libheapmark_pool.so"
    return {"name": maker.label(name), "linkage": "so", "brief": f"the allocator {name}",
            "ranked": True, "available": available,
            "reason": None if available else "library not found",
            "package": None if name in ("system", "pool") else f"lib{name}2",
            "version": "5.3.0" if available else None,
            "origin": f"/usr/lib/lib{name}.so" if available else None, "environment": {},
            "preload": preload}
