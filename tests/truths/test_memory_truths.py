"""Does the account of memory find what is known to be there? Allocators built for it (tests/fixtures/
known_malloc.c) make a quarter more usable than was asked for, or touch 64 MiB that they never hand
out; and in every cell the terms stand in order, and agree with what the allocators say themselves.
"""

import functools
import glob
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "harness"))

from harness import COMMAND, FIXTURES, SANITIZED, validator  # noqa: E402

MEBIBYTE = 1 << 20
HOARD = 64 * MEBIBYTE
COLLECTORS = ["none", "off", "generational", "generational-manual"]
BACKENDS = {"pool": "so", "system": "so", "jemalloc": "so", "mimalloc": "so", "tcmalloc": "so",
            "bump": "static", "debug": "static"}
#: Small, so that all cells together take no longer than they must. The rest runs as it is.
SMALL = {"short-lived": "batch:100", "cyclic-graph": "nodes:101/live:1003/garbage:50",
         "growing-dict": "entries:301/dicts:3", "streaming-generator": "items:50",
         "lru-cache": "keys:2000/capacity:300", "request-mix": "sessions:300"}
foreign = pytest.mark.skipif(SANITIZED, reason="no foreign allocator under a sanitizer")


@functools.cache
def listed():
    done = subprocess.run([COMMAND, "list", "workloads", "--format", "json"], capture_output=True,
                          text=True, check=True)
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else found["workloads"]


def works():
    names = [entry["name"] for entry in listed()]
    assert set(SMALL) <= set(names) and len(names) >= len(SMALL)
    return [f"{name}/{SMALL[name]}" if name in SMALL else name for name in names]


def entry_of(work):
    return next(entry for entry in listed() if entry["name"] == work.split("/")[0])


def collectors(work):
    """Those a work runs under: a raw one has no objects."""
    return ["none"] if entry_of(work)["group"] == "raw" else COLLECTORS


def measure(work, backend, collector, *options, iterations=3, batches=4, code=0):
    linkage = BACKENDS.get(backend, "so")
    if backend not in BACKENDS:
        options = ("--backend", f"{backend}=so:{FIXTURES}/lib{backend}_malloc.so", *options)
    threads = entry_of(work)["least_threads"]
    cell = (f"{work}/backend:{backend}/linkage:{linkage}/collector:{collector}/threads:{threads}"
            "/runtime:heapmark")
    done = subprocess.run([COMMAND, "sample", cell, "--kind", "memory", "--iterations",
                           str(iterations), "--batches", str(batches), *options],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == code, (cell, done.stderr)
    return json.loads(done.stdout)


def edges(record):
    return {edge["edge"]: edge for edge in record["edges"]}


def net_rss(record, null):
    """RSS at the end of the steady phase without what a process has before any object is made: as
    docs/results.md says, less the null run's and the workload's own tables."""
    mine, empty = edges(record), edges(null)
    tables = mine["setup"]["rss_bytes"] - empty["setup"]["rss_bytes"]
    return mine["steady"]["rss_bytes"] - empty["steady"]["rss_bytes"] - tables


# --- what is known


@foreign
@pytest.mark.parametrize("collector", ["none", "generational"])
def test_a_quarter_of_internal_fragmentation_is_found(collector):
    work = "cyclic-graph/live:30011"
    exact, quarter = (measure(work, backend, collector) for backend in ["known", "quarter"])
    assert quarter["attribution"] == exact["attribution"] == "split"
    for record, wanted in [(exact, 1.0), (quarter, 1.25)]:
        assert record["metrics"]["internal_fragmentation_ratio"] == pytest.approx(wanted, rel=0.02)
        for account in record["edges"] + record["accounts"]:
            if account["requested_bytes"] >= MEBIBYTE:
                ratio = account["usable_bytes"] / account["requested_bytes"]
                assert ratio == pytest.approx(wanted, rel=0.02)
        for entry in record["size_classes"]:
            ratio = entry["usable_bytes"] * entry["blocks"] / entry["requested_bytes"]
            assert ratio == pytest.approx(wanted, rel=0.05)
    # It is charged to no other term.
    drag = "collector_drag_ratio"
    assert quarter["metrics"][drag] == pytest.approx(exact["metrics"][drag], rel=1e-9)


@foreign
@pytest.mark.parametrize("collector", ["none", "generational"])
def test_what_is_never_handed_out_again_is_found_as_retention(collector):
    found = {}
    for backend in ["known", "hoarding"]:
        record = measure("cyclic-graph/live:30011", backend, collector)
        null = measure("null", backend, collector)
        steady = edges(record)["steady"]
        net = net_rss(record, null)
        terms = {"drag": steady["requested_bytes"] / steady["live_bytes"],
                 "internal": steady["usable_bytes"] / steady["requested_bytes"],
                 "external": steady["active_bytes"] / steady["usable_bytes"],
                 "retention": net / steady["active_bytes"]}
        product = terms["drag"] * terms["internal"] * terms["external"] * terms["retention"]
        assert product == pytest.approx(net / steady["live_bytes"])
        metrics = record["metrics"]
        assert metrics["collector_drag_ratio"] == pytest.approx(terms["drag"])
        assert metrics["internal_fragmentation_ratio"] == pytest.approx(terms["internal"])
        assert metrics["external_fragmentation_ratio"] == pytest.approx(terms["external"])
        found[backend] = (terms, net - steady["live_bytes"], net - steady["active_bytes"])
    # RSS - L grows by what is hoarded, and of the terms only retention does.
    assert found["hoarding"][1] - found["known"][1] == pytest.approx(HOARD, rel=0.02)
    assert found["hoarding"][2] == pytest.approx(HOARD, rel=0.02)
    assert abs(found["known"][2]) < 0.02 * HOARD
    for term in ["drag", "internal", "external"]:
        assert found["hoarding"][0][term] == pytest.approx(found["known"][0][term], rel=1e-9)


@foreign
def test_an_allocator_that_does_not_tell_a_is_merged():
    record = measure("cyclic-graph/live:30011", "tiny", "none")
    assert record["attribution"] == "merged"
    for account in record["edges"] + record["accounts"]:
        assert account["active_bytes"] is None and account["allocated_bytes"] is None
    assert record["metrics"]["external_fragmentation_ratio"] is None
    assert record["metrics"]["internal_fragmentation_ratio"] > 1
    assert measure("cyclic-graph/live:1003", "tiny", "none")["attribution"] == "bytes"


# --- every cell


def check_order(record):
    for account in record["edges"] + record["accounts"]:
        where = (record["cell"], account.get("edge", account.get("batch")))
        assert account["live_bytes"] <= account["requested_bytes"] <= account["usable_bytes"], where
        assert account["live_bytes"] + account["uncollected_bytes"] <= account["requested_bytes"]
        if account["active_bytes"] is not None:
            assert account["usable_bytes"] <= account["active_bytes"], where
        assert account["rss_bytes"] <= account["peak_rss_bytes"], where
        assert account["huge_page_bytes"] <= account["rss_bytes"], where


def tells_all(record):
    """Whether the allocator tells of all its blocks: mimalloc of living threads' heaps only, and
    blocks of server-threads are of threads that ended."""
    return record["backend"] in ("pool", "jemalloc") or (
        record["backend"] == "mimalloc" and record["workload"] != "server-threads")


def check_classes(record):
    steady, classes = edges(record)["steady"], record["size_classes"]
    assert [entry["usable_bytes"] for entry in classes] == sorted(
        {entry["usable_bytes"] for entry in classes})
    assert sum(entry["requested_bytes"] for entry in classes) == steady["requested_bytes"]
    assert sum(entry["usable_bytes"] * entry["blocks"]
               for entry in classes) == steady["usable_bytes"]
    tells = tells_all(record)
    for entry in classes:
        assert entry["requested_bytes"] <= entry["usable_bytes"] * entry["blocks"]
        assert (entry["slots"] is not None) == tells, (record["cell"], entry)
        assert entry["slots"] is None or entry["slots"] >= entry["blocks"], (record["cell"], entry)


def check_collection(record):
    collector, found = record["collector"], edges(record)
    assert found["setup"]["uncollected_bytes"] == 0
    tables = {account["collector_table_bytes"] for account in record["edges"]}
    assert (tables == {0}) == (collector == "none")
    if collector.startswith("generational"):
        assert found["collected"]["uncollected_bytes"] == 0
    if collector == "generational-manual":
        # A batch ends with a full collection.
        assert {account["uncollected_bytes"] for account in record["accounts"]} == {0}
    accounts = [account["uncollected_bytes"] for account in record["accounts"]]
    metrics = record["metrics"]
    assert metrics["uncollected_bytes"] == found["steady"]["uncollected_bytes"] == accounts[-1]
    assert metrics["uncollected_peak_bytes"] == max(accounts)
    if collector in ("none", "off"):
        assert accounts == sorted(accounts)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("work", works())
def test_the_terms_are_in_order_in_every_cell(work, backend):
    if SANITIZED and backend in ("jemalloc", "mimalloc", "tcmalloc"):
        pytest.skip("no foreign allocator under a sanitizer")
    leaked = {}
    for collector in collectors(work):
        record = measure(work, backend, collector)
        assert record["valid"], record["reason"]
        check_order(record)
        check_classes(record)
        check_collection(record)
        if backend == "mimalloc":
            for account in record["edges"] + record["accounts"]:
                for figure in ("active_bytes", "allocated_bytes"):
                    assert (account[figure] is not None) == tells_all(record), figure
        leaked[collector] = record["metrics"]["uncollected_bytes"]
    if set(leaked) == {"none"}:
        assert leaked["none"] == 0  # no objects, nothing to collect
        return
    # What leaks is the same objects; `off` has the prefix in front of each container.
    assert (leaked["none"] == 0) == (leaked["off"] == 0)
    assert leaked["none"] <= leaked["off"]
    if work.startswith("cyclic-graph"):
        assert leaked["none"] > 0


def own_usable_bytes(record, name):
    """U as the allocator itself counts it. glibc counts whole chunks, eight bytes of header with
    each, and what the process allocated before the sample began; the others the blocks."""
    edge, setup = edges(record)[name], edges(record)["setup"]
    if record["backend"] != "system":
        return edge["allocated_bytes"]
    blocks = sum(entry["blocks"] for entry in record["size_classes"])
    return edge["allocated_bytes"] - (setup["allocated_bytes"] - setup["usable_bytes"]) - 8 * blocks


@foreign
@pytest.mark.parametrize("collector", ["none", "generational"])
@pytest.mark.parametrize("backend", ["pool", "system", "jemalloc", "mimalloc", "tcmalloc"])
def test_usable_bytes_are_the_allocator_s_own(backend, collector):
    record = measure("cyclic-graph/live:100003", backend, collector)
    usable = edges(record)["steady"]["usable_bytes"]
    assert usable > 8 * MEBIBYTE
    assert own_usable_bytes(record, "steady") == pytest.approx(usable, rel=0.01)
    assert record["metrics"]["allocated_bytes"] == edges(record)["steady"]["allocated_bytes"]


@foreign
def test_a_preloaded_allocator_s_own_figures_are_the_whole_process_s():
    found = glob.glob("/usr/lib/*/libjemalloc.so.2")
    if not found:
        pytest.skip("libjemalloc2 is not installed")
    cell = ("cyclic-graph/live:30011/backend:je/linkage:preload/collector:generational/threads:1"
            "/runtime:heapmark")
    done = subprocess.run([COMMAND, "sample", cell, "--backend", f"je=preload:{found[0]}", "--kind",
                           "memory", "--iterations", "3", "--batches", "4"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    check_order(record)
    alone = edges(measure("cyclic-graph/live:30011", "jemalloc", "generational"))["steady"]
    steady = edges(record)["steady"]
    # The runtime's requests and their blocks are the same; the process's own come on top.
    for term in ["live_bytes", "requested_bytes", "usable_bytes"]:
        assert steady[term] == alone[term]
    assert steady["allocated_bytes"] > alone["allocated_bytes"] >= steady["usable_bytes"]


# --- peak and parent


@foreign
def test_the_peak_of_a_sample_is_its_own_and_not_its_parent_s():
    """subprocess forks a parent that holds 200 MB; ru_maxrss would tell them to the child."""
    ballast = bytearray(200 * MEBIBYTE)
    ballast[::4096] = b"x" * len(ballast[::4096])
    try:
        subprocess._USE_POSIX_SPAWN = subprocess._USE_VFORK = False  # a real copy of the parent
        record = measure("cyclic-graph/live:30011", "known", "none")
    finally:
        subprocess._USE_POSIX_SPAWN = subprocess._USE_VFORK = True
    peaks = [account["peak_rss_bytes"] for account in record["edges"]]
    assert peaks == sorted(peaks) and peaks[-1] < 64 * MEBIBYTE
    del ballast


@foreign
def test_a_peak_in_the_middle_is_kept():
    """What is hoarded is touched in the build phase, and given back by nobody: the peak stands."""
    known, hoarding = (measure("cyclic-graph/live:30011", backend, "none")
                       for backend in ["known", "hoarding"])
    grown = hoarding["metrics"]["peak_rss_bytes"] - known["metrics"]["peak_rss_bytes"]
    page = os.sysconf("SC_PAGE_SIZE")
    assert abs(grown - HOARD) <= 64 * page * os.sysconf("SC_NPROCESSORS_CONF")


# --- the record


@pytest.mark.parametrize("batches, asked, wanted", [
    (10, 5, [1, 3, 5, 7, 9]), (4, 20, [0, 1, 2, 3]), (7, 2, [3, 6]), (5, 0, []), (1, 1, [0])])
def test_accounts_are_evenly_spread(batches, asked, wanted):
    record = measure("cyclic-graph/live:101", "system", "off", "--accounts", str(asked),
                     iterations=1, batches=batches)
    assert [account["batch"] for account in record["accounts"]] == wanted
    assert ("--accounts" in record["command"]) == (asked != 20)
    times = [account["at_ns"] for account in record["accounts"]]
    found = edges(record)
    assert times == sorted(times)
    assert all(found["build"]["at_ns"] < at < found["steady"]["at_ns"] for at in times)


def test_twenty_accounts_are_the_rule():
    record = measure("cyclic-graph/live:101", "system", "off", iterations=1, batches=60)
    assert [account["batch"] for account in record["accounts"]] == list(range(2, 60, 3))


def test_the_parts_of_the_record_are_as_the_schema_says():
    record = measure("cyclic-graph/live:30011", "system", "generational")
    for edge in record["edges"]:
        validator("edge").validate(edge)
        assert set(edge) == set(record["edges"][0])
    for account in record["accounts"]:
        validator("account").validate(account)
        assert set(account) - {"batch"} == set(record["edges"][0]) - {"edge"}
    for entry in record["size_classes"]:
        validator("size_class").validate(entry)


@pytest.mark.parametrize("options, said", [
    (["--accounts", "many"], "--accounts: 'many' is not a number from 0 to 10000"),
    (["--accounts", "-1"], "--accounts: '-1' is not a number from 0 to 10000"),
    (["--accounts", "10001"], "--accounts: '10001' is not a number from 0 to 10000"),
    (["--account-fd", "77"], "--account-fd: '77' is not the number of an open file"),
    (["--account-fd", "x"], "--account-fd: 'x' is not the number of an open file")])
def test_wrong_numbers_get_one_line(options, said):
    done = subprocess.run([COMMAND, "sample", "null/backend:system/linkage:so/collector:none"
                           "/threads:1/runtime:heapmark", "--kind", "memory", *options],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and said in done.stderr


def test_a_descriptor_that_is_no_memory_makes_the_sample_invalid():
    with open(os.devnull, "r+b") as nothing:
        done = subprocess.run([COMMAND, "sample", "null/backend:system/linkage:so/collector:none"
                               "/threads:1/runtime:heapmark", "--kind", "memory", "--iterations",
                               "1", "--account-fd", str(nothing.fileno())],
                              capture_output=True, text=True, timeout=60,
                              pass_fds=[nothing.fileno()])
    assert done.returncode == 3
    assert "no memory to keep the requested bytes in" in json.loads(done.stdout)["reason"]
