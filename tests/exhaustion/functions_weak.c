/*
 * This module is the sweeps of weak references, proxies, finalize objects and weak containers.
 */
#include "functions.h"

/* ---- weak references and proxies ---- */

static bool ignore(hm_heap *heap, hm_object *weakref, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(weakref);
    HM_UNUSED(context);
    return true;
}

static void sweep_hm_weakref_new(sweep *on)
{
    hm_object *weak;
    SWEEP(on, weak = hm_weakref_new(on->heap, on->instance, ignore, NULL), weak != NULL);
    assert_int_equal(hm_weakref_count(on->instance), 1);
    sweep_drop(on, weak);
    assert_int_equal(hm_weakref_count(on->instance), 0);
}

static void sweep_hm_weakref_new_calling(sweep *on)
{
    hm_object *weak;
    SWEEP(on, weak = hm_weakref_new_calling(on->heap, on->instance, on->callable), weak != NULL);
    assert_int_equal(hm_weakref_count(on->instance), 1);
    sweep_drop(on, weak);
    assert_int_equal(on->callable->reference_count, 1);
}

static void sweep_hm_weakref_list(sweep *on)
{
    hm_object *list, *weak = hm_weakref_new(on->heap, on->instance, NULL, NULL);
    hm_object *calling = hm_weakref_new_calling(on->heap, on->instance, on->callable);
    SWEEP(on, list = hm_weakref_list(on->heap, on->instance), list != NULL);
    assert_int_equal(hm_list_length(list), 2);
    sweep_drop(on, list);
    sweep_drop(on, calling);
    sweep_drop(on, weak);
}

static void sweep_hm_weakproxy_new(sweep *on)
{
    hm_object *proxy;
    SWEEP(on, proxy = hm_weakproxy_new(on->heap, on->instance), proxy != NULL);
    sweep_drop(on, proxy);
}

static void sweep_hm_weakproxy_new_calling(sweep *on)
{
    hm_object *proxy;
    SWEEP(on, proxy = hm_weakproxy_new_calling(on->heap, on->instance, on->callable),
          proxy != NULL);
    sweep_drop(on, proxy);
    assert_int_equal(on->callable->reference_count, 1);
}

static void sweep_hm_weakproxy_set(sweep *on)
{
    bool done;
    uint32_t count = on->class->reference_count;
    hm_object *proxy = hm_weakproxy_new(on->heap, on->class);
    SWEEP(on, done = hm_weakproxy_set(on->heap, proxy, on->key, on->value), done);
    assert_ptr_equal(hm_instance_get(on->heap, on->instance, on->key), on->value);
    assert_int_equal(on->class->reference_count, count);
    sweep_drop(on, proxy);
}

static void sweep_hm_weakproxy_call(sweep *on)
{
    hm_object *result, *proxy = hm_weakproxy_new(on->heap, on->callable);
    SWEEP(on, result = hm_weakproxy_call(on->heap, proxy, NULL, 0), result != NULL);
    assert_int_equal(hm_list_length(result), SWEEP_ITEMS);
    sweep_drop(on, result);
    sweep_drop(on, proxy);
}

static hm_object *resume_list(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(generator);
    return hm_list_sized(heap, 1);
}

/* A body that fails ends its generator. */
static void sweep_hm_weakproxy_next(sweep *on)
{
    static const hm_generator_code code = {.name = "lists", .resume = resume_list};
    hm_object *generator = hm_generator_new(on->heap, &code);
    hm_object *item, *proxy = hm_weakproxy_new(on->heap, generator);
    sweep_arm(on);
    item = hm_weakproxy_next(on->heap, proxy);
    sweep_disarm(on, item != NULL);
    assert_int_equal(on->heap->error.status, item == NULL ? HM_NO_MEMORY : HM_OK);
    hm_error_clear(&on->heap->error);
    sweep_drop(on, item);
    sweep_drop(on, proxy);
    sweep_drop(on, generator);
}

/* ---- finalize objects ---- */

static hm_object *finalize_of(sweep *on)
{
    hm_object *finalize = hm_finalize_new(on->heap, on->instance, on->callable, &on->list, 1);
    assert_non_null(finalize);
    return finalize;
}

static void end_finalize(sweep *on, hm_object *finalize)
{
    if (hm_finalize_is_alive(finalize))
        hm_decref(on->heap, hm_finalize_detach(on->heap, finalize));
    assert_false(hm_finalize_is_alive(finalize));
    assert_int_equal(hm_weakref_count(on->instance), 0);
    assert_int_equal(on->callable->reference_count, 1);
    assert_int_equal(on->list->reference_count, 1);
    sweep_drop(on, finalize);
}

static void sweep_hm_finalize_new(sweep *on)
{
    hm_object *finalize;
    SWEEP(on, finalize = hm_finalize_new(on->heap, on->instance, on->callable, &on->list, 1),
          finalize != NULL);
    assert_true(hm_finalize_is_alive(finalize));
    end_finalize(on, finalize);
}

static void sweep_hm_finalize_peek(sweep *on)
{
    hm_object *parts, *finalize = finalize_of(on);
    SWEEP(on, parts = hm_finalize_peek(on->heap, finalize), parts != NULL);
    assert_ptr_equal(hm_tuple_get(parts, 0), on->instance);
    assert_true(hm_finalize_is_alive(finalize));
    sweep_drop(on, parts);
    end_finalize(on, finalize);
}

/* Where there is no memory it is still alive. */
static void sweep_hm_finalize_detach(sweep *on)
{
    hm_object *parts, *finalize = finalize_of(on);
    SWEEP(on, parts = hm_finalize_detach(on->heap, finalize), parts != NULL);
    assert_ptr_equal(hm_tuple_get(parts, 0), on->instance);
    sweep_drop(on, parts);
    end_finalize(on, finalize);
}

/* It is called once, whether the call succeeds or not. */
static void sweep_hm_finalize_call(sweep *on)
{
    hm_object *result, *finalize = finalize_of(on);
    sweep_arm(on);
    result = hm_finalize_call(on->heap, finalize);
    sweep_disarm(on, result != NULL);
    assert_int_equal(on->heap->error.status, result == NULL ? HM_NO_MEMORY : HM_OK);
    hm_error_clear(&on->heap->error);
    assert_false(hm_finalize_is_alive(finalize));
    assert_ptr_equal(hm_finalize_call(on->heap, finalize), &hm_none);
    sweep_drop(on, result);
    end_finalize(on, finalize);
}

/* Those that fail are told; where the list of them cannot be made, none has run yet. */
static void sweep_hm_finalize_run_at_exit(sweep *on)
{
    bool done;
    hm_object *first = finalize_of(on), *second = finalize_of(on);
    sweep_arm(on);
    done = hm_finalize_run_at_exit(on->heap);
    sweep_disarm(on, done);
    if (!done) {
        assert_true(hm_finalize_is_alive(first));
        sweep_check_failure(on);
        assert_true(hm_finalize_run_at_exit(on->heap));
    }
    if (on->told > 0)
        assert_int_equal(on->told_last.status, HM_NO_MEMORY);
    on->told = 0;
    assert_false(hm_finalize_is_alive(first));
    end_finalize(on, second);
    end_finalize(on, first);
}

/* ---- weak containers ---- */

static void sweep_hm_weak_set_new(sweep *on)
{
    hm_object *set;
    SWEEP(on, set = hm_weak_set_new(on->heap), set != NULL);
    assert_int_equal(hm_weak_set_length(set), 0);
    sweep_drop(on, set);
}

static void sweep_hm_weak_set_add(sweep *on)
{
    bool done;
    hm_object *set = hm_weak_set_new(on->heap);
    SWEEP(on, done = hm_weak_set_add(on->heap, set, on->instance), done);
    assert_true(hm_weak_set_contains(on->heap, set, on->instance));
    assert_int_equal(hm_weak_set_length(set), 1);
    sweep_drop(on, set);
}

static hm_object *set_of_instance(sweep *on)
{
    hm_object *set = hm_weak_set_new(on->heap);
    assert_true(hm_weak_set_add(on->heap, set, on->instance));
    return set;
}

static bool no_error(const sweep *on)
{
    return on->heap->error.status == HM_OK;
}

static void sweep_hm_weak_set_contains(sweep *on)
{
    bool contains;
    hm_object *set = set_of_instance(on);
    SWEEP(on, contains = hm_weak_set_contains(on->heap, set, on->instance), no_error(on));
    assert_true(contains);
    sweep_drop(on, set);
}

static void sweep_hm_weak_container_contains(sweep *on)
{
    bool contains;
    hm_object *set = set_of_instance(on);
    SWEEP(on, contains = hm_weak_container_contains(on->heap, set, on->instance), no_error(on));
    assert_true(contains);
    sweep_drop(on, set);
}

static void sweep_hm_weakproxy_contains(sweep *on)
{
    bool done, contains = false;
    hm_object *set = set_of_instance(on);
    hm_object *proxy = hm_weakproxy_new(on->heap, set);
    SWEEP(on, done = hm_weakproxy_contains(on->heap, proxy, on->instance, &contains), done);
    assert_true(contains);
    sweep_drop(on, proxy);
    sweep_drop(on, set);
}

static void sweep_hm_weak_set_discard(sweep *on)
{
    bool done;
    hm_object *set = set_of_instance(on);
    SWEEP(on, done = hm_weak_set_discard(on->heap, set, on->instance), done);
    assert_int_equal(hm_weak_set_length(set), 0);
    sweep_drop(on, set);
}

static void sweep_hm_weak_set_remove(sweep *on)
{
    bool done;
    hm_object *set = set_of_instance(on);
    SWEEP(on, done = hm_weak_set_remove(on->heap, set, on->instance), done);
    assert_int_equal(hm_weak_set_length(set), 0);
    sweep_drop(on, set);
}

static void sweep_hm_weak_set_list(sweep *on)
{
    hm_object *list, *set = set_of_instance(on);
    SWEEP(on, list = hm_weak_set_list(on->heap, set), list != NULL);
    assert_ptr_equal(hm_list_get(list, 0), on->instance);
    sweep_drop(on, list);
    sweep_drop(on, set);
}

/* What dies during a walk is written down; where it cannot be, that is told, and nobody meets it.
 */
static void sweep_hm_weak_set_next_after_death(sweep *on)
{
    hm_object *set = hm_weak_set_new(on->heap), *other = hm_instance_new(on->heap, on->class);
    hm_weak_iterator walk;
    assert_true(hm_weak_set_add(on->heap, set, other));
    hm_weak_iterator_begin(on->heap, set, &walk);
    SWEEP_TOLD(on, hm_decref(on->heap, other));
    assert_null(hm_weak_set_next(on->heap, &walk));
    hm_weak_iterator_end(on->heap, &walk);
    assert_true(no_error(on));
    sweep_drop(on, set);
}

static void sweep_hm_weak_key_dict_new(sweep *on)
{
    hm_object *dict;
    SWEEP(on, dict = hm_weak_key_dict_new(on->heap), dict != NULL);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_set(sweep *on)
{
    bool done;
    hm_object *dict = hm_weak_key_dict_new(on->heap);
    SWEEP(on, done = hm_weak_key_dict_set(on->heap, dict, on->instance, on->value), done);
    assert_int_equal(hm_weak_key_dict_length(on->heap, dict), 1);
    sweep_drop(on, dict);
    assert_int_equal(on->value->reference_count, 1);
}

static hm_object *dict_by_key(sweep *on)
{
    hm_object *dict = hm_weak_key_dict_new(on->heap);
    assert_true(hm_weak_key_dict_set(on->heap, dict, on->instance, on->value));
    return dict;
}

static void sweep_hm_weak_key_dict_get(sweep *on)
{
    hm_object *value, *dict = dict_by_key(on);
    SWEEP(on, value = hm_weak_key_dict_get(on->heap, dict, on->instance), value != NULL);
    assert_ptr_equal(value, on->value);
    sweep_drop(on, value);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_contains(sweep *on)
{
    bool contains;
    hm_object *dict = dict_by_key(on);
    SWEEP(on, contains = hm_weak_key_dict_contains(on->heap, dict, on->instance), no_error(on));
    assert_true(contains);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_pop(sweep *on)
{
    hm_object *value, *dict = dict_by_key(on);
    SWEEP(on, value = hm_weak_key_dict_pop(on->heap, dict, on->instance), value != NULL);
    assert_ptr_equal(value, on->value);
    assert_int_equal(hm_weak_key_dict_length(on->heap, dict), 0);
    sweep_drop(on, value);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_delete(sweep *on)
{
    bool done;
    hm_object *dict = dict_by_key(on);
    SWEEP(on, done = hm_weak_key_dict_delete(on->heap, dict, on->instance), done);
    assert_int_equal(hm_weak_key_dict_length(on->heap, dict), 0);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_keys(sweep *on)
{
    hm_object *list, *dict = dict_by_key(on);
    SWEEP(on, list = hm_weak_key_dict_keys(on->heap, dict), list != NULL);
    assert_ptr_equal(hm_list_get(list, 0), on->instance);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_items(sweep *on)
{
    hm_object *list, *dict = dict_by_key(on);
    SWEEP(on, list = hm_weak_key_dict_items(on->heap, dict), list != NULL);
    assert_ptr_equal(hm_tuple_get(hm_list_get(list, 0), 1), on->value);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_key_dict_key_references(sweep *on)
{
    hm_object *list, *dict = dict_by_key(on);
    SWEEP(on, list = hm_weak_key_dict_key_references(on->heap, dict), list != NULL);
    assert_int_equal(hm_list_length(list), 1);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_value_dict_new(sweep *on)
{
    hm_object *dict;
    SWEEP(on, dict = hm_weak_value_dict_new(on->heap), dict != NULL);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_value_dict_set(sweep *on)
{
    bool done;
    hm_object *dict = hm_weak_value_dict_new(on->heap);
    SWEEP(on, done = hm_weak_value_dict_set(on->heap, dict, on->key, on->instance), done);
    assert_true(hm_weak_value_dict_contains(on->heap, dict, on->key));
    sweep_drop(on, dict);
    assert_int_equal(on->key->reference_count, 1);
}

static hm_object *dict_of_value(sweep *on)
{
    hm_object *dict = hm_weak_value_dict_new(on->heap);
    assert_true(hm_weak_value_dict_set(on->heap, dict, on->key, on->instance));
    return dict;
}

static void sweep_hm_weak_value_dict_values(sweep *on)
{
    hm_object *list, *dict = dict_of_value(on);
    SWEEP(on, list = hm_weak_value_dict_values(on->heap, dict), list != NULL);
    assert_ptr_equal(hm_list_get(list, 0), on->instance);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_value_dict_items(sweep *on)
{
    hm_object *list, *dict = dict_of_value(on);
    SWEEP(on, list = hm_weak_value_dict_items(on->heap, dict), list != NULL);
    assert_ptr_equal(hm_tuple_get(hm_list_get(list, 0), 0), on->key);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static void sweep_hm_weak_value_dict_value_references(sweep *on)
{
    hm_object *list, *dict = dict_of_value(on);
    SWEEP(on, list = hm_weak_value_dict_value_references(on->heap, dict), list != NULL);
    assert_int_equal(hm_list_length(list), 1);
    sweep_drop(on, list);
    sweep_drop(on, dict);
}

static const swept functions[] = {
    SWEPT(hm_weakref_new),
    SWEPT(hm_weakref_new_calling),
    SWEPT(hm_weakref_list),
    SWEPT(hm_weakproxy_new),
    SWEPT(hm_weakproxy_new_calling),
    SWEPT(hm_weakproxy_set),
    SWEPT(hm_weakproxy_call),
    SWEPT(hm_weakproxy_next),
    SWEPT_WITH(hm_finalize_new, SWEEP_KEEPS),
    SWEPT(hm_finalize_peek),
    SWEPT(hm_finalize_detach),
    SWEPT(hm_finalize_call),
    SWEPT(hm_finalize_run_at_exit),
    SWEPT(hm_weak_set_new),
    SWEPT(hm_weak_set_add),
    SWEPT(hm_weak_set_contains),
    SWEPT(hm_weak_container_contains),
    SWEPT(hm_weakproxy_contains),
    SWEPT(hm_weak_set_discard),
    SWEPT(hm_weak_set_remove),
    SWEPT(hm_weak_set_list),
    SWEPT(hm_weak_set_next_after_death),
    SWEPT(hm_weak_key_dict_new),
    SWEPT(hm_weak_key_dict_set),
    SWEPT(hm_weak_key_dict_get),
    SWEPT(hm_weak_key_dict_contains),
    SWEPT(hm_weak_key_dict_pop),
    SWEPT(hm_weak_key_dict_delete),
    SWEPT(hm_weak_key_dict_keys),
    SWEPT(hm_weak_key_dict_items),
    SWEPT(hm_weak_key_dict_key_references),
    SWEPT(hm_weak_value_dict_new),
    SWEPT(hm_weak_value_dict_set),
    SWEPT(hm_weak_value_dict_values),
    SWEPT(hm_weak_value_dict_items),
    SWEPT(hm_weak_value_dict_value_references),
};

const swept_table swept_weak = {functions, HM_COUNT_OF(functions)};
