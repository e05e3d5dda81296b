"""This module makes the latency samples of a made run: histograms whose quantiles are known."""

from __future__ import annotations

import numpy as np
from synthetic_truths import WORKS, true_ratio

#: The true median time of a call with system, and the spread of its logarithm.
CALLS = {"malloc": 21.0, "free": 14.0, "realloc": 48.0}
SPREAD = 0.35
WINDOWS_NS = [1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9]
STEP = 1.015


def histogram(values, relative_error: float = 0.01) -> dict:
    """The histogram of `values` as a record holds it: buckets of 1.5 % from 1 ns up."""
    values = np.maximum(np.sort(np.asarray(values, dtype=float)), 1.0)
    places = np.floor(np.log(values) / np.log(STEP))
    found, counts = np.unique(places, return_counts=True)
    buckets = [[float(STEP**place), float(STEP ** (place + 1)), int(count)]
               for place, count in zip(found, counts)]
    return {"relative_error": relative_error, "count": len(values),
            "minimum": float(values[0]) if len(values) else None,
            "maximum": float(values[-1]) if len(values) else None, "buckets": buckets}


class LatencyMaker:
    """The part of the maker that makes latency samples."""

    def latency_sample(self, index: int, backend: str, collector: str, repetition: int) -> dict:
        work = self.recipe.planned()[index]
        sample = self.identity(work, backend, collector, "latency", repetition, "cell")
        self.found(sample, self.recipe.batches)
        speed = true_ratio(self.recipe, index, backend)
        made = {name: self.calls(median * speed) for name, median in CALLS.items()}
        made["round"] = self.calls(work[3] * 1000 * speed, 240)
        made["realloc"] = made["realloc"][:400]
        collects = collector == "generational" and work[0] == WORKS[1][0]
        pauses = self.extra.lognormal(11.2, 0.9, 240) * speed if collects else np.empty(0)
        cascades = self.extra.lognormal(9.3, 0.5, 60) * speed
        sample["latency"] = {"one_in": 1024, "operations_per_round": 1000, "clock_ns": 19,
                             "calls_one_in": 1024, "clock_scatter_ns": 2,
                             **{name: histogram(values) for name, values in made.items()}}
        sample["pauses"], sample["cascades"] = histogram(pauses), histogram(cascades)
        sample["mmu"] = self.mmu(pauses.max() if collects else cascades.max())
        sample["collections"] = []
        sample["metrics"] = self.latency_metrics(made, pauses, cascades, sample["mmu"])
        return sample

    def calls(self, median: float, count: int = 4000) -> np.ndarray:
        """Times of calls: a lognormal body, and one in a hundred that goes to the kernel."""
        body = median * np.exp(SPREAD * self.extra.standard_normal(count))
        slow = self.extra.random(count) < 0.01
        return np.where(slow, body * self.extra.uniform(20, 80, count), body)

    def mmu(self, longest: float) -> list:
        """A window longer than the steady phase (0.4 s here) has no utilization."""
        return [[window, None if window > 4e8 else float(max(0.0, 1 - longest * 1.1 / window))]
                for window in WINDOWS_NS]

    @staticmethod
    def latency_metrics(made: dict, pauses, cascades, mmu) -> dict:
        metrics = {"collections": len(pauses), "foreign_cpu_share": 0.004}
        shares = {"p50": 50, "p90": 90, "p99": 99, "p999": 99.9, "max": 100}
        sources = {"operation": made["round"], "malloc": made["malloc"], "free": made["free"],
                   "pause": pauses, "cascade": cascades}
        for name, values in sources.items():
            for word, share in shares.items():
                if name in ("malloc", "free") and word == "p90":
                    continue
                metrics[f"{name}_{word}_ns"] = float(np.percentile(values, share)) \
                    if len(values) else None
        for word, place in (("100us", 0), ("1ms", 2), ("10ms", 4), ("100ms", 6), ("1s", 8)):
            metrics[f"mmu_{word}"] = mmu[place][1]
        return metrics
