"""Tests of what the report makes of memory samples: the split into causes, what is given back, what a
soak grows by, and what waits for collection."""

import math

import numpy as np
import pytest
from synthetic import MIB, Recipe
from synthetic_memory import CLASSES
from synthetic_truths import KEPT, MEMORY, REFILL

from heapmark_plot.attribution import Split, split_of
from heapmark_plot.figures import release_curve, size_classes
from heapmark_plot.statistics.drift import BOUNDED, GROWING
from heapmark_plot.tables import attribution_table, release_table, soak_table
from heapmark_plot.words import answer

BACKENDS = ("pool", "system", "tcmalloc")


@pytest.fixture(scope="module")
def analyse_once(tmp_path_factory):
    from heapmark_plot.analysis import analyse
    from heapmark_plot.load import load_run
    from synthetic import write_run
    return lambda recipe: analyse(load_run(write_run(tmp_path_factory.mktemp("memory"), recipe)))


@pytest.fixture(scope="module")
def released(analyse_once):
    return analyse_once(Recipe(works=0, release=True, settle="long", backends=BACKENDS,
                               collectors=("none",)))


@pytest.fixture(scope="module")
def soaked(analyse_once):
    return analyse_once(Recipe(works=0, soak={"tcmalloc": 3e5}, backends=BACKENDS,
                               collectors=("none", "generational")))


def said(analysis) -> dict[str, str]:
    return {paragraph.title: paragraph.text for paragraph in answer(analysis).paragraphs}


def test_the_split_finds_the_true_terms(released):
    for variant in BACKENDS:
        split = split_of(released.cell("release-refill/order:age", variant, "none"))
        internal, external, retention = MEMORY[variant]
        told = split.ratios
        assert told["internal"] == pytest.approx(internal, rel=1e-4)
        if external is None:
            assert told["merged"] == pytest.approx(retention, rel=1e-4)
            assert "external" not in told
        else:
            assert told["external"] == pytest.approx(external, rel=1e-4)
            assert told["retention"] == pytest.approx(retention, rel=1e-4)


def test_the_collectors_tables_are_a_term_of_their_own():
    split = Split(live=10 * MIB, requested=12 * MIB, usable=14 * MIB, active=math.nan,
                  resident=20 * MIB, tables=4 * MIB)
    assert split.ratios == pytest.approx({"drag": 1.2, "internal": 14 / 12, "merged": 16 / 14,
                                          "tables": 20 / 16})
    assert math.prod(split.ratios.values()) == pytest.approx(split.whole) == 2.0
    assert not split.in_bytes and Split(MIB - 1, 1, 1, 1, 1).in_bytes


def test_the_attribution_table_says_what_is_merged(released):
    table = attribution_table(released)
    heads = [head for head, _ in table.heads]
    assert len(table.rows) == 9
    for row in table.rows:
        merged = row[heads.index("RSS/U")].text != "–"
        assert merged == (row[2].text != "pool")
        assert merged == (row[heads.index("A/U")].text == "–") == (
            row[heads.index("metadata")].text == "–")


def test_what_is_given_back_is_found(released):
    for (row, variant, _), own in released.releases.items():
        kept = KEPT[variant] if row.endswith("random") else None
        assert own.last_edge == "collected" and own.has_refill
        assert own.refilled == pytest.approx(REFILL[variant][1], rel=1e-4)
        if kept:
            before = own.resident("steady")
            assert own.resident("release+1000ms") / before == pytest.approx(kept[2], rel=1e-4)
            assert own.resident("purged") / before == pytest.approx(kept[4], rel=1e-4)
            assert own.returned("purged") == pytest.approx(
                before * (1 - kept[4]) / own.freed, rel=1e-4)


def test_what_is_given_back_is_what_the_records_metric_says(released):
    for key, own in released.releases.items():
        cell = released.cells[key]
        last = cell.value("returned_share")
        assert own.returned(own.last_edge) == pytest.approx(last, rel=1e-4)
        purged = cell.value("returned_after_purge_share")
        assert own.returned("purged") == pytest.approx(purged, rel=1e-4)


def test_the_refill_is_compared_with_the_baseline(released):
    for (_, variant, _), own in released.releases.items():
        if variant == "system":
            assert own.refill_ratio is None
            continue
        true = REFILL[variant][0] / REFILL["system"][0]
        assert own.refill_ratio.value == pytest.approx(true) and own.refill_ratio.verdict == "faster"
    table = release_table(released)
    assert len(table.rows) == 9
    assert {row[2].text: row[-1].text for row in table.rows} == {
        "pool": "faster", "system": "baseline", "tcmalloc": "faster"}


def test_the_curve_has_every_edge_in_order(released):
    own = next(iter(released.releases.values()))
    assert [point.label for point in own.points] == [
        "before", "0 s", "0.1 s", "1 s", "5 s", "collected", "purged", "refilled"]
    assert release_curve.shown(released) == released.releases


def test_a_release_of_less_than_a_mebibyte_tells_nothing(analysed):
    analysis = analysed(Recipe(works=5, backends=("pool",), collectors=("none",)))
    rows = {row for row, _, _ in analysis.releases}
    assert "streaming-generator/mode:stream" not in rows and len(rows) == 4
    assert not any(own.has_refill for own in analysis.releases.values())


def test_words_say_who_gives_back_most(released):
    text = said(released)["What was given back"]
    assert "with pool had gone back to the system before a purge" in text
    assert "with tcmalloc." in text and "1.05× what it was with pool" in text
    assert "from 0.67× (pool)" in text


def test_a_soak_that_grows_is_found_and_others_are_bounded(soaked):
    for (_, variant, _), own in soaked.soaks.items():
        assert own.verdict == (GROWING if variant == "tcmalloc" else BOUNDED)
        if variant == "tcmalloc":
            drift = own.resident.drift
            assert drift.slope_low <= 3e5 <= drift.slope_high
            assert own.fragmentation.drift.verdict == GROWING
    assert len(soaked.soaks) == 2 * 3 * 2
    table = soak_table(soaked)
    assert [row[6].text for row in table.rows if row[2].text == "tcmalloc"] == ["growing"] * 4


def test_words_warn_of_what_grows(soaked):
    paragraph = next(one for one in answer(soaked).paragraphs if one.title == "Over the soak")
    assert paragraph.warning and "4 grew in memory and 8 stayed bounded" in paragraph.text
    assert "tcmalloc on lru-cache under none" in paragraph.text and "MiB/min" in paragraph.text


def test_a_run_without_a_duration_is_no_soak(released):
    assert released.soaks == {} and "Over the soak" not in said(released)


def test_size_classes_add_up(released):
    found = size_classes._classes(released, "none")
    for (_, variant), classes in found.items():
        bins = size_classes.bins_of(classes)
        assert len(bins) == len(CLASSES)
        requested = sum(amounts[0] for amounts in bins.values())
        assert requested == pytest.approx(classes[:, 1].sum())
        whole = sum(amounts[0] + amounts[1] for amounts in bins.values())
        assert whole == pytest.approx((classes[:, 0] * classes[:, 2]).sum())
        free = np.array([amounts[2] for amounts in bins.values()])
        if variant == "pool":
            held = whole + free.sum()
            assert size_classes.occupancy(classes) == pytest.approx(whole / held)
        else:
            assert np.isnan(free).all() and math.isnan(size_classes.occupancy(classes))


def test_classes_without_a_size_are_left_out_and_told():
    classes = np.array([[32.0, 900.0, 30.0, 40.0], [math.nan, 5000.0, 3.0, math.nan]])
    assert size_classes.bins_of(classes) == {20: (900.0, 60.0, 320.0)}
    assert size_classes.occupancy(classes) == 0.75
    assert "4.88 KiB unlisted" in size_classes._words(classes)


def test_bins_that_nobody_could_see_are_not_drawn():
    bins = {20: (1e6, 0.0, math.nan), 40: (900.0, 0.0, math.nan)}
    assert size_classes.seen(bins) == {20: bins[20]}


def test_a_soak_without_time_samples_opens_with_its_verdict(analyse_once):
    recipe = Recipe(works=0, repetitions=0, control=False, latency_repetitions=0, backends=BACKENDS,
                    collectors=("none",), soak={"tcmalloc": 3e5})
    told = answer(analyse_once(recipe))
    assert told.headline == "Memory grew in 2 of 6 cells"
    assert not {"No ranking", "No control"} & {paragraph.title for paragraph in told.paragraphs}
    recipe.soak = {"other": 3e5}
    assert answer(analyse_once(recipe)).headline == "Memory stayed bounded in all 6 cells"
