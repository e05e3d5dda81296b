"""This figure is every valid sample of an exec run: wall time, CPU time and peak RSS side by side,
an allocator a row."""

from __future__ import annotations

from matplotlib import ticker
from matplotlib.figure import Figure

from .. import units
from ..exec_analysis import COMPARED
from ..exec_look import ExecLook
from ..style import BAND, FAINT, INK, MUTED, PAPER, WIDTH_INCHES, shorten
from .picture import Absent, FigureKind, Picture

_ROW_INCHES, _MARGIN_INCHES = 0.34, 0.95


def draw(analysis) -> Picture | Absent:
    """One picture, or why there is none."""
    labels = [label for label in analysis.labels if analysis.counts(label)[0]]
    if not labels:
        return Absent("No sample is valid, so there is nothing to show.")
    height = _MARGIN_INCHES + _ROW_INCHES * len(labels)
    figure = Figure(figsize=(WIDTH_INCHES, height))
    all_axes = figure.subplots(1, len(COMPARED), sharey=True)
    figure.subplots_adjust(left=0.13, right=0.985, top=1 - 0.42 / height, bottom=0.42 / height,
                           wspace=0.09)
    picture = Picture(figure, "Every sample's wall time, CPU time and peak resident memory, by"
                              " allocator.")
    look = ExecLook(analysis.labels)
    for axes, (metric, title) in zip(all_axes, COMPARED.items()):
        _draw_metric(picture, axes, analysis, labels, metric, look)
        axes.set_title(title, loc="left", size=9, color=MUTED, weight="bold", pad=8)
    all_axes[0].set_yticks(range(len(labels)), [shorten(label, 22) for label in labels])
    all_axes[0].set_ylim(len(labels) - 0.4, -0.6)
    return picture


def _draw_metric(picture, axes, analysis, labels, metric: str, look: ExecLook) -> None:
    unit = analysis.unit(metric)
    base = analysis.medians[analysis.baseline, metric].value
    if base == base:
        axes.axvspan(base / 1.02, base * 1.02, color=BAND, linewidth=0, zorder=0)
        axes.axvline(base, color=FAINT, linewidth=0.9, zorder=1)
    for row, label in enumerate(labels):
        values, median = analysis.values[label, metric], analysis.medians[label, metric]
        colour = look.colour(label)
        face = PAPER if look.hollow(label) else colour
        axes.plot(values, [row] * len(values), "o", color=colour, markerfacecolor=face,
                  markersize=4.6, markeredgewidth=0.9, alpha=0.55, zorder=3, clip_on=False)
        if median.low == median.low:
            axes.plot([median.low, median.high], [row, row], color=colour, linewidth=1.3, zorder=2,
                      solid_capstyle="butt")
        mark, = axes.plot([median.value] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=1.6,
                          zorder=4)
        picture.tip(mark, f"{label}: median {units.by_unit(median.value, unit)} of"
                          f" {median.count} samples")
    axes.margins(x=0.08)
    axes.grid(axis="x")
    _round_ticks(axes, unit)


def _round_ticks(axes, unit: str) -> None:
    """Ticks that are round in the unit they are shown in, not in bytes."""
    low, high = axes.get_xlim()
    scale = max([1.0] + [step for step in (2.0**10, 2.0**20, 2.0**30) if step <= high]) \
        if unit == "bytes" else 1.0
    ticks = ticker.MaxNLocator(4).tick_values(low / scale, high / scale) * scale
    inside = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(inside, [units.by_unit(tick, unit) if tick else "0" for tick in inside])
    axes.set_xlim(low, high)


FIGURE = FigureKind(
    name="exec-samples",
    title="Every sample",
    caption="A dot is one run of the program, the dark upright the median, the line its 95 %"
            " interval. The grey upright is the baseline's median, its band ±2 %. Further left is"
            " better. Hollow dots: PYTHONMALLOC=malloc. The axes do not begin at 0.",
    draw=draw)
