"""Linkage inline: the pool compiled into runtime and workloads, measured in a program of its own."""

import json
import os
import pathlib
import subprocess

import pytest
from harness import call

COMMAND = pathlib.Path(os.environ["HEAPMARK_COMMAND"])
CELL = "short-lived/kind:tuple/backend:{}/linkage:{}/collector:generational/threads:1/runtime:heapmark"
INLINE = CELL.format("pool-inline", "inline")
SMALL = ("--iterations", "20", "--batches", "2")


def record(cell, *arguments):
    done = call("sample", cell, *SMALL, *arguments)
    return done, json.loads(done.stdout) if done.stdout else None


def test_a_sample_runs_in_the_program_that_holds_the_pool():
    done, inline = record(INLINE)
    assert done.returncode == 0, done.stderr
    assert inline["origin"] == str(COMMAND.parent / "heapmark-inline")
    assert inline["checksum"] == record(CELL.format("pool", "so"))[1]["checksum"]


def symbols(library):
    return subprocess.run(["nm", COMMAND.parent / library], check=True, capture_output=True,
                          text=True).stdout


@pytest.mark.parametrize("folder, name", [("src", "hm_runtime"), ("workloads", "hm_workloads")])
def test_the_fast_paths_are_compiled_in(folder, name):
    """What allocates goes to the pool's slow path by name there, and never without HM_INLINE_POOL."""
    if not (COMMAND.parent / folder).is_dir():
        pytest.skip("the command does not lie in its build folder")
    text = symbols(f"{folder}/lib{name}_inline.a")
    assert "U hm_pool_malloc_slow" in text and "U hm_pool_free_slow" in text
    assert "hm_pool_" not in symbols(f"{folder}/lib{name}.a")


@pytest.mark.parametrize("kind", ["memory", "latency"])
def test_calls_that_are_compiled_in_are_not_counted(kind):
    done, inline = record(INLINE, "--kind", kind)
    assert done.returncode == 3
    assert not inline["valid"] and "linkage inline has time samples only" in inline["reason"]


def test_a_run_has_its_rows_beside_the_others(tmp_path):
    out = tmp_path / "run"
    done = call("run", "--backend", "pool,pool-inline", "--collector", "none", "--filter",
                "streaming", "--repetitions", "2", "--out", str(out), "--progress", "never")
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    inline = [entry for entry in records if entry["linkage"] == "inline"]
    assert {entry["kind"] for entry in inline} == {"time"} and len(inline) == 2
    assert all(entry["valid"] for entry in records)
    backends = json.loads((out / "environment.json").read_text())["backends"]
    assert {entry["name"]: entry["ranked"] for entry in backends} == {"pool": True,
                                                                      "pool-inline": False}


def test_the_program_alone_refuses_other_work():
    done = subprocess.run([COMMAND.parent / "heapmark-inline", "run"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    refused_line = done.stderr.strip().splitlines()
    assert len(refused_line) == 1 and "samples of linkage inline only" in refused_line[0]
