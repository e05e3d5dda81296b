/*
 * This module is the tests of weak references with callable callbacks: order, both paths of death,
 * cycles through callbacks, failures. What they expect is what CPython 3.13 does for the same
 * steps.
 */
#include "weak_fixture.h"

static hm_object *kept; /* what a callback or a finalizer under test keeps or looks at */

static hm_object *run_look(hm_heap *heap, hm_frame *frame)
{
    hm_object *weakref = frame->locals[0];
    hm_object *referent = hm_weakref_get(weakref);
    weak_note(referent == NULL ? "dead" : "alive");
    weak_note(hm_weakref_callback_object(weakref) == NULL ? "taken" : "kept");
    hm_xdecref(heap, referent);
    assert_int_equal(hm_getrefcount(weakref), 4);
    return &hm_none;
}

static const hm_code look_code = {
    .name = "look", .argument_count = 1, .local_count = 1, .run = run_look};

/* By the last reference __callback__ is None from the call on; by a collection it stays. */
static void test_the_callback_is_taken_on_one_path_only(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *look = hm_function_new(heap, &look_code, NULL, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *weakref = hm_weakref_new_calling(heap, o, look);
    hm_decref(heap, o);
    assert_journal("dead taken ");
    assert_null(hm_weakref_callback_object(weakref));
    hm_decref(heap, weakref);
    o = weak_instance(heap, class, "o");
    weakref = hm_weakref_new_calling(heap, o, look);
    weak_refer(heap, o, o);
    hm_decref(heap, o);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_journal("dead kept ");
    assert_ptr_equal(hm_weakref_callback_object(weakref), look);
    weak_drop_all(heap, weakref, look, class);
    fixture_end(heap);
}

/* ref(o, F(name).note) for a, b and c, where each F says when it dies. */
static void make_three(hm_heap *heap, hm_object *class, hm_object *o, hm_object *weakrefs[3])
{
    const char *names[] = {"a", "b", "c"};
    for (size_t index = 0; index < 3; index++) {
        hm_object *self = weak_instance(heap, class, names[index]);
        hm_object *callback = weak_method(heap, &weak_note_code, self);
        weakrefs[index] = hm_weakref_new_calling(heap, o, callback);
        weak_drop_all(heap, self, callback);
    }
}

static void test_callbacks_run_newest_first_and_are_dropped_oldest_first(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *noisy = weak_class(heap, weak_note_death);
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *weakrefs[3];
    make_three(heap, noisy, o, weakrefs);
    hm_decref(heap, o);
    assert_journal("c b a del a del b del c ");
    weak_drop(heap, weakrefs, 3);
    assert_journal("");
    o = weak_instance(heap, class, "o");
    weak_refer(heap, o, o);
    make_three(heap, noisy, o, weakrefs);
    hm_decref(heap, o);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_journal("c b a ");
    weak_drop(heap, weakrefs, 3);
    assert_journal("del a del b del c ");
    weak_drop_all(heap, noisy, class);
    fixture_end(heap);
}

static void test_a_collection_calls_back_object_by_object(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *a = weak_instance(heap, class, "a");
    hm_object *b = weak_instance(heap, class, "b");
    weak_refer(heap, a, b);
    weak_refer(heap, b, a);
    hm_object *weakrefs[] = {weak_noting(heap, a, "a1"), weak_noting(heap, b, "b1"),
                             weak_noting(heap, a, "a2"), weak_noting(heap, b, "b2")};
    weak_drop_all(heap, a, b);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    assert_journal("a2 a1 b2 b1 ");
    weak_drop(heap, weakrefs, 4);
    hm_decref(heap, class);
    fixture_end(heap);
}

/* o.r = ref(o, o.m): object, weak reference and method are one piece of garbage. */
static void test_a_cycle_through_a_callback_is_collected_in_silence(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *method = weak_method(heap, &weak_note_code, o);
    hm_object *weakref = hm_weakref_new_calling(heap, o, method);
    hm_object *outside = weak_noting(heap, o, "outside");
    weak_refer(heap, o, weakref);
    weak_drop_all(heap, weakref, method, o);
    assert_journal("");
    /* CPython's class holds the function; here it is garbage with the method. */
    assert_int_equal(hm_heap_collect(heap, 2), 4);
    assert_journal("outside ");
    weak_drop_all(heap, outside, class);
    fixture_end(heap);
}

/* A weak reference outside keeps its callback alive, and so what that is bound to. */
static void test_a_callback_can_keep_its_own_referent_alive(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *method = weak_method(heap, &weak_note_code, o);
    hm_object *weakref = hm_weakref_new_calling(heap, o, method);
    weak_drop_all(heap, method, o);
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    hm_object *alive = hm_weakref_get(weakref);
    assert_non_null(alive);
    hm_decref(heap, alive);
    hm_decref(heap, weakref);
    assert_journal("");
    hm_decref(heap, class);
    fixture_end(heap);
}

static hm_object *run_forget(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    hm_list_clear(heap, kept);
    return &hm_none;
}

static const hm_code forget_code = {
    .name = "forget", .argument_count = 1, .local_count = 1, .run = run_forget};

/* A callback that drops the weak reference itself: it is counted with the collected. */
static void test_a_weakref_freed_by_its_callback_counts_as_collected(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *forget = hm_function_new(heap, &forget_code, NULL, NULL);
    kept = hm_list_new(heap);
    hm_object *o = weak_instance(heap, class, "o");
    weak_refer(heap, o, o);
    assert_true(hm_list_append_new(heap, kept, hm_weakref_new_calling(heap, o, forget)));
    hm_decref(heap, o);
    assert_int_equal(hm_heap_collect(heap, 2), 2);
    o = weak_instance(heap, class, "o");
    assert_true(hm_list_append_new(heap, kept, hm_weakref_new_calling(heap, o, forget)));
    hm_decref(heap, o);
    assert_int_equal(hm_list_length(kept), 0);
    weak_drop_all(heap, kept, forget, class);
    fixture_end(heap);
}

static bool refer_to_self(hm_heap *heap, hm_object *self, void *context)
{
    weak_note(context);
    kept = weak_noting(heap, self, "new");
    return true;
}

/* A weak reference made in a finalizer is called at the death that follows. */
static void test_weakrefs_made_in_a_finalizer(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, refer_to_self);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *old = weak_noting(heap, o, "old");
    hm_decref(heap, o);
    assert_journal("del new old ");
    assert_null(hm_weakref_get(kept));
    weak_drop_all(heap, kept, old);
    o = weak_instance(heap, class, "o");
    weak_refer(heap, o, o);
    old = weak_noting(heap, o, "old");
    hm_decref(heap, o);
    assert_int_equal(hm_heap_collect(heap, 2), 1);
    assert_journal("old del new ");
    weak_drop_all(heap, kept, old, class);
    fixture_end(heap);
}

static bool resurrect(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    kept = hm_incref(self);
    return true;
}

/* Brought back on its last reference, an object keeps its weak references; in a collection not. */
static void test_resurrection_and_weakrefs(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, resurrect);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *weakref = weak_noting(heap, o, "called");
    hm_decref(heap, o);
    assert_journal("");
    hm_object *alive = hm_weakref_get(weakref);
    assert_ptr_equal(alive, kept);
    weak_drop_all(heap, alive, kept);
    assert_journal("called ");
    hm_decref(heap, weakref);
    o = weak_instance(heap, class, "o");
    weak_refer(heap, o, o);
    weakref = weak_noting(heap, o, "called");
    hm_decref(heap, o);
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    assert_journal("called ");
    assert_null(hm_weakref_get(weakref));
    hm_store(heap, kept, hm_instance_slot(kept, 1), NULL);
    hm_decref(heap, kept);
    assert_journal("");
    weak_drop_all(heap, weakref, class);
    fixture_end(heap);
}

typedef struct complaint {
    hm_object *object;
    hm_error error;
    int count;
} complaint;

static void complain(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    complaint *last = context;
    last->object = object;
    last->error = *error;
    last->count++;
}

static hm_object *run_fail(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    hm_fail(heap, HM_VALUE_ERROR, "no");
    return NULL;
}

static const hm_code fail_code = {
    .name = "fail", .argument_count = 1, .local_count = 1, .run = run_fail};

/* Failures are told of the callback, the other callbacks run, and no error is left behind. */
static void test_failing_callbacks_are_unraisable(void **state)
{
    HM_UNUSED(state);
    complaint last = {.count = 0};
    hm_heap *heap = fixture_heap("generational");
    hm_heap_set_unraisable_hook(heap, complain, &last);
    hm_object *class = weak_class(heap, NULL);
    hm_object *fail = hm_function_new(heap, &fail_code, NULL, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *first = weak_noting(heap, o, "first");
    hm_object *failing = hm_weakref_new_calling(heap, o, fail);
    hm_object *third = weak_noting(heap, o, "third");
    hm_fail(heap, HM_KEY_ERROR, "from before");
    hm_decref(heap, o);
    assert_error(heap, HM_KEY_ERROR, "from before");
    assert_journal("third first ");
    assert_int_equal(last.count, 1);
    assert_ptr_equal(last.object, fail);
    assert_int_equal(last.error.status, HM_VALUE_ERROR);
    weak_drop_all(heap, first, failing, third);
    o = weak_instance(heap, class, "o");
    hm_object *number = hm_int_new(heap, 5);
    hm_object *wrong = hm_weakref_new_calling(heap, o, number);
    hm_decref(heap, o);
    assert_int_equal(last.count, 2);
    assert_ptr_equal(last.object, number);
    assert_string_equal(last.error.message, "'int' object is not callable");
    weak_drop_all(heap, wrong, number, fail, class);
    fixture_end(heap);
}

static bool note_call(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(weakref);
    weak_note(context);
    return false;
}

/* A native callback that fails without a word of its own is told of too, of the weak reference. */
static void test_a_failing_native_callback_is_unraisable(void **state)
{
    HM_UNUSED(state);
    complaint last = {.count = 0};
    hm_heap *heap = fixture_heap("generational");
    hm_heap_set_unraisable_hook(heap, complain, &last);
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *weakref = hm_weakref_new(heap, o, note_call, "native");
    assert_null(hm_weakref_callback_object(weakref));
    hm_decref(heap, o);
    assert_journal("native ");
    assert_int_equal(last.count, 1);
    assert_ptr_equal(last.object, weakref);
    assert_int_equal(last.error.status, HM_RUNTIME_ERROR);
    weak_drop_all(heap, weakref, class);
    fixture_end(heap);
}

static bool cleanup(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    HM_UNUSED(generator);
    hm_object *alive = hm_weakref_get(kept);
    weak_note(alive == NULL ? "cleanup-dead" : "cleanup-alive");
    hm_xdecref(heap, alive);
    return true;
}

static hm_object *yield_once(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    generator->state = 1;
    return &hm_none;
}

/* A generator's weak references die, and call, before its cleanup runs, on both paths. The cleanup
 * drops the locals and with them the cycle, so that nothing is left to collect. */
static void test_a_generators_callbacks_run_before_its_cleanup(void **state)
{
    HM_UNUSED(state);
    static const hm_generator_code code = {
        .name = "g", .local_count = 1, .resume = yield_once, .cleanup = cleanup};
    hm_heap *heap = fixture_heap("generational");
    for (int cyclic = 0; cyclic < 2; cyclic++) {
        hm_object *generator = hm_generator_new(heap, &code);
        assert_non_null(hm_generator_next(heap, generator));
        kept = weak_noting(heap, generator, "called");
        if (cyclic)
            hm_generator_set(heap, generator, 0, hm_incref(generator));
        hm_decref(heap, generator);
        if (cyclic)
            assert_int_equal(hm_heap_collect(heap, 2), 0);
        assert_journal("called cleanup-dead ");
        hm_decref(heap, kept);
    }
    fixture_end(heap);
}

static hm_object *run_refer(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    hm_object *weakref = hm_weakref_new(heap, kept, NULL, NULL);
    assert_non_null(weakref);
    kept = weakref;
    return &hm_none;
}

static const hm_code refer_code = {
    .name = "refer", .argument_count = 1, .local_count = 1, .run = run_refer};

/* The allocation of a weak reference collects, and a callback makes the shared one meanwhile. */
static void test_the_shared_one_may_be_made_during_the_allocation(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *refer = hm_function_new(heap, &refer_code, NULL, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *garbage = weak_instance(heap, class, "garbage");
    weak_refer(heap, garbage, garbage);
    hm_object *calling = hm_weakref_new_calling(heap, garbage, refer);
    kept = o;
    uint32_t threshold = heap->young_threshold;
    hm_decref(heap, garbage);
    heap->young_threshold = heap->young_count;
    hm_object *shared = hm_weakref_new(heap, o, NULL, NULL);
    heap->young_threshold = threshold;
    assert_ptr_not_equal(kept, o);
    assert_ptr_equal(shared, kept);
    assert_int_equal(hm_weakref_count(o), 1);
    assert_int_equal(shared->reference_count, 2);
    weak_drop_all(heap, shared, kept, o, calling, refer, class);
    fixture_end(heap);
}

static bool collect_now(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    weak_note(hm_heap_collect(heap, 2) == 1 ? "one" : "other");
    return true;
}

/* A weak reference whose deallocation waits (deep structure) is no more: a collection meanwhile
 * that finds its referent must leave it alone. */
static void test_a_deferred_weakref_is_not_called(void **state)
{
    HM_UNUSED(state);
    enum { DEPTH = 49 };
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *collecting = weak_class(heap, collect_now);
    hm_object *garbage = weak_instance(heap, class, "garbage");
    hm_object *nest = hm_list_new(heap);
    assert_true(hm_list_append_new(heap, nest, weak_instance(heap, collecting, "x")));
    assert_true(hm_list_append_new(heap, nest, weak_noting(heap, garbage, "called")));
    assert_true(hm_list_append_new(heap, nest, hm_weakref_new(heap, garbage, note_call, "native")));
    for (int depth = 0; depth < DEPTH; depth++) {
        hm_object *outer = hm_list_new(heap);
        assert_true(hm_list_append_new(heap, outer, nest));
        nest = outer;
    }
    assert_int_equal(hm_weakref_count(garbage), 2);
    weak_refer(heap, garbage, garbage);
    hm_decref(heap, garbage);
    hm_decref(heap, nest);
    assert_journal("one ");
    weak_drop_all(heap, class, collecting);
    fixture_end(heap);
}

/* What dies with its root at the heap's end calls nobody. */
static void test_the_release_of_roots_calls_nothing(void **state)
{
    HM_UNUSED(state);
    static hm_object *root;
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    assert_true(hm_heap_add_roots(heap, &root, 1));
    root = weak_instance(heap, class, "root");
    weak_noting(heap, root, "leaked");
    hm_decref(heap, class);
    fixture_end(heap);
    assert_null(root);
    assert_journal("");
}

/* Weak references, their callbacks and cycles through them are left to the heap's end. */
static void test_the_heaps_end_frees_all_and_calls_nothing(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("none");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *method = weak_method(heap, &weak_note_code, o);
    hm_object *weakref = hm_weakref_new_calling(heap, o, method);
    weak_refer(heap, o, weakref);
    weak_noting(heap, o, "leaked");
    hm_weakproxy_new_calling(heap, o, method);
    weak_drop_all(heap, weakref, method, o, class);
    fixture_end(heap);
    assert_journal("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_callback_is_taken_on_one_path_only),
        cmocka_unit_test(test_callbacks_run_newest_first_and_are_dropped_oldest_first),
        cmocka_unit_test(test_a_collection_calls_back_object_by_object),
        cmocka_unit_test(test_a_cycle_through_a_callback_is_collected_in_silence),
        cmocka_unit_test(test_a_callback_can_keep_its_own_referent_alive),
        cmocka_unit_test(test_a_weakref_freed_by_its_callback_counts_as_collected),
        cmocka_unit_test(test_weakrefs_made_in_a_finalizer),
        cmocka_unit_test(test_resurrection_and_weakrefs),
        cmocka_unit_test(test_failing_callbacks_are_unraisable),
        cmocka_unit_test(test_a_failing_native_callback_is_unraisable),
        cmocka_unit_test(test_a_generators_callbacks_run_before_its_cleanup),
        cmocka_unit_test(test_the_shared_one_may_be_made_during_the_allocation),
        cmocka_unit_test(test_a_deferred_weakref_is_not_called),
        cmocka_unit_test(test_the_release_of_roots_calls_nothing),
        cmocka_unit_test(test_the_heaps_end_frees_all_and_calls_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
