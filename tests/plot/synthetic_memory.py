"""This module makes the memory samples of a made run: edges, accounts, size classes and a timeline
that agree with each other and with the truths."""

from __future__ import annotations

import numpy as np
from synthetic_truths import (COLLECTOR_DRAG, KEPT, MEMORY, MIB, PREFIX, REFILL, true_ratio,
                              truth_of)

#: Usable sizes of the made size classes with the share of the requested bytes in each.
CLASSES = ((32, 0.21), (48, 0.33), (64, 0.24), (96, 0.12), (256, 0.1))
_SETTLE = {"short": (("release+0ms", 0), ("release+100ms", 1)),
           "long": (("release+0ms", 0), ("release+100ms", 1), ("release+1000ms", 2),
                    ("release+5000ms", 3))}


class Amounts:
    """The true bytes of one cell at the end of its steady phase."""

    def __init__(self, recipe, work, backend: str, collector: str):
        internal, external, retention = MEMORY.get(truth_of(recipe, backend), (1.1, None, 1.2))
        cyclic = work[0] == "cyclic-graph"
        self.live = work[4]
        self.requested = int(self.live * (COLLECTOR_DRAG[collector] if cyclic else 1.0)) \
            + self.live // 100 * PREFIX[collector] // 4
        self.usable = int(self.requested * internal)
        self.active = int(self.usable * external) if external else None
        self.net = int((self.active or self.usable) * retention)
        self.uncollected = int(self.live * (COLLECTOR_DRAG[collector] - 1)) if cyclic else 0
        self.table = 4096 * 8 if collector == "generational" else 0


class MemoryMaker:
    """The part of the maker that makes memory samples."""

    def memory_sample(self, index: int, backend: str, collector: str) -> dict:
        work = self.recipe.planned()[index]
        sample = self.identity(work, backend, collector, "memory", 0, "cell")
        amounts = Amounts(self.recipe, work, backend, collector)
        kept, refilled = (0.31, 0.31, 0.31, 0.31, 0.12), None
        if work[0] == "release-refill":
            rougher = {"random": 1.0, "age": 0.7, "structure": 0.85}[work[1]["order"]]
            truth = truth_of(self.recipe, backend)
            kept = tuple(1 - (1 - share) * rougher for share in KEPT.get(truth, KEPT["system"]))
            refilled = REFILL.get(truth, REFILL["system"])[1]
        self.fill_memory(sample, amounts, kept, refilled, true_ratio(self.recipe, index, backend))
        if work[0] in ("lru-cache", "request-mix") and self.recipe.soak:
            self.make_soak(sample, amounts, self.recipe.soak.get(backend, 0.0))
        return sample

    def fill_memory(self, sample, amounts, kept, refilled, speed) -> None:
        floor = self.null_rss(sample["backend"]) + self.recipe.tables_bytes
        peak = floor + int(amounts.net * 1.04)
        self.found(sample, 0)
        edges = [self.edge("setup", 0, floor, floor, None, 1)]
        for name, at, rss, share in (("build", 0.22, 0.7, 0.7), ("steady", 0.75, 1, 1),
                                     ("release", 0.8, 0.4, 0.1)):
            edges.append(self.edge(name, at, floor + int(amounts.net * rss), peak, amounts, share))
        for name, place in _SETTLE[self.recipe.settle]:
            edges.append(self.edge(name, 0.81 + place / 20, floor + int(amounts.net * kept[place]),
                                   peak, amounts, 0.1))
        last = kept[_SETTLE[self.recipe.settle][-1][1]]
        purged = floor + int(amounts.net * kept[4])
        edges += [self.edge("collected", 0.97, floor + int(amounts.net * last), peak, amounts, 0.1),
                  self.edge("purged", 0.98, purged, peak, amounts, 0.1)]
        if refilled:
            edges.append(self.edge("refill", 1.1, floor + int(amounts.net * refilled), peak, amounts,
                                   1))
        sample["edges"] = edges
        sample["accounts"] = self.accounts(amounts, floor, peak, sample["collector"])
        sample["size_classes"] = self.size_classes(amounts, sample["backend"])
        sample["attribution"] = "bytes" if amounts.live < MIB else \
            "split" if amounts.active else "merged"
        sample["timeline"] = self.timeline(floor, amounts, purged, speed)
        sample["metrics"] = self.memory_metrics(edges, amounts, peak)

    @staticmethod
    def memory_metrics(edges, amounts, peak: int) -> dict:
        rss = {edge["edge"]: edge["rss_bytes"] for edge in edges}
        requested = {edge["edge"]: edge["requested_bytes"] for edge in edges}
        freed = requested["steady"] - requested["release"]
        last = rss.get("release+5000ms", rss["release+100ms"])
        return {
            "peak_rss_bytes": peak, "rss_bytes": rss["steady"], "live_bytes": amounts.live,
            "collector_drag_ratio": amounts.requested / amounts.live,
            "internal_fragmentation_ratio": amounts.usable / amounts.requested,
            "external_fragmentation_ratio": amounts.active / amounts.usable
            if amounts.active else None,
            "rss_after_release_bytes": rss["release+0ms"],
            "rss_after_100ms_bytes": rss["release+100ms"],
            "rss_after_1s_bytes": rss.get("release+1000ms"),
            "rss_after_5s_bytes": rss.get("release+5000ms"),
            "rss_after_collect_bytes": rss["collected"], "rss_after_purge_bytes": rss["purged"],
            "rss_after_refill_bytes": rss.get("refill"),
            "returned_share": (rss["steady"] - last) / freed if freed else None,
            "returned_after_purge_share": (rss["steady"] - rss["purged"]) / freed if freed else None,
            "uncollected_bytes": amounts.uncollected, "collector_table_bytes": amounts.table,
            "huge_page_bytes": 0, "huge_page_share": 0.0, "collections": 0,
            "foreign_cpu_share": 0.004,
        }

    @staticmethod
    def edge(name, at, rss, peak, amounts, share) -> dict:
        """An edge at which `share` of the amounts is there; None: nothing is."""
        def part(value):
            return 0 if amounts is None else None if value is None else int(value * share)
        active = None if amounts is None else amounts.active
        told = amounts or Amounts.__new__(Amounts)
        own = vars(told)
        return {"edge": name, "at_ns": int(at * 4e8), "rss_bytes": int(rss),
                "peak_rss_bytes": int(peak), "live_bytes": part(own.get("live", 0)),
                "requested_bytes": part(own.get("requested", 0)),
                "usable_bytes": part(own.get("usable", 0)),
                "active_bytes": None if active is None else int(active * share),
                "allocated_bytes": None if active is None else part(own["usable"]),
                "resident_bytes": None if active is None else int(active * share * 1.02),
                "metadata_bytes": None if active is None else MIB // 4,
                "huge_page_bytes": 0, "collector_table_bytes": own.get("table", 0),
                "uncollected_bytes": part(own.get("uncollected", 0)), "tracked_objects": 0}

    def accounts(self, amounts, floor: int, peak: int, collector: str) -> list[dict]:
        """Garbage that grows to what the steady edge holds; a collector empties it now and then."""
        made = []
        for place in range(self.recipe.accounts):
            share = (place + 1) / self.recipe.accounts
            if collector == "generational":
                share = 0.2 + 0.8 * ((place * 5 + 4) % self.recipe.accounts) \
                    / max(1, self.recipe.accounts - 1)
            account = self.edge("", 0.25 + 0.5 * place / self.recipe.accounts,
                                floor + amounts.net * (0.96 + 0.04 * share), peak, amounts, 1)
            del account["edge"]
            account["uncollected_bytes"] = int(amounts.uncollected * share)
            made.append({"batch": place * self.recipe.batches // self.recipe.accounts, **account})
        return made

    def size_classes(self, amounts, backend: str) -> list[dict]:
        """Blocks of each class; the back end that tells A tells its slots too."""
        made = []
        for usable, share in CLASSES:
            blocks = int(amounts.usable * share / usable)
            requested = int(amounts.requested * share)
            slots = int(blocks * (1.05 + usable / 1000)) if amounts.active else None
            if blocks:
                made.append({"usable_bytes": usable, "requested_bytes": requested,
                             "blocks": blocks, "slots": slots})
        return made

    def timeline(self, floor: int, amounts, purged: int, speed: float) -> dict:
        at = np.arange(0, 0.98, 0.0125)
        knots = [0, 0.22, 0.25, 0.75, 0.8, 0.96, 0.97]
        shape = np.interp(at, knots, [0, 0.7, 0.98, 1, 0.4, 0.31, (purged - floor) / amounts.net])
        asked = np.interp(at, knots, [0, 0.7, 0.99, 1, 0.1, 0.1, 0.1]) * amounts.requested
        ripple = 1 + 0.02 * self.random.standard_normal(len(at))
        scale = 4e8 * (0.6 + 0.4 * speed)
        return {"at_ns": [int(value) for value in at * scale],
                "rss_bytes": [int(value) for value in floor + amounts.net * shape * ripple],
                "requested_bytes": [int(value) for value in asked],
                "phase": [[0, "build"], [int(0.22 * scale), "steady"], [int(0.75 * scale), "release"]]}

    def make_soak(self, sample: dict, amounts, growth: float) -> None:
        """Spreads the accounts over the duration, RSS growing by `growth` bytes a second."""
        floor = self.null_rss(sample["backend"]) + self.recipe.tables_bytes
        start, length = 0.5, self.recipe.duration_s
        count = max(2, 8 * self.recipe.accounts)
        at = start + length * np.arange(1, count + 1) / count
        noise = 1 + 0.004 * self.extra.standard_normal(count)
        rss = floor + amounts.net * noise + growth * (at - start)
        base = sample["accounts"][-1]
        sample["accounts"] = [{**base, "batch": place, "at_ns": int(when * 1e9),
                               "rss_bytes": int(value), "peak_rss_bytes": int(rss[:place + 1].max())}
                              for place, (when, value) in enumerate(zip(at, rss))]
        sample["timeline"] = {
            "at_ns": [0, int(start * 1e9)] + [int(when * 1e9) for when in at],
            "rss_bytes": [floor, int(rss[0])] + [int(value) for value in rss],
            "requested_bytes": [0, amounts.requested] + [amounts.requested] * count,
            "phase": [[0, "build"], [int(start * 1e9), "steady"]]}
        for edge in sample["edges"]:
            if edge["edge"] == "steady":
                edge.update(at_ns=int((start + length) * 1e9), rss_bytes=int(rss[-1]))
        sample["metrics"]["peak_rss_bytes"] = int(rss.max())
        sample["metrics"]["rss_bytes"] = int(rss[-1])

    @staticmethod
    def null_rss(backend: str) -> int:
        return 2 * MIB + 4096 * (sum(map(ord, backend)) % 300)

    def null_sample(self, backend: str, collector: str) -> dict:
        sample = self.identity(("null", {}, []), backend, collector, "memory", 0, "null")
        self.found(sample, 0)
        rss = self.null_rss(self.label(backend))
        sample["edges"] = [self.edge("setup", 0, rss, rss, None, 1),
                           self.edge("steady", 0.5, rss, rss, None, 1)]
        sample["timeline"] = {"at_ns": [0], "rss_bytes": [rss], "phase": [[0, "steady"]]}
        sample["metrics"] = {"peak_rss_bytes": rss}
        return sample
