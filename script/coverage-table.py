"""Prints what llvm-cov exported as a table, the worst file first, and the totals.

usage: coverage-table.py FILE --lines PERCENT --branches PERCENT

Exit code 1 where the totals are below the percents.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("src", "allocators", "bench")


def percent(counts):
    return 100.0 * counts[0] / counts[1] if counts[1] else 100.0


def read(path):
    """{file: {"lines": [reached, all], "branches": [reached, all]}} of the folders' files."""
    files = {}
    for entry in json.loads(path.read_text())["data"][0]["files"]:
        name = pathlib.Path(entry["filename"])
        if not name.is_relative_to(ROOT) or name.relative_to(ROOT).parts[0] not in FOLDERS:
            continue
        summary = entry["summary"]
        files[str(name.relative_to(ROOT))] = {
            kind: [summary[kind]["covered"], summary[kind]["count"]] for kind in ("lines", "branches")}
    return files


def add_up(files):
    return {kind: [sum(one[kind][place] for one in files) for place in (0, 1)]
            for kind in ("lines", "branches")}


def row(name, counts):
    lines, branches = counts["lines"], counts["branches"]
    return (f"{name:<48} {percent(lines):6.1f} % {lines[0]:>6}/{lines[1]:<6}"
            f" {percent(branches):6.1f} % {branches[0]:>6}/{branches[1]:<6}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--lines", type=float, default=0)
    parser.add_argument("--branches", type=float, default=0)
    asked = parser.parse_args()
    files = read(asked.file)
    if not files:
        print("coverage-table: no file of src/, allocators/ or bench/ was measured", file=sys.stderr)
        return 3
    print(f"{'file':<48} {'lines':>15} {'branches':>24}")
    for name, counts in sorted(files.items(), key=lambda item: percent(item[1]["lines"])):
        print(row(name, counts))
    print()
    for folder in FOLDERS:
        print(row(folder + "/", add_up([one for name, one in files.items() if name.startswith(folder + "/")])))
    total = add_up(files.values())
    print(row("all", total))
    below = [f"{kind} {percent(total[kind]):.1f} % < {least:g} %"
             for kind, least in (("lines", asked.lines), ("branches", asked.branches))
             if percent(total[kind]) < least]
    if below:
        print(f"script/coverage: below what was asked: {', '.join(below)}", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
