"""This package is a run in other programs' formats, so that tables, pull requests and pipelines take
its figures without reading a journal. A format is one module, loaded when it is asked for, and one line in
FORMATS: its `export` makes the whole file as bytes from a run; nothing is written before all of it is made.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from ..errors import InputError, OutputError
from ..files import write_whole
from ..load import Run

#: What `--format` may be, in the order of `--help`, and the module that makes it.
FORMATS = {"csv": "csv_table", "markdown": "markdown", "bmf": "bmf", "junit": "junit"}

#: A run's own files, which no export may replace.
_OWN = ("environment.json", "journal.jsonl", "benchmarks.json", "report.html")


def export_run(run: Run, form: str) -> bytes:
    """The run as a file of the format `form`, one of FORMATS."""
    return importlib.import_module(f"{__package__}.{FORMATS[form]}").export(run)


def write_export(run: Run, content: bytes, path: Path) -> None:
    """Writes `content` to `path`, whole or not at all; a file that is there is replaced."""
    target = path.resolve()
    if target.is_dir():
        raise InputError(f"--out: {path} is a folder; name a file in it")
    if target.exists() and not target.is_file():
        raise InputError(f"--out: {path} is no regular file; name a file, or leave --out away to print")
    if not target.parent.is_dir():
        raise InputError(f"--out: {target.parent} is no folder that exists; make it first")
    if target.parent == run.folder.resolve() and target.name in _OWN:
        raise InputError(f"--out: {path} belongs to the run itself; choose another name")
    try:
        write_whole(target, content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {os.strerror(error.errno)}") from None
