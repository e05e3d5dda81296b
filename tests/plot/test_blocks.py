"""Tests of what is taken out of times before they are compared: block effects, disturbed batches."""

import numpy as np
import pandas as pd
import pytest

from heapmark_plot.statistics.cells import quiet_batches
from heapmark_plot.statistics.blocks import without_block_effects
from heapmark_plot.statistics.resample import batch_departures, pack


def frame_of(effects, cells=6, noise=0.01, seed=5):
    """One work, `cells` cells, one repetition an effect: each time is 100 × cell × effect × noise."""
    random = np.random.default_rng(seed)
    rows = [{"kind": "time", "valid": True, "role": "cell", "work": "w", "threads": 1,
             "runtime": "heapmark", "repetition": repetition, "cell": f"cell {cell}",
             "ns_per_op": 100 * (1 + cell / 10) * effect * np.exp(random.normal(0, noise))}
            for repetition, effect in enumerate(effects) for cell in range(cells)]
    return pd.DataFrame(rows)


def spread(values, frame):
    logs = np.log(values)
    return float((logs - logs.groupby(frame["cell"]).transform("median")).std())


def test_a_slow_block_is_taken_out_and_cells_keep_their_ratios():
    frame = frame_of([1, 1, 1.6, 1, 1.3, 1, 1])
    compared = without_block_effects(frame, "ns_per_op")
    assert spread(compared, frame) < spread(frame["ns_per_op"], frame) / 5
    medians = compared.groupby(frame["cell"]).median()
    assert medians["cell 5"] / medians["cell 0"] == pytest.approx(1.5, rel=0.02)


def test_independent_noise_is_not_made_to_look_smaller():
    frame = frame_of([1] * 7, noise=0.05)
    compared = without_block_effects(frame, "ns_per_op")
    assert spread(compared, frame) > 0.9 * spread(frame["ns_per_op"], frame)


def test_small_blocks_and_other_rows_are_left_alone():
    frame = frame_of([1, 2, 1], cells=3)
    assert (without_block_effects(frame, "ns_per_op") == frame["ns_per_op"]).all()
    frame = frame_of([1, 2, 1]).assign(role="empty")
    assert (without_block_effects(frame, "ns_per_op") == frame["ns_per_op"]).all()
    frame = frame_of([1, 2, 1]).assign(valid=False)
    assert (without_block_effects(frame, "ns_per_op") == frame["ns_per_op"]).all()


def test_disturbed_batches_do_not_speak_where_enough_others_do():
    times = [10.0] * 6 + [17.0] * 2
    flags = [False] * 6 + [True] * 2
    assert np.isnan(quiet_batches({"batch_wall_ns": times, "batch_disturbed": flags})).sum() == 2
    flags = [False] * 4 + [True] * 4
    assert not np.isnan(quiet_batches({"batch_wall_ns": times, "batch_disturbed": flags})).any()
    assert not np.isnan(quiet_batches({"batch_wall_ns": times})).any()


def test_departures_leave_disturbed_batches_out():
    rows = [np.array([10.0, 11, 12, np.nan]), np.array([20.0, np.nan, 24, 26])]
    departures = batch_departures(rows)
    assert np.isnan(departures).sum() == 2
    assert np.allclose(np.nanmean(departures, axis=1), 0)
    packed, lengths = pack(departures)
    assert lengths.tolist() == [3, 3]
    assert not np.isnan(packed[:, :3]).any()
