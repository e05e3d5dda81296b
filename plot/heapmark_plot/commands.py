"""This module is the commands that read one run or several and print what they find, so that each
has its options and its work in one place. A command returns what it prints and its exit code.

`check` tells a regression, and `goals` one that is not met, by a code of its own, which the front end
makes 1: a Python that dies of a defect ends with 1 too, and that must never pass for a regression.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

REGRESSION, UNSTABLE, MISSING = 10, 4, 3

_OUTCOMES = {"passed": 0, "regression": REGRESSION, "unstable": UNSTABLE}


def add_parsers(commands) -> None:
    """Adds the commands to argparse's sub-parsers."""
    compare = commands.add_parser("compare", help="compare two runs, or cells within one")
    compare.add_argument("folders", metavar="DIR", nargs="+")
    compare.add_argument("--by", choices=("backend", "collector"))
    compare.add_argument("--baseline", metavar="LABEL")
    compare.add_argument("--format", choices=("text", "json"), default="text")
    check = commands.add_parser("check", help="exit 10 on a proven regression, 4 where none can be told")
    check.add_argument("folders", metavar="DIR", nargs=2)
    check.add_argument("--max-regression", metavar="PCT")
    for parser in (compare, check):
        parser.add_argument("--metric", action="append", metavar="METRIC")
        parser.add_argument("--filter", metavar="REGEX")
    export = commands.add_parser("export", help="print a run in another program's format")
    export.add_argument("folders", metavar="DIR", nargs=1)
    export.add_argument("--format", choices=("csv", "markdown", "bmf", "junit"))
    export.add_argument("--out", metavar="FILE")
    goals = commands.add_parser("goals", help="judge the goals: exit 10 not met, 3 not all measured")
    goals.add_argument("folders", metavar="DIR", nargs="+")
    goals.add_argument("--newest-mimalloc", metavar="LABEL")
    goals.add_argument("--filter", metavar="REGEX")
    goals.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    merge = commands.add_parser("merge", help="join shards into a folder that exists and is empty")
    merge.add_argument("--name", required=True, help="what the joined run is called")
    merge.add_argument("out", metavar="OUT")
    merge.add_argument("folders", metavar="DIR", nargs="+")
    merge.add_argument("--different-machines", action="store_true")


def run(options: argparse.Namespace) -> tuple[str | bytes, int]:
    """Runs the command that `options` name; raises ReportError."""
    return _COMMANDS[options.command](options)


# Runs are read before statistics are loaded, which takes longest: what cannot be read is said at once.
def _compare(options: argparse.Namespace) -> tuple[str, int]:
    from .errors import InputError
    if options.by is None and options.baseline is not None:
        raise InputError("--baseline goes with --by backend or --by collector")
    if len(options.folders) != (1 if options.by else 2):
        raise InputError("compare needs two runs, or one with --by backend or --by collector")
    runs = _measured(options.folders)
    from .comparison import compare_two, compare_within
    from .comparison_text import comparison_json, comparison_text
    compared = compare_within(runs[0], options.by, options.baseline, options.metric, options.filter) \
        if options.by else compare_two(*runs, options.metric, options.filter)
    return (comparison_json if options.format == "json" else comparison_text)(compared), 0


def _check(options: argparse.Namespace) -> tuple[str, int]:
    percent = None if options.max_regression is None else _percent(options.max_regression)
    base, new = _measured(options.folders)
    from .check_runs import BOUND_PERCENT, check_text, check_two
    percent = BOUND_PERCENT if percent is None else percent
    verdict = check_two(base, new, percent, options.metric, options.filter)
    return check_text(verdict), _OUTCOMES[verdict.outcome]


def _percent(text: str) -> float:
    from .errors import InputError
    try:
        return float(text.removesuffix("%").strip())
    except ValueError:
        raise InputError(f"--max-regression: '{text}' is not a number of percent, such as 5") from None


def _export(options: argparse.Namespace) -> tuple[bytes, int]:
    from .errors import InputError
    from .export import export_run, write_export
    from .load import load_run
    if options.format is None:
        raise InputError("which format? --format csv, markdown, bmf or junit")
    loaded = load_run(options.folders[0])
    content = export_run(loaded, options.format)
    if options.out is None:
        return content, 0
    write_export(loaded, content, Path(options.out))
    return b"", 0


def _goals(options: argparse.Namespace) -> tuple[str, int]:
    runs = _measured(options.folders)
    from .goals import goals_json, goals_markdown, goals_text, judge
    judgement = judge(runs, options.newest_mimalloc, options.filter)
    form = {"text": goals_text, "json": goals_json, "markdown": goals_markdown}[options.format]
    unmet, missing = judgement.count("not met"), judgement.count("not measured")
    return form(judgement), REGRESSION if unmet else MISSING if missing else 0


def _merge(options: argparse.Namespace) -> tuple[str, int]:
    from .merge import merge_runs
    return merge_runs(options.out, options.name, options.folders, options.different_machines)


def _measured(folders: list[str]) -> list:
    from .load import load_run
    loaded = [load_run(folder) for folder in folders]
    from .measured import MeasuredRun
    runs = [MeasuredRun(run) for run in loaded]
    gc.freeze()  # they stay to the end; multipletests collects in each call, and need not look at them
    return runs


_COMMANDS = {"compare": _compare, "check": _check, "export": _export, "goals": _goals,
             "merge": _merge}
NAMES = tuple(_COMMANDS)
