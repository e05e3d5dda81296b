/* Statistics and differences by hand; test_statistics.py compares random ones with CPython's. */
#include "trace_fixture.h"

static const hm_site main_10 = {"main.c", "main", 10};
static const hm_site main_20 = {"main.c", "main", 20};
static const hm_site util_5 = {"util.c", "help", 5};

static hm_trace_statistics *statistics_of(const hm_trace_snapshot *snapshot, hm_trace_key key,
                                          bool cumulative)
{
    hm_error error = {0};
    hm_trace_statistics *statistics = hm_trace_get_statistics(snapshot, key, cumulative, &error);
    if (statistics == NULL)
        fail_msg("%s", error.message);
    assert_false(statistics->compared);
    return statistics;
}

static void assert_statistic(const hm_trace_statistic *statistic, const char *file, unsigned line,
                             uint64_t bytes, uint64_t count)
{
    const hm_traceback *traceback = &statistic->traceback;
    assert_string_equal(traceback->frames[traceback->length - 1].file, file);
    assert_int_equal(traceback->frames[traceback->length - 1].line, line);
    assert_int_equal(statistic->size_bytes, bytes);
    assert_int_equal(statistic->count, count);
}

/* 100 and 150 bytes from main.c:10, 200 from main.c:20, 300 from util.c:5 called from main.c:10. */
static void fill(hm_heap *heap, hm_object *objects[4])
{
    stand_at(heap, &main_10);
    objects[0] = block_of(heap, 100);
    objects[1] = block_of(heap, 150);
    stand_at(heap, &main_20);
    objects[2] = block_of(heap, 200);
    stand_at(heap, &main_10);
    hm_call_frame frame;
    hm_call_frame_enter(&frame, &heap->trace, &util_5);
    objects[3] = block_of(heap, 300);
    hm_call_frame_leave(&frame);
}

static void empty(hm_heap *heap, hm_object *objects[4])
{
    for (int index = 0; index < 4; index++)
        hm_decref(heap, objects[index]);
}

static void test_by_each_key(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(8);
    hm_object *objects[4];
    fill(heap, objects);
    hm_trace_snapshot *snapshot = take(heap);

    hm_trace_statistics *found = statistics_of(snapshot, HM_TRACE_BY_LINE, false);
    assert_int_equal(found->length, 3);
    assert_statistic(&found->items[0], "util.c", 5, 300, 1);
    assert_statistic(&found->items[1], "main.c", 10, 250, 2);
    assert_statistic(&found->items[2], "main.c", 20, 200, 1);
    hm_trace_statistics_destroy(found);

    found = statistics_of(snapshot, HM_TRACE_BY_FILE, false);
    assert_int_equal(found->length, 2);
    assert_statistic(&found->items[0], "main.c", 0, 450, 3);
    assert_statistic(&found->items[1], "util.c", 0, 300, 1);
    hm_trace_statistics_destroy(found);

    found = statistics_of(snapshot, HM_TRACE_BY_TRACEBACK, false);
    assert_int_equal(found->length, 3);
    assert_int_equal(found->items[0].traceback.length, 2);
    assert_statistic(&found->items[0], "util.c", 5, 300, 1);
    assert_string_equal(found->items[0].traceback.frames[0].file, "main.c");
    hm_trace_statistics_destroy(found);

    found = statistics_of(snapshot, HM_TRACE_BY_TYPE, false);
    assert_int_equal(found->length, 1);
    assert_string_equal(found->items[0].type, "bytes");
    assert_int_equal(found->items[0].size_bytes, 750);
    assert_int_equal(found->items[0].count, 4);
    hm_trace_statistics_destroy(found);

    hm_trace_snapshot_destroy(snapshot);
    empty(heap, objects);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void test_cumulative(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(8);
    hm_object *objects[4];
    fill(heap, objects);
    hm_trace_snapshot *snapshot = take(heap);
    hm_trace_statistics *found = statistics_of(snapshot, HM_TRACE_BY_LINE, true);
    assert_int_equal(found->length, 3);
    assert_statistic(&found->items[0], "main.c", 10, 550, 3);
    assert_statistic(&found->items[1], "util.c", 5, 300, 1);
    hm_trace_statistics_destroy(found);
    static const hm_trace_key refused[] = {HM_TRACE_BY_TRACEBACK, HM_TRACE_BY_TYPE};
    for (size_t index = 0; index < HM_COUNT_OF(refused); index++) {
        hm_error error = {0};
        assert_null(hm_trace_get_statistics(snapshot, refused[index], true, &error));
        assert_int_equal(error.status, HM_VALUE_ERROR);
        assert_non_null(strstr(error.message, "cumulative mode cannot be used"));
        error = (hm_error){0};
        assert_null(hm_trace_compare_to(snapshot, snapshot, refused[index], true, &error));
        assert_int_equal(error.status, HM_VALUE_ERROR);
    }
    hm_trace_snapshot_destroy(snapshot);
    empty(heap, objects);
    hm_trace_stop(heap);
    fixture_end(heap);
}

static void assert_difference(const hm_trace_statistic *statistic, int64_t bytes, int64_t count)
{
    assert_int_equal(statistic->size_difference, bytes);
    assert_int_equal(statistic->count_difference, count);
}

static void test_compare(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = traced_heap(1);
    hm_object *objects[4];
    fill(heap, objects);
    hm_trace_snapshot *old = take(heap);
    hm_decref(heap, objects[3]); /* util.c:5 loses 300 */
    stand_at(heap, &main_20);
    hm_object *more = block_of(heap, 50); /* main.c:20 wins 50 */
    hm_trace_snapshot *new = take(heap);
    hm_trace_statistics *found = hm_trace_compare_to(new, old, HM_TRACE_BY_LINE, false, NULL);
    assert_true(found->compared);
    assert_int_equal(found->length, 3);
    assert_statistic(&found->items[0], "util.c", 5, 0, 0);
    assert_difference(&found->items[0], -300, -1);
    assert_statistic(&found->items[1], "main.c", 20, 250, 2);
    assert_difference(&found->items[1], 50, 1);
    assert_statistic(&found->items[2], "main.c", 10, 250, 2);
    assert_difference(&found->items[2], 0, 0);
    hm_trace_statistics_destroy(found);
    found = hm_trace_compare_to(new, old, HM_TRACE_BY_TYPE, false, NULL);
    assert_int_equal(found->length, 1);
    assert_difference(&found->items[0], -250, 0);
    hm_trace_statistics_destroy(found);
    hm_trace_snapshot_destroy(old);
    hm_trace_snapshot_destroy(new);
    objects[3] = more;
    empty(heap, objects);
    hm_trace_stop(heap);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_each_key),
        cmocka_unit_test(test_cumulative),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
