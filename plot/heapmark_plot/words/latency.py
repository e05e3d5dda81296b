"""This module is what the report says of single calls: with which back end a malloc or a free takes
long most rarely."""

from __future__ import annotations

from .. import units
from ..analysis import Analysis
from .language import Paragraph, geometric_mean, plural

#: The quantile that is told, and its words.
_SHARE, _WORDS = 0.99, "99th percentile"
#: Ten calls must lie above it for it to say anything.
_FEWEST_CALLS = 1000


def latency(analysis: Analysis) -> Paragraph | None:
    """The back ends with the least and the greatest tail of malloc and free, over common rows."""
    if not analysis.latencies:
        return None
    sentences = [sentence for name in ("malloc", "free") for sentence in _tail(analysis, name)]
    return Paragraph("Single calls", " ".join(sentences)) if sentences else None


def _tail(analysis: Analysis, name: str) -> list[str]:
    tails, short = {}, set()
    for (row, variant, collector), own in analysis.latencies.items():
        value = own.calls[name].quantile(_SHARE)
        if own.calls[name].count >= _FEWEST_CALLS:
            tails.setdefault(variant, {})[row, collector] = value
            if value <= max(0.0, own.scatter_ns if own.scatter_ns == own.scatter_ns else 0.0):
                short.add((row, collector))
    whole = set.intersection(*map(set, tails.values())) if tails else set()
    common = whole - short
    if len(tails) > 1 and whole and not common:
        return [f"The {_WORDS} of one {name} is too short for this machine's clock."]
    if len(tails) < 2 or not common:
        return []
    means = {variant: geometric_mean([own[key] for key in sorted(common)])
             for variant, own in tails.items()}
    order = sorted(means, key=lambda variant: (means[variant], variant))
    return [f"The {_WORDS} of one {name} (geometric mean over {plural(len(common), 'row')} of the"
            f" matrix) is least with {order[0]}, {units.nanoseconds(means[order[0]])}, and greatest"
            f" with {order[-1]}, {units.nanoseconds(means[order[-1]])}."]
