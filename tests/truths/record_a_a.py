"""This module records samples of cells that are the same under two names, so that the statistics can
be asked how often they call equal things different, with the noise that a real machine makes.

    HEAPMARK_COMMAND=build/heapmark python3 tests/truths/record_a_a.py FILE [--repetitions N]

It runs `heapmark run` once: three works, two collectors, two allocators each loaded under two labels
(twins: the same file, in the same blocks), many repetitions of small batches. FILE (.json.xz) keeps of
each valid time sample its block (work and repetition), its value and its batches, and with them the
machine and the date; data/a-a.json.xz is one such file. Invariant: nothing is left out for its value;
a run with an invalid sample is no recording.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: Allocators by the name that `heapmark list backends` has for them; the same file gets both labels.
ALLOCATORS = ("pool", "jemalloc")
TWINS = ("a", "b")
COLLECTORS = "none,generational"
WORKS = "^(short-lived|growing-dict|cyclic-graph).*/backend:[^/]*-[ab]/"
PARAMETERS = ("short-lived.batch=1000", "growing-dict.dicts=4", "growing-dict.delete=0",
              "cyclic-graph.live=3000", "cyclic-graph.break=leave")
REPETITIONS = 72
MIN_TIME_S = "0.003"
MACHINE = ("cpu_model", "cores_online", "kernel", "libc", "virtual_machine", "thp", "load_1m_start",
           "load_1m_end")


def record(command: str, file: Path, repetitions: int) -> dict:
    """Runs `command`, writes `file`, and returns what was written."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        subprocess.run([command, *_arguments(command, run, repetitions)], check=True,
                       stdout=subprocess.DEVNULL)
        data = _compact(run)
    with lzma.open(file, "wt", preset=9, encoding="utf-8") as stream:
        json.dump(data, stream, separators=(",", ":"))
    return data


def _arguments(command: str, run: Path, repetitions: int) -> list[str]:
    listed = subprocess.run([command, "list", "backends", "--format", "json"], check=True,
                            capture_output=True, text=True).stdout
    library = {entry["name"]: entry["library"] for entry in json.loads(listed)["backends"]
               if entry["available"]}
    arguments = ["run", "--profile", "quick", "--out", str(run), "--progress", "never",
                 "--collector", COLLECTORS, "--baseline", f"{ALLOCATORS[0]}-{TWINS[0]}",
                 "--filter", WORKS, "--min-time", MIN_TIME_S, "--repetitions", str(repetitions),
                 "--memory-repetitions", "0", "--latency-repetitions", "0", "--precision", "off"]
    for parameter in PARAMETERS:
        arguments += ["--param", parameter]
    for name in ALLOCATORS:
        if name not in library:
            sys.exit(f"record_a_a: back end {name} is not on this machine; install its package")
        for twin in TWINS:
            arguments += ["--backend", f"{name}-{twin}=so:{library[name]}"]
    return arguments


def _compact(run: Path) -> dict:
    """What is kept of a run: `samples` is [cell index, repetition, ns/op, disturbed, batches in ns]."""
    environment = json.loads((run / "environment.json").read_text())
    records = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    records = [one for one in records if one["role"] == "cell" and one["kind"] == "time"]
    wrong = [one for one in records if not one["valid"]]
    if wrong or not records:
        sys.exit(f"record_a_a: {len(wrong)} of {len(records)} samples are invalid:"
                 f" {wrong[0]['reason'] if wrong else 'none ran'}")
    cells, samples = {}, []
    for one in records:
        name, twin = one["backend"].rsplit("-", 1)
        cell = cells.setdefault((one["work"], name, one["collector"], twin), len(cells))
        samples.append([cell, one["repetition"], one["metrics"]["ns_per_op"],
                        "".join(str(int(flag)) for flag in one["series"]["batch_disturbed"]),
                        [int(time) for time in one["series"]["batch_wall_ns"]]])
    return {"started_at": environment["started_at"], "heapmark": environment["heapmark"],
            "git_commit": environment["git_commit"],
            "machine": {name: environment["machine"].get(name) for name in MACHINE},
            "cells": [dict(zip(("work", "allocator", "collector", "twin"), cell)) for cell in cells],
            "samples": samples}


def main() -> int:
    parser = argparse.ArgumentParser(description="Records the samples of the A/A test.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args()
    data = record(os.environ["HEAPMARK_COMMAND"], options.file, options.repetitions)
    print(f"{options.file}: {len(data['samples'])} samples of {len(data['cells'])} cells,"
          f" {options.file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
