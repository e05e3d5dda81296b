"""Tests of load.py, frames.py and the schema: what is read, what is refused, and where."""

import json
import math
import re
from pathlib import Path

import pytest
from synthetic import MIB, Maker, Recipe, write_run

from heapmark_plot.errors import InputError
from heapmark_plot.frames import sample_frame
from heapmark_plot.load import load_run
from heapmark_plot.schema import problem, validator


def journal(folder: Path) -> Path:
    return folder / "journal.jsonl"


def refused(folder, pattern: str, **keywords) -> str:
    with pytest.raises(InputError, match=pattern) as caught:
        load_run(folder, **keywords)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_made_runs_are_what_the_schema_says(small_run):
    run = load_run(small_run, validate=True)
    assert len(run.samples) == run.environment["plan"]["samples"]
    assert run.notes == []


def test_torn_last_line_is_dropped_and_noted(own_run):
    text = journal(own_run).read_text()
    whole = load_run(own_run)
    journal(own_run).write_text(text[:-40])
    run = load_run(own_run)
    assert len(run.samples) == len(whole.samples) - 1
    assert "torn" in run.notes[0] and str(len(whole.samples)) in run.notes[0]


def test_whole_last_line_without_newline_counts(own_run):
    text = journal(own_run).read_text()
    journal(own_run).write_text(text[:-1])
    assert len(load_run(own_run).samples) == len(text.splitlines())


@pytest.mark.parametrize("line", ['{"record": "sample", "id"', "\x00\x00\x00", "[1, 2]", "",
                                  '{"record": "sample"}', '{"record": "other"}'])
def test_interior_corruption_is_refused_with_its_line(own_run, line):
    lines = journal(own_run).read_text().splitlines()
    lines[6] = line
    journal(own_run).write_text("\n".join(lines) + "\n")
    refused(own_run, r"journal\.jsonl:7: ")


def test_torn_line_with_its_newline_is_corruption(own_run):
    text = journal(own_run).read_text()
    journal(own_run).write_text(text[:-40] + "\n")
    refused(own_run, rf"journal\.jsonl:{len(text.splitlines())}: not JSON")


def test_a_sample_twice_is_refused_with_both_lines(own_run):
    lines = journal(own_run).read_text().splitlines()
    journal(own_run).write_text("\n".join(lines + [lines[2]]) + "\n")
    refused(own_run, rf"journal\.jsonl:{len(lines) + 1}: .* on line 3 already")


@pytest.mark.parametrize("member, value, words", [
    ("threads", "one", "threads is a text, not a number"),
    ("valid", 1, "valid is a number, not true or false"),
    ("backend", None, "backend is null, not a text"),
    ("metrics", [], "metrics is a list, not an object"),
    ("metrics", {"ns_per_op": "41"}, "metric ns_per_op is a text"),
    ("metrics", {"ns_per_op": True}, "metric ns_per_op is true or false"),
    ("metrics", {"made_up": 1}, "metric 'made_up' is not in environment.json's metrics table"),
    ("series", {"batch_wall_ns": [1, "x"]}, "series.batch_wall_ns is not a list of numbers"),
    ("series", {"batch_wall_ns": [[1], [2, 3]]}, "series.batch_wall_ns is not a list of numbers"),
    ("timeline", {"at_ns": [1], "rss_bytes": []}, "differ in length"),
    ("timeline", {"at_ns": [], "rss_bytes": [], "phase": [[1]]}, "timeline.phase"),
    ("edges", [{"edge": 3}], r"edges\[0\]: edge is a number"),
    ("edges", [{"edge": "steady", "rss_bytes": "x"}], r"edges\[0\].rss_bytes is a text"),
    ("pauses", {"buckets": [[1, 2]]}, "pauses.buckets"),
])
def test_wrong_members_are_named(own_run, member, value, words):
    lines = journal(own_run).read_text().splitlines()
    record = json.loads(lines[4])
    record[member] = value
    lines[4] = json.dumps(record)
    journal(own_run).write_text("\n".join(lines) + "\n")
    assert words.replace("\\", "") in refused(own_run, r"journal\.jsonl:5")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_json_or_a_double_lacks_are_refused(own_run, number):
    text = journal(own_run).read_text()
    text, count = re.subn(r'"ns_per_op": [\d.]+', f'"ns_per_op": {number}', text, count=1)
    assert count == 1
    journal(own_run).write_text(text)
    refused(own_run, r"journal\.jsonl:\d+: ")


def test_deep_nesting_is_refused(own_run):
    lines = journal(own_run).read_text().splitlines()
    lines[0] = '{"record": ' + "[" * 100000
    journal(own_run).write_text("\n".join(lines) + "\n")
    refused(own_run, r"journal\.jsonl:1: ")


def test_absent_files_and_folders_are_named(own_run, tmp_path):
    refused(tmp_path / "nowhere", "nowhere: no such folder")
    journal(own_run).unlink()
    refused(own_run, r"journal\.jsonl: no such file")
    (own_run / "environment.json").unlink()
    refused(own_run, r"environment\.json: no such file")


def test_empty_run_is_refused(own_run):
    journal(own_run).write_text("")
    refused(own_run, "the run is empty")


@pytest.mark.parametrize("number", [1, 3, "2", True, None])
def test_wrong_schema_number_is_refused(own_run, edit_environment, number):
    edit_environment(own_run, lambda environment: environment.update(schema=number))
    refused(own_run, r"environment\.json: schema .* is not the one this report reads \(2\)")


def test_a_metric_twice_is_refused_with_both_places(own_run, edit_environment):
    edit_environment(own_run, lambda environment: environment["metrics"].insert(2, environment["metrics"][0]))
    refused(own_run, r"environment\.json: metrics\[2\]: 'ns_per_op' is metrics\[0\] already")


def test_truncated_environment_is_refused(own_run):
    path = own_run / "environment.json"
    path.write_text(path.read_text()[:500])
    refused(own_run, r"environment\.json: not JSON")


def test_validation_refuses_what_the_docs_do_not_have(own_run):
    lines = journal(own_run).read_text().splitlines()
    record = json.loads(lines[3])
    record["surprise"] = 1
    lines[3] = json.dumps(record)
    journal(own_run).write_text("\n".join(lines) + "\n")
    load_run(own_run)
    assert "surprise" in refused(own_run, r"journal\.jsonl:4: ", validate=True)


@pytest.mark.parametrize("change", [
    lambda record: record.pop("checksum"),
    lambda record: record.update(checksum=12),
    lambda record: record.update(reason="a valid sample has none"),
    lambda record: record.update(valid=False, reason=None),
    lambda record: record.update(backend="a/b"),
    lambda record: record.update(linkage="magic"),
    lambda record: record.update(kind="latency"),
    lambda record: record.pop("series"),
    lambda record: record["series"].update(extra=[]),
    lambda record: record["metrics"].update({"Bad Name": 1}),
    lambda record: record.update(cell="short-lived"),
    lambda record: record.update(seed=31),
])
def test_sample_schema_is_strict(change):
    maker = Maker(Recipe())
    record = maker.time_sample(0, "pool", "none", 0)
    checker = validator("sample")
    assert problem(checker, record) is None
    change(record)
    assert problem(checker, record)


def test_memory_sample_schema_needs_edges_and_timeline():
    checker = validator("sample")
    for member in ("edges", "timeline"):
        record = Maker(Recipe()).memory_sample(0, "pool", "none")
        assert problem(checker, record) is None
        del record[member]
        assert problem(checker, record)


@pytest.mark.parametrize("change", [
    lambda environment: environment.update(extra=1),
    lambda environment: environment["machine"].pop("kernel"),
    lambda environment: environment["metrics"][0].update(direction="up"),
    lambda environment: environment["backends"][-1].update(reason=None),
    lambda environment: environment.update(state="stopped"),
])
def test_environment_schema_is_strict(change):
    environment = Maker(Recipe()).environment(1)
    assert problem(validator("environment"), environment) is None
    change(environment)
    assert problem(validator("environment"), environment)


def test_benchmarks_schema():
    cell = "short-lived/backend:pool/linkage:so/collector:none/threads:1/runtime:heapmark"
    entry = {"name": cell, "run_name": cell, "run_type": "iteration", "repetition_index": 0,
             "iterations": 5, "real_time": 1.5, "cpu_time": 1.5, "time_unit": "ns",
             "peak_rss_bytes": 4096}
    file = {"context": {"date": "x"}, "benchmarks": [entry]}
    checker = validator("benchmarks")
    assert problem(checker, file) is None
    entry["time_unit"] = "us"
    assert problem(checker, file)


def test_net_memory_subtracts_the_null_run_of_the_same_back_end_and_collector(small_run):
    frame = sample_frame(load_run(small_run))
    memory = frame[(frame["kind"] == "memory") & (frame["role"] == "cell")]
    assert len(memory) == 12
    for sample in memory.itertuples():
        floor = Maker.null_rss(sample.backend)
        edge = [edge for edge in sample.record["edges"] if edge["edge"] == "steady"][0]
        assert sample.peak_rss_net_bytes == sample.record["metrics"]["peak_rss_bytes"] - floor
        assert sample.rss_net_bytes == edge["rss_bytes"] - floor
        assert sample.overhead_ratio == pytest.approx(
            (edge["rss_bytes"] - floor) / edge["live_bytes"])
        if edge["active_bytes"] is None:
            assert math.isnan(sample.retention_ratio)
        else:
            assert sample.retention_ratio == pytest.approx(
                (edge["rss_bytes"] - floor - edge["collector_table_bytes"]) / edge["active_bytes"])


def test_net_memory_leaves_out_the_workloads_own_tables(tmp_path, small_recipe, small_run):
    tables = write_run(tmp_path / "run", Recipe(**{**vars(small_recipe), "tables_bytes": 5 * MIB}))
    names = ["peak_rss_net_bytes", "rss_net_bytes", "overhead_ratio"]
    with_tables, without = sample_frame(load_run(tables)), sample_frame(load_run(small_run))
    assert with_tables[names].equals(without[names])
    assert with_tables["floor_rss_bytes"].max() > without["floor_rss_bytes"].max() + 4 * MIB


def test_without_a_null_run_net_memory_is_missing_not_raw(own_run, edit_journal):
    def spoil(record):
        if record["role"] == "null" and record["backend"] == "pool":
            record.update(valid=False, reason="timeout")
    edit_journal(own_run, spoil)
    frame = sample_frame(load_run(own_run))
    memory = frame[(frame["kind"] == "memory") & (frame["role"] == "cell")]
    pool = memory[memory["backend"] == "pool"]["peak_rss_net_bytes"]
    assert pool.isna().all() and len(pool) == 4
    assert (memory[memory["backend"] == "system"]["peak_rss_net_bytes"] > 20 * MIB).all()


def test_journals_own_net_fields_are_not_read(own_run, edit_journal):
    def lie(record):
        if record["kind"] == "memory":
            record["metrics"]["peak_rss_net_bytes"] = 7
    edit_journal(own_run, lie)
    frame = sample_frame(load_run(own_run))
    assert not (frame["peak_rss_net_bytes"] == 7).any()
