/*
 * This module is the tests of a heap whose ledger gets no more pages: the program goes on and is
 * told once; only a leaked cycle that was not entered is beyond the heap's end.
 */
#include "sweep.h"

enum { MANY = 2000 };

static uint64_t told;

static void hear(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(object);
    HM_UNUSED(context);
    assert_int_equal(error->status, HM_NO_MEMORY);
    assert_non_null(strstr(error->message, "kernel memory"));
    told++;
}

static void refuse_from(uint64_t point)
{
    const hm_debug_options options = {.fail_at = point, .fail_after = true};
    sweep_refuse_kernel(&options);
}

static void test_objects_are_made_without_the_book(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = sweep_heap(SWEEP_NONE);
    told = 0;
    hm_heap_set_unraisable_hook(heap, hear, NULL);
    hm_object *all = hm_list_new(heap);
    hm_fail(heap, HM_KEY_ERROR, "there before");
    refuse_from(1);
    for (int index = 0; index < MANY; index++)
        assert_true(hm_list_append_new(heap, all, hm_list_new(heap)));
    assert_int_equal(told, 1);
    assert_int_equal(heap->error.status, HM_KEY_ERROR);
    assert_true(sweep_kernel_refusals() > 1); /* it asks again each time */
    refuse_from(0);
    for (int index = 0; index < MANY; index++) /* and enters what it has room for */
        assert_true(hm_list_append_new(heap, all, hm_list_new(heap)));
    hm_decref(heap, all);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* Cycles that were entered are freed when the heap ends, though not all were entered. */
static void test_what_was_entered_is_freed_in_the_end(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = sweep_heap(SWEEP_NONE);
    hm_object *all = hm_list_new(heap);
    for (int index = 0; index < 400; index++)
        fixture_leak_cycle(heap);
    refuse_from(1);
    for (int index = 0; index < MANY; index++)
        assert_true(hm_list_append_new(heap, all, hm_list_new(heap)));
    refuse_from(0);
    hm_decref(heap, all);
    assert_int_equal(hm_heap_live_objects(heap), 400);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_made_without_the_book),
        cmocka_unit_test(test_what_was_entered_is_freed_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
