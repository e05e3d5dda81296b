/*
 * This module is the sweeps of atoms, tuples, lists, dicts and sets.
 */
#include "functions.h"

/* ---- atoms ---- */

static void sweep_hm_int_new(sweep *on)
{
    hm_object *number;
    SWEEP(on, number = hm_int_new(on->heap, INT64_MIN), number != NULL);
    assert_true(hm_int_value(number) == INT64_MIN);
    sweep_drop(on, number);
}

static void sweep_hm_float_new(sweep *on)
{
    hm_object *number;
    SWEEP(on, number = hm_float_new(on->heap, 0.5), number != NULL);
    assert_true(hm_float_value(number) == 0.5);
    sweep_drop(on, number);
}

static void sweep_hm_str_new(sweep *on)
{
    hm_object *text;
    SWEEP(on, text = hm_str_new(on->heap, "text", 4), text != NULL);
    assert_string_equal(hm_str_data(text), "text");
    sweep_drop(on, text);
}

static void sweep_hm_str_from(sweep *on)
{
    hm_object *text;
    SWEEP(on, text = hm_str_from(on->heap, "text"), text != NULL);
    assert_string_equal(hm_str_data(text), "text");
    sweep_drop(on, text);
}

/* It steals the str, also where it fails. */
static void sweep_hm_str_intern(sweep *on)
{
    hm_object *known;
    hm_object *text = hm_str_from(on->heap, "steal me");
    SWEEP(on, known = hm_str_intern(on->heap, hm_incref(text)), known != NULL);
    assert_ptr_equal(known, text);
    assert_true(hm_str_is_interned(text));
    sweep_drop(on, known);
    sweep_drop(on, text);
}

static void sweep_hm_str_interned(sweep *on)
{
    hm_object *text;
    SWEEP(on, text = hm_str_interned(on->heap, "interned"), text != NULL);
    assert_true(hm_str_is_interned(text));
    sweep_drop(on, text);
}

static void sweep_hm_bytes_new(sweep *on)
{
    hm_object *bytes;
    SWEEP(on, bytes = hm_bytes_new(on->heap, "data", 4), bytes != NULL);
    assert_memory_equal(hm_bytes_data(bytes), "data", 4);
    sweep_drop(on, bytes);
}

/* ---- tuples ---- */

static void sweep_hm_tuple_new(sweep *on)
{
    hm_object *tuple;
    SWEEP(on, tuple = hm_tuple_new(on->heap, 5), tuple != NULL);
    assert_int_equal(hm_tuple_length(tuple), 5);
    sweep_drop(on, tuple);
}

static void sweep_hm_tuple_of(sweep *on)
{
    hm_object *tuple;
    SWEEP(on, tuple = hm_tuple_of(on->heap, on->names, SWEEP_ITEMS), tuple != NULL);
    assert_ptr_equal(hm_tuple_get(tuple, 1), on->names[1]);
    sweep_drop(on, tuple);
    assert_int_equal(on->names[1]->reference_count, 2);
}

/* ---- lists ---- */

static void sweep_hm_list_new(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_list_new(on->heap), list != NULL);
    assert_int_equal(hm_list_length(list), 0);
    sweep_drop(on, list);
}

static void sweep_hm_list_sized(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_list_sized(on->heap, 100), list != NULL);
    assert_ptr_equal(hm_list_get(list, 99), &hm_none);
    sweep_drop(on, list);
}

static void sweep_hm_list_of(sweep *on)
{
    hm_object *list;
    SWEEP(on, list = hm_list_of(on->heap, on->names, SWEEP_ITEMS), list != NULL);
    assert_ptr_equal(hm_list_get(list, 2), on->names[2]);
    sweep_drop(on, list);
}

/* The list is full: it must grow for one more. */
static void sweep_hm_list_append_growing(sweep *on)
{
    bool done;
    SWEEP(on, done = hm_list_append_growing(on->heap, on->list, on->value), done);
    assert_int_equal(hm_list_length(on->list), SWEEP_ITEMS + 1);
    assert_ptr_equal(hm_list_get(on->list, SWEEP_ITEMS), on->value);
}

static void sweep_hm_list_append(sweep *on)
{
    bool done;
    SWEEP(on, done = hm_list_append(on->heap, on->list, on->value), done);
    assert_int_equal(hm_list_length(on->list), SWEEP_ITEMS + 1);
    assert_int_equal(on->value->reference_count, 2);
}

/* It steals the item, also where it fails. */
static void sweep_hm_list_append_new(sweep *on)
{
    bool done;
    SWEEP(on, done = hm_list_append_new(on->heap, on->list, hm_incref(on->value)), done);
    assert_int_equal(hm_list_length(on->list), SWEEP_ITEMS + 1);
    assert_int_equal(on->value->reference_count, 2);
}

/* A list too large for its block keeps it where no smaller one can be had: no failure. */
static void sweep_hm_list_pop(sweep *on)
{
    hm_object *item, *list = hm_list_sized(on->heap, 8);
    for (int index = 0; index < 4; index++)
        hm_decref(on->heap, hm_list_pop(on->heap, list));
    hm_list_set(on->heap, list, 3, hm_incref(on->value));
    SWEEP(on, item = hm_list_pop(on->heap, list), item != NULL);
    assert_ptr_equal(item, on->value);
    assert_int_equal(hm_list_length(list), 3);
    assert_true(hm_list_append(on->heap, list, item));
    assert_ptr_equal(hm_list_get(list, 3), item);
    sweep_drop(on, item);
    sweep_drop(on, list);
}

/* ---- dicts ---- */

static void check_dict(sweep *on, hm_object *dict, size_t length)
{
    size_t position = 0, met = 0;
    hm_object *key, *value;
    assert_int_equal(hm_dict_length(dict), length);
    while (hm_dict_next(dict, &position, &key, &value)) {
        assert_ptr_equal(hm_dict_get(on->heap, dict, key), value);
        met++;
    }
    assert_int_equal(met, length);
}

/* A dict of so many ints to the value. */
static hm_object *dict_of_ints(sweep *on, size_t length)
{
    hm_object *dict = hm_dict_new(on->heap);
    for (size_t index = 0; index < length; index++) {
        hm_object *key = hm_int_new(on->heap, 1000 + (int64_t)index);
        assert_true(hm_dict_set(on->heap, dict, key, on->value));
        hm_decref(on->heap, key);
    }
    return dict;
}

static void sweep_hm_dict_new(sweep *on)
{
    hm_object *dict;
    SWEEP(on, dict = hm_dict_new(on->heap), dict != NULL);
    check_dict(on, dict, 0);
    sweep_drop(on, dict);
}

static void set_one_more(sweep *on, size_t before)
{
    bool done;
    hm_object *dict = dict_of_ints(on, before);
    SWEEP(on, done = hm_dict_set(on->heap, dict, on->key, on->list), done);
    check_dict(on, dict, before + 1);
    assert_ptr_equal(hm_dict_get(on->heap, dict, on->key), on->list);
    sweep_drop(on, dict);
}

static void sweep_hm_dict_set(sweep *on)
{
    set_one_more(on, 0);
}

/* A table for more, and for wider slots. */
static void sweep_hm_dict_set_grown(sweep *on)
{
    set_one_more(on, 5);
}

static void sweep_hm_dict_set_wide(sweep *on)
{
    set_one_more(on, 170);
}

/* From strs alone to any key: the table is made anew. */
static void sweep_hm_dict_set_other_key(sweep *on)
{
    bool done;
    hm_object *dict = hm_dict_new(on->heap);
    assert_true(hm_dict_set(on->heap, dict, on->key, on->list));
    SWEEP(on, done = hm_dict_set(on->heap, dict, on->value, on->key), done);
    check_dict(on, dict, 2);
    sweep_drop(on, dict);
}

static void sweep_hm_dict_set_shown(sweep *on)
{
    bool done;
    hm_object *instance = hm_instance_new(on->heap, on->class);
    hm_object *dict = hm_instance_dict(on->heap, instance);
    SWEEP(on, done = hm_dict_set_shown(on->heap, dict, on->key, on->value), done);
    assert_ptr_equal(hm_instance_get(on->heap, instance, on->key), on->value);
    sweep_drop(on, instance);
}

static void sweep_hm_dict_show(sweep *on)
{
    bool done;
    hm_object *dict = hm_dict_new(on->heap);
    SWEEP(on, done = hm_dict_show(on->heap, dict, on->instance), done);
    assert_ptr_equal(hm_dict_shows(dict), on->instance);
    hm_dict_stop_showing(dict);
    sweep_drop(on, dict);
}

/* ---- sets ---- */

static void sweep_hm_set_new(sweep *on)
{
    hm_object *set;
    SWEEP(on, set = hm_set_new(on->heap), set != NULL);
    assert_int_equal(hm_set_length(set), 0);
    sweep_drop(on, set);
}

/* The fifth key, for which a table of its own is made. */
static void sweep_hm_set_add(sweep *on)
{
    bool done;
    hm_object *set = hm_set_new(on->heap);
    for (int64_t number = 0; number < 4; number++)
        assert_true(hm_set_add(on->heap, set, hm_int_new(on->heap, number)));
    SWEEP(on, done = hm_set_add(on->heap, set, on->value), done);
    assert_int_equal(hm_set_length(set), 5);
    for (int64_t number = 0; number < 4; number++)
        assert_true(hm_set_contains(on->heap, set, hm_int_new(on->heap, number)));
    assert_true(hm_set_contains(on->heap, set, on->value));
    sweep_drop(on, set);
}

static const swept functions[] = {
    SWEPT(hm_int_new),
    SWEPT(hm_float_new),
    SWEPT(hm_str_new),
    SWEPT(hm_str_from),
    SWEPT_WITH(hm_str_intern, SWEEP_KEEPS),
    SWEPT_WITH(hm_str_interned, SWEEP_KEEPS),
    SWEPT(hm_bytes_new),
    SWEPT(hm_tuple_new),
    SWEPT(hm_tuple_of),
    SWEPT(hm_list_new),
    SWEPT(hm_list_sized),
    SWEPT(hm_list_of),
    SWEPT(hm_list_append_growing),
    SWEPT(hm_list_append),
    SWEPT(hm_list_append_new),
    SWEPT(hm_list_pop),
    SWEPT(hm_dict_new),
    SWEPT(hm_dict_set),
    SWEPT(hm_dict_set_grown),
    SWEPT(hm_dict_set_wide),
    SWEPT(hm_dict_set_other_key),
    SWEPT(hm_dict_set_shown),
    SWEPT(hm_dict_show),
    SWEPT(hm_set_new),
    SWEPT(hm_set_add),
};

const swept_table swept_objects = {functions, HM_COUNT_OF(functions)};
