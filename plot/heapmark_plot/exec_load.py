"""This module is how the folder of `heapmark exec` becomes data, held against results/schema.json
(exec_environment, exec_sample) record by record.

A last line of the journal without its newline was being written when the run stopped: it is dropped
and noted. Any other line that is not a sound record ends the reading with file and line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .errors import InputError
from .files import read_text

_RECORD = "exec-environment"


@dataclass(frozen=True)
class ExecRun:
    """An exec run as read: its environment, its samples in the order they ran, and what to note."""

    folder: Path
    environment: dict
    samples: list[dict]
    notes: list[str] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """The variants that were there, in the order they were asked for."""
        return [entry["label"] for entry in self.environment["variants"] if entry["available"]]


def is_exec(folder) -> bool:
    """Whether `folder` holds an exec run; False too where it cannot be told."""
    try:
        text = read_text(Path(folder) / "environment.json")
        found = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("record") == _RECORD


def load_exec(folder) -> ExecRun:
    """Reads the exec run in `folder`."""
    folder = Path(folder)
    path = folder / "environment.json"
    environment = _parse(_read(path), str(path))
    if environment.get("record") != _RECORD:
        raise InputError(f"{path}: not an exec run; heapmark exec writes those")
    _check("exec_environment", environment, str(path))
    samples, notes = _read_journal(folder / "journal.jsonl", environment)
    if not samples:
        raise InputError(f"{folder}: the run is empty: journal.jsonl holds no finished sample")
    return ExecRun(folder, environment, samples, notes)


def _read_journal(path: Path, environment: dict) -> tuple[list[dict], list[str]]:
    lines = _read(path).split("\n")
    torn = lines.pop()
    notes = []
    if torn.strip():
        notes.append(f"The last line of journal.jsonl (line {len(lines) + 1}) was torn when the run"
                     " stopped; that sample is left out.")
    from .schema import problem, validator
    known = {entry["label"] for entry in environment["variants"]}
    checker = validator("exec_sample")
    samples, first_line = [], {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        sample = _parse(line, where)
        fault = problem(checker, sample)
        if fault:
            raise InputError(f"{where}: {fault}")
        if sample["variant"] not in known:
            raise InputError(f"{where}: variant {sample['variant']!r} is not in environment.json")
        if sample["id"] in first_line:
            raise InputError(f"{where}: sample {sample['id']!r} stands on line"
                             f" {first_line[sample['id']]} already")
        if len(sample["timeline"]["at_ns"]) != len(sample["timeline"]["rss_bytes"]):
            raise InputError(f"{where}: timeline.at_ns and timeline.rss_bytes differ in length")
        first_line[sample["id"]] = number
        samples.append(sample)
    return samples, notes


def _check(definition: str, record: dict, where: str) -> None:
    from .schema import problem, validator  # only here: every reader asks is_exec first
    fault = problem(validator(definition), record)
    if fault:
        raise InputError(f"{where}: {fault}")


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {path.parent} a run's folder?") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _parse(text: str, where: str) -> dict:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise InputError(f"{where}: nested too deeply to be a record of heapmark's") from None
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{where}: a JSON object is expected")
    return value


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a JSON number")
