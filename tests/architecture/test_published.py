"""Tests of what is published: script/publish takes the names of a machine's folders out of runs and
changes nothing else, and no run under results/published has them."""

import json
import lzma
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "results" / "published"
MACHINE = re.compile(r"/(root|home|srv|work|tmp)/")


def texts(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            opened = lzma.open(path, "rt") if path.suffix == ".xz" else open(path)
            with opened as file:
                yield path, file.read()


def test_no_published_run_names_a_machine_s_folders():
    found = [path for path, text in texts(PUBLISHED) if MACHINE.search(text)]
    assert list(PUBLISHED.glob("*/*/journal.jsonl.xz")) and not found


@pytest.fixture
def project(tmp_path):
    """A project with the script and nothing else."""
    folder = tmp_path / "project"
    (folder / "script").mkdir(parents=True)
    (folder / "results" / "published").mkdir(parents=True)
    shutil.copy(ROOT / "script" / "publish", folder / "script")
    return folder


def publish(project, *words):
    return subprocess.run([project / "script" / "publish", *words], capture_output=True, text=True,
                          cwd=project, env={**os.environ, "HOME": "/home/somebody"}, timeout=60)


def test_paths_become_relative_and_the_rest_stays(project):
    run = project / "raw" / "goals"
    run.mkdir(parents=True)
    library, python = f"{project}/build/libx.so", "/home/somebody/.pyenv/bin/python3"
    (run / "environment.json").write_text(json.dumps({"library": library, "python": python}))
    (run / "journal.jsonl").write_text(json.dumps({"origin": library, "figure": 1.25}) + "\n")
    (project / "raw" / "goals.txt").write_text("met\n")
    before = list(texts(run))
    done = publish(project, "raw", "today")
    assert (done.returncode, done.stderr) == (0, "")
    made = project / "results" / "published" / "today"
    assert {str(path.relative_to(made)): text for path, text in texts(made)} == {
        "goals.txt": "met\n",
        "goals/environment.json": '{"library": "build/libx.so", "python": "~/.pyenv/bin/python3"}',
        "goals/journal.jsonl.xz": '{"origin": "build/libx.so", "figure": 1.25}\n'}
    assert list(texts(run)) == before


@pytest.mark.parametrize(("words", "said"), [
    ([], "give the folder"), (["nowhere", "x"], "no folder 'nowhere'"),
    (["script", "../x"], "'../x' is no name"), (["script", "x"], "no run in 'script'"),
])
def test_what_cannot_be_published_is_refused(project, words, said):
    done = publish(project, *words)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list((project / "results" / "published").iterdir())
