/*
 * This module is the tests of finalize objects: once, in order, detached, at exit. What they expect
 * is what CPython 3.13 does for the same steps.
 */
#include "weak_fixture.h"

static hm_object *run_say(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    weak_note(weak_name(frame->locals[0]));
    return hm_incref(frame->locals[0]);
}

static const hm_code say_code = {
    .name = "say", .argument_count = 1, .local_count = 1, .run = run_say};

/* A new object and its finalize object, which says `word` (or runs `code` with it). */
typedef struct watched {
    hm_object *object;
    hm_object *finalize;
} watched;

static hm_object *finalize_with(hm_heap *heap, hm_object *object, const hm_code *code,
                                const char *word)
{
    hm_object *function = hm_function_new(heap, code, NULL, NULL);
    hm_object *text = hm_str_from(heap, word);
    hm_object *finalize = hm_finalize_new(heap, object, function, &text, 1);
    assert_non_null(finalize);
    weak_drop_all(heap, function, text);
    return finalize;
}

static watched watch(hm_heap *heap, hm_object *class, const hm_code *code, const char *word)
{
    watched made = {.object = weak_instance(heap, class, word)};
    made.finalize = finalize_with(heap, made.object, code, word);
    return made;
}

static void drop_watched(hm_heap *heap, watched *all, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        hm_decref(heap, all[index].finalize);
        hm_xdecref(heap, all[index].object);
    }
}

static void test_a_call_runs_once(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    watched w = watch(heap, class, &say_code, "x");
    assert_true(hm_finalize_is_alive(w.finalize) && hm_finalize_get_at_exit(w.finalize));
    assert_int_equal(hm_weakref_count(w.object), 1);
    assert_ptr_equal(hm_weakref_callback_object(hm_weakref_first(w.object)), w.finalize);
    hm_object *result = hm_finalize_call(heap, w.finalize);
    assert_string_equal(hm_str_data(result), "x");
    hm_decref(heap, result);
    assert_journal("x ");
    assert_false(hm_finalize_is_alive(w.finalize) || hm_finalize_get_at_exit(w.finalize));
    assert_int_equal(hm_weakref_count(w.object), 0);
    assert_ptr_equal(hm_finalize_call(heap, w.finalize), &hm_none);
    assert_ptr_equal(hm_finalize_peek(heap, w.finalize), &hm_none);
    assert_ptr_equal(hm_finalize_detach(heap, w.finalize), &hm_none);
    hm_finalize_set_at_exit(w.finalize, true);
    assert_false(hm_finalize_get_at_exit(w.finalize));
    drop_watched(heap, &w, 1);
    assert_journal("");
    hm_decref(heap, class);
    fixture_end(heap);
}

/* Nobody need hold a finalize object; those of one object run newest first, on both paths. */
static void test_death_runs_the_newest_first(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    for (int cyclic = 0; cyclic < 2; cyclic++) {
        hm_object *o = weak_instance(heap, class, "o");
        if (cyclic)
            weak_refer(heap, o, o);
        const char *words[] = {"0", "1", "2"};
        for (size_t index = 0; index < 3; index++)
            hm_decref(heap, finalize_with(heap, o, &say_code, words[index]));
        assert_int_equal(hm_heap_collect(heap, 2), 0);
        hm_decref(heap, o);
        /* The cycle, and each weak reference and finalize object, are freed: CPython counts the
         * weak references with the collected. */
        assert_int_equal(hm_heap_collect(heap, 2), cyclic ? 4 : 0);
        assert_journal("2 1 0 ");
    }
    hm_decref(heap, class);
    fixture_end(heap);
}

static void test_detach_and_peek(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    watched w = watch(heap, class, &say_code, "x");
    hm_object *peeked = hm_finalize_peek(heap, w.finalize);
    hm_object *parts = hm_finalize_detach(heap, w.finalize);
    for (size_t index = 0; index < 3; index++)
        assert_ptr_equal(hm_tuple_get(peeked, index), hm_tuple_get(parts, index));
    assert_int_equal(hm_tuple_length(parts), 4);
    assert_ptr_equal(hm_tuple_get(parts, 0), w.object);
    assert_true(hm_is(hm_tuple_get(parts, 1), &hm_function_type));
    assert_string_equal(hm_str_data(hm_tuple_get(hm_tuple_get(parts, 2), 0)), "x");
    assert_int_equal(hm_dict_length(hm_tuple_get(parts, 3)), 0);
    assert_false(hm_finalize_is_alive(w.finalize));
    assert_int_equal(hm_weakref_count(w.object), 0);
    weak_drop_all(heap, peeked, parts);
    drop_watched(heap, &w, 1);
    assert_journal("");
    hm_object *list = hm_list_new(heap);
    assert_null(hm_finalize_new(heap, list, class, NULL, 0));
    assert_error(heap, HM_TYPE_ERROR, "cannot create weak reference to 'list' object");
    weak_drop_all(heap, list, class);
    fixture_end(heap);
}

static hm_object *looked_at[2];

static void note_state(hm_heap *heap, hm_object *finalize)
{
    weak_note(hm_finalize_is_alive(finalize) ? "alive" : "dead");
    assert_ptr_equal(hm_finalize_peek(heap, finalize), &hm_none);
    assert_ptr_equal(hm_finalize_detach(heap, finalize), &hm_none);
}

static hm_object *run_look(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    note_state(heap, looked_at[0]);
    note_state(heap, looked_at[1]);
    assert_ptr_equal(hm_finalize_call(heap, looked_at[1]), &hm_none);
    return &hm_none;
}

static const hm_code look_code = {
    .name = "look", .argument_count = 1, .local_count = 1, .run = run_look};

/* While one runs it is dead; another of the same dead object is alive and has no object to show. */
static void test_looking_at_finalize_objects_from_within_one(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    looked_at[0] = finalize_with(heap, o, &say_code, "other");
    looked_at[1] = finalize_with(heap, o, &look_code, "");
    hm_decref(heap, o);
    assert_journal("alive dead other ");
    weak_drop_all(heap, looked_at[0], looked_at[1], class);
    fixture_end(heap);
}

static hm_object *run_fail(hm_heap *heap, hm_frame *frame)
{
    weak_note(weak_name(frame->locals[0]));
    hm_fail(heap, HM_VALUE_ERROR, "no");
    return NULL;
}

static const hm_code fail_code = {
    .name = "fail", .argument_count = 1, .local_count = 1, .run = run_fail};

static void note_complaint(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    weak_note(object->type->name);
    weak_note(hm_status_name(error->status));
}

static void test_a_failure_is_returned_or_unraisable(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_heap_set_unraisable_hook(heap, note_complaint, NULL);
    hm_object *class = weak_class(heap, NULL);
    watched w = watch(heap, class, &fail_code, "f");
    assert_null(hm_finalize_call(heap, w.finalize));
    assert_error(heap, HM_VALUE_ERROR, "no");
    assert_journal("f ");
    drop_watched(heap, &w, 1);
    w = watch(heap, class, &fail_code, "g");
    hm_decref(heap, w.object);
    w.object = NULL;
    assert_journal("g finalize ValueError ");
    assert_false(hm_finalize_is_alive(w.finalize));
    drop_watched(heap, &w, 1);
    hm_decref(heap, class);
    fixture_end(heap);
}

/* What the registry holds lives as long as the finalize object: the arguments go before the
 * callable, after the call. */
static void test_what_it_holds_is_dropped_after_the_call(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *noisy = weak_class(heap, weak_note_death);
    hm_object *class = weak_class(heap, NULL);
    hm_object *o = weak_instance(heap, class, "o");
    hm_object *self = weak_instance(heap, noisy, "callable");
    hm_object *argument = weak_instance(heap, noisy, "argument");
    hm_object *callable = weak_method(heap, &weak_note_code, self);
    hm_decref(heap, hm_finalize_new(heap, o, callable, &argument, 1));
    weak_drop_all(heap, self, argument, callable);
    assert_int_equal(hm_heap_collect(heap, 2), 0);
    assert_journal("");
    hm_decref(heap, o);
    assert_journal("callable del argument del callable ");
    weak_drop_all(heap, noisy, class);
    fixture_end(heap);
}

/* The script of the next test: what CPython 3.13 prints for it at its exit. */
enum { A, B, C, D, C2, E, G, H, I, Y, Y2, LAST };

typedef struct script {
    hm_object *class;
    watched all[LAST];
    hm_object *extra[4];
    size_t extras;
} script;

static script *running;

static void make_extra(hm_heap *heap, const char *word)
{
    watched made = watch(heap, running->class, &say_code, word);
    running->extra[running->extras++] = made.object;
    hm_decref(heap, made.finalize);
}

static hm_object *run_step(hm_heap *heap, hm_frame *frame)
{
    const char *word = weak_name(frame->locals[0]);
    watched *all = running->all;
    weak_note(word);
    if (strcmp(word, "d") == 0) {
        weak_note(heap->settings.automatic ? "automatic" : "off");
        hm_finalize_set_at_exit(all[A].finalize, false);
        hm_decref(heap, hm_finalize_detach(heap, all[B].finalize));
        hm_finalize_set_at_exit(all[C2].finalize, true);
    } else if (strcmp(word, "g") == 0) {
        make_extra(heap, "new");
        hm_finalize_set_at_exit(all[C].finalize, false);
    } else if (strcmp(word, "i") == 0) {
        hm_object *killed = running->extra[0];
        running->extra[0] = NULL;
        hm_decref(heap, killed);
    } else if (strcmp(word, "y") == 0) {
        make_extra(heap, "late-new");
    }
    return &hm_none;
}

static const hm_code step_code = {
    .name = "step", .argument_count = 1, .local_count = 1, .run = run_step};

static void test_the_exit_runs_the_rest_newest_first(void **state)
{
    HM_UNUSED(state);
    script now = {.extras = 0};
    running = &now;
    hm_heap *heap = fixture_heap("generational");
    hm_heap_set_unraisable_hook(heap, note_complaint, NULL);
    now.class = weak_class(heap, NULL);
    const char *words[LAST] = {[A] = "a", [B] = "b", [C] = "c", [D] = "d", [C2] = "c2", [E] = "e",
                               [G] = "g", [H] = "h", [I] = "i", [Y] = "y", [Y2] = "y2"};
    for (size_t each = 0; each < LAST; each++) {
        if (each == I)
            make_extra(heap, "killed-by-i");
        const hm_code *code = each == E ? &fail_code : &step_code;
        now.all[each] = watch(heap, now.class, code, words[each]);
    }
    hm_finalize_set_at_exit(now.all[C2].finalize, false);
    assert_true(hm_finalize_run_at_exit(heap));
    assert_true(heap->settings.automatic);
    assert_journal("y2 y late-new i killed-by-i h g new e finalize ValueError d off a ");
    /* None runs any more; its death still ends it. */
    assert_true(hm_finalize_is_alive(now.all[C].finalize));
    hm_decref(heap, now.all[C].object);
    now.all[C].object = NULL;
    assert_false(hm_finalize_is_alive(now.all[C].finalize));
    watched later = watch(heap, now.class, &step_code, "later");
    assert_ptr_equal(hm_finalize_call(heap, later.finalize), &hm_none);
    drop_watched(heap, &later, 1);
    drop_watched(heap, now.all, LAST);
    for (size_t index = 0; index < now.extras; index++)
        hm_xdecref(heap, now.extra[index]);
    assert_journal("");
    hm_decref(heap, now.class);
    fixture_end(heap);
}

static void test_after_the_exit_nothing_is_called(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    assert_true(hm_finalize_run_at_exit(heap));
    watched w = watch(heap, class, &say_code, "x");
    drop_watched(heap, &w, 1);
    assert_journal("");
    hm_decref(heap, class);
    fixture_end(heap);
}

/* The registry and all it holds go with the heap, and nothing runs; L counts them until then. */
static void test_the_heaps_end_frees_the_registry(void **state)
{
    HM_UNUSED(state);
    const char *collectors[] = {"none", "off", "generational"};
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        hm_heap *heap = fixture_heap(collectors[index]);
        hm_object *class = weak_class(heap, weak_note_death);
        watched w = watch(heap, class, &say_code, "x");
        uint64_t bytes, objects;
        assert_true(hm_heap_live_bytes(heap, &bytes, &objects));
        /* The registry, the finalize object, its weak reference, callable, tuple and str. */
        assert_int_equal(objects, 6);
        hm_decref(heap, class);
        HM_UNUSED(w);
        fixture_end(heap);
        assert_journal("");
    }
}

/* Whatever Python can call can be what a finalize object calls. */
static void test_weak_references_and_finalize_objects_can_be_called(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_object *class = weak_class(heap, NULL);
    hm_object *object = hm_instance_new(heap, class);
    hm_object *weakref = hm_weakref_new(heap, object, NULL, NULL);
    hm_object *result = hm_call(heap, weakref, NULL, 0);
    assert_ptr_equal(result, object);
    hm_decref(heap, result);
    assert_null(hm_call(heap, weakref, &object, 1));
    assert_string_equal(heap->error.message, "weakref expected 0 arguments, got 1");
    hm_object *finalize = hm_finalize_new(heap, object, weakref, NULL, 0);
    hm_object *both[] = {object, class};
    assert_null(hm_call(heap, finalize, both, 2));
    assert_int_equal(heap->error.status, HM_TYPE_ERROR);
    hm_error_clear(&heap->error);
    result = hm_call(heap, finalize, both, 1);
    assert_ptr_equal(result, object);
    assert_false(hm_finalize_is_alive(finalize));
    hm_decref(heap, result);
    hm_decref(heap, finalize);
    hm_decref(heap, object);
    assert_ptr_equal(hm_call(heap, weakref, NULL, 0), &hm_none);
    hm_decref(heap, weakref);
    hm_decref(heap, class);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weak_references_and_finalize_objects_can_be_called),
        cmocka_unit_test(test_a_call_runs_once),
        cmocka_unit_test(test_death_runs_the_newest_first),
        cmocka_unit_test(test_detach_and_peek),
        cmocka_unit_test(test_looking_at_finalize_objects_from_within_one),
        cmocka_unit_test(test_a_failure_is_returned_or_unraisable),
        cmocka_unit_test(test_what_it_holds_is_dropped_after_the_call),
        cmocka_unit_test(test_the_exit_runs_the_rest_newest_first),
        cmocka_unit_test(test_after_the_exit_nothing_is_called),
        cmocka_unit_test(test_the_heaps_end_frees_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
