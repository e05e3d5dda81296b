"""Tests of runs of another version of heapmark, older and newer: what is only more is read, what is
another thing is refused with what to do, and nothing is written."""

import json
import subprocess
import sys

import pytest
from synthetic import Recipe, write_run

from faults import LONGER, QUIETLY, one_line, stop
from harness import (ROOT, call, check_folder, lines, new_mark, planned, read_environment, read_journal,
                     start, wait_for)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped") / "run"
    process = start("run", *LONGER, "--out", folder, *QUIETLY, mark=new_mark())
    wait_for(lambda: lines(folder) >= 4, process)
    stop(process)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def own(stopped, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in stopped.items():
        (folder / name).write_bytes(content)
    return folder


def change(folder, alter, records=None):
    described = read_environment(folder)
    alter(described)
    (folder / "environment.json").write_text(json.dumps(described))
    if records:
        changed = [records(record) for record in read_journal(folder)]
        (folder / "journal.jsonl").write_text("".join(json.dumps(one) + "\n" for one in changed))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("schema", [1, 3, "2", 2.0, None, [2], True])
def test_another_schema_is_not_gone_on_with(schema, own):
    change(own, lambda described: described.update(schema=schema))
    before = contents(own)
    one_line(call("run", "--resume", "--out", own, *QUIETLY), 2, "schema", "heapmark that wrote it")
    assert contents(own) == before


@pytest.mark.parametrize("version", ["0.0.1", "99.0.0", "", None, 7])
def test_another_version_is_not_gone_on_with(version, own):
    change(own, lambda described: described.update(heapmark=version))
    before = (own / "journal.jsonl").read_bytes()
    one_line(call("run", "--resume", "--out", own, *QUIETLY), 2, "another build")
    assert (own / "journal.jsonl").read_bytes() == before


def test_members_that_this_version_does_not_know(own):
    """A newer one may have added some; the journal's lines stay as they are."""
    change(own, lambda described: described.update(invented={"a": [1]}),
           lambda record: {**record, "invented": 1, "metrics": record["metrics"]})
    before = (own / "journal.jsonl").read_bytes()
    done = call("run", "--resume", "--out", own, *QUIETLY)
    assert done.returncode == 0, done.stderr
    assert (own / "journal.jsonl").read_bytes().startswith(before)
    assert sorted(sample["id"] for sample in read_journal(own)) == planned(*LONGER)


@pytest.mark.parametrize("line", [
    {"record": "sample/3", "id": "x"}, {"record": "batch", "id": "x"}, {"schema": 3}, {"record": 2}])
def test_lines_of_another_kind_are_refused_by_number(line, own):
    whole = (own / "journal.jsonl").read_bytes()
    (own / "journal.jsonl").write_bytes(whole + json.dumps(line).encode() + b"\n")
    spoilt = (own / "journal.jsonl").read_bytes()
    number = whole.count(b"\n") + 1
    one_line(call("run", "--resume", "--out", own, *QUIETLY), 2, f"journal.jsonl:{number}")
    assert (own / "journal.jsonl").read_bytes() == spoilt


def reader(*arguments):
    return subprocess.run([sys.executable, "-m", "heapmark_plot", *map(str, arguments)], text=True,
                          capture_output=True, timeout=120, env={"PYTHONPATH": str(ROOT / "plot"),
                                                                 "PATH": "/usr/bin:/bin"})


def test_the_reader_takes_members_it_does_not_know(tmp_path):
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",)))
    plain = reader("summary", folder)
    change(folder, lambda described: (described.update(invented={"a": [1]}),
                                      described["machine"].update(invented="x"),
                                      described["plan"].update(invented=None)),
           lambda record: {**record, "invented": [{"b": 1}]})
    more = reader("summary", folder)
    assert plain.returncode == 0 and more.returncode == 0, more.stderr
    assert more.stdout == plain.stdout


@pytest.mark.parametrize("command", [["report"], ["summary"], ["validate"],
                                     ["export", "--format", "csv"]])
def test_the_reader_refuses_another_schema(command, tmp_path):
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("pool", "system"),
                                                collectors=("none",)))
    change(folder, lambda described: described.update(schema=3))
    before = contents(folder)
    one_line(reader(*command, folder), 2, "schema 3", "heapmark that wrote the run")
    assert contents(folder) == before


def test_a_run_of_before_references_and_threads(own):
    """Members that came later have the meaning that runs without them had."""
    def older(described):
        described.pop("references", None)
        described["options"].pop("references", None)
    change(own, older)
    done = call("run", "--resume", "--out", own, *QUIETLY)
    assert done.returncode == 0, done.stderr
    assert sorted(sample["id"] for sample in check_folder(own)) == planned(*LONGER)
