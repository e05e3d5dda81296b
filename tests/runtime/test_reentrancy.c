/*
 * This module is the tests of user code that runs in the middle of the runtime's own work: an
 * allocation collects, and a finalizer, a callback or a hook then does what is least wanted to the
 * very object that is being made or changed.
 */
#include "gc/gc.h"
#include "weak_fixture.h"

/* Garbage that does something when it is found: `action` runs in its finalizer, once. */
typedef struct trap {
    void (*action)(hm_heap *heap, struct trap *trap);
    hm_object *target; /* what the action is done to; borrowed */
    hm_object *held;   /* what it made, for the test to drop */
    int sprung;
} trap;

static bool spring(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    trap *sprung = context;
    sprung->sprung++;
    if (sprung->action != NULL)
        sprung->action(heap, sprung);
    return true;
}

static hm_object *trap_class(hm_heap *heap, trap *set, bool legacy)
{
    hm_class_spec spec = {.name = "Trap",
                          .slot_count = 1,
                          .finalizer = spring,
                          .legacy_finalizer = legacy,
                          .context = set};
    hm_object *class = hm_class_new(heap, &spec);
    assert_non_null(class);
    return class;
}

/* Leaves a trap in a cycle of its own. */
static void leave_in_cycle(hm_heap *heap, hm_object *class)
{
    hm_object *object = hm_instance_new(heap, class);
    assert_non_null(object);
    hm_store(heap, object, hm_instance_slot(object, 0), hm_incref(object));
    hm_decref(heap, object);
}

/* From now on the container allocated after `allocations` others collects first. */
static void collect_after(hm_heap *heap, uint32_t allocations)
{
    uint32_t counts[HM_GENERATIONS];
    hm_gc_get_counts(heap, counts);
    hm_gc_set_thresholds(heap, (uint32_t[]){counts[0] + allocations, 10, 10});
    assert_true(hm_gc_enable(heap));
}

/* A trap in a cycle that the allocation after `allocations` others finds. */
static void set_trap(hm_heap *heap, trap *set, uint32_t allocations)
{
    hm_gc_disable(heap);
    hm_object *class = trap_class(heap, set, false);
    leave_in_cycle(heap, class);
    hm_decref(heap, class);
    collect_after(heap, allocations);
}

/* Nothing springs any more but by hand. */
static void disarm(hm_heap *heap)
{
    hm_gc_disable(heap);
    assert_int_equal(heap->error.status, HM_OK);
}

static void test_garbage_found_while_its_list_is_made(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    trap legacy = {0};
    hm_object *class = trap_class(heap, &legacy, true);
    leave_in_cycle(heap, class);
    hm_decref(heap, class);
    collect_after(heap, 0);
    hm_object *garbage = hm_gc_garbage(heap);
    disarm(heap);
    assert_non_null(garbage);
    assert_ptr_equal(garbage, hm_heap_garbage(heap));
    assert_int_equal(hm_list_length(garbage), 1);
    hm_object *kept = hm_list_get(garbage, 0);
    hm_store(heap, kept, hm_instance_slot(kept, 0), NULL);
    hm_list_clear(heap, garbage);
    assert_int_equal(legacy.sprung, 1);
    fixture_end(heap);
}

static void make_finalize(hm_heap *heap, trap *sprung)
{
    hm_object *called = weak_noter(heap, "inner");
    sprung->held = hm_finalize_new(heap, sprung->target, called, &sprung->target, 1);
    assert_non_null(sprung->held);
    hm_decref(heap, called);
}

static void test_a_finalize_object_made_while_the_first_is(void **state)
{
    HM_UNUSED(state);
    for (uint32_t allocations = 0; allocations < 5; allocations++) {
        hm_heap *heap = fixture_manual_heap();
        hm_object *class = weak_class(heap, NULL);
        hm_object *object = weak_instance(heap, class, "o");
        hm_object *callable = weak_noter(heap, "outer");
        trap set = {.action = make_finalize, .target = object};
        set_trap(heap, &set, allocations);
        hm_object *finalize = hm_finalize_new(heap, object, callable, &object, 1);
        disarm(heap);
        assert_non_null(finalize);
        assert_true(hm_finalize_is_alive(finalize));
        if (set.sprung != 0)
            assert_true(hm_finalize_is_alive(set.held));
        hm_error error = {0};
        assert_int_equal(hm_heap_check(heap, &error), HM_OK);
        assert_true(hm_finalize_run_at_exit(heap));
        assert_false(hm_finalize_is_alive(finalize));
        if (set.sprung != 0)
            assert_false(hm_finalize_is_alive(set.held));
        weak_journal[0] = '\0';
        hm_xdecref(heap, set.held);
        weak_drop_all(heap, finalize, callable, object, class);
        fixture_end(heap);
    }
}

static void intern_a_name(hm_heap *heap, trap *sprung)
{
    sprung->held = hm_str_interned(heap, "a name");
    assert_non_null(sprung->held);
}

static void test_a_name_interned_while_the_table_is_made(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    trap set = {.action = intern_a_name};
    set_trap(heap, &set, 0);
    hm_object *name = hm_str_interned(heap, "a name");
    disarm(heap);
    assert_int_equal(set.sprung, 1);
    assert_ptr_equal(name, set.held);
    assert_int_equal(name->reference_count, 2);
    weak_drop_all(heap, name, set.held);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    fixture_end(heap);
}

/* What is looked for here is the use of what has been freed: the callable and its arguments have no
 * other owner than the finalize object, which the trap ends. */
typedef struct finalize_bench {
    hm_heap *heap;
    hm_object *class, *object, *finalize;
} finalize_bench;

static finalize_bench finalize_begin(void)
{
    finalize_bench on = {.heap = fixture_manual_heap()};
    on.class = weak_class(on.heap, NULL);
    on.object = weak_instance(on.heap, on.class, "o");
    hm_object *callable = weak_noter(on.heap, "called");
    hm_object *argument = hm_str_from(on.heap, "an argument");
    on.finalize = hm_finalize_new(on.heap, on.object, callable, &argument, 1);
    assert_non_null(on.finalize);
    weak_drop_all(on.heap, callable, argument);
    return on;
}

static void finalize_end(finalize_bench *on)
{
    disarm(on->heap);
    assert_false(hm_finalize_is_alive(on->finalize));
    assert_journal("called ");
    weak_drop_all(on->heap, on->finalize, on->object, on->class);
    fixture_end(on->heap);
}

static void call_target(hm_heap *heap, trap *sprung)
{
    hm_object *result = hm_finalize_call(heap, sprung->target);
    assert_non_null(result);
    hm_decref(heap, result);
}

static void test_a_finalize_object_called_while_it_is_peeked_at(void **state)
{
    HM_UNUSED(state);
    for (uint32_t allocations = 0; allocations < 2; allocations++) {
        finalize_bench on = finalize_begin();
        trap set = {.action = call_target, .target = on.finalize};
        set_trap(on.heap, &set, allocations);
        hm_object *parts = hm_finalize_peek(on.heap, on.finalize);
        assert_int_equal(set.sprung, 1);
        assert_int_equal(hm_tuple_length(parts), 4);
        assert_int_equal(hm_tuple_length(hm_tuple_get(parts, 2)), 1);
        hm_decref(on.heap, parts);
        finalize_end(&on);
    }
}

static void test_a_finalize_object_called_while_it_is_detached(void **state)
{
    HM_UNUSED(state);
    for (uint32_t allocations = 0; allocations < 2; allocations++) {
        finalize_bench on = finalize_begin();
        trap set = {.action = call_target, .target = on.finalize};
        set_trap(on.heap, &set, allocations);
        assert_ptr_equal(hm_finalize_detach(on.heap, on.finalize), &hm_none);
        assert_int_equal(set.sprung, 1);
        finalize_end(&on);
    }
}

static void test_a_finalize_object_called_while_it_calls(void **state)
{
    HM_UNUSED(state);
    finalize_bench on = finalize_begin();
    trap set = {.action = call_target, .target = on.finalize};
    set_trap(on.heap, &set, 0);
    hm_object *result = hm_finalize_call(on.heap, on.finalize);
    assert_int_equal(set.sprung, 1);
    assert_ptr_equal(result, &hm_none);
    finalize_end(&on);
}

static hm_object *run_enable(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    return hm_gc_enable(heap) ? &hm_none : NULL;
}

static void test_collection_enabled_at_the_end_stays_so(void **state)
{
    HM_UNUSED(state);
    static const hm_code enable = {.name = "enable", .run = run_enable};
    hm_heap *heap = fixture_manual_heap();
    hm_object *class = weak_class(heap, NULL);
    hm_object *callable = hm_function_new(heap, &enable, NULL, NULL);
    hm_object *finalize = hm_finalize_new(heap, class, callable, NULL, 0);
    assert_non_null(finalize);
    assert_true(hm_finalize_run_at_exit(heap));
    assert_true(hm_gc_is_enabled(heap));
    weak_drop_all(heap, finalize, callable, class);
    fixture_end(heap);
}

/* What the collector's lists show of a container that is being made must be whole. */
static void use_what_can_be_found(hm_heap *heap, trap *sprung)
{
    HM_UNUSED(sprung);
    hm_object *objects = hm_gc_get_objects(heap, HM_GC_ALL);
    assert_non_null(objects);
    for (size_t index = 0; index < hm_list_length(objects); index++) {
        hm_object *object = hm_list_get(objects, index);
        if (hm_is_weak_container(object))
            assert_int_equal(hm_weak_container_length(heap, object), 0);
    }
    hm_decref(heap, objects);
}

static void test_a_weak_container_found_while_it_is_made(void **state)
{
    HM_UNUSED(state);
    hm_object *(*makers[])(hm_heap *) = {hm_weak_set_new, hm_weak_key_dict_new,
                                         hm_weak_value_dict_new};
    for (size_t maker = 0; maker < HM_COUNT_OF(makers); maker++) {
        for (uint32_t allocations = 0; allocations < 5; allocations++) {
            hm_heap *heap = fixture_manual_heap();
            trap set = {.action = use_what_can_be_found};
            set_trap(heap, &set, allocations);
            hm_object *container = makers[maker](heap);
            disarm(heap);
            assert_int_equal(set.sprung, 1);
            assert_true(hm_is_tracked(container));
            hm_decref(heap, container);
            fixture_end(heap);
        }
    }
}

/* A finalizer makes a weak reference to a weak container that dies with it, and an object whose own
 * end, while the garbage is cleared, uses it. */
static bool use_container(hm_heap *heap, hm_object *self, void *context)
{
    trap *late = context;
    hm_object *container = hm_weakref_get(late->held);
    if (container == NULL)
        return true;
    late->sprung++;
    assert_int_equal(hm_weak_container_length(heap, container), 0);
    assert_false(hm_weak_container_contains(heap, container, self));
    if (hm_is(container, &hm_weak_set_type))
        assert_null(hm_weak_set_pop(heap, container));
    hm_error_clear(&heap->error);
    hm_decref(heap, container);
    return true;
}

static bool leave_late_use(hm_heap *heap, hm_object *self, void *context)
{
    trap *late = context;
    hm_class_spec spec = {
        .name = "Late", .has_weakrefs = true, .finalizer = use_container, .context = context};
    late->held = hm_weakref_new(heap, late->target, NULL, NULL);
    hm_object *class = hm_class_new(heap, &spec);
    hm_store(heap, self, hm_instance_slot(self, 0), hm_instance_new(heap, class));
    hm_decref(heap, class);
    return true;
}

static void test_a_weak_container_used_after_it_was_cleared(void **state)
{
    HM_UNUSED(state);
    hm_object *(*makers[])(hm_heap *) = {hm_weak_set_new, hm_weak_key_dict_new,
                                         hm_weak_value_dict_new};
    for (size_t maker = 0; maker < HM_COUNT_OF(makers); maker++) {
        hm_heap *heap = fixture_manual_heap();
        trap late = {.target = makers[maker](heap)};
        hm_class_spec spec = {
            .name = "Owner", .slot_count = 2, .finalizer = leave_late_use, .context = &late};
        hm_object *class = hm_class_new(heap, &spec);
        hm_object *owner = hm_instance_new(heap, class);
        /* Cleared behind the container, it drops the late user before what holds the container. */
        hm_object *pair = hm_tuple_of(heap, (hm_object *[]){owner, late.target}, 2);
        hm_store(heap, owner, hm_instance_slot(owner, 1), pair);
        weak_drop_all(heap, late.target, owner, class);
        assert_true(hm_heap_collect(heap, 2) > 0);
        assert_int_equal(late.sprung, 1);
        assert_null(hm_weakref_get(late.held));
        hm_decref(heap, late.held);
        hm_heap_collect(heap, 2);
        fixture_end(heap);
    }
}

/* No memory for gc.garbage: the hook breaks the cycles that were to be kept there. */
static hm_object *uncollectable[3];

static void break_cycles(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(object);
    ++*(int *)context;
    assert_int_equal(error->status, HM_NO_MEMORY);
    for (size_t index = 0; index < HM_COUNT_OF(uncollectable); index++) {
        hm_object *each = uncollectable[index];
        uncollectable[index] = NULL;
        if (each != NULL)
            hm_store(heap, each, hm_instance_slot(each, 0), NULL);
    }
}

static void test_cycles_broken_where_garbage_has_no_memory(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    trap legacy = {0};
    int told = 0;
    hm_object *class = trap_class(heap, &legacy, true);
    for (size_t index = 0; index < HM_COUNT_OF(uncollectable); index++) {
        hm_object *each = uncollectable[index] = hm_instance_new(heap, class);
        hm_store(heap, each, hm_instance_slot(each, 0), hm_incref(each));
        hm_decref(heap, each);
    }
    hm_decref(heap, class);
    assert_non_null(hm_gc_garbage(heap));
    hm_heap_set_unraisable_hook(heap, break_cycles, &told);
    hm_debug_configure(&(hm_debug_options){.fail_at = 1, .fail_after = true});
    assert_int_equal(hm_heap_collect(heap, 2), 5); /* their class and its dict too */
    hm_debug_configure(&(hm_debug_options){0});
    assert_true(told > 0);
    assert_int_equal(legacy.sprung, 3);
    assert_int_equal(hm_list_length(hm_gc_garbage(heap)), 0);
    fixture_end(heap);
}

static void check_heap(hm_heap *heap, trap *sprung)
{
    HM_UNUSED(sprung);
    hm_error error = {0};
    if (hm_heap_check(heap, &error) != HM_OK)
        fail_msg("%s", error.message);
}

static void test_the_heap_is_sound_in_a_finalizer(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_manual_heap();
    trap set = {.action = check_heap};
    set_trap(heap, &set, 0);
    hm_gc_disable(heap);
    assert_int_equal(hm_heap_collect(heap, 2), 3); /* with its class and that one's dict */
    assert_int_equal(set.sprung, 1);
    fixture_end(heap);
}

/* A container of any kind, as what can be changed while it is being changed. */
typedef struct kind {
    hm_object *(*make)(hm_heap *heap);
    bool (*put)(hm_heap *heap, hm_object *container, hm_object *key, hm_object *value);
    bool (*take)(hm_heap *heap, hm_object *container, hm_object *key);
    void (*clear)(hm_heap *heap, hm_object *container);
} kind;

static bool list_put(hm_heap *heap, hm_object *list, hm_object *key, hm_object *value)
{
    HM_UNUSED(key);
    if (hm_list_length(list) == 0)
        return hm_list_append(heap, list, value);
    hm_list_set(heap, list, 0, hm_incref(value));
    return hm_list_append(heap, list, &hm_none);
}

static bool list_take(hm_heap *heap, hm_object *list, hm_object *key)
{
    HM_UNUSED(key);
    return hm_list_length(list) == 0 || hm_list_delete(heap, list, 0);
}

/* The value is the key: what a set drops. */
static bool set_put(hm_heap *heap, hm_object *set, hm_object *key, hm_object *value)
{
    HM_UNUSED(key);
    return hm_set_add(heap, set, value);
}

static bool set_take(hm_heap *heap, hm_object *set, hm_object *key)
{
    size_t position = 0;
    HM_UNUSED(key);
    hm_object *first;
    return !hm_set_next(set, &position, &first) || hm_set_discard(heap, set, first);
}

static bool dict_take(hm_heap *heap, hm_object *dict, hm_object *key)
{
    return hm_dict_get(heap, dict, key) == NULL || hm_dict_delete(heap, dict, key);
}

static hm_object *instance_make(hm_heap *heap)
{
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "I", .has_dict = true});
    hm_object *instance = hm_instance_new(heap, class);
    hm_decref(heap, class);
    return instance;
}

static hm_object *shown_make(hm_heap *heap)
{
    hm_object *instance = instance_make(heap);
    assert_non_null(hm_instance_dict(heap, instance));
    return instance;
}

static bool instance_take(hm_heap *heap, hm_object *instance, hm_object *key)
{
    return hm_instance_get(heap, instance, key) == NULL || hm_instance_delete(heap, instance, key);
}

static void instance_clear(hm_heap *heap, hm_object *instance)
{
    hm_object *dict = hm_instance_dict(heap, instance);
    assert_non_null(dict);
    hm_dict_clear(heap, dict);
}

static const kind kinds[] = {
    {hm_list_new, list_put, list_take, hm_list_clear},
    {hm_dict_new, hm_dict_set, dict_take, hm_dict_clear},
    {hm_set_new, set_put, set_take, hm_set_clear},
    {instance_make, hm_instance_set, instance_take, instance_clear},
    {shown_make, hm_instance_set, instance_take, instance_clear},
};

enum { CHANGES = 5, MANY_KEYS = 40 };

static hm_object *key_at(hm_heap *heap, unsigned index)
{
    char text[16];
    snprintf(text, sizeof text, "key_%u", index);
    return hm_str_interned(heap, text);
}

/* One of the changes a container can go through. */
static void change(hm_heap *heap, const kind *of, hm_object *container, int which)
{
    hm_object *key = key_at(heap, 0);
    switch (which) {
    case 0:
        assert_true(of->put(heap, container, key, &hm_none));
        break;
    case 1:
        assert_true(of->take(heap, container, key));
        break;
    case 2:
        of->clear(heap, container);
        break;
    case 3:
        hm_heap_collect(heap, 2);
        break;
    default:
        for (unsigned index = 0; index < MANY_KEYS; index++) {
            hm_object *each = key_at(heap, index);
            assert_true(of->put(heap, container, each, each));
            hm_decref(heap, each);
        }
    }
    hm_decref(heap, key);
}

typedef struct disturbance {
    const kind *of;
    hm_object *container;
    int which, times;
} disturbance;

static bool disturb(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    disturbance *given = context;
    given->times++;
    if (given->container != NULL)
        change(heap, given->of, given->container, given->which);
    return true;
}

/* Each change drops an object whose finalizer makes each change to the same container. */
static void test_containers_changed_while_they_change(void **state)
{
    HM_UNUSED(state);
    for (size_t of = 0; of < HM_COUNT_OF(kinds) * CHANGES * CHANGES; of++) {
        int outer = (int)(of % CHANGES);
        hm_heap *heap = fixture_manual_heap();
        disturbance given = {.of = &kinds[of / CHANGES / CHANGES],
                             .which = (int)(of / CHANGES % CHANGES)};
        hm_object *class = hm_class_new(
            heap, &(hm_class_spec){.name = "D", .finalizer = disturb, .context = &given});
        hm_object *container = given.container = given.of->make(heap);
        for (unsigned index = 0; index < 6; index++) {
            hm_object *object = hm_instance_new(heap, class);
            hm_object *key = key_at(heap, index);
            assert_true(given.of->put(heap, container, key, object));
            weak_drop_all(heap, object, key);
        }
        hm_decref(heap, class);
        change(heap, given.of, container, outer);
        check_heap(heap, NULL);
        given.container = NULL;
        hm_decref(heap, container);
        assert_int_equal(given.times, 6);
        hm_heap_collect(heap, 2);
        assert_int_equal(hm_heap_live_objects(heap), 0);
        fixture_end(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage_found_while_its_list_is_made),
        cmocka_unit_test(test_a_finalize_object_made_while_the_first_is),
        cmocka_unit_test(test_a_name_interned_while_the_table_is_made),
        cmocka_unit_test(test_a_finalize_object_called_while_it_is_peeked_at),
        cmocka_unit_test(test_a_finalize_object_called_while_it_is_detached),
        cmocka_unit_test(test_a_finalize_object_called_while_it_calls),
        cmocka_unit_test(test_collection_enabled_at_the_end_stays_so),
        cmocka_unit_test(test_a_weak_container_found_while_it_is_made),
        cmocka_unit_test(test_a_weak_container_used_after_it_was_cleared),
        cmocka_unit_test(test_cycles_broken_where_garbage_has_no_memory),
        cmocka_unit_test(test_the_heap_is_sound_in_a_finalizer),
        cmocka_unit_test(test_containers_changed_while_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
