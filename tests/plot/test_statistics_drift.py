"""Tests of the drift of long runs: a leak is found, a bounded heap is called bounded, and series whose
values resemble their neighbours do not pass for growth. Seeds are fixed and printed on failure."""

import numpy as np
import pytest

from heapmark_plot.statistics.drift import BOUNDED, FEWEST, GROWING, SHARE, UNCLEAR, drift

SEED = 20261121
MIB = 2.0**20


def autoregressive(random, count, coefficient):
    """A stationary AR(1) series of variance 1."""
    values = np.empty(count)
    values[0] = random.standard_normal()
    for place in range(1, count):
        values[place] = coefficient * values[place - 1] \
            + np.sqrt(1 - coefficient**2) * random.standard_normal()
    return values


def verdicts(coefficient, noise, growth, rounds=200, count=240):
    """The verdicts on made series: level 100 MiB, `growth` over the whole time, AR(1) `noise`."""
    random = np.random.default_rng(SEED)
    at_s = np.linspace(0, 600, count)
    found = []
    for _ in range(rounds):
        values = 100 * MIB * (1 + growth * at_s / 600
                              + noise * autoregressive(random, count, coefficient))
        found.append(drift(at_s, values))
    return found


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("noise", [0.002, 0.02, 0.1])
def test_without_drift_at_most_one_in_twenty_is_called_growing(coefficient, noise):
    found = verdicts(coefficient, noise, 0.0)
    wrong = sum(one.verdict == GROWING for one in found)
    assert wrong <= 0.05 * len(found), f"seed {SEED}: {wrong} of {len(found)} called growing"


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.8, 0.9])
def test_short_series_without_drift_are_not_called_growing_either(coefficient):
    found = verdicts(coefficient, 0.05, 0.0, count=40)
    wrong = sum(one.verdict == GROWING for one in found)
    assert wrong <= 0.05 * len(found), f"seed {SEED}: {wrong} of {len(found)} called growing"


def test_the_interval_of_the_slope_holds_the_truth():
    truth = 0.3 * 100 * MIB / 600
    for coefficient in (0.0, 0.5, 0.8):
        found = verdicts(coefficient, 0.03, 0.3)
        held = sum(one.slope_low <= truth <= one.slope_high for one in found)
        assert held >= 0.93 * len(found), f"seed {SEED}: {held} of {len(found)} at {coefficient}"


def test_a_leak_is_found_and_a_bounded_heap_is_called_so():
    leaks = verdicts(0.5, 0.01, 0.3, rounds=50)
    assert all(one.verdict == GROWING for one in leaks)
    calm = verdicts(0.5, 0.005, 0.0, rounds=50)
    assert sum(one.verdict == BOUNDED for one in calm) >= 48
    shrinking = verdicts(0.5, 0.01, -0.3, rounds=50)
    assert all(one.verdict == BOUNDED for one in shrinking)


def test_where_growth_is_near_the_bound_nothing_is_claimed_often():
    found = [one.verdict for one in verdicts(0.5, 0.01, SHARE / 0.75)]
    assert found.count(GROWING) <= 0.05 * len(found)
    assert found.count(BOUNDED) <= 0.05 * len(found)


def test_filling_up_at_first_is_no_leak():
    at_s = np.linspace(0, 600, 240)
    random = np.random.default_rng(SEED)
    filling = 100 * MIB * (1 - np.exp(-at_s / 25)) * (1 + 0.003 * random.standard_normal(240))
    assert drift(at_s, filling).verdict == BOUNDED
    assert drift(at_s, filling).level == pytest.approx(100 * MIB, rel=0.01)


def test_one_jump_is_not_growth():
    at_s = np.linspace(0, 600, 240)
    random = np.random.default_rng(SEED)
    values = 100 * MIB * (1 + 0.003 * random.standard_normal(240))
    values[-6:] *= 1.5
    assert drift(at_s, values).verdict != GROWING
    assert abs(drift(at_s, values).robust_slope * 600) < 0.02 * 100 * MIB


def test_exact_lines_have_exact_slopes():
    at_s = np.linspace(10, 70, 61)
    flat = drift(at_s, np.full(61, 5 * MIB))
    assert flat.growth_high == pytest.approx(0, abs=1e-12) and flat.growth_low == flat.growth_high
    assert flat.verdict == BOUNDED
    steep = drift(at_s, MIB * (100 + at_s))
    assert steep.slope == pytest.approx(MIB) and steep.verdict == GROWING
    assert steep.duration_s == pytest.approx(45) and steep.robust_slope == pytest.approx(MIB)


def test_too_little_has_no_interval():
    assert drift([], []).verdict == UNCLEAR
    few = drift(np.arange(FEWEST), np.arange(FEWEST) * 10.0)
    assert np.isnan(few.slope) and few.verdict == UNCLEAR
    assert drift(np.zeros(20), np.arange(20.0)).verdict == UNCLEAR
    below = drift(np.arange(40.0), np.arange(40.0) - 1000)
    assert below.slope == pytest.approx(1) and np.isnan(below.growth) and below.verdict == UNCLEAR
    at_s, values = np.arange(40.0), np.full(40, 7.0)
    values[::2] = np.nan
    assert drift(at_s, values).verdict == BOUNDED and drift(at_s, values).count == 15
