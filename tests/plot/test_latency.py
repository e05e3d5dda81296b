"""Tests of latencies: quantiles of merged histograms are those of all values together, and the worst
sample speaks for a cell's utilization."""

import numpy as np
import pytest
from synthetic import Recipe
from synthetic_latency import CALLS, STEP, histogram
from synthetic_truths import true_ratio

from heapmark_plot.figures import pause_curve
from heapmark_plot.figures.curves import thinned
from heapmark_plot.histograms import EMPTY, merged
from heapmark_plot.sample_checks import check_histogram
from heapmark_plot.tables import latency_table
from heapmark_plot.words import answer


def record_of(values) -> dict:
    record = histogram(values)
    check_histogram(record, "here")
    return record


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_quantiles_of_merged_histograms_are_those_of_all_values(seed):
    random = np.random.default_rng(seed)
    parts = [random.lognormal(6, 1.5, size) for size in (40, 900, 3)]
    together = merged([record_of(part) for part in parts])
    values = np.sort(np.concatenate(parts))
    assert together.count == len(values)
    for share in (0.001, 0.1, 0.5, 0.9, 0.99, 0.999):
        true = values[max(0, int(np.ceil(share * len(values))) - 1)]
        assert together.quantile(share) == pytest.approx(true, rel=STEP - 1), share
    assert together.quantile(1) == values[-1] and together.minimum == values[0]


def test_merging_is_no_mean_of_quantiles():
    quick, slow = record_of([10.0] * 990 + [11.0] * 10), record_of([5000.0] * 1000)
    assert merged([quick, slow]).quantile(0.99) == pytest.approx(5000, rel=0.02)
    assert merged([quick, slow]).quantile(0.4) == pytest.approx(10, rel=0.02)


def test_nothing_merged_is_nothing():
    assert merged([]) is EMPTY and merged([None, record_of([])]) is EMPTY
    assert np.isnan(EMPTY.quantile(0.5)) and EMPTY.count == 0


def test_records_without_ends_have_their_buckets():
    record = {"buckets": np.array([[4.0, 5.0, 2.0], [8.0, 9.0, 1.0]])}
    own = merged([record])
    assert (own.minimum, own.maximum) == (4.0, 9.0)


def test_survival_is_the_share_that_took_at_least_so_long():
    at, share = merged([record_of([10.0, 100.0, 100.0, 1000.0])]).survival()
    assert share[0] == 1 and list(share[-2:]) == [0.25, 0.25] and at[-1] == 1000
    assert share[at > 11][0] == 0.75
    assert (np.diff(share) <= 0).all() and (np.diff(at) >= 0).all()


def test_thinned_curves_keep_their_ends_and_their_shape():
    x, y = np.arange(5000.0), np.geomspace(1, 1e-4, 5000)
    for shares, log in ((y, True), (y[::-1], False)):
        few, kept = thinned(x, shares, log)
        assert len(few) <= 95 and (few[0], few[-1]) == (0, 4999)
        assert np.allclose(kept, shares[few.astype(int)])
        assert np.abs(np.diff(np.log(kept) if log else kept)).max() < 0.2


def test_cells_know_their_true_medians(analysed):
    recipe = Recipe(works=1, backends=("pool", "system"), collectors=("none",))
    analysis = analysed(recipe)
    for variant in recipe.backends:
        own = analysis.latencies["short-lived/kind:mixed", variant, "none"]
        assert own.samples == 2 and own.calls["malloc"].count == 8000
        assert own.calls["malloc"].quantile(0.5) == pytest.approx(
            CALLS["malloc"] * true_ratio(recipe, 0, variant), rel=0.04)
        assert (own.operations_per_round, own.clock_ns, own.one_in) == (1000, 19, 1024)


def test_the_worst_sample_speaks_for_utilization(own_run, edit_journal):
    from heapmark_plot.analysis import analyse
    from heapmark_plot.load import load_run

    def set_mmu(record):
        if record["kind"] == "latency":
            share = 0.3 if record["repetition"] else 0.6
            record["mmu"] = [[1e6, share], [1e7, 0.9], [1e9, None]]
    edit_journal(own_run, set_mmu)
    for own in analyse(load_run(own_run)).latencies.values():
        assert own.mmu[:2].tolist() == [[1e6, 0.3], [1e7, 0.9]] and np.isnan(own.mmu[2, 1])


def test_a_sample_that_lost_pauses_leaves_its_cell_without_utilization(own_run, edit_journal):
    from heapmark_plot.analysis import analyse
    from heapmark_plot.figures import mmu
    from heapmark_plot.load import load_run

    def lose(record):
        if record["kind"] == "latency" and record["repetition"] == 1:
            record["latency"]["mmu_absent"] = "7 pauses more than the 100 that are kept one by one"
    edit_journal(own_run, lose)
    analysis = analyse(load_run(own_run))
    assert all(own.mmu_absent and not len(own.mmu) for own in analysis.latencies.values())
    assert "more pauses than are kept" in mmu.draw(analysis).reason


def test_without_latency_samples_time_samples_tell_of_pauses(analysed):
    analysis = analysed(Recipe(works=2, backends=("pool",), collectors=("generational",),
                               latency_repetitions=0))
    stops = pause_curve.stops_of(analysis)
    assert set(stops) == {("cyclic-graph/shape:ring", "pool", "generational")}
    assert next(iter(stops.values())).pauses.count == 5 * 240
    assert latency_table(analysis).rows == []
    assert "Single calls" not in {paragraph.title for paragraph in answer(analysis).paragraphs}


def test_what_the_clock_cannot_tell_is_said_so(own_run, edit_journal):
    from heapmark_plot.analysis import analyse
    from heapmark_plot.load import load_run

    def slow_clock(record):
        if record["kind"] == "latency":
            record["latency"]["clock_scatter_ns"] = 10**6
    edit_journal(own_run, slow_clock)
    analysis = analyse(load_run(own_run))
    own = next(iter(analysis.latencies.values()))
    assert own.told("malloc", 20.0) == "≤ 1.00 ms" and own.told("round", 20.0) == "20.0 ns"
    text = {paragraph.title: paragraph.text for paragraph in answer(analysis).paragraphs}
    assert text["Single calls"] == ("The 99th percentile of one malloc is too short for this machine's"
                                    " clock. The 99th percentile of one free is too short for this"
                                    " machine's clock.")
    assert "≤ 1.00 ms" in {entry.text for row in latency_table(analysis).rows for entry in row}


def test_the_table_shows_the_merged_percentiles(small_analysis):
    table = latency_table(small_analysis)
    assert len(table.rows) == len(small_analysis.cells) == 12
    heads = [head for head, _ in table.heads]
    for row, key in zip(table.rows, [tuple(entry.text for entry in row[:3]) for row in table.rows]):
        own = small_analysis.latencies[key[0], key[2], key[1]]
        assert float(row[heads.index("malloc p99")].key) == pytest.approx(
            own.calls["malloc"].quantile(0.99))


def test_words_name_the_least_and_the_greatest_tail(small_analysis):
    text = {paragraph.title: paragraph.text for paragraph in answer(small_analysis).paragraphs}
    assert "99th percentile of one malloc" in text["Single calls"]
    assert "geometric mean over 4 rows" in text["Single calls"]
