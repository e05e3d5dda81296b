"""This module is where the judge finds its cells: a run's cells by side, work, collector and threads,
and why there are none.

Invariant: what is not there is said by the name of what lacks, most general cause first: an absent
back end before a missing work, a missing work before invalid samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from ..compare_runs import in_kind
from ..measured import Measured, MeasuredRun
from ..references import optimised, references
from ..words import join
from .table import Side

_NAME = re.compile(r"(?P<work>.+)/backend:(?P<backend>[^/]+)/linkage:(?P<linkage>[^/]+)"
                   r"/collector:(?P<collector>[^/]+)/threads:(?P<threads>\d+)"
                   r"/runtime:(?P<runtime>[^/]+)")


@dataclass(frozen=True)
class Place:
    """Where two cells must agree to be compared."""

    work: str
    collector: str
    threads: int

    def __str__(self) -> str:
        parts = [self.work]
        if self.threads > 1:
            parts.append(f"{self.threads} threads")
        if self.collector != "none":
            parts.append(self.collector)
        return ", ".join(parts)


@dataclass(frozen=True)
class Found:
    """A cell of a side with what was measured in it."""

    place: Place
    backend: str
    linkage: str
    runtime: str
    measured: Measured


class JudgedRun:
    """A run's cells for the judge; each metric is estimated once."""

    def __init__(self, run: MeasuredRun):
        self.run = run
        self._metrics: dict[str, list[Found]] = {}

    @cached_property
    def _optimised(self) -> set[str]:
        return {own.runtime for own in references(self.run.run.environment) if optimised(own)}

    def found(self, metric: str) -> list[Found]:
        """All cells that have a sample of the metric's kind."""
        if metric not in self._metrics:
            self._metrics[metric] = self._measure(metric)
        return self._metrics[metric]

    def _measure(self, metric: str) -> list[Found]:
        known = self.run.metrics()
        settled = in_kind(known[metric], [self.run]) if metric in known else None
        if settled is None:
            return []
        made = []
        for name, measured in self.run.measure(settled, True).items():
            parts = _NAME.fullmatch(name)
            if parts:
                place = Place(parts["work"], parts["collector"], int(parts["threads"]))
                made.append(Found(place, parts["backend"], parts["linkage"], parts["runtime"],
                                  measured))
        return made

    def of_side(self, metric: str, side: Side) -> list[Found]:
        """The cells of `side`; where it asks for an optimised python3, of such only."""
        runtime = re.compile(side.runtime)
        return [cell for cell in self.found(metric)
                if (cell.backend, cell.linkage) == (side.backend, side.linkage)
                and runtime.fullmatch(cell.runtime)
                and (not side.optimised or cell.runtime in self._optimised)]

    def peak_live_bytes(self, cell: str) -> float:
        """The most live data that any edge or account of the cell's memory samples saw."""
        rows = self.run.cells
        own = rows[(rows["cell"] == cell) & (rows["kind"] == "memory") & rows["valid"]]
        looks = [look.get("live_bytes") or 0 for record in own["record"]
                 for member in ("edges", "accounts") for look in record[member]]
        return float(max(looks, default=0))

    def why_absent(self, side: Side, metric: str) -> str:
        """Why the run has no cell of `side`, or none with a value of `metric`."""
        environment = self.run.run.environment
        if side.is_reference:
            return self._why_no_reference(side)
        for backend in environment["backends"]:
            if backend["name"] == side.backend and not backend["available"]:
                return f"{side.backend} is absent: {backend['reason'] or 'not available'}"
        if side.backend not in environment["plan"]["backends"]:
            return f"no cell of {side.backend}"
        return f"no sample of {side.backend} that tells {metric}"

    def _why_no_reference(self, side: Side) -> str:
        version = side.runtime.replace("cpython-", "python3 ").replace(r"\.\d+", "").replace("\\", "")
        own = [told for told in references(self.run.run.environment)
               if re.fullmatch(side.runtime, told.runtime)]
        if own and side.optimised and not any(map(optimised, own)):
            return f"{join([told.runtime for told in own])} is not optimised (PGO and LTO)"
        if own:
            return f"no cell of {own[0].runtime} with {side.backend}"
        return f"no {version} in the run (--reference)"
