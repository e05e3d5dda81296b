"""This figure is one workload's memory over time: what the process holds, what its objects are, when
the collector ran, and which lines of source added and gave back what in each phase."""

from __future__ import annotations

import bisect
import math

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from .. import units
from ..style import BAND, FAINT, GRID, INK, MUTED, WIDTH_INCHES, printable, shorten
from .grid import panel_text, text_width
from .picture import Picture

_RSS, _REQUESTED, _LIVE, _TRACKED, _PENDING = ("#66727f", "#d9600a", "#0f9d76", "#0f7fc4",
                                               "#b8559b")
_ADDED, _GIVEN_BACK = "#d9600a", "#0f7fc4"
_GENERATIONS = ((INK, 1.3), ("#3f7fae", 0.9), ("#8c98a4", 0.7))  # from the oldest on

# Inches.
_LEFT, _RIGHT, _TOP = 0.78, 0.16, 1.22
_LEGEND_GAP = 0.3  #: between two entries
_MEMORY, _OBJECTS, _RUG = 2.1, 1.25, 0.6
_LEGEND, _BETWEEN, _AXIS = 0.3, 0.1, 0.5
_FIRST_LEGEND, _NAMES, _ELBOW = 0.68, 0.96, 1.16  # down to a middle, a middle, a bend
_SITES_HEADING, _ROW, _BOTTOM = 0.72, 0.33, 0.14
_LABELS, _COLUMN_GAP, _AMOUNT = 4.1, 0.14, 0.62

_MOST_SITES = 10
_COLUMNS = 420  # of the rug: more ticks than these cannot be told apart


def draw(document: dict) -> Picture:
    """The picture of a timeline.json."""
    rows = _site_rows(document)
    height = (_TOP + _MEMORY + _OBJECTS + _RUG + 2 * (_LEGEND + _BETWEEN) + _AXIS
              + (_SITES_HEADING + len(rows) * _ROW if rows else 0.4) + _BOTTOM)
    sheet = _Sheet(Figure(figsize=(WIDTH_INCHES, height)))
    picture = Picture(sheet.figure, f"Memory over time of {document['work']} on"
                      f" {document['backend']} under {document['collector']}: resident, requested"
                      " and live bytes, tracked objects and pending garbage, collections, and the"
                      " lines of source that added most in each phase.")
    _heading(sheet, document)
    time = _Time(document)
    width = WIDTH_INCHES - _LEFT - _RIGHT
    top = _TOP
    memory = sheet.axes(_LEFT, top, width, _MEMORY)
    _draw_memory(picture, sheet, memory, _FIRST_LEGEND, document)
    top += _MEMORY + _BETWEEN + _LEGEND
    objects = sheet.axes(_LEFT, top, width, _OBJECTS)
    _draw_objects(picture, sheet, objects, top - 0.14, document)
    top += _OBJECTS + _BETWEEN + _LEGEND
    rug = sheet.axes(_LEFT, top, width, _RUG)
    _draw_collections(picture, sheet, rug, top - 0.12, document, time)
    for axes in (memory, objects, rug):
        time.apply(axes, labelled=axes is rug)
    _mark_full_collections((memory, objects), document)
    _phase_names(sheet, memory, document, time)
    top += _RUG + _AXIS
    _draw_sites(picture, sheet, top, document, rows)
    return picture


class _Sheet:
    """A figure measured in inches from its left and top."""

    def __init__(self, figure: Figure):
        self.figure = figure
        self.width, self.height = figure.get_size_inches()

    def axes(self, left: float, top: float, width: float, height: float):
        return self.figure.add_axes([left / self.width, 1 - (top + height) / self.height,
                                     width / self.width, height / self.height])

    def text(self, left: float, top: float, text: str, **keywords):
        keywords = {"ha": "left", "va": "center", "size": 8, "color": MUTED, **keywords}
        return self.figure.text(left / self.width, 1 - top / self.height, printable(text),
                                **keywords)

    def line(self, first: tuple[float, float], last: tuple[float, float], **keywords):
        self.figure.add_artist(Line2D([first[0] / self.width, last[0] / self.width],
                                      [1 - first[1] / self.height, 1 - last[1] / self.height],
                                      **keywords))


class _Time:
    """The time axis that the panels share, in ms from the first phase."""

    def __init__(self, document: dict):
        self.phases = [(phase["name"], phase["begin_ns"] / 1e6, phase["end_ns"] / 1e6)
                       for phase in document["phases"]]
        self.longest = max(self.phases[-1][2] if self.phases else 0, 1e-3)

    def apply(self, axes, labelled: bool) -> None:
        margin = self.longest * 0.004
        axes.set_xlim(-margin, self.longest + margin)
        for index, (_, begin, end) in enumerate(self.phases):
            if index % 2 == 0:
                axes.axvspan(begin, end, color=BAND, linewidth=0, zorder=0)
        axes.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 2.5, 5, 10]))
        if not labelled:
            axes.tick_params(axis="x", labelbottom=False)
            return
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.annotate("ms from the first phase; measuring is taken out", (1, 0),
                      xycoords="axes fraction", xytext=(0, -22), textcoords="offset points",
                      ha="right", va="top", size=7.5, color=MUTED)


def _heading(sheet: _Sheet, document: dict) -> None:
    work, _, parameters = document["work"].partition("/")
    work = shorten(work, 40)
    sheet.text(0.02, 0.16, work, weight="bold", size=11, color=INK)
    left = 0.02 + text_width(work, 11, bold=True) + 0.14
    sheet.text(left, 0.165, shorten(parameters.replace("/", "   "), 110), size=8.5)
    longest = max((phase["end_ns"] for phase in document["phases"]), default=0)
    words = [f"back end {document['backend']}", f"collector {document['collector']}",
             f"{units.count(document['iterations'])} iterations of the steady phase",
             f"{units.nanoseconds(longest)} in all",
             f"{units.nanoseconds(document['measuring_ns'])} of measuring taken out"]
    sheet.text(0.02, 0.38, shorten("   ·   ".join(words), 170), size=8)


def _legend(sheet: _Sheet, top: float, entries) -> None:
    """Marks with their words, in a line; `entries` are (Line2D keywords, words)."""
    left = _LEFT
    for mark, words in entries:
        dot = mark.get("linestyle") == "none"
        sheet.line((left + 0.11 * dot, top), (left + 0.22 - 0.11 * dot, top), **mark)
        sheet.text(left + 0.28, top, words)
        left += 0.28 + text_width(words, 8) + 0.3


def _phase_names(sheet: _Sheet, axes, document: dict, time: _Time) -> None:
    """Names the phases above the memory panel; a name too wide for its band moves aside and keeps
    a line to it."""
    if not time.phases:
        return
    low, high = axes.get_xlim()
    width = WIDTH_INCHES - _LEFT - _RIGHT
    places, sizes = [], []
    for name, begin, end in time.phases:
        places.append(_LEFT + ((begin + end) / 2 - low) / (high - low) * width)
        sizes.append(text_width(shorten(name, 18), 8, bold=True) + 0.12)
    for place, (name, begin, end), middle in zip(_apart(places, sizes, _LEFT, WIDTH_INCHES - 0.02),
                                                 time.phases, places):
        sheet.text(place, _NAMES, shorten(name, 18), weight="bold", color=INK, ha="center")
        if (end - begin) / (high - low) * width < text_width(shorten(name, 18), 8, bold=True):
            sheet.line((place, _NAMES + 0.09), (middle, _ELBOW), color=FAINT, linewidth=0.7)
            sheet.line((middle, _ELBOW), (middle, _TOP), color=FAINT, linewidth=0.7)


def _apart(places: list[float], sizes: list[float], low: float, high: float) -> list[float]:
    """The middles of labels in order, moved as little as it takes for none to touch another."""
    moved = list(places)
    edge = low
    for index, size in enumerate(sizes):
        moved[index] = max(moved[index], edge + size / 2)
        edge = moved[index] + size / 2
    edge = high
    for index in reversed(range(len(sizes))):
        moved[index] = min(moved[index], edge - sizes[index] / 2)
        edge = moved[index] - sizes[index] / 2
    return moved


def _merged(document: dict, at, values, member: str) -> tuple[list[float], list[float]]:
    """A series of readings and what the points say of the same, in the order of time; ms."""
    readings = list(zip(at, values))
    readings += [(point["at_ns"], point[member]) for point in document["points"]]
    readings = sorted((reading for reading in readings if reading[1] is not None),
                      key=lambda reading: reading[0])
    return [at / 1e6 for at, _ in readings], [value for _, value in readings]


def _points(document: dict, member: str) -> tuple[list[float], list[float]]:
    return _merged(document, [], [], member)


def _draw_line(picture: Picture, axes, series, colour: str, words: str) -> tuple[dict, str]:
    """A line through readings; returns its legend entry."""
    look = {"color": colour, "linewidth": 1.5, "solid_joinstyle": "round"}
    line, = axes.plot(*series, zorder=3, **look)
    picture.tip(line, words)
    return look, words


def _draw_walks(picture: Picture, axes, series, colour: str, words: str) -> tuple[dict, str]:
    """Dots on stems: known at the walks alone, so that nothing is said of the time between them."""
    at, values = series
    look = {"color": colour, "marker": "o", "markersize": 3.4, "linestyle": "none"}
    axes.vlines(at, 0, values, color=colour, linewidth=1, alpha=0.4, zorder=2)
    dots, = axes.plot(at, values, zorder=4, clip_on=False,
                      **{**look, "markersize": 3.4 if len(at) <= 120 else 1.8})
    picture.tip(dots, words)
    return look, words


def _draw_memory(picture: Picture, sheet: _Sheet, axes, legend_top: float, document: dict) -> None:
    ticks = document["ticks"]
    rss = _merged(document, document["rss"]["at_ns"], document["rss"]["bytes"], "rss_bytes")
    requested = _merged(document, ticks["at_ns"], ticks["requested_bytes"], "requested_bytes")
    live = _points(document, "live_bytes")
    highest = [max(values, default=0) for _, values in (rss, requested, live)]
    told = [units.byte_count(value) for value in highest]
    _byte_axis(axes, max(highest))
    _legend(sheet, legend_top, [
        _draw_line(picture, axes, rss, _RSS, f"resident (RSS), highest {told[0]}"),
        _draw_line(picture, axes, requested, _REQUESTED, f"requested (Q), highest {told[1]}"),
        _draw_walks(picture, axes, live, _LIVE, f"live (L) where the heap was walked, highest"
                                                f" {told[2]}")])


def _byte_axis(axes, highest: float) -> None:
    highest = max(highest, 1)
    axes.set_ylim(0, highest * 1.08)
    step = 2.0 ** math.floor(math.log2(highest / 2.5)) if highest > 4 else 1
    axes.yaxis.set_major_locator(FixedLocator([step * number
                                               for number in range(int(highest / step) + 1)]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: units.round_bytes(value)))
    axes.tick_params(axis="y", labelsize=7.5, labelcolor=MUTED)
    axes.grid(axis="y")


def _draw_objects(picture: Picture, sheet: _Sheet, axes, legend_top: float, document: dict) -> None:
    ticks = document["ticks"]
    tracked = _merged(document, ticks["at_ns"], ticks["tracked_objects"], "tracked_objects")
    pending = _points(document, "pending_objects")
    highest = [max(values, default=0) for _, values in (tracked, pending)]
    axes.set_ylim(0, max(*highest, 1) * 1.1)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_count_label))
    axes.tick_params(axis="y", labelsize=7.5, labelcolor=MUTED)
    axes.grid(axis="y")
    _legend(sheet, legend_top, [
        _draw_line(picture, axes, tracked, _TRACKED,
                   f"tracked objects, highest {units.count(highest[0])}"),
        _draw_walks(picture, axes, pending, _PENDING,
                    f"pending garbage among them where the heap was walked, highest"
                    f" {units.count(highest[1])}")])


def _count_label(value: float, _position) -> str:
    for scale, unit in ((1e6, "M"), (1e3, "k")):
        if value >= 10 * scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g}"


def _draw_collections(picture: Picture, sheet: _Sheet, axes, legend_top: float, document: dict,
                      time: _Time) -> None:
    """A row of ticks a generation, the oldest at the bottom."""
    generations = document["collections"]
    axes.set_ylim(len(generations) - 0.4, -0.6)
    axes.yaxis.set_major_locator(FixedLocator(range(len(generations))))
    names = [f"gen {entry['generation']}" for entry in generations] if len(generations) > 1 else [
        "full"]
    axes.set_yticklabels(names, size=7, color=MUTED)
    if not any(entry["count"] for entry in generations):
        sheet.text(_LEFT, legend_top, "no collections", style="italic")
        return
    legend = [f"{name}: {_collections_words(entry)}" for name, entry in zip(names, generations)]
    size = _size_that_fits(legend)
    left = _LEFT
    for row, (words, entry) in enumerate(zip(legend, generations)):
        age = len(generations) - 1 - row
        colour, width = _GENERATIONS[min(age, len(_GENERATIONS) - 1)]
        _draw_ticks(axes, row, entry["kept"], colour, width, time)
        text = sheet.text(left, legend_top, words, size=size,
                          style="normal" if entry["count"] else "italic")
        picture.tip(text, f"{words}; pauses {units.nanoseconds(entry['pause_total_ns'])} in all,"
                          f" {units.nanoseconds(entry['pause_max_ns'])} the longest")
        left += text_width(words, size) + _LEGEND_GAP


def _size_that_fits(legend: list[str], size: float = 8) -> float:
    """The size at which the entries stand beside one another, however wide this machine's font is."""
    room = WIDTH_INCHES - _LEFT - len(legend) * _LEGEND_GAP
    return size * min(1, room / sum(text_width(words, size) for words in legend))


def _collections_words(entry: dict) -> str:
    if not entry["count"]:
        return "no collections"
    words = f"{units.count(entry['count'])} collection{'s' if entry['count'] != 1 else ''}"
    words += f", {units.count(entry['collected'])} objects collected"
    if entry["uncollectable"]:
        words += f", {units.count(entry['uncollectable'])} uncollectable"
    if entry["kept_every"] > 1:
        words += f"; every {entry['kept_every']}th is drawn"
    return words


def _draw_ticks(axes, row: int, kept: list[dict], colour: str, width: float, time: _Time) -> None:
    """A tick for the first collection of each column, the darker the more there are in it."""
    columns: dict[int, list[float]] = {}
    for collection in kept:
        at = collection["at_ns"] / 1e6
        columns.setdefault(int(at / time.longest * _COLUMNS), []).append(at)
    most = max(map(len, columns.values()), default=1)
    for share in sorted({_share(len(column), most) for column in columns.values()}):
        at = [column[0] for column in columns.values() if _share(len(column), most) == share]
        axes.vlines(at, row - 0.36, row + 0.36, color=colour, linewidth=width, alpha=share,
                    zorder=3)


def _share(count: int, most: int) -> float:
    """How dark a tick is that stands for `count` collections: four steps."""
    return 1.0 if most == 1 else 0.4 + 0.2 * math.ceil(3 * count / most)


def _mark_full_collections(panels, document: dict) -> None:
    """Full collections run through the panels above, where they are few enough to be told apart."""
    full = document["collections"][-1]["kept"] if document["collections"] else []
    if len(full) > 40:
        return
    for axes in panels:
        for collection in full:
            axes.axvline(collection["at_ns"] / 1e6, color=INK, linewidth=0.6, alpha=0.55,
                         linestyle=(0, (1, 2)), zorder=2)


def _site_rows(document: dict) -> list[tuple[dict | None, list[tuple[int, int]]]]:
    """The lines that changed most in any phase, each with (bytes, blocks) for every phase; the rest
    in a row of its own, which has no line."""
    sites = document["sites"]
    if sites is None:
        return []
    found: dict[tuple, dict] = {}
    changes: dict[tuple, list[tuple[int, int]]] = {}
    for index, phase in enumerate(sites["phases"]):
        for line in phase["lines"]:
            key = (line["file"], line["line"], line["function"])
            found.setdefault(key, line)
            row = changes.setdefault(key, [(0, 0)] * len(sites["phases"]))
            # JSON has one kind of number: 3.0 is an integer for the schema as well.
            row[index] = (int(line["increment_bytes"]), int(line["increment_count"]))
    order = sorted((key for key in changes if any(size for size, _ in changes[key])),
                   key=lambda key: (-max(abs(size) for size, _ in changes[key]), key))
    rows = [(found[key], changes[key]) for key in order[:_MOST_SITES]]
    rest = [changes[key] for key in changes if key not in set(order[:_MOST_SITES])]
    if any(change != (0, 0) for row in rest for change in row):
        rows.append((None, [tuple(map(sum, zip(*column))) for column in zip(*rest)]))
    return rows


def _draw_sites(picture: Picture, sheet: _Sheet, top: float, document: dict, rows) -> None:
    sheet.line((0.02, top), (WIDTH_INCHES - 0.02, top), color=GRID, linewidth=0.8)
    sheet.text(0.02, top + 0.2, "What each line's blocks added", weight="bold", color=INK, size=9)
    if not rows:
        _no_sites(sheet, top + 0.2, document)
        return
    phases = document["sites"]["phases"]
    sheet.text(0.02, top + 0.42, "from a second, traced run of the same work", size=7.5)
    width = (WIDTH_INCHES - _LABELS - _RIGHT - (len(phases) - 1) * _COLUMN_GAP) / len(phases)
    spans = [_span(rows, column) for column in range(len(phases))]
    scale = min(((width - _amounts(span) * _AMOUNT) / sum(span) for span in spans if sum(span)),
                default=1.0)
    top += _SITES_HEADING
    for row, (line, _) in enumerate(rows):
        _site_label(sheet, top + (row + 0.5) * _ROW, line)
    for column, phase in enumerate(phases):
        left = _LABELS + column * (width + _COLUMN_GAP)
        sheet.text(left + width / 2, top - 0.42, shorten(phase["phase"], 18), weight="bold",
                   color=INK, ha="center")
        sheet.text(left + width / 2, top - 0.22, _phase_words(phase), ha="center", size=7.5)
        axes = sheet.axes(left, top, width, len(rows) * _ROW)
        _bar_axes(axes, len(rows), spans[column], width, scale)
        _draw_bars(picture, axes, column, rows)


def _no_sites(sheet: _Sheet, top: float, document: dict) -> None:
    if document["sites"] is None:
        words = f"not known: {document['sites_reason']}"
    else:
        words = "no line added or gave back anything that stayed to the end of a phase"
    left = 0.02 + text_width("What each line's blocks added", 9, bold=True) + 0.2
    sheet.text(left, top, shorten(words, 130), style="italic")


def _phase_words(phase: dict) -> str:
    change = phase["traced_end_bytes"] - phase["traced_begin_bytes"]
    return f"{_signed(change)}, peak {units.byte_count(phase['traced_peak_bytes'])}"


def _site_label(sheet: _Sheet, middle: float, line: dict | None) -> None:
    if line is None:
        sheet.text(0.02, middle, "all other lines", size=8, style="italic")
        return
    place = f"{line['file'].rsplit('/', 1)[-1]}:{line['line']}" if line["line"] else line["file"]
    place = shorten(place, 34)
    sheet.text(0.02, middle - 0.07, place, size=8, color=INK, weight="bold")
    left = 0.02 + text_width(place, 8, bold=True) + 0.1
    sheet.text(left, middle - 0.07, shorten(line["function"], 26), size=8)
    if line.get("source"):
        sheet.text(0.02, middle + 0.075, _clip(line["source"], 72), size=6.5,
                   family="monospace")


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length - 1] + "…"


def _signed(size: int) -> str:
    return f"+{units.byte_count(size)}" if size > 0 else units.byte_count(size).replace("-", "−")


def _span(rows, column: int) -> tuple[int, int]:
    """The most that was given back and added by a line in a phase."""
    sizes = [changes[column][0] for _, changes in rows]
    return -min(sizes + [0]), max(sizes + [0])


def _amounts(span: tuple[int, int]) -> int:
    """On how many sides of 0 there are amounts to be written."""
    return sum(1 for size in span if size)


def _bar_axes(axes, rows: int, span: tuple[int, int], width: float, scale: float) -> None:
    """Axes of `scale` inches a byte, the same in all phases, 0 where the bars have room."""
    left, right = (size * scale + (_AMOUNT if size else 0) for size in span)
    zero = left + (width - left - right) / 2
    if left and not right:
        zero = width - 0.02
    elif right and not left:
        zero = 0.02
    axes.set_xlim(-zero / scale, (width - zero) / scale)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=FAINT, linewidth=0.8, zorder=1)
    for index in range(0, rows, 2):
        axes.axhspan(index - 0.5, index + 0.5, color=BAND, alpha=0.6, linewidth=0, zorder=0)


def _draw_bars(picture: Picture, axes, column: int, rows) -> None:
    """Bars to both sides of 0 with their amounts beyond their ends."""
    for index, (line, changes) in enumerate(rows):
        size, blocks = changes[column]
        if size == 0 and blocks == 0:
            continue
        bar, = axes.barh(index, size, height=0.46, color=_ADDED if size > 0 else _GIVEN_BACK,
                         linewidth=0, zorder=3)
        side = 1 if size >= 0 else -1
        axes.annotate(_signed(size), (size, index), xytext=(side * 3, 0),
                      textcoords="offset points", ha="left" if side > 0 else "right", va="center",
                      size=7, color=INK, annotation_clip=False)
        where = f"{line['file']}:{line['line']}" if line else "all other lines"
        picture.tip(bar, f"{where}: {_signed(size)} in {blocks:+d} blocks")
