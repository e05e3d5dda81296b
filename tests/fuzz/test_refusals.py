"""Tests of what fuzzing found in the readers: each was taken or died, and gets one line now."""

import os
import subprocess

import pytest

COMMAND = os.environ["HEAPMARK_COMMAND"]
FOUND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "found")


def refused(arguments, *words, cwd=None):
    """Runs the command; proves exit code 2, one plain line, and the words in it."""
    done = subprocess.run([COMMAND, *arguments], capture_output=True, timeout=60, cwd=cwd)
    told = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 2, (done.returncode, told)
    assert told.count("\n") == 1 and told.endswith("\n")
    assert all(character >= " " for character in told[:-1])
    for word in words:
        assert word in told
    return told


@pytest.mark.parametrize("arguments", [
    ["run", "--filter", b"short\xff"],
    ["run", "--dry-run", "--out", b"folder\xc3\x28"],
    ["exec", "--out", b"\xed\xa0\x80", "--", "true"],
    ["exec", "--input", b"\xfe", "--", "true"],
    ["timeline", b"\xff"],
])
def test_words_that_json_cannot_hold(arguments, tmp_path):
    refused(arguments, "is not UTF-8", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_words_of_the_users_command_are_its_own(tmp_path):
    refused(["exec", "--backend", "system", "--", b"no-such-\xff-program"], "no-such-", cwd=tmp_path)


def test_a_filter_in_other_letters_is_taken(tmp_path):
    refused(["run", "--dry-run", "--filter", "größer-\ufffd"], "matches no cell", cwd=tmp_path)


def test_a_program_that_is_none_is_quoted_without_control_characters(tmp_path):
    (tmp_path / "p.conform").write_bytes(b"a = li\x1b[2Jst\x07\n")
    refused(["conform", "p.conform"], "p.conform:1:", cwd=tmp_path)


@pytest.mark.parametrize("option", ["--shrink", "--patience"])
def test_a_time_that_no_whole_number_holds(option):
    refused(["stress", option, "5" * 96], option, "7 days")


def test_two_programs_of_one_name():
    file = os.path.join(FOUND, "sizes", "two-programs-of-one-name")
    refused(["run", "--dry-run", "--size-data", file], "a-b", "twice")


