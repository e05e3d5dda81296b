"""Tests of names that a shell, a line or an encoding would trip over: spaces, quotes, a newline, a
dollar, a leading dash, other scripts; as --out, as a run to read, as a library, as a Python."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from faults import LONGER, QUIETLY, goes_on, stop
from harness import (COMMAND, FIXTURES, SANITIZED, SMALL, call, check_folder, environment, lines,
                     new_mark, planned, read_environment, read_journal, refused, start, wait_for)

NAMES = ["a space", "it's \"quoted\"", "two\nlines", "$(touch X) `touch Y`; touch Z &", "日本語 ñ é",
         "-dash --resume", "tab\tand\\back %s%n *?[x]", "é" * 60]
#: All of these at once, where a test is slow.
ALL = "-it's a \"name\"\n$(touch X); `touch Y` 日本語 \t%s%n *?\\"
outside_sanitizers = pytest.mark.skipif(
    SANITIZED, reason="a foreign allocator cannot be bound under a sanitizer")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert call("run", *SMALL, "--out", folder, *QUIETLY).returncode == 0
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_out_is_any_name(name, tmp_path):
    """Stopped and gone on with, from beside it, so that the name comes first."""
    process = start("run", *LONGER, f"--out={name}", mark=new_mark(), cwd=tmp_path)
    folder = tmp_path / name
    wait_for(lambda: lines(folder) >= 2, process)
    _, errors = stop(process)
    assert process.returncode == 130, errors
    told = [line for line in errors.splitlines() if "--resume" in line]
    assert len(told) == 1
    command = told[0].split("to go on: heapmark ")[1]
    # The line that is printed is one for a shell: bash does what it says.
    done = subprocess.run(["bash", "-c", f'"$0" {command}', COMMAND], cwd=tmp_path,
                          capture_output=True, text=True, env=environment(), timeout=120)
    assert done.returncode == 0, (command, done.stderr)
    assert sorted(sample["id"] for sample in check_folder(folder)) == planned(*LONGER)
    assert read_environment(folder)["run"] == name
    assert [path.name for path in tmp_path.iterdir()] == [name], "a name was executed"


def test_a_run_of_any_name_is_read(finished, tmp_path):
    """By the Python package, in a process of its own."""
    name = ALL
    folder = tmp_path / name
    shutil.copytree(finished, folder)
    for command in (["export", "--format", "csv"], ["compare"]):
        operands = [name, name] if command == ["compare"] else [name]
        done = call(*command, "--", *operands, cwd=tmp_path, HEAPMARK_PYTHON=sys.executable)
        assert done.returncode == 0 and done.stderr == "", done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_report_of_a_folder_that_looks_like_an_option(finished, tmp_path):
    """Made by hand: drawing takes seconds."""
    shutil.copytree(finished, tmp_path / "--against")
    done = call("report", "--", "--against", cwd=tmp_path, HEAPMARK_PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "--against" / "report.html").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_not_there_is_told_in_one_line(name, tmp_path):
    for arguments in (["report", "--", name], ["run", "--resume", f"--out={name}"],
                      ["export", "--format", "csv", "--", name],
                      ["conform", "--", name], ["run", "--backend", f"x=so:{name}"]):
        done = call(*arguments, cwd=tmp_path)
        refused(done, code=6 if arguments[0] == "conform" else 2)
        assert done.stderr.rstrip("\n").isprintable(), done.stderr
    assert list(tmp_path.iterdir()) == []


@outside_sanitizers
@pytest.mark.parametrize("name", NAMES[:3] + [ALL.replace(";", "")])
def test_a_library_of_any_name(name, tmp_path):
    library = tmp_path / f"{name}.so"
    shutil.copy(FIXTURES / "libtiny_malloc.so", library)
    folder = tmp_path / "run"
    done = call("run", "--backend", "system", "--backend", f"own=so:{library}", *SMALL[2:],
                "--memory-repetitions", "0", "--out", folder, *QUIETLY)
    assert done.returncode == 0, done.stderr
    own = [sample for sample in check_folder(folder) if sample["backend"] == "own"]
    assert own and all(sample["valid"] and sample["origin"] == str(library) for sample in own)
    again = own[0]["command"].replace("heapmark", COMMAND, 1)
    done = subprocess.run(["sh", "-c", again], capture_output=True, text=True, cwd=tmp_path,
                          env=environment(), timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)["origin"] == str(library)
    assert {path.name for path in tmp_path.iterdir()} == {library.name, "run"}


def test_what_a_spec_cannot_say_is_told(tmp_path):
    """A semicolon ends a path; LD_PRELOAD ends one at a space or a colon."""
    for name, form in (("a;b.so", "so"), ("a b.so", "preload"), ("a:b.so", "preload")):
        (tmp_path / name).write_bytes(b"")
        refused(call("run", "--backend", f"own={form}:{tmp_path / name}", "--out", tmp_path / "run"))
        assert not (tmp_path / "run").exists()


def test_a_python_of_any_name(finished, tmp_path):
    place = tmp_path / "$(touch X) it's; ñ"
    place.mkdir()
    (place / "python 3").symlink_to(sys.executable)
    done = call("export", "--format", "csv", finished, cwd=tmp_path,
                HEAPMARK_PYTHON=place / "python 3")
    assert done.returncode == 0 and done.stdout.count("\n") > 3, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


def test_exec_of_any_name(tmp_path):
    program = tmp_path / "it's $(touch X); \"ñ\""
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    done = call("exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", "--out",
                tmp_path / "a run", "--", program, "two words", "$(touch Y)", cwd=tmp_path)
    assert done.returncode in (0, 3), done.stderr
    (record,) = read_journal(tmp_path / "a run")
    assert record["valid"], record["reason"]
    assert {path.name for path in tmp_path.iterdir()} == {program.name, "a run"}
