/**
 * This module is the expressions that make weak references, what is built on them, and what they
 * lead to.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"
#include "object/weakref_finalize.h"
#include "object/weakref_proxy.h"

#include <stdlib.h>

typedef hm_object *(*make_calling)(hm_heap *heap, hm_object *referent, hm_object *callable);

static hm_object *make_reference(hm_conform_machine *machine, const hm_conform_node *node,
                                 make_calling make)
{
    hm_object *items[2] = {NULL, NULL};
    if (!hm_conform_load_all(machine, node, 0, items))
        return NULL;
    hm_object *made = make(machine->heap, items[0], items[1]);
    hm_decref(machine->heap, items[0]);
    hm_xdecref(machine->heap, items[1]);
    return made;
}

hm_object *hm_conform_make_weakref(hm_conform_machine *machine, const hm_conform_node *node)
{
    return make_reference(machine, node, hm_weakref_new_calling);
}

hm_object *hm_conform_make_proxy(hm_conform_machine *machine, const hm_conform_node *node)
{
    return make_reference(machine, node, hm_weakproxy_new_calling);
}

hm_object *hm_conform_make_finalize(hm_conform_machine *machine, const hm_conform_node *node)
{
    uint32_t count = node->operand_count;
    hm_object **items = hm_grow(NULL, count, sizeof *items);
    hm_object *made = NULL;
    if (hm_conform_load_all(machine, node, 0, items)) {
        made = hm_finalize_new(machine->heap, items[0], items[1], items + 2, count - 2);
        for (uint32_t index = 0; index < count; index++)
            hm_decref(machine->heap, items[index]);
    }
    free(items);
    return made;
}

hm_object *hm_conform_make_weak_values(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return hm_weak_value_dict_new(machine->heap);
}

hm_object *hm_conform_make_weak_keys(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return hm_weak_key_dict_new(machine->heap);
}

hm_object *hm_conform_make_weak_set(hm_conform_machine *machine, const hm_conform_node *node)
{
    HM_UNUSED(node);
    return hm_weak_set_new(machine->heap);
}

hm_object *hm_conform_make_deref(hm_conform_machine *machine, const hm_conform_node *node)
{
    hm_object *weakref = hm_conform_load(machine, &node->operands[0]);
    hm_object *referent = NULL;
    if (weakref == NULL)
        return NULL;
    if (hm_is(weakref, &hm_weakref_type) || hm_is(weakref, &hm_weakref_keyed_type)) {
        referent = hm_weakref_get(weakref);
        if (referent == NULL)
            referent = hm_incref(&hm_none);
    } else {
        hm_fail(machine->heap, HM_TYPE_ERROR, "'%s' object is not callable",
                hm_conform_type_name(weakref));
    }
    hm_decref(machine->heap, weakref);
    return referent;
}
