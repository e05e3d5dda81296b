/**
 * This module is the statements that change objects.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"
#include "object/weakref_finalize.h"

#include <stdlib.h>

bool hm_conform_run_define(hm_conform_machine *machine, const hm_conform_node *node)
{
    return hm_conform_define(machine, node->definition);
}

bool hm_conform_run_store(hm_conform_machine *machine, const hm_conform_node *node)
{
    const hm_conform_node *expression = node->inner;
    hm_object *value = expression->form->make(machine, expression);
    if (value == NULL)
        return false;
    if (expression->form->makes)
        hm_conform_label_made(machine, value, node->place);
    return hm_conform_store(machine, &node->operands[0], value);
}

bool hm_conform_run_del(hm_conform_machine *machine, const hm_conform_node *node)
{
    for (uint32_t index = 0; index < node->operand_count; index++) {
        if (!hm_conform_delete(machine, &node->operands[index]))
            return false;
    }
    return true;
}

/* What a statement with one object and maybe one more does. */
typedef bool (*change)(hm_conform_machine *machine, hm_object *object, hm_object *item);

/* Does it to the first operand, or what it is a proxy of, with the second one if there is one. */
static bool change_object(hm_conform_machine *machine, const hm_conform_node *node, change does)
{
    hm_object *object, *item;
    if (!hm_conform_load_two(machine, node, &object, &item))
        return false;
    machine->heap->error.status = HM_OK;
    bool done = does(machine, object, item);
    hm_xdecref(machine->heap, item);
    hm_decref(machine->heap, object);
    return done;
}

static bool append(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    if (!hm_is(object, &hm_list_type))
        return hm_conform_fail_attribute(machine, object, "append");
    return hm_list_append(machine->heap, object, item);
}

bool hm_conform_run_append(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, append);
}

static bool add(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    if (hm_is(object, &hm_set_type))
        return hm_set_add(machine->heap, object, item);
    if (hm_is(object, &hm_weak_set_type))
        return hm_weak_set_add(machine->heap, object, item);
    return hm_conform_fail_attribute(machine, object, "add");
}

bool hm_conform_run_add(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, add);
}

/* A set is looked for as the frozenset it would be; here no set holds one. */
static bool discard(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    if (hm_is(object, &hm_weak_set_type))
        return hm_weak_set_discard(machine->heap, object, item);
    if (!hm_is(object, &hm_set_type))
        return hm_conform_fail_attribute(machine, object, "discard");
    return hm_is(item, &hm_set_type) || hm_set_discard(machine->heap, object, item) ||
           machine->heap->error.status == HM_OK;
}

bool hm_conform_run_discard(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, discard);
}

/* MutableMapping.clear: one popitem after the other, from the end, until there is none. */
static bool clear_weak_dict(hm_heap *heap, hm_object *object)
{
    bool by_key = hm_is(object, &hm_weak_key_dict_type);
    hm_object *key, *value;
    while (by_key ? hm_weak_key_dict_pop_item(heap, object, &key, &value)
                  : hm_weak_value_dict_pop_item(heap, object, &key, &value)) {
        hm_decref(heap, value);
        hm_decref(heap, key);
    }
    bool emptied = heap->error.status == HM_KEY_ERROR;
    if (emptied)
        hm_error_clear(&heap->error);
    return emptied;
}

static bool clear(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    hm_heap *heap = machine->heap;
    HM_UNUSED(item);
    if (hm_is(object, &hm_weak_key_dict_type) || hm_is(object, &hm_weak_value_dict_type))
        return clear_weak_dict(heap, object);
    if (hm_is(object, &hm_list_type))
        hm_list_clear(heap, object);
    else if (hm_is(object, &hm_dict_type))
        hm_dict_clear(heap, object);
    else if (hm_is(object, &hm_set_type))
        hm_set_clear(heap, object);
    else if (hm_is(object, &hm_weak_set_type))
        hm_weak_set_clear(heap, object);
    else if (hm_is(object, &hm_cell_type))
        hm_cell_set(heap, object, NULL);
    else
        return hm_conform_fail_attribute(machine, object, "clear");
    return true;
}

bool hm_conform_run_clear(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, clear);
}

static bool close_generator(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    HM_UNUSED(item);
    if (!hm_is(object, &hm_generator_type))
        return hm_conform_fail_attribute(machine, object, "close");
    return hm_generator_close(machine->heap, object);
}

bool hm_conform_run_close(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, close_generator);
}

static bool detach(hm_conform_machine *machine, hm_object *object, hm_object *item)
{
    HM_UNUSED(item);
    if (!hm_is(object, &hm_finalize_type))
        return hm_conform_fail_attribute(machine, object, "detach");
    hm_object *taken = hm_finalize_detach(machine->heap, object);
    hm_xdecref(machine->heap, taken);
    return taken != NULL;
}

bool hm_conform_run_detach(hm_conform_machine *machine, const hm_conform_node *node)
{
    return change_object(machine, node, detach);
}

bool hm_conform_run_call(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_heap *heap = machine->heap;
    hm_object **objects = hm_grow(NULL, node->operand_count, sizeof *objects);
    hm_object *result = NULL;
    bool loaded = hm_conform_load_all(machine, node, 0, objects);
    if (loaded) {
        hm_object *callable = hm_conform_subject(machine, objects[0]);
        if (callable != NULL)
            result = hm_conform_call(machine, callable, objects + 1, node->operand_count - 1);
        hm_xdecref(heap, callable);
        for (uint32_t index = 0; index < node->operand_count; index++)
            hm_decref(heap, objects[index]);
    }
    free(objects);
    hm_xdecref(heap, result);
    return result != NULL;
}

bool hm_conform_run_run_exit(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return hm_finalize_run_at_exit(machine->heap);
}
