"""Tests of `heapmark sample` from outside: its records, its exit codes and its one-line messages.

The command is named by HEAPMARK_COMMAND. No test asks for an absolute time.
"""

import glob
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

import pytest

COMMAND = os.environ["HEAPMARK_COMMAND"]
ROOT = Path(__file__).resolve().parents[2]
# Under a sanitizer `system` is the sanitizer's allocator, and no other can be preloaded.
SANITIZED = bool(os.environ.get("HEAPMARK_SANITIZED"))
COLLECTORS = ["none", "off", "generational", "generational-manual"]
IDENTITY = ["record", "kind", "cell", "work", "workload", "parameters", "backend", "linkage",
            "collector", "threads", "runtime", "command", "seed", "iterations", "batches",
            "operations", "valid", "reason", "version", "origin", "checksum"]


def name(work, collector="none", backend="system", linkage="so", threads=1):
    return (f"{work}/backend:{backend}/linkage:{linkage}/collector:{collector}"
            f"/threads:{threads}/runtime:heapmark")


def run(*arguments, env=None, **more):
    return subprocess.run([COMMAND, "sample", *arguments], capture_output=True, text=True,
                          timeout=120, env={**os.environ, **(env or {})}, **more)


def sample(cell, *options, code=0, env=None):
    done = run(cell, *options, env=env)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def short(cell, kind="time", *options, batches=4, iterations=6, **more):
    return sample(cell, "--kind", kind, "--iterations", str(iterations), "--batches", str(batches),
                  *options, **more)


def metric_names(kind):
    table = (ROOT / "bench" / "metrics.def").read_text()
    found = re.findall(r'HM_METRIC\((\w+), "[^"]+", "\w+", "([a-z,]+)"', table)
    assert len(found) > 30
    return {metric for metric, kinds in found if kind in kinds.split(",")}


# What only the driver can add, from outside.
FROM_OUTSIDE = {"foreign_cpu_share", "steal_share", "cpu_pressure_share", "rss_integral_byte_s"}
# What not every machine or workload has.
WHERE_THERE_IS = {"release_ns", "refill_ns"} | {
    f"{count}_per_op" for count in ("instructions", "cycles", "cache_misses", "dtlb_misses",
                                    "branch_misses")}


@pytest.mark.parametrize("collector", COLLECTORS)
@pytest.mark.parametrize("work", ["short-lived/kind:list", "cyclic-graph/nodes:51/live:501"])
def test_a_time_record_is_complete_and_adds_up(work, collector):
    record = short(name(work, collector))
    assert [field for field in IDENTITY if field not in record] == []
    assert record["valid"] is True and record["reason"] is None
    assert SANITIZED or record["origin"].endswith("libc.so.6")
    assert record["origin"].startswith("/") and record["version"]
    assert re.fullmatch("0x[0-9a-f]+", record["checksum"])
    metrics = record["metrics"]
    assert set(metrics) == metric_names("time")
    may_be_null = {"pause_max_ns", "pause_p99_ns", "cascade_max_ns"} | FROM_OUTSIDE | WHERE_THERE_IS
    assert [m for m in metrics if metrics[m] is None and m not in may_be_null] == []

    wall, cpu = record["series"]["batch_wall_ns"], record["series"]["batch_cpu_ns"]
    assert len(wall) == len(cpu) == record["batches"] == 4
    assert metrics["wall_ns"] == sum(wall) and metrics["cpu_ns"] == sum(cpu)
    per_batch = record["operations"] / record["batches"]
    assert metrics["ns_per_op"] == pytest.approx(statistics.median(wall) / per_batch)
    assert metrics["cpu_ns_per_op"] == pytest.approx(statistics.median(cpu) / per_batch)
    assert metrics["ops_per_second"] == pytest.approx(1e9 / metrics["ns_per_op"])


@pytest.mark.parametrize("collector", COLLECTORS)
@pytest.mark.parametrize("work", ["short-lived/kind:list", "cyclic-graph/nodes:51/live:501"])
def test_a_memory_record_is_complete_and_its_terms_are_ordered(work, collector):
    record = short(name(work, collector), "memory")
    assert [field for field in IDENTITY if field not in record] == []
    assert record["valid"] is True
    assert set(record["metrics"]) == metric_names("memory")
    edges = {edge["edge"]: edge for edge in record["edges"]}
    order = ["setup", "build", "steady", "release", "release+0ms", "release+100ms"]
    order += ["collected"] if collector.startswith("generational") else []
    order += [] if SANITIZED else ["purged"]
    assert list(edges) == order
    for edge in record["edges"]:
        assert edge["live_bytes"] <= edge["requested_bytes"] <= edge["usable_bytes"]
        assert edge["active_bytes"] is None  # glibc cannot tell them apart
        assert 0 < edge["rss_bytes"] <= edge["peak_rss_bytes"]
    times = [edge["at_ns"] for edge in record["edges"]]
    assert times == sorted(times)
    assert edges["release+100ms"]["at_ns"] - edges["release+0ms"]["at_ns"] >= 100_000_000
    peaks = [edge["peak_rss_bytes"] for edge in record["edges"]]
    assert peaks == sorted(peaks)

    metrics = record["metrics"]
    for metric in ["rss", "peak_rss", "live", "requested", "usable"]:
        assert metrics[f"{metric}_bytes"] == edges["steady"][f"{metric}_bytes"]
    assert metrics["rss_after_release_bytes"] == edges["release+0ms"]["rss_bytes"]
    assert metrics["rss_after_100ms_bytes"] == edges["release+100ms"]["rss_bytes"]
    for edge, metric in [("collected", "collect"), ("purged", "purge")]:
        wanted = edges[edge]["rss_bytes"] if edge in edges else None
        assert metrics[f"rss_after_{metric}_bytes"] == wanted
    assert metrics["collector_prefix_bytes"] == (0 if collector == "none" else 16)


def test_the_driver_learns_when_the_build_began_and_what_to_leave_out():
    record = short(name("cyclic-graph"), "memory")
    assert record["build_started_monotonic_ns"] > 0
    accounts = sorted(record["edges"] + record["accounts"], key=lambda account: account["at_ns"])
    assert len(record["masked_ns"]) == len(accounts)
    for (begin, end), account in zip(record["masked_ns"], accounts):
        assert record["build_started_monotonic_ns"] + account["at_ns"] <= begin <= end
    phases = record["timeline"]["phase"]
    assert [phase for _, phase in phases] == ["build", "steady", "release"]
    starts = [start for start, _ in phases]
    assert starts == sorted(starts) and starts[0] < record["edges"][1]["at_ns"] <= starts[1]


@pytest.mark.skipif(SANITIZED, reason="shadow memory is resident too")
def test_counting_live_bytes_does_not_show_in_the_peak():
    # Under `none` memory only grows, so the peak is the RSS at the end; what the count of 300,000
    # objects takes for itself at the edge before must not be in it. The kernel is off by some pages.
    slack = 64 * os.sysconf("SC_NPROCESSORS_CONF") * os.sysconf("SC_PAGE_SIZE")
    record = short(name("cyclic-graph/live:300007"), "memory")
    build, steady = record["edges"][1:3]
    assert steady["rss_bytes"] >= build["rss_bytes"]
    assert steady["peak_rss_bytes"] - steady["rss_bytes"] <= slack


def test_leaving_cycles_shows_as_drag_and_collecting_takes_it_away():
    work = "cyclic-graph/nodes:101/live:101/garbage:99"
    leaked = short(name(work, "none"), "memory", iterations=20)
    collected = short(name(work, "generational-manual"), "memory", iterations=20)
    assert leaked["metrics"]["live_bytes"] == collected["metrics"]["live_bytes"]
    assert leaked["metrics"]["requested_bytes"] > 2 * collected["metrics"]["requested_bytes"]
    assert leaked["metrics"]["collections"] == 0 and leaked["metrics"]["collected"] == 0
    assert collected["metrics"]["collected"] > 0
    after = {edge["edge"]: edge for edge in collected["edges"]}
    assert after["collected"]["live_bytes"] == 0
    assert after["collected"]["requested_bytes"] < after["steady"]["requested_bytes"]


def test_ratios_are_given_from_a_mebibyte_of_live_memory_on():
    small = short(name("cyclic-graph/live:1003"), "memory")["metrics"]
    large = short(name("cyclic-graph/live:30011"), "memory")["metrics"]
    assert small["live_bytes"] < 1 << 20 < large["live_bytes"]
    assert small["collector_drag_ratio"] is None
    assert small["internal_fragmentation_ratio"] is None
    assert large["collector_drag_ratio"] == pytest.approx(
        large["requested_bytes"] / large["live_bytes"])
    assert large["internal_fragmentation_ratio"] == pytest.approx(
        large["usable_bytes"] / large["requested_bytes"])
    assert large["external_fragmentation_ratio"] is None


def test_a_manual_trigger_collects_once_a_batch_and_pauses_agree():
    record = short(name("cyclic-graph", "generational-manual"), batches=7)
    metrics, pauses = record["metrics"], record["pauses"]
    assert metrics["collections"] == pauses["count"] == len(record["collections"]) == 7
    assert sum(count for _, _, count in pauses["buckets"]) == 7
    each = [collection["pause_ns"] for collection in record["collections"]]
    assert sum(each) == metrics["pause_total_ns"] < metrics["wall_ns"]
    assert max(each) == metrics["pause_max_ns"]
    assert metrics["pause_p99_ns"] <= metrics["pause_max_ns"]
    assert metrics["pause_share"] == pytest.approx(metrics["pause_total_ns"] / metrics["wall_ns"])
    assert all(collection["generation"] == 2 for collection in record["collections"])
    for low, high, _ in pauses["buckets"]:
        assert high - low <= 2 * pauses["relative_error"] * low
        assert any(low <= pause <= high for pause in each)


@pytest.mark.parametrize("work", ["short-lived", "cyclic-graph", "growing-dict/entries:501",
                                  "streaming-generator"])
def test_the_checksum_is_that_of_the_work(work):
    found = {short(name(work, collector), kind)["checksum"]
             for collector in COLLECTORS for kind in ["time", "memory"]}
    assert len(found) == 1


def test_more_work_has_another_checksum():
    first = short(name("short-lived"))["checksum"]
    assert short(name("short-lived"))["checksum"] == first
    assert short(name("short-lived"), batches=5)["checksum"] != first
    assert short(name("short-lived"), iterations=7)["checksum"] != first
    other = short(name("short-lived"), "time", "--seed", "0xbeef")
    assert other["seed"] == "0xbeef" and other["checksum"] != first


def test_the_record_s_command_runs_the_sample_again():
    record = short(name("short-lived/kind:dict"), "memory", "--freelists", "on", "--seed", "a")
    words = record["command"].split(" ", 2)
    assert words[:2] == ["heapmark", "sample"]
    done = subprocess.run(f"'{COMMAND}' sample {words[2]}", shell=True, capture_output=True,
                          text=True, timeout=120)
    again = json.loads(done.stdout)
    assert again["command"] == record["command"]
    for field in ["checksum", "cell", "kind", "seed", "iterations", "batches"]:
        assert again[field] == record[field]


def test_by_hand_it_calibrates_itself():
    record = sample(name("short-lived"), "--batches", "2")
    assert record["valid"] and record["iterations"] >= 1
    assert len(record["series"]["batch_wall_ns"]) == 2


def test_calibration_scales_to_the_time_asked_for():
    for target in ["2ms", "0.02"]:
        record = sample(name("short-lived/kind:int"), "--calibrate", target)
        assert set(record) == {"record", "iterations", "ns_per_iteration"}
        assert record["record"] == "calibration" and record["ns_per_iteration"] > 0
        wanted = (2e6 if target == "2ms" else 2e7) / record["ns_per_iteration"]
        assert record["iterations"] == pytest.approx(wanted, abs=1)


def test_calibration_never_goes_below_one_iteration():
    record = sample(name("cyclic-graph/nodes:10007/live:200003"), "--calibrate", "0.000001")
    assert record["iterations"] == 1


def test_the_harness_costs_little_beside_real_work():
    def cost(work):
        return min(sample(name(work), "--calibrate", "0.005")["ns_per_iteration"]
                   for _ in range(3))
    assert cost("empty") <= 0.02 * cost("short-lived/kind:int")


def test_a_record_goes_to_the_descriptor_as_one_line():
    read_end, write_end = os.pipe()
    done = run(name("null"), "--iterations", "1", "--batches", "1", "--record-fd", str(write_end),
               pass_fds=[write_end])
    os.close(write_end)
    with open(read_end, encoding="utf-8") as pipe:
        text = pipe.read()
    assert done.returncode == 0 and done.stdout == "" and done.stderr == ""
    assert text.count("\n") == 1 and text.endswith("\n")
    assert json.loads(text)["valid"] is True


def test_the_null_run_has_nothing_live():
    record = short(name("null", "generational"), "memory")
    steady = record["edges"][2]
    assert steady["edge"] == "steady"
    assert steady["live_bytes"] == 0 and steady["tracked_objects"] == 0
    assert steady["requested_bytes"] < 64 * 1024


@pytest.mark.parametrize("collector", ["none", "generational"])
def test_a_teardown_that_was_asked_for_changes_nothing(collector):
    cell = name("cyclic-graph/garbage:99", collector)
    plain = short(cell)
    torn_down = short(cell, env={"HEAPMARK_TEARDOWN": "1"})
    assert torn_down["valid"] and torn_down["checksum"] == plain["checksum"]


# --- the environment


def test_it_starts_itself_anew_with_the_environment_scrubbed():
    # The linker complains about the missing library in every start that still has LD_PRELOAD.
    done = run(name("null"), "--iterations", "1", "--batches", "1",
               env={"LD_PRELOAD": "/nonexistent/library.so", "MALLOC_ARENA_MAX": "1"})
    assert done.returncode == 0
    assert done.stderr.count("/nonexistent/library.so") == 1


def test_it_does_not_start_itself_anew_for_ever():
    done = run(name("null"), "--iterations", "1",
               env={"HEAPMARK_SAMPLE_READY": "1", "MALLOC_ARENA_MAX": "1"})
    record = json.loads(done.stdout) if done.stdout else None
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1 and "MALLOC_ARENA_MAX=1" in done.stderr
    assert record is None or record["valid"] is False


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's runtime must come first")
def test_a_preloaded_allocator_serves():
    found = glob.glob("/usr/lib/*/libjemalloc.so.2")
    if not found:
        pytest.skip("libjemalloc2 is not installed")
    record = short(name("short-lived", backend="je", linkage="preload"), "memory",
                   "--backend", f"je=preload:{found[0]}")
    assert record["valid"] and record["origin"] == os.path.realpath(found[0])
    assert "--backend" in record["command"] and found[0] in record["command"]


# --- what is invalid


def assert_invalid(done, *words):
    assert done.returncode == 3, done.stderr
    record = json.loads(done.stdout)
    identity = [field for field in IDENTITY if field not in ("version", "origin", "checksum")]
    assert [field for field in identity if field not in record] == []
    assert record["valid"] is False and record["checksum"] is None
    for word in words:
        assert word in record["reason"]
    assert "\n" not in record["reason"]
    assert done.stderr.count("\n") == 1 and record["reason"] in done.stderr
    return record


def test_a_library_without_malloc_is_invalid():
    library = glob.glob("/lib/x86_64-linux-gnu/libm.so.6") or glob.glob("/usr/lib*/**/libm.so.6",
                                                                       recursive=True)
    for more in [[], ["--iterations", "2"]]:
        done = run(name("null", backend="maths"), *more, "--backend", f"maths=so:{library[0]}")
        record = assert_invalid(done, "malloc")
        assert record["version"] is None and "metrics" not in record


def test_a_file_that_is_no_library_is_invalid(tmp_path):
    file = tmp_path / "text.so"
    file.write_text("not a library")
    done = run(name("null", backend="text"), "--iterations", "1", "--backend", f"text=so:{file}")
    assert_invalid(done, str(file))


OBJECT_WORKS = ["short-lived", "cyclic-graph", "growing-dict", "streaming-generator", "lru-cache",
                "release-refill", "request-mix"]


@pytest.mark.parametrize("work", OBJECT_WORKS)
def test_two_threads_do_twice_the_work_of_one_on_a_heap_each(work):
    cell = {threads: name(work, "generational", threads=threads) for threads in (1, 2)}
    time = {threads: short(cell[threads], iterations=2) for threads in (1, 2)}
    assert time[2]["operations"] == 2 * time[1]["operations"]
    assert time[1]["checksum"] != time[2]["checksum"]
    assert "thread_cpus" not in time[1] and "thread_cpus" in time[2]
    assert time[2]["counters"]["instructions"] is None
    assert "one thread" in time[2]["counters"]["absent"]
    memory = {threads: short(cell[threads], "memory", iterations=2) for threads in (1, 2)}
    latency = short(cell[2], "latency", iterations=2)
    assert time[2]["checksum"] == memory[2]["checksum"] == latency["checksum"]
    live = {threads: memory[threads]["metrics"]["live_bytes"] for threads in (1, 2)}
    assert live[2] == pytest.approx(2 * live[1], rel=0.2)
    rounds = latency["batches"] * latency["iterations"] * 2
    assert latency["latency"]["round"]["count"] == rounds  # so few that all are timed


def test_collections_of_all_threads_are_told_in_order():
    record = short(name("cyclic-graph", "generational", threads=2), iterations=30)
    alone = short(name("cyclic-graph", "generational"), iterations=30)
    assert record["metrics"]["collections"] >= 1.5 * alone["metrics"]["collections"] > 0
    at = [collection["at_ns"] for collection in record["collections"]]
    assert at == sorted(at) and len(at) == record["metrics"]["collections"]
    assert record["pauses"]["count"] == len(at)
    total = sum(collection["pause_ns"] for collection in record["collections"])
    assert total == record["metrics"]["pause_total_ns"]
    assert record["metrics"]["pause_share"] == pytest.approx(
        total / (2 * record["metrics"]["wall_ns"]))


def test_a_manual_trigger_collects_the_heap_of_each_thread():
    record = short(name("cyclic-graph", "generational-manual", threads=2), batches=4)
    assert record["metrics"]["collections"] == 2 * 4


@pytest.mark.skipif(SANITIZED, reason="the sanitizer is the allocator")
@pytest.mark.parametrize("backend", ["pool", "mimalloc", "jemalloc", "tcmalloc", "bump", "debug"])
def test_an_allocator_s_own_account_holds_the_blocks_of_all_threads(backend):
    linkage = "static" if backend in ("bump", "debug") else "so"
    cell = name("short-lived", backend=backend, linkage=linkage, threads=2)
    done = run(cell, "--kind", "memory", "--iterations", "2", "--batches", "2")
    record = json.loads(done.stdout)
    if not record["valid"] and "install" in record["reason"]:
        pytest.skip(record["reason"])
    assert record["valid"], record["reason"]
    steady = next(edge for edge in record["edges"] if edge["edge"] == "steady")
    assert steady["live_bytes"] <= steady["requested_bytes"] <= steady["usable_bytes"]
    if steady["allocated_bytes"] is not None and backend != "bump":
        assert steady["allocated_bytes"] >= 0.99 * steady["usable_bytes"]
    if steady["active_bytes"] is not None:
        assert steady["active_bytes"] >= 0.99 * steady["usable_bytes"]


def test_an_invalid_calibration_is_a_sample_s_record(tmp_path):
    file = tmp_path / "text.so"
    file.write_text("not a library")
    done = run(name("null", backend="text"), "--calibrate", "0.01", "--backend", f"text=so:{file}")
    assert assert_invalid(done, str(file))["record"] == "sample"


# --- what is asked wrongly

GOOD = name("null")
WRONG = [
    ([], "which cell"),
    ([GOOD, "more"], "'more'"),
    ([GOOD, "--iterations", "0"], "--iterations: '0' is not a number of at least 1"),
    ([GOOD, "--iterations", "-3"], "--iterations"),
    ([GOOD, "--iterations", "1.5"], "--iterations"),
    ([GOOD, "--batches", "0"], "--batches: '0' is not a number from 1 to 1000000"),
    ([GOOD, "--batches", "2000000"], "--batches"),
    ([GOOD, "--kind", "space"], "--kind: 'space' is not time, memory or latency"),
    ([GOOD, "--seed", "0xg"], "--seed: '0xg' is not a hexadecimal number"),
    ([GOOD, "--seed", "12345678123456781"], "--seed"),
    ([GOOD, "--seed", ""], "--seed"),
    ([GOOD, "--freelists", "maybe"], "--freelists: 'maybe' is not on or off"),
    ([GOOD, "--calibrate", "0"], "--calibrate: '0' is not a time above 0"),
    ([GOOD, "--calibrate", "2m"], "--calibrate"),
    ([GOOD, "--record-fd", "77"], "--record-fd: '77' is not the number of an open file"),
    ([GOOD, "--record-fd", "x"], "--record-fd"),
    ([GOOD, "--backend", "so:/nonexistent.so"], "/nonexistent.so"),
    ([GOOD, "--backend", "jemalloc"], "'jemalloc'"),
    ([GOOD, "--frequency", "3"], "--frequency"),
    ([name("nothing")], "'nothing'"),
    ([name("short-lived/kind:mixed")], "must be written as"),
]


@pytest.mark.parametrize("arguments,said", WRONG)
def test_wrong_usage_gets_one_line_and_nothing_else(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("heapmark sample: ")
    assert done.stderr.count("\n") == 1 and said in done.stderr


def test_a_record_that_cannot_be_printed_is_exit_6():
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "sample", name("short-lived"), "--iterations", "1",
                               "--batches", "1"], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=120)
    assert done.returncode == 6
    assert "cannot be written" in done.stderr and len(done.stderr.splitlines()) == 1


def test_help_names_every_option():
    done = run("--help")
    assert done.returncode == 0
    for option in ["backend", "kind", "iterations", "batches", "seed", "freelists", "calibrate",
                   "record-fd"]:
        assert f"--{option}" in done.stdout
