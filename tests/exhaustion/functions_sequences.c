/*
 * This module is the sweeps of many calls in a row: containers that grow from nothing, attributes
 * that move from one place to the next, a generator from its first item to its end. Whichever call
 * is refused its memory, what was done before it is there.
 */
#include "functions.h"

enum { NAMES = 40, MANY = 50 };

static hm_object *number(sweep *on, size_t index)
{
    return hm_int_new(on->heap, 5000 + (int64_t)index);
}

/* Names made before, so that what fails is not theirs. */
static void make_names(sweep *on, hm_object **names)
{
    for (size_t index = 0; index < NAMES; index++) {
        char text[40];
        snprintf(text, sizeof text, "name_%zu", index);
        names[index] = hm_str_from(on->heap, text);
        assert_non_null(names[index]);
    }
}

static void drop_names(sweep *on, hm_object **names)
{
    for (size_t index = 0; index < NAMES; index++)
        hm_decref(on->heap, names[index]);
}

/* Sets `count` attributes, each to an int of its own. */
static bool set_attributes(sweep *on, hm_object *instance, hm_object *const *names, size_t count)
{
    bool done = true;
    for (size_t index = 0; done && index < count; index++) {
        hm_object *value = number(on, index);
        done = value != NULL && hm_instance_set(on->heap, instance, names[index], value);
        hm_xdecref(on->heap, value);
    }
    return done;
}

/* What is there after a failure must be what was set. */
static void check_attributes(sweep *on, hm_object *instance, hm_object *const *names)
{
    size_t position = 0, count = 0;
    hm_object *name, *value;
    while (hm_instance_next_attribute(instance, &position, &name, &value)) {
        assert_ptr_equal(name, names[count]);
        assert_int_equal(hm_int_value(value), 5000 + (int64_t)count++);
        assert_ptr_equal(hm_instance_get(on->heap, instance, name), value);
    }
}

static bool many_attributes(sweep *on, hm_object *class, hm_object *const *names, size_t count)
{
    hm_object *instance = hm_instance_new(on->heap, class);
    bool done = instance != NULL && set_attributes(on, instance, names, count);
    if (instance != NULL)
        check_attributes(on, instance, names);
    sweep_drop(on, instance);
    return done;
}

/* Its dict is asked for, grows, and outlives the instance. */
static bool shown_attributes(sweep *on, hm_object *class, hm_object *const *names)
{
    hm_object *dict = NULL;
    hm_object *instance = hm_instance_new(on->heap, class);
    bool done = instance != NULL && set_attributes(on, instance, names, 3);
    if (done)
        dict = hm_xincref(hm_instance_dict(on->heap, instance));
    done = dict != NULL && set_attributes(on, instance, names, 20) &&
           hm_dict_set(on->heap, dict, names[NAMES - 1], instance);
    if (instance != NULL && !done)
        check_attributes(on, instance, names);
    if (dict != NULL)
        hm_dict_clear(on->heap, dict);
    sweep_drop(on, instance);
    sweep_drop(on, dict);
    return done;
}

static hm_object *attribute_class(sweep *on)
{
    return hm_class_new(on->heap, &(hm_class_spec){.name = "A", .has_dict = true});
}

/* Five are in a block, forty in a dict. */
static void sweep_attributes(sweep *on)
{
    bool done;
    hm_object *names[NAMES], *few = attribute_class(on);
    make_names(on, names);
    SWEEP(on, done = many_attributes(on, few, names, 5), done);
    sweep_drop(on, few);
    drop_names(on, names);
}

static void sweep_attributes_in_a_dict(sweep *on)
{
    bool done;
    hm_object *names[NAMES], *many = attribute_class(on);
    make_names(on, names);
    SWEEP(on, done = many_attributes(on, many, names, NAMES), done);
    sweep_drop(on, many);
    drop_names(on, names);
}

static void sweep_attributes_shown(sweep *on)
{
    bool done;
    hm_object *names[NAMES], *class = attribute_class(on);
    make_names(on, names);
    SWEEP(on, done = shown_attributes(on, class, names), done);
    sweep_drop(on, class);
    drop_names(on, names);
}

static bool grow_list(sweep *on)
{
    hm_object *list = hm_list_sized(on->heap, 3);
    bool done = list != NULL;
    for (size_t index = 0; done && index < MANY; index++) {
        done = hm_list_append_new(on->heap, list, number(on, index));
        assert_int_equal(hm_list_length(list), 3 + index + done);
    }
    while (list != NULL && hm_list_length(list) > 0)
        hm_decref(on->heap, hm_list_pop(on->heap, list));
    sweep_drop(on, list);
    return done;
}

static void sweep_list(sweep *on)
{
    bool done;
    SWEEP(on, done = grow_list(on), done);
}

/* Strings first, then other keys: the table is made anew for them. */
static bool grow_dict(sweep *on)
{
    hm_object *dict = hm_dict_new(on->heap);
    bool done = dict != NULL;
    for (size_t index = 0; done && index < MANY; index++) {
        hm_object *key = index < SWEEP_ITEMS ? hm_incref(on->names[index]) : number(on, index);
        done = key != NULL && hm_dict_set(on->heap, dict, key, on->list);
        hm_xdecref(on->heap, key);
        assert_int_equal(hm_dict_length(dict), index + done);
    }
    if (dict != NULL && hm_dict_length(dict) > 0)
        assert_true(hm_dict_delete(on->heap, dict, on->names[0]));
    sweep_drop(on, dict);
    return done;
}

static void sweep_dict(sweep *on)
{
    bool done;
    SWEEP(on, done = grow_dict(on), done);
}

static bool grow_set(sweep *on)
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
    sweep_drop(on, set);
    return done;
}

static void sweep_set(sweep *on)
{
    bool done;
    SWEEP(on, done = grow_set(on), done);
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

static bool run_generator(sweep *on)
{
    static const hm_generator_code code = {
        .name = "lists", .local_count = 1, .resume = resume_lists, .cleanup = clean_up_with_a_list};
    hm_object *generator = hm_generator_new(on->heap, &code);
    bool done = generator != NULL;
    for (int item = 0; done && item < 2; item++) {
        hm_object *list = hm_generator_next(on->heap, generator);
        done = list != NULL;
        sweep_drop(on, list);
    }
    done = done && hm_generator_close(on->heap, generator);
    if (generator != NULL && !done) /* it failed in its body, which ends it */
        assert_int_equal(hm_generator_get_status(generator), HM_GENERATOR_FINISHED);
    sweep_drop(on, generator);
    return done;
}

static void sweep_generator(sweep *on)
{
    bool done;
    SWEEP(on, done = run_generator(on), done);
}

/* Every weak container over one object, and what they list. */
static bool fill_weak_containers(sweep *on)
{
    hm_object *parts[] = {hm_weak_set_new(on->heap), NULL, NULL, NULL};
    bool done = parts[0] != NULL && hm_weak_set_add(on->heap, parts[0], on->instance) &&
                (parts[1] = hm_weak_key_dict_new(on->heap)) != NULL &&
                hm_weak_key_dict_set(on->heap, parts[1], on->instance, on->value) &&
                (parts[2] = hm_weak_value_dict_new(on->heap)) != NULL &&
                hm_weak_value_dict_set(on->heap, parts[2], on->key, on->instance) &&
                (parts[3] = hm_weak_value_dict_items(on->heap, parts[2])) != NULL;
    for (size_t index = HM_COUNT_OF(parts); index > 0; index--)
        sweep_drop(on, parts[index - 1]);
    assert_int_equal(hm_weakref_count(on->instance), 0);
    return done;
}

static void sweep_weak_containers(sweep *on)
{
    bool done;
    SWEEP(on, done = fill_weak_containers(on), done);
}

static const swept functions[] = {
    SWEPT(attributes),
    SWEPT(attributes_in_a_dict),
    SWEPT(attributes_shown),
    SWEPT(list),
    SWEPT(dict),
    SWEPT(set),
    SWEPT(generator),
    SWEPT(weak_containers),
};

const swept_table swept_sequences = {functions, HM_COUNT_OF(functions)};
