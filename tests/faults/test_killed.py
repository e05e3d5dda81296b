"""Tests of commands that are killed while a process of theirs runs: none outlives its command, at
whatever place it was started. (Samples of a killed run: tests/harness/test_kill.py.)"""

import os
import signal
from pathlib import Path

import pytest

from faults import LONGER, QUIETLY, children, command_of, goes_on, wait_until
from harness import (FIXTURES, SANITIZED, SMALL, call, check_folder, gone, lines, marked_processes,
                     new_mark, planned, start, wait_for)

SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


@pytest.fixture
def slow_python(tmp_path):
    """A Python that has all packages and then does not come to an end."""
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\ncase "$*" in *find_spec*) exit 0;; esac\nexec sleep 6000\n')
    program.chmod(0o755)
    return program


def asleep(mark):
    """Whether the sleep itself runs: a heapmark that is about to start it names it too."""
    return any(command.endswith(b"sleep 6000 ") and len(command.split()) == 2
               for command in marked_processes(mark))


def processor_ticks(pid):
    """How many hundredths of a second of processor time a process of ours has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("number", SIGNALS)
def test_a_report_that_is_killed(number, slow_python, tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    assert call("run", *SMALL, "--out", folder, *QUIETLY).returncode == 0
    process = start("report", folder, mark=mark, HEAPMARK_PYTHON=slow_python)
    wait_until(lambda: asleep(mark))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode not in (0, None) and gone(mark)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_is_killed_at_its_summary(number, slow_python, tmp_path):
    """The last thing of a run is a Python's: the samples are all there."""
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *SMALL, "--out", folder, *QUIETLY, mark=mark, HEAPMARK_PYTHON=slow_python)
    wait_until(lambda: asleep(mark))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode not in (0, None) and gone(mark)
    assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*SMALL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_while_it_asks_which_cells_are_settled(number, slow_python, tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    arguments = [*SMALL, "--precision", "5", "--most-rounds", "1"]
    process = start("run", *arguments, "--out", folder, *QUIETLY, mark=mark,
                    HEAPMARK_PYTHON=slow_python)
    wait_until(lambda: asleep(mark))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 130) and gone(mark)
    done = call("run", "--resume", "--out", folder, *QUIETLY)
    assert done.returncode == 0, done.stderr
    check_folder(folder)


def test_a_sample_that_is_killed_while_it_calibrates(tmp_path):
    """`heapmark sample` by hand calibrates in a child."""
    mark = new_mark()
    large = ["--backend", "system", "--collector", "none", "--filter", "^growing-dict", "--param",
             "growing-dict.entries=300000"]
    cell = next(name for name in planned(*large) if name.startswith("growing")).split("#")[0]
    process = start("sample", cell, mark=mark)
    (child,) = wait_until(lambda: children(process.pid), seconds=20, pause=0.001)
    # The first thing it does is to ask to end with its parent; stopped before that, it never would.
    wait_until(lambda: processor_ticks(child) >= 1, seconds=20, pause=0.001)
    os.kill(child, signal.SIGSTOP)  # so that it does not end by itself
    process.kill()
    process.communicate(timeout=60)
    assert gone(mark)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_exec_that_is_killed(number, tmp_path):
    mark = new_mark()
    process = start("exec", "--backend", "system", "--repetitions", "1", "--out", tmp_path / "run",
                    "--", "/bin/sleep", "6000", mark=mark)
    wait_until(lambda: asleep(mark))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 130) and gone(mark)


@pytest.mark.skipif(SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")
def test_what_a_library_started_ends_with_the_sample(tmp_path):
    """A library that forks when it is loaded: its child is of the sample's group."""
    mark = new_mark()
    done = call("run", *SMALL[2:], "--backend", "system", "--backend", f"forks=so:{FIXTURES}/libforking_malloc.so",
                "--memory-repetitions", "0", "--latency-repetitions", "0", "--out", tmp_path / "run",
                *QUIETLY, HEAPMARK_TEST_MARK=mark)
    assert done.returncode == 0, done.stderr
    assert gone(mark)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_killed_in_a_sample(number, tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *LONGER, "--out", folder, *QUIETLY, mark=mark)
    wait_for(lambda: lines(folder) >= 2, process)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 130) and gone(mark)
    goes_on(folder, LONGER)


def test_a_driver_that_is_stopped_and_goes_on(tmp_path):
    """SIGSTOP for a moment: no sample takes that for its own time."""
    folder = tmp_path / "run"
    process = start("run", *LONGER, "--out", folder, *QUIETLY, mark=new_mark())
    wait_for(lambda: lines(folder) >= 2, process)
    process.send_signal(signal.SIGSTOP)
    os.kill(process.pid, 0)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert all(sample["valid"] for sample in check_folder(folder))


@pytest.mark.parametrize("word", ["timeline"])
def test_a_timeline_that_is_killed(word, tmp_path):
    mark = new_mark()
    process = start(word, "streaming-generator/items:20", "--out", tmp_path / "line", mark=mark)
    wait_until(lambda: len(marked_processes(mark)) >= 2 or process.poll() is not None, pause=0.001)
    process.kill()
    process.communicate(timeout=60)
    assert gone(mark)
