/* This module is the tests of generators: yielding, pipelines, closing, abandoning, collecting. */
#include "heap_fixture.h"

static int cleanups;

static bool count_cleanup(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    HM_UNUSED(generator);
    cleanups++;
    return true;
}

/* for number in range(counters[0]): yield number */
static hm_object *range_resume(hm_heap *heap, hm_generator *generator)
{
    if (generator->counters[1] == generator->counters[0])
        return NULL;
    return hm_int_new(heap, generator->counters[1]++);
}

/* for item in locals[0]: yield item * 2 */
static hm_object *double_resume(hm_heap *heap, hm_generator *generator)
{
    hm_object *item = hm_generator_next(heap, generator->locals[0]);
    if (item == NULL)
        return NULL;
    hm_object *doubled = hm_int_new(heap, 2 * hm_int_value(item));
    hm_decref(heap, item);
    return doubled;
}

static hm_object *self_resume(hm_heap *heap, hm_generator *generator)
{
    assert_null(hm_generator_next(heap, &generator->base.base));
    assert_int_equal(heap->error.status, HM_VALUE_ERROR);
    return hm_incref(&hm_none);
}

static bool failing_cleanup(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(generator);
    return hm_fail(heap, HM_RUNTIME_ERROR, "cleanup went wrong");
}

static const hm_generator_code range_code = {"range", 0, range_resume, count_cleanup};
static const hm_generator_code double_code = {"double", 1, double_resume, count_cleanup};
static const hm_generator_code self_code = {"self", 0, self_resume, NULL};
static const hm_generator_code failing_code = {"failing", 0, range_resume, failing_cleanup};

static hm_object *new_range(hm_heap *heap, const hm_generator_code *code, int64_t stop)
{
    hm_object *generator = hm_generator_new(heap, code);
    ((hm_generator *)generator)->counters[0] = stop;
    return generator;
}

static void test_it_yields_all_and_ends_without_cleanup(void **state)
{
    HM_UNUSED(state);
    cleanups = 0;
    hm_heap *heap = fixture_heap("generational");
    hm_object *source = new_range(heap, &range_code, 1000);
    hm_object *pipeline = hm_generator_new(heap, &double_code);
    hm_generator_set(heap, pipeline, 0, source);
    assert_int_equal(hm_generator_get_status(pipeline), HM_GENERATOR_CREATED);
    hm_object *item;
    int64_t sum = 0;
    while ((item = hm_generator_next(heap, pipeline)) != NULL) {
        sum += hm_int_value(item);
        hm_decref(heap, item);
    }
    assert_int_equal(sum, 999000);
    assert_int_equal(heap->error.status, HM_OK);
    assert_int_equal(hm_generator_get_status(pipeline), HM_GENERATOR_FINISHED);
    assert_null(hm_generator_next(heap, pipeline));
    assert_int_equal(cleanups, 0);
    hm_decref(heap, pipeline);
    fixture_end(heap);
}

static void test_close_cleans_up_once_and_only_when_suspended(void **state)
{
    HM_UNUSED(state);
    cleanups = 0;
    hm_heap *heap = fixture_heap("generational");
    hm_object *unstarted = new_range(heap, &range_code, 5);
    assert_true(hm_generator_close(heap, unstarted));
    assert_int_equal(cleanups, 0);
    assert_null(hm_generator_next(heap, unstarted));
    hm_object *half = new_range(heap, &range_code, 5);
    hm_decref(heap, hm_generator_next(heap, half));
    assert_int_equal(hm_generator_get_status(half), HM_GENERATOR_SUSPENDED);
    assert_true(hm_generator_close(heap, half));
    assert_true(hm_generator_close(heap, half));
    hm_decref(heap, half);
    hm_decref(heap, unstarted);
    assert_int_equal(cleanups, 1);
    fixture_end(heap);
}

static void test_an_abandoned_pipeline_cleans_up_all_stages(void **state)
{
    HM_UNUSED(state);
    cleanups = 0;
    hm_heap *heap = fixture_heap("none");
    hm_object *pipeline = new_range(heap, &range_code, 100);
    for (int stage = 0; stage < 3; stage++) {
        hm_object *next = hm_generator_new(heap, &double_code);
        hm_generator_set(heap, next, 0, pipeline);
        pipeline = next;
    }
    hm_object *item = hm_generator_next(heap, pipeline);
    hm_decref(heap, item);
    hm_decref(heap, pipeline);
    assert_int_equal(cleanups, 4);
    fixture_end(heap);
}

static void test_a_suspended_generator_in_a_cycle_is_collected_and_cleans_up(void **state)
{
    HM_UNUSED(state);
    cleanups = 0;
    hm_heap *heap = fixture_heap("generational");
    hm_object *source = new_range(heap, &range_code, 100);
    hm_object *stage = hm_generator_new(heap, &double_code);
    hm_generator_set(heap, stage, 0, source);
    hm_decref(heap, hm_generator_next(heap, stage));
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, stage));
    assert_true(hm_list_append(heap, list, list));
    hm_decref(heap, stage);
    hm_decref(heap, list);
    assert_int_equal(cleanups, 0);
    /* The stage and the list: closing the stage has dropped its source by then, as in CPython. */
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(cleanups, 2);
    fixture_end(heap);
}

static void test_it_cannot_run_inside_itself(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *generator = hm_generator_new(heap, &self_code);
    assert_ptr_equal(hm_generator_next(heap, generator), &hm_none);
    hm_decref(heap, generator);
    fixture_end(heap);
}

static void keep_message(void *context, const hm_event *event)
{
    if (event->kind == HM_EVENT_UNRAISABLE)
        snprintf(context, 64, "%s", event->message);
}

static void test_a_failing_cleanup_is_told_not_lost(void **state)
{
    HM_UNUSED(state);
    char message[64] = "";
    hm_heap_config config = fixture_config("none");
    config.sink = (hm_event_sink){keep_message, message};
    hm_heap *heap = fixture_create(&config);
    hm_object *generator = new_range(heap, &failing_code, 3);
    hm_decref(heap, hm_generator_next(heap, generator));
    hm_decref(heap, generator);
    assert_string_equal(message, "cleanup went wrong");
    assert_int_equal(heap->error.status, HM_OK);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_yields_all_and_ends_without_cleanup),
        cmocka_unit_test(test_close_cleans_up_once_and_only_when_suspended),
        cmocka_unit_test(test_an_abandoned_pipeline_cleans_up_all_stages),
        cmocka_unit_test(test_a_suspended_generator_in_a_cycle_is_collected_and_cleans_up),
        cmocka_unit_test(test_it_cannot_run_inside_itself),
        cmocka_unit_test(test_a_failing_cleanup_is_told_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
