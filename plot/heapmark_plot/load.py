"""This module is how a run folder becomes data, so that everything after it can trust what it
holds.

It reads `environment.json` and `journal.jsonl` (docs/results.md). A last line without its newline
was being written when the run stopped: it is dropped and noted. Any other line that is not a
sound record ends the reading with file and line, because a journal that lost its middle tells
nothing reliable. Invariant: in a `Run` every identifying field is present and of its type, every
metric is in the run's metrics table, and every number is finite or missing.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import SCHEMA_NUMBER
from .errors import InputError

_TEXT, _NUMBER, _FLAG = (str,), (int, float), (bool,)
_TEXT_OR_NULL = (str, type(None))

#: What identifies a sample, valid or not, and the types that its value may have.
IDENTITY = {
    "id": _TEXT, "sequence": _NUMBER, "role": _TEXT, "kind": _TEXT, "repetition": _NUMBER,
    "cell": _TEXT, "work": _TEXT, "workload": _TEXT, "parameters": (dict,), "backend": _TEXT,
    "linkage": _TEXT, "collector": _TEXT, "threads": _NUMBER, "runtime": _TEXT, "valid": _FLAG,
    "reason": _TEXT_OR_NULL, "command": _TEXT,
}
_ENVIRONMENT = {
    "run": _TEXT, "profile": _TEXT, "state": _TEXT, "baseline": _TEXT, "seed": _TEXT,
    "started_at": _TEXT, "finished_at": _TEXT_OR_NULL, "command_line": (list,),
    "options": (dict,), "plan": (dict,), "backends": (list,), "collectors": (list,),
    "metrics": (list,), "machine": (dict,), "build": (dict,),
}
_PLAN = {"samples": _NUMBER, "works": (list,), "backends": (list,), "collectors": (list,),
         "threads": (list,)}
_PLANNED_WORK = {"work": _TEXT, "workload": _TEXT, "parameters": (dict,)}
_BACKEND = {"name": _TEXT, "linkage": _TEXT, "ranked": _FLAG, "available": _FLAG,
            "reason": _TEXT_OR_NULL, "package": _TEXT_OR_NULL, "preload": _TEXT_OR_NULL}
_METRIC = {"name": _TEXT, "unit": _TEXT, "direction": _TEXT, "kinds": (list,), "brief": _TEXT}
_EDGE = {"edge": _TEXT}
_EDGE_NUMBERS = ("rss_bytes", "peak_rss_bytes", "live_bytes", "requested_bytes", "usable_bytes",
                 "active_bytes")


@dataclass(frozen=True)
class Run:
    """One run as read: its environment, its samples in the order they ran, and what to note."""

    folder: Path
    environment: dict
    samples: list[dict]
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.environment["run"]

    @property
    def baseline(self) -> str:
        return self.environment["baseline"]

    def metric(self, name: str) -> dict:
        """The metrics table's line for `name`; an empty one where the run has no such metric."""
        for metric in self.environment["metrics"]:
            if metric["name"] == name:
                return metric
        return {"name": name, "unit": "", "direction": "none", "kinds": [], "brief": ""}


def load_run(folder, validate: bool = False) -> Run:
    """Reads the run in `folder`; with `validate`, checks every record against the schema too."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a run's folder, such as results/latest")
    environment = _read_environment(folder / "environment.json")
    samples, notes = _read_journal(folder / "journal.jsonl", environment)
    if not samples:
        raise InputError(f"{folder}: the run is empty: journal.jsonl holds no finished sample")
    run = Run(folder, environment, samples, notes)
    if validate:
        from .schema import validate_run
        validate_run(run)
    return run


def _parse(text: str, where: str) -> dict:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise InputError(f"{where}: nested too deeply to be a record of heapmark's") from None
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{where}: a JSON object is expected, found {_type_name(value)}")
    return value


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not a JSON number")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {path.parent} a run's folder?") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _read_environment(path: Path) -> dict:
    environment = _parse(_read_text(path), str(path))
    number = environment.get("schema")
    if number != SCHEMA_NUMBER:
        raise InputError(f"{path}: schema {number!r} is not the one this report reads"
                         f" ({SCHEMA_NUMBER}); use the heapmark that wrote the run")
    _require(environment, _ENVIRONMENT, str(path))
    _require(environment["plan"], _PLAN, f"{path}: plan")
    for member, fields in (("backends", _BACKEND), ("metrics", _METRIC)):
        for index, entry in enumerate(environment[member]):
            _require(entry, fields, f"{path}: {member}[{index}]")
    for index, entry in enumerate(environment["plan"]["works"]):
        _require(entry, _PLANNED_WORK, f"{path}: plan.works[{index}]")
    return environment


def _read_journal(path: Path, environment: dict) -> tuple[list[dict], list[str]]:
    lines = _read_text(path).split("\n")
    torn = lines.pop()  # empty where the last line ends with its newline
    notes = []
    if torn.strip():
        try:
            _parse(torn, str(path))
            lines.append(torn)
        except InputError:
            notes.append(f"The last line of journal.jsonl (line {len(lines) + 1}) was torn when"
                         " the run stopped; that sample is left out.")
    known = {metric["name"] for metric in environment["metrics"]}
    samples, first_line = [], {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        sample = _parse(line, where)
        _check_sample(sample, known, where)
        if sample["id"] in first_line:
            raise InputError(f"{where}: sample {sample['id']!r} stands on line"
                             f" {first_line[sample['id']]} already")
        first_line[sample["id"]] = number
        samples.append(sample)
    return samples, notes


def _check_sample(sample: dict, known_metrics: set[str], where: str) -> None:
    if sample.get("record") != "sample":
        raise InputError(f"{where}: record {sample.get('record')!r} is not a sample")
    _require(sample, IDENTITY, where)
    metrics = sample.setdefault("metrics", {})
    _require(sample, {"metrics": (dict,)}, where)
    for name, value in metrics.items():
        if name not in known_metrics:
            raise InputError(f"{where}: metric {name!r} is not in environment.json's metrics table")
        _check_number(value, f"{where}: metric {name}")
    if sample["valid"]:
        _check_series(sample, where)
        _check_edges(sample, where)
        _check_pauses(sample, where)


def _check_series(sample: dict, where: str) -> None:
    series, timeline = sample.setdefault("series", {}), sample.setdefault("timeline", {})
    _require(sample, {"series": (dict,), "timeline": (dict,)}, where)
    for name, values in series.items():
        series[name] = _numbers(values, f"{where}: series.{name}")
    for name in ("at_ns", "rss_bytes"):
        timeline[name] = _numbers(timeline.get(name, []), f"{where}: timeline.{name}")
    if len(timeline["at_ns"]) != len(timeline["rss_bytes"]):
        raise InputError(f"{where}: timeline.at_ns and timeline.rss_bytes differ in length")
    phases = timeline.setdefault("phase", [])
    sound = isinstance(phases, list) and all(
        isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], _NUMBER)
        and isinstance(entry[1], str) for entry in phases)
    if not sound:
        raise InputError(f"{where}: timeline.phase is not a list of [ns, name]")


def _check_edges(sample: dict, where: str) -> None:
    _require({"edges": sample.setdefault("edges", [])}, {"edges": (list,)}, where)
    for index, edge in enumerate(sample["edges"]):
        _require(edge, _EDGE, f"{where}: edges[{index}]")
        for name in _EDGE_NUMBERS:
            _check_number(edge.get(name), f"{where}: edges[{index}].{name}")


def _check_pauses(sample: dict, where: str) -> None:
    pauses = sample.get("pauses")
    if pauses is None:
        return
    _require(sample, {"pauses": (dict,)}, where)
    buckets = _numbers(pauses.get("buckets", []), f"{where}: pauses.buckets")
    if buckets.size and (buckets.ndim != 2 or buckets.shape[1] != 3):
        raise InputError(f"{where}: pauses.buckets is not a list of [low_ns, high_ns, count]")
    pauses["buckets"] = buckets.reshape(-1, 3)


def _require(record, fields: dict[str, tuple], where: str) -> None:
    if not isinstance(record, dict):
        raise InputError(f"{where}: a JSON object is expected, found {_type_name(record)}")
    for name, types in fields.items():
        if name not in record:
            raise InputError(f"{where}: {name} is missing")
        value = record[name]
        wrong_flag = isinstance(value, bool) and bool not in types
        if wrong_flag or not isinstance(value, types):
            wanted = " or ".join(_type_word(kind) for kind in types if kind is not float)
            raise InputError(f"{where}: {name} is {_type_name(value)}, not {wanted}")
        if types is _NUMBER:
            _check_number(value, f"{where}: {name}")


def _check_number(value, where: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, _NUMBER):
        raise InputError(f"{where} is {_type_name(value)}, not a number")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise InputError(f"{where} is too large a number")


def _numbers(values, where: str) -> np.ndarray:
    """`values` as floats, null as NaN."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{where} is not a list of numbers") from None
    if array.ndim == 0 or np.isinf(array).any():
        raise InputError(f"{where} is not a list of finite numbers")
    return array


def _type_word(kind: type) -> str:
    return {str: "a text", int: "a number", float: "a number", bool: "true or false",
            dict: "an object", list: "a list", type(None): "null"}.get(kind, kind.__name__)


def _type_name(value) -> str:
    return _type_word(type(value))
