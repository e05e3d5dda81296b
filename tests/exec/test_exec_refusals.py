"""Tests of every way to ask `heapmark exec` wrongly: one line, exit code 2, nothing written."""

import os
import sys

import pytest

from harness import call, refused
from programs import PYTHON3

WRONG = [
    ([], ["which command?", "after --"]),
    (["--"], ["which command?"]),
    (["ls"], ["unexpected argument 'ls'", "comes after --"]),
    (["--frobnicate", "--", "ls"], ["unknown option '--frobnicate'", "--help"]),
    (["--", "no-such-program"], ["'no-such-program'", "No such file"]),
    (["--", "/no/such/program"], ["'/no/such/program'", "No such file"]),
    (["--", "/etc"], ["'/etc'", "Is a directory"]),
    (["--", "/etc/passwd"], ["'/etc/passwd'", "Permission denied"]),
    (["--", ""], ["''"]),
    (["--backend", "hoard", "--", "ls"], ["'hoard'", "jemalloc"]),
    (["--backend", "system,", "--", "ls"], ["--backend", "'system,'"]),
    (["--backend", "system,system", "--", "ls"], ["two back ends are called system"]),
    (["--backend", "bump", "--", "ls"], ["bump", "cannot be preloaded", "jemalloc"]),
    (["--backend", "debug", "--", "ls"], ["debug", "cannot be preloaded"]),
    (["--backend", "so:/usr/lib/x86_64-linux-gnu/libc.so.6", "--", "ls"], ["dlopen", "preload:/usr"]),
    (["--backend", "preload:/no/such.so", "--", "ls"], ["/no/such.so"]),
    (["--repetitions", "0", "--", "ls"], ["--repetitions", "'0'", "from 1"]),
    (["--warmup", "-1", "--", "ls"], ["--warmup", "'-1'", "from 0"]),
    (["--timeout", "never", "--", "ls"], ["--timeout", "'never'", "above 0"]),
    (["--memory-limit", "0", "--", "ls"], ["--memory-limit", "'0'", "above 0"]),
    (["--seed", "x", "--", "ls"], ["--seed", "'x'"]),
    (["--python-malloc", "mimalloc", "--", "ls"], ["--python-malloc", "malloc, pymalloc or both"]),
    (["--python-malloc", "both", "--", PYTHON3, "-I", "-c", "pass"], ["-E or -I", "PYTHONMALLOC"]),
    (["--python-malloc", "malloc", "--", "env", "A=1", PYTHON3, "-bE", "x.py"], ["-E or -I"]),
    (["--proof", "none", "--", "ls"], ["--proof", "tree or command"]),
    (["--expect-status", "256", "--", "ls"], ["--expect-status", "0 to 255"]),
    (["--input", "/no/such", "--", "ls"], ["--input", "/no/such", "No such file"]),
    (["--out", "", "--", "ls"], ["--out", "a folder's name"]),
    (["--out", "/dev/null/x", "--", "ls"], ["--out", "Not a directory"]),
    (["--format", "xml", "--", "ls"], ["--format", "text or json"]),
    (["--progress", "maybe", "--", "ls"], ["--progress", "auto, always or never"]),
]


@pytest.mark.parametrize("arguments, words", WRONG, ids=lambda value: " ".join(value)[:60])
def test_a_wrong_question_gets_one_line(arguments, words, tmp_path):
    refused(call("exec", *arguments, cwd=tmp_path), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("warmup", ["0", "1"])
def test_a_file_that_is_no_program(tmp_path, warmup):
    file = tmp_path / "text"
    file.write_text("just text\n")
    file.chmod(0o755)
    refused(call("exec", "--warmup", warmup, "--progress", "never", "--", file, cwd=tmp_path),
            "cannot be executed", "Exec format error")
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


def test_a_script_whose_interpreter_is_not_there(tmp_path):
    file = tmp_path / "script"
    file.write_text("#!/no/such/interpreter\n")
    file.chmod(0o755)
    refused(call("exec", "--progress", "never", "--", file, cwd=tmp_path), "cannot be executed",
            "No such file")


def test_a_run_is_never_written_over(tmp_path):
    (tmp_path / "environment.json").write_text("{}")
    refused(call("exec", "--out", tmp_path, "--", "ls"), "holds a run already")
    assert [path.name for path in tmp_path.iterdir()] == ["environment.json"]


def test_a_library_that_is_not_here(tmp_path):
    refused(call("exec", "--backend", "pool", "--", "ls", cwd=tmp_path,
                 HEAPMARK_POOL_PATH="/no/such.so"), "--backend", "/no/such.so")
    refused(call("exec", "--", "ls", cwd=tmp_path, HEAPMARK_WITNESS_PATH="/no/such.so"),
            "/no/such.so", "heapmark_witness")
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_not_asked_for_is_left_out_by_name(tmp_path):
    done = call("exec", "--repetitions", "1", "--warmup", "0", "--out", tmp_path / "r", "--",
                "/bin/true", HEAPMARK_POOL_PATH="/no/such.so")
    assert done.returncode == 0, done.stderr
    assert "left out: pool: pool: HEAPMARK_POOL_PATH names /no/such.so" in done.stderr


def test_other_commands_refuse_an_exec_run(tmp_path):
    done = call("exec", "--backend", "system", "--repetitions", "1", "--out", tmp_path / "r", "--",
                "/bin/true")
    assert done.returncode == 0, done.stderr
    python = {"HEAPMARK_PYTHON": sys.executable}
    for arguments in (["report", tmp_path / "r", "--against", tmp_path / "r"],
                      ["export", tmp_path / "r", "--format", "csv"],
                      ["compare", tmp_path / "r", "--by", "backend"],
                      ["run", "--resume", "--out", tmp_path / "r"]):
        refused(call(*arguments, **python), "exec")
    assert sorted(os.listdir(tmp_path / "r")) == ["environment.json", "journal.jsonl"]
