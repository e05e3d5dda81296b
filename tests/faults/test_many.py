"""Tests of runs of thousands of samples: what reading them takes grows as they do. Costs are compared
with each other, never with a clock's absolute time."""

import json
import os
import subprocess
import sys
import tracemalloc
from time import process_time

import pytest
from synthetic import Recipe, write_run

from faults import LONGER, QUIETLY, stop
from harness import (COMMAND, SMALL, call, check_folder, environment, lines, new_mark, planned,
                     read_environment, read_journal, start, wait_for)

#: Twice linear is still taken for linear: a square would be four times that.
LINEAR = 2.0
FEW, MANY = 750, 3000


def begun(folder, repetitions):
    """A run of so many rounds of one cell, stopped after a few samples."""
    arguments = [*SMALL[:-4], "--repetitions", str(repetitions), "--min-time", "1ms"]
    process = start("run", *arguments, "--out", folder, *QUIETLY, mark=new_mark())
    wait_for(lambda: lines(folder) >= 8, process)
    stop(process)
    return arguments


def fill(folder, arguments, leave):
    """Adds a record of every planned sample that has none, but for the last `leave`."""
    records = read_journal(folder)
    kinds = {(record["role"], record["kind"]): record for record in records}
    template = kinds[("cell", "time")]
    have = {record["id"] for record in records}
    ids = [line for line in call("run", "--dry-run", *arguments).stdout.splitlines()
           if not line.startswith("#")]
    with open(folder / "journal.jsonl", "a") as journal:
        for sequence, name in list(enumerate(ids))[:len(ids) - leave]:
            if name not in have:
                role = next((one for one in ("control", "null", "empty") if f"#{one}#" in name), "cell")
                kind, repetition = name.split("#")[-2:]
                made = dict(kinds.get((role, kind), template), id=name, sequence=sequence, role=role,
                            kind=kind, repetition=int(repetition), cell=name.split("#")[0])
                journal.write(json.dumps(made) + "\n")
    return len(ids)


def cost_of(*arguments):
    """The command's own processor time in seconds, and its largest resident memory in bytes: what it
    starts is not counted before it is waited for, and these commands start little."""
    process = subprocess.Popen([COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=environment())
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 3), errors
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def test_going_on_with_thousands_is_linear(tmp_path):
    """A run whose journal holds all but the last few: reading, measuring those, and benchmarks.json."""
    costs, counts = [], []
    for repetitions in (FEW // 3, MANY // 3):
        folder = tmp_path / str(repetitions)
        arguments = begun(folder, repetitions)
        counts.append(fill(folder, arguments, leave=3))
        costs.append(cost_of("run", "--resume", "--out", folder, *QUIETLY))
        samples = read_journal(folder)
        assert sorted(sample["id"] for sample in samples) == planned(*arguments)
        assert read_environment(folder)["state"] == "finished"
    assert counts[1] > 2000
    factor = counts[1] / counts[0]
    (few_seconds, few_bytes), (many_seconds, many_bytes) = costs
    print(f"{counts}: {few_seconds:.2f} s, {few_bytes >> 20} MiB; {many_seconds:.2f} s, "
          f"{many_bytes >> 20} MiB")
    assert many_seconds < LINEAR * factor * few_seconds
    assert many_bytes < LINEAR * factor * few_bytes


def more(folder, copies):
    """The journal with `copies` repetitions of every record, and the plan that has them."""
    records = read_journal(folder)
    most = 1 + max(record["repetition"] for record in records)
    made = []
    for copy in range(copies):
        for record in records:
            repetition = record["repetition"] + copy * most
            name = record["id"].rsplit("#", 1)[0] + f"#{repetition}"
            made.append(dict(record, id=name, repetition=repetition, sequence=len(made)))
    (folder / "journal.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made))
    described = read_environment(folder)
    described["plan"]["samples"] = len(made)
    (folder / "environment.json").write_text(json.dumps(described))
    return len(made)


def test_the_reader_of_thousands_is_linear(tmp_path):
    """What load.py holds and takes; then what all samples become as a table in CSV."""
    from heapmark_plot.export import export_run
    from heapmark_plot.load import load_run
    recipe = Recipe(works=1, backends=("pool", "system"), collectors=("none",), batches=10,
                    repetitions=8)
    found = []
    for copies in (1, 15, 60):  # the first warms up
        folder = write_run(tmp_path / str(copies), recipe)
        count = more(folder, copies)
        tracemalloc.start()
        run = load_run(folder)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        began = process_time()
        run = load_run(folder)
        seconds = process_time() - began
        began = process_time()
        rows = export_run(run, "csv").count(b"\n")
        found.append((count, peak, seconds, process_time() - began))
        assert len(run.samples) == count == rows - 1
    _, (few, few_peak, *few_seconds), (many, many_peak, *many_seconds) = found
    assert many > 2000
    factor = many / few
    print(found)
    assert many_peak < LINEAR * factor * few_peak
    for before, after in zip(few_seconds, many_seconds):
        assert after < LINEAR * factor * before


@pytest.mark.skipif(not os.environ.get("HEAPMARK_FAULTS_LONG"), reason="two thousand samples: long")
def test_two_thousand_samples_measured(tmp_path):
    folder = tmp_path / "run"
    arguments = [*SMALL[:-4], "--repetitions", "700", "--min-time", "1ms"]
    done = call("run", *arguments, "--out", folder, *QUIETLY, timeout=1800)
    assert done.returncode == 0, done.stderr
    samples = check_folder(folder)
    assert len(samples) > 2000 and all(sample["valid"] for sample in samples)
    for command in (["summary"], ["report"]):
        done = subprocess.run([sys.executable, "-m", "heapmark_plot", *command, str(folder)],
                              capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
