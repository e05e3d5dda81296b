"""Tests of the way from samples to estimates, of precision, and of `heapmark_plot unsettled`, which the
driver asks between rounds."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from synthetic import Recipe, write_run

from heapmark_plot.frames import sample_frame
from heapmark_plot.load import load_run
from heapmark_plot.statistics.cells import cell_values, estimates
from heapmark_plot.statistics.compare import EQUAL, compare
from heapmark_plot.statistics.estimate import Estimate
from heapmark_plot.statistics.precision import half_width, settled

PLOT = Path(__file__).resolve().parents[2] / "plot"


@pytest.fixture(scope="module")
def samples(small_run):
    return sample_frame(load_run(small_run))


def ask(folder, percent, *before):
    """`heapmark_plot unsettled`: exit code, standard output, standard error."""
    code = f"import sys; sys.path.insert(0, {str(PLOT)!r}); from heapmark_plot.__main__ import main\n"
    code += f"code = main(['unsettled', {str(folder)!r}, '--precision', {str(percent)!r}])\n"
    done = subprocess.run([sys.executable, "-c", code + "\n".join([*before, "sys.exit(code)"])],
                          capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_estimates_are_those_of_the_analysis(samples, small_analysis):
    own = estimates(samples, "ns_per_op", small_analysis.run.environment["seed"])
    for key, cell in small_analysis.cells.items():
        assert own["cell", *key] == cell.estimate and cell.estimate.known
    assert sum(key[0] == "control" for key in own) == len(small_analysis.controls) == 1


def test_the_order_of_the_samples_does_not_matter(samples):
    turned = samples.iloc[::-1].reset_index(drop=True)
    assert estimates(turned, "ns_per_op", "s") == estimates(samples, "ns_per_op", "s")


def test_a_metric_is_read_from_one_kind_with_its_own_batches(samples):
    group = samples[(samples["role"] == "cell") & (samples["cell"] == samples["cell"].iloc[0])]
    wall, cpu = (cell_values("c", group, metric) for metric in ("ns_per_op", "cpu_ns_per_op"))
    assert wall.count == cpu.count == 5 and len(wall.batches) == 5
    assert cpu.batches[0] == pytest.approx(0.99 * wall.batches[0])
    assert cell_values("c", group, "pause_max_ns").batches == []
    peak = cell_values("c", group, "peak_rss_bytes", "memory")
    assert peak.count == (group["kind"] == "memory").sum() > 0 and peak.batches == []
    assert cell_values("c", group, "ns_per_op", "memory").count == 0


def test_a_metric_of_which_more_is_better_goes_the_same_way(samples):
    cost, rate = (estimates(samples, metric, "s") for metric in ("ns_per_op", "ops_per_second"))
    for key, own in cost.items():
        assert rate[key].log == pytest.approx(np.log(1e9) - own.log, abs=0.02)
        assert rate[key].error == pytest.approx(own.error, rel=0.2)


def test_invalid_samples_do_not_count(samples):
    spoilt = samples.copy()
    first = (spoilt["repetition"] == 0) & (spoilt["kind"] == "time")
    spoilt.loc[first, "ns_per_op"], spoilt.loc[first, "valid"] = 1e9, False
    for own in estimates(spoilt, "ns_per_op", "s").values():
        assert own.count == 4 and own.log < np.log(1e6)


def test_what_a_block_has_in_common_stays_in_between_runs(samples):
    slow = samples.copy()
    hit = slow["repetition"].isin([1, 3]) & (slow["kind"] == "time")
    slow.loc[hit, "ns_per_op"] *= 1.5
    within = estimates(slow, "ns_per_op", "s")
    between = estimates(slow, "ns_per_op", "s", side_by_side=False)
    for key in within:
        assert between[key].error > 3 * within[key].error


def test_memory_that_is_the_same_in_all_samples_has_an_exact_ratio(tmp_path):
    folder = write_run(tmp_path / "run", Recipe(works=1, backends=("system", "pool"),
                                                collectors=("none",)))
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    again = [{**one, "id": one["id"][:-1] + "1", "repetition": 1} for one in lines
             if one["kind"] == "memory" and one["role"] == "cell"]
    text = "".join(json.dumps(one) + "\n" for one in lines + again)
    (folder / "journal.jsonl").write_text(text)
    own = estimates(sample_frame(load_run(folder)), "peak_rss_bytes", "s", "memory")
    of = {key[2]: one for key, one in own.items() if key[0] == "cell"}
    system, pool = of["system"], of["pool"]
    assert system.count == 2 and system.error == 0
    ratio = compare(pool, system)
    assert ratio.low == ratio.high == ratio.value != 1 and ratio.error == 0
    assert compare(system, system).verdict == EQUAL


def test_half_width_is_students():
    own = Estimate(np.log(100), 0.01, 8, 9)
    assert half_width(own) == pytest.approx(np.exp(stats.t.ppf(0.975, 8) * 0.01) - 1)
    assert settled(own, 0.024) and not settled(own, 0.023)
    assert np.isnan(half_width(Estimate(1.0, float("nan"), float("nan"), 1)))
    assert not settled(Estimate(1.0, float("nan"), float("nan"), 1), 1e9)
    assert half_width(Estimate(1.0, 0.0, 1, 2)) == 0


def test_unsettled_names_the_cells_that_are_too_wide(small_run, small_analysis):
    widths = {cell.name: 100 * half_width(cell.estimate) for cell in small_analysis.cells.values()}
    middle = float(np.median(list(widths.values())))
    code, text, _ = ask(small_run, middle)
    answer = json.loads(text)
    assert code == 0 and set(answer) == {"unsettled", "settled"}
    assert set(answer["unsettled"]) == {name for name in widths if widths[name] > middle}
    assert answer["settled"] == len(widths) - len(answer["unsettled"]) > 0
    assert json.loads(ask(small_run, 1000)[1]) == {"unsettled": [], "settled": len(widths)}
    assert len(json.loads(ask(small_run, 0.001)[1])["unsettled"]) == len(widths)


def test_more_rounds_settle_cells_and_invalid_samples_do_not(tmp_path, edit_journal):
    def left(repetitions, spoil=False):
        folder = write_run(tmp_path / f"{repetitions}{spoil}", Recipe(
            works=2, backends=("system", "pool", "jemalloc"), collectors=("none",),
            repetitions=repetitions))
        if spoil:
            edit_journal(folder, lambda one: one.update(valid=False, reason="r") if
                         one["repetition"] and one["kind"] == "time" else None)
        return len(json.loads(ask(folder, 1)[1])["unsettled"])
    assert left(3) > left(20) == 0
    assert left(20, spoil=True) == 6


def test_a_run_that_is_not_finished_is_answered_too(own_run):
    journal = own_run / "journal.jsonl"
    whole = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(whole[:len(whole) // 2]) + whole[-1][:50])
    code, text, _ = ask(own_run, 2)
    answer = json.loads(text)
    assert code == 0 and len(answer["unsettled"]) + answer["settled"] > 0


def test_unsettled_is_quick_because_it_draws_nothing(small_run):
    heavy = "[name for name in ('matplotlib', 'seaborn', 'jinja2', 'statsmodels')" \
            " if name in sys.modules]"
    code, text, _ = ask(small_run, 2, f"print({heavy})")
    assert code == 0 and text.splitlines()[-1] == "[]"


@pytest.mark.parametrize("percent", ["0", "-2", "nan", "inf", "much"])
def test_a_precision_that_none_can_reach_is_bad_input(small_run, percent):
    code, text, error = ask(small_run, percent)
    assert code == 2 and text == "" and len(error.splitlines()) == 1 and "--precision" in error
    assert ask("/nowhere", 2)[0] == 2
