"""Tests of what is written where: no link in a run's folder leads a write out of it, temporary files are
made anew and private, and a file that is no file keeps nobody waiting."""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest
from attacks import contents
from synthetic import Recipe, write_run

from harness import (COMMAND, ROOT, SANITIZED, SMALL, call, check_folder, environment, new_mark, refused,
                     start)

PYTHON = {"HEAPMARK_PYTHON": sys.executable}
VICTIM = b"the victim's, without a newline at its end"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "elsewhere" / "victim"
    path.parent.mkdir()
    path.write_bytes(VICTIM)
    yield path
    assert path.read_bytes() == VICTIM, "a write was led out of the folder"
    assert [one.name for one in path.parent.iterdir()] == ["victim"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert call("run", *SMALL, "--out", folder, "--progress", "never").returncode == 0
    return folder


@pytest.fixture
def own(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


@pytest.mark.parametrize("name", [".environment.json.new", ".benchmarks.json.new"])
def test_a_link_in_the_place_of_a_new_file(name, own, victim):
    """The file that is written before it is renamed: its name is known beforehand."""
    (own / name).symlink_to(victim)
    done = call("run", "--resume", "--out", own)
    assert done.returncode == 0, done.stderr
    check_folder(own)


@pytest.mark.parametrize("name", ["environment.json", "benchmarks.json"])
def test_a_link_in_the_place_of_a_whole_file(name, own, victim):
    """It is replaced, not written through."""
    content = (own / name).read_bytes()
    (victim.parent / "copy").write_bytes(content)
    (own / name).unlink()
    (own / name).symlink_to(victim.parent / "copy")
    done = call("run", "--resume", "--out", own)
    assert done.returncode == 0, done.stderr
    assert not (own / name).is_symlink()
    assert (victim.parent / "copy").read_bytes() == content
    (victim.parent / "copy").unlink()


def test_a_link_in_the_place_of_the_journal(own, victim):
    """A torn last line is cut off, so a link there would cut another's file."""
    (own / "journal.jsonl").unlink()
    (own / "journal.jsonl").symlink_to(victim)
    refused(call("run", "--resume", "--out", own), "journal.jsonl", "link")
    new = own.parent / "new"
    new.mkdir()
    (new / "journal.jsonl").symlink_to(victim.parent / "made")
    refused(call("run", *SMALL, "--out", new), "journal.jsonl", "link")
    assert not (victim.parent / "made").exists()


@pytest.mark.parametrize("name", ["report.html", "figures"])
def test_a_link_in_the_place_of_the_report(name, tmp_path, victim):
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",), batches=5, repetitions=2))
    (folder / name).symlink_to(victim if name == "report.html" else victim.parent)
    done = call("report", folder, **PYTHON)
    if name == "figures":
        assert done.returncode == 6 and len(done.stderr.splitlines()) == 1, done.stderr
    else:
        assert done.returncode == 0 and not (folder / name).is_symlink(), done.stderr


def test_a_link_in_the_place_of_latest(tmp_path, victim):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / ".latest.new").symlink_to(victim)
    done = call("run", *SMALL, "--out", tmp_path / "results" / "one")
    assert done.returncode == 0, done.stderr
    assert os.readlink(tmp_path / "results" / "latest") == "one"


@pytest.mark.parametrize("name", ["environment.json", "journal.jsonl"])
def test_a_pipe_in_the_place_of_a_file(name, own):
    """Opening one for reading waits for a writer who never comes."""
    (own / name).unlink()
    os.mkfifo(own / name)
    done = call("run", "--resume", "--out", own, timeout=20)
    assert done.returncode in (2, 6) and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/full", "/dev/tty", "/"])
@pytest.mark.parametrize("name", ["environment.json", "journal.jsonl"])
def test_a_device_in_the_place_of_a_file(name, target, own):
    (own / name).unlink()
    (own / name).symlink_to(target)
    done = call("run", "--resume", "--out", own, timeout=20)
    assert done.returncode in (2, 6) and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("name", ["environment.json", "journal.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "zero"])
def test_readers_wait_for_no_pipe(name, kind, own):
    (own / name).unlink()
    if kind == "pipe":
        os.mkfifo(own / name)
    else:
        (own / name).symlink_to("/dev/zero")
    from heapmark_plot.errors import InputError
    from heapmark_plot.load import load_run

    def too_long(*_):
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(20)
    try:
        with pytest.raises(InputError, match=f"{name}: cannot be read: "):
            load_run(own)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer aborts where malloc returns NULL")
def test_a_file_with_a_hole_of_terabytes(own):
    with open(own / "journal.jsonl", "ab") as journal:
        journal.truncate(1 << 42)
    done = call("run", "--resume", "--out", own, timeout=60)
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1, done.stderr


def test_temporary_files_are_made_anew_and_private():
    """In C: mkstemp, mkdtemp, memfd_create, or O_EXCL; none has a fixed name below /tmp, but for the
    user's own cache folder, which is checked."""
    from test_names import SOURCES, code_of
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", path.read_text(), flags=re.S)
        for found in re.findall(r'"/tmp[^"]*"', text):
            assert found in ('"/tmp"', '"/tmp/heapmark-%u/reference-%016llx"'), (path, found)
        for call_of in re.findall(r"open\([^;]*O_CREAT[^;]*;", code_of(path)):
            assert "O_EXCL" in call_of or "O_NOFOLLOW" in call_of or "O_APPEND" in call_of, (path, call_of)
    for path in (ROOT / "plot").rglob("*.py"):
        text = path.read_text()
        assert "mktemp(" not in text and "/tmp" not in text, path


def test_the_folder_of_exec_is_private(tmp_path):
    """Its name is not to be guessed, nobody else can list it, and it is gone afterwards."""
    place, seen = tmp_path / "temporary", []
    place.mkdir()
    process = start("exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", "--out",
                    tmp_path / "run", "--", "/bin/sleep", "0.5", mark=new_mark(), TMPDIR=str(place))
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):  # it went between two looks
            seen += [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in place.iterdir()]
        time.sleep(0.02)
    process.communicate()
    assert seen and list(place.iterdir()) == []
    for name, mode in seen:
        assert re.fullmatch(r"heapmark-exec-\w{6}", name) and mode & 0o066 == 0, (name, oct(mode))


@pytest.mark.parametrize("fault", ["writable", "link", "above"])
def test_a_cache_that_others_can_write(fault, tmp_path):
    """Code is loaded from there."""
    cache = tmp_path / "cache"
    (cache / "heapmark").mkdir(parents=True)
    asked = ["run", "--dry-run", "--reference", "/usr/bin/python3", "--filter", "^raw-|^batch"]
    if fault == "above":
        (cache / "heapmark").chmod(0o777)
    elif fault == "link":
        (cache / "heapmark").rmdir()
        (tmp_path / "real").mkdir()
        (cache / "heapmark").symlink_to(tmp_path / "real")
    else:
        done = call(*asked, XDG_CACHE_HOME=cache, timeout=300)
        if done.returncode != 0:
            pytest.skip(f"no reference can be built here: {done.stderr.strip()}")
        (made,) = (cache / "heapmark").iterdir()
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        made.chmod(0o777)
    refused(call(*asked, XDG_CACHE_HOME=cache, timeout=300), "not yours alone")


def test_without_a_home_the_cache_is_ones_own(tmp_path):
    """Not /tmp/.cache, which anybody can make first."""
    variables = {name: value for name, value in environment().items()
                 if name not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run([COMMAND, "run", "--dry-run", "--reference", "/bin/false", "--out",
                           str(tmp_path / "x")], capture_output=True, text=True, env=variables)
    assert done.returncode == 2
    text = (ROOT / "bench" / "reference_python.c").read_text()
    assert "/tmp/.cache" not in text and ': "/tmp"' not in text
