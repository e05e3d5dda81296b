"""Tests of ratios and verdicts for any metric: words by direction, a band that does not depend on which
side is the base, exact metrics, zeros. Seeds are fixed and printed on failure."""

import numpy as np
import pytest

from heapmark_plot.statistics.compare import (BAND, BAND_HIGH, BAND_LOW, BETTER, EQUAL, FASTER, LESS,
                                              MORE, SLOWER, UNCLEAR, WORSE, compare, make_ratio,
                                              simultaneous, verdict_of, words_of)
from heapmark_plot.statistics.estimate import Estimate, estimate, moderate
from heapmark_plot.statistics.outliers import classify
from heapmark_plot.statistics.resample import CellValues

SEED = 20261121
INTERVALS = 5000


def made(values, name="cell"):
    return estimate(CellValues(name, np.array(values, dtype=float)), "seed")


def random_intervals():
    """Ratios with intervals, near 1 and far, narrow and wide; some with an end on a bound."""
    random = np.random.default_rng(SEED)
    logs = random.normal(0, 0.04, INTERVALS)
    reaches = np.exp(random.uniform(-9, -2, INTERVALS))
    for log, reach in zip(logs, reaches):
        yield np.exp(log), np.exp(log - reach), np.exp(log + reach)
    yield from [(1.01, 1.0, BAND_HIGH), (1 / 1.01, BAND_LOW, 1.0), (BAND_HIGH,) * 3, (BAND_LOW,) * 3]


def test_the_verdict_is_the_same_whichever_side_is_the_base():
    turned = {FASTER: SLOWER, SLOWER: FASTER, EQUAL: EQUAL, UNCLEAR: UNCLEAR}
    seen = set()
    for value, low, high in random_intervals():
        own, other = verdict_of(value, low, high), verdict_of(1 / value, 1 / high, 1 / low)
        on_a_bound = any(abs(abs(np.log(one)) - np.log(BAND_HIGH)) < 1e-12 for one in (value, low, high))
        assert on_a_bound or other == turned[own], f"seed {SEED}: {value} {low} {high}"
        seen.add(own)
    assert seen == {FASTER, SLOWER, EQUAL, UNCLEAR}


def test_what_a_verdict_says_of_its_interval():
    for value, low, high in random_intervals():
        verdict = verdict_of(value, low, high)
        if verdict == EQUAL:
            assert 1 - BAND < low and high <= 1 + BAND  # never more than what ±2 % says
        elif verdict == FASTER:
            assert high < 1 and value < BAND_LOW
        elif verdict == SLOWER:
            assert low > 1 and value > BAND_HIGH
        else:
            assert not (BAND_LOW <= low and high <= BAND_HIGH)


def test_a_wider_interval_never_turns_a_verdict_round():
    weaker = {FASTER: {FASTER, UNCLEAR}, SLOWER: {SLOWER, UNCLEAR},
              EQUAL: {EQUAL, UNCLEAR}, UNCLEAR: {UNCLEAR}}
    for value, low, high in random_intervals():
        wide = verdict_of(value, value * (low / value)**2, value * (high / value)**2)
        assert wide in weaker[verdict_of(value, low, high)], f"{value} {low} {high}"


def test_equal_is_two_one_sided_tests_at_2_5_percent():
    """Where the truth lies on the band's edge, "equal" is said in at most one case of forty."""
    random = np.random.default_rng(SEED)
    error, rounds = 0.004, 4000
    drawn = np.log(BAND_HIGH) + error * random.standard_normal(rounds)
    wrong = sum(make_ratio(log, error, 1e6, 0.95).verdict == EQUAL for log in drawn)
    assert wrong <= 0.03 * rounds, f"seed {SEED}: equal in {wrong} of {rounds}"
    inside = sum(make_ratio(log - np.log(BAND_HIGH), error, 1e6, 0.95).verdict == EQUAL
                 for log in drawn)
    assert inside > 0.95 * rounds


@pytest.mark.parametrize("direction, unit, less, more", [
    ("lower", "ns", FASTER, SLOWER), ("higher", "1/s", SLOWER, FASTER),
    ("lower", "bytes", BETTER, WORSE), ("higher", "ratio", WORSE, BETTER),
    ("none", "count", LESS, MORE), ("none", "ns", LESS, MORE),
])
def test_words_follow_the_direction(direction, unit, less, more):
    words = words_of(direction, unit)
    small, large = made([10.0, 10.1, 9.9, 10.0]), made([20.0, 20.1, 19.9, 20.0])
    assert compare(small, large, words=words).verdict == less
    assert compare(large, small, words=words).verdict == more
    assert compare(small, small, words=words).verdict in (EQUAL, UNCLEAR)
    family = simultaneous({0: compare(large, small, words=words)})
    assert family[0].verdict == more and family[0].words == words


def test_every_direction_and_unit_of_the_metrics_table_has_words():
    for direction in ("lower", "higher", "none"):
        for unit in ("ns", "1/s", "bytes", "ratio", "count", "objects", "byte s"):
            assert len(set(words_of(direction, unit))) == 2


def test_samples_that_all_agree_make_an_exact_ratio():
    ratio = compare(made([300, 300]), made([200, 200, 200]), words=words_of("lower", "bytes"))
    assert ratio.value == ratio.low == ratio.high == pytest.approx(1.5)
    assert ratio.verdict == WORSE and ratio.error == 0 and np.isnan(ratio.p)
    assert compare(made([202, 202]), made([200, 200])).verdict == EQUAL
    half = compare(made([300, 300]), made([200, 210, 190]))
    assert half.low < half.value < half.high and half.error == made([200, 210, 190]).error


def test_exact_ratios_take_no_share_of_a_familys_level():
    noisy = make_ratio(np.log(1.05), 0.02, 8, 0.95)
    family = simultaneous({"noisy": noisy, **{index: compare(made([3, 3]), made([2, 2]))
                                              for index in range(20)}})
    assert (family["noisy"].low, family["noisy"].high) == pytest.approx((noisy.low, noisy.high))
    assert family[0].low == family[0].high == pytest.approx(1.5)
    assert simultaneous({}) == {}


def test_a_single_sample_has_a_ratio_and_no_verdict():
    ratio = compare(made([300]), made([200, 200]))
    assert ratio.value == pytest.approx(1.5) and np.isnan(ratio.low) and ratio.verdict == UNCLEAR


def test_zeros():
    none, some, mixed = made([0, 0]), made([5, 5]), made([0, 5, 5])
    words = words_of("lower", "bytes")
    both = compare(none, none, words=words)
    assert (both.value, both.low, both.high, both.verdict) == (1, 1, 1, EQUAL)
    assert compare(none, some, words=words).verdict == BETTER and compare(none, some).value == 0
    assert compare(some, none, words=words).verdict == WORSE and np.isinf(compare(some, none).value)
    assert compare(made([4, 5, 6]), none, words=words).verdict == WORSE
    for other in (none, some, mixed):
        assert compare(mixed, other).verdict == UNCLEAR and np.isnan(compare(mixed, other).value)
    assert compare(made([0]), none).verdict == UNCLEAR
    assert compare(made([-4, 5]), some).verdict == UNCLEAR
    assert simultaneous({0: compare(none, some), 1: compare(mixed, some)})[0].value == 0


def test_agreement_is_believed_only_where_most_cells_agree():
    random = np.random.default_rng(SEED)
    varied = {index: made(100 + random.standard_normal(3), f"{index}") for index in range(6)}
    lucky = moderate({**varied, "lucky": made([101, 101]), "zero": made([0, 0])})
    assert lucky["lucky"].error > 0.3 * np.median([varied[index].error for index in range(6)])
    assert not lucky["zero"].known
    rule = {f"exact{index}": made([100 + index] * 2) for index in range(9)}
    assert moderate({**varied, **rule})["exact3"].error == 0


def test_outliers_are_tukeys():
    random = np.random.default_rng(SEED)
    for _ in range(200):
        values = random.standard_t(1.5, size=random.integers(4, 40))
        first, third = np.percentile(values, [25, 75])
        beyond = [((values < first - k * (third - first)) | (values > third + k * (third - first))).sum()
                  for k in (1.5, 3.0)]
        found = classify(values)
        assert (found.mild + found.severe, found.severe) == tuple(beyond), f"seed {SEED}"
    assert classify([5, 5, 5, 5, 6]).severe == 1 and classify([]).mild == 0
    assert classify([1, np.nan, 2, 3, 400, 2]).severe == 1


def test_an_estimate_that_is_not_known_stays_so():
    nothing = Estimate(float("nan"), float("nan"), float("nan"), 0)
    assert compare(nothing, made([1, 2])).verdict == UNCLEAR
    assert simultaneous({0: compare(nothing, nothing)})[0].verdict == UNCLEAR
