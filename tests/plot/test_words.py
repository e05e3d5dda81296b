"""Tests of the answer in words, the tables and the summary: the numbers said are those found, and
what limits them is said too."""

import pytest
from synthetic import Recipe

from heapmark_plot import units
from heapmark_plot.analysis import analyse
from heapmark_plot.load import load_run
from heapmark_plot.report import render_page
from heapmark_plot.summary import summary_text
from heapmark_plot.tables import cell_table, glance_tables, preload_lines, standing_lines
from heapmark_plot.words import after_use, answer, use_words


def said(analysis) -> dict[str, str]:
    return {paragraph.title: paragraph.text for paragraph in answer(analysis).paragraphs}


def test_the_winner_is_named_with_how_much(small_analysis):
    told = answer(small_analysis)
    ratio = small_analysis.overall.against_baseline["pool"].measured
    assert told.headline == f"pool won: it takes {units.ratio(ratio.value)} the time of system"
    assert 0.55 < ratio.value < 0.7
    text = said(small_analysis)["Which back end won"]
    assert "the runner-up, tcmalloc" in text and "2 of 2 works" in text
    assert "from 2 works nothing follows for others" in text
    assert not told.warnings


def test_back_ends_that_are_not_told_apart_share_the_lead(analysed):
    analysis = analysed(Recipe(works=3, backends=("system", "twin"), collectors=("none",),
                               twins={"twin": "system"}))
    assert "lead and are not told apart" in answer(analysis).headline
    assert "these samples do not decide" in said(analysis)["Which back end won"]


def test_a_baseline_that_wins_is_not_compared_with_itself(analysed):
    analysis = analysed(Recipe(works=3, backends=("system", "slow"), collectors=("none",),
                               time={"system": 1.0, "slow": 1.5}, work_effect=0.0))
    assert answer(analysis).headline == "system, the baseline, won"


def test_one_back_end_cannot_be_ranked(analysed):
    analysis = analysed(Recipe(works=1, backends=("system",), collectors=("none",)))
    told = answer(analysis)
    assert told.headline == "No back end can be ranked"
    assert "nothing to rank" in said(analysis)["No ranking"]
    assert standing_lines(analysis) == []


def test_collection_is_stated_against_cycles_broken_by_hand(analysed):
    analysis = analysed(Recipe(works=3, backends=("pool", "system"),
                               collectors=("none", "off", "generational")))
    text = said(analysis)["What collecting cost"]
    assert "On cyclic-graph/shape:ring, generational took 1." in text
    assert "with its cycles broken by hand" in text
    assert "the time of no collection at all" in text
    assert "The longest pause for a collection of generational was" in text
    assert "without ever collecting (off)" in text


def test_memory_names_the_leanest_and_says_that_there_is_no_interval(small_analysis):
    text = said(small_analysis)["What memory cost"]
    assert "pool needs least, at 0.8" in text and "and tcmalloc most, at 1." in text
    assert "these figures have no interval" in text
    assert "1.06× by rounding to size classes" in text


def test_memory_below_a_mebibyte_is_no_ratio(own_run, edit_journal):
    """Net peaks of nothing, of a few pages and below zero occur: none is divided by."""
    def shrink(record):
        if record["kind"] == "memory" and record["role"] == "cell":
            floor = record["edges"][0]["rss_bytes"]
            record["metrics"]["peak_rss_bytes"] = floor + {"system": 0, "pool": -8192}.get(
                record["backend"], 8192)
    edit_journal(own_run, shrink)
    analysis = analyse(load_run(own_run))
    assert "memory cannot be compared" in said(analysis)["What memory cost"]
    assert {line.memory for line in standing_lines(analysis)} == {units.MISSING}
    assert "-8.00 KiB" in summary_text(analysis)


def test_a_busy_machine_is_told(analysed, small_analysis):
    busy = analysed(Recipe(works=1, backends=("system", "pool"), collectors=("none",),
                           foreign_share=0.8))
    assert "Other processes took" in said(busy)["A busy machine"]
    assert "A busy machine" not in said(small_analysis)


def test_contamination_comes_first(analysed):
    analysis = analysed(Recipe(works=1, backends=("system", "pool"), collectors=("none",),
                               control_shift=1.2))
    first = answer(analysis).paragraphs[0]
    assert first.title == "This run is contaminated" and first.warning
    assert "do not cite these figures" in first.text


def test_a_run_without_control_says_so(analysed):
    analysis = analysed(Recipe(works=1, backends=("system", "pool"), collectors=("none",),
                               control=False))
    assert "No control" in said(analysis)


def test_the_harnesss_own_cost_is_told(small_analysis):
    quickest = min(cell.value("ns_per_op") for cell in small_analysis.cells.values())
    assert small_analysis.harness_share() == pytest.approx(0.5 / quickest)
    assert f"own cost is {units.percent(0.5 / quickest)} of" in said(small_analysis)["Control"]


def test_a_control_too_wide_to_tell_does_not_claim_quiet(analysed):
    loud = analysed(Recipe(works=1, backends=("system", "pool"), collectors=("none",),
                           process_noise=0.2))
    assert not loud.contaminated
    text = said(loud)["Control"]
    assert "too wide to rule out" in text and "no sign" not in text
    assert any(warning.title == "Control" for warning in answer(loud).warnings)


def test_invalid_samples_are_counted_with_their_reasons(analysed):
    analysis = analysed(Recipe(works=2, backends=("system", "pool", "dies"), collectors=("none",),
                               invalid={("dies", "time"): "killed by signal 11",
                                        ("dies", "memory"): "timeout after 30 s"}))
    text = said(analysis)["Invalid samples"]
    assert "10 × killed by signal 11" in text and "2 × timeout after 30 s" in text
    assert "12 of" in text
    ranking = analysis.overall
    assert ranking.order == ["pool", "system"] and ranking.left_out == ["dies"]
    assert "Not ranked, because less than half of their cells are valid: dies." in \
        said(analysis)["Which back end won"]
    table = glance_tables(analysis)[0][1]
    dies = [head for head, _ in table.heads].index("dies")
    assert all(row[dies].text == "invalid" for row in table.rows)


def test_rows_that_one_back_end_lacks_are_dropped_for_all(own_run, edit_journal):
    def spoil(record):
        if record["backend"] == "tcmalloc" and record["workload"] == "cyclic-graph" \
                and record["kind"] == "time":
            record.update(valid=False, reason="timeout")
    edit_journal(own_run, spoil)
    ranking = analyse(load_run(own_run)).overall
    assert set(ranking.order) == {"pool", "system", "tcmalloc"}
    assert {row for row, _ in ranking.rows} == {"short-lived/kind:mixed"}
    assert len(ranking.dropped) == 2


def test_a_run_of_invalid_samples_alone_is_told_and_not_imputed(own_run, edit_journal):
    def spoil(record):
        record.update(valid=False, reason="wrong origin")
    edit_journal(own_run, spoil)
    analysis = analyse(load_run(own_run))
    assert answer(analysis).headline == "No back end can be ranked"
    for row in cell_table(analysis).rows:
        assert row[3].text == units.MISSING and "0/5 + 0/1" in [entry.text for entry in row]
    assert "invalid" in summary_text(analysis)


def test_a_stopped_run_says_what_is_missing(own_run, edit_environment):
    lines = (own_run / "journal.jsonl").read_text().splitlines(keepends=True)
    (own_run / "journal.jsonl").write_text("".join(lines[:-9]))
    edit_environment(own_run, lambda environment: environment.update(state="interrupted"))
    text = said(analyse(load_run(own_run)))["Unfinished"]
    assert f"{len(lines) - 9} of {len(lines)} planned samples" in text


def test_absent_back_ends_are_named_with_their_package(small_analysis):
    assert said(small_analysis)["Not measured"] == \
        "Absent on this machine: snmalloc (library not found, install libsnmalloc2)."


def test_preload_lines_come_in_the_order_of_the_ranking(small_analysis):
    lines = preload_lines(small_analysis)
    assert [line.name for line in lines] == ["pool", "tcmalloc"]
    assert lines[1].line == "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libtcmalloc.so.2"


def test_the_preload_line_claims_no_more_than_the_headline(small_analysis, analysed):
    assert use_words(small_analysis, "pool") == ("The winner,", ", preloads with")
    level = analysed(Recipe(works=3, backends=("system", "pool", "twin"), collectors=("none",),
                            time={"system": 1.0, "pool": 0.5, "twin": 0.5}, twins={"twin": "pool"}))
    assert "lead and are not told apart" in answer(level).headline
    assert "not told apart" in use_words(level, level.overall.winner)[0]
    ahead = analysed(Recipe(works=3, backends=("system", "slow", "pool"), collectors=("none",),
                            time={"system": 1.0, "slow": 1.5, "pool": 2.0}, work_effect=0.0))
    assert "First of the others in the ranking" in use_words(ahead, "slow")[0]
    assert "not ranked" in use_words(ahead, "another")[0]


def test_where_nothing_is_ranked_no_preload_line_is_of_the_best(analysed, tmp_path):
    analysis = analysed(Recipe(works=1, backends=("pool",), collectors=("none",)))
    assert answer(analysis).headline == "No back end can be ranked"
    assert use_words(analysis, "pool") == ("This run ranks no back end. One that this machine can"
                                           " preload is", ":")
    assert "ranking" not in after_use(analysis)
    page = render_page(analysis, [])
    own = page[page.index('<section id="use">'):page.index('<section id="glance">')]
    assert "<b>pool</b>:</p>" in own and " best" not in own and "ranking" not in own


def test_preload_lines_carry_the_back_ends_settings(own_run, edit_environment):
    def settings(environment):
        environment["backends"][2]["environment"] = {"TCMALLOC_X": "1", "GLIBC_TUNABLES": "x=1"}
    edit_environment(own_run, settings)
    lines = preload_lines(analyse(load_run(own_run)))
    assert lines[1].line.startswith("TCMALLOC_X=1 LD_PRELOAD=")
    assert not lines[0].line.startswith("TCMALLOC_X")


def test_summary_has_a_line_for_each_cell(small_analysis):
    text = summary_text(small_analysis)
    cell = small_analysis.cell("short-lived/kind:mixed", "pool", "none")
    line = next(line for line in text.splitlines() if line.startswith("  pool"))
    assert units.ratio(cell.time_ratio.value) in line and "faster" in line
    assert units.ratio_interval(cell.time_ratio.low, cell.time_ratio.high) in line
    assert units.byte_count(cell.value("peak_rss_net_bytes")) in line
    assert sum(line.startswith("  pool") for line in text.splitlines()) == 4
    assert max(map(len, text.splitlines()[:16])) <= 100


def test_summary_lets_no_control_character_through(analysed):
    analysis = analysed(Recipe(works=1, backends=("system", "pool"), collectors=("none",),
                               labels={"pool": "evil\x1b[31mred"}))
    assert "\x1b" not in summary_text(analysis) and "evil?[31mred" in summary_text(analysis)


@pytest.mark.parametrize("value, text", [
    (41.234, "41.2 ns"), (999.6, "1.00 µs"), (3.1e6, "3.10 ms"), (0, "0 ns"), (None, "–"),
    (float("nan"), "–"), (2.5e9, "2.50 s")])
def test_durations(value, text):
    assert units.nanoseconds(value) == text


@pytest.mark.parametrize("value, text", [
    (512, "512 B"), (2**20, "1.00 MiB"), (-3 * 2**20, "-3.00 MiB"), (1234567, "1.18 MiB")])
def test_byte_counts(value, text):
    assert units.byte_count(value) == text


def test_ratios_and_intervals():
    assert units.ratio(0.7149) == "0.71×" and units.ratio(12.34) == "12.3×"
    assert units.ratio(0.01234) == "0.0123×"
    assert units.ratio_interval(0.69, 0.731) == "0.69–0.73"
    assert units.nanoseconds_interval(900.0, 1100.0) == "0.900–1.10 µs"
