"""This figure is the resident memory of the program's processes over time, a panel an allocator."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from .. import units
from ..exec_look import ExecLook
from ..style import FAINT, MUTED, WIDTH_INCHES, shorten
from .picture import Absent, FigureKind, Picture

_COLUMNS, _PANEL_INCHES = 5, 1.75


def typical(analysis, label: str) -> dict | None:
    """The valid sample with a line to draw whose wall time is the middle one."""
    found = sorted((sample for sample in analysis.run.samples
                    if sample["variant"] == label and sample["valid"]
                    and len(sample["timeline"]["at_ns"]) > 1),
                   key=lambda sample: (sample["metrics"]["wall_ns"], sample["id"]))
    return found[len(found) // 2] if found else None


def draw(analysis) -> Picture | Absent:
    """One picture, or why there is none."""
    samples = {label: sample for label in analysis.labels
               if (sample := typical(analysis, label)) is not None}
    if not samples:
        return Absent("No valid sample lasted for two looks (5 ms apart), so memory over time is not"
                      " known.")
    columns = min(_COLUMNS, len(samples))
    rows = math.ceil(len(samples) / columns)
    figure = Figure(figsize=(WIDTH_INCHES, rows * _PANEL_INCHES + 0.25))
    grid = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    figure.subplots_adjust(left=0.065, right=0.985, top=1 - 0.3 / (rows * _PANEL_INCHES),
                           bottom=0.16 / rows, wspace=0.08, hspace=0.34)
    picture = Picture(figure, "Resident memory of all processes over time, by allocator.")
    look = ExecLook(analysis.labels)
    lines = {label: _line(sample) for label, sample in samples.items()}
    longest = max(at[-1] for at, _ in lines.values())
    highest = max(rss.max() for _, rss in lines.values())
    for axes, label in zip(grid, samples):
        _draw_panel(picture, axes, label, lines, look, samples[label])
        _scale(axes, longest, highest)
    for axes in grid[len(samples):]:
        axes.set_visible(False)
    return picture


def _line(sample: dict) -> tuple[np.ndarray, np.ndarray]:
    timeline = sample["timeline"]
    return np.array(timeline["at_ns"], dtype=float), np.array(timeline["rss_bytes"], dtype=float)


def _draw_panel(picture, axes, label: str, lines: dict, look: ExecLook, sample: dict) -> None:
    for other, line in lines.items():
        if other != label:
            axes.plot(*line, color=FAINT, linewidth=0.7, alpha=0.6, zorder=1)
    at, rss = lines[label]
    colour = look.colour(label)
    axes.fill_between(at, rss, color=colour, alpha=0.14, linewidth=0, zorder=2)
    mark, = axes.plot(at, rss, color=colour, linewidth=1.5, zorder=3,
                      linestyle=(0, (3, 1.3)) if look.hollow(label) else "solid")
    picture.tip(mark, f"{label}: {units.byte_count(rss.max())} at the highest look, {sample['id']}")
    axes.set_title(shorten(label, 22), loc="left", size=9, color=colour, weight="bold", pad=4)


def _scale(axes, longest: float, highest: float) -> None:
    axes.set_xlim(0, longest)
    axes.set_ylim(0, highest * 1.08)
    step = 2.0 ** math.floor(math.log2(max(highest, 2.0) / 2))
    ticks = np.arange(0, highest * 1.01, step)
    axes.set_yticks(ticks, [units.round_bytes(tick) for tick in ticks], size=7, color=MUTED)
    axes.set_xticks([longest], [units.nanoseconds(longest)], size=7, ha="right")
    axes.grid(axis="y")


FIGURE = FigureKind(
    name="exec-rss-over-time",
    title="Resident memory over time",
    caption="The sample of each allocator whose wall time is the middle one: the sum over all its"
            " processes at looks 5 ms apart. The grey lines are the other allocators. Lower is"
            " better. Dashed: PYTHONMALLOC=malloc.",
    draw=draw)
