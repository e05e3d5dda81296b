"""Tests of the statistics against samples of a real machine: equal things are told apart in at most one
of twenty comparisons, and a difference of a tenth is found, with an interval that holds it.

The samples are data/a-a.json.xz; with HEAPMARK_RECORD set they are recorded anew first (some minutes),
by the command in HEAPMARK_COMMAND. The functions are those of the report; a_a.py says how runs are
drawn. `pytest -s` prints the figures."""

import os
from pathlib import Path

import pytest
from a_a import Tally, between_runs, load, tally, within_a_run
from record_a_a import record

SHIPPED = Path(__file__).resolve().parent / "data" / "a-a.json.xz"
COUNTS = (5, 7, 9)
#: Comparisons for each number of samples a side: 2,016 in all.
EACH = 672


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    if not os.environ.get("HEAPMARK_RECORD"):
        return load(SHIPPED)
    file = tmp_path_factory.mktemp("a-a") / "a-a.json.xz"
    record(os.environ["HEAPMARK_COMMAND"], file, 72)
    return load(file)


def mean(tallies, share):
    return sum(share(one) * one.total for one in tallies) / sum(one.total for one in tallies)


def show(name, tallies):
    for count, one in zip(COUNTS, tallies):
        print(f"{name}, {count} a side, {one.total}: alone {one.alone}, holds {one.held_alone:.3f};"
              f" family {one.family}, holds {one.held_family:.3f}")


def test_the_recording_is_what_it_should_be(recording):
    cells = recording.samples.groupby(["work", "allocator", "collector", "twin"]).size()
    assert len(cells) == 24 and cells.min() == cells.max() == len(recording.repetitions) >= 60
    assert recording.about["machine"]["cpu_model"] and recording.about["started_at"]
    batches = recording.samples["record"].map(lambda one: len(one["series"]["batch_wall_ns"]))
    assert batches.min() >= 20
    assert SHIPPED.stat().st_size < 300_000


@pytest.mark.parametrize("drawing", [within_a_run, between_runs])
def test_equal_things_are_told_apart_in_at_most_one_of_twenty(recording, drawing):
    each = EACH if drawing is within_a_run else EACH // 2
    tallies = [tally(recording, drawing, count, each) for count in COUNTS]
    show(f"A/A {drawing.__name__}", tallies)
    assert sum(one.total for one in tallies) >= (2000 if drawing is within_a_run else 1000)
    assert mean(tallies, lambda one: Tally.alarms(one.family)) <= 0.05
    assert mean(tallies, lambda one: Tally.alarms(one.alone)) <= 0.05
    assert mean(tallies, lambda one: one.held_alone) >= 0.95
    assert mean(tallies, lambda one: one.held_family) >= 0.95


def test_runs_made_one_after_the_other_are_seldom_told_apart(recording):
    """Each run then saw a machine of its own; what a verdict rests on must bear that too."""
    if os.environ.get("HEAPMARK_RECORD"):
        pytest.skip("how much a machine changes from minute to minute is not ours to promise")
    tallies = [tally(recording, between_runs, count, EACH // 2, apart=True) for count in COUNTS]
    show("A/A one after the other", tallies)
    assert mean(tallies, lambda one: Tally.alarms(one.family)) <= 0.05


def test_a_difference_of_a_tenth_is_found_and_held(recording):
    tallies = [tally(recording, within_a_run, count, EACH // 4, 1.1) for count in COUNTS]
    show("1.10 within a run", tallies)
    assert mean(tallies, lambda one: one.held_alone) >= 0.93
    assert mean(tallies, lambda one: one.held_family) >= 0.93
    found = [one.alone.get("slower", 0) for one in tallies]
    assert all(one.alone.get("faster", 0) == 0 for one in tallies)
    assert found[0] < found[-1] and found[-1] >= 0.5, found  # more samples tell more


def test_a_difference_of_a_half_is_always_found(recording):
    (found,) = [tally(recording, within_a_run, 9, EACH // 4, 1.5)]
    assert found.family.get("slower", 0) >= 0.9
