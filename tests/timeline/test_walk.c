/* This module tests the walk that tells pending garbage from what is alive. */
#include "bench/timeline/walk.h"
#include "heap_fixture.h"

static hm_timeline_walk walk_of(hm_heap *heap)
{
    hm_timeline_walk walk;
    if (!hm_timeline_walk_heap(heap, &walk))
        fail_msg("%s", heap->error.message);
    return walk;
}

static void a_new_heap_has_nothing_pending(void **state)
{
    (void)state;
    hm_heap *heap = fixture_manual_heap();
    hm_timeline_walk walk = walk_of(heap);
    assert_int_equal(walk.live_bytes, 0);
    assert_int_equal(walk.live_objects, 0);
    assert_int_equal(walk.pending_objects, 0);
    fixture_end(heap);
}

static void cycles_are_pending_until_they_are_collected(void **state)
{
    (void)state;
    hm_heap *heap = fixture_manual_heap();
    hm_object *root = hm_list_new(heap);
    assert_true(hm_heap_add_roots(heap, &root, 1));
    for (int index = 0; index < 7; index++)
        fixture_leak_cycle(heap);
    hm_timeline_walk walk = walk_of(heap);
    assert_int_equal(walk.tracked_objects, 8);
    assert_int_equal(walk.pending_objects, 7);
    assert_int_equal(walk.live_objects, 1);
    assert_int_equal(hm_heap_collect(heap, HM_GENERATIONS - 1), 7);
    walk = walk_of(heap);
    assert_int_equal(walk.tracked_objects, 1);
    assert_int_equal(walk.pending_objects, 0);
    hm_heap_remove_roots(heap, &root);
    hm_decref(heap, root);
    fixture_end(heap);
}

static void what_garbage_alone_holds_is_pending_too(void **state)
{
    (void)state;
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, list));
    assert_true(hm_list_append_new(heap, list, hm_list_new(heap)));
    assert_true(hm_list_append_new(heap, list, hm_str_from(heap, "never tracked")));
    hm_decref(heap, list);
    assert_int_equal(walk_of(heap).pending_objects, 2);
    assert_int_equal(hm_heap_collect(heap, HM_GENERATIONS - 1), 2);
    fixture_end(heap);
}

static void live_bytes_are_the_heaps_own_count(void **state)
{
    (void)state;
    hm_heap *heap = fixture_manual_heap();
    hm_object *root = hm_list_new(heap);
    assert_true(hm_heap_add_roots(heap, &root, 1));
    for (int index = 0; index < 50; index++) {
        assert_true(hm_list_append_new(heap, root, hm_int_new(heap, 1000 + index)));
        assert_true(hm_list_append_new(heap, root, hm_list_new(heap)));
    }
    fixture_leak_cycle(heap);
    uint64_t bytes, objects;
    assert_true(hm_heap_live_bytes(heap, &bytes, &objects));
    hm_timeline_walk walk = walk_of(heap);
    assert_int_equal(walk.live_bytes, bytes);
    assert_int_equal(walk.live_objects, objects);
    assert_int_equal(objects, 101);
    hm_heap_remove_roots(heap, &root);
    hm_decref(heap, root);
    hm_heap_collect(heap, HM_GENERATIONS - 1);
    fixture_end(heap);
}

static void interned_strings_do_not_count_as_pending(void **state)
{
    (void)state;
    hm_heap *heap = fixture_manual_heap();
    hm_object *name = hm_str_interned(heap, "kept by the heap");
    assert_non_null(name);
    assert_int_equal(walk_of(heap).pending_objects, 0);
    hm_decref(heap, name);
    fixture_end(heap);
}

static void without_a_collector_pending_is_what_leaked(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("none");
    for (int index = 0; index < 3; index++)
        fixture_leak_cycle(heap);
    assert_int_equal(walk_of(heap).pending_objects, 3);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_heap_has_nothing_pending),
        cmocka_unit_test(cycles_are_pending_until_they_are_collected),
        cmocka_unit_test(what_garbage_alone_holds_is_pending_too),
        cmocka_unit_test(live_bytes_are_the_heaps_own_count),
        cmocka_unit_test(interned_strings_do_not_count_as_pending),
        cmocka_unit_test(without_a_collector_pending_is_what_leaked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
