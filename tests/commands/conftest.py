"""This module is what the tests of the commands share: the command with a Python behind it, and made
runs (tests/plot/synthetic.py) that can be changed."""

import contextlib
import io
import json
import shutil
import sys
from pathlib import Path

import pytest

for folder in ("plot", "harness"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from harness import call, refused  # noqa: E402
from heapmark_plot.__main__ import main  # noqa: E402
from synthetic import TIME, Recipe, write_run  # noqa: E402

BACKENDS = ("pool", "system", "tcmalloc")


def command(*arguments, **more):
    """Runs the command with the Python that runs the tests."""
    return call(*arguments, HEAPMARK_PYTHON=sys.executable, **more)


def refuses(folders, arguments, *words):
    """The command refuses in one line and leaves everything as it was."""
    before = {folder: contents(folder) for folder in folders}
    refused(command(*arguments), *words)
    assert before == {folder: contents(folder) for folder in folders}


def contents(folder):
    """Every file in and beside a run, with what it holds."""
    return {str(path): path.read_bytes() for path in sorted(folder.parent.rglob("*")) if path.is_file()}


def package(*arguments):
    """Runs the package in this process, which spares a Python's start: (exit code, stdout, stderr)."""
    output, errors = io.StringIO(), io.StringIO()
    output.buffer = io.BytesIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main([str(argument) for argument in arguments])
    return code, output.getvalue() + output.buffer.getvalue().decode(), errors.getvalue()


def package_refuses(folders, arguments, *words):
    """The package refuses in one line under the command's name and leaves everything as it was; the
    front end, which hands words and code on, has tests of its own."""
    before = {folder: contents(folder) for folder in folders}
    code, output, errors = package(*arguments)
    assert (code, output) == (2, "") and errors.count("\n") == 1, (code, errors)
    assert errors.startswith(f"heapmark {arguments[0]}: ")
    assert all(word in errors for word in words), errors
    assert before == {folder: contents(folder) for folder in folders}


def in_json(*arguments):
    code, output, errors = package(*arguments, "--format", "json")
    assert (code, errors) == (0, "")
    return json.loads(output)


def cells_of(document, metric, **wanted):
    """The compared cells of a metric that have the members wanted."""
    (found,) = [entry for entry in document["metrics"] if entry["name"] == metric]
    return [cell for cell in found["cells"]
            if all(cell[name] == value for name, value in wanted.items())]


def more_memory_samples(records, count, spread=0.0005):
    """Gives every memory sample of a cell `count` - 1 twins whose metrics differ by about `spread`;
    what the work alone decides stays."""
    made = []
    for record in records:
        made.append(record)
        if record["kind"] != "memory" or record["role"] != "cell" or not record["valid"]:
            continue
        for copy in range(1, count):
            twin = json.loads(json.dumps(record))
            twin.update(repetition=copy, id=record["id"].replace("#memory#0", f"#memory#{copy}"))
            shift = 1 + spread * (copy - (count - 1) / 2)
            for name in ("peak_rss_bytes", "rss_bytes"):
                if twin["metrics"].get(name):
                    twin["metrics"][name] = int(twin["metrics"][name] * shift)
            made.append(twin)
    for sequence, record in enumerate(made):
        record["sequence"] = sequence
    return made


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    """A function: the folder of an unchanged made run, which is made once for all tests."""
    known = {}

    def made(memory, recipe):
        key = repr((memory, sorted(recipe.items())))
        if key not in known:
            folder = write_run(tmp_path_factory.mktemp("made") / "run", Recipe(**recipe))
            path = folder / "journal.jsonl"
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            path.write_text("".join(json.dumps(line) + "\n"
                                    for line in more_memory_samples(lines, memory)))
            known[key] = folder
        return known[key]
    return made


@pytest.fixture
def make(tmp_path, pattern):
    """A function: writes a run in a folder called `name`, changed by the functions `records` (a list
    to a list) and `environment` (in place)."""
    def made(name, records=None, environment=None, memory=3, **recipe):
        recipe = {"works": 2, "backends": BACKENDS, "collectors": ("none", "generational"), **recipe}
        folder = Path(shutil.copytree(pattern(memory, recipe), tmp_path / name))
        path = folder / "journal.jsonl"
        count = len(path.read_text().splitlines())
        if records:
            lines = records([json.loads(line) for line in path.read_text().splitlines()])
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
            count = len(lines)
        path = folder / "environment.json"
        described = json.loads(path.read_text())
        described.update(run=name)
        described["plan"]["samples"] = count
        if environment:
            environment(described)
        path.write_text(json.dumps(described))
        return folder
    return made


def slower(backend, factor):
    """The true times with one back end's made `factor` as long."""
    return {**TIME, backend: TIME[backend] * factor}
