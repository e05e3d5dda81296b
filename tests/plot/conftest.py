"""This module is the fixtures of the report's tests: made runs (synthetic.py) in temporary
folders, each made once."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plot"))

from synthetic import Recipe, write_run  # noqa: E402


def pytest_configure(config):
    """What numpy warns of reaches the user's terminal, so a test fails for it."""
    config.addinivalue_line("filterwarnings", "error::RuntimeWarning")


@pytest.fixture(scope="session")
def small_recipe():
    """Two works (one leaves cycles), three back ends, two collectors."""
    return Recipe(works=2, backends=("pool", "system", "tcmalloc"),
                  collectors=("none", "generational"))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory, small_recipe):
    return write_run(tmp_path_factory.mktemp("small"), small_recipe)


@pytest.fixture(scope="session")
def small_analysis(small_run):
    from heapmark_plot.analysis import analyse
    from heapmark_plot.load import load_run
    return analyse(load_run(small_run))


@pytest.fixture
def own_run(tmp_path, small_recipe):
    """A small run that the test may spoil."""
    return write_run(tmp_path / "run", small_recipe)


@pytest.fixture
def analysed(tmp_path):
    """A function: Recipe → Analysis of a run made by it."""
    from heapmark_plot.analysis import analyse
    from heapmark_plot.load import load_run
    made = []

    def analyse_recipe(recipe):
        made.append(write_run(tmp_path / f"made{len(made)}", recipe))
        return analyse(load_run(made[-1]))

    return analyse_recipe


@pytest.fixture
def edit_environment():
    """A function: changes a run's environment.json by a function of it."""
    def edit(folder, change):
        path = folder / "environment.json"
        environment = json.loads(path.read_text())
        change(environment)
        path.write_text(json.dumps(environment))
    return edit


@pytest.fixture
def edit_journal():
    """A function: passes each record of a run's journal through a function, which may change it."""
    def edit(folder, change):
        path = folder / "journal.jsonl"
        records = [json.loads(line) for line in path.read_text().splitlines()]
        for record in records:
            change(record)
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return edit
