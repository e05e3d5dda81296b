"""Tests of what stands beside the ranking: inlined calls, real Pythons, threads, raw works, and the
pages that no allocator can give back."""

import pytest
from synthetic_cells import Cell, reference, write_cells
from synthetic_truths import MIB

from heapmark_plot import style
from heapmark_plot.analysis import analyse
from heapmark_plot.figures import dispatch, live_pages, render, size_sweep, threads, throughput
from heapmark_plot.figures.picture import Absent
from heapmark_plot.load import load_run
from heapmark_plot.report import draw_figures, render_page
from heapmark_plot.summary import summary_text
from heapmark_plot.tables.dispatch import dispatch_table
from heapmark_plot.tables.live_pages import floors
from heapmark_plot.tables.threads import throughputs
from heapmark_plot.words import answer

OURS = (("pool", 15.0), ("jemalloc", 50.0), ("mimalloc", 30.0), ("tcmalloc", 25.0))


def cells():
    """Raw works on 1 and 2 threads, a sweep over sizes, objects, inlined calls, two Pythons."""
    made = []
    for count in (1, 2):
        made += [Cell(f"batch/size:{size}", name, ns / 5 + size / 100, threads=count)
                 for size in (16, 32, 128, 256) for name, ns in OURS]
        made += [Cell("churn", name, ns, threads=count, scaling=0.6 if count == 2 else 1.0)
                 for name, ns in OURS]
        made += [Cell("lru-cache", name, 9 * ns, collector="generational", threads=count,
                      net_bytes=44 * MIB) for name, ns in OURS]
    made.append(Cell("churn", "pool-inline", 12.0, linkage="inline"))
    made += [Cell("churn/drop:random", name, ns, net_bytes=30 * MIB, live_bytes=26 * MIB,
                  purged_net_bytes=int(1.2 * 22 * MIB), live_page_bytes=22 * MIB)
             for name, ns in OURS]
    for runtime, factor in (("cpython-3.11.2", 1.0), ("cpython-3.13.0", 1.3)):
        own = {"linkage": "runtime", "runtime": runtime}
        made.append(Cell("churn", "cpython-pymalloc", 50 * factor, **own))
        made += [Cell("lru-cache", f"cpython-{name}", 200 * factor, collector="generational", **own)
                 for name in ("pymalloc", "malloc")]
    return made


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    folder = write_cells(tmp_path_factory.mktemp("beside"), cells(), repetitions=5, references=[
        reference("cpython-3.11.2", config_args="--enable-optimizations --with-lto"),
        reference("cpython-3.13.0", "none")])
    return analyse(load_run(folder, validate=True))


def text_of(kind, analysis):
    with style.context(kind.name):
        return "".join(render.inline_svg(render.svg_root(picture, kind.name))
                       for picture in kind.draw(analysis))


def test_raw_works_are_a_matrix_of_their_own(analysis):
    assert analysis.group == "object" and analysis.collectors == ["generational"]
    assert {cell.work for cell in analysis.cells.values()} == {"lru-cache"}
    assert analysis.raw.collectors == ["none"] and "lru-cache" not in str(analysis.raw.rows)
    assert len(analysis.whole) == len(analysis.cells) + len(analysis.raw.cells)
    assert analysis.raw.single_rows == ["churn · 1 thread", "churn · 2 threads",
                                        "churn/drop:random · 1 thread"]


def test_a_back_end_has_one_colour_beside_objects_and_in_raw_works(analysis):
    assert set(analysis.variants) != set(analysis.raw.variants)
    assert analysis.palette == analysis.raw.palette
    assert set(analysis.palette) == {*analysis.variants, *analysis.raw.variants}
    name = next(name for name in analysis.variants if "3.13" in name and name in analysis.raw.variants)
    colour = style.Look(analysis.palette).colour(name)
    assert colour in text_of(throughput.FIGURE, analysis)
    assert colour in text_of(throughput.RAW_FIGURE, analysis.raw)


def test_a_run_of_raw_works_alone_is_one_matrix(tmp_path):
    only = analyse(load_run(write_cells(tmp_path / "raw", [Cell("churn", "pool"),
                                                           Cell("churn", "mimalloc", 20.0)])))
    assert only.group == "raw" and only.raw is None and only.overall.winner == "pool"
    assert {figure.kind.name for figure in draw_figures(only)} >= {"raw-throughput"}


def test_only_one_linkage_is_ranked(analysis):
    for part in (analysis, analysis.raw):
        assert set(part.overall.order) == {"pool", "jemalloc", "mimalloc", "tcmalloc"}
        assert all(set(ranking.order) <= {name for name, _ in OURS} for ranking in part.standings)


def test_what_a_call_costs_has_a_ratio_with_its_interval(analysis):
    cell = analysis.raw.cell("churn · 1 thread", "pool-inline", "none")
    ratio = cell.dispatch_ratio
    assert ratio.low <= 0.8 * 1.02 and 0.8 / 1.02 <= ratio.high and ratio.verdict == "faster"
    (row,) = dispatch_table(analysis.raw).rows
    assert [entry.text for entry in row][2] == "pool-inline"
    assert "pool-inline" in text_of(dispatch.RAW_FIGURE, analysis.raw)
    assert isinstance(dispatch.FIGURE.draw(analysis), Absent)
    assert sum(cell.dispatch_ratio is not None for cell in analysis.whole.values()) == 1


def test_pythons_stand_in_the_rows_of_ours_and_are_marked(analysis):
    assert {"py3.11.2 pymalloc", "py3.11.2 malloc", "py3.13.0 pymalloc †", "py3.13.0 malloc †"} \
        == {name for name in analysis.variants if name.startswith("py3")}
    cell = analysis.cell("lru-cache · 1 thread", "py3.11.2 pymalloc", "generational")
    assert cell.time_ratio.value == pytest.approx(200 / 135, rel=0.03)
    assert "py3.13.0 pymalloc †" in text_of(throughput.FIGURE, analysis)
    words = {paragraph.title: paragraph.text for paragraph in answer(analysis).paragraphs}
    told = words["Beside real Pythons"]
    assert "cpython-3.11.2: PGO and LTO" in told and "cpython-3.13.0: neither PGO nor LTO" in told
    assert "cpython-3.13.0 flatter" in told and "cpython-3.11.2 flatter" not in told


def test_throughput_grows_with_threads(analysis):
    points = throughputs(analysis.raw)["churn", "none", "pool"]
    assert points[2] / points[1] == pytest.approx(1.2, rel=0.03)
    text = text_of(threads.RAW_FIGURE, analysis.raw)
    assert "pool on churn" in text and "batch" not in text
    words = {paragraph.title for paragraph in answer(analysis).paragraphs}
    assert {"Threads", "What a call costs", "Raw calls"} <= words


def test_a_sweep_over_sizes_is_a_curve(analysis):
    assert list(analysis.raw.sweeps) == [("batch", 1), ("batch", 2)]
    assert list(analysis.raw.sweeps["batch", 1]) == [16, 32, 128, 256]
    text = text_of(size_sweep.FIGURE, analysis.raw)
    assert "at 16 B" in text and "2 threads" in text


def test_the_floor_of_memory_is_the_pages_of_the_survivors(analysis):
    own = floors(analysis.raw)["churn/drop:random · 1 thread", "pool"]
    assert own.ratio == pytest.approx(1.2, rel=0.01) and own.pages == 22 * MIB
    assert own.resident == pytest.approx(1.2 * 22 * MIB, rel=0.01)
    assert "the pages" in text_of(live_pages.FIGURE, analysis.raw)


def test_the_page_and_the_summary_hold_both_parts(analysis):
    page = render_page(analysis, draw_figures(analysis), None, draw_figures(analysis.raw))
    for part in ('id="raw"', 'id="raw-throughput"', 'id="raw-cells"', 'id="live-pages"',
                 "Real Pythons", "neither PGO nor LTO", "--enable-optimizations"):
        assert part in page, part
    summary = summary_text(analysis)
    assert "Raw calls\n" in summary and "churn · 2 threads · none" in summary
    assert "lru-cache · 2 threads · generational" in summary
