/*
 * This module is what the tests of weak references share: a journal, callbacks that write a word
 * into it, and objects whose finalizers do.
 */
#ifndef HM_TESTS_WEAK_FIXTURE_H
#define HM_TESTS_WEAK_FIXTURE_H

#include "heap_fixture.h"

static char weak_journal[512];

/* Appends a word and a blank. */
static inline void weak_note(const char *word)
{
    size_t length = strlen(weak_journal);
    assert_true(length + strlen(word) + 2 <= sizeof weak_journal);
    snprintf(weak_journal + length, sizeof weak_journal - length, "%s ", word);
}

/* The journal says exactly this; it is empty then. */
#define assert_journal(expected)                                                                   \
    do {                                                                                           \
        assert_string_equal(weak_journal, expected);                                               \
        weak_journal[0] = '\0';                                                                    \
    } while (0)

/* Slot 0 of an instance holds its name, slot 1 is free. */
static inline const char *weak_name(hm_object *object)
{
    if (hm_is(object, &hm_str_type))
        return hm_str_data(object);
    return hm_str_data(*hm_instance_slot(object, 0));
}

static inline hm_object *weak_run_note(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    weak_note(weak_name(frame->locals[0]));
    return &hm_none;
}

static const hm_code weak_note_code = {
    .name = "note", .argument_count = 2, .local_count = 2, .run = weak_run_note};

/* The method `run` of `self` (borrowed), to be called with `code`'s arguments but the first. */
static inline hm_object *weak_method(hm_heap *heap, const hm_code *code, hm_object *self)
{
    hm_object *function = hm_function_new(heap, code, NULL, NULL);
    hm_object *method = hm_method_new(heap, function, self);
    assert_non_null(method);
    hm_decref(heap, function);
    return method;
}

/* A callable that notes `word` when it is called with one argument. */
static inline hm_object *weak_noter(hm_heap *heap, const char *word)
{
    hm_object *text = hm_str_from(heap, word);
    hm_object *method = weak_method(heap, &weak_note_code, text);
    hm_decref(heap, text);
    return method;
}

static inline bool weak_note_death(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    weak_note(context);
    weak_note(weak_name(self));
    return true;
}

/* Instances with two slots; the finalizer, where there is one, gets "del". */
static inline hm_object *weak_class(hm_heap *heap, hm_finalizer finalizer)
{
    static char death[] = "del";
    hm_class_spec spec = {.name = "C",
                          .slot_count = 2,
                          .has_weakrefs = true,
                          .finalizer = finalizer,
                          .context = death};
    hm_object *class = hm_class_new(heap, &spec);
    assert_non_null(class);
    return class;
}

static inline hm_object *weak_instance(hm_heap *heap, hm_object *class, const char *name)
{
    hm_object *object = hm_instance_new(heap, class);
    assert_non_null(object);
    hm_store(heap, object, hm_instance_slot(object, 0), hm_str_from(heap, name));
    return object;
}

/* Makes the object refer to `other` (borrowed) by slot 1; itself: a cycle. */
static inline void weak_refer(hm_heap *heap, hm_object *object, hm_object *other)
{
    hm_store(heap, object, hm_instance_slot(object, 1), hm_incref(other));
}

/* A weak reference that notes `word` when its referent dies. */
static inline hm_object *weak_noting(hm_heap *heap, hm_object *referent, const char *word)
{
    hm_object *callback = weak_noter(heap, word);
    hm_object *weakref = hm_weakref_new_calling(heap, referent, callback);
    assert_non_null(weakref);
    hm_decref(heap, callback);
    return weakref;
}

static inline void weak_drop(hm_heap *heap, hm_object **objects, size_t count)
{
    for (size_t index = 0; index < count; index++)
        hm_decref(heap, objects[index]);
}

#define weak_drop_all(heap, ...)                                                                   \
    do {                                                                                           \
        hm_object *all_of_them[] = {__VA_ARGS__};                                                  \
        weak_drop(heap, all_of_them, HM_COUNT_OF(all_of_them));                                    \
    } while (0)

/* The call failed with this, and the heap's error is clear again. */
static inline void assert_error(hm_heap *heap, hm_status status, const char *message)
{
    assert_string_equal(heap->error.message, message);
    assert_int_equal(heap->error.status, status);
    hm_error_clear(&heap->error);
}

#endif
