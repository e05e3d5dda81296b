"""Tests of what limits a run's worth: contaminated samples, cells that stay unstable, counters that a
machine lacks."""

import pytest
from synthetic import Recipe

from heapmark_plot.analysis import analyse
from heapmark_plot.contamination import merged_reasons
from heapmark_plot.load import load_run
from heapmark_plot.summary import summary_text
from heapmark_plot.tables import (cell_table, contamination_table, counter_table,
                                 unstable_table)
from heapmark_plot.unsettled import unsettled_text
from heapmark_plot.words import answer, trust_words

TWO = {"works": 1, "backends": ("system", "pool"), "collectors": ("none",)}


def test_contaminated_samples_are_counted_and_told(analysed):
    analysis = analysed(Recipe(**TWO, contaminated=3))
    quiet = analysis.quiet
    assert (quiet.told, quiet.contaminated, quiet.by_kind) == (16, 3, {"time": 3})
    assert quiet.waited_ns == 6e9 and quiet.worst["foreign_cpu_share"] == 0.31
    assert quiet.reasons == [("others used 31 % of all CPU time (bound 25 %)", 3)]
    paragraph = next(one for one in answer(analysis).paragraphs if one.title == "How well it is known")
    assert paragraph.warning and paragraph.text.startswith(
        "3 of 16 samples ran while others used the machine (3 time): others used 31 % of all CPU time"
        " (bound 25 %). They count,")
    assert "waited 6.00 s" in paragraph.text
    table = contamination_table(analysis)
    assert [(row[2].text, row[3].text) for row in table.rows] == [("system", "3")]
    assert "31 %" in table.rows[0][4].text
    assert "How well it is known: 3 of 16" in summary_text(analysis)


def test_reasons_that_differ_in_their_share_are_one_with_the_largest():
    used, waited = "others used {} % of all CPU time (bound 25 %)", "a task waited {} % of the time"
    told = [used.format(100), used.format(31), waited.format(26), used.format(87), "a reason without"]
    assert merged_reasons(told) == [(used.format("up to 100"), 3), ("a reason without", 1),
                                    (waited.format(26), 1)]
    assert merged_reasons([used.format(40)] * 2) == [(used.format(40), 2)]
    assert merged_reasons([]) == []


def test_reasons_of_some_of_the_samples_say_of_how_many(own_run, edit_journal):
    shares = iter([60, 90, 31])

    def disturb(record):
        if (record["role"], record["kind"]) != ("cell", "time") or not (share := next(shares, None)):
            return
        more = ["a task waited for a CPU 44 % of the time (bound 25 %)"] if share == 31 else []
        record["contamination"].update(contaminated=True, why=[
            f"others used {share} % of all CPU time (bound 25 %)"] + more)

    edit_journal(own_run, disturb)
    assert ("(3 time): others used up to 90 % of all CPU time (bound 25 %); in 1 of them a task"
            " waited for a CPU 44 % of the time (bound 25 %). They count"
            ) in trust_words(analyse(load_run(own_run)))[0]


def test_a_quiet_run_says_so_where_the_page_tells_how_well_it_is_known(analysed):
    analysis = analysed(Recipe(**TWO))
    quiet, steady = trust_words(analysis)
    assert quiet == "No sample of 16 ran beside others that took more of the machine than is allowed."
    assert steady.startswith("Of 2 cells whose batches can be judged, ")
    assert "How well it is known" not in {one.title for one in answer(analysis).paragraphs}
    assert contamination_table(analysis).rows == []


def test_a_run_that_tells_nothing_of_quiet_claims_none(own_run, edit_journal):
    edit_journal(own_run, lambda record: record.pop("contamination"))
    analysis = analyse(load_run(own_run))
    assert analysis.quiet.told == 0 and not any("beside others" in one for one in trust_words(analysis))


def test_unstable_cells_are_those_that_the_driver_would_run_again(analysed):
    import json
    analysis = analysed(Recipe(**{**TWO, "backends": ("system", "pool", "tcmalloc")}, precision=0.8,
                               process_noise=0.01, seed=5))
    rounds = analysis.rounds
    told = json.loads(unsettled_text(analysis.run, 0.8))
    assert {cell.name for cell in rounds.unstable} == set(told["unsettled"])
    assert rounds.cells == 3 and len(unstable_table(analysis).rows) == len(rounds.unstable)


@pytest.mark.parametrize("precision, unstable", [(0.01, 2), (50.0, 0)])
def test_how_many_cells_stayed_unstable_is_told(analysed, precision, unstable):
    analysis = analysed(Recipe(**TWO, precision=precision,
                               rounds=[["x/backend:a/linkage:so/collector:none/threads:1/runtime:h"]]))
    text = " ".join(trust_words(analysis))
    if unstable:
        assert f"2 of 2 cells stayed unstable, wider than ±{precision:g} %" in text
        assert "with 1 round beyond the fixed ones" in text
        assert any(one.warning and one.title == "How well it is known"
                   for one in answer(analysis).paragraphs)
    else:
        assert "All 2 cells are known to ±50 %" in text
    assert len(unstable_table(analysis).rows) == unstable


def test_a_run_without_a_precision_has_no_unstable_cells(small_analysis):
    assert small_analysis.rounds is None and unstable_table(small_analysis).rows == []


def test_counters_are_shown_where_the_machine_has_them(analysed):
    table, absent = counter_table(analysed(Recipe(**TWO, counters=True)))
    assert absent == "" and len(table.rows) == 2
    assert [entry.text for entry in table.rows[0][3:]] == ["31.0", "17.0", "0.200", "0.0500", "0.100"]


def test_absent_counters_are_told_with_their_reason(analysed, own_run, edit_journal):
    table, absent = counter_table(analysed(Recipe(**TWO)))
    assert table.rows == [] and absent == "Nothing was counted: no PMU in this machine."
    edit_journal(own_run, lambda record: record.pop("counters", None))
    assert counter_table(analyse(load_run(own_run)))[1] == \
        "No time sample tells of hardware counters."


def test_cells_that_reach_no_steady_state_are_told(own_run, edit_journal):
    """One back end's batches climb from the first to the last in steps: it ends in no state."""
    def climb(record):
        if record["kind"] == "time" and record["backend"] == "pool" and record["role"] == "cell":
            walls = record["series"]["batch_wall_ns"]
            record["series"]["batch_wall_ns"] = [
                wall * 1.25 ** (place // 4) for place, wall in enumerate(walls)]
    edit_journal(own_run, climb)
    analysis = analyse(load_run(own_run))
    kinds = {key[1]: own.kind for key, own in analysis.steadiness.items()}
    assert kinds["pool"] == "no steady state" and kinds["system"] == "flat"
    assert "4 reached no steady state" in " ".join(trust_words(analysis))
    table = cell_table(analysis)
    course = [head for head, _ in table.heads].index("course")
    assert {row[course].text for row in table.rows if row[2].text == "pool"} == {"no steady state"}
