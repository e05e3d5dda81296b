"""This module is a run as CSV, one row a sample with all its metrics, so that R's read.csv and
pandas' read_csv make a data frame of it: a head of names, nothing where a value is missing, TRUE
and FALSE, `.` as decimal point, numbers to the last digit. (To pandas the role `null` is a missing
value unless it is told otherwise: docs/compare.md.)"""

from __future__ import annotations

import json

import pandas as pd

from ..load import Run
from ..measured import MeasuredRun

#: What a record says about its sample besides what identifies it.
_TOLD = ("attempt", "version", "checksum", "started_at", "duration_ns", "iterations", "batches",
         "operations", "padding_bytes")
#: What a text may begin with that a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\n")
_IDENTITY = ("id", "sequence", "role", "kind", "repetition", "cell", "work", "workload")
_PLACE = ("backend", "linkage", "collector", "threads", "runtime", "valid", "reason")


def export(run: Run) -> bytes:
    """All samples in the order they ran, valid or not, controls and null runs too."""
    measured = MeasuredRun(run)
    frame = measured.samples
    table = pd.DataFrame({"run": [run.name] * len(frame)})
    for name in _IDENTITY:
        table[name] = frame[name].to_numpy()
    table["parameters"] = [json.dumps(record["parameters"], ensure_ascii=False)
                           for record in frame["record"]]
    for name in _PLACE:
        table[name] = frame[name].to_numpy()
    for name in _TOLD:
        table[name] = [_plain(record.get(name)) for record in frame["record"]]
    metrics = [name for name in measured.metrics() if name in frame]
    table = pd.concat([table, frame[metrics].reset_index(drop=True)], axis=1)
    for name in table.columns.difference(metrics):
        table[name] = table[name].map(_no_formula)
    table.columns = [_no_formula(name) for name in table.columns]
    table["valid"] = table["valid"].map({True: "TRUE", False: "FALSE"})
    table = table.sort_values("sequence", kind="stable")
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace")


def _no_formula(value):
    """A text that a spreadsheet would compute, with an apostrophe before it, which makes it a text."""
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").replace("\r", "\n")  # alone it would end an unquoted row
    return f"'{value}" if value.startswith(_FORMULA) else value


def _plain(value) -> str:
    """A value as text: whole numbers stay whole where others are missing."""
    return "" if value is None else str(value)
