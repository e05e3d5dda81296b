"""This module is the strict check of a run against results/schema.json, so that a harness and a
reader that drift apart are caught by a test and by `--validate`, with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from .errors import InputError

_SCHEMA_PATH = Path(__file__).resolve().parents[2] / "results" / "schema.json"


def validator(definition: str) -> jsonschema.Draft202012Validator:
    """The validator of one of the schema's definitions: environment, sample or benchmarks."""
    try:
        schema = json.loads(_SCHEMA_PATH.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{_SCHEMA_PATH}: cannot be read: {error.strerror}") from None
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})


def problem(checker: jsonschema.Draft202012Validator, record) -> str | None:
    """What is wrong with `record`, in one line, or None."""
    error = jsonschema.exceptions.best_match(checker.iter_errors(record))
    if error is None:
        return None
    place = ".".join(str(part) for part in error.absolute_path) or "the record"
    return f"{place}: {error.message[:200]}".replace("\n", " ")


def validate_run(run) -> None:
    """Raises InputError at the first record of `run`'s files that the schema refuses.

    Reads the files anew: the loader has turned lists into arrays by now.
    """
    from .load import read_journal_text
    _validate_file(run.folder / "environment.json", "environment")
    checker = validator("sample")
    text, path = read_journal_text(run.folder)
    lines = text.split("\n")
    for number, line in enumerate(lines[:len(run.samples)], start=1):
        fault = problem(checker, json.loads(line))
        if fault:
            raise InputError(f"{path}:{number}: {fault}")
    if (run.folder / "benchmarks.json").exists():
        _validate_file(run.folder / "benchmarks.json", "benchmarks")


def _validate_file(path: Path, definition: str) -> None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    fault = problem(validator(definition), record)
    if fault:
        raise InputError(f"{path}: {fault}")
