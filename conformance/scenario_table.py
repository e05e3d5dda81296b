#!/usr/bin/env python3
"""Writes the tables of docs/conformance.md from the scenarios' own comments, so that the page says what
the files hold.

    scenario_table.py           prints the page as it should be
    scenario_table.py --write   writes it

Words: a scenario's *header* is the comment its file begins with: the rule, then `CPython:` and where
CPython has it. A *group* is a table of the page: scenarios by the first word of their names.

Invariant: every scenario is in exactly one group; one that fits none, or lacks a header, is an error
with its name.

Exit code: 0; 2 a wrong argument; 5 a scenario without a header, or of no group.
"""
import sys
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
PAGE = SCENARIOS.parents[1] / "docs" / "conformance.md"
MARK = "<!-- tables: written by conformance/scenario_table.py -->"
SOURCE = "CPython:"

GROUPS = (
    ("Cycles of every container", ("cycle", "leak")),
    ("Collections, generations, stats", ("collect", "callbacks")),
    ("The order in which things die", ("drop", "clear", "program")),
    ("What is tracked", ("track", "untrack", "objects", "referents", "referrers")),
    ("Finalizers", ("finalizer", "is")),
    ("Resurrection", ("resurrection",)),
    ("Legacy finalizers, garbage, debug flags", ("legacy", "garbage", "saveall", "debug")),
    ("Weak references and proxies", ("weakref", "proxy")),
    ("Finalize objects", ("finalize",)),
    ("Weak dictionaries and sets", ("weak",)),
    ("Generators", ("generator",)),
    ("Freezing", ("freeze",)),
    ("Deep structures", ("trash",)),
    ("Counts, identity, sizes", ("refcount", "identity", "size")),
    ("Misuse", ("misuse",)),
)


class HeaderError(Exception):
    """A scenario that the page cannot show: which, why, and what would be right."""


def header(path):
    """(the rule, where CPython has it) of a scenario's file."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    rule, found, source = " ".join(lines).partition(SOURCE)
    if not found or not rule.strip() or not source.strip():
        raise HeaderError("%s: no header; expected `# RULE` and `# %s WHERE` at its top"
                          % (path.name, SOURCE))
    return rule.strip(), source.strip()


def grouped():
    """[(title, [path])]: every scenario in its group, by name."""
    groups = [(title, []) for title, _ in GROUPS]
    index = {word: number for number, (_, words) in enumerate(GROUPS) for word in words}
    for path in sorted(SCENARIOS.glob("*.conform")):
        word = path.stem.split("-")[0]
        if word not in index:
            raise HeaderError("%s: no group for `%s`; expected one of %s"
                              % (path.name, word, ", ".join(sorted(index))))
        groups[index[word]][1].append(path)
    return groups


def requirement(path):
    """`3.12+` where a program of it asks for a CPython, the newest asked for; else nothing."""
    asked = [line.split()[1] for line in path.read_text(encoding="utf-8").splitlines()
             if line.startswith("requires ")]
    if not asked:
        return ""
    return max(asked, key=lambda text: tuple(map(int, text.split(".")))) + "+"


def cell(text):
    """A text as a table's cell; names that begin with `_` or hold `__` are no emphasis."""
    return text.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")


def tables():
    """The part of the page below the mark."""
    parts = []
    for title, paths in grouped():
        parts.append("\n## %s\n\n| scenario | rule | CPython | since |\n|---|---|---|---|\n" % title)
        for path in paths:
            rule, source = header(path)
            parts.append("| [%s](../conformance/scenarios/%s) | %s | %s | %s |\n"
                         % (path.stem, path.name, cell(rule), cell(source), requirement(path)))
    return "".join(parts)


def page():
    """The whole page: what stands above the mark, and the tables."""
    above, found, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not found:
        raise HeaderError("%s: no tables' mark; expected a line `%s`" % (PAGE.name, MARK))
    return above + MARK + "\n" + tables()


def main(arguments):
    """Prints or writes the page; the exit code."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write("scenario_table.py: `%s`; expected --write or nothing\n"
                         % " ".join(arguments))
        return 2
    try:
        text = page()
    except HeaderError as error:
        sys.stderr.write("scenario_table.py: %s\n" % error)
        return 5
    if arguments:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
