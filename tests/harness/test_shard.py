"""Tests of shards and soaks from outside: what is planned, what is measured, what is left behind."""

import re
import sys
from collections import Counter

import pytest

from harness import (CELL, SMALL, call, planned, read_environment, read_journal, refused,
                     validator)

PLANS = [
    ["--backend", "system,bump"],
    ["--backend", "system,pool", "--collector", "none,generational", "--filter",
     "^(streaming|growing)"],
    ["--backend", "system", "--profile", "full", "--latency-repetitions", "1"],
]


def parts(arguments, count):
    return [planned(*arguments, "--shard", f"{index}/{count}") for index in range(1, count + 1)]


@pytest.mark.parametrize("arguments", PLANS, ids=lambda value: " ".join(value)[:40])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shards_together_are_the_plan(arguments, count):
    whole = planned(*arguments)
    shards = parts(arguments, count)
    assert Counter(name for shard in shards for name in shard) == Counter(whole)
    works = [{re.split("/backend:", name)[0] for name in shard} for shard in shards]
    for first in range(count):
        for second in range(first + 1, count):
            assert not works[first] & works[second]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The three shards of the small run, and the folder of each."""
    base = tmp_path_factory.mktemp("shards")
    for index in (1, 2, 3):
        done = call("run", *SMALL, "--shard", f"{index}/3", "--out", base / str(index))
        assert done.returncode == 0, done.stderr
    return [base / str(index) for index in (1, 2, 3)]


def test_measured_shards_together_are_the_plan(measured):
    samples = [sample for folder in measured for sample in read_journal(folder)]
    assert sorted(sample["id"] for sample in samples) == planned(*SMALL)
    assert sorted(sample["sequence"] for sample in samples) == list(range(len(samples)))
    assert all(sample["valid"] for sample in samples)
    for sample in samples:
        validator("sample").validate(sample)
    # In the order of their numbers they are the plan's own order.
    done = call("run", "--dry-run", *SMALL)
    order = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert [s["id"] for s in sorted(samples, key=lambda s: s["sequence"])] == order


def test_a_shard_says_what_it_is_part_of(measured):
    environments = [read_environment(folder) for folder in measured]
    names = [[work["work"] for work in e["plan"]["works"]] for e in environments]
    for index, described in enumerate(environments, start=1):
        validator("environment").validate(described)
        assert described["options"]["shard"] == {"index": index, "count": 3}
        shard = described["plan"]["shard"]
        assert (shard["index"], shard["count"]) == (index, 3)
        assert shard["samples"] == len(planned(*SMALL))
        assert sorted(shard["works"]) == sorted(name for part in names for name in part)
        assert described["plan"]["samples"] == len(read_journal(measured[index - 1]))
        for work in described["plan"]["works"]:
            assert work["iterations"] > 0
    assert len({tuple(e["plan"]["shard"]["works"]) for e in environments}) == 1


def test_a_shard_is_gone_on_with_as_itself(measured):
    before = (measured[0] / "journal.jsonl").read_bytes()
    refused(call("run", "--resume", "--out", measured[0], "--shard", "2/3"), "--shard", "differs")
    assert call("run", "--resume", "--out", measured[0]).returncode == 0
    assert (measured[0] / "journal.jsonl").read_bytes() == before


def test_a_shard_without_the_control_can_still_be_read(measured):
    """The summary of each is made, whatever it lacks."""
    for folder in measured:
        done = call("run", "--resume", "--out", folder, HEAPMARK_PYTHON=sys.executable)
        assert done.returncode == 0, done.stderr


def test_more_shards_than_works_are_refused(tmp_path):
    refused(call("run", *SMALL, "--shard", "4/4", cwd=tmp_path), "--shard", "3 works", "1/3")
    assert list(tmp_path.iterdir()) == []


def test_a_soak_is_planned(tmp_path):
    done = call("run", "--dry-run", "--profile", "soak", "--backend", "system,pool", "--duration",
                "30s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert all(name.endswith("#memory#0") for name in names)
    works = Counter(re.split("/backend:", name)[0] for name in names)
    assert works == {"lru-cache": 2, "request-mix": 2, "null": 2}
    assert "# 4 samples of 30 s, one after the other: 0.03 h in all" in done.stdout
    usual = call("run", "--dry-run", "--profile", "soak", "--backend", "system").stdout
    assert "# 2 samples of 600 s, one after the other: 0.33 h in all" in usual


def test_a_soak_lasts_as_long_as_asked(tmp_path):
    done = call("run", "--profile", "soak", "--backend", "system,pool", "--filter", "^lru-cache",
                "--duration", "1s", "--settle", "short", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    described = read_environment(tmp_path / "run")
    assert described["options"]["duration_s"] == 1 and described["options"]["settle"] == "short"
    # Room for the profile's 240 accounts, however short the duration is.
    assert described["options"]["timeout_s"] == 60 + 240 + 3
    work = next(w for w in described["plan"]["works"] if w["work"] == "lru-cache")
    samples = [s for s in read_journal(tmp_path / "run") if s["role"] == "cell"]
    assert len(samples) == 2 and work["batches"] > 20
    for sample in samples:
        assert sample["valid"], sample["reason"]
        assert sample["batches"] == work["batches"]
        assert len(sample["accounts"]) <= 240
        assert len(sample["timeline"]["at_ns"]) <= 4000
        edges = {edge["edge"]: edge["at_ns"] for edge in sample["edges"]}
        # Other programs run beside it, so only the order of magnitude is sure.
        asked = (edges["steady"] - edges["build"]) / 1e9 / described["options"]["duration_s"]
        assert 0.05 <= asked <= 50, asked
    assert samples[0]["checksum"] == samples[1]["checksum"]
    assert list(work["checksums"].values()) == [samples[0]["checksum"]]


def test_a_soak_is_gone_on_with(tmp_path):
    """The number of batches was found once, and holds for what is measured later."""
    folder = tmp_path / "run"
    arguments = ["--profile", "soak", "--backend", "system,pool", "--filter", "^lru-cache",
                 "--duration", "0.5s", "--settle", "short"]
    assert call("run", *arguments, "--out", folder).returncode == 0
    journal = folder / "journal.jsonl"
    whole = journal.read_bytes().splitlines(True)
    journal.write_bytes(b"".join(whole[:-1]) + whole[-1][:100])
    before = read_environment(folder)["plan"]["works"]
    done = call("run", "--resume", "--out", folder)
    assert done.returncode == 0, done.stderr
    assert read_environment(folder)["plan"]["works"] == before
    assert sorted(s["id"] for s in read_journal(folder)) == planned(*arguments)


def test_latency_samples_are_of_the_cells_alone():
    names = planned(*SMALL, "--latency-repetitions", "2")
    assert [name for name in names if "latency" in name] == [f"{CELL}#latency#0",
                                                             f"{CELL}#latency#1"]
