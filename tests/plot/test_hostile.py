"""Tests that whatever stands in a run's files ends in a report or in one line: members are replaced at
random by what does not belong there. The seed is in the test's name."""

import copy
import json
import random

import pytest
from synthetic import Recipe, write_run

from heapmark_plot import style
from heapmark_plot.analysis import analyse
from heapmark_plot.errors import InputError
from heapmark_plot.figures.registry import FIGURES
from heapmark_plot.load import load_run
from heapmark_plot.report import render_page
from heapmark_plot.summary import summary_text

JUNK = (None, True, -1, 0, 1e308, -1e308, 5e-324, "", "x", "\u202e\x00</script>", [], {}, [[]], [None],
        [1, 2], [[1, 2, 3]], [["a", 1, None]], {"a": 1}, 2**70, "9" * 400, [{}])
SPOILS_A_RUN = 5


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    recipe = Recipe(works=2, backends=("pool", "system"), collectors=("none", "generational"),
                    repetitions=2, latency_repetitions=1, release=True, settle="long", accounts=3,
                    counters=True, precision=1.0)
    folder = write_run(tmp_path_factory.mktemp("sound"), recipe)
    environment = json.loads((folder / "environment.json").read_text())
    lines = (folder / "journal.jsonl").read_text().splitlines()
    return environment, [json.loads(line) for line in lines]


def places(value, path=()):
    """The paths of all members of `value`, a few of each list."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield path + (name,)
            yield from places(member, path + (name,))
    elif isinstance(value, list):
        for place in range(min(3, len(value))):
            yield path + (place,)
            yield from places(value[place], path + (place,))


def spoil(record: dict, chance: random.Random) -> None:
    """Replaces or removes one member, at any depth."""
    *members, last = chance.choice(list(places(record)))
    for member in members:
        record = record[member]
    if isinstance(record, dict) and chance.random() < 0.2:
        del record[last]
    else:
        record[last] = copy.deepcopy(chance.choice(JUNK))


def write(folder, environment, samples):
    (folder / "environment.json").write_text(json.dumps(environment))
    (folder / "journal.jsonl").write_text("".join(json.dumps(one) + "\n" for one in samples))


def read(folder, figures) -> str:
    """Everything that is made of a run; "" where it is refused in one line."""
    try:
        run = load_run(folder)
    except InputError as error:
        assert "\n" not in " ".join(str(error).split()) and str(error)
        return ""
    analysis = analyse(run)
    for kind in figures:
        with style.context(kind.name):
            kind.draw(analysis)
    return summary_text(analysis) + render_page(analysis, [])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(12))
def test_a_spoilt_sample_is_refused_or_reported(records, tmp_path, seed):
    chance = random.Random(seed)
    environment, samples = copy.deepcopy(records)
    refused = 0
    for _ in range(SPOILS_A_RUN):
        place = chance.randrange(len(samples))
        spoil(samples[place], chance)
        write(tmp_path, environment, samples)
        figures = chance.sample(FIGURES, 1)
        if not read(tmp_path, figures):
            refused += 1
            samples[place] = copy.deepcopy(records[1][place])


@pytest.mark.parametrize("seed", range(10))
def test_a_spoilt_environment_is_refused_or_reported(records, tmp_path, seed):
    chance = random.Random(seed)
    for _ in range(3):
        environment = copy.deepcopy(records[0])
        spoil(environment, chance)
        write(tmp_path, environment, records[1])
        read(tmp_path, [])
