"""This module is how a run's matrix is laid out: the order of its rows, back ends and collectors, the
variant that is its baseline, and which rows are one work with and without cycles to collect."""

from __future__ import annotations

import pandas as pd

from .frames import main_linkage
from .load import Run


def in_order(frame: pd.DataFrame, label: str, plain: str, planned: list[str]) -> list[str]:
    """The distinct values of `label`, by the plan's order of `plain`, then as they appeared."""
    place = {name: index for index, name in enumerate(planned)}
    pairs = frame[[label, plain]].drop_duplicates()
    ordered = sorted(enumerate(pairs.itertuples(index=False)),
                     key=lambda item: (place.get(item[1][1], len(place)), item[0]))
    return list(dict.fromkeys(pair[0] for _, pair in ordered))


def baseline_variant(run: Run, cells: pd.DataFrame) -> str:
    ours = cells[cells["backend"] == run.baseline]
    usual = ours[ours["linkage"] == main_linkage(run)]
    chosen = usual if len(usual) else ours
    return chosen["variant"].iloc[0] if len(chosen) else run.baseline


def by_hand_rows(run: Run, cells: pd.DataFrame) -> dict[str, str]:
    """Rows whose work has a twin that differs only in breaking its cycles by hand: row → twin."""
    parameters = {work["work"]: dict(work["parameters"]) for work in run.environment["plan"]["works"]}
    twins = {}
    for work, own in parameters.items():
        if "break" not in own or own["break"] == "by-hand":
            continue
        wanted = {**own, "break": "by-hand"}
        twins.update({work: other for other, theirs in parameters.items() if theirs == wanted})
    pairs = cells[["row", "work"]].drop_duplicates()
    row_of = {(row.row[len(row.work):], row.work): row.row for row in pairs.itertuples()}
    found = {}
    for (suffix, work), row in row_of.items():
        twin = row_of.get((suffix, twins.get(work)))
        if twin is not None:
            found[row] = twin
    return found


def called_twin(cell, usual: str) -> str:
    """The variant whose calls `cell` has inlined: the same back end by the `usual` linkage; "" where
    nothing is inlined in `cell`."""
    if cell.linkage != "inline" or usual == "inline":
        return ""
    return cell.backend.removesuffix("-inline")
