"""This module is how heapmark's figures look, so that a back end has one colour and one marker in
every figure and every text one size.

The palette follows Okabe and Ito (2008), darkened or lightened until each colour holds on white
and on near-black. Colour never stands alone: names are written beside the marks. The neutral
colours are few and fixed, so that the report can turn them into CSS variables for dark screens.
"""

from __future__ import annotations

import contextlib
import functools
import math
import warnings

from . import apart  # noqa: F401  (first: where matplotlib is imported from)
import matplotlib
from matplotlib import font_manager

INK, MUTED, FAINT, GRID, BAND, PAPER = (
    "#1f2933", "#66727f", "#a9b4bf", "#e1e6eb", "#edf1f4", "#ffffff")

#: The neutral colours by the name of the CSS variable that replaces them in the report.
NEUTRALS = {"ink": INK, "muted": MUTED, "faint": FAINT, "grid": GRID, "band": BAND, "paper": PAPER}

_KNOWN = {
    "pool": ("#d9600a", "o"), "system": ("#7d8894", "s"), "jemalloc": ("#0f7fc4", "D"),
    "mimalloc": ("#0f9d76", "^"), "tcmalloc": ("#b8559b", "v"), "bump": ("#b98900", "P"),
    "debug": ("#8a6d50", "X"), "pool-inline": ("#e2955c", "p"),
}
_SPARE_MARKERS = "hpd<>*8H"

#: The terms of the memory split, and their colours (Paul Tol's muted scheme).
TERM_COLOURS = {"drag": "#a04a78", "internal": "#3f9f91", "external": "#c9b04e",
                "retention": "#6fb3d9", "merged": "#9fb08a", "tables": "#7d5fa8", "live": FAINT}

WIDTH_INCHES = 11.6

_FAMILIES = ("Liberation Sans", "Arial", "Helvetica")

_PARAMETERS = {
    "font.family": "sans-serif",
    "font.size": 8.5, "text.color": INK, "text.parse_math": False,
    "axes.edgecolor": FAINT, "axes.labelcolor": MUTED, "axes.linewidth": 0.7,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.unicode_minus": True, "axes.facecolor": "none", "axes.axisbelow": True,
    "xtick.color": MUTED, "ytick.color": INK, "xtick.labelsize": 7.5, "ytick.labelsize": 8.5,
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
    "xtick.major.pad": 5, "ytick.major.pad": 6,
    "grid.color": GRID, "grid.linewidth": 0.7, "lines.linewidth": 1.4,
    "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "figure.dpi": 100,
    "svg.fonttype": "none", "path.simplify": True,
}


@contextlib.contextmanager
def context(salt: str):
    """A context in which figures take this style, and SVG ids depend on `salt` alone.

    Fonts that this machine lacks are not asked for, and a label in a script that the font lacks is
    no cause for a warning: the SVG's text is text, and the browser has other fonts.
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    families = [name for name in _FAMILIES if name in installed] + ["DejaVu Sans"]
    parameters = {**_PARAMETERS, "font.sans-serif": families, "svg.hashsalt": salt}
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()  # a user's own settings are for other figures
        matplotlib.rcParams.update(parameters)
        warnings.filterwarnings("ignore", message="Glyph .* missing from current font")
        yield


@functools.cache
def _spare_colours() -> tuple[str, ...]:
    import seaborn
    return tuple(colour for light in (0.55, 0.42)
                 for colour in seaborn.husl_palette(24, h=0.13, l=light).as_hex())


def _farthest_from(taken: list[str]) -> str:
    """The spare colour that is least like any of those taken; the first where none is."""
    return max(_spare_colours(), key=lambda colour: min((_distance(colour, other) for other in taken),
                                                        default=0.0))


def _distance(one: str, other: str) -> float:
    """How unlike two colours look: RGB, weighted by how red they are."""
    (red, green, blue), (red2, green2, blue2) = (
        [int(colour[place:place + 2], 16) for place in (1, 3, 5)] for colour in (one, other))
    mean = (red + red2) / 2
    return math.sqrt((2 + mean / 256) * (red - red2)**2 + 4 * (green - green2)**2
                     + (2 + (255 - mean) / 256) * (blue - blue2)**2)


class Look:
    """The colour and marker of every back end of a run."""

    def __init__(self, variants: list[str]):
        self._looks = {}
        unknown = []
        for variant in variants:
            plain = variant.split(" (")[0]
            if plain in _KNOWN and _KNOWN[plain] not in self._looks.values():
                self._looks[variant] = _KNOWN[plain]
            else:
                unknown.append(variant)
        for index, variant in enumerate(unknown):
            colour = _farthest_from([colour for colour, _ in self._looks.values()])
            self._looks[variant] = (colour, _SPARE_MARKERS[index % len(_SPARE_MARKERS)])

    def colour(self, variant: str) -> str:
        return self._looks[variant][0]

    def marker(self, variant: str) -> str:
        return self._looks[variant][1]


def printable(text: str) -> str:
    """`text` without control characters, which neither XML nor a terminal bears."""
    return "".join(character if character.isprintable() else " " for character in str(text))


def shorten(text: str, length: int = 46) -> str:
    """`text`, its middle cut out where it is longer than `length`: labels come from people."""
    text = printable(text)
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[:length - tail - 1]}…{text[-tail:]}"
