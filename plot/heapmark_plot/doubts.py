"""This module is what makes a comparison doubtful, so that it is said beside the figures and not
found out later: another machine, another build, a machine that was slower, a disturbed run."""

from __future__ import annotations

import numpy as np

from . import units
from .measured import MeasuredRun
from .statistics.compare import BAND
from .words import join, plural

#: What of the machine, the build and the options decides about figures.
_MACHINE = ("cpu_model", "cores_online", "memory_bytes", "kernel", "libc", "thp", "governor",
            "virtual_machine", "aslr")
_BUILD = ("compiler", "type", "flags", "sanitizers")
_OPTIONS = ("freelists", "settle", "batch_s", "huge_pages", "memory_limit_bytes")
_SHOWN_WORKS = 2

#: With fewer time samples a cell says too little about its noise (docs/statistics.md).
FEWEST_SAMPLES = 5


def doubts_between(base: MeasuredRun, new: MeasuredRun, common: set[str]) -> list[str]:
    """What tells the two runs apart besides what they are to be compared for."""
    before, after = base.run.environment, new.run.environment
    said = _differences("machine", before["machine"], after["machine"], _MACHINE)
    said += _differences("", before, after, ("heapmark", "git_commit", "seed"))
    said += _differences("build", before["build"], after["build"], _BUILD)
    said += _differences("options", before["options"], after["options"], _OPTIONS)
    said += _backends(before, after, set(base.cells["backend"]) & set(new.cells["backend"]))
    said += _speed(base, new)
    said += _amounts(base, new, common)
    return said + [doubt for run in _distinct(base, new) for doubt in doubts_within(run)]


def doubts_within(run: MeasuredRun) -> list[str]:
    """What makes one run's figures doubtful."""
    said = []
    environment = run.run.environment
    if environment["state"] != "finished":
        said.append(f"{run.name} is {environment['state']}: samples are missing")
    if environment["build"].get("sanitizers"):
        said.append(f"{run.name} was measured by a build with sanitizers")
    if any(control.contaminated for control in run.controls()):
        said.append(f"{run.name} is contaminated by its A/A control: one cell under two names came"
                    " out different")
    marked = sum(bool((record.get("contamination") or {}).get("contaminated"))
                 for record in run.cells["record"])
    if marked:
        said.append(f"{plural(marked, 'sample')} of {run.name} ran while others used the machine")
    invalid = int((~run.cells["valid"]).sum())
    if invalid:
        said.append(f"{plural(invalid, 'sample')} of {run.name} failed and do not count")
    return said + _few_samples(run)


def _few_samples(run: MeasuredRun) -> list[str]:
    times = run.cells[(run.cells["kind"] == "time") & run.cells["valid"]]
    counts = times.groupby("cell").size()
    few = int((counts < FEWEST_SAMPLES).sum())
    if not few:
        return []
    return [f"{plural(few, 'cell')} of {run.name} rest on fewer than {FEWEST_SAMPLES} time samples"
            f" (at least {counts.min()}): their noise is hardly known, and their verdicts are not to be"
            " relied on"]


def _distinct(base: MeasuredRun, new: MeasuredRun) -> list[MeasuredRun]:
    return [base] if base.run.folder.resolve() == new.run.folder.resolve() else [base, new]


def _differences(title: str, before: dict, after: dict, names: tuple) -> list[str]:
    """The members `names` that differ, each with both its values."""
    return [f"{title}{'.' if title else ''}{name} differs: {_told(before.get(name))} then,"
            f" {_told(after.get(name))} now" for name in names
            if before.get(name) != after.get(name)]


def _told(value) -> str:
    return "unknown" if value is None else str(value)


def _backends(before: dict, after: dict, common: set[str]) -> list[str]:
    """Back ends of both runs that are not the same library."""
    versions = [{(entry["name"], entry["linkage"]): entry.get("version")
                 for entry in environment["backends"]} for environment in (before, after)]
    return [f"back end {name} differs: {_told(versions[0][name, linkage])} then,"
            f" {_told(versions[1][name, linkage])} now"
            for name, linkage in sorted(set(versions[0]) & set(versions[1]))
            if name in common and versions[0][name, linkage] != versions[1][name, linkage]]


def _speed(base: MeasuredRun, new: MeasuredRun) -> list[str]:
    """Whether the machine itself was slower: the quickest speed probe of each run."""
    then, now = _quickest_probe(base), _quickest_probe(new)
    if np.isnan(then) or np.isnan(now) or abs(now / then - 1) <= BAND:
        return []
    return [f"the machine was {'slower' if now > then else 'faster'}: the speed probe took"
            f" {units.nanoseconds(then)} at best then, {units.nanoseconds(now)} now"]


def _quickest_probe(run: MeasuredRun) -> float:
    probes = [np.nanmin(times) for record in run.samples["record"]
              if (times := np.asarray((record.get("series") or {}).get("probe_ns", ()),
                                      dtype=float)).size and not np.isnan(times).all()]
    return float(min(probes)) if probes else float("nan")


def _amounts(base: MeasuredRun, new: MeasuredRun, common: set[str]) -> list[str]:
    """Works of which the runs did not do the same amount."""
    works = set(new.cells[new.cells["cell"].isin(common)]["work"])
    before, after = base.amounts("memory"), new.amounts("memory")
    differing = {work: after[work] / before[work] for work in sorted(works & set(before) & set(after))
                 if before[work] > 0 and after[work] != before[work]}
    if not differing:
        return []
    most = sorted(differing, key=lambda work: -abs(np.log(differing[work])))[:_SHOWN_WORKS]
    shown = [f"{work} {differing[work]:.3g}×" for work in most]
    return [f"{plural(len(differing), 'work')} did another number of iterations, calibrated anew"
            f" ({join(shown)}{' at most' if len(differing) > len(most) else ''}): the intervals of"
            " what grows with the work hold it"]
