"""This module is the run as tables, so that statistics and figures ask pandas and not JSON.

`sample_frame` has one row a sample: identity, metrics, and what can be known only with the whole
run in hand: the net memory metrics, which subtract the `null` role's memory sample of the same
back end and collector at its `steady` edge. The journal's own net fields are not read. Words: a
**row** of the matrix is work × threads × runtime, a **variant** is a back end with its linkage.
"""

from __future__ import annotations

import json

import pandas as pd

from .load import Run

#: Edge of a memory sample at which the split of memory is read.
STEADY = "steady"

_IDENTITY = ("id", "sequence", "role", "kind", "repetition", "cell", "work", "workload", "backend",
             "linkage", "collector", "threads", "runtime", "valid", "reason", "command")
_DERIVED = ("peak_rss_net_bytes", "rss_net_bytes", "overhead_ratio", "retention_ratio")
_EDGE_FIELDS = ("live_bytes", "requested_bytes", "usable_bytes", "active_bytes", "rss_bytes",
                "peak_rss_bytes")


def steady_edge(sample: dict) -> dict:
    """The last edge named `steady` of a memory sample; an empty dict where it has none."""
    found = [edge for edge in sample.get("edges", []) if edge["edge"] == STEADY]
    return found[-1] if found else {}


def sample_frame(run: Run) -> pd.DataFrame:
    """All samples of `run`, one a row, in the order they ran; `record` is the sample itself."""
    metric_names = [metric["name"] for metric in run.environment["metrics"]
                    if metric["name"] not in _DERIVED]
    rows = []
    for sample in run.samples:
        row = {name: sample[name] for name in _IDENTITY}
        row["parameters"] = json.dumps(sample["parameters"], sort_keys=True)
        row.update({name: sample["metrics"].get(name) for name in metric_names})
        edge = steady_edge(sample) if sample["valid"] else {}
        row.update({f"steady_{name}": edge.get(name) for name in _EDGE_FIELDS})
        row["record"] = sample
        rows.append(row)
    frame = pd.DataFrame(rows)
    numeric = metric_names + [f"steady_{name}" for name in _EDGE_FIELDS]
    frame[numeric] = frame[numeric].apply(pd.to_numeric)
    frame["row"] = _row_labels(frame)
    frame["variant"] = _variant_labels(frame, run)
    return _with_net_memory(frame)


def _row_labels(frame: pd.DataFrame) -> pd.Series:
    labels = frame["work"].copy()
    cells = frame[frame["role"] == "cell"]
    if cells["threads"].nunique() > 1:
        labels = labels + " · " + frame["threads"].astype(str) + " threads"
    if cells["runtime"].nunique() > 1:
        labels = labels + " · " + frame["runtime"]
    return labels


def main_linkage(run: Run) -> str:
    """The linkage within which this run ranks: the one most of its ranked back ends have."""
    linkages = [backend["linkage"] for backend in run.environment["backends"]
                if backend["ranked"] and backend["name"] in run.environment["plan"]["backends"]]
    return max(sorted(set(linkages)), key=linkages.count) if linkages else "so"


def _variant_labels(frame: pd.DataFrame, run: Run) -> pd.Series:
    usual = frame["linkage"] == main_linkage(run)
    return frame["backend"].where(usual, frame["backend"] + " (" + frame["linkage"] + ")")


def _with_net_memory(frame: pd.DataFrame) -> pd.DataFrame:
    same = ["variant", "collector"]
    nulls = frame[(frame["role"] == "null") & (frame["kind"] == "memory") & frame["valid"]]
    base = nulls.groupby(same)[["steady_rss_bytes", "steady_peak_rss_bytes"]].median()
    base = base.rename(columns={"steady_rss_bytes": "null_rss_bytes",
                                "steady_peak_rss_bytes": "null_peak_rss_bytes"}).reset_index()
    frame = frame.merge(base, on=same, how="left")
    memory = frame["kind"] == "memory"
    peak = frame.get("peak_rss_bytes", pd.Series(float("nan"), index=frame.index))
    frame["peak_rss_net_bytes"] = (peak - frame["null_peak_rss_bytes"]).where(memory)
    net = (frame["steady_rss_bytes"] - frame["null_rss_bytes"]).where(memory)
    frame["rss_net_bytes"] = net
    positive = frame["steady_live_bytes"] > 0
    frame["overhead_ratio"] = (net / frame["steady_live_bytes"]).where(positive)
    known = frame["steady_active_bytes"] > 0
    frame["retention_ratio"] = (net / frame["steady_active_bytes"]).where(known)
    return frame
