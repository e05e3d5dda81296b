"""This module is what may go wrong that is not a defect of this package, so that the command ends
with one line and a documented exit code instead of a traceback."""


class ReportError(Exception):
    """A problem told in one line; `exit_code` is the command's."""

    exit_code = 1


class InputError(ReportError):
    """The run folder is not what docs/results.md says. Exit code 2; nothing was written."""

    exit_code = 2


class LimitError(ReportError):
    """There is not the memory that the run takes. Exit code 6."""

    exit_code = 6


class OutputError(ReportError):
    """The report or a figure could not be written. Exit code 6."""

    exit_code = 6
