"""This module is the report's tables as plain data, so that the template holds no computing. Every
table cell is a text with the key that it sorts by."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from . import units
from .analysis import MEMORY_METRIC, TIME_METRIC, Analysis, Cell
from .statistics.compare import Ratio
from .words import join, memory_ratios, plural


@dataclass(frozen=True)
class Entry:
    """A table cell: its text, its sort key, and CSS classes."""

    text: str
    key: str = ""
    style: str = ""


@dataclass(frozen=True)
class Table:
    """Column heads (text, explanation) and rows of entries."""

    heads: list[tuple[str, str]]
    rows: list[list[Entry]]


def _number(value: float, text: str, style: str = "number") -> Entry:
    missing = value is None or math.isnan(value)
    return Entry(text, "" if missing else repr(float(value)), style + (" missing" if missing else ""))


def _ratio_entry(ratio: Ratio | None, is_baseline: bool = False) -> list[Entry]:
    if is_baseline:
        return [Entry("1×", "1.0", "number"), Entry("baseline", "baseline", "verdict")]
    if ratio is None or math.isnan(ratio.value):
        return [Entry(units.MISSING, "", "number missing"), Entry(units.MISSING, "", "verdict missing")]
    text = f"{units.ratio(ratio.value)}  {units.ratio_interval(ratio.low, ratio.high)}"
    return [Entry(text, repr(ratio.value), "number"),
            Entry(ratio.verdict, ratio.verdict, f"verdict {ratio.verdict}")]


def cell_table(analysis: Analysis) -> Table:
    """Every cell of the matrix."""
    heads = [("work", ""), ("collector", ""), ("back end", ""),
             ("time/op", "median of the valid time samples"),
             ("interval", "95 % bootstrap interval of the median"),
             (f"vs {analysis.baseline}", "ratio of medians with its simultaneous 95 % interval"),
             ("verdict", "taken from the interval; equal: within ±2 %"),
             ("p (Holm)", "shown for reference; the verdict does not rest on it"),
             ("ops/s", ""), ("peak RSS net", "highest resident memory less a null run's"),
             ("RSS/L", "net resident memory at steady over live data"),
             ("max pause", "longest collection of all valid time samples' medians"),
             ("samples", "valid of all: time + memory"),
             ("outliers", "mild + severe by Tukey's fences; all count")]
    return Table(heads, [_cell_row(analysis, cell) for cell in _in_order(analysis)])


def _in_order(analysis: Analysis) -> list[Cell]:
    return [cell for row in analysis.rows for collector in analysis.collectors
            for variant in analysis.variants
            if (cell := analysis.cell(row, variant, collector)) is not None]


def _cell_row(analysis: Analysis, cell: Cell) -> list[Entry]:
    time = cell.median(TIME_METRIC)
    interval = units.MISSING if math.isnan(time.low) else \
        units.nanoseconds_interval(time.low, time.high)
    p = cell.time_ratio.p if cell.time_ratio else float("nan")
    samples = (f"{cell.time_valid}/{cell.time_total} + {cell.memory_valid}/{cell.memory_total}")
    lost = cell.time_valid < cell.time_total or cell.memory_valid < cell.memory_total
    outliers = cell.outliers
    return [
        Entry(cell.row, cell.row), Entry(cell.collector, cell.collector),
        Entry(cell.variant, cell.variant, "name"),
        _number(time.value, units.nanoseconds(time.value)),
        _number(time.low, interval, "number quiet"),
        *_ratio_entry(cell.time_ratio, cell.variant == analysis.baseline and time.count > 0),
        _number(p, _p_text(p), "number quiet"),
        _number(cell.value("ops_per_second"), units.rate(cell.value("ops_per_second"))),
        _number(cell.value(MEMORY_METRIC), units.byte_count(cell.value(MEMORY_METRIC))),
        _number(cell.value("overhead_ratio"), units.ratio(cell.value("overhead_ratio"))),
        _number(cell.value("pause_max_ns"), units.nanoseconds(cell.value("pause_max_ns"))),
        Entry(samples, repr(cell.time_valid + cell.memory_valid),
              "number warn" if lost else "number quiet"),
        Entry(f"{outliers.mild} + {outliers.severe}", repr(outliers.mild + outliers.severe),
              "number quiet"),
    ]


def _p_text(p: float) -> str:
    if math.isnan(p):
        return units.MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def glance_tables(analysis: Analysis) -> list[tuple[str, Table]]:
    """One matrix a collector: works down, back ends across, ratios to the baseline."""
    tables = []
    for collector in analysis.collectors:
        heads = [("work", "")] + [(variant, "") for variant in analysis.variants]
        rows = []
        for row in analysis.rows:
            cells = {variant: analysis.cell(row, variant, collector)
                     for variant in analysis.variants}
            if any(cells.values()):
                rows.append([Entry(row, row)] + [_glance(analysis, cell) for cell in cells.values()])
        if rows:
            tables.append((collector, Table(heads, rows)))
    return tables


def _glance(analysis: Analysis, cell: Cell | None) -> Entry:
    if cell is None or not cell.time_values.count:
        return Entry(units.MISSING if cell is None else "invalid", "", "number missing")
    if cell.variant == analysis.baseline:
        return Entry(units.nanoseconds(cell.value(TIME_METRIC)), "1.0", "number baseline")
    if cell.time_ratio is None:
        return Entry(units.nanoseconds(cell.value(TIME_METRIC)), "", "number")
    ratio = cell.time_ratio
    return Entry(units.ratio(ratio.value), repr(ratio.value), f"number {ratio.verdict}")


@dataclass(frozen=True)
class Standing:
    """A line of the ranking that the report opens with; lengths are percent of the longest."""

    name: str
    time: str
    interval: str
    time_length: float
    memory: str
    memory_length: float


def standing_lines(analysis: Analysis) -> list[Standing]:
    """The ranked back ends, fastest first, with time and memory against the baseline."""
    ranking = analysis.overall
    if ranking is None or analysis.baseline not in ranking.order:
        return []
    memory, _ = memory_ratios(analysis)
    times = {name: standing.measured.value for name, standing in ranking.against_baseline.items()}
    times[analysis.baseline] = 1.0
    slowest, fattest = max(times.values()), max([memory.get(name, 0) for name in times] + [1e-9])
    lines = []
    for name in ranking.order:
        standing = ranking.against_baseline.get(name)
        interval = "baseline" if standing is None else \
            units.ratio_interval(standing.measured.low, standing.measured.high)
        own = memory.get(name, float("nan"))
        lines.append(Standing(name, units.ratio(times[name]), interval, 100 * times[name] / slowest,
                              units.ratio(own), 0 if math.isnan(own) else 100 * own / fattest))
    return lines


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
             Entry(change.variant, change.variant, "name"), *_ratio_entry(change.time),
             _number(change.memory, units.ratio(change.memory))] for change in against.changes]
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
