"""This module is what a figure hands over, so that a figure file holds nothing but its drawing.

A `FigureKind` is a registry entry: its name, its words and its `draw(analysis)`, which returns
`Picture`s or, where the run has nothing to draw, `Absent` with the reason in words. A picture's
marks may carry tips: an artist's gid with a text that becomes the mark's <title>.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from matplotlib.figure import Figure

from ..style import printable


@dataclass
class Picture:
    """One drawing. `label` tells several pictures of one figure apart; `summary` is its alt text."""

    figure: Figure
    summary: str
    label: str = ""
    tips: dict[str, str] = field(default_factory=dict)

    def tip(self, artist, text: str) -> None:
        """Gives `artist` (a line, a patch, a text) a text that shows under the pointer."""
        gid = f"tip{len(self.tips)}"
        artist.set_gid(gid)
        self.tips[gid] = printable(text)


@dataclass(frozen=True)
class Absent:
    """Nothing to draw, and why, in a sentence."""

    reason: str


@dataclass(frozen=True)
class FigureKind:
    """A figure: `caption` says how to read it and which direction is better; `table`, where there is
    one, makes the same figures as a tables.Table."""

    name: str
    title: str
    caption: str
    draw: Callable[..., list[Picture] | Absent]
    table: Callable | None = None
