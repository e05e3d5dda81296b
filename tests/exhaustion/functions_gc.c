/*
 * This module is the sweeps of the gc module: its lists, its callbacks, and collections that keep
 * what they find.
 */
#include "functions.h"

#include "gc/gc.h"

static void sweep_hm_gc_get_objects(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_gc_get_objects(on->heap, HM_GC_ALL), list != NULL);
    assert_true(hm_list_length(list) >= 4); /* the class, its dict, the instance, the list */
    sweep_drop(on, list);
}

static void sweep_hm_gc_get_referrers(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_gc_get_referrers(on->heap, on->names, 1), list != NULL);
    assert_int_equal(hm_list_length(list), 1);
    assert_ptr_equal(hm_list_get(list, 0), on->list);
    sweep_drop(on, list);
}

static void sweep_hm_gc_get_referents(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_gc_get_referents(on->heap, &on->list, 1), list != NULL);
    assert_int_equal(hm_list_length(list), SWEEP_ITEMS);
    sweep_drop(on, list);
}

static void sweep_hm_gc_garbage(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_gc_garbage(on->heap), list != NULL);
    assert_ptr_equal(hm_gc_garbage(on->heap), list);
}

static bool count_call(hm_heap *heap, const hm_gc_info *info, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(info);
    ++*(int *)context;
    return true;
}

static void sweep_hm_gc_add_callback(sweep *on)
{
    bool done;
    int calls = 0, added = 0;
    do
        assert_true(hm_gc_add_callback(on->heap, count_call, &calls));
    while (++added < (int)on->heap->gc.callback_capacity);
    SWEEP(on, done = hm_gc_add_callback(on->heap, count_call, &calls), done);
    calls = 0;
    hm_gc_collect(on->heap, 0);
    assert_int_equal(calls, 2 * (added + 1));
    for (int index = 0; index <= added; index++)
        assert_true(hm_gc_remove_callback(on->heap, count_call, &calls));
}

/* Needs memory at the start and at the end of each collection. */
static bool make_a_list(hm_heap *heap, const hm_gc_info *info, void *context)
{
    HM_UNUSED(info);
    HM_UNUSED(context);
    hm_object *list = hm_list_sized(heap, 2);
    hm_xdecref(heap, list);
    return list != NULL;
}

static void leak_cycles(sweep *on, int count)
{
    for (int index = 0; index < count; index++)
        fixture_leak_cycle(on->heap);
}

/* A callback that fails keeps neither the other from being called nor the collection from its
 * work. */
static void sweep_hm_gc_collect(sweep *on)
{
    int calls = 0;
    assert_true(hm_gc_add_callback(on->heap, make_a_list, NULL));
    assert_true(hm_gc_add_callback(on->heap, count_call, &calls));
    leak_cycles(on, 3);
    calls = 0;
    int64_t collected;
    SWEEP_TOLD(on, collected = hm_gc_collect(on->heap, 2));
    if (on->setting != SWEEP_COLLECTING) {
        assert_int_equal(collected, 3);
        assert_int_equal(calls, 2);
    }
    assert_true(hm_gc_remove_callback(on->heap, make_a_list, NULL));
    assert_true(hm_gc_remove_callback(on->heap, count_call, &calls));
}

/* Breaks the cycles that a collection has put into gc.garbage, or could not for want of memory. */
static void end_garbage(sweep *on)
{
    hm_gc_set_debug(on->heap, 0);
    hm_object *list = hm_heap_garbage(on->heap);
    for (size_t index = 0; list != NULL && index < hm_list_length(list); index++) {
        hm_object *object = hm_list_get(list, index);
        if (hm_is(object, &hm_list_type))
            hm_list_clear(on->heap, object);
        else
            hm_store(on->heap, object, hm_instance_slot(object, 0), NULL);
    }
    if (list != NULL)
        hm_list_clear(on->heap, list);
    hm_gc_collect(on->heap, 2);
}

/* What cannot be kept in gc.garbage is told, stays as it is, and is found again. */
static void sweep_hm_gc_append_garbage(sweep *on)
{
    hm_gc_set_debug(on->heap, HM_GC_DEBUG_SAVEALL);
    leak_cycles(on, 6);
    int64_t collected;
    SWEEP_TOLD(on, collected = hm_gc_collect(on->heap, 2));
    HM_UNUSED(collected);
    end_garbage(on);
}

static bool says_yes(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    return heap != NULL;
}

/* The same of what a legacy finalizer makes uncollectable. */
static void sweep_hm_gc_keep_uncollectable(sweep *on)
{
    enum { LEGACY = 5 };
    hm_object *objects[LEGACY];
    const hm_class_spec spec = {
        .name = "Legacy", .slot_count = 1, .legacy_finalizer = true, .finalizer = says_yes};
    hm_object *class = hm_class_new(on->heap, &spec);
    for (int index = 0; index < LEGACY; index++) {
        objects[index] = hm_instance_new(on->heap, class);
        hm_store(on->heap, objects[index], hm_instance_slot(objects[index], 0),
                 hm_incref(objects[index]));
        hm_decref(on->heap, objects[index]);
    }
    SWEEP_TOLD(on, hm_gc_collect(on->heap, 2));
    for (int index = 0; index < LEGACY; index++) /* none has died */
        hm_incref(objects[index]);
    end_garbage(on);
    for (int index = 0; index < LEGACY; index++) {
        hm_store(on->heap, objects[index], hm_instance_slot(objects[index], 0), NULL);
        hm_decref(on->heap, objects[index]);
    }
    assert_int_equal(class->reference_count, 1);
    sweep_drop(on, class);
}

static const swept functions[] = {
    SWEPT(hm_gc_get_objects),
    SWEPT(hm_gc_get_referrers),
    SWEPT(hm_gc_get_referents),
    SWEPT_WITH(hm_gc_garbage, SWEEP_NEEDS_GENERATIONS),
    SWEPT_WITH(hm_gc_add_callback, SWEEP_NEEDS_GENERATIONS),
    SWEPT_WITH(hm_gc_collect, SWEEP_NEEDS_GENERATIONS),
    SWEPT_WITH(hm_gc_append_garbage, SWEEP_NEEDS_GENERATIONS),
    SWEPT_WITH(hm_gc_keep_uncollectable, SWEEP_NEEDS_GENERATIONS),
};

const swept_table swept_gc = {functions, HM_COUNT_OF(functions)};
