/*
 * This module tests what is taken from empty measurements, on ones that are made up and on real
 * ones.
 */
#include "cmocka_all.h"

#include "bench/measure/clock_cost.h"

#include <string.h>

static hm_histogram histogram;
static hm_clock_cost cost;

static void record(uint64_t value, int times)
{
    for (int time = 0; time < times; time++)
        hm_histogram_record(&histogram, value);
}

static void it_is_the_middle_of_what_empty_measurements_show(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    record(20, 300);
    record(30, 699);
    record(5000000, 1); /* an interrupt */
    hm_clock_cost_take(&cost, &histogram);
    assert_int_equal(cost.typical_ns, 30);
    assert_int_equal(cost.scatter_ns, 10);
}

static void a_clock_without_steps_does_not_scatter(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    record(7, 1);
    hm_clock_cost_take(&cost, &histogram);
    assert_int_equal(cost.typical_ns, 7);
    assert_int_equal(cost.scatter_ns, 0);
}

static void this_machine_s_clock_agrees_with_itself(void **state)
{
    (void)state;
    record(1, 5); /* what lay in the scratch before does not count */
    hm_clock_cost_measure(&cost, &histogram);
    print_message("typical %llu ns, scatter %llu ns\n", (unsigned long long)cost.typical_ns,
                  (unsigned long long)cost.scatter_ns);
    assert_true(histogram.count > 1000);
    assert_in_range(cost.typical_ns, histogram.minimum, histogram.maximum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_middle_of_what_empty_measurements_show),
        cmocka_unit_test(a_clock_without_steps_does_not_scatter),
        cmocka_unit_test(this_machine_s_clock_agrees_with_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
