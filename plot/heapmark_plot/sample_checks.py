"""This module is the check of one journal record, so that what comes after the loader may take every
member that it finds for what docs/results.md says it is.

A member that a sample may lack is given its empty form (series, timeline, edges, accounts,
size_classes) or left out (latency, pauses, cascades, mmu, contamination, counters, attribution). Lists
of numbers become arrays with null as NaN. Only valid samples are looked into: what an invalid one
learnt before it failed is never read, save its metrics and its contamination.
"""

from __future__ import annotations

import numpy as np

from .checks import (FLAG, MOST, NUMBER, TEXT, TEXT_OR_NULL, check_amounts, check_list, check_number,
                     check_texts, numbers, require, table_of_numbers)
from .errors import InputError

#: What identifies a sample, valid or not, and the types that its value may have.
IDENTITY = {
    "id": TEXT, "sequence": NUMBER, "role": TEXT, "kind": TEXT, "repetition": NUMBER,
    "cell": TEXT, "work": TEXT, "workload": TEXT, "parameters": (dict,), "backend": TEXT,
    "linkage": TEXT, "collector": TEXT, "threads": NUMBER, "runtime": TEXT, "valid": FLAG,
    "reason": TEXT_OR_NULL, "command": TEXT,
}
KINDS = ("time", "memory", "latency")
ROLES = ("cell", "control", "null", "empty")

#: What an edge and an account hold besides their name and time.
EDGE_NUMBERS = ("rss_bytes", "peak_rss_bytes", "live_bytes", "requested_bytes", "usable_bytes",
                "active_bytes", "allocated_bytes", "resident_bytes", "metadata_bytes",
                "huge_page_bytes", "collector_table_bytes", "uncollected_bytes", "tracked_objects", "live_page_bytes")
CLASS_NUMBERS = ("usable_bytes", "requested_bytes", "blocks", "slots")
COUNTERS = ("instructions", "cycles", "cache_misses", "dtlb_misses", "branch_misses")
#: The histograms of a latency sample.
LATENCIES = ("round", "malloc", "free", "realloc")
ATTRIBUTIONS = ("split", "merged", "bytes")


def check_sample(sample: dict, known_metrics: set[str], where: str) -> None:
    """Checks one record and puts its lists of numbers into arrays."""
    if sample.get("record") != "sample":
        raise InputError(f"{where}: record {sample.get('record')!r} is not a sample")
    require(sample, IDENTITY, where)
    for name, choices in (("kind", KINDS), ("role", ROLES)):
        if sample[name] not in choices:
            raise InputError(f"{where}: {name} {sample[name]!r} is none of {', '.join(choices)}")
    _check_metrics(sample, known_metrics, where)
    _check_contamination(sample, where)
    if sample["valid"]:
        for check in (_check_series, _check_timeline, _check_edges, _check_size_classes,
                      _check_counters, _check_latency, _check_mmu):
            check(sample, where)
        for name in ("pauses", "cascades"):
            if sample.get(name) is not None:
                check_histogram(sample[name], f"{where}: {name}")


def _check_metrics(sample: dict, known: set[str], where: str) -> None:
    metrics = sample.setdefault("metrics", {})
    require(sample, {"metrics": (dict,)}, where)
    sample.setdefault("attempt", 1)
    require(sample, {"attempt": NUMBER}, where)
    for name, value in metrics.items():
        if name not in known:
            raise InputError(f"{where}: metric {name!r} is not in environment.json's metrics table")
        check_number(value, f"{where}: metric {name}")


def _check_contamination(sample: dict, where: str) -> None:
    told = sample.get("contamination")
    if told is None:
        return
    where = f"{where}: contamination"
    require(told, {"contaminated": FLAG}, where)
    check_amounts(told, ("foreign_cpu_share", "steal_share", "cpu_pressure_share", "waited_ns"), where)
    check_texts(told.setdefault("why", []), f"{where}.why")


def _check_series(sample: dict, where: str) -> None:
    series = sample.setdefault("series", {})
    require(sample, {"series": (dict,)}, where)
    for name, values in series.items():
        series[name] = numbers(values, f"{where}: series.{name}")


def _check_timeline(sample: dict, where: str) -> None:
    timeline = sample.setdefault("timeline", {})
    require(sample, {"timeline": (dict,)}, where)
    for name in ("at_ns", "rss_bytes"):
        timeline[name] = numbers(timeline.get(name, []), f"{where}: timeline.{name}")
    timeline["requested_bytes"] = numbers(
        timeline.get("requested_bytes", [None] * len(timeline["at_ns"])),
        f"{where}: timeline.requested_bytes")
    for name in ("rss_bytes", "requested_bytes"):
        if timeline["at_ns"].shape != timeline[name].shape or timeline[name].ndim != 1:
            raise InputError(f"{where}: timeline.at_ns and timeline.{name} differ in length")
    if np.isnan(timeline["at_ns"]).any():
        raise InputError(f"{where}: timeline.at_ns holds null")
    phases = timeline.setdefault("phase", [])
    sound = isinstance(phases, list) and all(
        isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], NUMBER)
        and not isinstance(entry[0], bool) and isinstance(entry[1], str) for entry in phases)
    if not sound:
        raise InputError(f"{where}: timeline.phase is not a list of [ns, name]")
    for start, _ in phases:
        check_number(start, f"{where}: timeline.phase")


def _check_edges(sample: dict, where: str) -> None:
    for member, fields in (("edges", {"edge": TEXT}), ("accounts", {"batch": NUMBER,
                                                                    "at_ns": NUMBER})):
        for index, edge in enumerate(check_list(sample, member, where)):
            place = f"{where}: {member}[{index}]"
            require(edge, fields, place)
            check_amounts(edge, ("at_ns", *EDGE_NUMBERS), place)
    told = sample.get("attribution")
    if told is not None and told not in ATTRIBUTIONS:
        raise InputError(f"{where}: attribution {told!r} is none of {', '.join(ATTRIBUTIONS)}")


def _check_size_classes(sample: dict, where: str) -> None:
    for index, entry in enumerate(check_list(sample, "size_classes", where)):
        place = f"{where}: size_classes[{index}]"
        require(entry, {"usable_bytes": (*NUMBER, type(None)), "requested_bytes": NUMBER,
                        "blocks": NUMBER}, place)
        check_amounts(entry, CLASS_NUMBERS, place)


def _check_counters(sample: dict, where: str) -> None:
    told = sample.get("counters")
    if told is None:
        return
    where = f"{where}: counters"
    require(told, {"absent": TEXT_OR_NULL}, where)
    check_amounts(told, COUNTERS, where)


def _check_latency(sample: dict, where: str) -> None:
    told = sample.get("latency")
    if told is None:
        return
    where = f"{where}: latency"
    require(told, {"one_in": NUMBER}, where)
    require({"mmu_absent": told.get("mmu_absent")}, {"mmu_absent": TEXT_OR_NULL}, where)
    check_amounts(told, ("one_in", "operations_per_round", "clock_ns", "clock_scatter_ns"), where)
    for name in LATENCIES:
        if told.get(name) is not None:
            check_histogram(told[name], f"{where}.{name}")


def check_histogram(told, where: str) -> None:
    """A histogram: buckets [low, high, count] with low ≤ high, none of them negative or null."""
    require(told, {}, where)
    check_amounts(told, ("relative_error", "count", "minimum", "maximum"), where)
    buckets = table_of_numbers(told.get("buckets", []), 3, f"{where}.buckets",
                               "[low_ns, high_ns, count]")
    if np.isnan(buckets).any() or buckets.min(initial=0) < 0 or buckets.max(initial=0) > MOST \
            or (buckets[:, 0] > buckets[:, 1]).any() or buckets[:, 2].sum() > 2**53:
        raise InputError(f"{where}.buckets is not a list of [low_ns, high_ns, count] from 0 up")
    told["buckets"] = buckets


def _check_mmu(sample: dict, where: str) -> None:
    if sample.get("mmu") is None:
        return
    mmu = table_of_numbers(sample["mmu"], 2, f"{where}: mmu", "[window_ns, utilization]")
    shares = mmu[:, 1][~np.isnan(mmu[:, 1])]
    if np.isnan(mmu[:, 0]).any() or (mmu[:, 0] <= 0).any() or (shares < 0).any() \
            or (shares > 1).any():
        raise InputError(f"{where}: mmu is not a list of [window_ns, utilization from 0 to 1]")
    sample["mmu"] = mmu
