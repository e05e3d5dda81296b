"""This module is the command `python3 -m heapmark_plot`, so that the harness and people call the
reader in one way. Exit codes: 0 done, 2 bad input (nothing was written), 6 writing failed."""

from __future__ import annotations

import argparse
import sys

from .errors import OutputError, ReportError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="heapmark_plot", description="Reads a run of heapmark and draws its report.")
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write report.html and figures/ into the run")
    report.add_argument("folder", metavar="DIR", help="a run's folder, such as results/latest")
    report.add_argument("--against", metavar="BASE", help="an earlier run to compare with")
    summary = commands.add_parser("summary", help="print a short table of the run")
    summary.add_argument("folder", metavar="DIR", help="a run's folder")
    validate = commands.add_parser("validate", help="check a run against results/schema.json")
    validate.add_argument("folder", metavar="DIR", help="a run's folder")
    timeline = commands.add_parser("timeline", help="draw the figure of a timeline into its folder")
    timeline.add_argument("folder", metavar="DIR", help="a timeline's folder")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ReportError as error:
        command = "timeline" if options.command == "timeline" else "report"
        print(f"heapmark {command}: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code


def _run(options: argparse.Namespace) -> int:
    if options.command == "timeline":
        from .timeline import write_figure
        write_figure(options.folder)
        return 0
    from .load import load_run
    run = load_run(options.folder, validate=options.command == "validate")
    if options.command == "validate":
        return _print(f"{run.folder}: {len(run.samples)} samples, all as results/schema.json says\n")
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


def _print(text: str) -> int:
    """Prints `text`; characters that the terminal's encoding lacks become "?"."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        raise OutputError(f"standard output cannot be written: {error}") from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
