"""Tests of a clock that steps back while a run goes on: durations are not made of it, names are not
taken twice, and what is written can be read."""

import contextlib
import io

import pytest

from faults import LONGER, QUIETLY, stop
from harness import (FIXTURES, SANITIZED, SMALL, call, check_folder, new_mark, planned,
                     read_environment, start, wait_for, lines)

CLOCK = FIXTURES / "libclock_back.so"

pytestmark = pytest.mark.skipif(SANITIZED, reason="the sanitizer must be the first library")


def test_a_clock_that_steps_back(tmp_path):
    """The driver's alone: its samples' environment has no LD_PRELOAD."""
    folder = tmp_path / "run"
    done = call("run", *SMALL, "--out", folder, *QUIETLY, LD_PRELOAD=CLOCK)
    assert done.returncode == 0, done.stderr
    samples = check_folder(folder)
    times = [sample["started_at"] for sample in samples]
    assert times == sorted(times, reverse=True) and len(set(times)) == len(times), \
        "the clock did not step back"
    described = read_environment(folder)
    assert described["finished_at"] < described["started_at"]
    for sample in samples:
        assert sample["valid"] and 0 < sample["duration_ns"] < 60e9
        assert all(value > 0 for value in sample.get("series", {}).get("batch_wall_ns", []))


def test_going_on_before_it_began(tmp_path):
    folder = tmp_path / "run"
    process = start("run", *LONGER, "--out", folder, *QUIETLY, mark=new_mark())
    wait_for(lambda: lines(folder) >= 3, process)
    stop(process)
    done = call("run", "--resume", "--out", folder, *QUIETLY, LD_PRELOAD=CLOCK)
    assert done.returncode == 0, done.stderr
    assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*LONGER)


def test_a_reader_takes_such_a_run(tmp_path):
    from heapmark_plot.__main__ import main
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder, *QUIETLY, LD_PRELOAD=CLOCK).returncode == 0
    for command in (["summary"], ["validate"], ["export", "--format", "junit"]):
        output = io.StringIO()
        output.buffer = io.BytesIO()
        with contextlib.redirect_stdout(output):
            assert main([*command, str(folder)]) == 0


def test_two_runs_of_one_second_have_two_names(tmp_path):
    """A clock that stepped back, or two runs started at once: the second takes another name."""
    starts = [start("run", *SMALL, *QUIETLY, mark=new_mark(), cwd=tmp_path) for _ in range(3)]
    for process in starts:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    made = [path for path in (tmp_path / "results").iterdir() if not path.is_symlink()]
    assert len(made) == 3
    for folder in made:
        check_folder(folder)
