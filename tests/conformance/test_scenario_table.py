"""Tests of docs/conformance.md: its tables are those of the scenarios' own headers, and a scenario
that it could not show is told of by name."""
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "conformance"))
import scenario_table  # noqa: E402


def test_page_is_in_step_with_the_scenarios():
    expected = scenario_table.page()
    actual = scenario_table.PAGE.read_text(encoding="utf-8")
    assert actual == expected, "run conformance/scenario_table.py --write"


def test_every_scenario_has_one_row():
    text = scenario_table.PAGE.read_text(encoding="utf-8")
    names = [path.stem for path in scenario_table.SCENARIOS.glob("*.conform")]
    assert len(names) >= 60
    for name in names:
        assert text.count("| [%s](" % name) == 1, name


def test_every_program_of_a_scenario_expects_something():
    for path in scenario_table.SCENARIOS.glob("*.conform"):
        programs = ("\n" + path.read_text(encoding="utf-8")).split("\nprogram ")
        if len(programs) > 1:
            assert not [line for line in programs[0].splitlines() if line and line[0] != "#"], path.name
            programs = programs[1:]
        for program in programs:
            words = [line.split()[0] for line in program.splitlines() if line.split()]
            assert "expect" in words, (path.name, program.splitlines()[0])


@pytest.fixture
def scenarios(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("above\n" + scenario_table.MARK + "\nold\n", encoding="utf-8")
    monkeypatch.setattr(scenario_table, "SCENARIOS", tmp_path)
    monkeypatch.setattr(scenario_table, "PAGE", page)
    return tmp_path


def test_a_row_says_rule_source_and_version(scenarios):
    (scenarios / "cycle-a.conform").write_text(
        "# A rule of\n# two | lines. CPython: test_gc.test_x\nprogram a\nrequires 3.9\n"
        "program b\nrequires 3.12\n", encoding="utf-8")
    text = scenario_table.page()
    assert text.startswith("above\n") and "old" not in text
    assert ("| [cycle-a](../conformance/scenarios/cycle-a.conform) | A rule of two \\| lines. "
            "| test\\_gc.test\\_x | 3.12+ |") in text


@pytest.mark.parametrize("name, text, wrong", [
    ("cycle-a", "a = list\n", "no header"),
    ("cycle-a", "# A rule without a source.\n", "no header"),
    ("cycle-a", "# CPython: a source without a rule\n", "no header"),
    ("unknown-a", "# A rule. CPython: x\n", "no group for `unknown`"),
])
def test_what_the_page_cannot_show_is_an_error(scenarios, capsys, name, text, wrong):
    (scenarios / (name + ".conform")).write_text(text, encoding="utf-8")
    before = scenario_table.PAGE.read_text(encoding="utf-8")
    assert scenario_table.main(["--write"]) == 5
    told = capsys.readouterr().err
    assert wrong in told and name in told and told.count("\n") == 1
    assert scenario_table.PAGE.read_text(encoding="utf-8") == before


def test_a_page_without_its_mark_is_an_error(scenarios, capsys):
    scenario_table.PAGE.write_text("nothing\n", encoding="utf-8")
    assert scenario_table.main([]) == 5
    assert scenario_table.MARK in capsys.readouterr().err


def test_a_wrong_argument_is_an_error(capsys):
    assert scenario_table.main(["--no"]) == 2
    assert "expected --write" in capsys.readouterr().err
