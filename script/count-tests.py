"""Counts the tests of CTest's JUnit reports, each cmocka or pytest case one, and prints the total.

usage: count-tests.py FOLDER FAILED-STEPS

The last line is `N passed, N failed, N skipped`; a build step that failed counts as one failure.
Exit code 1 where anything failed or nothing ran.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) *\] (\d+) test\(s\)", re.MULTILINE)
PYTEST = re.compile(r"^=*\s*((?:\d+ (?:passed|failed|skipped|error|errors|warnings?|xfailed|deselected)(?:, )?)+) in ",
                    re.MULTILINE)


def count_case(case):
    """(passed, failed, skipped) of one CTest case, from what it printed."""
    output = case.findtext("system-out") or ""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for verdict, number in CMOCKA.findall(output):
        counts[verdict.lower()] += int(number)
    for summary in PYTEST.findall(output):
        for number, verdict in re.findall(r"(\d+) (\w+)", summary):
            verdict = "failed" if verdict.startswith("error") else verdict
            if verdict in counts:
                counts[verdict] += int(number)
    went_wrong = case.find("failure") is not None or case.get("status") == "fail"
    if not any(counts.values()):
        verdict = "failed" if went_wrong else "skipped" if case.find("skipped") is not None else "passed"
        counts[verdict] = 1
    elif went_wrong and counts["failed"] == 0:
        counts["failed"] = 1
    return counts


def main():
    folder, failed_steps = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            for verdict, number in count_case(case).items():
                total[verdict] += number
    if failed_steps and total["failed"] == 0:
        total["failed"] = failed_steps
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
