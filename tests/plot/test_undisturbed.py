"""Which time samples speak for their cell: those a neighbour on the core let alone, where there are enough."""

import numpy as np
import pandas as pd
import pytest

from heapmark_plot.frames import sample_frame
from heapmark_plot.load import load_run
from heapmark_plot.statistics.cells import estimates
from heapmark_plot.statistics.compare import compare
from heapmark_plot.statistics.undisturbed import let_alone, set_aside, without_disturbed


def frame_of(quiet_batches, batches=10, **columns):
    """One cell's time samples, the n-th with so many undisturbed batches (None: it has no probes)."""
    rows = []
    for quiet in quiet_batches:
        flags = [] if quiet is None else [False] * quiet + [True] * (batches - quiet)
        rows.append({"role": "cell", "cell": "work/backend:pool", "work": "work", "threads": 1, "kind": "time", "valid": True,
                     "ns_per_op": 10.0, "cpu_ns_per_op": 10.0, "release_ns": 5.0,
                     "record": {"series": {"batch_disturbed": flags}}})
    return pd.DataFrame(rows).assign(**columns)


@pytest.mark.parametrize("quiet, aside", [
    ([10, 5, 5, 4, 0], [False, False, False, True, True]),
    ([10, 10, 4, 4], [False] * 4),                    # two are too few to do without the others
    ([9] * 3 + [0] * 7, [False] * 10),                # three of ten are less than a third
    ([9, 9, 9, 0, 0, 0], [False] * 3 + [True] * 3),
    ([0, 0, 0, 0], [False] * 4),
    ([None, None, None, 2], [False, False, False, True]),
])
def test_a_sample_disturbed_throughout_is_set_aside_where_enough_others_are_not(quiet, aside):
    assert set_aside(frame_of(quiet)).tolist() == aside


def test_cells_are_told_apart_and_only_their_valid_time_samples_count():
    loud, quiet = frame_of([0, 0]), frame_of([9, 9, 9]).assign(cell="work/backend:system")
    assert not set_aside(pd.concat([loud, quiet], ignore_index=True)).any()
    mixed = frame_of([9, 9, 9, 0]).assign(cell="work/backend:system")
    both = pd.concat([mixed, loud], ignore_index=True)
    assert not set_aside(both).any()  # what is compared is treated alike
    apart = pd.concat([mixed, loud.assign(work="other")], ignore_index=True)
    assert set_aside(apart).tolist() == [False, False, False, True, False, False]
    frame = frame_of([9, 9, 9, 0])
    frame.loc[0, "valid"] = False
    assert not set_aside(frame).any()
    assert not set_aside(frame_of([9, 9, 9, 0], kind="memory")).any()


def test_the_times_themselves_decide_nothing():
    frame = frame_of([9, 9, 9, 9]).assign(ns_per_op=[10.0, 10.0, 10.0, 1000.0])
    assert not set_aside(frame).any()


def test_what_is_set_aside_has_no_times_of_an_operation_and_keeps_the_rest():
    frame = without_disturbed(frame_of([9, 9, 9, 0]))
    assert np.isnan(frame["ns_per_op"]).tolist() == [False, False, False, True]
    assert np.isnan(frame["cpu_ns_per_op"]).tolist() == [False, False, False, True]
    assert (frame["release_ns"] == 5.0).all()


def test_arrays_and_samples_without_a_series_are_read():
    assert let_alone({"series": {"batch_disturbed": np.zeros(5, dtype=bool)}})
    assert not let_alone({"series": {"batch_disturbed": np.ones(30, dtype=bool)}})
    assert let_alone({"series": None}) and let_alone({})


def test_a_runs_tables_do_without_what_is_set_aside(own_run, edit_journal):
    def disturb(record):
        if record["kind"] == "time" and record["valid"] and record["role"] == "cell":
            batches = len(record["series"]["batch_wall_ns"])
            record["series"]["batch_disturbed"] = [record["repetition"] == 0] * batches
    edit_journal(own_run, disturb)
    frame = sample_frame(load_run(own_run))
    times = frame[(frame["kind"] == "time") & (frame["role"] == "cell")]
    first = times["repetition"] == 0
    assert times["repetition"].max() >= 3
    assert times["set_aside"].equals(first)
    assert times["ns_per_op"].isna().equals(first)


def drawn_run(random, repetitions=7, batches=12):
    """Four equal cells; a neighbour slows three tenths of the samples by half, from end to end."""
    rows = []
    for repetition in range(repetitions):
        for variant in "abcd":
            slowed = random.random() < 0.3
            times = 10 * (1.5 if slowed else 1) * np.exp(0.02 * random.standard_normal(batches))
            rows.append({"role": "cell", "row": "work", "work": "work", "variant": variant,
                         "collector": "off", "cell": f"work/{variant}", "threads": 1,
                         "kind": "time", "valid": True, "repetition": repetition,
                         "id": f"work/{variant}#{repetition}", "ns_per_op": float(np.median(times)),
                         "record": {"series": {"batch_wall_ns": times,
                                               "batch_disturbed": [slowed] * batches}}})
    return pd.DataFrame(rows)


def ratio_of_equals(frame, seed):
    own = estimates(frame, "ns_per_op", str(seed))
    return compare(own["cell", "work", "b", "off"], own["cell", "work", "a", "off"])


def test_equal_cells_are_not_told_apart_and_their_interval_is_narrower():
    told, plain, without = 0, [], []
    for seed in range(100):
        frame = drawn_run(np.random.default_rng(seed))
        plain.append(ratio_of_equals(frame.copy(), seed))
        ratio = ratio_of_equals(without_disturbed(frame), seed)
        told += not ratio.low <= 1 <= ratio.high
        without.append(ratio)
    assert told <= 10  # 5 are to be expected; more than 10 of 100 have a chance of 1 %
    assert width(without) < width(plain) / 2


def width(ratios):
    return np.median([np.log(ratio.high / ratio.low) for ratio in ratios])
