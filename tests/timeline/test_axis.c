/* This module tests the time axis: what was only measuring is not on it. */
#include "cmocka_all.h"

#include "bench/timeline/axis.h"

static hm_timeline_gap gaps[] = {{1000, 1000}, {1500, 1700}, {2000, 2010}};
static const hm_timeline_axis axis = {.origin_ns = 1000, .gaps = gaps, .count = 3};

static void assert_at(uint64_t monotonic_ns, uint64_t expected_ns)
{
    uint64_t axis_ns;
    assert_true(hm_timeline_axis_place(&axis, monotonic_ns, &axis_ns));
    assert_int_equal(axis_ns, expected_ns);
}

static void gaps_are_taken_out(void **state)
{
    (void)state;
    assert_at(1000, 0);
    assert_at(1200, 200);
    assert_at(1700, 500);
    assert_at(1900, 700);
    assert_at(2010, 800);
    assert_at(3000, 1790);
    assert_int_equal(hm_timeline_axis_gaps_ns(&axis), 210);
}

static void a_gap_begins_where_the_time_before_it_ends(void **state)
{
    (void)state;
    assert_at(1500, 500);
    assert_at(2000, 800);
}

static void what_lies_in_a_gap_or_before_has_no_place(void **state)
{
    (void)state;
    uint64_t axis_ns = 7;
    assert_false(hm_timeline_axis_place(&axis, 999, &axis_ns));
    assert_false(hm_timeline_axis_place(&axis, 1501, &axis_ns));
    assert_false(hm_timeline_axis_place(&axis, 1699, &axis_ns));
    assert_false(hm_timeline_axis_place(&axis, 2005, &axis_ns));
    assert_int_equal(axis_ns, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_taken_out),
        cmocka_unit_test(a_gap_begins_where_the_time_before_it_ends),
        cmocka_unit_test(what_lies_in_a_gap_or_before_has_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
