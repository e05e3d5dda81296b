"""This figure is resident and requested memory over time, work × back end, one picture a
collector."""

from __future__ import annotations

import math

import numpy as np

from .. import units
from ..style import FAINT, GRID, INK, MUTED, Look, shorten
from . import grid as layout
from .picture import Absent, FigureKind, Picture


def draw(analysis) -> list[Picture] | Absent:
    """A picture for each collector; one that collects comes first."""
    first = analysis.collecting() or analysis.collectors
    order = first + [name for name in analysis.collectors if name not in first]
    pictures = [picture for name in order if (picture := _draw_collector(analysis, name))]
    return pictures or Absent("No valid memory sample has a timeline, so RSS over time cannot be"
                              " shown.")


def _timelines(analysis, collector: str) -> dict:
    """The first valid memory sample with a timeline of each (row, variant)."""
    found = {}
    memory = analysis.valid("memory")
    for sample in memory[memory["collector"] == collector].sort_values("id").itertuples():
        if len(sample.record["timeline"]["at_ns"]) > 1:
            found.setdefault((sample.row, sample.variant), sample)
    return found


def _draw_collector(analysis, collector: str) -> Picture | None:
    found = _timelines(analysis, collector)
    rows = [row for row in analysis.rows if any(key[0] == row for key in found)]
    variants = [name for name in analysis.variants if any(key[1] == name for key in found)]
    if not rows:
        return None
    look = Look(analysis.palette)
    measures = layout.Measures(left=0.62, top=0.3, bottom=0.3, heading=0.34, gap=0.26,
                               column_gap=0.14, value_width=0.0)
    sheet = layout.sheet(len(rows), len(variants), 0.95, measures, widest_panel=4.4)
    picture = Picture(sheet.figure, f"Resident memory over time under {collector}, by work and back"
                                    " end.", label=f"collector {collector}")
    for column, variant in enumerate(variants):
        left, _ = sheet.place(0, column)
        sheet.text(left, 0.15, shorten(variant, 20), color=look.colour(variant), weight="bold",
                   va="center", ha="left", size=9)
    for row, work in enumerate(rows):
        layout.row_title(sheet, row, work)
        _draw_row(picture, sheet, row, work, variants, found, look)
    return picture


def _draw_row(picture, sheet, row: int, work: str, variants, found, look: Look) -> None:
    samples = {name: found[work, name] for name in variants if (work, name) in found}
    longest = max(sample.record["timeline"]["at_ns"][-1] for sample in samples.values())
    highest = max(np.nanmax(sample.record["timeline"]["rss_bytes"]) for sample in samples.values())
    for column, variant in enumerate(variants):
        axes = sheet.axes[row][column]
        _axes(axes, longest, highest, column == 0)
        if variant not in samples:
            layout.panel_text(axes, "no valid sample")
            continue
        for other, sample in samples.items():
            if other != variant:
                axes.plot(*_outline(sample), color=FAINT, linewidth=0.7, alpha=0.6, zorder=1)
        _draw_timeline(picture, axes, samples[variant], look, phases=column == 0)


def _axes(axes, longest: float, highest: float, labelled: bool) -> None:
    axes.set_xlim(0, longest)
    axes.set_ylim(0, highest * 1.16)
    step = 2.0 ** math.floor(math.log2(max(highest, 2.0) / 2))
    ticks = np.arange(0, highest * 1.01, step)
    axes.set_yticks(ticks)
    axes.set_yticklabels([units.round_bytes(tick) for tick in ticks]
                         if labelled else [], size=7, color=MUTED)
    axes.grid(axis="y")
    axes.set_xticks([longest])
    axes.set_xticklabels([units.nanoseconds(longest)], size=7, ha="right")


def _line(sample, net: bool) -> tuple[np.ndarray, np.ndarray]:
    timeline = sample.record["timeline"]
    floor = sample.floor_rss_bytes if net and not math.isnan(sample.floor_rss_bytes) else 0.0
    return timeline["at_ns"], timeline["rss_bytes"] - floor


def _outline(sample, points: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """The net line with few points, the largest of each stretch: enough for a background."""
    at, rss = _line(sample, net=True)
    starts = np.unique(np.linspace(0, len(at), points, endpoint=False).astype(int))
    return at[starts], np.fmax.reduceat(rss, starts)


def _draw_timeline(picture, axes, sample, look: Look, phases: bool) -> None:
    colour = look.colour(sample.variant)
    at, raw = _line(sample, net=False)
    axes.plot(at, raw, color=colour, linewidth=0.8, linestyle=(0, (2, 1.5)), zorder=3)
    words = f"{sample.variant}: {units.byte_count(np.nanmax(raw))} raw at the highest"
    if not math.isnan(sample.floor_rss_bytes):
        _, net = _line(sample, net=True)
        axes.fill_between(at, net, color=colour, alpha=0.16, linewidth=0, zorder=2)
        mark, = axes.plot(at, net, color=colour, linewidth=1.5, zorder=4)
        words += f", {units.byte_count(np.nanmax(net))} net"
        picture.tip(mark, words)
    requested = sample.record["timeline"]["requested_bytes"]
    if not np.isnan(requested).all():
        mark, = axes.plot(at, requested, color=INK, linewidth=0.9, linestyle=(0, (1, 1.3)), zorder=5)
        picture.tip(mark, f"{sample.variant}: {units.byte_count(np.nanmax(requested))} requested (Q) at"
                          " the highest")
    top = axes.get_ylim()[1]
    longest = axes.get_xlim()[1]
    starts = [(start, name) for start, name in sample.record["timeline"]["phase"]]
    ends = [start for start, _ in starts[1:]] + [longest]
    for (start, name), end in zip(starts, ends):
        axes.axvline(start, color=GRID if start == 0 else MUTED, linewidth=0.7,
                     linestyle=(0, (1, 2)), zorder=0)
        room = (end - start) / longest
        if phases and room > 0.034 * len(name):
            axes.text(start + longest * 0.015, top, shorten(name, 16), size=6.5, color=MUTED,
                      va="top", ha="left")


FIGURE = FigureKind(
    name="rss-over-time",
    title="Resident memory over time",
    caption="One memory sample of each cell, sampled from outside every few milliseconds. The filled"
            " line is net of a null run, the thin dashed one is raw, the dotted dark one is what the"
            " program asked for and has not freed (Q); the grey lines are the other back ends, net, for"
            " comparison. Dotted uprights are the beginnings of phases, named in"
            " the first column. Lower is better, and so is a line that falls after the release.",
    draw=draw)
