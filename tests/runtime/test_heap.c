/* This module is the tests of heaps: several at once, roots, live bytes, destruction, free lists,
 * the validator, and what happens when memory runs out. */
#include "heap_fixture.h"
#include "object/freelist.h"

#include <pthread.h>

static const char *const collectors[] = {"none", "off", "generational"};

static void test_destroy_frees_leaked_cycles_under_every_collector(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        hm_heap *heap = fixture_heap(collectors[index]);
        for (int cycle = 0; cycle < 1000; cycle++)
            fixture_leak_cycle(heap);
        hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "N", .slot_count = 2});
        hm_object *node = hm_instance_new(heap, class);
        hm_store(heap, node, hm_instance_slot(node, 0), hm_incref(node));
        hm_object *tuple = hm_tuple_new(heap, 1);
        hm_tuple_set(heap, tuple, 0, tuple);
        hm_store(heap, node, hm_instance_slot(node, 1), hm_incref(class));
        assert_true(hm_dict_set(heap, hm_class_attributes(class), hm_bool_get(true), node));
        fixture_end(heap);
    }
}

static void test_live_bytes_are_what_the_roots_reach(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        hm_heap *heap = fixture_heap(collectors[index]);
        hm_object *roots[3] = {NULL};
        uint64_t bytes, objects;
        assert_true(hm_heap_add_roots(heap, roots, HM_COUNT_OF(roots)));
        assert_true(hm_heap_live_bytes(heap, &bytes, &objects));
        assert_int_equal(bytes, 0);
        roots[1] = hm_list_sized(heap, 100);
        for (size_t item = 0; item < 100; item++)
            hm_list_set(heap, roots[1], item, hm_float_new(heap, 1.0));
        roots[2] = hm_incref(hm_list_get(roots[1], 0));
        fixture_leak_cycle(heap);
        assert_true(hm_heap_live_bytes(heap, &bytes, &objects));
        assert_int_equal(objects, 101);
        assert_int_equal(bytes, 40 + 100 * 8 + 100 * 24);
        hm_heap_remove_roots(heap, roots);
        assert_true(hm_heap_live_bytes(heap, &bytes, NULL));
        assert_int_equal(bytes, 0);
        assert_true(hm_heap_add_roots(heap, roots, HM_COUNT_OF(roots)));
        fixture_end(heap);
        assert_null(roots[1]);
    }
}

/* L in a heap of 100,000 objects is what the allocator was asked for, prefix and heap aside. */
static void test_live_bytes_equal_requested_bytes(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *root = hm_dict_new(heap);
    assert_true(hm_heap_add_roots(heap, &root, 1));
    uint64_t before = hm_debug_read().live_bytes, empty, full;
    assert_true(hm_heap_live_bytes(heap, &empty, NULL));
    for (int64_t index = 0; index < 20000; index++) {
        hm_object *key = hm_int_new(heap, index * 3);
        hm_object *value = hm_tuple_new(heap, 2);
        hm_tuple_set(heap, value, 0, hm_str_from(heap, "some text"));
        hm_tuple_set(heap, value, 1, hm_set_new(heap));
        assert_true(hm_set_add(heap, hm_tuple_get(value, 1), key));
        assert_true(hm_dict_set(heap, root, key, value));
        hm_decref(heap, key);
        hm_decref(heap, value);
    }
    assert_true(hm_heap_live_bytes(heap, &full, NULL));
    assert_int_equal(full - empty, hm_debug_read().live_bytes - before);
    fixture_end(heap);
}

static void test_free_lists_keep_objects_and_give_them_back(void **state)
{
    HM_UNUSED(state);
    hm_heap_config config = fixture_config("generational");
    config.freelists = true;
    hm_heap *heap = fixture_create(&config);
    uint64_t calls = 0;
    for (int round = 0; round < 3; round++) {
        hm_object *objects[40];
        for (size_t index = 0; index < HM_COUNT_OF(objects); index += 4) {
            objects[index] = hm_float_new(heap, 2.5);
            objects[index + 1] = hm_list_new(heap);
            objects[index + 2] = hm_dict_new(heap);
            objects[index + 3] = hm_tuple_of(heap, (hm_object *[]){&hm_none, &hm_none}, 2);
        }
        for (size_t index = 0; index < HM_COUNT_OF(objects); index++)
            hm_decref(heap, objects[index]);
        if (round == 0)
            calls = hm_debug_read().allocating_calls;
        assert_int_equal(hm_debug_read().allocating_calls, calls);
    }
    assert_int_equal(hm_heap_live_objects(heap), 0);
    uint64_t blocks = hm_debug_read().live_blocks;
    hm_heap_collect(heap, 2);
    assert_int_equal(hm_debug_read().live_blocks, blocks - 40);
    fixture_end(heap);
}

static void test_the_validator_finds_a_planted_count_error(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        hm_heap *heap = fixture_heap(collectors[index]);
        hm_error error = {0};
        hm_object *list = hm_list_new(heap);
        hm_object *inner = hm_list_new(heap);
        assert_true(hm_list_append(heap, list, inner));
        assert_true(hm_list_append(heap, list, inner));
        hm_decref(heap, inner);
        assert_int_equal(hm_heap_check(heap, &error), HM_OK);
        inner->reference_count = 1;
        assert_int_equal(hm_heap_check(heap, &error), HM_WRONG_RESULT);
        assert_non_null(strstr(error.message, "count of 1 and 2 references"));
        inner->reference_count = 2;
        hm_decref(heap, list);
        fixture_end(heap);
    }
}

static void *churn(void *result)
{
    hm_heap_config config = hm_heap_config_default(
        &(hm_allocator){
            .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"},
        hm_collector_find("generational"));
    hm_error error;
    hm_heap *heap = hm_heap_create(&config, &error);
    for (int round = 0; round < 20000; round++)
        fixture_leak_cycle(heap);
    hm_heap_collect(heap, 2);
    *(uint64_t *)result = hm_heap_collection_counts(heap).collected;
    hm_heap_destroy(heap);
    return NULL;
}

static void test_heaps_of_several_threads_do_not_meet(void **state)
{
    HM_UNUSED(state);
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    uint64_t collected[THREADS];
    for (int index = 0; index < THREADS; index++)
        assert_int_equal(pthread_create(&threads[index], NULL, churn, &collected[index]), 0);
    for (int index = 0; index < THREADS; index++) {
        pthread_join(threads[index], NULL);
        assert_int_equal(collected[index], 20000);
    }
}

/* Makes one of everything; false at the first thing that could not be made. */
static bool make_everything(hm_heap *heap)
{
    hm_object *list = hm_list_new(heap);
    hm_object *dict = hm_dict_new(heap);
    hm_object *set = hm_set_new(heap);
    hm_object *name = hm_str_interned(heap, "attribute");
    hm_object *class =
        hm_class_new(heap, &(hm_class_spec){.name = "C", .slot_count = 1, .has_dict = true});
    hm_object *made[] = {list, dict, set, name, class};
    bool whole = true;
    for (size_t index = 0; index < HM_COUNT_OF(made); index++)
        whole = whole && made[index] != NULL;
    for (int64_t value = 300; whole && value < 320; value++) {
        hm_object *number = hm_int_new(heap, value);
        hm_object *instance = hm_instance_new(heap, class);
        hm_object *weak = instance == NULL ? NULL : hm_weakref_new(heap, instance, NULL, NULL);
        whole = number != NULL && weak != NULL && hm_dict_set(heap, dict, number, instance) &&
                hm_set_add(heap, set, number) && hm_list_append(heap, list, number) &&
                hm_instance_set(heap, instance, name, list) &&
                hm_list_append_new(heap, list, hm_tuple_of(heap, &number, 1));
        hm_xdecref(heap, weak);
        hm_xdecref(heap, instance);
        hm_xdecref(heap, number);
    }
    for (size_t index = 0; index < HM_COUNT_OF(made); index++)
        hm_xdecref(heap, made[index]);
    return whole;
}

static void test_any_allocation_may_fail_and_nothing_is_lost(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        bool whole = false;
        for (uint64_t fail_at = 1; !whole; fail_at++) {
            hm_heap *heap = fixture_heap(collectors[index]);
            hm_debug_configure(&(hm_debug_options){.fail_at = fail_at});
            whole = make_everything(heap);
            hm_debug_configure(&(hm_debug_options){.fail_at = 0});
            assert_int_equal(whole, heap->error.status == HM_OK);
            assert_true(whole || heap->error.status == HM_NO_MEMORY);
            assert_true(make_everything(heap));
            fixture_end(heap);
            assert_true(fail_at < 2000);
        }
    }
}

static void test_a_heap_that_cannot_be_made_says_why(void **state)
{
    HM_UNUSED(state);
    hm_error error = {0};
    hm_heap_config config = fixture_config("none");
    config.allocator = NULL;
    assert_null(hm_heap_create(&config, &error));
    assert_int_equal(error.status, HM_USAGE_ERROR);
    config = fixture_config("generational");
    hm_debug_configure(&(hm_debug_options){.fail_at = 1});
    assert_null(hm_heap_create(&config, &error));
    assert_int_equal(error.status, HM_NO_MEMORY);
    hm_debug_configure(&(hm_debug_options){.fail_at = 0});
    assert_int_equal(hm_debug_read().live_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_frees_leaked_cycles_under_every_collector),
        cmocka_unit_test(test_live_bytes_are_what_the_roots_reach),
        cmocka_unit_test(test_live_bytes_equal_requested_bytes),
        cmocka_unit_test(test_free_lists_keep_objects_and_give_them_back),
        cmocka_unit_test(test_the_validator_finds_a_planted_count_error),
        cmocka_unit_test(test_heaps_of_several_threads_do_not_meet),
        cmocka_unit_test(test_any_allocation_may_fail_and_nothing_is_lost),
        cmocka_unit_test(test_a_heap_that_cannot_be_made_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
