"""Tests of what script/test is asked: its tiers, and a mistake before anything is installed or built."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments):
    return subprocess.run([ROOT / "script" / "test", *arguments], capture_output=True, text=True, timeout=60,
                          cwd="/")


@pytest.mark.parametrize("arguments, words", [
    (["--fast"], ["unknown argument '--fast'", "--full", "--long", "--resume"]),
    (["--full", "--long"], ["one of --full and --long"]),
    (["--resume", "now"], ["unknown argument 'now'"]),
])
def test_a_mistake_gets_one_line(arguments, words):
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_help_and_the_documents_have_every_tier():
    done = run("--help")
    assert done.returncode == 0
    told = (ROOT / "CONTRIBUTING.md").read_text()
    for word in ("--full", "--long", "--resume"):
        assert word in done.stdout and f"`script/test {word}`" in told or f"`{word}`" in told


def test_every_label_that_a_tier_leaves_out_is_in_a_larger_one():
    """A test that is left out of the quick tier has the label full or long; no other label is left out."""
    text = (ROOT / "script" / "test").read_text()
    left_out = set(re.findall(r"-LE '([^']*)'", text))
    assert left_out == {"^(full|long)$", "^long$"}
    assert "-L '^long$'" in text
