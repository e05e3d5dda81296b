"""This module is a run as JUnit XML, so that a pipeline shows which cells failed: a test suite with
one test case for each cell, a failure where a sample of it was invalid, and the cell's medians as
the suite's properties.

The file keeps to what the schemas in use have in common (that of Ant's formatter, which wants every
attribute and element in its place and has properties on suites alone, and Jenkins', which is wider).
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd

from ..errors import InputError
from ..load import Run
from ..measured import MeasuredRun
from ..statistics.intervals import Median
from .medians import cell_medians

#: Characters that no XML 1.0 document may hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export(run: Run) -> bytes:
    """A suite for each cell, in the order in which they first ran."""
    measured = MeasuredRun(run)
    medians = cell_medians(measured)
    root = ElementTree.Element("testsuites")
    for number, (name, samples) in enumerate(measured.cells.groupby("cell", sort=False)):
        root.append(_suite(run, number, name, samples, medians[name]))
    ElementTree.indent(root, " ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(
        root, encoding="unicode").encode("utf-8") + b"\n"


def _suite(run: Run, number: int, name: str, samples: pd.DataFrame, medians: list) -> ElementTree.Element:
    first = samples.iloc[0]
    invalid = samples[~samples["valid"]]
    seconds = sum(float(record.get("duration_ns") or 0) for record in samples["record"]) / 1e9
    suite = ElementTree.Element("testsuite", {
        "id": str(number), "package": _text(run.name), "name": _text(name),
        "timestamp": _moment(run), "hostname": "localhost",
        "tests": "1", "failures": "1" if len(invalid) else "0", "errors": "0",
        "time": f"{seconds:.6f}"})
    properties = ElementTree.SubElement(suite, "properties")
    for metric, median in medians:
        _add_properties(properties, metric, median)
    case = ElementTree.SubElement(suite, "testcase", {
        "name": _text(name), "classname": _text(first["work"]), "time": f"{seconds:.6f}"})
    if len(invalid):
        _add_failure(case, samples, invalid)
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")
    return suite


def _add_properties(properties: ElementTree.Element, metric, median: Median) -> None:
    """The median, and its interval where it has one, in the metric's unit."""
    values = {metric.name: median.value}
    if median.low == median.low:
        values |= {f"{metric.name}.low": median.low, f"{metric.name}.high": median.high}
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": repr(float(value))})


def _add_failure(case: ElementTree.Element, samples: pd.DataFrame, invalid: pd.DataFrame) -> None:
    """The first reason as message; each invalid sample with the command that runs it again."""
    failure = ElementTree.SubElement(case, "failure", {
        "message": _text(f"{len(invalid)} of {len(samples)} samples invalid:"
                         f" {invalid.iloc[0]['reason']}"), "type": "invalid sample"})
    failure.text = _text("\n".join(f"{sample.id}: {sample.reason}\n  {sample.command}"
                                   for sample in invalid.itertuples()))


def _moment(run: Run) -> str:
    """When the run began, without a zone, as the schemas want it."""
    found = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", run.environment["started_at"])
    if not found:
        raise InputError(f"{run.folder}/environment.json: started_at is no time of day such as"
                         " 2026-11-21T10:00:00Z")
    return found.group()


def _text(value) -> str:
    return _FORBIDDEN.sub("?", str(value))
