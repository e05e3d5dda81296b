"""Tests of the figures: each draws what it should from a run and says in words what it cannot."""

import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import accumulate

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic import Recipe, write_run

from heapmark_plot import style
from heapmark_plot.analysis import analyse
from heapmark_plot.attribution import split_of
from heapmark_plot.figures import fragmentation, pauses, render, rss_timeline, time_memory
from heapmark_plot.figures.grid import ratio_limits, spaced_ticks
from heapmark_plot.figures.picture import Absent, FigureKind, Picture
from heapmark_plot.figures.registry import FIGURES
from heapmark_plot.load import load_run
from heapmark_plot.report import draw_figures, render_page


def drawn(kind: FigureKind, analysis):
    with style.context(kind.name):
        return kind.draw(analysis)


def svg_text(kind: FigureKind, analysis) -> str:
    with style.context(kind.name):
        pictures = kind.draw(analysis)
        return "".join(ElementTree.tostring(render.svg_root(picture, kind.name), encoding="unicode")
                       for picture in pictures)


#: Those that need inlined calls or more threads: test_beside.py.
ORDINARY = [kind for kind in FIGURES if kind.name not in ("dispatch", "threads")]

#: What a run must have for a figure to have data, where the small run lacks it.
NEEDED = {"refill": {"works": 0, "release": True}, "soak": {"works": 0, "soak": {"tcmalloc": 3e5}}}


@pytest.fixture(scope="module")
def analysis_for(tmp_path_factory, small_analysis):
    """A function: FigureKind → an analysis that has data for it."""
    made = {}

    def of(kind):
        if kind.name not in NEEDED:
            return small_analysis
        if kind.name not in made:
            recipe = Recipe(**{"backends": ("pool", "system", "tcmalloc"), "collectors": ("none",),
                               **NEEDED[kind.name]})
            folder = write_run(tmp_path_factory.mktemp(kind.name), recipe)
            made[kind.name] = analyse(load_run(folder))
        return made[kind.name]
    return of


@pytest.mark.parametrize("kind", ORDINARY, ids=lambda kind: kind.name)
def test_every_figure_names_all_back_ends_and_has_tips(kind, analysis_for):
    analysis = analysis_for(kind)
    text = svg_text(kind, analysis)
    for variant in analysis.variants if kind.name != "uncollected" else [analysis.baseline]:
        assert re.search(rf">({variant}|[^<]*with {variant}|{variant}  [^<]*)</", text), variant
    assert "<title>" in text
    assert "<dc:date" not in text and "DOCTYPE" not in text


@pytest.mark.parametrize("kind", ORDINARY, ids=lambda kind: kind.name)
def test_every_figure_says_in_words_that_there_is_nothing_valid(kind, own_run, edit_journal):
    edit_journal(own_run, lambda record: record.update(valid=False, reason="crashed"))
    absent = drawn(kind, analyse(load_run(own_run)))
    assert isinstance(absent, Absent) and absent.reason.endswith(".")


@pytest.mark.parametrize("kind", ORDINARY, ids=lambda kind: kind.name)
def test_every_figure_bears_one_cell(kind, analysed):
    analysis = analysed(Recipe(works=1, backends=("system",), collectors=("none",)))
    pictures = drawn(kind, analysis)
    if kind.name in ("time-memory", "collectors", "uncollected", "refill", "soak"):
        assert isinstance(pictures, Absent)
    else:
        assert pictures and all(isinstance(picture, Picture) for picture in pictures)


@pytest.fixture(scope="module")
def hostile_analysis(tmp_path_factory):
    labels = {"pool": "<script>alert(1)<", "tcmalloc": "$\\frac{$ & \x1b\x00 " + "long" * 40}
    return analyse(load_run(write_run(tmp_path_factory.mktemp("hostile"), Recipe(
        works=2, backends=("pool", "system", "tcmalloc"), collectors=("none", "generational"),
        labels=labels))))


@pytest.mark.parametrize("kind", ORDINARY, ids=lambda kind: kind.name)
def test_every_figure_bears_hostile_labels(kind, hostile_analysis, analysed):
    if kind.name in NEEDED or kind.name == "uncollected":
        evil = {**NEEDED.get(kind.name, {"works": 2}), "labels": {"system": "<script>alert(1)<"}}
        hostile_analysis = analysed(Recipe(backends=("pool", "system"),
                                           collectors=("none", "generational"), **evil))
    with style.context(kind.name):
        for picture in kind.draw(hostile_analysis):
            text = render.inline_svg(render.svg_root(picture, kind.name))
            assert "<script" not in text and "&lt;script" in text
            assert "\x1b" not in text


def test_timeline_has_a_picture_for_each_collector_the_collecting_first(small_analysis):
    pictures = drawn(rss_timeline.FIGURE, small_analysis)
    assert [picture.label for picture in pictures] == ["collector generational", "collector none"]
    tips = " ".join(pictures[0].tips.values())
    assert "raw at the highest" in tips and "net" in tips


def test_the_split_multiplies_to_the_whole(small_analysis):
    merged = 0
    for cell in small_analysis.cells.values():
        split = split_of(cell)
        product = list(accumulate((last / first for _, first, last in split.steps()),
                                  lambda left, right: left * right))[-1]
        assert product == pytest.approx(split.resident / split.live)
        assert split.resident / split.live == pytest.approx(cell.value("overhead_ratio"))
        terms = [term for term, _, _ in split.steps()]
        merged += terms[:3] == ["drag", "internal", "merged"]
        assert ("tables" in terms) == (cell.collector == "generational")
        assert (cell.variant == "pool") == ("external" in terms)
    assert merged == 8


def test_little_live_data_is_split_in_bytes(analysed):
    analysis = analysed(Recipe(works=5, backends=("pool", "system"), collectors=("none",)))
    split = split_of(analysis.cell(analysis.rows[4], "pool", "none"))
    assert fragmentation.in_bytes([split])
    assert "in bytes: less than 1 MiB is live" in svg_text(fragmentation.FIGURE, analysis)


def test_without_a_net_rss_memory_is_not_split(own_run, edit_journal):
    def spoil(record):
        if record["role"] == "null":
            record.update(valid=False, reason="timeout")
    edit_journal(own_run, spoil)
    assert isinstance(drawn(fragmentation.FIGURE, analyse(load_run(own_run))), Absent)


def test_pauses_tell_when_nothing_paused(analysed, small_analysis):
    key = ("cyclic-graph/shape:ring", "pool", "generational")
    pause = pauses.Pause(small_analysis, key)
    assert pause.count == 5 * 240
    longest = [record["metrics"]["pause_max_ns"]
               for record in small_analysis.valid("time")["record"]
               if (record["work"], record["backend"], record["collector"]) == key]
    assert pause.longest == max(longest)
    assert 4e4 < pause.middle < 5e4  # the median of what synthetic.py draws: exp(11.2) · 0.62
    assert "nothing paused" not in svg_text(pauses.FIGURE, small_analysis)


def test_pauses_without_any_are_words(own_run, edit_journal):
    def quiet(record):
        record.pop("pauses", None)
        for name in ("pause_max_ns", "pause_p99_ns", "cascade_max_ns"):
            record["metrics"][name] = None
    edit_journal(own_run, quiet)
    absent = drawn(pauses.FIGURE, analyse(load_run(own_run)))
    assert absent.reason.startswith("Nothing paused")


def test_the_frontier_holds_those_that_none_beats_in_both():
    means = {"a": (0.5, 2.0), "b": (0.7, 1.0), "c": (0.8, 1.5), "d": (1.0, 0.9), "e": (1.2, 0.9)}
    assert time_memory.pareto(means) == ["a", "b", "d"]


def test_known_back_ends_keep_their_colour_whatever_else_runs():
    few = style.Look(["system", "pool"])
    many = style.Look(["mine", "pool", "jemalloc", "other", "system", "pool (preload)"])
    assert few.colour("pool") == many.colour("pool")
    colours = [many.colour(name) for name in ("mine", "other", "pool", "pool (preload)")]
    assert len(set(colours)) == 4


def test_back_ends_that_are_not_known_look_like_no_other():
    names = ["pool", "mimalloc", "jemalloc", "tcmalloc", "system", "bump", "pool-inline"]
    spare = [f"py3.{version} {name}" for version in (11, 12, 13) for name in ("pymalloc", "mimalloc")]
    look = style.Look(names + spare)
    colours = [look.colour(name) for name in names + spare]
    apart = min(style._distance(one, other) for place, one in enumerate(colours)
                for other in colours[:place])
    assert apart > 60, apart


def test_what_a_purge_leaves_below_the_start_is_still_drawn(own_run, analysis_for):
    kind = next(kind for kind in FIGURES if kind.name == "release-curve")
    analysis = analysis_for(next(kind for kind in FIGURES if kind.name == "refill"))
    point = next(iter(analysis.releases.values())).points[-1]
    kept, low = point.resident, -5e6
    object.__setattr__(point, "resident", low)
    try:
        [picture] = drawn(kind, analysis)
        assert min(axes.get_ylim()[0] for axes in picture.figure.axes) < low
    finally:
        object.__setattr__(point, "resident", kept)


def test_ticks_hold_one_and_stand_apart():
    for limits in ((0.5, 1.2), (0.01, 300.0), (0.88, 1.13), (1 / 1.12, 40.0)):
        ticks = spaced_ticks(limits, 2.5)
        assert 1.0 in ticks and len(ticks) >= 2
        gaps = np.diff(np.log(ticks)) * 2.5 / math.log(limits[1] / limits[0])
        assert (gaps >= 0.36 - 1e-9).all()
    assert ratio_limits([float("nan"), None])[0] < 1 < ratio_limits([])[1]


def test_a_figure_is_one_object_and_one_line(small_analysis):
    """What docs/report.md tells: a FigureKind, and its line in the list."""
    def draw(analysis):
        figure = Figure(figsize=(3, 1))
        axes = figure.add_axes([0.1, 0.1, 0.8, 0.8])
        picture = Picture(figure, "How many samples ran.")
        picture.tip(axes.barh(0, len(analysis.samples))[0], "all samples")
        return [picture]

    mine = FigureKind("sample-count", "How many samples ran", "Longer is more.", draw)
    figures = draw_figures(small_analysis, [mine])
    page = render_page(small_analysis, figures)
    assert "How many samples ran" in page and "<title>all samples</title>" in page
    assert set(figures[0].files) == {"sample-count.svg", "sample-count.png"}


def test_names_of_figures_are_file_names_and_differ():
    names = [kind.name for kind in FIGURES]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)
    assert all("better" in kind.caption or "faster" in kind.caption or "cheaper" in kind.caption
               for kind in FIGURES)
