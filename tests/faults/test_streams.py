"""Tests of standard streams that are closed, full or gone, and of no terminal: what a run writes is
never mixed with what it says, and what cannot be printed is told by the exit code."""

import os
import pty
import signal
import subprocess
import sys

import pytest

from faults import QUIETLY, close, one_line, run
from harness import (COMMAND, ROOT, SMALL, SUBCOMMANDS, call, check_folder, environment, new_mark,
                     gone, planned)

STDIN, STDOUT, STDERR = 0, 1, 2


@pytest.mark.parametrize("closed", [[STDIN], [STDERR], [STDIN, STDERR], [STDOUT], [STDOUT, STDERR],
                                    [STDIN, STDOUT, STDERR]], ids=str)
def test_a_run_with_closed_streams(closed, tmp_path):
    """A file that the run opens must not get a stream's number: its messages would go there."""
    folder, mark = tmp_path / "run", new_mark()
    done = subprocess.run([COMMAND, "run", *SMALL, "--out", folder, "--progress", "always"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=close(*closed), timeout=120, text=True,
                          env=environment(HEAPMARK_TEST_MARK=mark))
    # The table of the end cannot be printed where stdout is closed.
    assert done.returncode == (6 if STDOUT in closed else 0), done.stderr
    assert gone(mark)
    assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*SMALL)
    if STDOUT in closed and STDERR not in closed:
        assert "cannot be written" in done.stderr


@pytest.mark.parametrize("closed", [[STDIN], [STDOUT], [STDERR], [STDIN, STDOUT, STDERR]], ids=str)
def test_small_commands_with_closed_streams(closed):
    for arguments in (["list"], ["--help"], ["--version"], ["explain", "ns_per_op"],
                      ["run", "--dry-run", *SMALL]):
        done = run(*arguments, before=close(*closed))
        if STDOUT in closed:
            assert done.returncode == 6, arguments
            assert STDERR in closed or len(done.stderr.splitlines()) == 1
        else:
            assert done.returncode == 0, (arguments, done.stderr)


def test_a_sample_with_closed_streams():
    cell = planned(*SMALL)[0].split("#")[0]
    done = run("sample", cell, "--iterations", "1", before=close(STDIN, STDERR))
    assert done.returncode == 0 and '"valid": true' in done.stdout
    done = run("sample", cell, "--iterations", "1", before=close(STDOUT))
    assert done.returncode == 6 and "cannot be written" in done.stderr


def test_an_export_with_closed_streams(tmp_path):
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder, *QUIETLY).returncode == 0
    python = {"HEAPMARK_PYTHON": sys.executable}
    done = run("export", "--format", "csv", folder, before=close(STDIN), **python)
    assert done.returncode == 0 and done.stdout.count("\n") > 3, done.stderr
    done = run("export", "--format", "csv", folder, before=close(STDOUT), **python)
    one_line(done, 6, "cannot be written")
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "export", "--format", "csv", str(folder)], stdout=full,
                              stderr=subprocess.PIPE, text=True, env=environment(**python))
    done.stdout = ""
    one_line(done, 6, "cannot be written")
    check_folder(folder)


@pytest.mark.parametrize("ignored", [False, True])
def test_a_pipe_that_is_closed_early(ignored):
    """`heapmark list | head -1`: ended by SIGPIPE, or, where that is ignored, told."""
    def before():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignored else signal.SIG_DFL)

    reading, writing = os.pipe()
    os.close(reading)
    for arguments in (["list"], ["run", "--dry-run", *SMALL], ["--help"]):
        done = subprocess.run([COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE,
                              text=True, preexec_fn=before, restore_signals=False, timeout=60)
        if ignored:
            done.stdout = ""
            one_line(done, 6, "cannot be written: Broken pipe")
        else:
            assert done.returncode == -signal.SIGPIPE and done.stderr == ""
    os.close(writing)


def test_head_takes_one_line():
    done = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" list | head -1', COMMAND],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.count("\n") == 1 and done.stderr == ""
    assert done.returncode in (0, 128 + signal.SIGPIPE)


def test_a_run_whose_reader_went_away(tmp_path):
    """Both streams into a pipe that nobody reads: the run goes on, and its samples are kept."""
    reading, writing = os.pipe()
    os.close(reading)
    mark = new_mark()
    done = subprocess.run([COMMAND, "run", *SMALL, "--out", tmp_path / "run", "--progress", "always"],
                          stdout=writing, stderr=writing, timeout=120,
                          env=environment(HEAPMARK_TEST_MARK=mark))
    os.close(writing)
    assert done.returncode == 6 and gone(mark)
    assert sorted(sample["id"] for sample in check_folder(tmp_path / "run")) == planned(*SMALL)


def test_a_report_into_a_closed_pipe(tmp_path):
    """The report is written; only its name cannot be printed."""
    from synthetic import Recipe, write_run
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",)))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([COMMAND, "report", str(folder)], stdout=writing, stderr=subprocess.PIPE,
                          text=True, timeout=120, env=environment(HEAPMARK_PYTHON=sys.executable))
    os.close(writing)
    assert (folder / "report.html").exists()
    assert "Traceback" not in done.stderr and done.returncode in (0, 6)


def test_no_terminal_at_all(tmp_path):
    """A session of its own, as under cron: nothing to ask about columns or colours."""
    done = subprocess.run(["setsid", "--wait", COMMAND, "run", *SMALL, "--out", tmp_path / "run"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          env={name: value for name, value in environment().items()
                               if name not in ("TERM", "COLUMNS", "HOME", "USER", "LANG")})
    assert done.returncode == 0, done.stderr
    assert "\033" not in done.stderr and "\r" not in done.stderr
    check_folder(tmp_path / "run")


def test_a_terminal_that_hangs_up(tmp_path):
    """The terminal goes away in the middle: SIGHUP ends the run as any request to stop."""
    folder = tmp_path / "run"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND, [COMMAND, "run", *SMALL[:-4], "--repetitions", "200", "--min-time", "1ms",
                            "--out", str(folder)], environment())
    while not (folder / "journal.jsonl").exists() \
            or (folder / "journal.jsonl").read_bytes().count(b"\n") < 2:
        os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert len(check_folder(folder, state="interrupted")) >= 2
