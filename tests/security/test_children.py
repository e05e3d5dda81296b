"""Tests of the bounds of what heapmark starts: each process of each command ends in time, keeps to its
memory, leaves no core file, and inherits no file of the command's."""

import os
import re
import resource
import sys
import time
from pathlib import Path

import pytest

from harness import (COMMAND, FIXTURES, ROOT, SANITIZED, SMALL, call, check_folder, gone,
                     marked_processes, new_mark, planned, start)

UNLIMITED = "unlimited"


def script(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def showing_python(tmp_path):
    """A Python that has all packages and writes down its bounds and open files."""
    shown = tmp_path / "shown"
    return shown, script(tmp_path, "python", "#!/bin/sh\ncase \"$*\" in *find_spec*) exit 0;; esac\n"
                                             f"cat /proc/self/limits >{shown}\n"
                                             f"ls -l /proc/$$/fd >>{shown}\nexit 0\n")


def limit(text, name):
    return re.search(rf"^{name}  +(\S+) +(\S+)", text, re.MULTILINE).groups()


def test_the_python_front_is_bounded(showing_python, tmp_path):
    shown, python = showing_python
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0
    done = call("report", folder, HEAPMARK_PYTHON=python)
    assert done.returncode == 0, done.stderr
    text = shown.read_text()
    assert limit(text, "Max core file size") == ("0", "0")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert int(limit(text, "Max data size")[0]) <= max(memory, 2 << 30)
    call("report", folder, HEAPMARK_PYTHON=python, HEAPMARK_PYTHON_MEMORY="512MiB")
    assert limit(shown.read_text(), "Max data size") == (str(512 << 20), str(512 << 20))
    assert str(folder) not in text, "a file of the run is open in it"


def test_a_python_without_an_end(tmp_path):
    python = script(tmp_path, "python", '#!/bin/sh\ncase "$*" in *find_spec*) exit 0;; esac\n'
                                        "exec sleep 6000\n")
    folder, mark = tmp_path / "run", new_mark()
    assert call("run", *SMALL, "--out", folder).returncode == 0
    done = call("report", folder, HEAPMARK_PYTHON=python, HEAPMARK_PYTHON_SECONDS="0.3",
                HEAPMARK_TEST_MARK=mark, timeout=30)
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "did not end within 0.3 s" in done.stderr and gone(mark)
    done = call("run", *SMALL, "--out", tmp_path / "other", HEAPMARK_PYTHON=python,
                HEAPMARK_PYTHON_SECONDS="0.3", HEAPMARK_TEST_MARK=mark, timeout=60)
    assert done.returncode == 0 and "plain table" in done.stderr and gone(mark)


def test_a_python_that_does_not_answer_what_it_has(tmp_path):
    python = script(tmp_path, "python", "#!/bin/sh\nexec sleep 6000\n")
    folder, mark = tmp_path / "run", new_mark()
    done = call("run", *SMALL, "--out", folder, HEAPMARK_PYTHON=python, HEAPMARK_PYTHON_SECONDS="0.3",
                HEAPMARK_TEST_MARK=mark, timeout=60)
    assert done.returncode == 0 and gone(mark), done.stderr
    check_folder(folder)


@pytest.mark.skipif(SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")
def test_a_sample_that_crashes_leaves_no_core(tmp_path):
    """Where the user allows core files: one of each sample would fill the folder one stands in."""
    import subprocess
    from harness import environment

    def before():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    place = tmp_path / "here"
    place.mkdir()
    done = subprocess.run([COMMAND, "run", *SMALL[2:], "--backend", "system", "--backend",
                           f"bad=so:{FIXTURES}/libcrash_constructor.so", "--out", tmp_path / "run"],
                          cwd=place, capture_output=True, text=True, timeout=120, env=environment(),
                          preexec_fn=before)
    assert done.returncode == 3, done.stderr
    assert list(place.iterdir()) == []


def test_a_sample_is_bounded_and_holds_no_file_of_the_driver(tmp_path):
    """Looked at while it runs: input, output, its record's pipe, and nothing of the run's folder."""
    folder, mark = tmp_path / "run", new_mark()
    process = start("run", *SMALL[:-2], "--min-time", "5ms", "--out", folder, "--progress", "never",
                    mark=mark)
    seen = []
    while process.poll() is None:
        time.sleep(0.005)
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes()
                files = [os.readlink(path) for path in Path(f"/proc/{child}/fd").iterdir()]
                limits = Path(f"/proc/{child}/limits").read_text()
            except OSError:
                continue
            if b"--record-fd" in command and len(files) >= 3:
                seen.append((files, limits))
    process.communicate()
    assert len(seen) > 5
    for files, limits in seen[len(seen) // 2:]:
        assert not any(str(folder) in file for file in files), files
        assert limit(limits, "Max core file size")[0] == "0"


def test_a_reference_that_does_not_answer_is_bounded(tmp_path):
    """What is asked of a Python has a limit of processor time, of memory, and an alarm."""
    shown = tmp_path / "shown"
    python = script(tmp_path, "python3", f"#!/bin/sh\ncat /proc/self/limits >{shown}\n"
                                         f"grep -E 'SigCgt|SigIgn' /proc/$$/status >>{shown}\nexit 1\n")
    call("run", "--dry-run", "--reference", python, XDG_CACHE_HOME=tmp_path / "cache")
    text = shown.read_text()
    assert limit(text, "Max core file size")[0] == "0"
    assert limit(text, "Max cpu time")[0] != UNLIMITED
    assert limit(text, "Max data size")[0] != UNLIMITED
    ignored = int(re.search(r"SigIgn:\s*(\w+)", text)[1], 16)
    assert not ignored & (1 << (14 - 1)), "the alarm is ignored"


def test_a_reference_that_is_killed_leaves_no_compiler(tmp_path):
    mark = new_mark()
    python = script(tmp_path, "python3", "#!/bin/sh\nexec sleep 6000\n")
    process = start("run", "--dry-run", "--reference", str(python), mark=mark,
                    XDG_CACHE_HOME=str(tmp_path / "cache"))
    while not any(b"sleep 6000" in command for command in marked_processes(mark)):
        assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    assert gone(mark)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer needs more memory than that for itself")
def test_limits_that_are_lower_stay(showing_python, tmp_path):
    """A bound is never raised: a user's own, lower one holds."""
    import subprocess
    from harness import environment
    shown, python = showing_python
    folder = tmp_path / "run"
    assert call("run", *SMALL, "--out", folder).returncode == 0

    def before():
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))

    subprocess.run([COMMAND, "report", folder], preexec_fn=before, timeout=60,
                   env=environment(HEAPMARK_PYTHON=str(python)))
    assert limit(shown.read_text(), "Max data size") == (str(64 << 20), str(64 << 20))
