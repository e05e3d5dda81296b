"""Tests of the timeline's figure on timelines that are made up: whatever their shape, all is drawn,
nothing is drawn over another text, and a file that is no timeline gets one line."""

import copy
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import made_up
from harness import ROOT, validator
from heapmark_plot import __main__ as command
from heapmark_plot import style
from heapmark_plot.figures import render, timeline


def with_long_names():
    made = made_up.document(work="cyclic-graph/" + "/".join(
        f"parameter-{number}:value-{number}" for number in range(12)))
    for phase in made["sites"]["phases"]:
        for entry in phase["lines"]:
            entry["file"] = "a/very/long/way/to/" + "x" * 80 + ".c"
            entry["function"] = "f" * 90
            entry["source"] = "call(" * 60
    return made


def without_readings():
    made = made_up.document(points=0, ticks=0)
    for point in made["points"]:
        point.update(rss_bytes=None)
    return made


def with_nothing_in_it():
    made = made_up.document(lines=0, ticks=3, collections=(0, 0, 0), longest_ns=0)
    for point in made["points"]:
        point.update(requested_bytes=0, live_bytes=0, tracked_objects=0, pending_objects=0)
    return made


SHAPES = {
    "usual": made_up.document,
    "one phase": lambda: made_up.document(phases=("steady",)),
    "five phases": lambda: made_up.document(
        phases=("build", "steady", "release", "refill", "collect")),
    "no collections": lambda: made_up.document(collections=(0, 0, 0)),
    "one generation": lambda: made_up.document(collections=(12,)),
    "very many collections": lambda: made_up.document(collections=(90000, 9000, 900)),
    "microseconds": lambda: made_up.document(longest_ns=2_400, ticks=1, points=0, scale=300),
    "an hour": lambda: made_up.document(longest_ns=3_600_000_000_000, scale=1 << 34),
    "many points": lambda: made_up.document(points=1000, ticks=9000),
    "one line": lambda: made_up.document(lines=1),
    "no sites": lambda: made_up.document(sites=None, sites_reason="the heap cannot be traced"),
    "long names": with_long_names,
    "no readings": without_readings,
    "nothing": with_nothing_in_it,
}


@pytest.fixture(params=SHAPES, ids=str)
def shape(request):
    made = SHAPES[request.param]()
    validator("timeline_document").validate(made)
    return made


def draw(made):
    with style.context("timeline"):
        return timeline.draw(made)


def svg_of(made):
    with style.context("timeline"):
        return ElementTree.tostring(render.svg_root(timeline.draw(made), "timeline"),
                                    encoding="unicode")


def placed_texts(picture):
    """Every text that shows, with its box in pixels."""
    canvas = FigureCanvasAgg(picture.figure)
    with style.context("timeline"):
        canvas.draw()
        renderer = canvas.get_renderer()
        texts = list(picture.figure.texts)
        for axes in picture.figure.axes:
            texts += axes.texts + labels_of(axes.xaxis) + labels_of(axes.yaxis)
        return [(text.get_text(), text.get_window_extent(renderer)) for text in texts
                if text.get_visible() and text.get_text().strip()]


def labels_of(axis):
    """The labels of the ticks that lie inside what is shown: matplotlib makes others too."""
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def test_no_text_lies_on_another_or_outside(shape):
    picture = draw(shape)
    width, height = picture.figure.get_size_inches() * picture.figure.dpi
    texts = placed_texts(picture)
    for index, (text, box) in enumerate(texts):
        assert box.x0 >= -1 and box.x1 <= width + 1, text
        assert box.y0 >= -1 and box.y1 <= height + 1, text
        for other, other_box in texts[index + 1:]:
            apart = (box.x1 <= other_box.x0 + 1 or other_box.x1 <= box.x0 + 1
                     or box.y1 <= other_box.y0 + 1.5 or other_box.y1 <= box.y0 + 1.5)
            assert apart, (text, other)


def test_all_is_named(shape):
    text = svg_of(shape)
    for words in ("resident (RSS)", "requested (Q)", "live (L)", "tracked objects",
                  "pending garbage", "collector generational", "back end pool"):
        assert words in text
    for phase in shape["phases"]:
        assert f">{phase['name']}</" in text
    assert "<title>" in text and "<dc:date" not in text


def test_the_highest_of_each_line_is_told():
    made = made_up.document()
    made["ticks"]["requested_bytes"][7] = 77 << 20
    made["points"][3]["pending_objects"] = 23456
    text = svg_of(made)
    assert "requested (Q), highest 77.0 MiB" in text
    assert re.search(r"pending garbage[^<]*highest 23\.5 k", text)


def test_the_ten_lines_that_changed_most_and_the_rest_in_one_sum():
    made = made_up.document(lines=14)
    rows = timeline._site_rows(made)
    largest: dict[int, int] = {}
    for phase in made["sites"]["phases"]:
        for line in phase["lines"]:
            change = abs(line["increment_bytes"])
            largest[line["line"]] = max(change, largest.get(line["line"], 0))
    expected = sorted(largest, key=lambda line: (-largest[line], line))
    assert [line["line"] for line, _ in rows[:-1]] == expected[:10]
    assert rows[-1][0] is None
    for index, phase in enumerate(made["sites"]["phases"]):
        total = sum(line["increment_bytes"] for line in phase["lines"])
        assert sum(changes[index][0] for _, changes in rows) == total
    text = svg_of(made)
    for line in expected:
        assert (f"cyclic_graph.c:{line}<" in text) == (line in expected[:10])
    assert "all other lines" in text and f"made_{expected[9] - 100} = hm_bytes_new" in text


def test_a_whole_number_may_be_written_with_a_point():
    made = made_up.document(lines=3)
    same = svg_of(made)
    for phase in made["sites"]["phases"]:
        for line in phase["lines"]:
            line["increment_count"] = float(line["increment_count"])
            line["increment_bytes"] = float(line["increment_bytes"])
    assert svg_of(made) == same


def test_amounts_have_their_sign():
    text = svg_of(made_up.document(phases=("build", "steady", "release"), lines=1))
    assert ">+1.00 MiB<" in text.replace("\n", "")
    assert "−" in text


def test_bars_have_one_scale_in_all_phases():
    picture = draw(made_up.document())
    scales = set()
    for axes in picture.figure.axes[3:]:
        low, high = axes.get_xlim()
        scales.add(round((high - low) / axes.get_position().width / 1e6, 3))
    assert len(picture.figure.axes) == 7 and len(scales) == 1


def ticks_drawn(picture):
    """The ticks in the panel of collections."""
    return sum(len(lines.get_segments()) for lines in picture.figure.axes[2].collections)


def test_each_collection_is_a_tick_until_they_cannot_be_told_apart():
    assert ticks_drawn(draw(made_up.document(collections=(40, 7, 2)))) == 49
    assert ticks_drawn(draw(made_up.document(collections=(0, 0, 0)))) == 0
    assert 400 < ticks_drawn(draw(made_up.document(collections=(90000, 0, 0)))) <= 421


def test_full_collections_run_through_the_panels_where_they_are_few():
    def uprights(made):
        axes = draw(made).figure.axes[0]
        return sum(1 for line in axes.lines if len(set(line.get_xdata())) == 1
                   and tuple(line.get_ydata()) == (0, 1))

    assert uprights(made_up.document(collections=(5, 5, 3))) == 3
    assert uprights(made_up.document(collections=(5, 5, 900))) == 0
    assert uprights(made_up.document(collections=(5, 5, 0))) == 0


def test_names_are_text_and_nothing_else():
    made = made_up.document(work="w/x:<script>&'\"")
    made["sites"]["phases"][0]["lines"][0]["source"] = "a < b && \"c\" \x07 $x_1$"
    root = ElementTree.fromstring(svg_of(made))
    words = " ".join(element.text or "" for element in root.iter())
    assert "a < b && \"c\"" in words and "$x_1$" in words and "<script>" in words
    assert not any(element.tag.endswith("script") for element in root.iter())


def test_the_same_timeline_gives_the_same_bytes():
    assert svg_of(made_up.document()) == svg_of(made_up.document())


def write(folder, made):
    folder.mkdir()
    (folder / "timeline.json").write_text(
        made if isinstance(made, str) else json.dumps(made))
    return str(folder)


def test_the_command_draws_into_the_folder(tmp_path):
    folder = write(tmp_path / "t", made_up.document())
    assert command.main(["timeline", folder]) == 0
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == [
        "timeline.json", "timeline.png", "timeline.svg"]


def spoiled(**changes):
    made = copy.deepcopy(made_up.document())
    made.update(changes)
    return made


@pytest.mark.parametrize("made, words", [
    ("{", "not JSON"),
    ("[]", "timeline.json"),
    (spoiled(schema=2), "schema"),
    (spoiled(phases=[]), "phases"),
    (spoiled(checksum="1f"), "checksum"),
    (spoiled(points="many"), "points"),
    (spoiled(unknown=1), "unknown"),
])
def test_what_is_no_timeline_gets_one_line(tmp_path, capsys, made, words):
    folder = write(tmp_path / "t", made)
    assert command.main(["timeline", folder]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert said.err.startswith("heapmark timeline: ") and words in said.err
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["timeline.json"]


def test_a_folder_without_one_gets_one_line(tmp_path, capsys):
    assert command.main(["timeline", str(tmp_path)]) == 2
    assert "is" in capsys.readouterr().err


def test_the_documentation_names_every_member():
    text = (ROOT / "docs" / "timeline.md").read_text()
    schema = json.loads((ROOT / "results" / "schema.json").read_text())["$defs"]
    for name in ("timeline_document", "timeline_point", "timeline_generation", "timeline_sum",
                 "timeline_site_phase"):
        for member in schema[name]["properties"]:
            if member not in ("record", "schema", "heapmark", "started_at"):
                assert f"`{member}`" in text, member
