/**
 * This module is operands and places while a program runs: from the words of the text to objects.
 */
#include "bench/conform/machine.h"

static bool fail_name(hm_conform_machine *machine, const char *name)
{
    return hm_fail(machine->heap, (hm_status)HM_CONFORM_NAME_ERROR, "name '%.200s' is not defined",
                   name);
}

hm_object *hm_conform_text_object(hm_conform_machine *machine, uint32_t symbol)
{
    hm_object **slot = &machine->texts[symbol];
    if (*slot == NULL)
        *slot = hm_str_interned(machine->heap, machine->program->symbols[symbol]);
    return *slot;
}

static hm_object **local_slot(hm_conform_machine *machine, uint32_t local)
{
    return &((hm_generator *)machine->frame.generator)->locals[local];
}

static const char *local_name(const hm_conform_machine *machine, uint32_t local)
{
    const hm_generator *generator = (const hm_generator *)machine->frame.generator;
    const hm_conform_binding *binding =
        (const hm_conform_binding *)(const void *)((const char *)generator->code -
                                                   offsetof(hm_conform_binding, generator_code));
    return machine->program->symbols[binding->definition->locals[local]];
}

/* A new reference to what a name holds, or NULL with NameError. */
static hm_object *hold_named(hm_conform_machine *machine, hm_object *object, const char *name)
{
    if (object == NULL)
        fail_name(machine, name);
    return hm_xincref(object);
}

static hm_object *load_garbage(hm_conform_machine *machine)
{
    hm_object *garbage = hm_gc_garbage(machine->heap);
    if (garbage == NULL && machine->heap->error.status == HM_UNAVAILABLE)
        hm_fail(machine->heap, HM_RUNTIME_ERROR, "this collector keeps no garbage");
    return hm_xincref(garbage);
}

static hm_object *load_base(hm_conform_machine *machine, const hm_conform_operand *operand)
{
    hm_heap *heap = machine->heap;
    switch (operand->kind) {
    case HM_CONFORM_NAME:
        return hold_named(machine, machine->globals[operand->number],
                          machine->program->symbols[operand->number]);
    case HM_CONFORM_LOCAL:
        return hold_named(machine, *local_slot(machine, operand->number),
                          local_name(machine, operand->number));
    case HM_CONFORM_SELF:
        return hold_named(machine, machine->frame.self, "self");
    case HM_CONFORM_REF:
        return hold_named(machine, machine->frame.ref, "ref");
    case HM_CONFORM_GARBAGE:
        return load_garbage(machine);
    case HM_CONFORM_DEFINED:
        return hold_named(machine, machine->defined[operand->number],
                          machine->bindings[operand->number].definition->name);
    case HM_CONFORM_INT:
        return hm_int_new(heap, operand->integer);
    case HM_CONFORM_FLOAT:
        return hm_float_new(heap, operand->real);
    case HM_CONFORM_TEXT:
        return hm_xincref(hm_conform_text_object(machine, operand->number));
    case HM_CONFORM_TRUE:
    case HM_CONFORM_FALSE:
        return hm_incref(hm_bool_get(operand->kind == HM_CONFORM_TRUE));
    default:
        return hm_incref(&hm_none);
    }
}

/* One step further: a new reference to the member of `object`. */
static hm_object *follow(hm_conform_machine *machine, hm_object *object,
                         const hm_conform_accessor *accessor)
{
    if (!accessor->is_item)
        return hm_conform_attribute_get(machine, object, accessor->attribute);
    hm_object *key = load_base(machine, &accessor->key);
    if (key == NULL)
        return NULL;
    hm_object *item = hm_conform_item_get(machine, object, key);
    hm_decref(machine->heap, key);
    return item;
}

/* The operand with its last `left_out` accessors left out. */
static hm_object *load_most(hm_conform_machine *machine, const hm_conform_operand *operand,
                            uint32_t left_out)
{
    hm_object *object = load_base(machine, operand);
    for (uint32_t index = 0; object != NULL && index + left_out < operand->accessor_count;
         index++) {
        hm_object *member = follow(machine, object, &operand->accessors[index]);
        hm_decref(machine->heap, object);
        object = member;
    }
    return object;
}

hm_object *hm_conform_load(hm_conform_machine *machine, const hm_conform_operand *operand)
{
    return load_most(machine, operand, 0);
}

bool hm_conform_load_all(hm_conform_machine *machine, const hm_conform_node *node, uint32_t first,
                         hm_object **objects)
{
    for (uint32_t index = first; index < node->operand_count; index++) {
        objects[index - first] = hm_conform_load(machine, &node->operands[index]);
        if (objects[index - first] != NULL)
            continue;
        while (index-- > first)
            hm_decref(machine->heap, objects[index - first]);
        return false;
    }
    return true;
}

void hm_conform_bind(hm_conform_machine *machine, uint32_t symbol, hm_object *value)
{
    hm_object *old = machine->globals[symbol];
    if (old == NULL)
        machine->bound_at[symbol] = ++machine->clock;
    machine->globals[symbol] = value;
    hm_xdecref(machine->heap, old);
}

/* Stores to, or deletes where `value` (stolen) is NULL, the member the last accessor names. As on
 * Python's stack, the value is let go first, then the object, then the key. */
static bool change_member(hm_conform_machine *machine, const hm_conform_operand *place,
                          hm_object *value)
{
    const hm_conform_accessor *last = &place->accessors[place->accessor_count - 1];
    hm_object *object = load_most(machine, place, 1);
    hm_object *key = object == NULL || !last->is_item ? NULL : load_base(machine, &last->key);
    bool changed = false;
    if (object != NULL && !last->is_item)
        changed = value == NULL ? hm_conform_attribute_delete(machine, object, last->attribute)
                                : hm_conform_attribute_set(machine, object, last->attribute, value);
    else if (key != NULL)
        changed = value == NULL ? hm_conform_item_delete(machine, object, key)
                                : hm_conform_item_set(machine, object, key, value);
    hm_xdecref(machine->heap, value);
    hm_xdecref(machine->heap, object);
    hm_xdecref(machine->heap, key);
    return changed;
}

/* Puts `value` (stolen) where a name is, and lets go of it after what was there before. */
static void store_named(hm_conform_machine *machine, uint32_t symbol, hm_object *value)
{
    hm_conform_bind(machine, symbol, hm_incref(value));
    hm_decref(machine->heap, value);
}

bool hm_conform_store(hm_conform_machine *machine, const hm_conform_operand *place,
                      hm_object *value)
{
    if (place->accessor_count > 0)
        return change_member(machine, place, value);
    if (place->kind == HM_CONFORM_LOCAL)
        hm_generator_set(machine->heap, machine->frame.generator, place->number, value);
    else
        store_named(machine, place->number, value);
    return true;
}

bool hm_conform_delete(hm_conform_machine *machine, const hm_conform_operand *place)
{
    if (place->accessor_count > 0)
        return change_member(machine, place, NULL);
    bool local = place->kind == HM_CONFORM_LOCAL;
    hm_object **slot =
        local ? local_slot(machine, place->number) : &machine->globals[place->number];
    hm_object *old = *slot;
    if (old == NULL)
        return fail_name(machine, local ? local_name(machine, place->number)
                                        : machine->program->symbols[place->number]);
    *slot = NULL;
    hm_decref(machine->heap, old);
    return true;
}
