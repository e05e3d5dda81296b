/* This module tests the series: whatever is offered, what is kept is spread evenly over all of it.
 */
#include "cmocka_all.h"

#include "bench/timeline/series.h"

static void offer(hm_timeline_series *series, uint64_t count)
{
    for (uint64_t number = 0; number < count; number++)
        hm_timeline_series_add(series, &number);
}

static void assert_even(const hm_timeline_series *series, uint64_t offered)
{
    assert_int_equal(series->offered, offered);
    assert_int_equal(series->count, (offered + series->stride - 1) / series->stride);
    assert_true(series->count <= series->room);
    for (size_t index = 0; index < series->count; index++) {
        uint64_t kept;
        __builtin_memcpy(&kept, hm_timeline_series_at(series, index), sizeof kept);
        assert_int_equal(kept, index * series->stride);
    }
}

static void all_are_kept_while_there_is_room(void **state)
{
    (void)state;
    hm_timeline_series series;
    assert_true(hm_timeline_series_open(&series, sizeof(uint64_t), 10));
    offer(&series, 10);
    assert_even(&series, 10);
    assert_int_equal(series.stride, 1);
    hm_timeline_series_close(&series);
}

static void every_length_is_kept_evenly(void **state)
{
    (void)state;
    for (uint64_t offered = 0; offered < 300; offered++) {
        hm_timeline_series series;
        assert_true(hm_timeline_series_open(&series, sizeof(uint64_t), 8));
        offer(&series, offered);
        assert_even(&series, offered);
        assert_true(offered < 8 || series.count > 4);
        hm_timeline_series_close(&series);
    }
}

static void an_odd_room_is_made_even(void **state)
{
    (void)state;
    hm_timeline_series series;
    assert_true(hm_timeline_series_open(&series, sizeof(uint64_t), 5));
    assert_int_equal(series.room, 4);
    offer(&series, 100);
    assert_even(&series, 100);
    hm_timeline_series_close(&series);
    hm_timeline_series_close(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_kept_while_there_is_room),
        cmocka_unit_test(every_length_is_kept_evenly),
        cmocka_unit_test(an_odd_room_is_made_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
