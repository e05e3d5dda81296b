"""Tests that benchmarks.json opens in Google Benchmark's own compare.py (Debian's libbenchmark-tools),
and that what it shows is what was measured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import call, read_journal
from scipy import stats

TOOL = Path("/usr/share/benchmark/compare.py")
RUN = ["--backend", "system,bump", "--collector", "none", "--filter", "^streaming-generator",
       "--param", "streaming-generator.items=20", "--repetitions", "3", "--min-time", "1ms",
       "--progress", "never"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    assert TOOL.exists(), "install libbenchmark-tools (script/packages.txt)"
    folder = tmp_path_factory.mktemp("runs")
    for name, seed in (("old", 1), ("new", 2)):
        done = call("run", *RUN, "--seed", seed, "--out", folder / name)
        assert done.returncode == 0, done.stderr
    return folder / "old", folder / "new"


def compare(*arguments):
    done = subprocess.run([sys.executable, TOOL, "--no-color", *map(str, arguments)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def values(run, metric):
    """The values of a metric by cell, in the order of repetitions."""
    found = {}
    for sample in sorted(read_journal(run), key=lambda sample: sample["repetition"]):
        if sample["kind"] == "time" and sample["role"] == "cell" and sample["valid"]:
            found.setdefault(sample["cell"], []).append(sample["metrics"][metric])
    return found


def test_it_compares_two_runs_and_has_the_right_numbers(runs, tmp_path):
    text = compare("-d", tmp_path / "dump.json", "benchmarks", runs[0] / "benchmarks.json",
                   runs[1] / "benchmarks.json")
    dump = {entry["name"]: entry for entry in json.loads((tmp_path / "dump.json").read_text())}
    wall = [values(run, "ns_per_op") for run in runs]
    cpu = [values(run, "cpu_ns_per_op") for run in runs]
    assert set(dump) == set(wall[0]) | {"OVERALL_GEOMEAN"} and len(dump) == 3
    for cell, old in wall[0].items():
        assert text.count(f"\n{cell} ") == 3
        entry = dump[cell]
        assert entry["run_type"] == "iteration" and entry["time_unit"] == "ns"
        told = [[row[name] for row in entry["measurements"]] for name in (
            "real_time", "real_time_other", "cpu_time", "cpu_time_other", "time")]
        changes = np.array(wall[1][cell]) / np.array(old) - 1
        for found, true in zip(told, (old, wall[1][cell], cpu[0][cell], cpu[1][cell], changes)):
            assert found == pytest.approx(list(true), rel=1e-9, abs=1e-12)


def test_its_u_test_is_of_our_repetitions(runs, tmp_path):
    compare("-d", tmp_path / "dump.json", "-a", "benchmarks", runs[0] / "benchmarks.json",
            runs[1] / "benchmarks.json")
    wall = [values(run, "ns_per_op") for run in runs]
    for entry in json.loads((tmp_path / "dump.json").read_text()):
        if entry["name"] == "OVERALL_GEOMEAN":
            continue
        own = [run[entry["name"]] for run in wall]
        assert entry["utest"]["nr_of_repetitions"] == entry["utest"]["nr_of_repetitions_other"] == 3
        assert entry["utest"]["time_pvalue"] == pytest.approx(
            stats.mannwhitneyu(*own, alternative="two-sided").pvalue)


def test_aggregates_alone_are_the_u_tests_and_the_mean(runs):
    text = compare("-a", "benchmarks", runs[0] / "benchmarks.json", runs[1] / "benchmarks.json")
    lines = text.splitlines()[3:]
    assert len(lines) == 3 and lines[-1].startswith("OVERALL_GEOMEAN")
    assert all("_pvalue" in line and "3 vs 3" in line for line in lines[:-1])


def test_one_back_end_against_another_by_filter(runs, tmp_path):
    """Its `filters` mode sets one back end against another within a run."""
    file = runs[0] / "benchmarks.json"
    compare("-d", tmp_path / "dump.json", "filters", file, "backend:system/linkage:so",
            "backend:bump/linkage:static")
    compared, mean = json.loads((tmp_path / "dump.json").read_text())
    wall = {cell: own for cell, own in values(runs[0], "ns_per_op").items()}
    (old,), (new,) = ([own for cell, own in wall.items() if f"backend:{name}/" in cell]
                      for name in ("system", "bump"))
    assert [row["time"] for row in compared["measurements"]] == pytest.approx(
        [after / before - 1 for before, after in zip(old, new)])


def test_every_metric_is_a_counter_once(runs):
    entries = json.loads((runs[0] / "benchmarks.json").read_text())["benchmarks"]
    records = [record for record in read_journal(runs[0]) if record["role"] == "cell"]
    table = {metric["name"]: metric["kinds"] for metric in json.loads(
        (runs[0] / "environment.json").read_text())["metrics"]}
    for name, kinds in table.items():
        told = sorted(entry[name] for entry in entries if name in entry)
        true = sorted(record["metrics"][name] for record in records if record["kind"] == kinds[0]
                      and record["metrics"].get(name) is not None)
        assert told == pytest.approx(true, rel=1e-9), name
