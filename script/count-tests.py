"""This module is the end of script/test: it reads what each step left and says what failed, so that the last
hundred lines of any output tell it, and counts the tests, each cmocka or pytest case as one.

usage: count-tests.py FOLDER

FOLDER/steps.tsv has a line for each step: verdict (passed, failed, kept), seconds, seconds of processor time,
folder, name. A step's folder holds what it printed (output.txt) and CTest's JUnit reports. The last line is
`N passed, N failed, N skipped`; what went wrong in a step without a failed test counts as one failure. Exit
code 1 where anything failed or no test passed.
"""

import pathlib
import re
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field

MOST_LINES = 100  # in all
MOST_NAMES = 24   # lines of names at the end
TAIL = 25         # lines of one test's output, where there is room
WIDTH = 140

CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) *\] (\d+) test\(s\)", re.MULTILINE)
PYTEST = re.compile(r"^=*\s*((?:\d+ (?:passed|failed|skipped|error|errors|warnings?|xfailed|deselected)(?:, )?)+) in ",
                    re.MULTILINE)
CASE = re.compile(r"^(?:FAILED|ERROR) \S*?::(\S+)|^\[  FAILED  \] (\w+)$", re.MULTILINE)
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass
class Failure:
    """One test that failed, or a step that failed without one, and what it printed."""
    name: str
    output: str


@dataclass
class Step:
    verdict: str
    seconds: int
    processor: int  # seconds of processor time
    name: str
    counts: Counter = field(default_factory=Counter)
    skipped: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)


def count_case(case):
    """Passed, failed and skipped of one CTest case, from what it printed."""
    output = case.findtext("system-out") or ""
    counts = Counter()
    for verdict, number in CMOCKA.findall(output):
        counts[verdict.lower()] += int(number)
    for summary in PYTEST.findall(output):
        for number, verdict in re.findall(r"(\d+) (\w+)", summary):
            verdict = "failed" if verdict.startswith("error") else verdict
            if verdict in ("passed", "failed", "skipped"):
                counts[verdict] += int(number)
    if not any(counts.values()):
        skipped = case.find("skipped") is not None
        counts["failed" if went_wrong(case) else "skipped" if skipped else "passed"] = 1
    elif went_wrong(case) and counts["failed"] == 0:
        counts["failed"] = 1
    return counts


def went_wrong(case):
    return case.find("failure") is not None or case.get("status") == "fail"


def read_report(path, step):
    """Adds what a JUnit report says to a step; one that cannot be read is a failure by its name."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        step.failures.append(Failure(path.name, f"{path}: {error}"))
        step.counts["failed"] += 1
        return
    for case in cases:
        counts = count_case(case)
        step.counts += counts
        step.skipped[case.get("name")] += counts["skipped"]
        if counts["failed"]:
            step.failures.append(Failure(case.get("name"), case.findtext("system-out") or ""))


def read_step(folder, line):
    verdict, seconds, processor, slug, name = line.split("\t")
    step = Step(verdict, int(seconds), int(processor), name)
    for path in sorted((folder / slug).glob("*.xml")):
        read_report(path, step)
    if verdict == "failed" and not step.failures:
        output = folder / slug / "output.txt"
        step.failures.append(Failure("", output.read_text(errors="replace") if output.exists() else ""))
        step.counts["failed"] += 1
    return step


def tail(text, most):
    """The last lines of what was printed, without what would move a terminal's cursor."""
    lines = [CONTROL.sub("", line)[:WIDTH] for line in text.rstrip().split("\n")]
    return ["    " + line for line in lines[-most:]]


def details(steps, room):
    """What each failed test printed last, as much of it as there is room for; what has none is said."""
    failures = [(step, failure) for step in steps for failure in step.failures]
    if not failures:
        return []
    told = min(len(failures), max(1, (room - 1) // 7))
    most = min(TAIL, (room - 1) // told - 1)
    lines = []
    for step, failure in failures[:told]:
        cases = dict.fromkeys(one or other for one, other in CASE.findall(failure.output))
        named = f": {', '.join(cases)}" if cases else ""
        place = f"{failure.name} ({step.name})" if failure.name else step.name
        lines.append(f"-- {place}{named}"[:WIDTH])
        lines += tail(failure.output, most)
    if told < len(failures):
        lines.append(f"-- {len(failures) - told} more: see build/test-reports")
    return lines


def wrapped(text):
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False,
                         break_on_hyphens=False)


def names(steps):
    """The failed steps and their failed tests, by name only."""
    lines = []
    for step in steps:
        if step.failures:
            tests = ", ".join(failure.name for failure in step.failures if failure.name)
            lines += wrapped(f"failed: {step.name}{': ' if tests else ''}{tests}")
    if len(lines) > MOST_NAMES:
        lines = lines[:MOST_NAMES - 1] + ["    … and more: see build/test-reports"]
    return lines


def times(steps):
    """A busy machine takes longer; the processor time tells what a quiet one would take."""
    each = "".join(f"; {step.name} {step.seconds} ({step.processor})" for step in steps if step.seconds)
    whole, processor = (sum(getattr(step, name) for step in steps) for name in ("seconds", "processor"))
    return wrapped(f"seconds (of processor time): {whole} ({processor}){each}")


def skips(steps):
    skipped = sum((step.skipped for step in steps), Counter())
    most = ", ".join(f"{name} {count}" for name, count in skipped.most_common(8) if count)
    return wrapped(f"skipped most: {most}")[:2] if most else []


def main():
    folder = pathlib.Path(sys.argv[1])
    steps = [read_step(folder, line) for line in (folder / "steps.tsv").read_text().splitlines()]
    total = sum((step.counts for step in steps), Counter())
    end = [*times(steps), *skips(steps), *names(steps),
           f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped"]
    print("\n".join([*details(steps, MOST_LINES - len(end)), *end]))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
