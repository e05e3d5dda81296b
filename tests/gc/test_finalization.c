/* This module is the tests of finalizers under collection: order, once, resurrection, legacy. */
#include "heap_fixture.h"

static char order[64];
static hm_object *saved;

static bool note_self(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(self);
    strncat(order, context, sizeof order - strlen(order) - 1);
    return true;
}

static bool save_self(hm_heap *heap, hm_object *self, void *context)
{
    saved = hm_incref(self);
    return note_self(heap, self, context);
}

static bool collect_inside(hm_heap *heap, hm_object *self, void *context)
{
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    fixture_leak_cycle(heap);
    return note_self(heap, self, context);
}

static hm_object *class_with(hm_heap *heap, hm_finalizer finalizer, char *letter, bool legacy)
{
    hm_class_spec spec = {.name = "F",
                          .slot_count = 1,
                          .finalizer = finalizer,
                          .context = letter,
                          .legacy_finalizer = legacy};
    return hm_class_new(heap, &spec);
}

/* A node of the class whose only slot holds `next` (stolen), or itself. */
static hm_object *node_to(hm_heap *heap, hm_object *class, hm_object *next)
{
    hm_object *node = hm_instance_new(heap, class);
    hm_store(heap, node, hm_instance_slot(node, 0), next == NULL ? hm_incref(node) : next);
    return node;
}

static void test_finalizers_run_in_tracking_order(void **state)
{
    HM_UNUSED(state);
    order[0] = '\0';
    hm_heap *heap = fixture_manual_heap();
    hm_object *classes[3] = {class_with(heap, note_self, "a", false),
                             class_with(heap, note_self, "b", false),
                             class_with(heap, note_self, "c", false)};
    for (int index = 0; index < 3; index++)
        hm_decref(heap, node_to(heap, classes[index], NULL));
    assert_int_equal(hm_heap_collect(heap, 2), 3);
    assert_string_equal(order, "abc");
    for (int index = 0; index < 3; index++)
        hm_decref(heap, classes[index]);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static bool look_through_weakref(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    *(bool *)context = hm_weakref_get(*hm_instance_slot(self, 1)) != NULL;
    return true;
}

/* Also one to an object that lives on. The same program in CPython 3.11 to 3.13 prints None. */
static void test_weak_references_among_the_garbage_are_dead_before_finalizers(void **state)
{
    HM_UNUSED(state);
    bool seen = true;
    hm_heap *heap = fixture_manual_heap();
    hm_class_spec spec = {
        .name = "F", .slot_count = 2, .finalizer = look_through_weakref, .context = &seen};
    hm_object *class = hm_class_new(heap, &spec);
    hm_object *live = hm_set_new(heap);
    hm_object *node = node_to(heap, class, NULL);
    hm_store(heap, node, hm_instance_slot(node, 1), hm_weakref_new(heap, live, NULL, NULL));
    hm_decref(heap, node);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_false(seen);
    hm_decref(heap, live);
    hm_decref(heap, class);
    fixture_end(heap);
}

static void test_resurrection_keeps_what_it_reaches_and_no_more(void **state)
{
    HM_UNUSED(state);
    order[0] = '\0';
    hm_heap *heap = fixture_manual_heap();
    hm_object *saving = class_with(heap, save_self, "s", false);
    hm_object *plain = class_with(heap, note_self, "p", false);
    hm_object *reached = node_to(heap, plain, NULL);
    hm_object *phoenix = node_to(heap, saving, reached);
    hm_store(heap, reached, hm_instance_slot(reached, 0), phoenix);
    hm_decref(heap, node_to(heap, plain, NULL)); /* garbage on its own: it must go */
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_string_equal(order, "psp");
    assert_ptr_equal(saved, phoenix);
    assert_int_equal(hm_heap_live_objects(heap), 2 + 2 * 3); /* two nodes, two classes of three */
    hm_decref(heap, saved);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_string_equal(order, "psp");
    hm_decref(heap, saving);
    hm_decref(heap, plain);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

static void test_a_collection_inside_a_finalizer_does_nothing(void **state)
{
    HM_UNUSED(state);
    order[0] = '\0';
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, collect_inside, "x", false);
    hm_decref(heap, node_to(heap, class, NULL));
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_int_equal(hm_heap_collect(heap, 2), 1); /* the cycle the finalizer made */
    assert_string_equal(order, "x");
    hm_decref(heap, class);
    fixture_end(heap);
}

static void test_legacy_finalizers_make_garbage(void **state)
{
    HM_UNUSED(state);
    order[0] = '\0';
    hm_heap *heap = fixture_manual_heap();
    hm_object *legacy = class_with(heap, note_self, "L", true);
    hm_object *plain = class_with(heap, NULL, NULL, false);
    hm_object *reached = node_to(heap, plain, NULL);
    hm_object *stuck = node_to(heap, legacy, reached);
    hm_store(heap, reached, hm_instance_slot(reached, 0), stuck);
    assert_null(hm_heap_garbage(heap));
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_int_equal(hm_heap_collection_counts(heap).uncollectable, 2);
    assert_int_equal(hm_heap_collection_counts(heap).collected, 0);
    assert_int_equal(hm_list_length(hm_heap_garbage(heap)), 1);
    assert_ptr_equal(hm_list_get(hm_heap_garbage(heap), 0), stuck);
    assert_string_equal(order, "");
    hm_store(heap, stuck, hm_instance_slot(stuck, 0), NULL);
    hm_list_clear(heap, hm_heap_garbage(heap));
    assert_string_equal(order, "L");
    hm_decref(heap, legacy);
    hm_decref(heap, plain);
    fixture_end(heap);
}

static void test_the_heaps_end_runs_no_finalizer(void **state)
{
    HM_UNUSED(state);
    order[0] = '\0';
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = class_with(heap, note_self, "x", false);
    node_to(heap, class, NULL);
    fixture_end(heap);
    assert_string_equal(order, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finalizers_run_in_tracking_order),
        cmocka_unit_test(test_weak_references_among_the_garbage_are_dead_before_finalizers),
        cmocka_unit_test(test_resurrection_keeps_what_it_reaches_and_no_more),
        cmocka_unit_test(test_a_collection_inside_a_finalizer_does_nothing),
        cmocka_unit_test(test_legacy_finalizers_make_garbage),
        cmocka_unit_test(test_the_heaps_end_runs_no_finalizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
