/*
 * This module is the tests of weak references, proxies, finalize objects and weak containers where
 * memory is short: each step fails with MemoryError at every allocation in turn, and nothing leaks.
 */
#include "weak_fixture.h"

static hm_allocator inner;
static long until_failure = -1; /* allocations that still succeed; below 0: all do */

static bool fails(void)
{
    if (until_failure == 0)
        return true;
    until_failure -= until_failure > 0;
    return false;
}

static void *short_malloc(size_t bytes)
{
    return fails() ? NULL : inner.malloc(bytes);
}

static void *short_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : inner.calloc(count, bytes);
}

static void *short_realloc(void *block, size_t bytes)
{
    return fails() ? NULL : inner.realloc(block, bytes);
}

static void *short_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    return fails() ? NULL : inner.realloc_sized(block, old_bytes, bytes);
}

typedef struct bench {
    hm_heap *heap;
    hm_object *class, *object, *callable, *key;

} bench;

/* One step under test: what it made is dropped; false where it failed. */
typedef bool (*step)(const bench *on);

static bool made(const bench *on, hm_object *object)
{
    hm_xdecref(on->heap, object);
    return object != NULL;
}

static bool step_reference(const bench *on)
{
    return made(on, hm_weakref_new_calling(on->heap, on->object, on->callable));
}

static bool step_proxy(const bench *on)
{
    return made(on, hm_weakproxy_new(on->heap, on->object));
}

static bool step_list(const bench *on)
{
    return made(on, hm_weakref_list(on->heap, on->object));
}

static bool step_finalize(const bench *on)
{
    hm_object *finalize = hm_finalize_new(on->heap, on->object, on->callable, &on->object, 1);
    if (finalize == NULL)
        return false;
    hm_object *parts = hm_finalize_detach(on->heap, finalize);
    if (parts == NULL) {
        assert_true(hm_finalize_is_alive(finalize));
        long failing = until_failure;
        until_failure = -1;
        hm_decref(on->heap, hm_finalize_detach(on->heap, finalize));
        until_failure = failing;
    }
    hm_decref(on->heap, finalize);
    return made(on, parts);
}

static bool step_set(const bench *on)
{
    hm_object *set = hm_weak_set_new(on->heap);
    bool done = set != NULL && hm_weak_set_add(on->heap, set, on->object) &&
                made(on, hm_weak_set_list(on->heap, set));
    hm_xdecref(on->heap, set);
    return done;
}

static bool step_values(const bench *on)
{
    hm_object *dict = hm_weak_value_dict_new(on->heap);
    bool done = dict != NULL && hm_weak_value_dict_set(on->heap, dict, on->key, on->object) &&
                made(on, hm_weak_value_dict_items(on->heap, dict));
    hm_xdecref(on->heap, dict);
    return done;
}

static bool step_keys(const bench *on)
{
    hm_object *dict = hm_weak_key_dict_new(on->heap);
    bool done = dict != NULL && hm_weak_key_dict_set(on->heap, dict, on->object, on->key) &&
                made(on, hm_weak_key_dict_items(on->heap, dict));
    hm_xdecref(on->heap, dict);
    return done;
}

static void noted(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(object);
    HM_UNUSED(context);
    weak_note(hm_status_name(error->status));
}

static bench bench_new(void)
{
    static hm_allocator failing;
    inner = *fixture_allocator();
    failing = inner;
    failing.malloc = short_malloc;
    failing.calloc = short_calloc;
    failing.realloc = short_realloc;
    if (inner.realloc_sized != NULL)
        failing.realloc_sized = short_realloc_sized;
    until_failure = -1;
    hm_heap_config config = fixture_config("generational");
    config.allocator = &failing;
    bench on = {.heap = fixture_create(&config)};
    on.class = weak_class(on.heap, NULL);
    on.object = weak_instance(on.heap, on.class, "o");
    on.callable = weak_noter(on.heap, "called");
    on.key = hm_int_new(on.heap, 1);
    return on;
}

static void bench_end(bench *on)
{
    weak_drop_all(on->heap, on->object, on->callable, on->class);
    assert_int_equal(hm_heap_collect(on->heap, 2), 0);
    fixture_end(on->heap);
}

static void test_every_allocation_may_fail(void **state)
{
    HM_UNUSED(state);
    static const step steps[] = {step_reference, step_proxy,  step_list, step_finalize,
                                 step_set,       step_values, step_keys};
    for (size_t index = 0; index < HM_COUNT_OF(steps); index++) {
        bench on = bench_new();
        long failures = 0;
        for (bool done = false; !done; failures += !done) {
            until_failure = failures;
            done = steps[index](&on);
            until_failure = -1;
            if (!done)
                assert_int_equal(on.heap->error.status, HM_NO_MEMORY);
            hm_error_clear(&on.heap->error);
            assert_int_equal(hm_weakref_count(on.object), 0);
            assert_int_equal(on.object->reference_count, 1);
        }
        assert_true(failures > 0);
        assert_journal("");
        bench_end(&on);
    }
}

/* No memory to write down what died during a walk: told as unraisable; the walk does not see it. */
static void test_a_death_that_cannot_be_noted(void **state)
{
    HM_UNUSED(state);
    bench on = bench_new();
    hm_heap_set_unraisable_hook(on.heap, noted, NULL);
    hm_object *set = hm_weak_set_new(on.heap);
    hm_object *other = weak_instance(on.heap, on.class, "other");
    assert_true(hm_weak_set_add(on.heap, set, other));
    hm_weak_iterator walk;
    hm_weak_iterator_begin(on.heap, set, &walk);
    until_failure = 0;
    hm_decref(on.heap, other);
    until_failure = -1;
    assert_journal("MemoryError ");
    assert_null(hm_weak_set_next(on.heap, &walk));
    assert_int_equal(on.heap->error.status, HM_OK);
    hm_decref(on.heap, set);
    bench_end(&on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_a_death_that_cannot_be_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
