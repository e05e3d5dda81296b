"""Statistics, differences, filters and their text are those of CPython's own tracemalloc, asked
about the same traces: random ones, whose seed is printed.
"""

import json
import os
import pathlib
import random
import subprocess
import tracemalloc

import pytest

PROGRAM = os.environ["HEAPMARK_RANDOM_STATISTICS"]

# The same list stands in random_statistics.c.
FILTERS = [
    tracemalloc.Filter(True, "/lib/*"),
    tracemalloc.Filter(True, "*/[ab].c", 2),
    tracemalloc.Filter(True, "main.c", all_frames=True),
    tracemalloc.Filter(False, "/lib/sub/?.c"),
    tracemalloc.Filter(False, "main.c", 3, all_frames=True),
]


def load(path):
    """The snapshot as CPython's: raw traces have the most recent frame first. A group of n traces
    becomes one with all its bytes and n - 1 empty ones, which sum to the same."""
    document = json.loads(path.read_text())
    traces = []
    for group in document["groups"]:
        traceback = document["tracebacks"][group["traceback"]]
        frames = tuple((frame["file"], frame["line"]) for frame in reversed(traceback["frames"]))
        sizes = [group["size_bytes"]] + [0] * (group["count"] - 1)
        traces += [(0, size, frames, traceback["total"]) for size in sizes]
    return tracemalloc.Snapshot(traces, document["traceback_limit"])


def questions(prefix, snapshot, old):
    for key in ("filename", "lineno", "traceback"):
        for cumulative in ([False] if key == "traceback" else [False, True]):
            yield f"{prefix} statistics {key} {cumulative:d}", snapshot.statistics(key, cumulative)
            yield (f"{prefix} compare_to {key} {cumulative:d}",
                   snapshot.compare_to(old, key, cumulative))


@pytest.mark.parametrize("seed", [1, 2, random.randrange(1 << 32)])
def test_cpython_says_the_same(tmp_path, seed):
    print("seed", seed)
    subprocess.run([PROGRAM, str(seed), tmp_path], check=True)
    old, new = load(tmp_path / "old.json"), load(tmp_path / "new.json")
    assert len(new.traces) > 100
    snapshots = {"all": new}
    for number in range(1, 1 << len(FILTERS)):
        chosen = [one for index, one in enumerate(FILTERS) if number & 1 << index]
        snapshots[f"filter{number}"] = new.filter_traces(chosen)
    asked = 0
    for prefix, snapshot in snapshots.items():
        for name, expected in questions(prefix, snapshot, old):
            assert (tmp_path / name).read_text().splitlines() == [str(one) for one in expected], name
            asked += 1
    assert asked == 320 == len(list(pathlib.Path(tmp_path).iterdir())) - 2
