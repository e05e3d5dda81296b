"""This module is the tables of an exec run's page: rows of texts with a style and a key to sort by."""

from __future__ import annotations

from dataclasses import dataclass

from . import units
from .exec_analysis import COMPARED, SHOWN, ExecAnalysis
from .exec_words import preload_line


@dataclass(frozen=True)
class Entry:
    """A cell of a table."""

    text: str
    style: str = ""
    key: str = ""


@dataclass(frozen=True)
class Sheet:
    """`heads` are names with their explanations."""

    heads: list[tuple[str, str]]
    rows: list[list[Entry]]


def _number(value, unit: str) -> Entry:
    missing = units.is_missing(value)
    return Entry(units.by_unit(value, unit), "number missing" if missing else "number",
                 "" if missing else repr(float(value)))


def _brief(analysis: ExecAnalysis, metric: str) -> str:
    return next((entry["brief"] for entry in analysis.run.environment["metrics"]
                 if entry["name"] == metric), "")


def comparison(analysis: ExecAnalysis) -> Sheet:
    """A row a variant: each compared metric with its ratio, interval and verdict."""
    heads = [("allocator", "")]
    for metric, title in COMPARED.items():
        heads += [(title, _brief(analysis, metric)), ("ratio", f"to the median of {analysis.baseline}"),
                  ("95 % interval", "all intervals hold together"), ("verdict", "")]
    heads.append(("valid", "valid samples of all"))
    rows = []
    for label in analysis.labels:
        row = [Entry(label, "name", label)]
        for metric in COMPARED:
            row.append(_number(analysis.medians[label, metric].value, analysis.unit(metric)))
            row += _ratio(analysis, label, metric)
        valid, count = analysis.counts(label)
        row.append(Entry(f"{valid} of {count}", "number" if valid == count else "number warn",
                         str(valid)))
        rows.append(row)
    return Sheet(heads, rows)


def _ratio(analysis: ExecAnalysis, label: str, metric: str) -> list[Entry]:
    ratio = analysis.ratios.get((label, metric))
    if label == analysis.baseline:
        return [Entry("1×", "number", "1"), Entry("", "number"), Entry("baseline", "verdict")]
    if ratio is None:
        return [Entry(units.MISSING, "number missing"), Entry(units.MISSING, "number missing"),
                Entry("", "verdict")]
    style = {"faster": "faster", "better": "faster", "slower": "slower", "worse": "slower"}
    return [Entry(units.ratio(ratio.value), "number", repr(ratio.value)),
            Entry(units.ratio_interval(ratio.low, ratio.high), "number"),
            Entry(ratio.verdict, f"verdict {style.get(ratio.verdict, ratio.verdict)}")]


def others(analysis: ExecAnalysis) -> Sheet:
    """The metrics that are shown as medians alone."""
    heads = [("allocator", "")] + [(title, _brief(analysis, metric))
                                   for metric, title in SHOWN.items()]
    rows = [[Entry(label, "name", label)]
            + [_number(analysis.medians[label, metric].value, analysis.unit(metric))
               for metric in SHOWN] for label in analysis.labels]
    return Sheet(heads, rows)


def invalid(analysis: ExecAnalysis) -> Sheet:
    """Every invalid sample with its reason."""
    rows = [[Entry(sample["id"], "identity", sample["id"]), Entry(sample["reason"] or "", "warn"),
             Entry(sample["last_words"] or "")] for sample in analysis.invalid]
    return Sheet([("sample", ""), ("why", ""), ("last line on standard error", "")], rows)


def allocators(analysis: ExecAnalysis) -> Sheet:
    """What each variant is and how to run under it."""
    rows = []
    for variant in analysis.run.environment["variants"]:
        line = preload_line(variant)
        rows.append([Entry(variant["label"], "name", variant["label"]),
                     Entry(variant["brief"]),
                     Entry(line, "command") if line and variant["available"]
                     else Entry(variant["reason"] or "nothing is preloaded"),
                     Entry(variant["package"] or "")])
    return Sheet([("allocator", ""), ("what", ""), ("how", ""), ("package", "")], rows)


def proof(analysis: ExecAnalysis) -> Sheet:
    """Which executables got their malloc where, in how many processes."""
    counts: dict[tuple[str, str, str], int] = {}
    for sample in analysis.run.samples:
        for entry in sample["proof"]:
            key = (sample["variant"], entry["executable"], entry["malloc_file"])
            counts[key] = counts.get(key, 0) + entry["count"]
    order = {label: place for place, label in enumerate(analysis.labels)}
    rows = [[Entry(label, "name", label), Entry(executable, "identity"), Entry(file, "identity"),
             Entry(str(count), "number", str(count))]
            for (label, executable, file), count in sorted(
                counts.items(), key=lambda item: (order.get(item[0][0], 99), item[0][1:]))]
    return Sheet([("allocator", ""), ("executable", ""), ("its malloc came from", ""),
                  ("processes", "over all samples")], rows)


def facts(analysis: ExecAnalysis) -> list[tuple[str, list[tuple[str, str]]]]:
    """The run, the machine and the build as lists of pairs."""
    environment = analysis.run.environment
    options, machine = environment["options"], environment["machine"]
    return [
        ("Run", [("run", environment["run"]), ("started", environment["started_at"]),
                 ("state", environment["state"]), ("seed", environment["seed"]),
                 ("repetitions", str(options["repetitions"])), ("warm-ups", str(options["warmup"])),
                 ("time limit", f"{options['timeout_s']:g} s"),
                 ("memory limit", units.byte_count(options["memory_limit_bytes"])),
                 ("proof asked of", "every process" if options["proof"] == "tree"
                  else "the command's own process"),
                 ("standard input", options["input"] or "/dev/null")]),
        ("Machine", [(name, _fact(machine.get(key))) for name, key in
                     (("CPU", "cpu_model"), ("cores", "cores_online"), ("kernel", "kernel"),
                      ("system", "os"), ("libc", "libc"), ("huge pages", "thp"),
                      ("governor", "governor"), ("virtual machine", "virtual_machine"),
                      ("load at the start", "load_1m_start"), ("load at the end", "load_1m_end"))]
         + [("memory", units.byte_count(machine.get("memory_bytes")))]),
        ("heapmark", [("version", environment["heapmark"]),
                      ("commit", _fact(environment["git_commit"])),
                      ("build", str(environment["build"].get("type", "")))]),
    ]


def _fact(value) -> str:
    return units.MISSING if value is None else str(value)
