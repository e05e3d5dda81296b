/**
 * This module is Python's == and `in`: lists, tuples, dicts, sets, cells and weak references by
 * what they hold, which the runtime itself has no use for.
 */
#include "bench/conform/machine.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"
#include "object/weakref_proxy.h"

#include <string.h>

/* Objects in one another before a comparison gives up: RecursionError. */
enum { DEEPEST_COMPARISON = 900 };

static bool compare(hm_conform_machine *machine, hm_object *left, hm_object *right, unsigned depth,
                    bool *equal);

static hm_object *item_of(const hm_object *sequence, size_t index)
{
    return hm_is(sequence, &hm_list_type) ? hm_list_get(sequence, index)
                                          : hm_tuple_get(sequence, index);
}

static size_t length_of(const hm_object *sequence)
{
    return hm_is(sequence, &hm_list_type) ? hm_list_length(sequence) : hm_tuple_length(sequence);
}

static bool compare_sequences(hm_conform_machine *machine, hm_object *left, hm_object *right,
                              unsigned depth, bool *equal)
{
    *equal = length_of(left) == length_of(right);
    for (size_t index = 0; *equal && index < length_of(left); index++) {
        if (!compare(machine, item_of(left, index), item_of(right, index), depth, equal))
            return false;
    }
    return true;
}

static bool compare_dicts(hm_conform_machine *machine, hm_object *left, hm_object *right,
                          unsigned depth, bool *equal)
{
    size_t position = 0;
    hm_object *key, *value;
    *equal = hm_dict_length(left) == hm_dict_length(right);
    while (*equal && hm_dict_next(left, &position, &key, &value)) {
        hm_object *other = hm_dict_get(machine->heap, right, key);
        *equal = other != NULL;
        if (*equal && !compare(machine, value, other, depth, equal))
            return false;
    }
    return true;
}

static bool compare_sets(hm_conform_machine *machine, hm_object *left, hm_object *right,
                         bool *equal)
{
    size_t position = 0;
    hm_object *key;
    *equal = hm_set_length(left) == hm_set_length(right);
    while (*equal && hm_set_next(left, &position, &key))
        *equal = hm_set_contains(machine->heap, right, key);
    return true;
}

/* A dict of what is in a dict or a weak dictionary (dict(mapping.items())), or NULL. */
static hm_object *copy_mapping(hm_heap *heap, hm_object *mapping)
{
    hm_object *items = hm_is(mapping, &hm_weak_key_dict_type)
                           ? hm_weak_key_dict_items(heap, mapping)
                           : hm_weak_value_dict_items(heap, mapping);
    hm_object *dict = items == NULL ? NULL : hm_dict_new(heap);
    for (size_t index = 0; dict != NULL && index < hm_list_length(items); index++) {
        hm_object *pair = hm_list_get(items, index);
        if (hm_dict_set(heap, dict, hm_tuple_get(pair, 0), hm_tuple_get(pair, 1)))
            continue;
        hm_decref(heap, dict);
        dict = NULL;
    }
    hm_xdecref(heap, items);
    return dict;
}

static hm_object *as_dict(hm_heap *heap, hm_object *mapping)
{
    return hm_is(mapping, &hm_dict_type) ? hm_incref(mapping) : copy_mapping(heap, mapping);
}

static bool is_weak_dict(const hm_object *object)
{
    return hm_is(object, &hm_weak_key_dict_type) || hm_is(object, &hm_weak_value_dict_type);
}

static bool is_mapping(const hm_object *object)
{
    return hm_is(object, &hm_dict_type) || is_weak_dict(object);
}

/* Mapping.__eq__: a weak dictionary equals any mapping with the same items. */
static bool compare_mappings(hm_conform_machine *machine, hm_object *left, hm_object *right,
                             unsigned depth, bool *equal)
{
    hm_object *first = as_dict(machine->heap, left);
    hm_object *second = first == NULL ? NULL : as_dict(machine->heap, right);
    bool done = second != NULL && compare_dicts(machine, first, second, depth, equal);
    hm_xdecref(machine->heap, first);
    hm_xdecref(machine->heap, second);
    return done;
}

static bool compare_weak_sets(hm_conform_machine *machine, hm_object *left, hm_object *right,
                              bool *equal)
{
    hm_object *members = hm_weak_set_list(machine->heap, left);
    if (members == NULL)
        return false;
    *equal = hm_list_length(members) == hm_weak_set_length(right);
    for (size_t index = 0; *equal && index < hm_list_length(members); index++)
        *equal = hm_weak_set_contains(machine->heap, right, hm_list_get(members, index));
    hm_decref(machine->heap, members);
    return true;
}

static bool compare_cells(hm_conform_machine *machine, hm_object *left, hm_object *right,
                          unsigned depth, bool *equal)
{
    hm_object *first = hm_cell_get(left), *second = hm_cell_get(right);
    *equal = first == second;
    if (first == NULL || second == NULL)
        return true;
    return compare(machine, first, second, depth, equal);
}

/* Two that live are equal where their referents are; else only one and the same. To a weak
 * reference a proxy on the right is another one, as in CPython. */
static bool compare_weakrefs(hm_conform_machine *machine, hm_object *left, hm_object *right,
                             unsigned depth, bool *equal)
{
    hm_object *first = hm_weakref_get(left), *second = hm_weakref_get(right);
    bool done = true;
    *equal = false;
    if (first != NULL && second != NULL)
        done = compare(machine, first, second, depth, equal);
    hm_xdecref(machine->heap, first);
    hm_xdecref(machine->heap, second);
    return done;
}

static bool is_sequence(const hm_object *object)
{
    return hm_is(object, &hm_list_type) || hm_is(object, &hm_tuple_type);
}

static bool is_weakref(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_WEAKREF) != 0;
}

static bool is_proxy(const hm_object *object)
{
    return hm_is(object, &hm_weakproxy_type) || hm_is(object, &hm_weakcallableproxy_type);
}

/* Neither is a proxy, and they are two. */
static bool compare_values(hm_conform_machine *machine, hm_object *left, hm_object *right,
                           unsigned depth, bool *equal)
{
    bool same_type = left->type == right->type;
    if (same_type && is_sequence(left))
        return compare_sequences(machine, left, right, depth, equal);
    if (same_type && hm_is(left, &hm_dict_type))
        return compare_dicts(machine, left, right, depth, equal);
    if (is_mapping(left) && is_mapping(right))
        return compare_mappings(machine, left, right, depth, equal);
    if (same_type && hm_is(left, &hm_weak_set_type))
        return compare_weak_sets(machine, left, right, equal);
    if (same_type && hm_is(left, &hm_set_type))
        return compare_sets(machine, left, right, equal);
    if (same_type && hm_is(left, &hm_cell_type))
        return compare_cells(machine, left, right, depth, equal);
    *equal = hm_object_equal(left, right);
    return true;
}

static bool compare(hm_conform_machine *machine, hm_object *left, hm_object *right, unsigned depth,
                    bool *equal)
{
    *equal = left == right;
    if (*equal)
        return true;
    if (depth == DEEPEST_COMPARISON)
        return hm_fail(machine->heap, (hm_status)HM_CONFORM_RECURSION_ERROR,
                       "maximum recursion depth exceeded in comparison");
    if (is_weakref(left) && !is_proxy(left) && is_weakref(right))
        return compare_weakrefs(machine, left, right, depth + 1, equal);
    hm_object *first = hm_conform_subject(machine, left);
    hm_object *second = first == NULL ? NULL : hm_conform_subject(machine, right);
    bool done = second != NULL;
    *equal = done && first == second;
    if (done && !*equal)
        done = compare_values(machine, first, second, depth + 1, equal);
    hm_xdecref(machine->heap, first);
    hm_xdecref(machine->heap, second);
    return done;
}

/* Items that are one and the same are equal; a dead proxy by itself is not even equal to itself. */
bool hm_conform_equal(hm_conform_machine *machine, hm_object *left, hm_object *right, bool *equal)
{
    if (left == right && is_proxy(left)) {
        hm_object *subject = hm_conform_subject(machine, left);
        hm_xdecref(machine->heap, subject);
        *equal = subject != NULL;
        return *equal;
    }
    return compare(machine, left, right, 0, equal);
}

static bool contains_in_sequence(hm_conform_machine *machine, hm_object *object, hm_object *key,
                                 bool *contains)
{
    *contains = false;
    for (size_t index = 0; !*contains && index < length_of(object); index++) {
        if (!compare(machine, item_of(object, index), key, 0, contains))
            return false;
    }
    return true;
}

static bool contains_text(hm_conform_machine *machine, hm_object *object, hm_object *key,
                          bool *contains)
{
    if (!hm_is(key, &hm_str_type))
        return hm_fail(machine->heap, HM_TYPE_ERROR,
                       "'in <string>' requires string as left operand, not %s",
                       hm_conform_type_name(key));
    *contains = strstr(hm_str_data(object), hm_str_data(key)) != NULL;
    return true;
}

bool hm_conform_contains(hm_conform_machine *machine, hm_object *object, hm_object *key,
                         bool *contains)
{
    hm_heap *heap = machine->heap;
    heap->error.status = HM_OK;
    if (is_sequence(object))
        return contains_in_sequence(machine, object, key, contains);
    if (hm_is(object, &hm_str_type))
        return contains_text(machine, object, key, contains);
    if (hm_is(object, &hm_dict_type))
        *contains = hm_dict_get(heap, object, key) != NULL;
    else if (hm_is(object, &hm_set_type)) /* a set is looked for as a frozenset: never there */
        *contains = !hm_is(key, &hm_set_type) && hm_set_contains(heap, object, key);
    else if (hm_is_weak_container(object))
        *contains = hm_weak_container_contains(heap, object, key);
    else
        return hm_fail(heap, HM_TYPE_ERROR, "argument of type '%s' is not iterable",
                       hm_conform_type_name(object));
    return heap->error.status == HM_OK;
}
