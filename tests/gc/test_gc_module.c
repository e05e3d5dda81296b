/* This module is the tests of Python's gc module on a heap: what each function returns, does and
 * refuses, with the numbers CPython 3.13 gives. */
#include "gc/gc.h"
#include "heap_fixture.h"

static bool holds(const hm_object *list, const hm_object *object)
{
    for (size_t index = 0; index < hm_list_length(list); index++) {
        if (hm_list_get(list, index) == object)
            return true;
    }
    return false;
}

static void test_a_generation_out_of_range_is_a_value_error(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    const int wrong[] = {-1, 3, 1000};
    for (size_t index = 0; index < HM_COUNT_OF(wrong); index++) {
        assert_int_equal(hm_gc_collect(heap, wrong[index]), -1);
        assert_int_equal(heap->error.status, HM_VALUE_ERROR);
        assert_string_equal(heap->error.message, "invalid generation");
    }
    assert_null(hm_gc_get_objects(heap, -2));
    assert_string_equal(heap->error.message, "generation parameter cannot be negative");
    assert_null(hm_gc_get_objects(heap, 3));
    assert_string_equal(heap->error.message,
                        "generation parameter must be less than the number of available "
                        "generations (3)");
    fixture_end(heap);
}

static void test_enable_and_disable_are_about_automatic_collection_only(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    assert_true(hm_gc_is_enabled(heap));
    hm_gc_disable(heap);
    assert_false(hm_gc_is_enabled(heap));
    hm_gc_set_thresholds(heap, (uint32_t[]){1, 1, 1});
    for (int index = 0; index < 100; index++)
        fixture_leak_cycle(heap);
    assert_int_equal(hm_heap_live_objects(heap), 100);
    assert_int_equal(hm_gc_collect(heap, 0), 100);
    assert_true(hm_gc_enable(heap));
    for (int index = 0; index < 100; index++)
        fixture_leak_cycle(heap);
    assert_true(hm_heap_live_objects(heap) < 10);
    fixture_end(heap);
}

static void test_a_threshold_of_zero_never_collects(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    uint32_t thresholds[HM_GENERATIONS];
    hm_gc_get_thresholds(heap, thresholds);
    assert_int_equal(thresholds[0], 2000);
    assert_int_equal(thresholds[1], 10);
    assert_int_equal(thresholds[2], 10);
    hm_gc_set_thresholds(heap, (uint32_t[]){0, 0, 0});
    for (int index = 0; index < 5000; index++)
        fixture_leak_cycle(heap);
    assert_int_equal(hm_gc_get_stats(heap, 0).collections, 0);
    assert_int_equal(hm_heap_live_objects(heap), 5000);
    fixture_end(heap);
}

/* test_gc.test_collect_generations: what each collection leaves in the counts. */
static void test_counts_after_each_generations_collect(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    uint32_t counts[HM_GENERATIONS];
    hm_object *list = hm_list_new(heap);
    hm_gc_get_counts(heap, counts);
    assert_int_equal(counts[0], 1);
    const uint32_t expected[HM_GENERATIONS][2] = {{1, 0}, {0, 1}, {0, 0}};
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        hm_gc_collect(heap, generation);
        hm_gc_get_counts(heap, counts);
        assert_int_equal(counts[0], 0);
        assert_int_equal(counts[1], expected[generation][0]);
        assert_int_equal(counts[2], expected[generation][1]);
    }
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_stats_are_kept_by_generation_and_print_as_json(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    fixture_leak_cycle(heap);
    hm_gc_collect(heap, 1);
    hm_gc_collect(heap, 2);
    assert_int_equal(hm_gc_get_stats(heap, 0).collections, 0);
    assert_int_equal(hm_gc_get_stats(heap, 1).collected, 1);
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    assert_int_equal(hm_gc_write_stats(heap, stream, NULL), HM_OK);
    fclose(stream);
    assert_string_equal(text, "[{\"collections\": 0, \"collected\": 0, \"uncollectable\": 0}, "
                              "{\"collections\": 1, \"collected\": 1, \"uncollectable\": 0}, "
                              "{\"collections\": 1, \"collected\": 0, \"uncollectable\": 0}]");
    free(text);
    fixture_end(heap);
}

static void test_objects_move_through_the_generations(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        for (int where = HM_GC_ALL; where < HM_GENERATIONS; where++) {
            hm_object *objects = hm_gc_get_objects(heap, where);
            assert_int_equal(holds(objects, list), where == HM_GC_ALL || where == generation);
            assert_false(holds(objects, objects));
            hm_decref(heap, objects);
        }
        hm_gc_collect(heap, generation);
    }
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_referrers_and_referents(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *inner = hm_list_new(heap);
    hm_object *outer = hm_list_new(heap);
    hm_object *number = hm_int_new(heap, 1000);
    assert_true(hm_list_append(heap, outer, inner));
    assert_true(hm_list_append(heap, outer, number));
    hm_object *referents = hm_gc_get_referents(heap, (hm_object *[]){outer, number}, 2);
    assert_int_equal(hm_list_length(referents), 2);
    assert_ptr_equal(hm_list_get(referents, 0), number); /* a list is visited from its end */
    assert_ptr_equal(hm_list_get(referents, 1), inner);
    hm_decref(heap, referents);
    hm_object *referrers = hm_gc_get_referrers(heap, &inner, 1);
    assert_int_equal(hm_list_length(referrers), 1);
    assert_ptr_equal(hm_list_get(referrers, 0), outer);
    hm_decref(heap, referrers);
    hm_decref(heap, outer);
    hm_decref(heap, inner);
    hm_decref(heap, number);
    fixture_end(heap);
}

static void test_frozen_objects_are_left_alone(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    fixture_leak_cycle(heap);
    assert_int_equal(hm_gc_get_freeze_count(heap), 0);
    assert_true(hm_gc_freeze(heap));
    assert_int_equal(hm_gc_get_freeze_count(heap), 1);
    assert_int_equal(hm_gc_collect(heap, 2), 0);
    hm_object *objects = hm_gc_get_objects(heap, HM_GC_ALL);
    assert_int_equal(hm_list_length(objects), 0);
    hm_decref(heap, objects);
    assert_true(hm_gc_unfreeze(heap));
    assert_int_equal(hm_gc_get_freeze_count(heap), 0);
    assert_int_equal(hm_gc_collect(heap, 1), 0); /* it came back to the oldest */
    assert_int_equal(hm_gc_collect(heap, 2), 1);
    fixture_leak_cycle(heap);
    assert_true(hm_gc_freeze(heap)); /* what stays frozen is freed with the heap */
    fixture_end(heap);
}

typedef struct call_log {
    char text[256];
    int64_t nested;
    bool fails;
} call_log;

static bool log_collection(hm_heap *heap, const hm_gc_info *info, void *context)
{
    call_log *log = context;
    size_t length = strlen(log->text);
    snprintf(log->text + length, sizeof log->text - length, "%s %d %d %d;",
             info->stop ? "stop" : "start", info->generation, (int)info->collected,
             (int)info->uncollectable);
    log->nested += hm_gc_collect(heap, 2);
    return !log->fails || hm_fail(heap, HM_RUNTIME_ERROR, "callback");
}

static void log_unraisable(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    assert_null(object);
    assert_int_equal(error->status, HM_RUNTIME_ERROR);
    strcat(context, error->message);
}

static void test_callbacks_are_told_of_each_collection(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    call_log first = {.fails = true}, second = {.nested = 0};
    char unraisable[64] = "";
    hm_heap_set_unraisable_hook(heap, log_unraisable, unraisable);
    assert_true(hm_gc_add_callback(heap, log_collection, &first));
    assert_true(hm_gc_add_callback(heap, log_collection, &second));
    fixture_leak_cycle(heap);
    assert_int_equal(hm_gc_collect(heap, 1), 1);
    assert_string_equal(first.text, "start 1 0 0;stop 1 1 0;");
    assert_string_equal(second.text, first.text);
    assert_string_equal(unraisable, "callbackcallback");
    assert_int_equal(heap->error.status, HM_OK);
    assert_int_equal(first.nested + second.nested, 0);
    assert_true(hm_gc_remove_callback(heap, log_collection, &first));
    assert_false(hm_gc_remove_callback(heap, log_collection, &first));
    assert_int_equal(heap->error.status, HM_VALUE_ERROR);
    hm_gc_collect(heap, 0);
    assert_string_equal(first.text, "start 1 0 0;stop 1 1 0;");
    assert_string_equal(second.text, "start 1 0 0;stop 1 1 0;start 0 0 0;stop 0 0 0;");
    fixture_end(heap);
}

static void test_save_all_keeps_what_would_have_been_freed(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_gc_set_debug(heap, HM_GC_DEBUG_SAVEALL);
    assert_int_equal(hm_gc_get_debug(heap), 32);
    fixture_leak_cycle(heap);
    assert_int_equal(hm_gc_collect(heap, 2), 1);
    hm_object *garbage = hm_gc_garbage(heap);
    assert_ptr_equal(garbage, hm_heap_garbage(heap));
    assert_int_equal(hm_list_length(garbage), 1);
    hm_object *kept = hm_list_get(garbage, 0);
    assert_ptr_equal(hm_list_get(kept, 0), kept);
    hm_gc_set_debug(heap, 0);
    hm_list_clear(heap, garbage);
    assert_int_equal(hm_gc_collect(heap, 2), 1);
    assert_int_equal(hm_list_length(garbage), 0);
    fixture_end(heap);
}

static void test_debug_flags_print_what_people_know(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    hm_gc_set_debug_stream(heap, stream);
    hm_gc_set_debug(heap, HM_GC_DEBUG_STATS | HM_GC_DEBUG_COLLECTABLE);
    fixture_leak_cycle(heap);
    hm_gc_collect(heap, 2);
    fclose(stream);
    hm_gc_set_debug_stream(heap, NULL);
    hm_gc_set_debug(heap, 0);
    assert_non_null(strstr(text, "gc: collecting generation 2...\n"
                                 "gc: objects in each generation: 1 0 0\n"
                                 "gc: objects in permanent generation: 0\n"
                                 "gc: collectable <list 0x"));
    assert_non_null(strstr(text, "gc: done, 1 unreachable, 0 uncollectable\n"));
    free(text);
    fixture_end(heap);
}

static void test_a_collector_that_cannot_says_so(void **state)
{
    HM_UNUSED(state);
    const char *const names[] = {"none", "off"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        hm_heap *heap = fixture_heap(names[index]);
        uint32_t counts[HM_GENERATIONS];
        fixture_leak_cycle(heap);
        assert_int_equal(hm_gc_collect(heap, 2), 0);
        assert_false(hm_gc_enable(heap));
        assert_int_equal(heap->error.status, HM_UNAVAILABLE);
        assert_false(hm_gc_freeze(heap));
        assert_false(hm_gc_unfreeze(heap));
        assert_null(hm_gc_garbage(heap));
        assert_int_equal(hm_gc_get_freeze_count(heap), 0);
        assert_int_equal(hm_gc_get_stats(heap, 2).collections, 0);
        hm_gc_get_counts(heap, counts);
        assert_int_equal(counts[2], 0);
        hm_object *objects = hm_gc_get_objects(heap, HM_GC_ALL);
        assert_int_equal(hm_list_length(objects), 1); /* the ledger or the lists know it */
        hm_decref(heap, objects);
        fixture_end(heap);
    }
}

static void test_counts_and_sizes_as_sys_tells_them(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_sized(heap, 1000);
    assert_int_equal(hm_getrefcount(list), 2);
    assert_int_equal(hm_getsizeof(heap, list), 8056);
    assert_int_equal(hm_getrefcount(&hm_none), 4294967295u);
    assert_int_equal(hm_getrefcount(hm_int_new(heap, 7)), 4294967295u);
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *name = hm_str_interned(heap, "x");
    assert_int_equal(hm_getsizeof(heap, instance), 48);
    assert_true(hm_instance_set(heap, instance, name, list));
    assert_int_equal(hm_getsizeof(heap, instance), 48);
    assert_true(hm_object_size(instance) > 32); /* the values are counted as live bytes */
    hm_object *all[] = {list, class, instance, name};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_generation_out_of_range_is_a_value_error),
        cmocka_unit_test(test_enable_and_disable_are_about_automatic_collection_only),
        cmocka_unit_test(test_a_threshold_of_zero_never_collects),
        cmocka_unit_test(test_counts_after_each_generations_collect),
        cmocka_unit_test(test_stats_are_kept_by_generation_and_print_as_json),
        cmocka_unit_test(test_objects_move_through_the_generations),
        cmocka_unit_test(test_referrers_and_referents),
        cmocka_unit_test(test_frozen_objects_are_left_alone),
        cmocka_unit_test(test_callbacks_are_told_of_each_collection),
        cmocka_unit_test(test_save_all_keeps_what_would_have_been_freed),
        cmocka_unit_test(test_debug_flags_print_what_people_know),
        cmocka_unit_test(test_a_collector_that_cannot_says_so),
        cmocka_unit_test(test_counts_and_sizes_as_sys_tells_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
