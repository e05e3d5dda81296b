"""Tests that results from others are data: read by every command, a run full of attacks is written about
in its own folder or refused in one line; nothing else changes, and no terminal is told what to do."""

import contextlib
import csv
import io
import json
import re
import subprocess
import sys

import pytest
from attacks import FORMULAS, LONG, TERMINAL, TEXTS, contents, hostile_run
from synthetic import Recipe, write_run

from heapmark_plot.__main__ import main

from harness import ROOT, call, refused, read_environment

PYTHON = {"HEAPMARK_PYTHON": sys.executable}
#: What a terminal obeys: everything below a space but the newline, and the second set of those.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RECIPE = Recipe(works=1, backends=("pool", "system"), collectors=("none",), batches=5, repetitions=2)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return hostile_run(tmp_path_factory.mktemp("hostile") / "run")


def package(*arguments, cwd):
    """The package in this process, which spares a Python's start: what it printed, and its code."""
    output, errors = io.StringIO(), io.StringIO()
    output.buffer = io.BytesIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main([str(argument) for argument in arguments])
    printed = output.getvalue() + output.buffer.getvalue().decode()
    return subprocess.CompletedProcess(arguments, code, printed, errors.getvalue())


READERS = [["summary"], ["validate"], ["unsettled", "--precision", "5"],
           ["export", "--format", "csv"], ["export", "--format", "markdown"],
           ["export", "--format", "bmf"], ["export", "--format", "junit"],
           ["compare", "--by", "backend"], ["goals"], ["goals", "--format", "markdown"], ["timeline"],
           ["exec"]]


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_readers_write_nothing_and_command_no_terminal(command, hostile):
    place = hostile.parent
    before = contents(place)
    done = package(*command, hostile, cwd=place)
    # No timeline and no exec run; and a stranger's labels reach no goal.
    wanted = {"timeline": 2, "exec": 2, "validate": 2, "goals": 3}.get(command[0], 0)
    assert done.returncode == wanted, (done.returncode, done.stderr)
    assert len(done.stderr.splitlines()) == (1 if wanted == 2 else 0)
    assert contents(place) == before
    data = command[-1] in ("csv", "junit")
    assert not OBEYED.search(done.stderr), ascii(done.stderr)
    if not data:  # tables in CSV and JUnit are for programs
        assert not OBEYED.search(done.stdout), ascii(OBEYED.search(done.stdout)[0])


@pytest.mark.parametrize("command", ["compare", "check"])
def test_two_hostile_runs(command, hostile, tmp_path):
    other = hostile_run(tmp_path / "other", list(reversed(TEXTS)))
    before = contents(tmp_path), contents(hostile.parent)
    done = package(command, hostile, other, cwd=tmp_path)
    assert done.returncode in (0, 4) and not OBEYED.search(done.stderr + done.stdout)
    assert (contents(tmp_path), contents(hostile.parent)) == before


def test_a_hostile_run_is_merged_nowhere_else(hostile, tmp_path):
    done = call("merge", tmp_path / "out", hostile, cwd=tmp_path, **PYTHON)
    refused(done)
    assert not OBEYED.search(done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_a_hostile_run_is_not_gone_on_with(hostile, tmp_path):
    before = contents(hostile.parent)
    done = call("run", "--resume", "--out", hostile, cwd=tmp_path)
    refused(done)
    assert not OBEYED.search(done.stderr), ascii(done.stderr)
    assert contents(hostile.parent) == before and list(tmp_path.iterdir()) == []


def test_no_formula_in_a_table(tmp_path):
    """A spreadsheet computes what begins with = + - @: such a text gets an apostrophe; a number not."""
    folder = hostile_run(tmp_path / "run", FORMULAS)
    done = subprocess.run([sys.executable, "-m", "heapmark_plot", "export", "--format", "csv", folder],
                          capture_output=True, env={"PYTHONPATH": str(ROOT / "plot")}, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
    seen = 0
    for row in rows:
        for cell in row:
            if cell[:1] in "=+-@\t\r" and cell:
                float(cell)  # a negative number is one
            seen += cell[1:].replace("\n", "\r") in FORMULAS and cell[0] == "'"
    assert seen > 10


def spoil(folder, member, value, line=3):
    path = folder / "journal.jsonl"
    lines = path.read_text().splitlines()
    record = json.loads(lines[line])
    record[member] = "@HERE@"
    lines[line] = json.dumps(record).replace('"@HERE@"', value)
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "-1e308",
                                   "[" * 50000 + "]" * 50000, '{"a":' * 50000 + "1" + "}" * 50000,
                                   '"\\ud800"', "\"" + "A" * 1000000 + "\""],
                         ids=["nan", "inf", "-inf", "1e999", "9x400", "-1e308", "lists", "objects",
                              "half", "long"])
@pytest.mark.parametrize("member", ["operations", "reason", "metrics"])
def test_numbers_and_nesting(member, value, tmp_path):
    """By the package, in this process, and by the driver, each in one line."""
    from heapmark_plot.errors import InputError
    from heapmark_plot.load import load_run
    folder = write_run(tmp_path / "run", RECIPE)
    spoil(folder, member, value)
    try:
        load_run(folder)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000
    done = call("run", "--resume", "--out", folder)
    refused(done)
    assert len(done.stderr) < 2000


def test_a_text_of_a_million_characters(tmp_path):
    folder = hostile_run(tmp_path / "run", ["x"] * 400 + [LONG], label=LONG[:1000])
    assert sum(path.stat().st_size for path in folder.iterdir()) > len(LONG)
    for command in (["summary"],):
        assert package(*command, folder, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("change", [
    lambda d: d["options"].update(repetitions=10**18), lambda d: d["options"].update(repetitions=99999),
    lambda d: d["options"].update(threads=[64] * 1000), lambda d: d["options"].update(filter="(" * 5000),
    lambda d: d["options"].update(filter="((a*)*)*" * 50), lambda d: d["options"].update(timeout_s=1e300),
    lambda d: d["options"].update(batch_s=1e300), lambda d: d["options"].update(seed="x" * 10**6),
    lambda d: d["options"].update(memory_limit_bytes=2**62), lambda d: d.update(plan={"works": [[]] * 10}),
    lambda d: d["options"].update(parameters=["null.x=" + "9" * 10**5]),
    lambda d: d["options"].update(backends=["so:/etc/passwd"]), lambda d: d.update(options=[]),
    lambda d: d["options"].update(shard={"index": 1, "count": 2**31}),
    lambda d: d["plan"].update(rounds=[["x"] * 10] * 1000),
], ids=range(15))
def test_hostile_options_of_a_stopped_run(change, tmp_path, begun):
    """--resume takes the plan from there: a plan without end is refused, and no crash."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in begun.items():
        (folder / name).write_bytes(content)
    described = read_environment(folder)
    change(described)
    (folder / "environment.json").write_text(json.dumps(described))
    before = (folder / "journal.jsonl").read_bytes()
    done = call("run", "--resume", "--out", folder, "--dry-run", timeout=60)
    assert done.returncode in (0, 2), (done.returncode, done.stderr[-300:])
    assert (folder / "journal.jsonl").read_bytes() == before


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    from harness import SMALL
    folder = tmp_path_factory.mktemp("begun") / "run"
    assert call("run", *SMALL, "--out", folder, "--progress", "never").returncode == 0
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_bomb_of_a_journal(tmp_path):
    """A small file that unpacks to more than the reader may have: one line, exit 6."""
    import lzma
    folder = write_run(tmp_path / "run", RECIPE)
    (folder / "journal.jsonl").unlink()
    with lzma.open(folder / "journal.jsonl.xz", "wb", preset=0) as bomb:
        for _ in range(300):
            bomb.write(b" " * (1 << 20))
    done = call("export", "--format", "csv", folder, HEAPMARK_PYTHON_MEMORY="400MiB", **PYTHON)
    assert done.returncode == 6 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "memory" in done.stderr


@pytest.mark.parametrize("text", TERMINAL)
def test_what_a_program_last_wrote_commands_no_terminal(text, tmp_path):
    done = call("exec", "--backend", "system", "--repetitions", "1", "--warmup", "0", "--out",
                tmp_path / "run", "--", "/bin/sh", "-c", 'printf "%s\\n" "$1" >&2; exit 1', "sh", text)
    assert done.returncode == 3
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr)
