"""Tests that script/fuzz and script/coverage refuse what they cannot do in one line, before they build
anything, and that the targets of the script are those of the build."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(script, *arguments):
    return subprocess.run([ROOT / "script" / script, *arguments], capture_output=True, text=True,
                          timeout=60, cwd="/")


@pytest.mark.parametrize("script, arguments, words", [
    ("fuzz", ["--seconds", "soon"], ["--seconds", "whole number"]),
    ("fuzz", ["--seconds"], ["--seconds", "whole number"]),
    ("fuzz", ["--runs", "0"], ["--runs", "whole number"]),
    ("fuzz", ["--runs", "5", "--seconds", "5"], ["not both"]),
    ("fuzz", ["nothing"], ["no target 'nothing'", "runtime", "journal"]),
    ("fuzz", ["--fast"], ["unknown option '--fast'", "--runs"]),
    ("coverage", ["--lines", "many"], ["--lines", "0 to 100"]),
    ("coverage", ["--branches", "101"], ["--branches", "0 to 100"]),
    ("coverage", ["--files", "all"], ["--files", "number"]),
    ("coverage", ["--html"], ["--html", "folder"]),
    ("coverage", ["--keep", "--no-tests"], ["--keep", "--no-tests"]),
    ("coverage", ["--fast"], ["unknown argument '--fast'", "--lines"]),
])
def test_a_mistake_gets_one_line(script, arguments, words):
    done = run(script, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_every_target_has_its_file_its_seeds_and_a_line_in_the_document():
    targets = run("fuzz", "--list").stdout.split()
    assert len(targets) >= 12 and len(set(targets)) == len(targets)
    told = (ROOT / "docs" / "fuzzing.md").read_text()
    for target in targets:
        assert (ROOT / "tests" / "fuzz" / f"{target}.c").is_file()
        assert any((ROOT / "tests" / "fuzz" / "seeds" / target).iterdir()), target
        assert re.search(rf"^\| `{target}` \|", told, re.MULTILINE), target
    kept = {path.name for path in (ROOT / "tests" / "fuzz" / "seeds").iterdir()} - {"plot_exec"}
    assert kept == set(targets)
