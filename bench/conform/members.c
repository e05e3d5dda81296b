/**
 * This module is the attributes and items of objects as Python has them, errors and their words
 * included.
 */
#include "bench/conform/machine.h"
#include "object/weak_key_dict.h"
#include "object/weak_value_dict.h"
#include "object/weakref_proxy.h"

#include <string.h>

bool hm_conform_fail_attribute(hm_conform_machine *machine, const hm_object *object,
                               const char *name)
{
    return hm_fail(machine->heap, HM_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                   hm_conform_type_name(object), name);
}

bool hm_conform_fail_key(hm_conform_machine *machine, hm_object *key)
{
    hm_conform_text text = {0};
    hm_conform_describe(machine, key, &text);
    hm_fail(machine->heap, HM_KEY_ERROR, "%.300s", hm_conform_text_get(&text));
    hm_conform_text_clear(&text);
    return false;
}

static bool is_proxy(const hm_object *object)
{
    return hm_is(object, &hm_weakproxy_type) || hm_is(object, &hm_weakcallableproxy_type);
}

hm_object *hm_conform_subject(hm_conform_machine *machine, hm_object *object)
{
    return is_proxy(object) ? hm_weakproxy_referent(machine->heap, object) : hm_incref(object);
}

hm_object *hm_conform_load_subject(hm_conform_machine *machine, const hm_conform_operand *operand)
{
    hm_object *object = hm_conform_load(machine, operand);
    if (object == NULL || !is_proxy(object))
        return object;
    hm_object *subject = hm_weakproxy_referent(machine->heap, object);
    hm_decref(machine->heap, object);
    return subject;
}

bool hm_conform_load_two(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_object **first, hm_object **second)
{
    hm_object *objects[2] = {NULL, NULL};
    if (!hm_conform_load_all(machine, node, 0, objects))
        return false;
    *first = hm_conform_subject(machine, objects[0]);
    *second = objects[1];
    hm_decref(machine->heap, objects[0]);
    if (*first == NULL)
        hm_xdecref(machine->heap, *second);
    return *first != NULL;
}

static bool is_instance(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_INSTANCE) != 0;
}

/* The attributes that are not in a dict: a cell's, a function's, a method's. False: it has none of
 * that name. `*value` is borrowed. */
static bool find_built_in(const hm_object *object, const char *name, hm_object **value)
{
    if (hm_is(object, &hm_cell_type) && strcmp(name, "content") == 0)
        *value = hm_cell_get(object);
    else if (hm_is(object, &hm_function_type) && strcmp(name, "globals") == 0)
        *value = hm_function_globals(object);
    else if (hm_is(object, &hm_method_type) && strcmp(name, "self") == 0)
        *value = hm_method_self(object);
    else
        return false;
    return true;
}

/* Borrowed; NULL: there is none, or no memory. */
static hm_object *find_attribute(hm_conform_machine *machine, hm_object *object, uint32_t symbol)
{
    hm_object *key = hm_conform_text_object(machine, symbol);
    if (key == NULL)
        return NULL;
    if (is_instance(object))
        return hm_instance_get(machine->heap, object, key);
    if (hm_is(object, &hm_class_type))
        return hm_dict_get(machine->heap, hm_class_attributes(object), key);
    return NULL;
}

hm_object *hm_conform_attribute_get(hm_conform_machine *machine, hm_object *object, uint32_t symbol)
{
    const char *name = machine->program->symbols[symbol];
    hm_object *subject = hm_conform_subject(machine, object);
    hm_object *value = NULL;
    if (subject == NULL)
        return NULL;
    machine->heap->error.status = HM_OK;
    if (find_built_in(subject, name, &value)) {
        if (value == NULL && hm_is(subject, &hm_cell_type))
            hm_fail(machine->heap, HM_VALUE_ERROR, "cell is empty");
        else if (value == NULL)
            value = &hm_none;
    } else {
        value = find_attribute(machine, subject, symbol);
        if (value == NULL && machine->heap->error.status == HM_OK)
            hm_conform_fail_attribute(machine, subject, name);
    }
    hm_xincref(value);
    hm_decref(machine->heap, subject);
    return value;
}

/* Sets, or where `value` is NULL deletes, an attribute of `object`, which is no proxy. */
static bool change_attribute(hm_conform_machine *machine, hm_object *object, uint32_t symbol,
                             hm_object *value)
{
    const char *name = machine->program->symbols[symbol];
    hm_object *old;
    hm_object *key = hm_conform_text_object(machine, symbol);
    if (key == NULL)
        return false;
    if (is_instance(object))
        return value == NULL ? hm_instance_delete(machine->heap, object, key)
                             : hm_instance_set(machine->heap, object, key, value);
    if (hm_is(object, &hm_class_type)) {
        hm_object *attributes = hm_class_attributes(object);
        if (value != NULL)
            return hm_dict_set(machine->heap, attributes, key, value);
        return hm_dict_delete(machine->heap, attributes, key) ||
               hm_conform_fail_attribute(machine, object, name);
    }
    if (!find_built_in(object, name, &old))
        return hm_conform_fail_attribute(machine, object, name);
    if (!hm_is(object, &hm_cell_type))
        return hm_fail(machine->heap, HM_ATTRIBUTE_ERROR, "readonly attribute");
    hm_cell_set(machine->heap, object, hm_xincref(value));
    return true;
}

bool hm_conform_attribute_set(hm_conform_machine *machine, hm_object *object, uint32_t symbol,
                              hm_object *value)
{
    hm_object *subject = hm_conform_subject(machine, object);
    if (subject == NULL)
        return false;
    bool changed = change_attribute(machine, subject, symbol, value);
    hm_decref(machine->heap, subject);
    return changed;
}

bool hm_conform_attribute_delete(hm_conform_machine *machine, hm_object *object, uint32_t symbol)
{
    return hm_conform_attribute_set(machine, object, symbol, NULL);
}

/* True with ReferenceError for a dead proxy: Python asks what is behind it whether it is a number.
 */
static bool is_dead(hm_conform_machine *machine, hm_object *key)
{
    hm_object *subject = hm_conform_subject(machine, key);
    hm_xdecref(machine->heap, subject);
    return subject == NULL;
}

/* Where `key` points to in a sequence of `length`; a negative one counts from the end. */
static bool find_index(hm_conform_machine *machine, const hm_object *object, hm_object *key,
                       size_t length, const char *what, size_t *index)
{
    if (is_dead(machine, key))
        return false;
    if (!hm_is(key, &hm_int_type) && !hm_is(key, &hm_bool_type))
        return hm_fail(machine->heap, HM_TYPE_ERROR,
                       "%s indices must be integers or slices, not %s",
                       hm_conform_type_name(object), hm_conform_type_name(key));
    int64_t place = hm_int_value(key);
    if (place < 0)
        place += (int64_t)length;
    if (place < 0 || (uint64_t)place >= length)
        return hm_fail(machine->heap, HM_INDEX_ERROR, "%s out of range", what);
    *index = (size_t)place;
    return true;
}

static hm_object *get_from_sequence(hm_conform_machine *machine, hm_object *object, hm_object *key)
{
    size_t index;
    bool list = hm_is(object, &hm_list_type);
    size_t length = list ? hm_list_length(object) : hm_tuple_length(object);
    if (!find_index(machine, object, key, length, list ? "list index" : "tuple index", &index))
        return NULL;
    return hm_xincref(list ? hm_list_get(object, index) : hm_tuple_get(object, index));
}

/* The value under a key, a new reference; NULL: absent, or an error. */
static hm_object *get_by_key(hm_heap *heap, hm_object *object, hm_object *key)
{
    if (hm_is(object, &hm_dict_type))
        return hm_xincref(hm_dict_get(heap, object, key));
    if (hm_is(object, &hm_weak_value_dict_type))
        return hm_weak_value_dict_get(heap, object, key);
    if (hm_is(object, &hm_weak_key_dict_type))
        return hm_weak_key_dict_get(heap, object, key);
    hm_fail(heap, HM_TYPE_ERROR, "'%s' object is not subscriptable", hm_conform_type_name(object));
    return NULL;
}

hm_object *hm_conform_item_get(hm_conform_machine *machine, hm_object *object, hm_object *key)
{
    hm_object *subject = hm_conform_subject(machine, object);
    hm_object *item;
    if (subject == NULL)
        return NULL;
    machine->heap->error.status = HM_OK;
    if (hm_is(subject, &hm_list_type) || hm_is(subject, &hm_tuple_type)) {
        item = get_from_sequence(machine, subject, key);
    } else {
        item = get_by_key(machine->heap, subject, key);
        if (item == NULL && machine->heap->error.status == HM_OK)
            hm_conform_fail_key(machine, key);
    }
    hm_decref(machine->heap, subject);
    return item;
}

static bool change_list_item(hm_conform_machine *machine, hm_object *object, hm_object *key,
                             hm_object *value)
{
    size_t index;
    if (!find_index(machine, object, key, hm_list_length(object), "list assignment index", &index))
        return false;
    if (value == NULL)
        return hm_list_delete(machine->heap, object, index);
    hm_list_set(machine->heap, object, index, hm_incref(value));
    return true;
}

static bool set_by_key(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value)
{
    if (hm_is(object, &hm_dict_type))
        return hm_dict_set(heap, object, key, value);
    if (hm_is(object, &hm_weak_value_dict_type))
        return hm_weak_value_dict_set(heap, object, key, value);
    if (hm_is(object, &hm_weak_key_dict_type))
        return hm_weak_key_dict_set(heap, object, key, value);
    return hm_fail(heap, HM_TYPE_ERROR, "'%s' object does not support item assignment",
                   hm_conform_type_name(object));
}

static bool delete_by_key(hm_heap *heap, hm_object *object, hm_object *key)
{
    if (hm_is(object, &hm_dict_type))
        return hm_dict_delete(heap, object, key);
    if (hm_is(object, &hm_weak_value_dict_type))
        return hm_weak_value_dict_delete(heap, object, key);
    if (hm_is(object, &hm_weak_key_dict_type))
        return hm_weak_key_dict_delete(heap, object, key);
    return hm_fail(heap, HM_TYPE_ERROR, "'%s' object doesn't support item deletion",
                   hm_conform_type_name(object));
}

bool hm_conform_item_set(hm_conform_machine *machine, hm_object *object, hm_object *key,
                         hm_object *value)
{
    hm_object *subject = hm_conform_subject(machine, object);
    if (subject == NULL)
        return false;
    bool changed = hm_is(subject, &hm_list_type)
                       ? change_list_item(machine, subject, key, value)
                       : (value == NULL ? delete_by_key(machine->heap, subject, key)
                                        : set_by_key(machine->heap, subject, key, value));
    hm_decref(machine->heap, subject);
    return changed;
}

bool hm_conform_item_delete(hm_conform_machine *machine, hm_object *object, hm_object *key)
{
    return hm_conform_item_set(machine, object, key, NULL);
}
