"""Tests of the end of script/test: what failed is told, whole enough to be understood and short enough for
a log of which only the last hundred lines are kept."""

import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

ROOT = Path(__file__).resolve().parents[2]

CMOCKA = "[==========] Running 3 test(s).\n[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n" \
    "[  FAILED  ] test_of_size\n\n 1 FAILED TEST(S)\n"
PYTEST = "..F.s\n" + "".join(f"line {number}\n" for number in range(60)) + \
    "E   AssertionError: 4 == 5\nFAILED tests/x/test_x.py::test_sum[4] - AssertionError\n" \
    "1 failed, 3 passed, 1 skipped in 0.31s\n"


def case(name, output="", status="run"):
    inside = "<failure/>" if status == "fail" else "<skipped/>" if status == "notrun" else ""
    return f'<testcase name="{name}" status="{status}">{inside}<system-out>{escape(output)}</system-out></testcase>'


@pytest.fixture
def end(tmp_path):
    """A function: writes steps (name, verdict, cases or a text for the report, output) and says how
    script/test would end: the lines and the exit code."""
    def ended(*steps):
        lines = []
        for name, verdict, report, output in steps:
            folder = tmp_path / name.replace(" ", "-")
            folder.mkdir()
            (folder / "output.txt").write_text(output)
            if report is not None:
                text = report if isinstance(report, str) else f"<testsuite>{''.join(report)}</testsuite>"
                (folder / "ctest.xml").write_text(text)
            lines.append(f"{verdict}\t7\t12\t{folder.name}\t{name}\n")
        (tmp_path / "steps.tsv").write_text("".join(lines))
        done = subprocess.run([sys.executable, ROOT / "script" / "count-tests.py", tmp_path],
                              capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        return done.stdout.splitlines(), done.returncode
    return ended


def test_each_case_counts_as_one(end):
    passing = [case("a.one", "4 passed, 2 skipped in 1.2s\n"), case("a.two"), case("a.three", status="notrun"),
               case("a.four", "[  PASSED  ] 3 test(s).\n")]
    lines, code = end(("build", "passed", None, ""), ("tests", "passed", passing, ""))
    assert code == 0 and lines[-1] == "8 passed, 0 failed, 3 skipped"
    assert lines[0] == "seconds (of processor time): 14 (24); build 7 (12); tests 7 (12)"
    assert lines[1] == "skipped most: a.one 2, a.three 1"
    assert not any(line.startswith("failed") for line in lines)


def test_what_failed_is_shown_and_named_again_at_the_end(end):
    lines, code = end(("tests one", "failed", [case("a.sum", PYTEST, "fail"), case("a.fine", "5 passed in 1s\n")], ""),
                      ("tests two", "failed", [case("b.size", CMOCKA, "fail")], ""))
    assert code == 1 and lines[-1] == "10 passed, 2 failed, 1 skipped"
    assert lines[-3:-1] == ["failed: tests one: a.sum", "failed: tests two: b.size"]
    first = lines.index("-- a.sum (tests one): test_sum[4]")
    second = lines.index("-- b.size (tests two): test_of_size")
    assert second == first + 26, "the last 25 lines of what it printed"
    shown = [line.strip() for line in lines[first + 1:second]]
    assert shown[-1] == "1 failed, 3 passed, 1 skipped in 0.31s" and "E   AssertionError: 4 == 5" in shown
    assert "line 59" in shown and "line 30" not in shown


def test_a_step_without_a_failed_test_shows_what_it_printed(end):
    output = "".join(f"[{number}/90] compiled\n" for number in range(90)) + "x.c:3: error: no such type\n"
    lines, code = end(("build", "failed", None, output), ("tests", "passed", [case("a.one")], ""))
    assert code == 1 and lines[-1] == "1 passed, 1 failed, 0 skipped" and lines[-2] == "failed: build"
    assert "-- build" in lines and "    x.c:3: error: no such type" in lines
    assert "    [66/90] compiled" in lines and "    [65/90] compiled" not in lines


def test_many_failures_stay_within_a_hundred_lines(end):
    failed = [case(f"area.test-with-a-long-name-{number}", PYTEST, "fail") for number in range(400)]
    lines, code = end(("tests", "failed", failed, ""), ("others", "failed", failed[:50], ""))
    assert code == 1 and len(lines) <= 100
    assert lines[-1] == "1350 passed, 450 failed, 450 skipped"
    assert "and more" in lines[-2] and "area.test-with-a-long-name-77" in "".join(lines)
    assert any(line.startswith("-- ") and "more: see build/test-reports" in line for line in lines)
    assert sum("E   AssertionError" in line for line in lines) >= 5
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9, 30])
def test_any_number_of_failures_fits_and_each_is_named(end, count):
    failed = [case(f"a.number-{number}.", PYTEST, "fail") for number in range(count)]
    lines, _ = end(("tests", "failed", failed, ""))
    assert len(lines) <= 100
    names = " ".join(lines[-12:])
    assert all(f"a.number-{number}." in names for number in range(count))


@pytest.mark.parametrize("report", ["", "<testsuite><testcase", "\x00"])
def test_a_report_that_cannot_be_read_is_a_failure(end, report):
    lines, code = end(("tests", "failed", report, "ctest died\n"))
    assert code == 1 and lines[-1] == "0 passed, 1 failed, 0 skipped"
    assert lines[-2] == "failed: tests: ctest.xml"


def test_nothing_that_ran_is_no_success(end):
    lines, code = end(("build", "passed", None, ""))
    assert code == 1 and lines[-1] == "0 passed, 0 failed, 0 skipped"


def test_a_step_that_passed_before_counts(end):
    lines, code = end(("tests", "kept", [case("a.one", "4 passed in 1.2s\n")], ""))
    assert code == 0 and lines[-1] == "4 passed, 0 failed, 0 skipped"


def test_no_output_moves_the_cursor(end):
    lines, _ = end(("build", "failed", None, "\x1b[31mred\x1b[0m\rover\x07\n"))
    assert "    red" in lines and "    over" in lines
    assert not any(character < " " for line in lines for character in line)
