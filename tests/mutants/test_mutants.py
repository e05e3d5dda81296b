"""Mutants of the collector, and of counting and weak references around it: each must be noticed.

Each mutant is run until the first program notices it: the quick ones, or with HEAPMARK_MUTANTS=every all
of table.py. HEAPMARK_MUTANTS=count runs every program on each of them, to tell how many notice it.
"""

import os
from pathlib import Path

import pytest

from table import MUTANTS
from workshop import SOURCES, Workshop, killers

BUILD = Path(os.environ["HEAPMARK_COMMAND"]).parent
WHICH = os.environ.get("HEAPMARK_MUTANTS", "quick")
CHOSEN = [mutant for mutant in MUTANTS if WHICH != "quick" or mutant.quick]


def named(mutants):
    return pytest.mark.parametrize("mutant", mutants, ids=[mutant.name for mutant in mutants])


@pytest.fixture
def workshop(tmp_path):
    return Workshop(BUILD, tmp_path)


@pytest.fixture(scope="module")
def programs():
    return killers(BUILD)


def test_there_are_enough_of_them():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 60
    assert len([mutant for mutant in MUTANTS if mutant.quick]) >= 16
    assert len({mutant.file for mutant in MUTANTS}) >= 10


@named(MUTANTS)
def test_the_table_fits_the_sources(mutant):
    text = (SOURCES / mutant.file).read_text()
    assert text.count(mutant.old) == 1, f"the table is stale: src/{mutant.file} has changed"
    assert mutant.new != mutant.old
    assert mutant.breaks and "\n" not in mutant.breaks


@named(CHOSEN)
def test_is_noticed(mutant, workshop, programs, noticed):
    text = (SOURCES / mutant.file).read_text().replace(mutant.old, mutant.new)
    mutated = workshop.compile(mutant.file, text, "mutant")
    by = noticed.setdefault(mutant.name, {})
    for program in sorted(programs, key=lambda program: (program.name != mutant.likely, program.slow)):
        if by and program.slow:
            continue
        how = program.notices(workshop, [mutated])
        if how is not None:
            by[program.name] = how
            if WHICH != "count":
                break
    assert by, f"no test notices that {mutant.breaks}: write one in tests/gc"


def test_without_a_change_those_that_noticed_pass(workshop, programs, noticed):
    """What is built here is what the build built: only a mutant's change makes a program fail."""
    assert {mutant.likely for mutant in MUTANTS} <= {program.name for program in programs}
    files = sorted({mutant.file for mutant in CHOSEN})
    objects = [workshop.compile(file, (SOURCES / file).read_text(), file.replace("/", "_")[:-2])
               for file in files]
    names = {name for by in noticed.values() for name in by}
    assert names
    for program in programs:
        if program.name in names:
            assert program.notices(workshop, objects) is None, program.name
