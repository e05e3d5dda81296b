"""This module is the tables of the run itself: what may be preloaded, what failed, what the metrics
mean, what ran and where, and what an earlier run says against it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .. import units
from ..analysis import Analysis
from ..references import build_words, optimised, references
from ..words import join, plural
from .entries import Entry, Table, number, ratio_entry


@dataclass(frozen=True)
class Preload:
    """How to put a back end under a program of the reader's own."""

    rank: str
    name: str
    line: str
    package: str | None


#: Room for static TLS, which a library needs when it is opened late and not when it is preloaded.
_ONLY_FOR_DLOPEN = ("GLIBC_TUNABLES",)


def preload_lines(analysis: Analysis) -> list[Preload]:
    """The ranked back ends that this machine can preload, best first, then the unranked ones."""
    order = analysis.overall.order if analysis.overall else []
    entries = [backend for backend in analysis.run.environment["backends"]
               if backend["available"] and backend["preload"]]
    place = {name: index for index, name in enumerate(order)}
    entries.sort(key=lambda backend: place.get(backend["name"], len(place)))
    lines = []
    for backend in entries:
        rank = str(place[backend["name"]] + 1) if backend["name"] in place else units.MISSING
        settings = "".join(f"{name}={value} " for name, value in
                           sorted((backend.get("environment") or {}).items())
                           if name not in _ONLY_FOR_DLOPEN)
        lines.append(Preload(rank, backend["name"], f"{settings}{backend['preload']}",
                             backend["package"]))
    return lines


def invalid_table(analysis: Analysis) -> Table:
    """Every invalid sample with its reason and the command that repeats it."""
    heads = [("sample", ""), ("reason", ""), ("to repeat it", "")]
    rows = []
    for sample in analysis.invalid.sort_values("sequence").itertuples():
        rows.append([Entry(sample.id, sample.id, "identity"),
                     Entry(sample.reason or "no reason given", sample.reason or ""),
                     Entry(sample.command, "", "command")])
    return Table(heads, rows)


def metric_table(analysis: Analysis) -> Table:
    """The run's metrics table: what each name means."""
    heads = [("metric", ""), ("unit", ""), ("better", ""), ("in samples of", ""), ("meaning", "")]
    rows = [[Entry(metric["name"], metric["name"], "identity"), Entry(metric["unit"], metric["unit"]),
             Entry({"lower": "lower", "higher": "higher"}.get(metric["direction"], "–")),
             Entry(", ".join(metric["kinds"]), ",".join(metric["kinds"])),
             Entry(metric["brief"])] for metric in analysis.run.environment["metrics"]]
    return Table(heads, rows)


def environment_lists(analysis: Analysis) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the run ran on and with, in groups of (name, value)."""
    environment = analysis.run.environment
    machine, build = environment["machine"], environment["build"]
    commit = environment.get("git_commit") or units.MISSING
    run = [("run", environment["run"]), ("profile", environment["profile"]),
           ("state", environment["state"]), ("started", environment["started_at"]),
           ("finished", environment["finished_at"] or units.MISSING),
           ("heapmark", str(environment.get("heapmark", units.MISSING))),
           ("commit", commit + (" (with local changes)" if environment.get("git_dirty") else "")),
           ("seed", environment["seed"]), ("baseline", environment["baseline"])]
    return [("Run", run), ("Machine", _pairs(machine)), ("Build", _pairs(build)),
            ("Options", _pairs(environment["options"]))]


def _pairs(members: dict) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), _shown(name, value)) for name, value in members.items()]


def _shown(name: str, value) -> str:
    if value is None:
        return "none" if name == "sanitizers" else "not told"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and name.endswith("_bytes"):
        return units.byte_count(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown('_bytes' if name == 'caches' else key, member)}"
                         for key, member in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def backend_table(analysis: Analysis) -> Table:
    """The back ends with their versions and proved origins."""
    heads = [("back end", ""), ("linkage", ""), ("version", ""), ("origin, as dladdr proved it", ""),
             ("settings", ""), ("ranked", ""), ("", "")]
    rows = []
    for backend in analysis.run.environment["backends"]:
        settings = ", ".join(f"{name}={value}" for name, value in
                             sorted((backend.get("environment") or {}).items()))
        absent = "" if backend["available"] else f"absent: {backend['reason'] or 'not available'}"
        rows.append([Entry(backend["name"], "", "name"), Entry(backend["linkage"]),
                     Entry(backend.get("version") or units.MISSING),
                     Entry(backend.get("origin") or units.MISSING, "", "identity"),
                     Entry(settings or units.MISSING), Entry("yes" if backend["ranked"] else "no"),
                     Entry(absent or backend.get("brief", ""), "", "missing" if absent else "")])
    return Table(heads, rows)


def reference_table(analysis: Analysis) -> Table:
    """The real Pythons of the run, and how each was built."""
    heads = [("runtime", ""), ("python3", ""), ("built with", ""), ("configured with", "")]
    rows = [[Entry(own.runtime, own.runtime, "name"), Entry(own.path, "", "identity"),
             Entry(build_words(own), "", "" if optimised(own) else "missing"),
             Entry(str(own.members.get("config_args") or units.MISSING), "", "identity")]
            for own in references(analysis.run.environment)]
    return Table(heads, rows)


def collector_table(analysis: Analysis) -> Table:
    """The collectors with their triggers and thresholds."""
    heads = [("collector", ""), ("trigger", ""), ("prefix", "bytes before each tracked object"),
             ("parameters", ""), ("", "")]
    rows = []
    for collector in analysis.run.environment["collectors"]:
        parameters = collector.get("parameters") or {}
        shown = ", ".join(f"{name} {value}" for name, value in parameters.items())
        rows.append([Entry(str(collector.get("name", units.MISSING)), "", "name"),
                     Entry(collector.get("trigger") or units.MISSING),
                     Entry(units.byte_count(collector.get("prefix_bytes"))),
                     Entry(shown or units.MISSING), Entry(str(collector.get("brief", "")))])
    return Table(heads, rows)


def work_table(analysis: Analysis) -> Table:
    """The works with what one operation of each is."""
    heads = [("work", ""), ("what it is", ""), ("one operation", ""), ("all parameters", "")]
    rows = []
    for work in analysis.run.environment["plan"]["works"]:
        parameters = ", ".join(f"{name} {value}" for name, value in work["parameters"].items())
        rows.append([Entry(work["work"], "", "identity"), Entry(str(work.get("brief", ""))),
                     Entry(str(work.get("operation", ""))), Entry(parameters or units.MISSING)])
    return Table(heads, rows)


def against_table(against) -> Table:
    """The cells of a run set against an earlier one."""
    heads = [("work", ""), ("collector", ""), ("back end", ""), ("time, now over then", ""),
             ("verdict", ""), ("net peak, now over then", "one ratio, without an interval")]
    rows = [[Entry(change.row, change.row), Entry(change.collector, change.collector),
             Entry(change.variant, change.variant, "name"), *ratio_entry(change.time),
             number(change.memory, units.ratio(change.memory))] for change in against.changes]
    return Table(heads, rows)


def against_words(against) -> str:
    """The comparison in two sentences."""
    counts = [f"{against.count(verdict)} {verdict}"
              for verdict in ("faster", "slower", "equal", "unclear") if against.count(verdict)]
    text = (f"Against {against.base_name}, of {plural(len(against.changes), 'common cell')}:"
            f" {join(counts)}.")
    if against.doubts:
        text += f" To bear in mind: {'; '.join(against.doubts)}."
    return text
