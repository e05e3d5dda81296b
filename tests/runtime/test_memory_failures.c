/*
 * This module is the tests of a heap that is short of memory: each step fails with MemoryError at
 * every allocation in turn, once or from there on, leaves nothing behind, and does its work when it
 * is asked again. (Weak references and their containers: test_weak_memory.c.)
 */
#include "gc/gc.h"
#include "heap_fixture.h"

enum { NAMES = 40, MANY = 100 };

/* What steps work with. They make and drop what else they need. */
typedef struct bench {
    hm_heap *heap;
    hm_object *class;
    hm_object *names[NAMES]; /* str */
} bench;

/* One step under test; false: it failed, with heap->error set. What it made is dropped. */
typedef bool (*step)(const bench *on);

static bool made(const bench *on, hm_object *object)
{
    hm_xdecref(on->heap, object);
    return object != NULL;
}

static hm_object *number(const bench *on, size_t index)
{
    return hm_int_new(on->heap, 5000 + (int64_t)index);
}

/* Sets `count` attributes, each to an int of its own. */
static bool set_attributes(const bench *on, hm_object *instance, size_t count)
{
    bool done = true;
    for (size_t index = 0; done && index < count; index++) {
        hm_object *value = number(on, index);
        done = value != NULL && hm_instance_set(on->heap, instance, on->names[index], value);
        hm_xdecref(on->heap, value);
    }
    return done;
}

/* What is there after a failure must be what was set. */
static void check_attributes(const bench *on, hm_object *instance)
{
    size_t position = 0, count = 0;
    hm_object *name, *value;
    while (hm_instance_next_attribute(instance, &position, &name, &value)) {
        assert_ptr_equal(name, on->names[count]);
        assert_int_equal(hm_int_value(value), 5000 + (int64_t)count++);
        assert_ptr_equal(hm_instance_get(on->heap, instance, name), value);
    }
}

static bool step_few_attributes(const bench *on)
{
    hm_object *instance = hm_instance_new(on->heap, on->class);
    bool done = instance != NULL && set_attributes(on, instance, 5);
    if (instance != NULL)
        check_attributes(on, instance);
    if (done)
        assert_true(hm_instance_delete(on->heap, instance, on->names[2]));
    hm_xdecref(on->heap, instance);
    return done;
}

/* More than a class shares: a dict takes them over. */
static bool step_many_attributes(const bench *on)
{
    hm_object *instance = hm_instance_new(on->heap, on->class);
    bool done = instance != NULL && set_attributes(on, instance, NAMES);
    if (instance != NULL)
        check_attributes(on, instance);
    hm_xdecref(on->heap, instance);
    return done;
}

/* Its dict is asked for, grows, and outlives the instance. */
static bool step_shown_attributes(const bench *on)
{
    hm_object *dict = NULL;
    hm_object *instance = hm_instance_new(on->heap, on->class);
    bool done = instance != NULL && set_attributes(on, instance, 3);
    if (done)
        dict = hm_xincref(hm_instance_dict(on->heap, instance));
    done = dict != NULL && set_attributes(on, instance, 20) &&
           hm_dict_set(on->heap, dict, on->names[NAMES - 1], instance);
    if (instance != NULL && !done)
        check_attributes(on, instance);
    if (dict != NULL)
        hm_dict_clear(on->heap, dict);
    hm_xdecref(on->heap, instance);
    hm_xdecref(on->heap, dict);
    return done;
}

static bool step_class(const bench *on)
{
    static const char *const names[] = {"first", "second", "a third one"};
    hm_class_spec spec = {.name = "Slotted", .slot_count = 3, .slot_names = names};
    hm_object *class = hm_class_new(on->heap, &spec);
    hm_object *instance = class == NULL ? NULL : hm_instance_new(on->heap, class);
    hm_object *name = instance == NULL ? NULL : hm_str_from(on->heap, "second");
    bool done = name != NULL && hm_instance_set(on->heap, instance, name, class);
    if (done)
        assert_ptr_equal(*hm_instance_slot(instance, 1), class);
    hm_xdecref(on->heap, name);
    hm_xdecref(on->heap, instance);
    hm_xdecref(on->heap, class);
    return done;
}

static hm_object *run_pair(hm_heap *heap, hm_frame *frame)
{
    return hm_tuple_of(heap, frame->locals, 2);
}

static const hm_code pair_code = {
    .name = "pair", .argument_count = 2, .local_count = 2, .run = run_pair};

static bool step_method(const bench *on)
{
    hm_object *result = NULL, *self = hm_list_new(on->heap);
    hm_object *cell = self == NULL ? NULL : hm_cell_new(on->heap, self);
    hm_object *function =
        cell == NULL ? NULL : hm_function_new(on->heap, &pair_code, on->class, cell);
    hm_object *method = function == NULL ? NULL : hm_method_new(on->heap, function, self);
    if (method != NULL)
        result = hm_call(on->heap, method, &cell, 1);
    if (result != NULL)
        assert_ptr_equal(hm_tuple_get(result, 0), self);
    hm_xdecref(on->heap, method);
    hm_xdecref(on->heap, function);
    hm_xdecref(on->heap, cell);
    hm_xdecref(on->heap, self);
    return made(on, result);
}

/* Keeps a list in its local and yields a new one each time. */
static hm_object *resume_lists(hm_heap *heap, hm_generator *generator)
{
    hm_object *list = hm_list_sized(heap, 3);
    if (list != NULL)
        hm_generator_set(heap, &generator->base.base, 0, hm_incref(list));
    return list;
}

static bool clean_up_with_a_list(hm_heap *heap, hm_generator *generator)
{
    return hm_list_append_new(heap, generator->locals[0], hm_list_new(heap));
}

static bool step_generator(const bench *on)
{
    static const hm_generator_code code = {
        .name = "lists", .local_count = 1, .resume = resume_lists, .cleanup = clean_up_with_a_list};
    hm_object *generator = hm_generator_new(on->heap, &code);
    bool done = generator != NULL && made(on, hm_generator_next(on->heap, generator)) &&
                made(on, hm_generator_next(on->heap, generator)) &&
                hm_generator_close(on->heap, generator);
    if (generator != NULL && !done) /* it failed in its body, which ends it */
        assert_int_equal(hm_generator_get_status(generator), HM_GENERATOR_FINISHED);
    hm_xdecref(on->heap, generator);
    return done;
}

static bool step_list(const bench *on)
{
    hm_object *list = hm_list_sized(on->heap, 3);
    bool done = list != NULL;
    for (size_t index = 0; done && index < MANY; index++) {
        done = hm_list_append_new(on->heap, list, number(on, index));
        assert_int_equal(hm_list_length(list), 3 + index + done);
    }
    while (list != NULL && hm_list_length(list) > 0)
        assert_true(made(on, hm_list_pop(on->heap, list)));
    hm_xdecref(on->heap, list);
    return done;
}

/* Strings first, then other keys: the table is made anew for them. */
static bool step_dict(const bench *on)
{
    hm_object *dict = hm_dict_new(on->heap);
    bool done = dict != NULL;
    for (size_t index = 0; done && index < MANY; index++) {
        hm_object *key = index < NAMES ? hm_incref(on->names[index]) : number(on, index);
        done = key != NULL && hm_dict_set(on->heap, dict, key, on->class);
        hm_xdecref(on->heap, key);
        assert_int_equal(hm_dict_length(dict), index + done);
    }
    if (dict != NULL && hm_dict_length(dict) > 0)
        assert_true(hm_dict_delete(on->heap, dict, on->names[0]));
    hm_xdecref(on->heap, dict);
    return done;
}

static bool step_set(const bench *on)
{
    hm_object *set = hm_set_new(on->heap);
    bool done = set != NULL;
    for (size_t index = 0; done && index < MANY; index++) {
        hm_object *key = number(on, index);
        done = key != NULL && hm_set_add(on->heap, set, key);
        if (key != NULL)
            assert_int_equal(hm_set_contains(on->heap, set, key), done);
        hm_xdecref(on->heap, key);
        assert_int_equal(hm_set_length(set), index + done);
    }
    hm_xdecref(on->heap, set);
    return done;
}

static bool step_atoms(const bench *on)
{
    return made(on, hm_str_interned(on->heap, "interned")) &&
           made(on, hm_bytes_new(on->heap, "bytes", 5)) && made(on, hm_float_new(on->heap, 0.5)) &&
           made(on, number(on, 0));
}

static bool step_gc_lists(const bench *on)
{
    hm_object *class = on->class;
    return made(on, hm_gc_get_objects(on->heap, HM_GC_ALL)) &&
           made(on, hm_gc_get_referrers(on->heap, &class, 1)) &&
           made(on, hm_gc_get_referents(on->heap, &class, 1)) && hm_gc_garbage(on->heap) != NULL;
}

static bool count_call(hm_heap *heap, const hm_gc_info *info, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(info);
    ++*(int *)context;
    return true;
}

static bool step_gc_callbacks(const bench *on)
{
    int calls = 0, added = 0;
    bool done = true;
    while (done && added < 10) {
        done = hm_gc_add_callback(on->heap, count_call, &calls);
        added += done;
    }
    hm_heap_collect(on->heap, 0);
    assert_int_equal(calls, 2 * added);
    while (added-- > 0)
        assert_true(hm_gc_remove_callback(on->heap, count_call, &calls));
    return done;
}

static bool step_roots(const bench *on)
{
    hm_object *slots[20] = {NULL};
    size_t added = 0;
    while (added < HM_COUNT_OF(slots) && hm_heap_add_roots(on->heap, &slots[added], 1))
        added++;
    bool done = added == HM_COUNT_OF(slots);
    while (added-- > 0)
        hm_heap_remove_roots(on->heap, &slots[added]);
    return done;
}

static bench bench_new(bool freelists)
{
    hm_heap_config config = fixture_config("generational");
    config.settings.automatic = false;
    config.freelists = freelists;
    bench on = {.heap = fixture_create(&config)};
    on.class = hm_class_new(on.heap, &(hm_class_spec){.name = "C", .has_dict = true});
    assert_non_null(on.class);
    for (size_t index = 0; index < NAMES; index++) {
        char text[16];
        snprintf(text, sizeof text, "name_%zu", index);
        on.names[index] = hm_str_from(on.heap, text);
        assert_non_null(on.names[index]);
    }
    return on;
}

static void bench_end(bench *on)
{
    for (size_t index = 0; index < NAMES; index++)
        hm_decref(on->heap, on->names[index]);
    hm_decref(on->heap, on->class);
    fixture_end(on->heap);
}

/* Nothing is left but what was there, and gc.garbage where it was asked for. */
static void assert_sound(hm_heap *heap, uint64_t live_objects)
{
    hm_error error = {0};
    if (hm_heap_check(heap, &error) != HM_OK)
        fail_msg("%s", error.message);
    hm_heap_collect(heap, 2); /* an instance in its own dict */
    assert_int_equal(hm_heap_live_objects(heap), live_objects + (hm_heap_garbage(heap) != NULL));
}

/* True where the step came to its end although allocation `fail_at` (and the later ones) failed. */
static bool survives(step does, uint64_t fail_at, bool fail_after, bool freelists)
{
    bench on = bench_new(freelists);
    hm_heap *heap = on.heap;
    uint64_t live_objects = hm_heap_live_objects(heap);
    hm_debug_configure(&(hm_debug_options){.fail_at = fail_at, .fail_after = fail_after});
    bool done = does(&on);
    hm_debug_configure(&(hm_debug_options){0});
    if (!done) {
        assert_int_equal(heap->error.status, HM_NO_MEMORY);
        hm_error_clear(&heap->error);
        assert_sound(heap, live_objects);
        assert_true(does(&on));
    }
    assert_int_equal(heap->error.status, HM_OK);
    assert_sound(heap, live_objects);
    bench_end(&on);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    HM_UNUSED(state);
    static const step steps[] = {step_few_attributes,
                                 step_many_attributes,
                                 step_shown_attributes,
                                 step_class,
                                 step_method,
                                 step_generator,
                                 step_list,
                                 step_dict,
                                 step_set,
                                 step_atoms,
                                 step_gc_lists,
                                 step_gc_callbacks,
                                 step_roots};
    for (size_t index = 0; index < HM_COUNT_OF(steps); index++) {
        for (int mode = 0; mode < 4; mode++) {
            uint64_t fail_at = 1;
            while (!survives(steps[index], fail_at, mode & 1, mode & 2))
                fail_at++;
            if (!(mode & 2))
                assert_true(fail_at > 1);
        }
    }
}

static void test_a_heap_that_cannot_be_made(void **state)
{
    HM_UNUSED(state);
    static const char *const collectors[] = {"generational", "off", "none"};
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        hm_heap_config config = fixture_config(collectors[index]);
        config.freelists = true;
        hm_heap *heap = NULL;
        uint64_t fail_at = 0;
        while (heap == NULL) {
            hm_error error = {0};
            hm_debug_configure(&(hm_debug_options){.fail_at = ++fail_at});
            heap = hm_heap_create(&config, &error);
            hm_debug_configure(&(hm_debug_options){0});
            assert_int_equal(error.status, heap == NULL ? HM_NO_MEMORY : HM_OK);
        }
        assert_int_equal(fail_at, 2);
        fixture_end(heap);
    }
}

/* A finalizer that needs memory and says so where there is none. */
static bool make_a_list(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    hm_object *list = hm_list_sized(heap, 5);
    hm_xdecref(heap, list);
    return list != NULL;
}

static void count_failure(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(object);
    assert_int_equal(error->status, HM_NO_MEMORY);
    ++*(int *)context;
}

/* A collection needs no memory of the allocator for itself. */
static void test_a_collection_without_memory(void **state)
{
    HM_UNUSED(state);
    for (uint64_t fail_at = 1; fail_at < 8; fail_at++) {
        hm_heap *heap = fixture_manual_heap();
        int failures = 0;
        hm_heap_set_unraisable_hook(heap, count_failure, &failures);
        hm_class_spec spec = {.name = "Needy", .slot_count = 1, .finalizer = make_a_list};
        hm_object *class = hm_class_new(heap, &spec);
        for (int index = 0; index < 4; index++) {
            hm_object *object = hm_instance_new(heap, class);
            hm_store(heap, object, hm_instance_slot(object, 0), hm_incref(object));
            hm_decref(heap, object);
        }
        hm_debug_configure(&(hm_debug_options){.fail_at = fail_at, .fail_after = true});
        assert_int_equal(hm_heap_collect(heap, 2), 4);
        hm_debug_configure(&(hm_debug_options){0});
        /* Each finalizer asks twice, and not again where the first is refused. */
        assert_int_equal(failures, 4 - (int)(fail_at - 1) / 2);
        hm_decref(heap, class);
        assert_int_equal(hm_heap_live_objects(heap), 0);
        fixture_end(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_a_heap_that_cannot_be_made),
        cmocka_unit_test(test_a_collection_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
