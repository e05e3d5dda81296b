"""Tests of what a sample does after its steady phase (release, settling, refill) and of samples of
very many batches.

The command is named by HEAPMARK_COMMAND. No test asks for an absolute time but for the waits that
were asked for.
"""

import json
import os
import shlex
import subprocess

import pytest

COMMAND = os.environ["HEAPMARK_COMMAND"]
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))
BACKENDS = ["system"] if SANITIZED else ["system", "pool"]
WORK = "release-refill/objects:5000"
CACHE = "lru-cache/keys:300/capacity:30"
MIX = "request-mix/sessions:100/lifetime:128"


def name(work, collector="generational", backend="system"):
    return (f"{work}/backend:{backend}/linkage:so/collector:{collector}"
            "/threads:1/runtime:heapmark")


def run(*arguments):
    return subprocess.run([COMMAND, "sample", *arguments], capture_output=True, text=True,
                          timeout=240)


def sample(cell, kind, *options, batches=4, iterations=50):
    done = run(cell, "--kind", kind, "--iterations", str(iterations), "--batches", str(batches),
               *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def edges_of(record):
    return {edge["edge"]: edge for edge in record["edges"]}


def expected_edges(collector, *looks):
    edges = ["setup", "build", "steady", "release", *looks]
    edges += ["collected"] if collector.startswith("generational") else []
    edges += [] if SANITIZED else ["purged"]
    return edges + ["refill"]


@pytest.mark.parametrize("collector", ["none", "off", "generational", "generational-manual"])
def test_a_memory_sample_looks_at_each_step_from_release_to_refill(collector):
    record = sample(name(WORK, collector), "memory")
    edges = edges_of(record)
    assert list(edges) == expected_edges(collector, "release+0ms", "release+100ms")
    times = [edge["at_ns"] for edge in record["edges"]]
    assert times == sorted(times)
    assert edges["release+100ms"]["at_ns"] - edges["release"]["at_ns"] >= 100_000_000
    assert [phase for _, phase in record["timeline"]["phase"]] == [
        "build", "steady", "release", "refill"]
    # Most of Q is gone, and then there again; objects and lists are as many bytes as before.
    requested = {edge: edges[edge]["requested_bytes"] - edges["setup"]["requested_bytes"]
                 for edge in edges}
    assert requested["release"] < 0.3 * requested["steady"]
    assert 0.95 < requested["refill"] / requested["steady"] < 1.05
    live = {edge: edges[edge]["live_bytes"] for edge in edges}
    assert 0.99 < live["refill"] / live["steady"] <= 1.0001


def test_a_long_settling_looks_on_for_five_seconds():
    record = sample(name(WORK), "memory", "--settle", "long")
    edges = edges_of(record)
    looks = {"release+0ms": 0, "release+100ms": 100, "release+1000ms": 1000, "release+5000ms": 5000}
    assert list(edges) == expected_edges("generational", *looks)
    for look, after_ms in looks.items():
        assert edges[look]["at_ns"] - edges["release"]["at_ns"] >= after_ms * 1_000_000
    assert record["command"].count("--settle long") == 1


def test_the_command_in_a_record_says_how_long_it_settled():
    short = sample(name(CACHE), "memory", "--settle", "short")
    assert "--settle long" not in short["command"]
    again = run(*shlex.split(short["command"])[2:])
    assert json.loads(again.stdout)["checksum"] == short["checksum"]
    assert list(edges_of(json.loads(again.stdout))) == list(edges_of(short))


@pytest.mark.parametrize("value", ["", "longer", "LONG", "5s"])
def test_a_bad_settling_gets_one_line(value):
    done = run(name(CACHE), "--settle", value)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "--settle" in done.stderr
    assert "short or long" in done.stderr


def test_only_phases_that_there_are_have_a_time():
    both = sample(name(WORK), "time")["metrics"]
    assert both["release_ns"] > 0 and both["refill_ns"] > 0
    release = sample(name(CACHE), "time")["metrics"]
    assert release["release_ns"] > 0 and release["refill_ns"] is None
    neither = sample(name("empty"), "time")["metrics"]
    assert neither["release_ns"] is None and neither["refill_ns"] is None


@pytest.mark.parametrize("work", [WORK, WORK + "/order:structure/cyclic:50",
                                  CACHE + "/cyclic:50", MIX])
def test_every_kind_and_cell_of_a_work_ends_with_the_same_checksum(work):
    checksums = set()
    for backend in BACKENDS:
        for collector in ["none", "off", "generational", "generational-manual"]:
            for kind in ["time", "memory", "latency"]:
                record = sample(name(work, collector, backend), kind, batches=2)
                assert record["valid"] is True
                checksums.add(record["checksum"])
    assert len(checksums) == 1


def test_a_memory_sample_of_very_many_batches_keeps_a_small_record():
    few = sample(name(CACHE, "generational-manual"), "memory", batches=20, iterations=1)
    many = sample(name(CACHE, "generational-manual"), "memory", batches=20000, iterations=1)
    assert many["metrics"]["collections"] == 20000
    assert len(many["collections"]) == 2000
    assert "series" not in many
    assert len(json.dumps(many)) < 500_000
    # Nor is there room for the batches in the process that is measured.
    setup = {record["batches"]: edges_of(record)["setup"]["rss_bytes"] for record in (few, many)}
    assert setup[20000] - setup[20] < 400_000


@pytest.mark.parametrize("work, batch", [("lru-cache/keys:3000/capacity:300/cyclic:20", 50),
                                         (MIX, 10)])
def test_caches_and_services_are_bounded_under_a_collector(work, batch):
    short = sample(name(work), "memory", batches=100, iterations=batch)
    long = sample(name(work), "memory", batches=1000, iterations=batch)
    live = [edges_of(record)["steady"]["live_bytes"] for record in (short, long)]
    requested = [edges_of(record)["steady"]["requested_bytes"] for record in (short, long)]
    assert live[1] < 1.2 * live[0]
    assert requested[1] < 2.5 * requested[0]  # garbage waits for a collection
