"""This module is what the tests of faults share: a run that meets a fault, and what must hold afterwards.

Whatever happens to a run, four things hold: it says in one line what was wrong and ends with the code
for it, no process of it is left, its folder reads as far as it got, and `--resume` makes it whole.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from harness import (COMMAND, SMALL, call, check_folder, environment, gone, new_mark, planned,
                     read_journal)

#: Some twenty samples of a twentieth of a second.
LONGER = [*SMALL[:-4], "--repetitions", "6", "--min-time", "1ms"]
#: So long that a run that does not see its fault would be met by the test's patience.
ENDLESS = [*SMALL[:-4], "--repetitions", "400", "--min-time", "1ms"]
QUIETLY = ["--progress", "never"]


def run(*arguments, before=None, timeout=120, **more):
    """Runs the command to its end; `before` is called in its process before it becomes the command."""
    mark = new_mark()
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True,
                          preexec_fn=before, timeout=timeout,
                          env=environment(HEAPMARK_TEST_MARK=mark, **more))
    assert gone(mark), "a process outlived the command"
    return done


def one_line(done, code, *words):
    """The command ended with `code` and said why in one line that has all `words`."""
    assert done.returncode == code, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)


def nothing_half_written(folder):
    """No file of another name than a run's is there."""
    there = {path.name for path in Path(folder).iterdir()}
    assert there <= {"environment.json", "journal.jsonl", "benchmarks.json"}, there


def goes_on(folder, arguments, **more):
    """The run in `folder` is finished by --resume, or from the start where it had not begun: every
    planned sample is there once, and what was finished before is as it was."""
    begun = (Path(folder) / "environment.json").exists()
    before = whole_lines(folder)
    words = ["--resume"] if begun else arguments
    done = call("run", *words, "--out", folder, *QUIETLY, **more)
    assert done.returncode in (0, 3), done.stderr
    samples = check_folder(folder)
    assert sorted(sample["id"] for sample in samples) == planned(*arguments)
    assert whole_lines(folder)[:len(before)] == before
    return samples


def whole_lines(folder):
    path = Path(folder) / "journal.jsonl"
    text = path.read_bytes() if path.exists() else b""
    return text[:text.rfind(b"\n") + 1].splitlines()


def children(pid):
    """The processes that `pid` started, as numbers."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def wait_until(condition, seconds=240, pause=0.005):
    """Waits until `condition()` is true, and returns what it gave; the patience is for what hangs, and a
    machine may be very busy."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(pause)


def stop(process, number=signal.SIGINT):
    process.send_signal(number)
    return process.communicate(timeout=60)


def close(*descriptors):
    """A function that closes the descriptors, for `before`."""
    def closing():
        for descriptor in descriptors:
            os.close(descriptor)
    return closing


def reasons(folder):
    return [sample["reason"] for sample in read_journal(folder) if not sample["valid"]]
