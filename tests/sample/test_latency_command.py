"""Tests of `heapmark sample CELL --kind latency` from outside: what its record says must follow from
itself, its work must be that of the other kinds, and an allocator with known hiccups must show them.

The command is named by HEAPMARK_COMMAND, the test allocators lie in HEAPMARK_FIXTURES. No test asks
for an absolute time: what a hiccup lasts is what its allocator spins at least.
"""

import json
import math
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

COMMAND = os.environ["HEAPMARK_COMMAND"]
FIXTURES = Path(os.environ["HEAPMARK_FIXTURES"])
ROOT = Path(__file__).resolve().parents[2]
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))
COLLECTORS = ["none", "generational", "generational-manual"]
WINDOWS_NS = [10**5, 3 * 10**5, 10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**8, 3 * 10**8, 10**9]
HISTOGRAMS = {"operation": "round", "malloc": "malloc", "free": "free"}
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}
CALLS_ONE_IN = 1024


FOR_THREADS = {"producer-consumer", "server-threads"}


def name(work, collector="none", backend="system", linkage="so", threads=1):
    return (f"{work}/backend:{backend}/linkage:{linkage}/collector:{collector}"
            f"/threads:{threads}/runtime:heapmark")


def sample(cell, kind="latency", *options, batches=5, iterations=20):
    done = subprocess.run([COMMAND, "sample", cell, "--kind", kind, "--iterations", str(iterations),
                           "--batches", str(batches), *options],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def workloads():
    listed = subprocess.run([COMMAND, "list", "workloads", "--format", "json"], check=True,
                            capture_output=True, text=True)
    return [entry["name"] for entry in json.loads(listed.stdout)["workloads"]]


def quantile(histogram, share):
    """The same definition as the record's, by the middle of the bucket of that rank."""
    rank = math.ceil(share * histogram["count"])
    if rank >= histogram["count"]:
        return histogram["maximum"]
    if rank <= 1:
        return histogram["minimum"]
    seen = 0
    for low, high, count in histogram["buckets"]:
        seen += count
        if seen >= rank:
            return min(max((low + high) / 2, histogram["minimum"]), histogram["maximum"])
    raise AssertionError("the buckets hold less than the count")


def assert_histogram(histogram):
    assert sum(count for _, _, count in histogram["buckets"]) == histogram["count"]
    assert histogram["relative_error"] <= 0.01
    if histogram["count"] == 0:
        assert histogram["minimum"] is None and histogram["maximum"] is None
        return
    assert histogram["buckets"][0][0] <= histogram["minimum"] <= histogram["buckets"][0][1]
    assert histogram["buckets"][-1][0] <= histogram["maximum"] <= histogram["buckets"][-1][1]
    for low, high, _ in histogram["buckets"]:
        assert high - low <= 2 * histogram["relative_error"] * low


@pytest.mark.parametrize("collector", COLLECTORS)
def test_the_metrics_follow_from_the_histograms(collector):
    record = sample(name("cyclic-graph/nodes:51/live:501", collector), batches=10)
    latency, metrics = record["latency"], record["metrics"]
    for histogram in [*(latency[key] for key in ("round", "malloc", "free", "realloc")),
                      record["pauses"], record["cascades"]]:
        assert_histogram(histogram)
    sources = {**{key: latency[place] for key, place in HISTOGRAMS.items()},
               "pause": record["pauses"], "cascade": record["cascades"]}
    for source, histogram in sources.items():
        for word, share in SHARES.items():
            metric = f"{source}_{word}_ns"
            if metric not in metrics:
                assert source in ("malloc", "free") and word == "p90"
                continue
            wanted = quantile(histogram, share) if histogram["count"] else None
            if source in HISTOGRAMS and wanted is not None:
                wanted = None if wanted < latency["clock_scatter_ns"] else wanted
            assert metrics[metric] == wanted, metric
    assert record["pauses"]["count"] == metrics["collections"]
    assert ("series" in record) == ("edges" in record) == ("timeline" in record) is False


def test_rounds_are_chosen_so_that_there_are_enough():
    few = sample(name("short-lived/kind:int"), iterations=30)["latency"]
    assert few["one_in"] == 1 and few["round"]["count"] == 150
    many = sample(name("short-lived/kind:int"), iterations=4000)["latency"]
    assert many["one_in"] == 10 and many["calls_one_in"] == CALLS_ONE_IN
    assert 1000 <= many["round"]["count"] <= 3000
    assert many["operations_per_round"] == 1000


@pytest.mark.skipif(SANITIZED, reason="slow under a sanitizer")
def test_calls_are_timed_one_in_1024():
    # An int in heapmark is one block: every operation is one malloc and one free.
    record = sample(name("short-lived/kind:int"), iterations=400)
    expected = record["operations"] / CALLS_ONE_IN
    assert expected > 1500
    for calls in ("malloc", "free"):
        assert abs(record["latency"][calls]["count"] - expected) <= 6 * math.sqrt(expected)
    again = sample(name("short-lived/kind:int"), iterations=400)["latency"]
    assert again["malloc"]["count"] == record["latency"]["malloc"]["count"]
    other = sample(name("short-lived/kind:int"), "latency", "--seed", "0x77", iterations=400)
    assert other["latency"]["malloc"]["count"] != record["latency"]["malloc"]["count"]


def joined(pauses):
    pauses, result = sorted(pauses), []
    for begin, end in pauses:
        if result and begin <= result[-1][1]:
            result[-1][1] = max(result[-1][1], end)
        else:
            result.append([begin, end])
    return result


def slow_mmu(pauses, begin, end, window):
    """The least share left in any window that begins or ends where a pause does."""
    if end - begin < window:
        return None
    starts = {begin, end - window}
    for first, last in pauses:
        starts |= {first, last - window}
    worst = 0
    for start in starts:
        start = min(max(start, begin), end - window)
        held = sum(max(0, min(last, start + window) - max(first, start))
                   for first, last in pauses)
        worst = max(worst, held)
    return (window - worst) / window


@pytest.mark.parametrize("collector", ["generational", "generational-manual"])
def test_mmu_follows_from_the_collections(collector):
    record = sample(name("cyclic-graph/nodes:51/live:501/garbage:99", collector), batches=40,
                    iterations=10)
    collections = record["collections"]
    assert 0 < len(collections) == record["pauses"]["count"] < 2000
    # Rings of 51 die in collections: what is told as a cascade lies in one and counts once.
    pauses = joined((one["at_ns"], one["at_ns"] + one["pause_ns"]) for one in collections)
    begin, end = record["latency"]["span_ns"]
    assert begin <= pauses[0][0] and pauses[-1][1] <= end
    assert [window for window, _ in record["mmu"]] == WINDOWS_NS
    for window, utilization in record["mmu"]:
        wanted = slow_mmu(pauses, begin, end, window)
        assert utilization == (None if wanted is None else pytest.approx(wanted, abs=1e-12))
    words = {"100us": 0, "1ms": 2, "10ms": 4, "100ms": 6, "1s": 8}
    for word, place in words.items():
        assert record["metrics"][f"mmu_{word}"] == record["mmu"][place][1]
    assert record["latency"]["mmu_absent"] is None


def test_without_pauses_all_is_left_and_beyond_the_span_nothing_is_known():
    record = sample(name("short-lived/kind:int"), batches=2, iterations=2)
    span = record["latency"]["span_ns"][1] - record["latency"]["span_ns"][0]
    for window, utilization in record["mmu"]:
        assert utilization == (1 if window <= span else None)


@pytest.mark.parametrize("work", workloads())
def test_the_work_is_that_of_the_other_kinds(work):
    threads = 2 if work in FOR_THREADS else 1
    cell = name(work, "generational", threads=threads)
    done = [subprocess.run([COMMAND, "sample", cell, "--kind", kind, "--iterations", "7",
                            "--batches", "5"], capture_output=True, text=True, timeout=300)
            for kind in ("time", "latency")]
    assert [one.returncode for one in done] == [0, 0], done[1].stderr
    time, latency = (json.loads(one.stdout) for one in done)
    assert latency["checksum"] == time["checksum"]
    assert latency["operations"] == time["operations"]
    for metric in ("collections", "collected", "uncollectable"):
        assert latency["metrics"][metric] == time["metrics"][metric]


def test_the_record_s_command_runs_the_sample_again():
    record = sample(name("short-lived/kind:dict"), "latency", "--seed", "0xa")
    assert "--kind latency" in record["command"]
    words = record["command"].split(" ", 2)
    done = subprocess.run(f"'{COMMAND}' sample {words[2]}", shell=True, capture_output=True,
                          text=True, timeout=120)
    again = json.loads(done.stdout)
    assert again["command"] == record["command"] and again["checksum"] == record["checksum"]
    assert again["latency"]["malloc"]["count"] == record["latency"]["malloc"]["count"]


def with_what_the_driver_adds(record):
    record.pop("build_started_monotonic_ns")
    return {**record, "id": f"{record['cell']}#{record['kind']}#0", "sequence": 0, "role": "cell",
            "repetition": 0, "started_at": "2026-11-21T10:00:00.123Z", "duration_ns": 1,
            "attempt": 1, "padding_bytes": 0}


@pytest.mark.parametrize("kind", ["time", "latency"])
@pytest.mark.parametrize("work", ["null", "cyclic-graph"])
def test_a_record_is_as_the_schema_says(kind, work):
    schema = json.loads((ROOT / "results" / "schema.json").read_text())
    record = with_what_the_driver_adds(sample(name(work, "generational"), kind))
    jsonschema.Draft202012Validator({**schema, "$ref": "#/$defs/sample"}).validate(record)


def test_a_time_record_has_counters_or_the_reason_why_not():
    record = sample(name("short-lived/kind:int"), "time")
    counters = dict(record["counters"])
    absent, share = counters.pop("absent"), counters.pop("running_share")
    assert list(counters) == ["instructions", "cycles", "cache_misses", "dtlb_misses",
                              "branch_misses"]
    for counter, value in counters.items():
        per_operation = record["metrics"][f"{counter}_per_op"]
        if value is None:
            assert absent and per_operation is None
            assert share is None or counter in absent
        else:
            assert per_operation == pytest.approx(value / record["operations"])
    assert absent is None or "\n" not in absent


# --- an allocator with known hiccups: every 100th malloc spins for 50 us


def slow_share(histogram, least_ns):
    slow = sum(count for low, _, count in histogram["buckets"] if low >= least_ns)
    return slow / histogram["count"]


@pytest.mark.skipif(SANITIZED, reason="the fixtures are not built for a sanitizer's runtime")
def test_hiccups_show_in_the_tail_and_not_in_the_median():
    spin_ns, every = 50000, 100
    record = sample(name("short-lived/kind:int", backend="hiccup"), "latency", "--backend",
                    f"hiccup=so:{FIXTURES / 'libhiccup_malloc.so'}", iterations=300)
    latency, metrics = record["latency"], record["metrics"]
    calls = latency["malloc"]["count"]
    assert calls > 1000
    typical = max(metrics["malloc_p50_ns"] or 0, latency["clock_scatter_ns"], 1)
    assert metrics["malloc_p999_ns"] > 50 * typical
    assert metrics["malloc_max_ns"] >= metrics["malloc_p999_ns"]
    # One malloc in a hundred, seen at its rate: sampling at random neither misses nor favours it.
    found = slow_share(latency["malloc"], spin_ns * 0.99)
    assert abs(found - 1 / every) <= 6 * math.sqrt(1 / every / calls) + 0.002
    # Frees do not hiccup.
    assert slow_share(latency["free"], spin_ns * 0.99) < 0.003
    assert (metrics["free_p50_ns"] or 0) < metrics["malloc_p999_ns"] / 50
