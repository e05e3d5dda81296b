"""This module is the run as tables, so that statistics and figures ask pandas and not JSON.

`sample_frame` has one row a sample: identity, metrics, and what can be known only with the whole
run in hand: the net memory metrics, which subtract what was there before any object: the `null`
role's memory sample of the same back end and collector at its `steady` edge, and the workload's own
tables (the sample's `setup` edge less the null sample's). The journal's own net fields are not
read. So it is with time samples that were disturbed throughout, which have no times where their cell
can do without them. `edge_frame` has one row an edge or account of a memory sample, with its RSS net of the same.
Words: a **row** of the matrix is work × threads, a **variant** what does the work: a back end with its
linkage, or a real python3 with its allocator.
"""

from __future__ import annotations

import json

import pandas as pd

from .load import Run
from .references import RUNTIME, not_optimised, reference_label
from .sample_checks import EDGE_NUMBERS
from .statistics.undisturbed import without_disturbed

#: Edge of a memory sample at which the split of memory is read, and the one before the first object.
STEADY, SETUP = "steady", "setup"

_IDENTITY = ("id", "sequence", "attempt", "role", "kind", "repetition", "cell", "work", "workload",
             "backend", "linkage", "collector", "threads", "runtime", "valid", "reason", "command")
_DERIVED = ("peak_rss_net_bytes", "rss_net_bytes", "overhead_ratio", "retention_ratio")
_EDGE_FIELDS = tuple(name for name in EDGE_NUMBERS if name != "tracked_objects")


def edge_of(sample: dict, name: str) -> dict:
    """The last edge called `name` of a valid memory sample; an empty dict where it has none."""
    edges = sample.get("edges", []) if sample["valid"] else []
    found = [edge for edge in edges if edge["edge"] == name]
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
        edge = edge_of(sample, STEADY)
        row.update({f"steady_{name}": edge.get(name) for name in _EDGE_FIELDS})
        row["setup_rss_bytes"] = edge_of(sample, SETUP).get("rss_bytes")
        row["record"] = sample
        rows.append(row)
    frame = pd.DataFrame(rows)
    numeric = metric_names + [f"steady_{name}" for name in _EDGE_FIELDS] + ["setup_rss_bytes"]
    frame[numeric] = frame[numeric].apply(pd.to_numeric)
    frame["row"] = _row_labels(frame)
    frame["variant"] = _variant_labels(frame, run)
    return without_disturbed(_with_net_memory(frame))


def edge_frame(samples: pd.DataFrame, member: str = "edges") -> pd.DataFrame:
    """The edges, or with `member` the accounts, of the valid memory samples of role cell.

    One row each, in the order of the journal: what identifies the cell, the edge's numbers (NaN
    where not told), its place in the sample, and `rss_net_bytes`.
    """
    chosen = samples[(samples["kind"] == "memory") & (samples["role"] == "cell") & samples["valid"]]
    rows = []
    for sample in chosen.itertuples():
        for place, edge in enumerate(sample.record[member]):
            rows.append({"id": sample.id, "cell": sample.cell, "row": sample.row,
                         "variant": sample.variant, "collector": sample.collector,
                         "repetition": sample.repetition, "place": place,
                         "edge": edge.get("edge", ""), "batch": edge.get("batch"),
                         "at_ns": edge.get("at_ns"), "floor_rss_bytes": sample.floor_rss_bytes,
                         **{name: edge.get(name) for name in EDGE_NUMBERS}})
    numeric = ["batch", "at_ns", "floor_rss_bytes", *EDGE_NUMBERS]
    frame = pd.DataFrame(rows, columns=["id", "cell", "row", "variant", "collector", "repetition",
                                        "place", "edge", *numeric])
    frame[numeric] = frame[numeric].apply(pd.to_numeric).astype(float)
    frame["rss_net_bytes"] = frame["rss_bytes"] - frame["floor_rss_bytes"]
    return frame


def _row_labels(frame: pd.DataFrame) -> pd.Series:
    labels = frame["work"].copy()
    cells = frame[frame["role"] == "cell"]
    if cells["threads"].nunique() > 1:
        words = frame["threads"].map(lambda count: f" · {count} thread{'s' if count > 1 else ''}")
        labels = labels + words
    return labels


def main_linkage(run: Run) -> str:
    """The linkage within which this run ranks: the one most of its ranked back ends have."""
    linkages = [backend["linkage"] for backend in run.environment["backends"]
                if backend["ranked"] and backend["name"] in run.environment["plan"]["backends"]]
    return max(sorted(set(linkages)), key=linkages.count) if linkages else "so"


def _variant_labels(frame: pd.DataFrame, run: Run) -> pd.Series:
    usual, marked = main_linkage(run), not_optimised(run.environment)
    pairs = zip(frame["backend"], frame["linkage"], frame["runtime"])
    return pd.Series([variant_label(*pair, usual, marked) for pair in pairs], index=frame.index,
                     dtype=object)


def variant_label(backend: str, linkage: str, runtime: str, usual: str, marked: set[str]) -> str:
    """What a back end is called: its linkage is said where it is not the `usual` one, and not in its
    name already; a python3 is called by its version, and marked where it is among `marked`."""
    if linkage == RUNTIME:
        return reference_label(backend, runtime, runtime in marked)
    if linkage == usual or backend.endswith(f"-{linkage}"):
        return backend
    return f"{backend} ({linkage})"


def _with_net_memory(frame: pd.DataFrame) -> pd.DataFrame:
    same = ["variant", "collector"]
    nulls = frame[(frame["role"] == "null") & (frame["kind"] == "memory") & frame["valid"]]
    fields = {"steady_rss_bytes": "null_rss_bytes", "setup_rss_bytes": "null_setup_bytes",
              "steady_peak_rss_bytes": "null_peak_rss_bytes",
              "steady_collector_table_bytes": "null_table_bytes"}
    base = nulls.groupby(same)[list(fields)].median().rename(columns=fields).reset_index()
    frame = frame.merge(base, on=same, how="left")
    memory = frame["kind"] == "memory"
    tables = (frame["setup_rss_bytes"] - frame["null_setup_bytes"]).fillna(0)
    frame["floor_rss_bytes"] = (frame["null_rss_bytes"] + tables).where(memory)
    peak = frame.get("peak_rss_bytes", pd.Series(float("nan"), index=frame.index))
    frame["peak_rss_net_bytes"] = (peak - frame["null_peak_rss_bytes"] - tables).where(memory)
    net = frame["steady_rss_bytes"] - frame["floor_rss_bytes"]
    frame["rss_net_bytes"] = net
    positive = frame["steady_live_bytes"] > 0
    frame["overhead_ratio"] = (net / frame["steady_live_bytes"]).where(positive)
    known = frame["steady_active_bytes"] > 0
    own = frame["steady_collector_table_bytes"] - frame["null_table_bytes"].fillna(0)
    frame["tables_net_bytes"] = own.fillna(0).clip(lower=0).where(memory)
    frame["retention_ratio"] = \
        ((net - frame["tables_net_bytes"]) / frame["steady_active_bytes"]).where(known)
    return frame
