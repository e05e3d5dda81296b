"""This figure is how long single calls of the allocator and single rounds of the work took: the share
that took at least so long, per back end, one picture a collector."""

from __future__ import annotations

import numpy as np

from .. import units
from ..latency import CALLS
from ..style import INK, Look, shorten
from ..tables.latency import latency_table
from . import grid as layout
from .curves import (back_end_curve, curve_sheet, duration_axis, duration_limits, legend_entries,
                     survival_axis, thinned)
from .picture import Absent, FigureKind, Picture

_COLUMNS = (("malloc", "one malloc"), ("free", "one free"), ("round", "one round of the work"))


def draw(analysis) -> list[Picture] | Absent:
    """A picture for each collector; one that collects comes first."""
    order = analysis.collecting() + [name for name in analysis.collectors
                                     if name not in analysis.collecting()]
    pictures = [picture for name in order if (picture := _draw_collector(analysis, name))]
    return pictures or Absent("No valid latency sample is in this run.")


def _draw_collector(analysis, collector: str) -> Picture | None:
    found = {key[:2]: own for key, own in analysis.latencies.items() if key[2] == collector
             and any(own.calls[name].count for name, _ in _COLUMNS)}
    if not found:
        return None
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    look = Look(analysis.palette)
    sheet, titles = curve_sheet(len(rows), len(_COLUMNS), 1.05, legend_entries(look, variants))
    picture = Picture(sheet.figure, f"Latency of malloc, free and rounds under {collector}, by work"
                                    " and back end.", label=f"collector {collector}")
    for column, (_, words) in enumerate(_COLUMNS):
        left, _ = sheet.place(0, column)
        sheet.text(left, titles, words, weight="bold", color=INK, va="center", ha="left", size=8.5)
    finest = max([own.scatter_ns for own in found.values() if own.scatter_ns > 0] + [0.0])
    calls = {name: _limits([own.calls[name] for own in found.values()], finest) for name in CALLS}
    counts = [own.calls[name].count for own in found.values() for name, _ in _COLUMNS]
    least = 1 / max(counts)
    for row, work in enumerate(rows):
        own = {name: found[work, name] for name in variants if (work, name) in found}
        layout.row_title(sheet, row, work, _round_words(own))
        for column, (name, _) in enumerate(_COLUMNS):
            axes = sheet.axes[row][column]
            histograms = {variant: each.calls[name] for variant, each in own.items()}
            limits = calls.get(name) or _limits(histograms.values())
            duration_axis(axes, limits, sheet.panel_width, True)
            survival_axis(axes, least, column == 0)
            for variant, each in own.items():
                _draw_curve(picture, axes, look, variant, name, each, limits[0])
            if not any(each.count for each in histograms.values()):
                layout.panel_text(axes, f"no {name} was sampled")
    return picture


def _limits(histograms, finest: float = 0.0) -> tuple[float, float]:
    """What holds all buckets but those below `finest`, which the clock does not tell from 0."""
    ends = [end for own in histograms if own.count
            for end in (*own.buckets[own.buckets[:, 0] > finest, 0][:1], own.maximum)
            if end > finest]
    return duration_limits(ends + ([finest] if finest else []))


def _round_words(own) -> str:
    """How much work a round is, where the back ends agree on it, as they do by design."""
    told = {each.operations_per_round for each in own.values()}
    told = {value for value in told if value == value}
    return f"a round is {told.pop():g} operations" if len(told) == 1 else ""


def _draw_curve(picture: Picture, axes, look: Look, variant: str, name: str, own, low: float) -> None:
    histogram = own.calls[name]
    if not histogram.count:
        return
    at, share = thinned(*histogram.survival(), log=True)
    line = back_end_curve(axes, look, variant, np.maximum(at, low), share)
    picture.tip(line, f"{shorten(variant, 24)}, {name}: {own.words(name)};"
                      f" {units.count(histogram.count)} sampled")


FIGURE = FigureKind(
    name="latency",
    title="Latency of single calls",
    caption="How often a call takes long: the height of a curve is the share of the sampled calls that"
            " took at least the time below it; further left and lower is better. Both axes are"
            " logarithmic, so that the rare long ones show. A round is one iteration of the work, with"
            " every collection and page fault that fell into it. All valid latency samples of a cell"
            " are merged; malloc and free are without the clock's own cost, and what is"
            " too short for the clock stands at the left edge.",
    draw=draw,
    table=latency_table)
