/**
 * This module is the names of an instance's references, so that a chain says `.left` and not a
 * number.
 *
 * An instance's references and its attributes are listed by two functions of the runtime, the first
 * without names, the second wherever the attributes lie. Here the two are brought together: slots
 * come first in both and in one order; attributes kept without a dict may be listed in another
 * order than they are traversed, and there are few; those in a dict are not the instance's
 * references, but for a dict that only shows them (object/attributes.h).
 */
#include "graph/edge_instance.h"

#include "object/class.h"
#include "object/dict.h"

/* Of attributes that come in another order, as many are told apart. */
enum { UNORDERED_MAX = 64 };

typedef struct instance_walk {
    hm_object *object;
    hm_edge_visitor visit;
    void *context;
    size_t position;   /* the next attribute, as long as they come in order */
    size_t next_slot;  /* the first slot not yet passed */
    bool out_of_order; /* references do not follow `position` any more */
    bool in_dict;      /* the rest of the attributes lies in the dict */
    uint64_t used;     /* bits of the attributes from `position` on that were told */
} instance_walk;

static hm_edge attribute_edge(hm_object *value, hm_object *name, size_t slot)
{
    return (hm_edge){.referent = value,
                     .kind = name == NULL ? HM_EDGE_SLOT : HM_EDGE_ATTRIBUTE,
                     .index = slot,
                     .key = name};
}

/* The number of the next slot that is set: only asked for while there is one. */
static size_t pass_slot(instance_walk *state)
{
    while (*hm_instance_slot(state->object, state->next_slot) == NULL)
        state->next_slot++;
    return state->next_slot++;
}

/* The reference is the next attribute. */
static bool match_next(instance_walk *state, hm_object *referent, hm_edge *edge)
{
    size_t position = state->position;
    hm_object *name = NULL;
    hm_object *value = NULL;
    if (state->out_of_order ||
        !hm_instance_next_attribute(state->object, &position, &name, &value) || value != referent) {
        state->out_of_order = true;
        return false;
    }
    state->position = position;
    *edge = attribute_edge(referent, name, name == NULL ? pass_slot(state) : 0);
    return true;
}

/* The reference is one of the attributes left. */
static bool match_any(instance_walk *state, hm_object *referent, hm_edge *edge)
{
    size_t position = state->position;
    hm_object *name = NULL;
    hm_object *value = NULL;
    for (unsigned index = 0; index < UNORDERED_MAX && !state->in_dict; index++) {
        if (!hm_instance_next_attribute(state->object, &position, &name, &value))
            break;
        if (value != referent || name == NULL || (state->used >> index & 1) != 0)
            continue;
        state->used |= UINT64_C(1) << index;
        *edge = attribute_edge(referent, name, 0);
        return true;
    }
    return false;
}

static hm_edge other_edge(instance_walk *state, hm_object *referent)
{
    hm_edge edge = {.referent = referent, .kind = HM_EDGE_FIELD};
    if (referent == state->object->type->owner) {
        edge.text = "__class__";
    } else if (hm_is(referent, &hm_dict_type)) {
        edge.text = "__dict__";
        state->in_dict = true;
    } else {
        edge.kind = HM_EDGE_UNNAMED;
    }
    return edge;
}

static void tell_reference(hm_object *referent, void *context)
{
    instance_walk *state = context;
    hm_edge edge;
    if (!match_next(state, referent, &edge) && !match_any(state, referent, &edge))
        edge = other_edge(state, referent);
    state->visit(&edge, state->context);
}

void hm_edge_traverse_instance(hm_object *instance, hm_edge_visitor visit, void *context)
{
    instance_walk state = {.object = instance, .visit = visit, .context = context};
    hm_object_traverse(instance, tell_reference, &state);
}
