/*
 * This module tests the histogram against exact quantiles of random data, so that no figure of a
 * pause is further off than the record says.
 */
#include "cmocka_all.h"

#include "base/random.h"
#include "bench/measure/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_VALUES = 20000 };

static hm_histogram histogram, other, whole;
static uint64_t values[MOST_VALUES];

static int compare(const void *left, const void *right)
{
    uint64_t first = *(const uint64_t *)left, second = *(const uint64_t *)right;
    return (first > second) - (first < second);
}

static void clear_all(void)
{
    memset(&histogram, 0, sizeof histogram);
    memset(&other, 0, sizeof other);
    memset(&whole, 0, sizeof whole);
}

/* Numbers of all magnitudes: the width in bits is random too. */
static uint64_t draw(hm_random *random)
{
    return hm_random_next(random) >> hm_random_below(random, 64);
}

static uint64_t exact_quantile(size_t count, double share)
{
    double rank = ceil(share * (double)count);
    return values[rank < 1 ? 0 : (size_t)rank - 1];
}

static void assert_quantiles_are_right(size_t count)
{
    const double shares[] = {0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
    qsort(values, count, sizeof *values, compare);
    for (size_t index = 0; index < sizeof shares / sizeof *shares; index++) {
        double found, exact = (double)exact_quantile(count, shares[index]);
        assert_true(hm_histogram_quantile(&histogram, shares[index], &found));
        if (fabs(found - exact) > HM_HISTOGRAM_RELATIVE_ERROR * exact)
            fail_msg("quantile %g of %zu values is %.17g, not %.17g", shares[index], count, found,
                     exact);
    }
    double least, most;
    assert_true(hm_histogram_quantile(&histogram, 0, &least));
    assert_true(hm_histogram_quantile(&histogram, 1, &most));
    assert_true(least == (double)values[0]);
    assert_true(most == (double)values[count - 1]);
}

static void quantiles_of_random_values_are_within_the_bound(void **state)
{
    (void)state;
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    hm_random random;
    hm_random_seed(&random, seed);
    const size_t counts[] = {1, 2, 3, 99, 100, 101, MOST_VALUES};
    for (size_t round = 0; round < sizeof counts / sizeof *counts; round++) {
        clear_all();
        for (size_t index = 0; index < counts[round]; index++) {
            values[index] = draw(&random);
            hm_histogram_record(&histogram, values[index]);
        }
        assert_quantiles_are_right(counts[round]);
    }
}

static void low_means_are_within_the_bound_and_outliers_do_not_move_them(void **state)
{
    (void)state;
    const double shares[] = {0.001, 0.5, 0.99, 1};
    hm_random random;
    hm_random_seed(&random, 17);
    clear_all();
    for (size_t index = 0; index < 1000; index++) {
        values[index] = draw(&random) >> 24;
        hm_histogram_record(&histogram, values[index]);
    }
    qsort(values, 1000, sizeof *values, compare);
    for (size_t place = 0; place < sizeof shares / sizeof *shares; place++) {
        double sum = 0, wanted = floor(shares[place] * 1000), mean;
        for (size_t index = 0; index < (size_t)wanted; index++)
            sum += (double)values[index];
        assert_true(hm_histogram_low_mean(&histogram, shares[place], &mean));
        assert_true(fabs(mean - sum / wanted) <= HM_HISTOGRAM_RELATIVE_ERROR * sum / wanted);
    }
    clear_all();
    for (int index = 0; index < 99; index++)
        hm_histogram_record(&histogram, 10);
    hm_histogram_record(&histogram, UINT64_MAX);
    double mean;
    assert_true(hm_histogram_low_mean(&histogram, 0.99, &mean));
    assert_true(mean == 10);
    assert_false(hm_histogram_low_mean(&other, 0.99, &mean));
}

static void merging_is_recording_in_one(void **state)
{
    (void)state;
    clear_all();
    hm_random random;
    hm_random_seed(&random, 7);
    for (int index = 0; index < 5000; index++) {
        uint64_t value = draw(&random);
        hm_histogram_record(index % 3 == 0 ? &histogram : &other, value);
        hm_histogram_record(&whole, value);
    }
    hm_histogram_merge(&histogram, &other);
    assert_memory_equal(&histogram, &whole, sizeof whole);
    memset(&other, 0, sizeof other);
    hm_histogram_merge(&histogram, &other);
    assert_memory_equal(&histogram, &whole, sizeof whole);
    hm_histogram_merge(&other, &histogram);
    assert_memory_equal(&other, &whole, sizeof whole);
}

static void buckets_hold_their_values_and_are_narrow(void **state)
{
    (void)state;
    hm_random random;
    hm_random_seed(&random, 11);
    const uint64_t edges[] = {0, 1, 127, 128, 129, 255, 256, 257, UINT64_MAX - 1, UINT64_MAX};
    for (size_t round = 0; round < 10000; round++) {
        uint64_t value = round < 10 ? edges[round] : draw(&random);
        clear_all();
        hm_histogram_record(&histogram, value);
        size_t position = 0;
        hm_histogram_bucket bucket;
        assert_true(hm_histogram_next(&histogram, &position, &bucket));
        assert_true(bucket.low <= value && value <= bucket.high);
        assert_true((double)(bucket.high - bucket.low) <=
                    2 * HM_HISTOGRAM_RELATIVE_ERROR * (double)bucket.low);
        assert_int_equal(bucket.count, 1);
        assert_false(hm_histogram_next(&histogram, &position, &bucket));
    }
}

static void buckets_come_in_order_and_hold_all(void **state)
{
    (void)state;
    clear_all();
    hm_random random;
    hm_random_seed(&random, 13);
    for (int index = 0; index < 3000; index++)
        hm_histogram_record(&histogram, draw(&random));
    size_t position = 0;
    uint64_t held = 0, last_high = 0;
    hm_histogram_bucket bucket;
    while (hm_histogram_next(&histogram, &position, &bucket)) {
        assert_true(held == 0 || bucket.low > last_high);
        assert_true(bucket.low <= bucket.high);
        last_high = bucket.high;
        held += bucket.count;
    }
    assert_int_equal(held, 3000);
}

static void an_empty_histogram_has_no_quantile(void **state)
{
    (void)state;
    clear_all();
    double value = 42;
    size_t position = 0;
    hm_histogram_bucket bucket;
    assert_false(hm_histogram_quantile(&histogram, 0.5, &value));
    assert_true(value == 42);
    assert_false(hm_histogram_next(&histogram, &position, &bucket));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_random_values_are_within_the_bound),
        cmocka_unit_test(low_means_are_within_the_bound_and_outliers_do_not_move_them),
        cmocka_unit_test(merging_is_recording_in_one),
        cmocka_unit_test(buckets_hold_their_values_and_are_narrow),
        cmocka_unit_test(buckets_come_in_order_and_hold_all),
        cmocka_unit_test(an_empty_histogram_has_no_quantile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
