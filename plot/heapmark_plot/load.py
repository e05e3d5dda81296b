"""This module is how a run folder becomes data, so that everything after it can trust what it
holds.

It reads `environment.json` and `journal.jsonl` (docs/results.md). A last line without its newline
was being written when the run stopped: it is dropped and noted. Any other line that is not a
sound record ends the reading with file and line, because a journal that lost its middle tells
nothing reliable. Invariant: in a `Run` every identifying field is present and of its type, every
metric is in the run's metrics table, and every number is finite or missing.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass, field
from pathlib import Path

from . import SCHEMA_NUMBER
from .checks import (FLAG, NUMBER, TEXT, TEXT_OR_NULL, check_amounts, check_texts, parse, require)
from .errors import InputError
from .files import read_bytes, read_text
from .sample_checks import check_sample

_ENVIRONMENT = {
    "run": TEXT, "profile": TEXT, "state": TEXT, "baseline": TEXT, "seed": TEXT,
    "started_at": TEXT, "finished_at": TEXT_OR_NULL, "command_line": (list,),
    "options": (dict,), "plan": (dict,), "backends": (list,), "collectors": (list,),
    "metrics": (list,), "machine": (dict,), "build": (dict,),
}
_PLAN = {"samples": NUMBER, "works": (list,), "backends": (list,), "collectors": (list,),
         "threads": (list,)}
_PLANNED_WORK = {"work": TEXT, "workload": TEXT, "parameters": (dict,)}
_BACKEND = {"name": TEXT, "linkage": TEXT, "ranked": FLAG, "available": FLAG,
            "reason": TEXT_OR_NULL, "package": TEXT_OR_NULL, "preload": TEXT_OR_NULL}
_COLLECTOR = {"name": TEXT, "parameters": (dict,)}
_METRIC = {"name": TEXT, "unit": TEXT, "direction": TEXT, "kinds": (list,), "brief": TEXT}
_MACHINE = {"cpu_model": TEXT_OR_NULL, "os": TEXT_OR_NULL}


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
    samples, notes = _read_journal(folder, environment)
    if not samples:
        raise InputError(f"{folder}: the run is empty: journal.jsonl holds no finished sample")
    run = Run(folder, environment, samples, notes)
    if validate:
        from .schema import validate_run
        validate_run(run)
    return run


def _read_text(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {path.parent} a run's folder?") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _read_environment(path: Path) -> dict:
    environment = parse(_read_text(path), str(path))
    if environment.get("record") == "exec-environment":
        raise InputError(f"{path}: a run of heapmark exec has no cells; heapmark report reads it")
    number = environment.get("schema")
    if number != SCHEMA_NUMBER or isinstance(number, bool):
        raise InputError(f"{path}: schema {number!r} is not the one this report reads"
                         f" ({SCHEMA_NUMBER}); use the heapmark that wrote the run")
    require(environment, _ENVIRONMENT, str(path))
    environment = {"heapmark": "", "git_commit": None, "git_dirty": None, **environment}
    require(environment, {"heapmark": TEXT, "git_commit": TEXT_OR_NULL,
                          "git_dirty": (bool, type(None))}, str(path))
    require(environment["machine"], _MACHINE, f"{path}: machine")
    for member, fields in (("backends", _BACKEND), ("collectors", _COLLECTOR),
                           ("metrics", _METRIC)):
        for index, entry in enumerate(environment[member]):
            require(entry, fields, f"{path}: {member}[{index}]")
    for index, backend in enumerate(environment["backends"]):
        settings = backend.setdefault("environment", {})
        require(backend, {"environment": (dict, type(None))}, f"{path}: backends[{index}]")
        check_texts(list((settings or {}).values()), f"{path}: backends[{index}].environment")
    first = {}
    for index, metric in enumerate(environment["metrics"]):
        where = f"{path}: metrics[{index}]"
        check_texts(metric["kinds"], f"{where}.kinds")
        if first.setdefault(metric["name"], index) != index:
            raise InputError(f"{where}: {metric['name']!r} is metrics[{first[metric['name']]}] already")
    check_texts(environment["command_line"], f"{path}: command_line")
    _check_plan(environment["plan"], f"{path}: plan")
    _check_options(environment["options"], f"{path}: options")
    return environment


def _check_plan(plan: dict, where: str) -> None:
    require(plan, _PLAN, where)
    for index, entry in enumerate(plan["works"]):
        require(entry, _PLANNED_WORK, f"{where}.works[{index}]")
    for member in ("backends", "collectors"):
        check_texts(plan[member], f"{where}.{member}")
    rounds = plan.setdefault("rounds", [])
    require(plan, {"rounds": (list,)}, where)
    for index, names in enumerate(rounds):
        check_texts(names, f"{where}.rounds[{index}]")


def _check_options(options: dict, where: str) -> None:
    check_amounts(options, ("precision", "duration_s", "most_rounds", "repetitions"), where)
    shard = options.get("shard")
    if shard is not None:
        require(shard, {"index": NUMBER, "count": NUMBER}, f"{where}.shard")


def read_journal_text(folder: Path) -> tuple[str, Path]:
    """The journal's text and file: journal.jsonl, or where that is not there journal.jsonl.xz."""
    path, packed = folder / "journal.jsonl", folder / "journal.jsonl.xz"
    if path.exists() or not packed.exists():
        return _read_text(path), path
    try:
        return lzma.decompress(read_bytes(packed)).decode("utf-8"), packed
    except UnicodeDecodeError as error:
        raise InputError(f"{packed}: not UTF-8 at byte {error.start}") from None
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise InputError(f"{packed}: cannot be unpacked: {error}") from None


def _read_journal(folder: Path, environment: dict) -> tuple[list[dict], list[str]]:
    text, path = read_journal_text(folder)
    lines = text.split("\n")
    torn = lines.pop()  # empty where the last line ends with its newline
    notes = []
    if torn.strip():
        try:
            parse(torn, str(path))
            lines.append(torn)
        except InputError:
            notes.append(f"The last line of journal.jsonl (line {len(lines) + 1}) was torn when"
                         " the run stopped; that sample is left out.")
    known = {metric["name"] for metric in environment["metrics"]}
    samples, first_line = [], {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        sample = parse(line, where)
        check_sample(sample, known, where)
        if sample["id"] in first_line:
            raise InputError(f"{where}: sample {sample['id']!r} stands on line"
                             f" {first_line[sample['id']]} already")
        first_line[sample["id"]] = number
        samples.append(sample)
    return samples, notes
