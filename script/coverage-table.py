"""Prints what llvm-cov exported: the files that lack most lines, each folder, and the totals.

usage: coverage-table.py FILE --lines PERCENT --branches PERCENT [--files NUMBER]

Exit code 1 where one of the three folders is below the percents, 3 where nothing was measured.
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("src", "allocators", "bench")
KINDS = ("lines", "branches")


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
            kind: [summary[kind]["covered"], summary[kind]["count"]] for kind in KINDS}
    return files


def not_measured(files):
    """The sources of the folders that no measured program holds."""
    sources = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*")
               if path.suffix in (".c", ".cc"))
    return sorted(name for name in (str(path.relative_to(ROOT)) for path in sources) if name not in files)


def add_up(files):
    return {kind: [sum(one[kind][place] for one in files) for place in (0, 1)] for kind in KINDS}


def by_folder(files):
    """[(folder, counts)]: each of FOLDERS with all below it, then what lies in it, folder by folder."""
    rows = []
    for top in FOLDERS:
        below = {name: counts for name, counts in files.items() if name.startswith(top + "/")}
        rows.append((top + "/", add_up(below.values())))
        parents = sorted({str(pathlib.PurePath(name).parent) for name in below})
        for parent in parents if len(parents) > 1 else []:
            inside = [counts for name, counts in below.items()
                      if str(pathlib.PurePath(name).parent) == parent]
            rows.append((f"  {parent}/" + (" itself" if parent == top else ""), add_up(inside)))
    return rows


def too_low(files, limits):
    """Which of FOLDERS is below which limit, in words."""
    found = []
    for top in FOLDERS:
        counts = add_up([one for name, one in files.items() if name.startswith(top + "/")])
        found += [f"{kind} of {top}/ {percent(counts[kind]):.1f} % < {least:g} %"
                  for kind, least in limits.items() if percent(counts[kind]) < least]
    return found


def row(name, counts):
    lines, branches = counts["lines"], counts["branches"]
    return (f"{name:<40} {percent(lines):6.1f} % {lines[0]:>6}/{lines[1]:<6}"
            f" {percent(branches):6.1f} % {branches[0]:>6}/{branches[1]:<6}").rstrip()


def lacking(item):
    """Sorts the files: most lines missing first, then most branches, then by name."""
    name, counts = item
    return (*(counts[kind][0] - counts[kind][1] for kind in KINDS), name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--lines", type=float, default=0)
    parser.add_argument("--branches", type=float, default=0)
    parser.add_argument("--files", type=int, default=25)
    asked = parser.parse_args()
    files = read(asked.file)
    if not files:
        print("coverage-table: no file of src/, allocators/ or bench/ was measured", file=sys.stderr)
        return 3
    head = f"{'lines':>19} {'branches':>24}"
    worst = sorted(files.items(), key=lacking)[:asked.files]
    if worst:
        print(f"{'file, most lines missing first':<40} {head}")
        print(*(row(name, counts) for name, counts in worst), "", sep="\n")
    print(f"{'folder':<40} {head}")
    print(*(row(name, counts) for name, counts in by_folder(files)), sep="\n")
    print(row("all", add_up(files.values())))
    if unmeasured := not_measured(files):
        print(f"not measured, in no program built with coverage: {', '.join(unmeasured)}")
    below = too_low(files, {"lines": asked.lines, "branches": asked.branches})
    if below:
        print(f"script/coverage: below what was asked: {', '.join(below)}", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
