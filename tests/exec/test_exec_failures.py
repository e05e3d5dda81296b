"""Tests of runs that go wrong: each is an invalid sample with its reason, and nothing is left."""

import json
import signal
import subprocess
import sys
import time

import pytest

from harness import ROOT, call, environment, marked_processes, new_mark, start
from programs import PYTHON, SMALL, TOUCH, one, read_folder, run_exec


@pytest.mark.parametrize("script, words", [
    ("echo first >&2; echo oops >&2; exit 7", ["exit code 7 instead of 0", "it last wrote: oops"]),
    ("kill -SEGV $$", ["killed by SIGSEGV"]),
    ("printf 'a\\033[1mb\\n' >&2; exit 1", ["it last wrote: a [1mb"])])
def test_a_program_that_fails(tmp_path, script, words):
    sample = one(tmp_path / "r", ["/bin/sh", "-c", script])
    assert not sample["valid"]
    for word in words:
        assert word in sample["reason"]


def test_the_exit_code_that_is_success(tmp_path):
    assert one(tmp_path / "a", ["/bin/sh", "-c", "exit 7"], "--expect-status", "7")["valid"]
    wrong = one(tmp_path / "b", ["/bin/true"], "--expect-status", "7")
    assert wrong["reason"] == "it ended with exit code 0 instead of 7"


def test_a_timeout_ends_the_whole_tree(tmp_path):
    mark = new_mark()
    sample = one(tmp_path / "r", ["/bin/sh", "-c", "setsid sleep 6000 & setsid sleep 6001 & wait"],
                 "--timeout", "0.4", HEAPMARK_TEST_MARK=mark)
    assert sample["reason"] == "it did not end within 0.4 s"
    assert marked_processes(mark) == []


def test_orphans_that_do_not_end(tmp_path):
    mark = new_mark()
    sample = one(tmp_path / "r", ["/bin/sh", "-c", "(setsid sleep 6000 &); exit 0"], "--timeout",
                 "0.5", HEAPMARK_TEST_MARK=mark)
    assert "processes it had started still ran at the timeout of 0.5 s" in sample["reason"]
    assert marked_processes(mark) == []


def test_the_memory_limit_is_of_the_tree(tmp_path):
    touch = f"{TOUCH} 20 60000 {tmp_path}/own"
    sample = one(tmp_path / "r", ["/bin/sh", "-c", f"{touch} & {touch} & wait"], "--memory-limit",
                 "36MiB")
    assert "passed the limit of 36.0 MiB" in sample["reason"]
    assert one(tmp_path / "s", [TOUCH, 20, 50, tmp_path / "own"], "--memory-limit", "36MiB")["valid"]


def test_one_failure_does_not_stop_the_others(tmp_path):
    done, described, samples = run_exec(
        tmp_path / "r", ["--backend", "system,jemalloc", "--repetitions", "3", "--warmup", "0"],
        ["/bin/sh", "-c", 'case "$LD_PRELOAD" in *jemalloc*) exit 5;; esac'], **PYTHON)
    assert done.returncode == 3 and described["state"] == "finished" and len(samples) == 6
    assert [s["valid"] for s in samples] == [s["variant"] == "system" for s in samples]
    assert "jemalloc#0, jemalloc#1, jemalloc#2: it ended with exit code 5" in done.stdout
    page = call("report", tmp_path / "r", **PYTHON)
    assert page.returncode == 0, page.stderr
    assert "it ended with exit code 5" in (tmp_path / "r" / "report.html").read_text()


def test_all_failures_still_make_a_table_and_a_report(tmp_path):
    done, _, _ = run_exec(tmp_path / "r", SMALL, ["/bin/false"], **PYTHON)
    assert done.returncode == 3 and "0 of 1" in done.stdout
    page = call("report", tmp_path / "r", **PYTHON)
    assert page.returncode == 0, page.stderr
    assert "No sample is valid" in (tmp_path / "r" / "report.html").read_text()


def wait_for_lines(path, count, running):
    """Until the journal has `count` lines or the command has ended."""
    while running.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.01)
    raise AssertionError(running.communicate())


def started(folder, mark):
    return start("exec", "--backend", "system,jemalloc", "--repetitions", "500", "--warmup", "0",
                 "--progress", "never", "--out", folder, "--", "/bin/sleep", "0.05", mark=mark)


def test_an_interrupt_keeps_what_is_finished(tmp_path):
    mark, folder = new_mark(), tmp_path / "r"
    running = started(folder, mark)
    wait_for_lines(folder / "journal.jsonl", 3, running)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.splitlines() == [f"heapmark exec: interrupted; what was finished is kept in {folder}"]
    described, samples = read_folder(folder)
    assert described["state"] == "interrupted" and len(samples) >= 3
    assert all(sample["valid"] for sample in samples) and marked_processes(mark) == []


def test_an_interrupt_before_the_first_sample_leaves_nothing(tmp_path):
    mark, folder = new_mark(), tmp_path / "r"
    running = start("exec", "--progress", "never", "--out", folder, "--", "/bin/sleep", "60",
                    mark=mark)
    while len(marked_processes(mark)) < 2 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130 and "no run was finished" in said
    assert not folder.exists() and marked_processes(mark) == []


def plot(*arguments):
    return subprocess.run([sys.executable, "-m", "heapmark_plot", *map(str, arguments)],
                          capture_output=True, text=True,
                          env=environment(PYTHONPATH=str(ROOT / "plot")))


def test_kill_leaves_a_readable_folder(tmp_path):
    mark, folder = new_mark(), tmp_path / "r"
    running = started(folder, mark)
    wait_for_lines(folder / "journal.jsonl", 5, running)
    running.kill()
    running.communicate(timeout=60)
    described, samples = read_folder(folder)
    assert described["state"] == "running" and len(samples) >= 5
    deadline = time.monotonic() + 10  # the sample in hand dies with its driver
    while marked_processes(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked_processes(mark) == []
    shown = plot("exec", folder)
    assert shown.returncode == 0, shown.stderr
    assert f"not finished: {len(samples)} of 1000 samples" in shown.stdout


@pytest.fixture
def finished(tmp_path):
    run_exec(tmp_path / "r", ["--backend", "system", "--repetitions", "3", "--warmup", "0"],
             ["/bin/true"])
    return tmp_path / "r"


def test_a_torn_last_line_is_left_out_and_told(finished):
    journal = finished / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    shown = plot("exec", finished)
    assert shown.returncode == 0 and "line 3) was torn" in shown.stdout and "2 of 2" in shown.stdout


def damage_line(folder):
    lines = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    lines[1] = lines[1][:50] + "\n"
    (folder / "journal.jsonl").write_text("".join(lines))


def repeat_line(folder):
    lines = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    (folder / "journal.jsonl").write_text("".join(lines + lines[:1]))


def name_a_stranger(folder):
    text = (folder / "journal.jsonl").read_text()
    (folder / "journal.jsonl").write_text(text.replace('"variant":"system"', '"variant":"other"', 1))


def put_in_nan(folder):
    lines = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    record = json.loads(lines[0])
    record["metrics"]["wall_ns"] = float("nan")
    (folder / "journal.jsonl").write_text(json.dumps(record) + "\n" + "".join(lines[1:]))


def empty(folder):
    (folder / "journal.jsonl").write_text("")


def change_schema(folder):
    path = folder / "environment.json"
    path.write_text(path.read_text().replace('"schema": 2', '"schema": 99', 1))


@pytest.mark.parametrize("spoil, words", [
    (damage_line, ["journal.jsonl:2", "not JSON"]), (repeat_line, ["journal.jsonl:4", "line 1"]),
    (name_a_stranger, ["journal.jsonl:1", "'other'"]), (put_in_nan, ["journal.jsonl:1", "NaN"]),
    (empty, ["empty"]), (change_schema, ["environment.json", "schema"])],
    ids=lambda value: getattr(value, "__name__", ""))
def test_a_damaged_run_is_refused_in_one_line(finished, spoil, words):
    spoil(finished)
    for command in ("exec", "report"):
        done = plot(command, finished)
        assert done.returncode == 2 and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        for word in words:
            assert word in done.stderr
    assert not (finished / "report.html").exists()
