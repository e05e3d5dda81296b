"""This module is the command `python3 -m heapmark_plot`, so that the harness and people call the
reader in one way. Exit codes: 0 done, 2 bad input (nothing was written), 6 writing failed; those of
`check` and `merge`: commands.py."""

from __future__ import annotations

import argparse
import os
import sys

from . import commands as run_commands
from .errors import InputError, LimitError, OutputError, ReportError
from .printing import plain


class _Parser(argparse.ArgumentParser):
    """A parser whose errors take one line."""

    def error(self, message: str):
        raise InputError(message)


#: Commands whose complaints come under their own name; the others are the report's.
_OWN_NAME = ("timeline", "unsettled", "exec", *run_commands.NAMES)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="heapmark_plot", description="Reads a run of heapmark and draws its report.")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write report.html and figures/ into the run")
    report.add_argument("folder", metavar="DIR", help="a run's folder, such as results/latest")
    report.add_argument("--against", metavar="BASE", help="an earlier run to compare with")
    summary = commands.add_parser("summary", help="print a short table of the run")
    summary.add_argument("folder", metavar="DIR", help="a run's folder")
    validate = commands.add_parser("validate", help="check a run against results/schema.json")
    validate.add_argument("folder", metavar="DIR", help="a run's folder")
    unsettled = commands.add_parser("unsettled", help="print which cells are not known well enough")
    unsettled.add_argument("folder", metavar="DIR", help="a run's folder, finished or not")
    unsettled.add_argument("--precision", metavar="PCT", type=float, required=True,
                           help="a 95 %% interval of the median wider than ±PCT %% is unsettled")
    timeline = commands.add_parser("timeline", help="draw the figure of a timeline into its folder")
    timeline.add_argument("folder", metavar="DIR", help="a timeline's folder")
    of_exec = commands.add_parser("exec", help="print the comparison of an exec run")
    of_exec.add_argument("folder", metavar="DIR", help="the folder heapmark exec wrote")
    of_exec.add_argument("--format", choices=["text", "json"], default="text")
    run_commands.add_parsers(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = argparse.Namespace(command="report")
    try:
        _parser().parse_args(arguments, options)
        return _bounded(options)
    except ReportError as error:
        command = options.command if options.command in _OWN_NAME else "report"
        if sys.stderr is not None:
            print(f"heapmark {command}: {plain(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _bounded(options: argparse.Namespace) -> int:
    """Runs the command; memory that is not there, and nesting without end, take one line too."""
    try:
        return _run(options)
    except MemoryError:
        raise LimitError("the run takes more memory than there is; HEAPMARK_PYTHON_MEMORY=SIZE"
                         " allows more where the machine has it") from None
    except RecursionError:
        raise InputError("nested too deeply to be a run of heapmark's") from None


def _run(options: argparse.Namespace) -> int:
    if options.command in run_commands.NAMES:
        content, code = run_commands.run(options)
        _print(content)
        return code
    if options.command == "timeline":
        from .timeline import write_figure
        write_figure(options.folder)
        return 0
    from .exec_load import is_exec
    if options.command == "exec" or (
            options.command in ("report", "summary", "validate") and is_exec(options.folder)):
        return _print(_exec_content(options))
    from .load import load_run
    run = load_run(options.folder, validate=options.command == "validate")
    if options.command == "validate":
        return _print(f"{run.folder}: {len(run.samples)} samples, all as results/schema.json says\n")
    if options.command == "unsettled":
        from .unsettled import unsettled_text
        return _print(unsettled_text(run, options.precision))
    base = load_run(options.against) if getattr(options, "against", None) else None
    from .analysis import analyse
    analysis = analyse(run)
    if options.command == "summary":
        from .summary import summary_text
        return _print(summary_text(analysis))
    from .against import set_against
    from .report import write_report
    compared = set_against(analysis, analyse(base)) if base else None
    return _print(f"{write_report(analysis, compared)}\n")


def _exec_content(options: argparse.Namespace) -> str:
    """What is printed of an exec run; `report` writes its page."""
    from .exec_analysis import analyse_exec
    from .exec_load import load_exec
    if getattr(options, "against", None):
        raise InputError("--against: an exec run is not compared with another run")
    run = load_exec(options.folder)
    if options.command == "validate":
        return f"{run.folder}: {len(run.samples)} samples, all as results/schema.json says\n"
    analysis = analyse_exec(run)
    if options.command == "report":
        from .exec_report import write_exec_report
        return f"{write_exec_report(analysis)}\n"
    from .exec_text import exec_json, exec_text
    as_json = getattr(options, "format", "text") == "json"
    return exec_json(analysis) if as_json else exec_text(analysis)


def _print(content: str | bytes) -> int:
    """Prints `content`; characters of a text that the terminal's encoding lacks become "?"."""
    if not content:
        return 0
    if sys.stdout is None:
        raise OutputError("standard output cannot be written: it is closed")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        if isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has gone and misses nothing; the rest must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # What is left in the buffer would be tried once more, and complained of, at the end.
        sys.stdout = None
        raise OutputError(f"standard output cannot be written: {error}") from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
