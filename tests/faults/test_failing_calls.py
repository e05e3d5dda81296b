"""Tests of system calls that fail, one in a run: whichever it is, the command says what was wrong in one
line and ends with a documented code, or does without what it could not have; no process is left, and
nothing that was finished is lost."""

import errno
import os
from pathlib import Path

import pytest

from faults import QUIETLY, goes_on, nothing_half_written, run
from harness import CELL, FIXTURES, ROOT, SANITIZED, SMALL

FAILING = FIXTURES / "libfailing_calls.so"
LONG = bool(os.environ.get("HEAPMARK_FAULTS_LONG"))

pytestmark = pytest.mark.skipif(SANITIZED, reason="the sanitizer must be the first library")

#: What each call fails with: the likeliest of what its manual names.
FILES = {"access": errno.EACCES, "fdopen": errno.ENOMEM, "fopen": errno.EMFILE, "fstat": errno.EIO,
         "fclose": errno.EIO, "fflush": errno.EIO, "lstat": errno.EACCES, "open": errno.EMFILE,
         "open_memstream": errno.ENOMEM, "opendir": errno.EMFILE, "pread": errno.EIO,
         "read": errno.EIO, "readlink": errno.EACCES, "realpath": errno.EACCES,
         "stat": errno.EACCES, "statvfs": errno.EIO, "write": errno.EIO}
FOLDERS = {"fdatasync": errno.EIO, "flock": errno.EWOULDBLOCK, "fsync": errno.EIO,
           "ftruncate": errno.EIO, "mkdir": errno.ENOSPC, "mkdtemp": errno.ENOSPC,
           "rename": errno.EIO, "symlink": errno.ENOSPC}
PROCESSES = {"dup2": errno.EMFILE, "fork": errno.EAGAIN, "memfd_create": errno.EMFILE,
             "mmap": errno.ENOMEM, "pipe": errno.EMFILE, "pipe2": errno.EMFILE,
             "prlimit": errno.EPERM, "pthread_create": errno.EAGAIN,
             "sched_getaffinity": errno.EINVAL, "sched_setaffinity": errno.EINVAL}
ALL = {**FILES, **FOLDERS, **PROCESSES}

#: In the order of calls; a call that is not reached ends the row.
PLACES = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] if LONG else [1, 4]

CODES = {0, 2, 3, 5, 6}


class Case:
    """A command and the folder it writes to."""

    def __init__(self, folder):
        self.folder, self.told = folder, folder / "told"

    def call(self, arguments, name, number, error):
        """Runs the command with that failure; whether it came to it, and what it left."""
        self.told.unlink(missing_ok=True)
        done = run(*arguments, LD_PRELOAD=FAILING, HEAPMARK_FAIL=f"{name}:{number}:{error}",
                   HEAPMARK_FAIL_TOLD=self.told)
        return self.told.exists(), done


def check_end(done, usual, what):
    """A documented code; where it failed as it does not without a failure, one line says so."""
    assert done.returncode in CODES, (what, done.returncode, done.stderr)
    said = [line for line in done.stderr.splitlines() if line not in usual.stderr.splitlines()]
    if done.returncode in (2, 6) and done.returncode != usual.returncode:
        assert len(said) == 1 and said[0].startswith("heapmark"), (what, done.stderr)
    if done.returncode not in (0, usual.returncode):
        assert said or done.stdout, (what, done.returncode, done.stderr)


def sweep(case, arguments, calls, after=lambda what, done: None):
    """Lets each of `calls` fail at each place that is reached; how often one failed."""
    hits = 0
    hit, usual = case.call(arguments(case.folder / "usual"), "none", 1, errno.EIO)
    assert not hit and usual.returncode in CODES, usual.stderr
    for name, error in calls.items():
        for number in PLACES:
            words = arguments(case.folder / f"{name}-{number}")
            hit, done = case.call(words, name, number, error)
            what = f"{name} {number}: {os.strerror(error)}"
            check_end(done, usual, what)
            if not hit:
                assert done.returncode == usual.returncode, (what, done.stderr)
                break
            hits += 1
            after(what, done)
    return hits


SCENARIO = sorted((ROOT / "conformance" / "scenarios").glob("callbacks-in-order.conform"))[0]
TIMELINE = ["timeline", "cyclic-graph", "--param", "live=2000", "--param", "nodes=100", "--param",
            "garbage=50", "--backend", "system", "--iterations", "20", "--points", "7"]
EXEC = ["exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", *QUIETLY]

#: Name: the command's words for a folder, what fails, and how often at least one is met.
SWEEPS = {
    "list": (lambda folder: ["list", "backends"], ALL, 5),
    "conform": (lambda folder: ["conform", SCENARIO], ALL, 3),
    "sample": (lambda folder: ["sample", CELL, "--iterations", "1", "--batches", "3"], ALL, 5),
    "timeline": (lambda folder: [*TIMELINE, "--out", folder], ALL, 10),
    "exec": (lambda folder: [*EXEC, "--out", folder, "--", "/bin/true"], ALL, 10),
    "stress": (lambda folder: ["stress", "--backend", "pool", "--operations", "2000"], PROCESSES, 3),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_command_survives_any_call(name, tmp_path):
    arguments, calls, least = SWEEPS[name]
    assert sweep(Case(tmp_path), arguments, calls) >= least


@pytest.mark.parametrize("calls", [FILES, FOLDERS, PROCESSES], ids=["files", "folders", "processes"])
def test_a_run_survives_any_call(calls, tmp_path):
    """What a failed call left of a run can be gone on with, or begun anew; told where it is likeliest to
    harm, of the calls that change the folder, and of all in the long form."""
    arguments = ["run", *SMALL, *QUIETLY]
    folders = []

    def begin(folder):
        folders.append(folder)
        return [*arguments, "--out", folder]

    def after(what, done):
        folder = folders[-1]
        if not folder.exists():
            assert done.returncode != 0, what
            return
        nothing_half_written(folder)
        if done.returncode != 0 and (calls is FOLDERS or LONG):
            goes_on(folder, SMALL)  # the samples there are stay as they are

    assert sweep(Case(tmp_path), begin, calls, after) >= 5


#: stress asks for its children without waiting for them: that is never interrupted.
INTERRUPTED = [(command, name) for command in ("run", "exec", "stress")
               for name in ("ppoll", "read", "wait4", "waitpid")
               if (command, name) != ("stress", "waitpid")]


@pytest.mark.parametrize("command, name", INTERRUPTED)
def test_an_interrupted_call_is_made_again(command, name, tmp_path):
    """A signal that means nothing to the command, such as that of a terminal of another size."""
    arguments = SWEEPS[command][0] if command != "run" else (
        lambda folder: ["run", *SMALL, *QUIETLY, "--out", folder])
    case = Case(tmp_path)
    for number in (1, 2):
        hit, done = case.call(arguments(tmp_path / str(number)), name, number, errno.EINTR)
        assert done.returncode == 0, (name, number, done.stderr)
        if not hit:
            break


def test_the_folder_of_the_failures_is_told(tmp_path):
    """The fixture does what these tests stand on: it fails the call that is asked for and no other."""
    case = Case(tmp_path)
    hit, done = case.call(["list", "metrics"], "write", 10 ** 6, errno.EIO)
    assert not hit and done.returncode == 0
    missing = Path(tmp_path) / "missing"
    hit, done = case.call(["run", *SMALL, *QUIETLY, "--out", missing], "mkdir", 1, errno.ENOSPC)
    assert hit and done.returncode == 6 and "No space left on device" in done.stderr
    assert not missing.exists()
