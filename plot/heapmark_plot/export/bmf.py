"""This module is a run in Bencher Metric Format, so that Bencher tracks its figures: a benchmark for
each cell, a measure for each metric, with the median and its 95 % interval where there is one.

Source: https://bencher.dev/docs/reference/bencher-metric-format (JSON of benchmark name → measure →
{"value", "lower_value", "upper_value"}, the last two optional).
"""

from __future__ import annotations

import json

from ..load import Run
from ..measured import MeasuredRun
from .medians import cell_medians


def export(run: Run) -> bytes:
    """Cells without a value of anything are left out."""
    measured = MeasuredRun(run)
    document: dict[str, dict] = {}
    for cell, medians in cell_medians(measured).items():
        measures = {}
        for metric, median in medians:
            measures[metric.name] = {"value": median.value}
            if median.low == median.low:
                measures[metric.name].update(lower_value=median.low, upper_value=median.high)
        if measures:
            document[cell] = measures
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode(
        "utf-8", "replace")
