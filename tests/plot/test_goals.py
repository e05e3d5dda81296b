"""Tests of the judge of goals, on made runs whose truth is known."""

import json

import pytest
from synthetic_cells import Cell, reference, write_cells
from synthetic_truths import MIB

from heapmark_plot.commands import MISSING, REGRESSION
from heapmark_plot.errors import InputError
from heapmark_plot.goals import goals_json, goals_markdown, goals_text, judge
from heapmark_plot.goals.table import CLASSES, GOALS, MOST, NONE_ABOVE
from heapmark_plot.load import load_run
from heapmark_plot.measured import MeasuredRun

LIFO = "batch/blocks:1"
FIFO = "churn/live:1000/sizes:fixed/victim:oldest"
PYMALLOC = {"linkage": "runtime", "runtime": "cpython-3.11.2"}
DEBIAN = [reference("cpython-3.11.2")]


@pytest.fixture
def judged(tmp_path):
    """A function: cells (of one run, or a list for each of several) and a filter → the judgement."""
    made = []

    def judge_cells(cells, pattern=None, newest=None, **more):
        groups = cells if cells and isinstance(cells[0], list) else [cells]
        folders = []
        for group in groups:
            made.append(write_cells(tmp_path / f"run{len(made)}", group, **more))
            folders.append(MeasuredRun(load_run(made[-1], validate=len(group) < 100)))
        return judge(folders, newest, pattern)

    return judge_cells


def one(judgement):
    (verdict,) = judgement.verdicts
    return verdict


def lifo(pool, pymalloc, **more):
    """A quiet LIFO of the pool and of pymalloc, beside others whose noise is like theirs."""
    others = [Cell(LIFO, name, 9.0) for name in ("jemalloc", "tcmalloc", "mimalloc")]
    return [Cell(LIFO, "pool", pool), Cell(LIFO, "cpython-pymalloc", pymalloc, **PYMALLOC),
            *others]


def test_the_table_is_the_one_that_was_asked_for():
    limits = {goal.name: goal.limit for goal in GOALS}
    assert len(limits) == len(GOALS) == 42
    four = ("lifo", "fifo", "churn", "random-free")
    assert [limits[f"pymalloc-3.11-{name}"] for name in four] == [0.60, 0.60, 0.45, 0.70]
    assert [limits[f"pymalloc-3.13-{name}"] for name in four] == [0.35, 0.40, 0.40, 0.60]
    assert [limits[f"mimalloc-{name}"] for name in four] == [0.50, 0.65, 0.70, 0.90]
    assert [limits[f"newest-mimalloc-{name}"] for name in four] == [0.65, 0.75, 0.75, 0.95]
    for rival in ("pymalloc-3.11", "pymalloc-3.13", "mimalloc", "newest-mimalloc", "inline"):
        for order in ("lifo",) if rival == "inline" else ("lifo", "fifo"):
            assert limits[f"{rival}-{order}-batches"] == limits[f"{rival}-{order}"]
    assert (limits["inline-lifo"], limits["bump"], limits["peak-rss"]) == (0.80, 1.6, 1.10)
    assert (limits["rss-churn"], limits["rss-drop-age"], limits["rss-drop-random"]) == (1.25, 2, 1.1)
    assert {limits[f"runtime-{kind}"] for kind in ("tuple", "list", "dict", "instance",
                                                   "generator")} == {0.5}
    assert [limits[f"dict-{name}"] for name in ("insert-1e3", "insert-1e6", "get-1e3", "get-1e6")] \
        == [0.45, 0.40, 0.5, 0.45]
    assert {goal.name for goal in GOALS if goal.rule == NONE_ABOVE} == {"raw", "raw-threads"}
    assert CLASSES[0] == 16 and CLASSES[-1] == 1024 and len(CLASSES) == 32


def test_a_goal_is_met_where_the_whole_interval_is_below_its_limit(judged):
    verdict = one(judged(lifo(2.5, 5.0), "pymalloc-3.11-lifo$", references=DEBIAN))
    assert (verdict.status, verdict.why) == ("met", "")
    ratio = verdict.worst.ratio
    assert ratio.low < ratio.value < ratio.high <= 0.60 and ratio.value == pytest.approx(0.5, rel=0.03)
    assert verdict.worst.against == "cpython-pymalloc of cpython-3.11.2"


def test_a_goal_is_not_met_where_the_interval_ends_above_its_limit(judged):
    far = one(judged(lifo(4.0, 5.0), "pymalloc-3.11-lifo$", references=DEBIAN))
    assert (far.status, far.why) == ("not met", "wholly above the limit")
    held = one(judged(lifo(2.95, 5.0), "pymalloc-3.11-lifo$", references=DEBIAN, noise=0.05))
    ratio = held.worst.ratio
    assert ratio.low < 0.60 < ratio.high, ratio
    assert held.status == "not met" and "interval holds" in held.why


def test_time_is_cpu_time(judged):
    cells = [Cell(LIFO, "pool", 8.0, scaling=4.0), Cell(LIFO, "mimalloc", 10.0)]
    verdict = one(judged(cells, "^mimalloc-lifo$"))
    assert verdict.status == "not met" and verdict.worst.ratio.value == pytest.approx(0.8, rel=0.03)


def test_what_is_not_there_is_not_measured_and_said_by_name(judged):
    cells = [Cell(LIFO, "pool", 2.0), Cell(LIFO, "jemalloc", 9.0)]
    told = judged(cells, "lifo$", absent={"mimalloc": "libmimalloc2.0 not found"},
                  references=[reference("cpython-3.12.1")])
    why = {verdict.goal.name: verdict.why for verdict in told.verdicts}
    assert {verdict.status for verdict in told.verdicts} == {"not measured"}
    assert why["mimalloc-lifo"] == "mimalloc is absent: libmimalloc2.0 not found"
    assert why["newest-mimalloc-lifo"] == "no label was given (--newest-mimalloc)"
    assert why["pymalloc-3.11-lifo"] == "no python3 3.11 in the run (--reference)"
    assert why["inline-lifo"] == "no cell of pool-inline"


def test_a_work_that_the_run_lacks_is_not_measured(judged):
    cells = [Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc", 9.0)]
    verdict = one(judged(cells, "^mimalloc-fifo$"))
    assert (verdict.status, verdict.why) == ("not measured", f"no cell of {FIFO}")
    rival = one(judged([*cells, Cell(FIFO, "pool", 2.0)], "^mimalloc-fifo$"))
    assert rival.why == f"no cell of {FIFO} with mimalloc"


def test_a_python_that_is_not_optimised_is_no_yardstick(judged):
    verdict = one(judged(lifo(1.0, 5.0), "pymalloc-3.11-lifo$",
                         references=[reference("cpython-3.11.2", "none")]))
    assert verdict.status == "not measured" and "not optimised" in verdict.why


def test_both_works_of_a_goal_count_and_the_worse_decides(judged):
    random = "batch/blocks:1000000/order:random"
    cells = [Cell(random, "pool", 10.0), Cell(random, "mimalloc", 30.0),
             Cell(f"{random}/timed:free", "pool", 10.0)]
    half = one(judged(cells, "^mimalloc-random"))
    assert half.status == "not measured" and "timed:free with mimalloc" in half.why
    both = one(judged([*cells, Cell(f"{random}/timed:free", "mimalloc", 10.5)], "^mimalloc-random"))
    assert both.status == "not met" and both.worst.place.work.endswith("timed:free")
    assert both.counts["below"] == 1


def test_invalid_and_single_samples_give_no_verdict(judged):
    broken = one(judged([Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc", 9.0, invalid="crash")],
                        "^mimalloc-lifo$"))
    assert broken.status == "not measured" and "every sample is invalid" in broken.why
    single = one(judged([Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc", 9.0, repetitions=1)],
                        "^mimalloc-lifo$"))
    assert single.status == "not measured" and "one sample has no interval" in single.why


def test_a_ratio_is_of_one_run_and_the_worst_run_decides(judged):
    apart = judged([[Cell(LIFO, "pool", 2.0)], [Cell(LIFO, "mimalloc", 9.0)]], "^mimalloc-lifo$",
                   baseline="none")
    assert one(apart).status == "not measured"
    good, bad = ([Cell(LIFO, "pool", ns), Cell(LIFO, "mimalloc", 9.0)] for ns in (2.0, 7.0))
    verdict = one(judged([good, bad], "^mimalloc-lifo$"))
    assert verdict.status == "not met" and len(verdict.pairs) == 2
    assert verdict.worst.ratio.value == pytest.approx(7 / 9, rel=0.03)


def test_the_newest_mimalloc_is_judged_by_its_label(judged):
    cells = [Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc3", 4.0)]
    assert one(judged(cells, "newest-mimalloc-lifo$", newest="mimalloc3")).status == "met"
    other = one(judged(cells, "newest-mimalloc-lifo$", newest="other"))
    assert (other.status, other.why) == ("not measured", "no cell of other")


def raw_cells(spoilt=None, ratio=1.0):
    """Every class and raw workload, the pool as quick as the best of its rivals; `spoilt` is the
    work in which it takes `ratio` times as long."""
    works = [f"batch{order}{'' if size == 64 else f'/size:{size}'}" for size in CLASSES
             for order in ("", "/order:fifo")]
    works += ["batch/order:random", "churn", "fragmentation-comb", "size-ramp"]
    return [Cell(work, backend, ns * (ratio if (work, backend) == (spoilt, "pool") else 1.0),
                 threads=threads)
            for work in works for threads in (1, 2)
            for backend, ns in (("pool", 5.0), ("jemalloc", 9.0), ("mimalloc", 5.0),
                                ("tcmalloc", 6.0))]


def test_the_family_of_all_raw_works_is_corrected(judged):
    """Equal to the best everywhere: alone, one of 136 comparisons in forty would be told apart."""
    verdict = one(judged(raw_cells(), "^raw$", repetitions=5, noise=0.02))
    assert verdict.status == "met" and len(verdict.pairs) == 3 * 2 * 68
    counts = verdict.counts
    assert counts["above"] == 0 and counts["below"] >= 2 * 2 * 68
    widths = [pair.ratio.high / pair.ratio.low for pair in verdict.pairs]
    alone = one(judged([Cell(LIFO, name, 5.0) for name in ("pool", "mimalloc", "jemalloc", "tcmalloc")],
                       "^mimalloc-lifo$", repetitions=5, noise=0.02))
    narrow = alone.worst.ratio
    assert min(widths) > narrow.high / narrow.low


def test_one_work_that_is_slower_fails_the_family(judged):
    verdict = one(judged(raw_cells("batch/order:fifo/size:448", 1.2), "^raw$", repetitions=5))
    assert verdict.status == "not met" and verdict.counts["above"] == 2
    assert verdict.worst.place.work == "batch/order:fifo/size:448"
    assert verdict.worst.rival.backend == "mimalloc"


def test_a_family_with_a_hole_is_not_measured(judged):
    cells = [cell for cell in raw_cells() if (cell.work, cell.threads) != ("churn", 2)]
    verdict = one(judged(cells, "^raw$", repetitions=3))
    assert (verdict.status, verdict.why) == ("not measured", "no cell of churn, 2 threads")
    assert len(verdict.pairs) == 3 * (2 * 68 - 1)


def test_another_run_s_works_and_back_ends_leave_no_hole_in_the_family(judged):
    others = [Cell(work, backend, 5.0) for work in (FIFO, "batch", "churn", "churn/drop:random")
              for backend in ("pool", "mimalloc")]
    verdict = one(judged([raw_cells(), others], "^raw$", repetitions=5))
    assert (verdict.status, verdict.why) == ("met", "")
    assert len(verdict.pairs) == 3 * 2 * 68 + 2


def test_what_is_nothing_on_one_thread_is_judged_on_two(judged):
    cells = [Cell(work, backend, 5.0, threads=2) for work in ("producer-consumer", "server-threads")
             for backend in ("pool", "jemalloc", "mimalloc", "tcmalloc")]
    verdict = one(judged(cells, "^raw-threads$", repetitions=5))
    assert verdict.status == "met" and len(verdict.pairs) == 2 * 3
    verdict = one(judged(cells[4:], "^raw-threads$", repetitions=5))
    assert (verdict.status, verdict.why) == ("not measured", "no cell of producer-consumer, 2 threads")


def large(backend, net, live=40 * MIB, work="lru-cache/capacity:100000"):
    return Cell(work, backend, collector="generational", net_bytes=net, live_bytes=live,
                repetitions=0)


LARGE = ("short-lived", "cyclic-graph", "growing-dict", "lru-cache", "request-mix", "release-refill")


def test_peak_rss_is_set_against_the_leaner_of_two(judged):
    cells = [large(backend, net * MIB, work=work) for work in LARGE
             for backend, net in (("pool", 44), ("jemalloc", 60), ("mimalloc", 43))]
    met = one(judged(cells, "peak-rss"))
    assert met.status == "met" and met.worst.rival.backend == "mimalloc" and len(met.pairs) == 12
    fat = [large("pool", 60 * MIB, work=cell.work) if (cell.work, cell.backend)
           == ("lru-cache", "pool") else cell for cell in cells]
    unmet = one(judged(fat, "peak-rss"))
    assert unmet.status == "not met" and unmet.worst.place.work == "lru-cache"


def test_peak_rss_counts_where_the_live_data_is_large(judged):
    cells = [large(backend, 22 * MIB, 20 * MIB, work) for work in LARGE
             for backend in ("pool", "jemalloc", "mimalloc")]
    verdict = one(judged(cells, "peak-rss"))
    assert verdict.status == "not measured" and "stays below 32 MiB" in verdict.why


def test_ratios_to_live_data_are_judged_by_themselves(judged):
    def churn(work, net, purged=0, pages=None):
        return [Cell(work, name, net_bytes=net, live_bytes=26 * MIB, purged_net_bytes=purged,
                     live_page_bytes=pages) for name in ("pool", "mimalloc")]

    cells = [*churn("churn", 30 * MIB), *churn("churn/victim:oldest/drop:age", 30 * MIB, 5 * MIB),
             *churn("churn/drop:random", 30 * MIB, 24 * MIB, 20 * MIB)]
    verdicts = {verdict.goal.name: verdict for verdict in judged(cells, "^rss-").verdicts}
    assert {name: verdict.status for name, verdict in verdicts.items()} == {
        "rss-churn": "met", "rss-drop-age": "met", "rss-drop-random": "not met"}
    assert verdicts["rss-churn"].worst.ratio.value == pytest.approx(30 / 26, rel=0.01)
    assert verdicts["rss-drop-age"].worst.ratio.value == pytest.approx(50 / 26, rel=0.01)
    assert verdicts["rss-drop-random"].worst.ratio.value == pytest.approx(1.2, rel=0.01)


def test_objects_are_judged_under_both_collectors(judged):
    def tuples(collector, ours):
        return [Cell("object-create", "pool", ours, collector=collector),
                Cell("object-create", "cpython-pymalloc", 20.0, collector=collector, **PYMALLOC)]

    met = one(judged(tuples("off", 5.0) + tuples("generational", 8.0), "runtime-tuple",
                     references=DEBIAN))
    assert met.status == "met" and met.worst.place.collector == "generational"
    half = one(judged(tuples("off", 5.0), "runtime-tuple", references=DEBIAN))
    assert half.status == "not measured" and "generational" in half.why
    unmet = one(judged(tuples("off", 5.0) + tuples("generational", 12.0), "runtime-tuple",
                       references=DEBIAN))
    assert unmet.status == "not met"


def test_the_text_says_goal_limit_ratio_and_what_lacks(judged):
    judgement = judged(lifo(2.5, 5.0), "lifo$", references=DEBIAN, control_shift=1.3)
    text = goals_text(judgement)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    line = next(line for line in lines if "≤ 0.60" in line)
    assert f"{judgement.verdicts[0].worst.ratio.value:.2f}×" in line and line.endswith("  met")
    assert "2 of 5 goals met, 0 not met, 3 not measured." in lines
    assert any("contaminated by its A/A control" in line for line in lines)
    assert any(line.strip() == "heapmark run --profile goals --seed 0x1" for line in lines)


def test_lifo_is_one_block_and_fifo_a_rolling_queue(judged):
    """Batches of 1,000 are goals of their own: neither stands in for the other."""
    cells = [Cell(work, backend, ns) for work, ratio in ((LIFO, 0.4), (FIFO, 0.6), ("batch", 0.7),
                                                        ("batch/order:fifo", 0.7))
             for backend, ns in (("pool", 10 * ratio), ("mimalloc", 10.0), ("jemalloc", 9.0))]
    statuses = {verdict.goal.name: verdict.status
                for verdict in judged(cells, "^mimalloc-[lf]ifo").verdicts}
    assert statuses == {"mimalloc-lifo": "met", "mimalloc-lifo-batches": "not met",
                        "mimalloc-fifo": "met", "mimalloc-fifo-batches": "not met"}


def test_bump_is_found_under_its_own_linkage(judged):
    work = "batch/blocks:1000000/timed:allocate"
    cells = [Cell(work, "pool", 3.0), Cell(work, "bump", 2.5, linkage="static"),
             Cell(work, "mimalloc", 5.0)]
    assert one(judged(cells, "^bump$")).status == "met"


def test_what_no_run_has_a_work_of_is_told_in_one_line(judged):
    judgement = judged([Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc", 9.0)], "mimalloc|^dict")
    text = " ".join(goals_text(judgement).split())
    assert "not in these runs: mimalloc-lifo-batches, mimalloc-fifo, mimalloc-fifo-batches," in text
    assert "dict-insert-1e3" in text and "insert at 1e3" not in text
    assert "1 of 16 goals met, 0 not met, 15 not measured." in text
    table = goals_markdown(judgement)
    assert "Not in these runs: mimalloc-lifo-batches," in table and "insert at 1e3" not in table
    known = {goal["goal"]: goal["in_these_runs"] for goal in json.loads(goals_json(judgement))["goals"]}
    assert known["mimalloc-lifo"] and known["newest-mimalloc-lifo"] and not known["dict-get-1e6"]


def test_goals_that_lack_the_same_are_told_in_one_line(judged):
    cells = [Cell(work, "pool", 2.0) for work in (LIFO, FIFO, "batch", "churn")]
    lines = goals_text(judged(cells, "^pymalloc-3.11")).splitlines()
    assert "  4 goals not measured: no python3 3.11 in the run (--reference)" in lines
    assert sum("--reference" in line for line in lines) == 1


def test_markdown_and_json_hold_the_same(judged):
    judgement = judged(lifo(2.5, 5.0), "^(pymalloc-3.11|mimalloc)-lifo$", references=DEBIAN)
    table = goals_markdown(judgement)
    assert "| pool vs pymalloc of Debian's python3 3.11: LIFO, 64 B | ≤ 0.60 |" in table
    document = json.loads(goals_json(judgement))
    assert (document["met"], document["not_met"], document["not_measured"]) == (2, 0, 0)
    goal = document["goals"][0]
    assert goal["status"] == "met" and goal["decides"]["high"] <= 0.6 and goal["corrected"] is False
    assert goal["ratios"][0]["new"].startswith("batch/blocks:1/backend:pool/")
    assert goal["ratios"][0]["new_samples"] == 7 and goal["rule"] == MOST


@pytest.mark.parametrize("pattern, words", [("[", "not a regular expression"),
                                            ("no-such-goal", "matches no goal")])
def test_a_bad_filter_is_refused(judged, pattern, words):
    with pytest.raises(InputError, match=words):
        judged([Cell(LIFO, "pool", 2.0)], pattern)


def test_exit_codes(tmp_path, capsys):
    from heapmark_plot.__main__ import main
    cells = [Cell(LIFO, "pool", 2.0), Cell(LIFO, "mimalloc", 9.0)]
    folder = str(write_cells(tmp_path / "run", cells))
    assert main(["goals", "--filter=^mimalloc-lifo$", folder]) == 0
    assert "1 of 1 goal met" in capsys.readouterr().out
    assert main(["goals", "--filter=^mimalloc", folder]) == MISSING == 3
    slow = str(write_cells(tmp_path / "slow", [Cell(LIFO, "pool", 8.0), cells[1]]))
    assert main(["goals", "--filter=^mimalloc-lifo$", slow]) == REGRESSION
    assert main(["goals", folder, str(tmp_path / "nowhere")]) == 2


def test_a_packed_journal_is_read_like_a_plain_one(tmp_path):
    import lzma
    folder = write_cells(tmp_path / "run", [Cell("batch", "pool"), Cell("batch", "mimalloc", 30.0)])
    plain = load_run(folder, validate=True)
    journal = folder / "journal.jsonl"
    packed = folder / "journal.jsonl.xz"
    packed.write_bytes(lzma.compress(journal.read_bytes()))
    journal.unlink()
    again = load_run(folder, validate=True)
    assert [sample["id"] for sample in again.samples] == [sample["id"] for sample in plain.samples]
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be unpacked"):
        load_run(folder)
