"""Tests that script/coverage's table adds up by folder, leaves nothing out and fails below its limits."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def summary(lines, branches):
    return {kind: {"covered": reached, "count": count}
            for kind, (reached, count) in (("lines", lines), ("branches", branches))}


def table(folder, files, *arguments):
    """The table of an export that has `files`: {path: (lines, branches)}, each (reached, all)."""
    path = folder / "coverage.json"
    entries = [{"filename": str(name), "summary": summary(*counts)} for name, counts in files.items()]
    path.write_text(json.dumps({"data": [{"files": entries}]}))
    return subprocess.run([sys.executable, ROOT / "script" / "coverage-table.py", path, *arguments],
                          capture_output=True, text=True, timeout=60)


FILES = {
    ROOT / "src/gc/collect.c": ((50, 100), (10, 20)),
    ROOT / "src/object/heap.c": ((100, 100), (20, 20)),
    ROOT / "allocators/count.c": ((30, 100), (0, 0)),
    ROOT / "bench/main.c": ((10, 10), (3, 4)),
    ROOT / "workloads/churn.c": ((0, 1000), (0, 1000)),   # not of the three folders
    pathlib.Path("/usr/include/stdio.h"): ((0, 1000), (0, 1000)),
}


def rows(done):
    """{name: [lines reached, lines, branches reached, branches]} of the table's rows."""
    found = {}
    for line in done.stdout.splitlines():
        if "%" in line:
            words = line.replace("/ ", "/").split()
            counts = [int(number) for word in words if word[0].isdigit() and "/" in word
                      for number in word.split("/")]
            found[words[0]] = counts
    return found


def test_each_folder_and_all_add_up(tmp_path):
    done = table(tmp_path, FILES)
    assert done.returncode == 0, done.stderr
    found = rows(done)
    assert found["src/gc/"] == [50, 100, 10, 20]
    assert found["src/"] == [150, 200, 30, 40]
    assert found["allocators/"] == [30, 100, 0, 0]
    assert found["bench/"] == [10, 10, 3, 4]
    assert found["all"] == [190, 310, 33, 44]
    assert "workloads" not in done.stdout and "stdio" not in done.stdout


def test_the_file_that_lacks_most_lines_comes_first(tmp_path):
    names = [line.split()[0] for line in table(tmp_path, FILES, "--files", "3").stdout.splitlines()
             if ".c " in line]
    assert names == ["allocators/count.c", "src/gc/collect.c", "bench/main.c"]


def test_a_source_that_was_not_measured_is_named(tmp_path):
    told = [line for line in table(tmp_path, FILES).stdout.splitlines() if "not measured" in line]
    assert len(told) == 1
    assert "bench/journal.c" in told[0] and "bench/main.c" not in told[0]


@pytest.mark.parametrize("limits, code, words", [
    (["--lines", "30", "--branches", "75"], 0, []),
    (["--lines", "31"], 1, ["lines of allocators/ 30.0 % < 31 %"]),
    (["--branches", "76"], 1, ["branches of src/ 75.0 % < 76 %", "branches of bench/ 75.0 % < 76 %"]),
    (["--lines", "90"], 1, ["lines of src/ 75.0 % < 90 %", "lines of allocators/ 30.0 % < 90 %"]),
])
def test_it_fails_below_its_limits(tmp_path, limits, code, words):
    done = table(tmp_path, FILES, *limits)
    assert done.returncode == code
    assert done.stderr.count("\n") == (1 if words else 0)
    for word in words:
        assert word in done.stderr


def test_nothing_measured_is_said(tmp_path):
    done = table(tmp_path, {pathlib.Path("/usr/include/stdio.h"): ((1, 1), (1, 1))})
    assert done.returncode == 3
    assert "was measured" in done.stderr
