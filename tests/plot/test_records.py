"""Tests of the members that records may have: wrong ones are named with their line, and the schema is
strict about them."""

import json

import numpy as np
import pytest
from synthetic import Maker, Recipe, write_run
from synthetic_latency import histogram

from heapmark_plot.__main__ import main
from heapmark_plot.errors import InputError
from heapmark_plot.frames import edge_frame, sample_frame
from heapmark_plot.load import load_run
from heapmark_plot.schema import problem, validator

RECIPE = Recipe(works=1, backends=("pool", "system"), collectors=("generational",), repetitions=2,
                release=True, settle="long", counters=True, contaminated=1)


@pytest.fixture(scope="module")
def journal_lines(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("records"), RECIPE)
    return folder, (folder / "journal.jsonl").read_text().splitlines()


def spoiled(journal_lines, tmp_path, kind: str, change) -> str:
    """The one line with which the run is refused once `change` was done to a sample of `kind`."""
    folder, lines = journal_lines
    lines = list(lines)
    place = next(place for place, line in enumerate(lines)
                 if f'"kind": "{kind}"' in line and '"role": "cell"' in line)
    record = json.loads(lines[place])
    change(record)
    lines[place] = json.dumps(record)
    (tmp_path / "environment.json").write_text((folder / "environment.json").read_text())
    (tmp_path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as caught:
        load_run(tmp_path)
    message = str(caught.value)
    assert f"journal.jsonl:{place + 1}: " in message and "\n" not in message
    return message


def putting(*path):
    """A change that puts the last of `path` where the others lead."""
    *members, last, value = path

    def change(record):
        for member in members:
            record = record[member]
        record[last] = value
    return change


@pytest.mark.parametrize("kind, change, words", [
    ("time", putting("contamination", []), "a JSON object is expected, found a list"),
    ("time", putting("contamination", "contaminated", 1), "contaminated is a number, not true or"),
    ("time", putting("contamination", "waited_ns", -1), "contamination.waited_ns is below 0"),
    ("time", putting("contamination", "steal_share", "x"), "steal_share is a text, not a number"),
    ("time", putting("contamination", "why", [1]), "contamination.why is not a list of texts"),
    ("time", putting("counters", {}), "counters: absent is missing"),
    ("time", putting("counters", "cycles", True), "counters.cycles is true or false"),
    ("time", putting("kind", "magic"), "kind 'magic' is none of time, memory, latency"),
    ("time", putting("role", "boss"), "role 'boss' is none of cell"),
    ("time", putting("attempt", None), "attempt is null, not a number"),
    ("memory", putting("accounts", {}), "accounts is an object, not a list"),
    ("memory", putting("accounts", 0, {}), "accounts[0]: batch is missing"),
    ("memory", putting("accounts", 1, "uncollected_bytes", "1"), "accounts[1].uncollected_bytes is a"),
    ("memory", putting("edges", 2, "metadata_bytes", -4), "edges[2].metadata_bytes is below 0"),
    ("memory", putting("edges", 0, 7), "edges[0]: a JSON object is expected"),
    ("memory", putting("size_classes", 0, "blocks", None), "size_classes[0]: blocks is null"),
    ("memory", putting("size_classes", 0, "slots", "many"), "size_classes[0].slots is a text"),
    ("memory", putting("attribution", "guess"), "attribution 'guess' is none of split, merged"),
    ("memory", putting("timeline", "requested_bytes", [1]), "timeline.requested_bytes differ in len"),
    ("memory", putting("timeline", "requested_bytes", {}), "timeline.requested_bytes is not a list"),
    ("memory", putting("timeline", "phase", [[True, "x"]]), "timeline.phase is not a list of"),
    ("latency", putting("latency", []), "latency: a JSON object is expected"),
    ("latency", putting("latency", "one_in", None), "latency: one_in is null"),
    ("latency", putting("latency", "malloc", 3), "latency.malloc: a JSON object is expected"),
    ("latency", putting("latency", "free", "buckets", [[1, 2]]), "latency.free.buckets is not a list"),
    ("latency", putting("latency", "free", "buckets", [[2, 1, 1]]), "latency.free.buckets is not a"),
    ("latency", putting("latency", "round", "buckets", [[1, 2, -1]]), "latency.round.buckets is not"),
    ("latency", putting("latency", "round", "buckets", [[1, 2, None]]), "latency.round.buckets is not"),
    ("latency", putting("cascades", "count", -2), "cascades.count is below 0"),
    ("latency", putting("pauses", "buckets", [["1", "2", "3"]]), "pauses.buckets is not a list"),
    ("latency", putting("mmu", [[1, 2, 3]]), "mmu is not a list of [window_ns, utilization]"),
    ("latency", putting("mmu", [[0, 0.5]]), "mmu is not a list of [window_ns, utilization from 0 to"),
    ("latency", putting("mmu", [[1e6, 1.5]]), "mmu is not a list of [window_ns, utilization from 0"),
    ("latency", putting("mmu", [[None, 0.5]]), "mmu is not a list of [window_ns, utilization from"),
])
def test_a_wrong_member_is_named(journal_lines, tmp_path, kind, change, words):
    assert words in spoiled(journal_lines, tmp_path, kind, change)


def test_half_a_character_is_refused(journal_lines, tmp_path):
    assert "lone surrogate" in spoiled(journal_lines, tmp_path, "time",
                                       putting("reason", "\ud83d and no more"))


@pytest.mark.parametrize("change, words", [
    (lambda environment: environment["machine"].pop("cpu_model"), "machine: cpu_model is missing"),
    (lambda environment: environment["collectors"].append("none"), "collectors[2]: a JSON object"),
    (lambda environment: environment["plan"].update(backends=[["a"]]), "plan.backends is not a list"),
    (lambda environment: environment["plan"].update(rounds=["a"]), "plan.rounds[0] is not a list"),
    (lambda environment: environment["plan"].update(rounds=7), "rounds is a number, not a list"),
    (lambda environment: environment["metrics"][0].update(kinds=[1]), "metrics[0].kinds is not a"),
    (lambda environment: environment["options"].update(precision="1"), "precision is a text"),
    (lambda environment: environment["options"].update(shard=3), "options.shard: a JSON object"),
    (lambda environment: environment["backends"][0].update(environment={"A": 1}), "environment is not"),
])
def test_a_wrong_environment_is_one_line_and_exit_2(own_run, edit_environment, capsys, change, words):
    edit_environment(own_run, change)
    assert main(["report", str(own_run)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and words in error
    assert not (own_run / "report.html").exists()


@pytest.mark.parametrize("command", ["report", "summary", "validate"])
def test_an_earlier_schema_is_refused_by_every_command(own_run, edit_environment, capsys, command):
    edit_environment(own_run, lambda environment: environment.update(schema=1))
    assert main([command, str(own_run)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "schema 1 is not the one this report reads (2)" in error
    assert not (own_run / "report.html").exists()


@pytest.mark.parametrize("kind, change", [
    ("time", lambda record: record["contamination"].pop("why")),
    ("time", lambda record: record["counters"].update(loads=1)),
    ("memory", lambda record: record["edges"][0].update(surprise=1)),
    ("memory", lambda record: record["accounts"][0].update(edge="steady")),
    ("memory", lambda record: record["accounts"][0].pop("live_bytes")),
    ("memory", lambda record: record["size_classes"][0].pop("slots")),
    ("memory", lambda record: record["size_classes"][0].update(blocks=None)),
    ("memory", lambda record: record.update(attribution="both")),
    ("memory", lambda record: record["timeline"].update(requested_bytes=["x"])),
    ("latency", lambda record: record.pop("latency")),
    ("latency", lambda record: record.pop("mmu")),
    ("latency", lambda record: record["latency"].pop("realloc")),
    ("latency", lambda record: record["latency"].update(one_in=0)),
    ("latency", lambda record: record["latency"]["malloc"].pop("count")),
    ("latency", lambda record: record["pauses"].update(mean=1)),
    ("latency", lambda record: record["mmu"].append([0, 1])),
    ("latency", lambda record: record["mmu"].append([1e6, 1.01])),
])
def test_the_schema_is_strict_about_new_members(kind, change):
    maker = Maker(RECIPE)
    record = {"time": lambda: maker.time_sample(0, "pool", "generational", 0),
              "memory": lambda: maker.memory_sample(1, "pool", "generational"),
              "latency": lambda: maker.latency_sample(0, "pool", "generational", 0)}[kind]()
    checker = validator("sample")
    assert problem(checker, record) is None
    change(record)
    assert problem(checker, record)


@pytest.mark.parametrize("change", [
    lambda environment: environment["options"].update(settle="forever"),
    lambda environment: environment["options"].update(shard={"index": 0, "count": 3}),
    lambda environment: environment["options"].update(latency_repetitions=-1),
    lambda environment: environment["plan"].update(rounds=[["not a cell"]]),
])
def test_the_schema_is_strict_about_new_options(change):
    environment = Maker(RECIPE).environment(1)
    assert problem(validator("environment"), environment) is None
    change(environment)
    assert problem(validator("environment"), environment)


def test_samples_may_lack_what_they_could_not_take(own_run, edit_journal):
    def strip(record):
        for member in ("contamination", "counters", "accounts", "size_classes", "attribution",
                       "pauses", "cascades", "mmu", "latency"):
            record.pop(member, None)
        record.get("timeline", {}).pop("requested_bytes", None)
    edit_journal(own_run, strip)
    frame = sample_frame(load_run(own_run))
    assert frame["valid"].all() and edge_frame(frame, "accounts").empty
    assert not edge_frame(frame).empty


def test_metrics_of_all_three_kinds_are_columns(journal_lines):
    frame = sample_frame(load_run(journal_lines[0], validate=True))
    of_kind = {kind: frame[(frame["kind"] == kind) & (frame["role"] == "cell")]
               for kind in ("time", "memory", "latency")}
    assert of_kind["time"]["instructions_per_op"].eq(31).all()
    assert of_kind["latency"]["malloc_p99_ns"].gt(0).all()
    assert of_kind["memory"]["malloc_p99_ns"].isna().all()
    release = of_kind["memory"][of_kind["memory"]["workload"] == "release-refill"]
    assert len(release) == 6 and release["rss_after_5s_bytes"].gt(0).all()
    assert release["steady_metadata_bytes"].notna().sum() == 3


def test_edges_have_their_net_rss(journal_lines):
    frame = sample_frame(load_run(journal_lines[0]))
    edges = edge_frame(frame)
    one = edges[(edges["row"] == "release-refill/order:age") & (edges["variant"] == "pool")]
    assert list(one["edge"]) == ["setup", "build", "steady", "release", "release+0ms",
                                 "release+100ms", "release+1000ms", "release+5000ms", "collected",
                                 "purged", "refill"]
    assert np.allclose(one["rss_net_bytes"], one["rss_bytes"] - Maker.null_rss("pool"))


def test_the_made_histograms_are_what_a_record_holds():
    assert problem(validator("histogram"), histogram([3.0, 4.0, 1e6])) is None
