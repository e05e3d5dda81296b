/* This module is the tests of a collection's edges: what survives clearing, counts that do not fit,
 * ends that wait, tuples half filled, and the quarter rule to the object. */
#include "gc/gc.h"
#include "heap_fixture.h"
#include "object/runtime.h"

static hm_object *kept;
static int finalized;

static bool keep_self(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    finalized++;
    kept = hm_incref(self);
    return true;
}

static bool refer_weakly_to_self(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(context);
    kept = hm_weakref_new(heap, self, NULL, NULL);
    return kept != NULL;
}

/* Lets go of the only reference to itself, and needs itself afterwards. */
static bool drop_self(hm_heap *heap, hm_object *self, void *context)
{
    hm_store(heap, self, hm_instance_slot(self, 0), NULL);
    assert_int_equal(self->reference_count, 1);
    *(const char **)context = self->type->name;
    return true;
}

static hm_object *class_with(hm_heap *heap, hm_finalizer finalizer, void *context)
{
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "E",
                                                           .slot_count = 1,
                                                           .has_weakrefs = true,
                                                           .finalizer = finalizer,
                                                           .context = context});
    assert_non_null(class);
    return class;
}

/* An instance whose slot holds `referent` (borrowed); NULL: itself. */
static hm_object *instance_to(hm_heap *heap, hm_object *class, hm_object *referent)
{
    hm_object *instance = hm_instance_new(heap, class);
    assert_non_null(instance);
    hm_store(heap, instance, hm_instance_slot(instance, 0),
             hm_incref(referent == NULL ? instance : referent));
    return instance;
}

static bool holds(hm_heap *heap, int generation, const hm_object *object)
{
    hm_object *objects = hm_gc_get_objects(heap, generation);
    bool found = false;
    for (size_t index = 0; index < hm_list_length(objects); index++)
        found |= hm_list_get(objects, index) == object;
    hm_decref(heap, objects);
    return found;
}

/* The part of each count that fits is what the inside alone explains. */
static void test_a_count_too_large_for_its_field_keeps_its_object(void **state)
{
    HM_UNUSED(state);
    const uint32_t extra[] = {UINT32_C(1) << 27, UINT32_C(1) << 28, UINT32_C(3) << 27};
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, list));
    for (size_t index = 0; index < HM_COUNT_OF(extra); index++) {
        list->reference_count += extra[index] - 1;
        assert_int_equal(hm_heap_collect(heap, 2), 0);
        assert_int_equal(hm_list_length(list), 1);
        list->reference_count -= extra[index] - 1;
    }
    hm_decref(heap, list);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    fixture_end(heap);
}

static void test_a_finalizer_may_drop_its_own_object(void **state)
{
    HM_UNUSED(state);
    const char *name = NULL;
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, drop_self, &name);
    hm_decref(heap, instance_to(heap, class, NULL));
    hm_heap_collect(heap, 2);
    assert_string_equal(name, "E");
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* Tuples have no clear, so one that holds itself survives each collection, and moves up in it. */
static void test_what_clearing_does_not_kill_moves_up_unmarked(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *tuple = hm_tuple_new(heap, 1);
    hm_tuple_set(heap, tuple, 0, tuple);
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        hm_error error = {0};
        assert_true(holds(heap, generation, tuple));
        assert_int_equal(hm_heap_collect(heap, generation), 1);
        if (hm_heap_check(heap, &error) != HM_OK)
            fail_msg("%s", error.message);
    }
    assert_true(holds(heap, 2, tuple));
    hm_tuple_set(heap, tuple, 0, NULL); /* its last reference */
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static hm_object *lists_in_a_list(hm_heap *heap, size_t count)
{
    hm_object *outer = hm_list_new(heap);
    for (size_t index = 1; index < count; index++)
        assert_true(hm_list_append_new(heap, outer, hm_list_new(heap)));
    return outer;
}

/* Lets the heap take whichever collection is due by itself, once; then none. */
static void step_once(hm_heap *heap)
{
    hm_gc_set_thresholds(heap, (uint32_t[]){1, 0, 0});
    hm_object *two[] = {hm_list_new(heap), hm_list_new(heap)};
    hm_gc_set_thresholds(heap, (uint32_t[]){0, 0, 0});
    for (size_t index = 0; index < HM_COUNT_OF(two); index++)
        hm_decref(heap, two[index]);
}

static void test_the_quarter_rule_is_a_quarter(void **state)
{
    HM_UNUSED(state);
    fixture_skip_where_collecting_always();
    hm_heap *heap = fixture_heap("generational");
    hm_gc_set_thresholds(heap, (uint32_t[]){0, 0, 0});
    hm_object *all[4] = {lists_in_a_list(heap, 400)};
    hm_heap_collect(heap, 2); /* 400 survive: 100 more are a quarter */
    all[1] = lists_in_a_list(heap, 99);
    hm_heap_collect(heap, 1);
    step_once(heap);
    assert_int_equal(hm_gc_get_stats(heap, 2).collections, 1);
    all[2] = lists_in_a_list(heap, 1);
    hm_heap_collect(heap, 1);
    step_once(heap);
    assert_int_equal(hm_gc_get_stats(heap, 2).collections, 2);
    all[3] = lists_in_a_list(heap, 60); /* less than a quarter: those before are pending no more */
    hm_heap_collect(heap, 1);
    step_once(heap);
    assert_int_equal(hm_gc_get_stats(heap, 2).collections, 2);
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

static void test_freezing_spares_the_garbage_list_and_clears_the_counts(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *list = hm_list_new(heap);
    hm_object *garbage = hm_gc_garbage(heap);
    uint32_t counts[HM_GENERATIONS];
    hm_gc_get_counts(heap, counts);
    assert_int_equal(counts[0], 2);
    assert_true(hm_gc_freeze(heap));
    hm_gc_get_counts(heap, counts);
    assert_int_equal(counts[0], 0);
    assert_int_equal(hm_gc_get_freeze_count(heap), 1);
    assert_true(holds(heap, 2, garbage));
    assert_false(holds(heap, HM_GC_ALL, list));
    assert_true(hm_gc_unfreeze(heap));
    hm_decref(heap, list);
    fixture_end(heap);
}

/* One that is still to be filled may get what makes it part of a cycle. */
static void test_a_tuple_with_empty_slots_stays_tracked(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *tuple = hm_tuple_new(heap, 2);
    hm_tuple_set(heap, tuple, 0, hm_int_new(heap, 1000));
    hm_heap_collect(heap, 2);
    assert_true(hm_is_tracked(tuple));
    hm_object *list = hm_list_new(heap);
    assert_true(hm_list_append(heap, list, tuple));
    hm_tuple_set(heap, tuple, 1, list);
    hm_decref(heap, tuple);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_a_cycle_through_a_dicts_key_is_found(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, NULL, NULL);
    hm_object *dict = hm_dict_new(heap);
    hm_object *instance = instance_to(heap, class, dict);
    assert_true(hm_dict_set(heap, dict, instance, &hm_none));
    hm_heap_collect(heap, 2); /* which must not untrack it for its None */
    assert_true(hm_is_tracked(dict));
    hm_decref(heap, instance);
    hm_decref(heap, dict);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* So many that every slot of a table is somebody's. */
static void test_cycles_through_sets_are_found_whatever_the_slot(void **state)
{
    HM_UNUSED(state);
    enum { SETS = 300 };
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, NULL, NULL);
    for (int index = 0; index < SETS; index++) {
        hm_object *set = hm_set_new(heap);
        hm_object *instance = instance_to(heap, class, set);
        assert_true(hm_set_add(heap, set, instance));
        hm_decref(heap, instance);
        hm_decref(heap, set);
    }
    assert_int_equal(hm_heap_collect(heap, 2), 2 * SETS);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* A generator that never ran keeps its locals, so the set is all that can be cleared. */
static void test_a_cycle_that_only_a_set_can_break_is_broken(void **state)
{
    HM_UNUSED(state);
    static const hm_generator_code code = {.name = "g", .local_count = 1};
    hm_heap *heap = fixture_manual_heap();
    hm_object *set = hm_set_new(heap);
    hm_object *generator = hm_generator_new(heap, &code);
    assert_true(hm_set_add(heap, set, generator));
    hm_generator_set(heap, generator, 0, set);
    hm_decref(heap, generator);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static hm_object *return_none(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    HM_UNUSED(frame);
    return &hm_none;
}

/* A function that calls itself by a name of the function around it. */
static void test_a_function_in_its_own_closure_is_found(void **state)
{
    HM_UNUSED(state);
    static const hm_code code = {.name = "f", .run = return_none};
    hm_heap *heap = fixture_manual_heap();
    hm_object *cell = hm_cell_new(heap, NULL);
    hm_object *closure = hm_tuple_of(heap, &cell, 1);
    hm_object *function = hm_function_new(heap, &code, NULL, closure);
    hm_cell_set(heap, cell, function);
    hm_decref(heap, closure);
    hm_decref(heap, cell);
    assert_int_equal(hm_heap_collect(heap, 2), 3);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static bool drop_weakref(hm_heap *heap, hm_object *weakref, void *context)
{
    assert_null(hm_weakref_get(weakref));
    hm_decref(heap, weakref);
    ++*(int *)context;
    return true;
}

static void test_a_weak_reference_that_dies_by_its_call_is_collected_too(void **state)
{
    HM_UNUSED(state);
    int called = 0;
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, NULL, NULL);
    hm_object *instance = instance_to(heap, class, NULL);
    assert_non_null(hm_weakref_new(heap, instance, drop_weakref, &called));
    hm_decref(heap, instance);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(called, 1);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_what_comes_back_by_its_count_can_be_collected(void **state)
{
    HM_UNUSED(state);
    finalized = 0;
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, keep_self, NULL);
    hm_object *instance = hm_instance_new(heap, class);
    hm_decref(heap, instance);
    assert_ptr_equal(kept, instance);
    assert_true(holds(heap, 0, instance));
    hm_store(heap, instance, hm_instance_slot(instance, 0), instance);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_int_equal(finalized, 1);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_weak_references_made_by_a_legacy_finalizer_die_with_it(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "L",
                                                           .has_weakrefs = true,
                                                           .legacy_finalizer = true,
                                                           .finalizer = refer_weakly_to_self});
    hm_object *instance = hm_instance_new(heap, class);
    hm_decref(heap, instance);
    assert_null(hm_weakref_get(kept));
    hm_decref(heap, kept);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* A list whose last reference takes `object` (stolen) down with it so deep that its end waits, and
 * whose first item (stolen) dies after that. */
static hm_object *deep_then(hm_heap *heap, hm_object *object, hm_object *after)
{
    for (int depth = 1; depth < HM_DEALLOCATION_DEPTH; depth++) {
        hm_object *outer = hm_list_new(heap);
        assert_true(hm_list_append_new(heap, outer, object));
        object = outer;
    }
    hm_object *outermost = hm_list_new(heap);
    assert_true(hm_list_append_new(heap, outermost, after));
    assert_true(hm_list_append_new(heap, outermost, object));
    return outermost;
}

static void test_the_finalized_stay_so_while_their_end_waits(void **state)
{
    HM_UNUSED(state);
    finalized = 0;
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, keep_self, NULL);
    hm_decref(heap, hm_instance_new(heap, class));
    assert_int_equal(finalized, 1);
    hm_decref(heap, deep_then(heap, kept, hm_int_new(heap, 1000)));
    assert_int_equal(finalized, 1);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static bool count_call(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(weakref);
    ++*(int *)context;
    return true;
}

static void test_a_weak_reference_whose_end_waits_calls_nobody(void **state)
{
    HM_UNUSED(state);
    int called = 0;
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, NULL, NULL);
    hm_object *instance = hm_instance_new(heap, class);
    hm_object *weakref = hm_weakref_new(heap, instance, count_call, &called);
    hm_decref(heap, deep_then(heap, weakref, instance));
    assert_int_equal(called, 0);
    hm_decref(heap, class);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static bool refer_weakly_to(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    kept = hm_weakref_new(heap, *(hm_object **)context, NULL, NULL);
    return kept != NULL;
}

static void test_a_weak_reference_whose_end_waits_is_shared_with_nobody(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    hm_object *plain = class_with(heap, NULL, NULL);
    hm_object *referent = hm_instance_new(heap, plain);
    hm_object *class = class_with(heap, refer_weakly_to, &referent);
    hm_object *dying = hm_weakref_new(heap, referent, NULL, NULL);
    hm_decref(heap, deep_then(heap, dying, hm_instance_new(heap, class)));
    assert_int_equal(kept->reference_count, 1);
    assert_int_equal(hm_weakref_count(referent), 1);
    hm_object *found = hm_weakref_get(kept);
    assert_ptr_equal(found, referent);
    hm_object *all[] = {found, kept, referent, class, plain};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_count_too_large_for_its_field_keeps_its_object),
        cmocka_unit_test(test_a_finalizer_may_drop_its_own_object),
        cmocka_unit_test(test_what_clearing_does_not_kill_moves_up_unmarked),
        cmocka_unit_test(test_the_quarter_rule_is_a_quarter),
        cmocka_unit_test(test_freezing_spares_the_garbage_list_and_clears_the_counts),
        cmocka_unit_test(test_a_tuple_with_empty_slots_stays_tracked),
        cmocka_unit_test(test_a_cycle_through_a_dicts_key_is_found),
        cmocka_unit_test(test_cycles_through_sets_are_found_whatever_the_slot),
        cmocka_unit_test(test_a_cycle_that_only_a_set_can_break_is_broken),
        cmocka_unit_test(test_a_function_in_its_own_closure_is_found),
        cmocka_unit_test(test_a_weak_reference_that_dies_by_its_call_is_collected_too),
        cmocka_unit_test(test_what_comes_back_by_its_count_can_be_collected),
        cmocka_unit_test(test_weak_references_made_by_a_legacy_finalizer_die_with_it),
        cmocka_unit_test(test_the_finalized_stay_so_while_their_end_waits),
        cmocka_unit_test(test_a_weak_reference_whose_end_waits_calls_nobody),
        cmocka_unit_test(test_a_weak_reference_whose_end_waits_is_shared_with_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
