"""Tests of a disk that is full at one moment after another: a small tmpfs in a mount namespace of its
own, whose room is what is measured in pages of a run that had room; nothing finished is lost."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from faults import LONGER, QUIETLY, goes_on, nothing_half_written, one_line, run, whole_lines
from harness import COMMAND, call, check_folder, environment, planned

PAGE = 4096


class SmallDisk:
    """A tmpfs of so many pages, kept by a process that sleeps in its namespace."""

    def __init__(self, folder, pages):
        folder.mkdir()
        script = 'mount -t tmpfs -o "size=$2" none "$1" && echo ready && exec sleep 600'
        self.keeper = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(folder),
             str(pages * PAGE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.keeper.stdout.readline() != "ready\n":
            reason = self.keeper.communicate()[1].strip()
            pytest.skip(f"no tmpfs of one's own here: {reason}")
        self.folder = folder
        self.seen = Path(f"/proc/{self.keeper.pid}/root{folder}")

    def call(self, *arguments):
        """Runs the command where the disk is."""
        return subprocess.run(["nsenter", "-t", str(self.keeper.pid), "-U", "-m",
                               "--preserve-credentials", COMMAND, *map(str, arguments)],
                              capture_output=True, text=True, timeout=120, env=environment())

    def give_room(self):
        subprocess.run(["nsenter", "-t", str(self.keeper.pid), "-U", "-m",
                        "--preserve-credentials", "mount", "-o", "remount,size=8m",
                        str(self.folder)], check=True, capture_output=True)

    def end(self):
        self.keeper.kill()
        self.keeper.communicate()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """How many pages each file of the run takes where there is room."""
    folder = tmp_path_factory.mktemp("roomy") / "run"
    assert call("run", *LONGER, "--out", folder, *QUIETLY).returncode == 0
    return {path.name: -(-path.stat().st_size // PAGE) for path in folder.iterdir()}


#: What is full: nothing can be written; the journal's middle; benchmarks.json at the end.
MOMENTS = {
    "at-the-start": lambda pages: 1,
    "in-the-journal": lambda pages: 2 * pages["environment.json"] + pages["journal.jsonl"] // 2,
    "at-environment-json": lambda pages: pages["environment.json"] + 1,
    "at-the-end": lambda pages: pages["environment.json"] + pages["journal.jsonl"] + 2,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_full_disk(moment, pages, tmp_path):
    disk = SmallDisk(tmp_path / "disk", MOMENTS[moment](pages) + 1)  # the folder takes some too
    try:
        done = disk.call("run", *LONGER, "--out", disk.folder / "run", *QUIETLY)
        assert done.returncode == 6, (done.returncode, done.stderr)
        first = done.stderr.splitlines()[0]
        assert "No space left on device" in first or "no space left on device" in first, done.stderr
        if moment != "at-the-end":
            one_line(done, 6)
        folder = disk.seen / "run"
        if folder.exists():
            nothing_half_written(folder)
        before = whole_lines(folder)
        assert before or moment in ("at-the-start", "at-environment-json")
        disk.give_room()
        begun = (folder / "environment.json").exists()
        again = disk.call("run", *(["--resume"] if begun else LONGER), "--out", disk.folder / "run",
                          *QUIETLY)
        assert again.returncode == 0, again.stderr
        assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*LONGER)
        assert whole_lines(folder)[:len(before)] == before
    finally:
        disk.end()


@pytest.mark.parametrize("share", [0.02, 0.5, 0.8])
def test_a_quota_on_the_size_of_a_file(share, tmp_path, pages):
    """The same by RLIMIT_FSIZE, which needs no rights: at a share of the largest file, which is
    not of the same length in every run."""
    folder = tmp_path / "run"
    most = int(share * PAGE * max(pages.values()))

    def before():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = run("run", *LONGER, "--out", folder, *QUIETLY, before=before)
    assert done.returncode == 6, (done.returncode, done.stderr)
    assert "File too large" in done.stderr or "no space left" in done.stderr
    nothing_half_written(folder)
    goes_on(folder, LONGER)


def test_a_report_that_does_not_fit(tmp_path, pages):
    """What cannot be written whole is not there at all, and the earlier report stands."""
    from synthetic import Recipe, write_run
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",)))
    (folder / "report.html").write_text("old")
    before = {path.name for path in folder.iterdir()}

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    done = run("report", folder, before=limit, HEAPMARK_PYTHON=sys.executable)
    one_line(done, 6, "cannot be written")
    assert (folder / "report.html").read_text() == "old"
    left = {path.name for path in folder.rglob("*") if path.name.startswith(".")}
    assert left == set() and {path.name for path in folder.iterdir()} <= before | {"figures"}
