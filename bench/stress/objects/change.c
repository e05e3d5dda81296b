/* References stored into objects and taken out of them. The model changes first: what the runtime
 * drops may run bodies, which must find the model as the object is by then. */
#include "bench/stress/objects/world.h"

static hm_objects_node *node_at(hm_objects_world *world, uint32_t id)
{
    return &world->nodes[id];
}

static void refuse(hm_objects_world *world, bool done, const char *what)
{
    if (!done)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "%s is refused: %s", what,
                          world->heap->error.message);
}

/* ---- keys ---- */

static bool is_key(const hm_objects_node *node)
{
    return node->is == HM_OBJECTS_IS_TEXT || node->is == HM_OBJECTS_IS_INT ||
           node->is == HM_OBJECTS_IS_FLOAT || node->is == HM_OBJECTS_IS_INSTANCE ||
           node->is == HM_OBJECTS_IS_CLASS || node->is == HM_OBJECTS_IS_FUNCTION;
}

static bool equal(const hm_objects_world *world, uint32_t left, uint32_t right)
{
    const hm_objects_node *a = &world->nodes[left], *b = &world->nodes[right];
    bool atoms =
        a->is == HM_OBJECTS_IS_TEXT || a->is == HM_OBJECTS_IS_INT || a->is == HM_OBJECTS_IS_FLOAT;
    return left == right || (atoms && a->is == b->is && a->value == b->value);
}

/* The edge of a set to an equal member, of a dict under an equal key; edge_count: there is none. */
static uint32_t find_equal(const hm_objects_world *world, uint32_t holder, uint32_t key)
{
    const hm_objects_node *node = &world->nodes[holder];
    bool members = node->is == HM_OBJECTS_IS_SET;
    uint32_t index = 0;
    while (index < node->edge_count &&
           !equal(world, members ? node->edges[index].to : node->edges[index].name, key))
        index++;
    return index;
}

/* ---- stores ---- */

static void store_in_list(hm_objects_world *world, uint32_t id, uint32_t value,
                          const hm_objects_step *step)
{
    const hm_objects_node *list = node_at(world, id);
    hm_object *object = list->object, *item = hm_objects_object(world, value);
    if (list->edge_count > 0 && step->choice % 4 == 0) {
        uint32_t index = step->detail % list->edge_count;
        hm_objects_relink(world, id, index, value);
        hm_list_set(world->heap, object, index, hm_incref(item));
    } else if (list->edge_count < HM_OBJECTS_MOST_EDGES) {
        hm_objects_link(world, id, value, HM_OBJECTS_NOBODY);
        refuse(world, hm_list_append(world->heap, object, item), "an append");
    }
}

static void store_in_dict(hm_objects_world *world, uint32_t id, uint32_t key, uint32_t value)
{
    const hm_objects_node *dict = node_at(world, id);
    if (!is_key(node_at(world, key)))
        return;
    uint32_t index = find_equal(world, id, key);
    if (index < dict->edge_count)
        hm_objects_relink(world, id, index, value);
    else if (dict->edge_count < HM_OBJECTS_MOST_EDGES)
        hm_objects_link(world, id, value, key);
    else
        return;
    refuse(world,
           hm_dict_set(world->heap, node_at(world, id)->object, hm_objects_object(world, key),
                       hm_objects_object(world, value)),
           "a store in a dict");
}

static void store_in_set(hm_objects_world *world, uint32_t id, uint32_t key)
{
    const hm_objects_node *set = node_at(world, id);
    if (!is_key(node_at(world, key)) || set->edge_count >= HM_OBJECTS_MOST_EDGES)
        return;
    if (find_equal(world, id, key) == set->edge_count)
        hm_objects_link(world, id, key, HM_OBJECTS_NOBODY);
    refuse(world,
           hm_set_add(world->heap, node_at(world, id)->object, hm_objects_object(world, key)),
           "an addition to a set");
}

static void store_attribute(hm_objects_world *world, uint32_t id, uint32_t value,
                            const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    uint32_t which = step->detail % HM_OBJECTS_NAMES, name = HM_OBJECTS_ATTRIBUTE + which;
    uint32_t index = hm_objects_find_edge(world, id, name);
    hm_object *item = hm_objects_object(world, value);
    if (index < node->edge_count)
        hm_objects_relink(world, id, index, value);
    else
        hm_objects_link(world, id, value, name);
    bool class = node->is == HM_OBJECTS_IS_CLASS;
    hm_object *object = node_at(world, id)->object, *word = world->names[which];
    refuse(world,
           class ? hm_dict_set(world->heap, hm_class_attributes(object), word, item)
                 : hm_instance_set(world->heap, object, word, item),
           "a store of an attribute");
}

/* Edge 0 is the class, the slots follow. */
static void store_in_instance(hm_objects_world *world, uint32_t id, uint32_t value,
                              const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    bool named = (node->flags & HM_OBJECTS_HAS_NAMES) != 0;
    if (named && (node->slots == 0 || step->choice % 2 == 0)) {
        store_attribute(world, id, value, step);
    } else if (node->slots > 0) {
        uint32_t slot = step->detail % node->slots;
        hm_object *object = node->object;
        hm_objects_relink(world, id, 1 + slot, value);
        hm_store(world->heap, object, hm_instance_slot(object, slot),
                 hm_incref(hm_objects_object(world, value)));
    }
}

/* Puts the value, or nothing, into one of the places from `first` on. */
static void put(hm_objects_world *world, uint32_t id, uint32_t first, uint32_t value,
                const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    uint32_t index = first + step->detail % (node->edge_count - first);
    hm_object *object = node->object;
    hm_object *item =
        value == HM_OBJECTS_NOBODY ? NULL : hm_incref(hm_objects_object(world, value));
    hm_objects_relink(world, id, index, value);
    if (node->is == HM_OBJECTS_IS_CELL)
        hm_cell_set(world->heap, object, item);
    else if (node->is == HM_OBJECTS_IS_FRAME)
        hm_frame_set(world->heap, object, index - first, item);
    else
        hm_generator_set(world->heap, object, index - first, item);
}

/* A cycle of nothing but types that the collector cannot empty stays, as in CPython, and what hangs
 * on it is emptied all the same: no such cycle is made. Generators alone could close one. */
static uint32_t allowed(const hm_objects_world *world, const hm_objects_node *node, uint32_t value)
{
    unsigned is = world->nodes[value].is;
    bool cannot_be_emptied =
        is == HM_OBJECTS_IS_GENERATOR || is == HM_OBJECTS_IS_TUPLE || is == HM_OBJECTS_IS_METHOD;
    return node->is == HM_OBJECTS_IS_GENERATOR && cannot_be_emptied ? (uint32_t)HM_OBJECTS_NONE
                                                                    : value;
}

/* A generator that has ended holds nothing, and is given nothing. */
static bool has_places(const hm_objects_node *node, uint32_t *first)
{
    *first = node->is == HM_OBJECTS_IS_FRAME ? 2 : 0;
    return (node->is == HM_OBJECTS_IS_CELL || node->is == HM_OBJECTS_IS_FRAME ||
            node->is == HM_OBJECTS_IS_GENERATOR) &&
           node->edge_count > *first;
}

static void store(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = hm_objects_hold(world, step->slot), value = hm_objects_hold(world, step->other);
    uint32_t key = hm_objects_hold(world, step->third), first;
    const hm_objects_node *node = node_at(world, id);
    if (has_places(node, &first))
        put(world, id, first, allowed(world, node, value), step);
    else if (node->is == HM_OBJECTS_IS_LIST)
        store_in_list(world, id, value, step);
    else if (node->is == HM_OBJECTS_IS_DICT)
        store_in_dict(world, id, key, value);
    else if (node->is == HM_OBJECTS_IS_SET)
        store_in_set(world, id, value);
    else if (node->is == HM_OBJECTS_IS_INSTANCE)
        store_in_instance(world, id, value, step);
    else if (node->is == HM_OBJECTS_IS_CLASS)
        store_attribute(world, id, value, step);
    else if (node->is >= HM_OBJECTS_IS_WEAK_SET)
        hm_objects_weak_store(world, id, key, value, step);
}

/* ---- cuts ---- */

static void cut_list(hm_objects_world *world, uint32_t id, const hm_objects_step *step)
{
    const hm_objects_node *list = node_at(world, id);
    hm_object *object = list->object;
    uint32_t index = step->detail % list->edge_count;
    if (step->choice % 2 == 0) {
        hm_objects_unlink(world, id, list->edge_count - 1);
        hm_xdecref(world->heap, hm_list_pop(world->heap, object));
    } else {
        hm_objects_unlink(world, id, index);
        refuse(world, hm_list_delete(world->heap, object, index), "a deletion from a list");
    }
}

/* popitem, or a deletion by the key itself. */
static void cut_dict(hm_objects_world *world, uint32_t id, const hm_objects_step *step)
{
    const hm_objects_node *dict = node_at(world, id);
    hm_object *object = dict->object, *key, *value;
    uint32_t last = dict->edge_count - 1;
    uint32_t index = step->choice % 2 == 0 ? last : step->detail % dict->edge_count;
    key = hm_objects_object(world, dict->edges[index].name);
    hm_incref(key);
    hm_objects_unlink(world, id, index);
    if (step->choice % 2 == 0) {
        hm_decref(world->heap, key);
        refuse(world, hm_dict_pop_item(world->heap, object, &key, &value), "a popitem");
        hm_decref(world->heap, value);
    } else {
        refuse(world, hm_dict_delete(world->heap, object, key), "a deletion from a dict");
    }
    hm_decref(world->heap, key);
}

static void cut_set(hm_objects_world *world, uint32_t id, const hm_objects_step *step)
{
    const hm_objects_node *set = node_at(world, id);
    uint32_t index = step->detail % set->edge_count;
    hm_object *object = set->object;
    hm_object *key = hm_incref(hm_objects_object(world, set->edges[index].to));
    hm_objects_unlink(world, id, index);
    if (!hm_set_discard(world->heap, object, key))
        HM_OBJECTS_DEFECT(world, CONTENTS, "a set does not have what was put into it");
    hm_decref(world->heap, key);
}

/* The last attribute; where there is none, a slot. */
static void cut_attribute(hm_objects_world *world, uint32_t id, const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    hm_object *object = node->object;
    uint32_t fixed = node->is == HM_OBJECTS_IS_CLASS ? 0 : 1u + node->slots;
    if (node->edge_count > fixed) {
        uint32_t last = node->edge_count - 1;
        hm_object *word = world->names[node->edges[last].name - HM_OBJECTS_ATTRIBUTE];
        bool class = node->is == HM_OBJECTS_IS_CLASS;
        hm_objects_unlink(world, id, last);
        refuse(world,
               class ? hm_dict_delete(world->heap, hm_class_attributes(object), word)
                     : hm_instance_delete(world->heap, object, word),
               "a deletion of an attribute");
    } else if (node->slots > 0 && node->is == HM_OBJECTS_IS_INSTANCE) {
        uint32_t slot = step->detail % node->slots;
        hm_objects_relink(world, id, 1 + slot, HM_OBJECTS_NOBODY);
        hm_store(world->heap, object, hm_instance_slot(object, slot), NULL);
    }
}

static void cut(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = hm_objects_hold(world, step->slot), first;
    const hm_objects_node *node = node_at(world, id);
    if (has_places(node, &first))
        put(world, id, first, HM_OBJECTS_NOBODY, step);
    else if (node->is == HM_OBJECTS_IS_INSTANCE || node->is == HM_OBJECTS_IS_CLASS)
        cut_attribute(world, id, step);
    else if (node->is >= HM_OBJECTS_IS_WEAK_SET)
        hm_objects_weak_cut(world, id, step);
    else if (node->edge_count == 0)
        return;
    else if (node->is == HM_OBJECTS_IS_LIST)
        cut_list(world, id, step);
    else if (node->is == HM_OBJECTS_IS_DICT)
        cut_dict(world, id, step);
    else if (node->is == HM_OBJECTS_IS_SET)
        cut_set(world, id, step);
}

static void clear(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = hm_objects_hold(world, step->slot);
    const hm_objects_node *node = node_at(world, id);
    hm_object *object = node->object;
    if (node->is == HM_OBJECTS_IS_WEAK_SET)
        hm_objects_weak_clear(world, id);
    if (node->is < HM_OBJECTS_IS_LIST || node->is > HM_OBJECTS_IS_SET ||
        node->is == HM_OBJECTS_IS_TUPLE)
        return;
    hm_objects_unlink_from(world, id, 0);
    if (node->is == HM_OBJECTS_IS_LIST)
        hm_list_clear(world->heap, object);
    else if (node->is == HM_OBJECTS_IS_DICT)
        hm_dict_clear(world->heap, object);
    else
        hm_set_clear(world->heap, object);
}

static void copy(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t node = world->slot_nodes[step->other];
    hm_xincref(hm_objects_object(world, node));
    hm_objects_place(world, step->slot, node);
}

/* A proxy is followed through its own way; what is dead says so. */
static hm_object *referent_of(hm_objects_world *world, const hm_objects_node *weak)
{
    if ((weak->flags & HM_OBJECTS_PROXY) == 0)
        return hm_weakref_get(weak->object);
    return hm_weakproxy_referent(world->heap, weak->object);
}

static void follow(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = hm_objects_hold(world, step->other);
    const hm_objects_node *weak = node_at(world, id);
    if (weak->is != HM_OBJECTS_IS_WEAKREF)
        return;
    uint32_t subject = (weak->flags & HM_OBJECTS_LIVES) != 0 ? weak->subject : HM_OBJECTS_NOBODY;
    hm_object *object = referent_of(world, weak);
    if (object == NULL && subject != HM_OBJECTS_NOBODY)
        HM_OBJECTS_DEFECT(world, WEAKREF_EARLY, "a weak reference to %s that lives gives nothing",
                          hm_objects_name(world, subject));
    if (object != hm_objects_object(world, subject))
        HM_OBJECTS_DEFECT(world, WEAKREF_OUTLIVES,
                          "a weak reference gives what it was not made for");
    hm_objects_place(world, step->slot, subject);
}

void hm_objects_change(hm_objects_world *world, const hm_objects_step *step)
{
    switch (step->kind) {
    case HM_OBJECTS_STORE:
        store(world, step);
        break;
    case HM_OBJECTS_CUT:
        cut(world, step);
        break;
    case HM_OBJECTS_CLEAR:
        clear(world, step);
        break;
    case HM_OBJECTS_COPY:
        copy(world, step);
        break;
    case HM_OBJECTS_FOLLOW:
        follow(world, step);
        break;
    default:
        hm_objects_place(world, step->slot, HM_OBJECTS_NOBODY);
        break;
    }
}
