"""Tests of `heapmark compare` on made runs whose truth is known."""

import json
import math

import pytest
from conftest import cells_of, command, in_json, package, slower

TIMES = ("ns_per_op", "cpu_ns_per_op", "ops_per_second")


@pytest.fixture
def pair(make):
    """A base, and a new run whose pool takes 1.25 times as long."""
    return make("base", seed=1), make("new", seed=2, time=slower("pool", 1.25))


def test_a_change_is_found_where_it_is_and_only_there(pair):
    document = in_json("compare", *pair, "--metric", "ns_per_op", "--metric", "ops_per_second")
    assert [metric["name"] for metric in document["metrics"]] == ["ns_per_op", "ops_per_second"]
    for cell in cells_of(document, "ns_per_op"):
        changed = cell["backend"] == "pool"
        assert cell["verdict"] in (("slower",) if changed else ("equal", "unclear")), cell
        assert cell["low"] <= (1.25 if changed else 1) <= cell["high"]
        assert cell["low"] <= cell["ratio"] <= cell["high"]
        assert cell["ratio"] == pytest.approx(cell["new"] / cell["base"])
        assert cell["base_samples"] == cell["new_samples"] == 5
    for cell in cells_of(document, "ops_per_second"):
        changed = cell["backend"] == "pool"
        assert cell["verdict"] in (("slower",) if changed else ("equal", "unclear")), cell
        assert cell["low"] <= (0.8 if changed else 1) <= cell["high"]
        assert cell["ratio"] == pytest.approx(cell["new"] / cell["base"])


def test_a_run_against_itself_is_equal_everywhere(make):
    run = make("run")
    document = in_json("compare", run, run)
    assert document["doubts"] == [] and document["only_in_base"] == document["only_in_new"] == []
    for metric in document["metrics"]:
        for cell in metric["cells"]:
            assert cell["ratio"] in (1, None) and cell["verdict"] in ("equal", "unclear"), cell


def test_all_metrics_that_are_better_one_way_are_compared_by_default(pair):
    document = in_json("compare", *pair)
    table = {metric["name"]: metric for metric in json.loads(
        (pair[1] / "environment.json").read_text())["metrics"]}
    names = [metric["name"] for metric in document["metrics"]]
    assert set(TIMES) | {"peak_rss_bytes", "internal_fragmentation_ratio"} <= set(names)
    assert all(table[name]["direction"] != "none" for name in names if name in table)
    kinds = [metric["kind"] for metric in document["metrics"]]
    assert set(kinds) >= {"time", "memory"}
    for metric in document["metrics"]:
        assert len(metric["cells"]) in range(1, 13)
        assert len({cell["cell"] for cell in metric["cells"]}) == len(metric["cells"])
        (summary,) = metric["summary"]
        assert sum(summary["verdicts"].values()) == len(metric["cells"])


def test_the_summary_is_the_geometric_mean(pair):
    document = in_json("compare", *pair, "--metric", "ns_per_op")
    (metric,) = document["metrics"]
    (summary,) = metric["summary"]
    ratios = [cell["ratio"] for cell in metric["cells"]]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    assert summary["ratio"] == pytest.approx(mean) and summary["cells"] == len(ratios) == 12
    widths = [math.log(cell["high"] / cell["low"]) for cell in metric["cells"]]
    assert 0 < math.log(summary["high"] / summary["low"]) < min(widths)
    assert summary["low"] < 1.25 ** (1 / 3) < summary["high"]


def test_intervals_are_simultaneous(make):
    """The same cells in a larger family get wider intervals."""
    runs = make("base", seed=1, works=5), make("new", seed=2, works=5)
    whole = in_json("compare", *runs, "--metric", "ns_per_op")
    few = in_json("compare", *runs, "--metric", "ns_per_op", "--filter", "^short-lived/.*pool")
    wide = {cell["cell"]: cell for cell in cells_of(whole, "ns_per_op")}
    assert len(wide) == 30 and len(cells_of(few, "ns_per_op")) == 2
    for cell in cells_of(few, "ns_per_op"):
        assert cell["ratio"] == wide[cell["cell"]]["ratio"]
        assert wide[cell["cell"]]["low"] < cell["low"] < cell["high"] < wide[cell["cell"]]["high"]


def test_text_and_json_tell_the_same_in_100_columns(pair):
    text = command("compare", *pair).stdout
    assert text == package("compare", *pair)[1]
    document = in_json("compare", *pair)
    assert max(map(len, text.splitlines())) <= 100
    tables = text.split("Summary: geometric means over cells")
    for metric in document["metrics"]:
        assert f"\n{metric['name']} ({metric['kind']}" in tables[0]
        (line,) = [line for line in tables[1].splitlines() if line.startswith(f"  {metric['name']} ")]
        counts = [int(word) for word in line.split()[-4:]]
        unclear = metric["summary"][0]["verdicts"].get("unclear", 0)
        assert sum(counts) == len(metric["cells"]) and counts[3] == unclear
    block = tables[0].split("\nns_per_op (time")[1].split("\n\n")[0]
    for cell in cells_of(document, "ns_per_op", collector="none", work="short-lived/kind:mixed"):
        (line,) = [line for line in block.split(" · none")[1].splitlines()[1:4]
                   if line.split()[0] == cell["backend"]]
        assert f"{cell['ratio']:.2f}×" in line and line.endswith(cell["verdict"])
        assert f"{cell['low']:.2f}–{cell['high']:.2f}" in line


def test_back_ends_within_a_run(make):
    run = make("run", time=slower("pool", 1.0))
    document = in_json("compare", run, "--by", "backend", "--metric", "ns_per_op")
    assert document["by"] == "backend" and document["baseline"] == "system"
    cells = cells_of(document, "ns_per_op")
    assert {cell["backend"] for cell in cells} == {"pool", "tcmalloc"} and len(cells) == 8
    for cell in cells:
        assert cell["verdict"] == "faster"
        assert cell["base_cell"] == cell["cell"].replace(f":{cell['backend']}/", ":system/")
    (metric,) = document["metrics"]
    assert [line["label"] for line in metric["summary"]] == ["pool", "tcmalloc"]
    other = in_json("compare", run, "--by", "backend", "--baseline", "pool", "--metric", "ns_per_op")
    assert other["baseline"] == "pool"
    assert {cell["verdict"] for cell in cells_of(other, "ns_per_op", backend="system")} == {"slower"}


def test_the_report_and_the_command_agree_on_back_ends(make):
    """The ratios to the baseline that the summary shows are those of compare."""
    run = make("run", works=3)
    document = in_json("compare", run, "--by", "backend", "--metric", "ns_per_op")
    summary = command("export", run, "--format", "markdown").stdout
    for cell in cells_of(document, "ns_per_op"):
        (line,) = [line for line in summary.replace("\\", "").splitlines() if line.startswith(
            f"| {cell['work']} | {cell['collector']} | {cell['backend']} |")]
        assert f"| {cell['ratio']:.2f}× | {cell['low']:.2f}–{cell['high']:.2f} | {cell['verdict']} |" \
            in line


def test_collectors_within_a_run(make):
    run = make("run")
    document = in_json("compare", run, "--by", "collector", "--metric", "ns_per_op")
    cells = cells_of(document, "ns_per_op")
    assert document["baseline"] == "none" and len(cells) == 6
    assert {cell["collector"] for cell in cells} == {"generational"}
    for cell in cells:
        if cell["work"].startswith("cyclic-graph"):
            assert cell["verdict"] == "slower" and cell["low"] < 1.24 < cell["high"]
    back = in_json("compare", run, "--by", "collector", "--baseline", "generational",
                   "--metric", "ns_per_op")
    for first, second in zip(cells, cells_of(back, "ns_per_op")):
        assert first["ratio"] * second["ratio"] == pytest.approx(1)


def memory_times(factor, backend="pool", metric="peak_rss_bytes"):
    def change(records):
        for record in records:
            if record["kind"] == "memory" and record["role"] == "cell" and record["backend"] == backend:
                record["metrics"][metric] = record["metrics"][metric] * factor
        return records
    return change


def test_memory_is_compared_like_time(make):
    runs = make("base"), make("new", records=memory_times(1.5))
    document = in_json("compare", *runs, "--metric", "peak_rss_bytes")
    for cell in cells_of(document, "peak_rss_bytes"):
        changed = cell["backend"] == "pool"
        assert cell["verdict"] == ("worse" if changed else "equal"), cell
        assert cell["low"] <= (1.5 if changed else 1) <= cell["high"] and cell["base_samples"] == 3


def test_one_sample_has_no_interval_and_no_verdict(make):
    runs = make("base", memory=1), make("new", memory=1, records=memory_times(3))
    document = in_json("compare", *runs, "--metric", "peak_rss_bytes")
    for cell in cells_of(document, "peak_rss_bytes"):
        assert cell["verdict"] == "unclear" and cell["low"] is cell["high"] is None
        assert cell["note"] == "one sample has no interval"
        assert cell["ratio"] == pytest.approx(3 if cell["backend"] == "pool" else 1)


def test_what_the_work_decides_needs_one_sample(make):
    name = "internal_fragmentation_ratio"
    runs = make("base", memory=1), make("new", memory=1, records=memory_times(1.1, metric=name))
    document = in_json("compare", *runs, "--metric", name)
    for cell in cells_of(document, name):
        assert cell["verdict"] == ("worse" if cell["backend"] == "pool" else "equal")
        assert cell["low"] == cell["high"] == cell["ratio"] and cell["note"] == "exact"


def test_exact_metrics_whose_samples_differ_are_not_exact(make):
    def scattered(records):
        for record in records:
            if record["kind"] == "memory" and record["role"] == "cell":
                record["metrics"]["internal_fragmentation_ratio"] *= 1 + 0.03 * record["repetition"]
        return records
    runs = make("base", records=scattered), make("new", records=scattered)
    for cell in cells_of(in_json("compare", *runs, "--metric", "internal_fragmentation_ratio"),
                         "internal_fragmentation_ratio"):
        assert cell["low"] < cell["high"] and cell["note"] is None


def test_a_metric_without_a_direction_is_less_or_more(make):
    def collections(factor):
        def change(records):
            for record in records:
                record["metrics"]["collections"] = 40 * factor
            return records
        return change
    runs = make("base", records=collections(1)), make("new", records=collections(2))
    document = in_json("compare", *runs, "--metric", "collections")
    assert {cell["verdict"] for cell in cells_of(document, "collections")} == {"more"}
    text = package("compare", *runs, "--metric", "collections")[1]
    assert "collections (time)" in text and "is better" not in text


def test_zero_is_equal_to_zero_and_has_no_ratio(make):
    def shares(value):
        def change(records):
            for record in records:
                record["metrics"]["foreign_cpu_share"] = value
            return records
        return change
    base, same, other = (make(f"r{value}{name}", records=shares(value))
                         for value, name in ((0.0, "a"), (0.0, "b"), (0.5, "c")))
    equal = cells_of(in_json("compare", base, same, "--metric", "foreign_cpu_share"),
                     "foreign_cpu_share")
    assert {(cell["verdict"], cell["note"]) for cell in equal} == {("equal", "0 in both")}
    unclear = cells_of(in_json("compare", base, other, "--metric", "foreign_cpu_share"),
                       "foreign_cpu_share")
    assert {(cell["verdict"], cell["ratio"], cell["note"]) for cell in unclear} == {
        ("unclear", None, "0 has no ratio")}


def test_invalid_samples_do_not_count(make):
    runs = make("base"), make("new", invalid={("pool", "time"): "killed by signal 11"})
    document = in_json("compare", *runs, "--metric", "ns_per_op")
    for cell in cells_of(document, "ns_per_op", backend="pool"):
        assert cell["verdict"] == "unclear" and cell["note"] == "no value in new"
        assert cell["new"] is None and cell["base"] > 0
    assert any("20 samples of new failed" in doubt for doubt in document["doubts"])


def test_more_work_done_widens_what_grows_with_it(make):
    def longer(records):
        for record in records:
            if "iterations" in record and record["kind"] == "memory":
                record["iterations"] = 240
        return records
    def longest(records):
        for record in longer(records):
            if record.get("iterations") == 240:
                record["iterations"] = 300
        return records
    runs = make("base", records=longer), make("new", records=longest)
    document = in_json("compare", *runs, "--metric", "peak_rss_bytes", "--metric", "ns_per_op")
    for cell in cells_of(document, "peak_rss_bytes"):
        assert cell["work_done"] == 1.25 and cell["low"] <= 1 / 1.25 and cell["high"] >= 1
        assert cell["verdict"] == "unclear"
    assert {cell["work_done"] for cell in cells_of(document, "ns_per_op")} == {1.0}
    assert any("another number of iterations" in doubt and "1.25×" in doubt
               for doubt in document["doubts"])


def test_cells_of_one_run_alone_are_named(make):
    runs = make("base", works=2), make("new", works=3)
    document = in_json("compare", *runs, "--metric", "ns_per_op")
    assert document["only_in_base"] == []
    assert len(document["only_in_new"]) == 6
    assert all("/break:by-hand/" in name for name in document["only_in_new"])
    text = package("compare", *runs, "--metric", "ns_per_op")[1]
    assert "Only the new one has 6 cells:" in text and document["only_in_new"][0] in text


def test_the_same_comparison_is_the_same_json(pair):
    """In another process; the text is compared so above."""
    first = command("compare", *pair, "--format", "json").stdout
    assert first == package("compare", *pair, "--format", "json")[1] != ""
