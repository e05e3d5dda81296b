/*
 * This module is the sweeps of classes, instances and the heap itself.
 */
#include "functions.h"

#include "object/attributes.h"

/* ---- classes and instances ---- */

static void sweep_hm_class_new(sweep *on)
{
    static const char *const names[] = {"first", "second"};
    const hm_class_spec spec = {.name = "Slotted", .slot_count = 2, .slot_names = names};
    hm_object *class;
    SWEEP(on, class = hm_class_new(on->heap, &spec), class != NULL);
    assert_string_equal(hm_str_data(hm_class_name(class)), "Slotted");
    sweep_drop(on, class);
}

static void sweep_hm_instance_new(sweep *on)
{
    hm_object *instance;
    uint32_t count = on->class->reference_count;
    SWEEP(on, instance = hm_instance_new(on->heap, on->class), instance != NULL);
    assert_int_equal(on->class->reference_count, count + 1);
    sweep_drop(on, instance);
}

static hm_object *name_of(sweep *on, size_t index)
{
    char text[40];
    snprintf(text, sizeof text, "attribute %zu", index);
    return hm_str_from(on->heap, text);
}

/* An instance of a class of its own with so many attributes, the n-th set to n. */
static hm_object *instance_with(sweep *on, size_t count)
{
    hm_object *class = hm_class_new(on->heap, &(hm_class_spec){.name = "A", .has_dict = true});
    hm_object *instance = hm_instance_new(on->heap, class);
    hm_decref(on->heap, class);
    for (size_t index = 0; index < count; index++) {
        hm_object *name = name_of(on, index);
        hm_object *value = hm_int_new(on->heap, (int64_t)index);
        assert_true(hm_instance_set(on->heap, instance, name, value));
        hm_decref(on->heap, name);
    }
    return instance;
}

static void check_attributes(sweep *on, hm_object *instance, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        hm_object *name = name_of(on, index);
        hm_object *value = hm_instance_get(on->heap, instance, name);
        assert_non_null(value);
        assert_int_equal(hm_int_value(value), index);
        hm_decref(on->heap, name);
    }
}

/* A value has its place in the instance; one name more than a class shares moves all to a dict. An
 * instance takes one of the names from the class. */
static void sweep_hm_instance_set(sweep *on)
{
    enum { SHARED = HM_SHARED_NAMES_MAX - 1 };
    bool done;
    hm_object *instance = instance_with(on, SHARED);
    assert_null(on->heap->shown);
    SWEEP(on, done = hm_instance_set(on->heap, instance, on->key, on->value), done);
    assert_non_null(on->heap->shown);
    check_attributes(on, instance, SHARED);
    assert_ptr_equal(hm_instance_get(on->heap, instance, on->key), on->value);
    sweep_drop(on, instance);
}

static void sweep_hm_instance_dict(sweep *on)
{
    enum { ATTRIBUTES = 8 };
    hm_object *dict, *instance = instance_with(on, ATTRIBUTES);
    SWEEP(on, dict = hm_instance_dict(on->heap, instance), dict != NULL);
    assert_int_equal(hm_dict_length(dict), ATTRIBUTES);
    check_attributes(on, instance, ATTRIBUTES);
    sweep_drop(on, instance);
}

/* ---- the heap ---- */

static void sweep_second_heap(sweep *on, const char *collector)
{
    hm_heap *heap;
    hm_heap_config config = sweep_config(collector);
    config.freelists = true;
    SWEEP(on, heap = hm_heap_create(&config, &on->error), heap != NULL);
    assert_int_equal(hm_heap_live_objects(heap), 0);
    hm_heap_destroy(heap);
}

static void sweep_hm_heap_create(sweep *on)
{
    sweep_second_heap(on, "generational");
}

static void sweep_hm_heap_create_ledger(sweep *on)
{
    sweep_second_heap(on, "none");
}

/* Cycles through every kind of container, held from outside too, an instance whose class only it
 * holds, and a dict that outlives what it shows. */
static void leave_cycles(hm_heap *heap)
{
    hm_object *class = hm_class_new(heap, &(hm_class_spec){.name = "D", .has_dict = true});
    for (int round = 0; round < 1200; round++) {
        hm_object *name = hm_str_interned(heap, "other");
        hm_object *instance = hm_instance_new(heap, class);
        hm_object *list = hm_list_of(heap, &instance, 1);
        hm_object *tuple = hm_tuple_of(heap, &list, 1);
        hm_object *dict = round % 3 == 0 ? hm_instance_dict(heap, instance) : hm_dict_new(heap);
        assert_true(hm_dict_set(heap, dict, name, tuple));
        assert_true(hm_instance_set(heap, instance, name, dict));
        hm_object *shared = hm_weakref_new(heap, instance, NULL, NULL);
        assert_true(hm_list_append(heap, list, shared));
        hm_object *dropped[] = {name, list, tuple, shared, round % 3 == 0 ? NULL : dict};
        for (size_t index = 0; index < HM_COUNT_OF(dropped); index++)
            hm_xdecref(heap, dropped[index]);
        if (round % 2 == 0) /* the others are held for ever */
            hm_decref(heap, instance);
    }
    hm_decref(heap, class);
}

/* A heap ends without memory, whatever it holds. */
static void sweep_destroy(sweep *on, const char *collector)
{
    hm_debug_totals before = hm_debug_read();
    uint64_t mapped = sweep_mapped_bytes();
    hm_heap_config config = sweep_config(collector);
    config.settings.automatic = false;
    hm_heap *heap = hm_heap_create(&config, &on->error);
    assert_non_null(heap);
    leave_cycles(heap);
    SWEEP_TOLD(on, hm_heap_destroy(heap));
    assert_int_equal(on->told, 0);
    assert_int_equal(hm_debug_read().live_blocks, before.live_blocks);
    assert_int_equal(hm_debug_read().live_bytes, before.live_bytes);
    assert_int_equal(sweep_mapped_bytes(), mapped);
}

static void sweep_hm_heap_destroy(sweep *on)
{
    sweep_destroy(on, "generational");
}

static void sweep_hm_heap_destroy_ledger(sweep *on)
{
    sweep_destroy(on, "none");
}

static void sweep_hm_heap_add_roots(sweep *on)
{
    enum { RUNS = 9 };
    hm_object *slots[RUNS] = {on->list, on->key};
    size_t full = 0;
    do
        assert_true(hm_heap_add_roots(on->heap, &slots[full++], 1));
    while (full < on->heap->root_capacity);
    bool done;
    SWEEP(on, done = hm_heap_add_roots(on->heap, &slots[full], 1), done);
    assert_int_equal(on->heap->root_count, full + 1);
    for (size_t run = 0; run <= full; run++)
        hm_heap_remove_roots(on->heap, &slots[run]);
}

/* Thousands of objects reachable, so that the table of a walk must grow. */
static hm_object *large_list(sweep *on)
{
    enum { MANY = 5000 };
    hm_object *list = hm_list_new(on->heap);
    for (int64_t index = 0; index < MANY; index++)
        assert_true(hm_list_append_new(on->heap, list, hm_int_new(on->heap, 1000 + index)));
    return list;
}

static void sweep_hm_heap_live_bytes(sweep *on)
{
    bool done;
    uint64_t bytes, objects;
    hm_object *root = large_list(on);
    assert_true(hm_heap_add_roots(on->heap, &root, 1));
    SWEEP(on, done = hm_heap_live_bytes(on->heap, &bytes, &objects), done);
    assert_int_equal(objects, 5001);
    hm_heap_remove_roots(on->heap, &root);
    sweep_drop(on, root);
}

static void sweep_hm_heap_take_account(sweep *on)
{
    bool done;
    hm_heap_account account;
    SWEEP(on, done = hm_heap_take_account(on->heap, &account), done);
    assert_int_equal(account.live_objects, 0);
    assert_true(account.own_bytes >= sizeof(hm_heap));
}

static void sweep_hm_heap_check(sweep *on)
{
    hm_status status;
    hm_object *list = large_list(on);
    SWEEP(on, status = hm_heap_check(on->heap, &on->error), status == HM_OK);
    sweep_drop(on, list);
}

static const swept functions[] = {
    SWEPT_WITH(hm_class_new, SWEEP_KEEPS),
    SWEPT(hm_instance_new),
    SWEPT_WITH(hm_instance_set, SWEEP_HALFWAY),
    SWEPT(hm_instance_dict),
    SWEPT_WITH(hm_heap_create, SWEEP_MAPS),
    SWEPT_WITH(hm_heap_create_ledger, SWEEP_MAPS),
    SWEPT_WITH(hm_heap_destroy, SWEEP_MAPS),
    SWEPT_WITH(hm_heap_destroy_ledger, SWEEP_MAPS),
    SWEPT(hm_heap_add_roots),
    SWEPT_WITH(hm_heap_live_bytes, SWEEP_MAPS),
    SWEPT_WITH(hm_heap_take_account, SWEEP_MAPS),
    SWEPT_WITH(hm_heap_check, SWEEP_MAPS),
};

const swept_table swept_instances = {functions, HM_COUNT_OF(functions)};
