"""Tests of two drivers that want one folder: one has it, the other says so and touches nothing."""

import fcntl
import os
import signal

import pytest

from faults import ENDLESS, LONGER, QUIETLY, one_line, stop, wait_until
from harness import (SMALL, call, check_folder, gone, lines, new_mark, planned, start, wait_for)


def test_a_new_run_where_one_is_running(tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    first = start("run", *LONGER, "--out", folder, mark=mark)
    wait_for(lambda: lines(folder) >= 1, first)
    first.send_signal(signal.SIGSTOP)  # so that it does not end before it was asked
    one_line(call("run", *SMALL, "--out", folder), 2, "holds a run already")
    one_line(call("run", "--resume", "--out", folder), 2, "another heapmark", "wait for it")
    first.send_signal(signal.SIGCONT)
    assert first.communicate(timeout=120) and first.returncode == 0
    assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*LONGER)


@pytest.mark.parametrize("resume", [False, True])
def test_several_at_the_same_moment(resume, tmp_path):
    """One of five has it, whoever is first; the journal is one driver's. It has so much to do that it
    is still at it when the last one asks, and is stopped then."""
    folder = tmp_path / "run"
    if resume:
        process = start("run", *ENDLESS, "--out", folder, mark=new_mark())
        wait_for(lambda: lines(folder) >= 2, process)
        stop(process)
    mark = new_mark()
    words = ["--resume"] if resume else ENDLESS
    starts = [start("run", *words, "--out", folder, *QUIETLY, mark=mark) for _ in range(5)]
    wait_until(lambda: sum(process.poll() is not None for process in starts) >= 4)
    had = lines(folder)
    (owner,) = [process for process in starts if process.poll() is None]
    wait_for(lambda: lines(folder) > had, owner)
    owner.send_signal(signal.SIGINT)
    ends = [process.communicate(timeout=120) for process in starts]
    codes = sorted(process.returncode for process in starts)
    assert codes == [2, 2, 2, 2, 130], [errors for _, errors in ends]
    for process, (output, errors) in zip(starts, ends):
        if process is not owner:
            assert output == "" and len(errors.splitlines()) == 1
            assert "another heapmark" in errors or "holds a run already" in errors
    assert gone(mark)
    samples = {sample["id"] for sample in check_folder(folder, state="interrupted")}
    assert len(samples) > had and samples <= set(planned(*ENDLESS))


def test_a_run_that_ended_between_the_look_and_the_lock(tmp_path):
    """The second driver found the folder empty and was then kept waiting: it finds a run now."""
    folder = tmp_path / "run"
    folder.mkdir()
    journal = os.open(folder / "journal.jsonl", os.O_RDWR | os.O_CREAT)
    fcntl.flock(journal, fcntl.LOCK_EX)
    one_line(call("run", *SMALL, "--out", folder, *QUIETLY), 2, "another heapmark")
    os.close(journal)
    assert call("run", *SMALL, "--out", folder, *QUIETLY).returncode == 0
    check_folder(folder)


def test_exec_has_a_lock_too(tmp_path):
    folder, mark = tmp_path / "run", new_mark()
    first = start("exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", "--out", folder,
                  "--", "/bin/sleep", "1", mark=mark)
    wait_until((folder / "environment.json").exists)  # with the first sample, which may be all there is
    second = call("exec", "--backend", "system", "--repetitions", "1", "--out", folder, "--",
                  "/bin/true")
    assert second.returncode == 2 and len(second.stderr.splitlines()) == 1, second.stderr
    first.communicate(timeout=60)
    assert first.returncode in (0, 3) and gone(mark)
