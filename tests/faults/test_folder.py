"""Tests of a run whose folder is taken away, moved, or made read-only while it runs."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from faults import ENDLESS, LONGER, QUIETLY, goes_on, whole_lines
from harness import COMMAND, call, check_folder, environment, gone, lines, new_mark, start, wait_for

def fault(folder, do, count=2):
    """Starts an endless run, does `do` after `count` samples; what it says, and how soon."""
    mark = new_mark()
    process = start("run", *ENDLESS, "--out", folder, *QUIETLY, mark=mark)
    wait_for(lambda: lines(folder) >= count, process)
    do()
    began = time.monotonic()
    process.out, process.err = process.communicate(timeout=60)
    assert gone(mark)
    process.seconds = time.monotonic() - began
    return process


def remove(folder):
    """As `rm -r` again and again: the run may put a file there between the last file and the folder."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def test_a_folder_that_is_removed(tmp_path):
    """The next sample is the last: hours are not measured into a file that is gone."""
    folder = tmp_path / "run"
    process = fault(folder, lambda: remove(folder))
    assert process.returncode == 6, process.err
    assert len(process.err.splitlines()) == 1 and "journal.jsonl" in process.err
    assert "removed" in process.err
    assert not folder.exists()


def test_a_folder_that_is_moved(tmp_path):
    """What was measured is where the folder went, and goes on from there."""
    folder, moved = tmp_path / "run", tmp_path / "moved"
    process = fault(folder, lambda: folder.rename(moved))
    assert process.returncode == 6, process.err
    assert len(process.err.splitlines()) == 1 and "moved" in process.err
    assert not folder.exists() and len(whole_lines(moved)) >= 2
    resumed = start("run", "--resume", "--out", moved, *QUIETLY, mark=new_mark())
    before = len(whole_lines(moved))
    wait_for(lambda: len(whole_lines(moved)) > before, resumed)
    resumed.terminate()
    resumed.communicate(timeout=60)
    assert resumed.returncode == 130
    check_folder(moved, state="interrupted")


def test_a_journal_that_is_replaced(tmp_path):
    """A restored copy is another file: the run does not write on into the one nobody sees."""
    folder = tmp_path / "run"

    def restore():
        copy = (folder / "journal.jsonl").read_bytes()
        (folder / "copy").write_bytes(copy)
        (folder / "copy").rename(folder / "journal.jsonl")

    process = fault(folder, restore)
    assert process.returncode == 6 and "journal.jsonl" in process.err, process.err


def nobodys_folder():
    """A folder that an ordinary user can reach and write, and the words that make one a user."""
    if os.geteuid() != 0:
        return Path(tempfile.mkdtemp()), []
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(place, 65534, 65534)
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*words, COMMAND, "--version"], capture_output=True).returncode != 0:
        shutil.rmtree(place)
        pytest.skip("root ignores permissions, and another user cannot execute this build")
    return place, words


def test_a_folder_that_becomes_read_only():
    """As an ordinary user: the open journal takes all samples, environment.json cannot be put in
    place; nothing is lost, and with the right to write it is made whole."""
    place, words = nobodys_folder()
    folder = place / "run"
    try:
        process = subprocess.Popen(
            [*words, COMMAND, "run", *LONGER, "--out", folder, *QUIETLY], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(HOME=str(place)))
        wait_for(lambda: lines(folder) >= 2, process)
        folder.chmod(0o555)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 6, errors
        assert len(errors.splitlines()) == 1, errors
        assert "environment.json cannot be written: Permission denied" in errors
        folder.chmod(0o755)
        if os.geteuid() == 0:
            goes_on(folder, LONGER)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(place)


def test_a_folder_that_is_read_only_from_the_start():
    place, words = nobodys_folder()
    try:
        place.chmod(0o555)
        done = subprocess.run([*words, COMMAND, "run", *LONGER, "--out", place / "run"], text=True,
                              capture_output=True, env=environment(HOME=str(place)), timeout=60)
        assert done.returncode == 2 and done.stdout == "", done.stderr
        assert len(done.stderr.splitlines()) == 1 and "cannot be written to" in done.stderr
    finally:
        place.chmod(0o755)
        shutil.rmtree(place)


def test_a_read_only_mount(tmp_path):
    """A finished run on a read-only mount can be read and compared, and cannot be resumed or reported."""
    folder = tmp_path / "run"
    assert call("run", *LONGER, "--out", folder, *QUIETLY).returncode == 0
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 77; shift; exec "$@"'

    def inside(*arguments):
        done = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh",
                               str(folder), COMMAND, *map(str, arguments)], capture_output=True,
                              text=True, timeout=120, env=environment())
        if done.returncode == 77 or "unshare" in done.stderr:
            pytest.skip(f"no bind mount here: {done.stderr.strip()}")
        return done

    done = inside("run", "--resume", "--out", folder, *QUIETLY)
    assert done.returncode == 6, done.stderr
    assert len(done.stderr.splitlines()) == 1 and "Read-only file system" in done.stderr
    check_folder(folder)
