"""Tests of what `heapmark timeline` leaves behind: every file is sound, and what is told twice
agrees."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from harness import (COMMAND, ROOT, SANITIZED, call, environment, marked_processes, new_mark, start,
                     validator)

#: The Python that runs this test can draw the figure.
PYTHON = {"HEAPMARK_PYTHON": sys.executable}

CYCLES = ["cyclic-graph", "--param", "live=2000", "--param", "nodes=100", "--param", "garbage=50",
          "--backend", "system", "--iterations", "400", "--points", "7", "--interval-ms", "1"]


def timeline(folder, *arguments, **more):
    """Runs the command into `folder`; what it printed and timeline.json, which must be valid."""
    done = call("timeline", *arguments, "--out", folder, **more)
    document = json.loads((folder / "timeline.json").read_text())
    validator("timeline_document").validate(document)
    return done, document


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A timeline with garbage and collections, and its folder and output."""
    folder = tmp_path_factory.mktemp("made") / "deep" / "cycles"
    done, document = timeline(folder, *CYCLES, **PYTHON)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout, document


def test_the_folder_holds_three_whole_files(made):
    folder, output, _ = made
    assert sorted(path.name for path in folder.iterdir()) == [
        "timeline.json", "timeline.png", "timeline.svg"]
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "timeline.svg").read_text()
    assert output.splitlines()[-1] == f"{folder}/timeline.json, timeline.svg, timeline.png"


def test_phases_are_in_order_and_touch(made):
    _, _, document = made
    phases = document["phases"]
    assert [phase["name"] for phase in phases] == ["build", "steady", "release", "collect"]
    assert [phase["role"] for phase in phases] == ["build", "steady", "release", "collect"]
    assert phases[0]["begin_ns"] == 0
    for before, after in zip(phases, phases[1:]):
        assert before["begin_ns"] < before["end_ns"] == after["begin_ns"] <= after["end_ns"]


def test_points_are_where_they_should_be(made):
    _, _, document = made
    points = document["points"]
    assert [point["phase"] for point in points] == (
        ["setup", "build"] + ["steady"] * 8 + ["release", "collect"])
    assert [point["ends_phase"] for point in points] == (
        [True, True] + [False] * 7 + [True] * 3)
    ends = {phase["name"]: phase["end_ns"] for phase in document["phases"]}
    for before, after in zip(points, points[1:]):
        assert before["at_ns"] <= after["at_ns"]
        assert before["collections"] <= after["collections"]
    for point in points[1:]:
        if point["ends_phase"]:
            assert point["at_ns"] == ends[point["phase"]]
    assert document["measuring_ns"] >= sum(point["walk_ns"] for point in points)


def test_live_is_at_most_requested_and_pending_at_most_tracked(made):
    _, _, document = made
    for point in document["points"]:
        assert point["live_bytes"] <= point["requested_bytes"] <= point["rss_bytes"]
        assert point["pending_objects"] <= point["tracked_objects"]
        reachable = point["tracked_objects"] - point["pending_objects"]
        assert reachable <= point["live_objects"] + 10  # interned strings are the heap's own
    assert any(point["pending_objects"] for point in document["points"])
    last = document["points"][-1]
    assert last["pending_objects"] == last["tracked_objects"] == last["live_bytes"] == 0


def test_readings_lie_on_the_axis_in_order(made):
    _, _, document = made
    end = document["phases"][-1]["end_ns"]
    ticks, rss = document["ticks"], document["rss"]
    for series in (ticks["at_ns"], rss["at_ns"]):
        assert series == sorted(series) and all(0 <= at <= end for at in series)
    assert {len(ticks[name]) for name in ticks} == {len(ticks["at_ns"])}
    assert len(rss["at_ns"]) == len(rss["bytes"])
    assert all(size > 0 for size in rss["bytes"])


def test_collections_add_up(made):
    _, _, document = made
    generations = document["collections"]
    assert [entry["generation"] for entry in generations] == [0, 1, 2]
    assert sum(entry["count"] for entry in generations) == document["points"][-1]["collections"] > 1
    end = document["phases"][-1]["end_ns"]
    for entry in generations:
        kept = entry["kept"]
        every = entry["kept_every"]
        assert len(kept) == (entry["count"] + every - 1) // every
        assert [collection["at_ns"] for collection in kept] == sorted(
            collection["at_ns"] for collection in kept)
        assert all(collection["at_ns"] <= end for collection in kept)
        if every == 1:
            assert sum(c["pause_ns"] for c in kept) == entry["pause_total_ns"]
            assert max((c["pause_ns"] for c in kept), default=0) == entry["pause_max_ns"]
            assert sum(c["collected"] for c in kept) == entry["collected"]
    # The last phase is one full collection, and it found what was pending.
    last = generations[-1]["kept"][-1]
    assert last["at_ns"] >= document["phases"][-1]["begin_ns"]
    assert last["collected"] == document["points"][-2]["pending_objects"] > 0


def sums_agree(document):
    """The increments of every phase sum to what the tracer counts, by whatever they are summed."""
    phases = document["sites"]["phases"]
    assert [phase["phase"] for phase in phases] == [phase["name"] for phase in document["phases"]]
    bytes_before = blocks_before = 0
    for phase in phases:
        assert phase["traced_begin_bytes"] == bytes_before
        assert phase["blocks_begin"] == blocks_before
        bytes_before, blocks_before = phase["traced_end_bytes"], phase["blocks_end"]
        assert phase["traced_peak_bytes"] >= max(phase["traced_begin_bytes"], bytes_before)
        summed = ["lines", "functions", "types"]
        if document["sites"]["frames"] > 1:
            summed.append("tracebacks")
        for name in summed:
            entries = phase[name]
            assert sum(entry["increment_bytes"] for entry in entries) == (
                phase["traced_end_bytes"] - phase["traced_begin_bytes"])
            assert sum(entry["increment_count"] for entry in entries) == (
                phase["blocks_end"] - phase["blocks_begin"])
            assert sum(entry["bytes"] for entry in entries) == phase["traced_end_bytes"]
            assert sum(entry["count"] for entry in entries) == phase["blocks_end"]
            for entry in entries:
                begin = entry["bytes"] - entry["increment_bytes"]
                assert begin >= 0 and entry["highest_bytes"] >= max(begin, entry["bytes"])
            changes = [abs(entry["increment_bytes"]) for entry in entries]
            assert changes == sorted(changes, reverse=True)


def test_the_sites_sum_to_the_traced_bytes(made):
    _, _, document = made
    sums_agree(document)
    build = document["sites"]["phases"][0]
    assert build["traced_end_bytes"] > 0 and build["tracer_bytes"] > 0
    assert {"list", "int"} <= {entry["type"] for entry in build["types"]}
    assert all(phase["tracebacks"] == [] for phase in document["sites"]["phases"])


def test_traced_bytes_are_the_requested_ones(made):
    """Both runs do the same work: what one counts the other traces."""
    _, _, document = made
    ends = [point for point in document["points"] if point["ends_phase"]]
    for point, phase in zip(ends[1:], document["sites"]["phases"]):
        change = point["requested_bytes"] - ends[0]["requested_bytes"]
        assert change == phase["traced_end_bytes"]


def test_lines_are_the_workloads_own_with_their_source(made):
    _, output, document = made
    lines = [line for phase in document["sites"]["phases"] for line in phase["lines"]]
    assert lines
    for line in lines:
        assert re.fullmatch(r"workloads/\w+\.c", line["file"]), line
        text = (ROOT / line["file"]).read_text().splitlines()[line["line"] - 1]
        assert line["source"] == text.strip() and "hm_" in line["source"]
        assert line["function"]
    largest = document["sites"]["phases"][0]["lines"][0]
    assert f"{largest['file']}:{largest['line']}" in output
    assert largest["source"][:40] in output


def test_the_processes_can_be_run_again(made):
    _, _, document = made
    processes = document["processes"]
    assert [process["part"] for process in processes] == ["curves", "sites"]
    for process in processes:
        words = shlex.split(process["command"])
        assert words[:3] == ["heapmark", "timeline", document["cell"]]
        done = subprocess.run([COMMAND, *words[1:]], capture_output=True, text=True,
                              env=environment(), timeout=120)
        assert done.returncode == 0, done.stderr
        record = json.loads(done.stdout)
        assert record["part"] == process["part"] and record["valid"] is True
        assert record["checksum"] == document["checksum"]


def test_the_table_tells_what_the_json_tells(made):
    _, output, document = made
    rows = dict(re.findall(r"^(\w+) +\d+\.\d  .*?(\d+  +\d+  +\d+)$", output, re.MULTILINE))
    assert list(rows) == [phase["name"] for phase in document["phases"]]
    before = 0
    for point in document["points"]:
        if point["ends_phase"] and point["phase"] != "setup":
            told = [int(word) for word in rows[point["phase"]].split()]
            assert told == [point["tracked_objects"], point["pending_objects"],
                            point["collections"] - before]
            before = point["collections"]
    for phase in document["sites"]["phases"]:
        assert f"\n{phase['phase']}: " in output
    assert document["checksum"] in output


def test_a_workload_of_one_phase_and_no_collector(tmp_path):
    done, document = timeline(tmp_path / "t", "streaming-generator", "--backend", "system",
                              "--collector", "none", "--iterations", "1", **PYTHON)
    assert done.returncode == 0, done.stderr
    assert [phase["name"] for phase in document["phases"]] == ["steady"]
    assert [entry["count"] for entry in document["collections"]] == [0]
    assert [point["phase"] for point in document["points"]] == ["setup", "steady"]
    sums_agree(document)


def test_a_leak_is_pending_to_the_end(tmp_path):
    arguments = [*CYCLES, "--collector", "none"]
    _, document = timeline(tmp_path / "t", *arguments)
    pending = [point["pending_objects"] for point in document["points"]]
    assert pending == sorted(pending)
    # Every second graph leaks; after the release their class, with its dict, is held by them alone.
    assert pending[-2:] == [200 * 100, 200 * 100 + 2]
    assert document["sites"]["phases"][-1]["blocks_end"] >= pending[-1]


def test_a_manual_trigger_collects_after_each_point(tmp_path):
    _, document = timeline(tmp_path / "t", *CYCLES, "--collector", "generational;trigger=manual")
    inside = [point for point in document["points"]
              if point["phase"] == "steady" and not point["ends_phase"]]
    assert len(inside) == 8
    assert [point["collections"] for point in inside] == list(range(8))
    assert all(point["pending_objects"] == 25 * 100 for point in inside)
    assert document["points"][-3]["pending_objects"] == 0
    assert document["points"][-1]["collections"] == 9
    sums_agree(document)


def test_very_many_collections_are_thinned_and_counted(tmp_path):
    _, document = timeline(tmp_path / "t", "cyclic-graph", "--backend", "system", "--param",
                           "live=0", "--param", "nodes=100", "--iterations", "700", "--collector",
                           "generational;thresholds=10,10,10")
    youngest = document["collections"][0]
    assert youngest["count"] > 4000 and youngest["kept_every"] > 1
    assert 1000 < len(youngest["kept"]) <= 2000
    assert youngest["kept"][-1]["at_ns"] > 0.8 * document["phases"][-1]["end_ns"]


def test_more_frames_give_tracebacks(tmp_path):
    _, document = timeline(tmp_path / "t", *CYCLES, "--frames", "3")
    assert document["sites"]["frames"] == 3
    sums_agree(document)
    tracebacks = document["sites"]["phases"][0]["tracebacks"]
    assert tracebacks and all(1 <= len(entry["frames"]) <= 3 for entry in tracebacks)


@pytest.mark.skipif(SANITIZED, reason="sanitizers' frames stand between")
def test_native_sites_are_lines_outside_the_runtime(tmp_path):
    done, document = timeline(tmp_path / "t", *CYCLES, "--native")
    if document["sites"] is None:
        assert done.returncode == 3 and "libunwind" in done.stderr
        pytest.skip("native tracebacks are not there")
    sums_agree(document)
    assert document["sites"]["native"] and document["sites"]["frames"] == 16
    line = document["sites"]["phases"][0]["lines"][0]
    assert line["file"].startswith("workloads/") and line["source"]


def test_the_iterations_are_found_where_none_are_given(tmp_path):
    _, document = timeline(tmp_path / "t", "short-lived", "--backend", "system")
    assert [process["part"] for process in document["processes"]] == [
        "calibration", "curves", "sites"]
    assert document["iterations"] >= 1


def test_without_a_python_all_but_the_figure_is_made(tmp_path):
    folder = tmp_path / "t"
    done, document = timeline(folder, *CYCLES, HEAPMARK_PYTHON="/bin/false")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no figure" in done.stderr and "HEAPMARK_PYTHON" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["timeline.json"]
    assert done.stdout.splitlines()[-1] == f"{folder}/timeline.json"
    sums_agree(document)


def test_the_seed_decides_the_work(tmp_path):
    found = [timeline(tmp_path / str(index), *CYCLES, "--seed", seed)[1]["checksum"]
             for index, seed in enumerate(["1", "1", "0x2"])]
    assert found[0] == found[1] != found[2]


def test_an_interrupted_timeline_leaves_nothing(tmp_path):
    mark = new_mark()
    folder = tmp_path / "t"
    running = start("timeline", *CYCLES, "--iterations", "100000000", "--out", folder, mark=mark)
    while len(marked_processes(mark)) < 2 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.splitlines() == ["heapmark timeline: interrupted; nothing was written"]
    assert not folder.exists() and marked_processes(mark) == []


def test_a_part_that_takes_too_long_or_too_much(tmp_path):
    for limit in (["--timeout", "0.3"], ["--memory-limit", "1MiB"]):
        done = call("timeline", *CYCLES, "--iterations", "100000000", *limit, "--out",
                    tmp_path / "t")
        assert done.returncode == 3 and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1 and "curves" in done.stderr
        assert not (tmp_path / "t").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    done = call("timeline", *CYCLES, "--out", tmp_path / "t")
    assert done.returncode == 2 and "cannot be written" in done.stderr
