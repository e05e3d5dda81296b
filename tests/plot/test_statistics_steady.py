"""Tests of changepoints and of steady states: the search is exact, known courses are recognised, and
noise alone is flat. Seeds are fixed and printed on failure."""

import itertools

import numpy as np
import pandas as pd
import pytest

from heapmark_plot.statistics.changepoints import changepoints, penalty
from heapmark_plot.statistics.steady import (FLAT, INCONSISTENT, NO_STEADY_STATE, SLOWDOWN, UNKNOWN,
                                             WARMUP, common_profile, course, of_cell, steadiness)

SEED = 20261121


def cost(values, begins, price):
    edges = [0, *begins, len(values)]
    return price * len(begins) + sum(float(((values[a:b] - values[a:b].mean())**2).sum())
                                     for a, b in itertools.pairwise(edges))


def by_trying_all(values, price, least):
    """The least cost over every segmentation whose segments have at least `least` values."""
    places = range(1, len(values))
    return min(cost(values, begins, price) for number in range(len(values))
               for begins in itertools.combinations(places, number)
               if min(np.diff([0, *begins, len(values)])) >= least)


def by_optimal_partitioning(values, price, least):
    best = [-price] + [np.inf] * len(values)
    for end in range(least, len(values) + 1):
        best[end] = min(best[begin] + price + cost(values[begin:end], [], 0)
                        for begin in range(end - least + 1))
    return best[-1]


@pytest.mark.parametrize("least", [1, 2, 3])
@pytest.mark.parametrize("price", [0.5, 3.0, 10.0])
def test_the_search_finds_what_trying_all_finds(least, price):
    random = np.random.default_rng(SEED)
    for _ in range(12):
        values = random.standard_normal(11) + 3 * (np.arange(11) >= random.integers(1, 11))
        found = changepoints(values, price, least)
        assert min(np.diff([0, *found, 11])) >= least, f"seed {SEED}"
        assert cost(values, found, price) == pytest.approx(by_trying_all(values, price, least)), \
            f"seed {SEED}"


@pytest.mark.parametrize("least", [1, 3])
def test_the_search_stays_exact_in_longer_series(least):
    random = np.random.default_rng(SEED)
    for _ in range(15):
        values = random.standard_normal(70) + 2 * random.standard_normal(7).repeat(10)
        found = changepoints(values, penalty(70), least)
        assert cost(values, found, penalty(70)) == pytest.approx(
            by_optimal_partitioning(values, penalty(70), least)), f"seed {SEED}"


def test_few_values_and_none():
    assert changepoints([], 1.0) == [] and changepoints([5.0], 1.0) == []
    assert changepoints([1.0, 9.0], 1.0, 2) == [] and changepoints([1.0, 9.0], 1.0) == [1]
    assert changepoints([1.0], 1.0, 3) == []


@pytest.mark.parametrize("count", [20, 60, 240])
def test_noise_alone_is_flat(count):
    random = np.random.default_rng(SEED)
    cells = [of_cell(list(np.exp(0.03 * random.standard_normal((5, count)))), None)
             for _ in range(60)]
    flat = sum(one.counts.get(FLAT, 0) for one in cells)
    assert flat >= 0.975 * 300, f"seed {SEED}: {flat} of 300 samples of {count} batches are flat"


def made(levels, count=40, noise=0.01, seed=SEED):
    """Batch times with these levels, one after the other for equal times."""
    random = np.random.default_rng(seed)
    steps = np.repeat(levels, -(-count // len(levels)))[:count]
    return 1e6 * np.exp(np.log(steps) + noise * random.standard_normal(count))


@pytest.mark.parametrize("levels, kind", [
    ([1.0], FLAT), ([1.0, 1.012], FLAT), ([1.5, 1, 1, 1, 1], WARMUP), ([1.5, 1.2, 1, 1], WARMUP),
    ([1, 1, 1.2, 1.2], SLOWDOWN), ([1.5, 1, 1.2, 1.2, 1.2], SLOWDOWN),
    ([1, 1, 1, 1, 1, 1, 1, 1.3], NO_STEADY_STATE), ([1, 1.4, 1, 1.4, 1, 1.4, 1, 1.4], NO_STEADY_STATE),
    ([1.3, 1, 1.3, 1.3], SLOWDOWN),
])
def test_known_courses_are_recognised(levels, kind):
    found = of_cell([made(levels, seed=seed) for seed in range(5)], None)
    assert found.kind == kind and found.counts == {kind: 5}
    for one in found.courses:
        assert (one.steady_from is None) == (kind == NO_STEADY_STATE)


def test_where_it_is_steady_from():
    (one,) = of_cell([made([1.5, 1, 1, 1, 1])], None).courses
    assert one.steady_from == 8 and one.begins == (0, 8)
    assert one.levels[0] - one.levels[1] == pytest.approx(np.log(1.5), abs=0.02)


def test_single_interrupted_batches_are_no_states():
    times = made([1.0])
    times[[5, 17, 30, 39]] *= 2.5
    assert of_cell([times], None).kind == FLAT


def test_disturbed_batches_are_left_out_and_too_few_tell_nothing():
    times = made([1.5, 1, 1, 1, 1])
    times[[0, 1, 20]] = np.nan
    (one,) = of_cell([times], None).courses
    assert one.kind == WARMUP and one.begins == (2, 8)
    times[11:] = np.nan
    assert of_cell([times], None).kind == UNKNOWN and of_cell([], None).kind == UNKNOWN
    assert course(np.full(30, np.nan), 0.01).kind == UNKNOWN


def test_samples_that_differ_make_a_cell_inconsistent():
    found = of_cell([made([1.0]), made([1.0]), made([1.5, 1, 1, 1])], None)
    assert found.kind == INCONSISTENT and found.counts == {FLAT: 2, WARMUP: 1}


def frame_of(cells):
    """Rows as frames.py has them: {variant: [batch times of a sample, …]} of one work."""
    return pd.DataFrame([
        {"role": "cell", "row": "w", "variant": variant, "collector": "none", "kind": "time",
         "valid": True, "id": f"{variant}#{place}", "record": {"series": {"batch_wall_ns": times}}}
        for variant, samples in cells.items() for place, times in enumerate(samples)])


def test_the_works_own_profile_is_no_warmup_but_one_cells_is():
    shape = np.concatenate([np.linspace(2, 1, 12), np.ones(28)])
    cells = {f"v{cell}": [shape * made([1.0], seed=10 * cell + place) for place in range(3)]
             for cell in range(6)}
    cells["v0"] = [times * np.where(np.arange(40) < 8, 1.3, 1) for times in cells["v0"]]
    found = steadiness(frame_of(cells))
    assert found["cell", "w", "v0", "none"].kind == WARMUP
    assert {found["cell", "w", f"v{cell}", "none"].kind for cell in range(1, 6)} == {FLAT}
    few = steadiness(frame_of({name: cells[name] for name in ("v1", "v2", "v3")}))
    assert few["cell", "w", "v1", "none"].kind == WARMUP  # nobody to tell the work from the cell by
    assert common_profile([[shape], [shape], [shape], [shape[:-1]]]) is None
