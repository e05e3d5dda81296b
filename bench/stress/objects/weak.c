/**
 * This module is what knows objects without keeping them alive: weak references, proxies, finalize
 * objects and the weak containers.
 *
 * The edges of a weak container have the node that is known weakly as their name: items of a set,
 * keys of a weak-key dict, of a weak-value dict the value, with its key above (VALUE_KEY).
 */
#include "bench/stress/objects/world.h"
#include "object/weakref_layout.h"

enum { VALUE_KEY = 16, VALUE_KEYS = 8 };

static uint32_t known_by(const hm_objects_edge *edge)
{
    return edge->name & 0xffff;
}

static hm_objects_node *node_at(hm_objects_world *world, uint32_t id)
{
    return &world->nodes[id];
}

static bool can_be_known(const hm_objects_node *node)
{
    return (node->flags & HM_OBJECTS_HAS_WEAK) != 0;
}

/* ---- making ---- */

static bool is_callback(const hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    return node->is == HM_OBJECTS_IS_FUNCTION && node->slots < HM_OBJECTS_CALLBACK_CODES;
}

static void enter(hm_objects_world *world, uint32_t id, uint32_t subject)
{
    hm_objects_node *node = node_at(world, id);
    node->subject = subject;
    node->weak_next = node_at(world, subject)->weak_first;
    node_at(world, subject)->weak_first = id;
    node->flags |= HM_OBJECTS_LIVES;
}

/* The one weak reference without a callback that all who ask get. */
static void check_shared(hm_objects_world *world, uint32_t id, uint32_t subject, bool proxy)
{
    const hm_objects_node *node = node_at(world, id);
    if (node->is != HM_OBJECTS_IS_WEAKREF || node->subject != subject || node->edge_count > 0 ||
        (node->flags & HM_OBJECTS_LIVES) == 0 || (node->flags & HM_OBJECTS_CALLS) != 0 ||
        ((node->flags & HM_OBJECTS_PROXY) != 0) != proxy)
        HM_OBJECTS_DEFECT(world, CONTENTS,
                          "a new weak reference to %s is %s that was there for something else",
                          hm_objects_name(world, subject), hm_objects_name(world, id));
}

static hm_object *make_reference(hm_objects_world *world, hm_object *subject, hm_object *callable,
                                 bool native, bool proxy)
{
    hm_heap *heap = world->heap;
    if (proxy)
        return callable == NULL ? hm_weakproxy_new(heap, subject)
                                : hm_weakproxy_new_calling(heap, subject, callable);
    if (native)
        return hm_weakref_new(heap, subject, hm_objects_call_back, NULL);
    return callable == NULL ? hm_weakref_new(heap, subject, NULL, NULL)
                            : hm_weakref_new_calling(heap, subject, callable);
}

static uint32_t make_weakref(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t subject = hm_objects_hold(world, step->other);
    uint32_t callable = hm_objects_hold(world, step->third);
    unsigned kind = step->choice % 6;
    bool proxy = kind >= 4, native = kind == 1 || kind == 2;
    bool calls = !native && (kind == 3 || kind == 5) && is_callback(world, callable);
    if (!can_be_known(node_at(world, subject)))
        return HM_OBJECTS_NOBODY;
    hm_object *object =
        make_reference(world, hm_objects_object(world, subject),
                       calls ? hm_objects_object(world, callable) : NULL, native, proxy);
    uint32_t id = object == NULL ? (uint32_t)HM_OBJECTS_NONE : hm_objects_node_of(world, object);
    if (id != HM_OBJECTS_NONE) {
        check_shared(world, id, subject, proxy);
        return id;
    }
    id = hm_objects_reserve(world, HM_OBJECTS_IS_WEAKREF);
    hm_objects_node *node = hm_objects_born(world, id, object);
    node->flags |= proxy ? HM_OBJECTS_PROXY : 0;
    node->flags |= native ? HM_OBJECTS_CALLS : 0;
    node->body = step->detail % HM_OBJECTS_BODIES;
    node->body_slot = step->detail / HM_OBJECTS_BODIES % HM_OBJECTS_SLOTS;
    enter(world, id, subject);
    /* A weak container has one to itself, which all who ask get. */
    node->maybe = !calls && !native && node_at(world, subject)->is >= HM_OBJECTS_IS_WEAK_SET;
    if (calls)
        hm_objects_link(world, id, callable, HM_OBJECTS_NOBODY);
    return id;
}

/* The heap, and the weak reference that calls it, hold it until it has been called; its node is
 * what it is called with. */
static uint32_t make_finalize(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t subject = hm_objects_hold(world, step->other);
    uint32_t extra = hm_objects_hold(world, step->third);
    if (!can_be_known(node_at(world, subject)) || extra == subject)
        return HM_OBJECTS_NOBODY;
    uint32_t id = hm_objects_reserve(world, HM_OBJECTS_IS_FINALIZE);
    hm_object *number = hm_int_new(world->heap, HM_OBJECTS_NODES + (int64_t)id);
    hm_object *arguments[2] = {number, hm_objects_object(world, extra)};
    hm_objects_born(world, id,
                    hm_finalize_new(world->heap, hm_objects_object(world, subject),
                                    world->finalize_function, arguments, 2));
    hm_decref(world->heap, number);
    enter(world, id, subject);
    hm_objects_link(world, id, extra, HM_OBJECTS_NOBODY);
    hm_objects_count(world, id);
    hm_objects_count(world, id);
    world->finalizes_alive++;
    return id;
}

static uint32_t make_container(hm_objects_world *world, const hm_objects_step *step)
{
    size_t place = 0;
    while (place < HM_OBJECTS_WEAK_CONTAINERS && world->weak_containers[place] != HM_OBJECTS_NONE)
        place++;
    if (place == HM_OBJECTS_WEAK_CONTAINERS)
        return HM_OBJECTS_NOBODY;
    unsigned kind = step->choice % 3;
    uint32_t id = hm_objects_reserve(world, (hm_objects_type)(HM_OBJECTS_IS_WEAK_SET + kind));
    hm_objects_born(world, id,
                    kind == 0   ? hm_weak_set_new(world->heap)
                    : kind == 1 ? hm_weak_key_dict_new(world->heap)
                                : hm_weak_value_dict_new(world->heap));
    place = 0; /* a body may have ended one meanwhile, but made none */
    while (world->weak_containers[place] != HM_OBJECTS_NONE)
        place++;
    world->weak_containers[place] = id;
    return id;
}

void hm_objects_make_weak(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = step->kind == HM_OBJECTS_WEAKREF    ? make_weakref(world, step)
                  : step->kind == HM_OBJECTS_FINALIZE ? make_finalize(world, step)
                                                      : make_container(world, step);
    if (id != HM_OBJECTS_NOBODY)
        hm_objects_place(world, step->slot, id);
}

/* ---- weak containers ---- */

static bool may_be_member(const hm_objects_node *node)
{
    return can_be_known(node) &&
           (node->is == HM_OBJECTS_IS_INSTANCE || node->is == HM_OBJECTS_IS_CLASS ||
            node->is == HM_OBJECTS_IS_FUNCTION);
}

static uint32_t find_member(const hm_objects_world *world, uint32_t container, uint32_t member)
{
    const hm_objects_node *node = &world->nodes[container];
    uint32_t index = 0;
    while (index < node->edge_count && known_by(&node->edges[index]) != member)
        index++;
    return index;
}

static uint32_t find_value_key(const hm_objects_world *world, uint32_t container, uint32_t key)
{
    const hm_objects_node *node = &world->nodes[container];
    uint32_t index = 0;
    while (index < node->edge_count && node->edges[index].name >> VALUE_KEY != key)
        index++;
    return index;
}

static bool store_key(hm_objects_world *world, uint32_t id, uint32_t key, uint32_t value)
{
    uint32_t index = find_member(world, id, key);
    if (index < node_at(world, id)->edge_count)
        hm_objects_relink(world, id, index, value);
    else
        hm_objects_link(world, id, value, key);
    return hm_weak_key_dict_set(world->heap, hm_objects_object(world, id),
                                hm_objects_object(world, key), hm_objects_object(world, value));
}

static bool store_value(hm_objects_world *world, uint32_t id, uint32_t key, uint32_t value)
{
    uint32_t index = find_value_key(world, id, key);
    if (index < node_at(world, id)->edge_count)
        hm_objects_unlink(world, id, index);
    hm_objects_link(world, id, HM_OBJECTS_NONE, key << VALUE_KEY | value);
    return hm_weak_value_dict_set(world->heap, hm_objects_object(world, id),
                                  hm_int_new(world->heap, key), hm_objects_object(world, value));
}

static bool store_item(hm_objects_world *world, uint32_t id, uint32_t value)
{
    if (find_member(world, id, value) == node_at(world, id)->edge_count)
        hm_objects_link(world, id, HM_OBJECTS_NONE, value);
    return hm_weak_set_add(world->heap, hm_objects_object(world, id),
                           hm_objects_object(world, value));
}

void hm_objects_weak_store(hm_objects_world *world, uint32_t id, uint32_t key, uint32_t value,
                           const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    uint32_t member = node->is == HM_OBJECTS_IS_WEAK_KEYS ? key : value;
    bool done;
    if ((node->flags & HM_OBJECTS_FOGGED) != 0 || node->edge_count >= HM_OBJECTS_MOST_EDGES ||
        !may_be_member(node_at(world, member)))
        return;
    node_at(world, member)->flags |= HM_OBJECTS_IN_WEAK;
    if (node->is == HM_OBJECTS_IS_WEAK_KEYS)
        done = store_key(world, id, key, value);
    else if (node->is == HM_OBJECTS_IS_WEAK_VALUES)
        done = store_value(world, id, step->detail % VALUE_KEYS, value);
    else
        done = store_item(world, id, value);
    if (!done)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "a store in %s is refused: %s",
                          hm_objects_name(world, id), world->heap->error.message);
}

void hm_objects_weak_cut(hm_objects_world *world, uint32_t id, const hm_objects_step *step)
{
    const hm_objects_node *node = node_at(world, id);
    hm_heap *heap = world->heap;
    hm_object *object = node->object;
    bool done;
    if ((node->flags & HM_OBJECTS_FOGGED) != 0 || node->edge_count == 0)
        return;
    uint32_t index = step->detail % node->edge_count, is = node->is;
    hm_objects_edge edge = node->edges[index];
    hm_object *member = hm_objects_object(world, known_by(&edge));
    hm_incref(member); /* alive, or its entry would be gone */
    hm_objects_unlink(world, id, index);
    if (is == HM_OBJECTS_IS_WEAK_SET)
        done = hm_weak_set_remove(heap, object, member);
    else if (is == HM_OBJECTS_IS_WEAK_KEYS)
        done = hm_weak_key_dict_delete(heap, object, member);
    else
        done = hm_weak_value_dict_delete(heap, object, hm_int_new(heap, edge.name >> VALUE_KEY));
    if (!done)
        HM_OBJECTS_DEFECT(world, CONTENTS, "%s does not have what was put into it",
                          hm_objects_name(world, id));
    hm_decref(heap, member);
}

void hm_objects_weak_clear(hm_objects_world *world, uint32_t id)
{
    if ((node_at(world, id)->flags & HM_OBJECTS_FOGGED) != 0)
        return;
    hm_objects_unlink_from(world, id, 0);
    hm_weak_set_clear(world->heap, hm_objects_object(world, id));
}

void hm_objects_weak_forget(hm_objects_world *world, uint32_t member)
{
    for (size_t place = 0; place < HM_OBJECTS_WEAK_CONTAINERS; place++) {
        uint32_t id = world->weak_containers[place];
        bool known = (node_at(world, id)->flags & HM_OBJECTS_FOGGED) == 0;
        for (uint32_t index = 0; known && index < node_at(world, id)->edge_count;) {
            if (known_by(&node_at(world, id)->edges[index]) == member)
                hm_objects_unlink(world, id, index);
            else
                index++;
        }
    }
}

/* What was a container's values are references that there may be. */
static void fog(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = node_at(world, id);
    for (uint32_t index = 0; (node->flags & HM_OBJECTS_FOGGED) == 0 && index < node->edge_count;
         index++) {
        uint32_t to = node->edges[index].to;
        hm_objects_uncount(world, to);
        node_at(world, to)->maybe += to != HM_OBJECTS_NONE;
    }
    node->flags |= HM_OBJECTS_FOGGED;
}

/* A suspect may have lost its entry, or as a container the entries of others. */
void hm_objects_weak_fog(hm_objects_world *world, uint32_t suspect)
{
    if (node_at(world, suspect)->is >= HM_OBJECTS_IS_WEAK_SET)
        fog(world, suspect);
    if ((node_at(world, suspect)->flags & HM_OBJECTS_IN_WEAK) == 0)
        return;
    for (size_t place = 0; place < HM_OBJECTS_WEAK_CONTAINERS; place++) {
        uint32_t id = world->weak_containers[place];
        if (id != HM_OBJECTS_NONE &&
            find_member(world, id, suspect) < node_at(world, id)->edge_count)
            fog(world, id);
    }
}

/* ---- weak references ---- */

void hm_objects_weak_leave(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = node_at(world, id);
    uint32_t *at = &node_at(world, node->subject)->weak_first;
    while (*at != id && *at != HM_OBJECTS_NOBODY)
        at = &node_at(world, *at)->weak_next;
    if (*at == id)
        *at = node->weak_next;
    node->flags &= (uint16_t)~HM_OBJECTS_LIVES;
    node->weak_next = HM_OBJECTS_NOBODY;
}

/* It is dead in the runtime: its callback was called, unless it was garbage itself. */
static void killed(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = node_at(world, id);
    bool calls = (node->flags & HM_OBJECTS_CALLS) != 0 || node->edge_count > 0;
    hm_objects_weak_leave(world, id);
    if (calls && node->called == 0 && (node->flags & HM_OBJECTS_SUSPECT) == 0)
        HM_OBJECTS_DEFECT(world, CALL_MISSED,
                          "a weak reference that died with its object, %s, did not call back",
                          hm_objects_name(world, node->subject));
    if (node->edge_count > 0 && hm_weakref_callback_object(node->object) == NULL)
        hm_objects_unlink_from(world, id, 0);
}

static void check_finalize(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = node_at(world, id);
    bool lives = (node->flags & HM_OBJECTS_LIVES) != 0;
    if (lives && world->nodes[node->subject].object == NULL)
        HM_OBJECTS_DEFECT(world, CALL_MISSED,
                          "a finalize object was not called when its object, %s, died",
                          hm_objects_name(world, node->subject));
    if (hm_finalize_is_alive(node->object) != lives)
        HM_OBJECTS_DEFECT(world, CONTENTS, "a finalize object is %s", lives ? "dead" : "alive");
}

void hm_objects_check_weak(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = node_at(world, id);
    if (node->is == HM_OBJECTS_IS_FINALIZE) {
        check_finalize(world, id);
        return;
    }
    const hm_weak_reference *weak = (const hm_weak_reference *)node->object;
    const hm_objects_node *subject = node_at(world, node->subject);
    bool lives = (node->flags & HM_OBJECTS_LIVES) != 0;
    if (weak->referent != NULL && (!lives || subject->object == NULL))
        HM_OBJECTS_DEFECT(world, WEAKREF_OUTLIVES,
                          "a weak reference is alive, and its object, %s, is dead",
                          hm_objects_name(world, node->subject));
    if (!lives)
        return;
    if (weak->referent == NULL && subject->object != NULL &&
        ((subject->flags | node->flags) & HM_OBJECTS_SUSPECT) == 0)
        HM_OBJECTS_DEFECT(world, WEAKREF_EARLY,
                          "a weak reference is dead, and its object, %s, is alive",
                          hm_objects_name(world, node->subject));
    if (weak->referent != NULL && weak->referent != subject->object)
        HM_OBJECTS_DEFECT(world, CONTENTS, "a weak reference refers to something else");
    if (weak->referent != NULL && node->called > 0)
        HM_OBJECTS_DEFECT(world, WEAKREF_EARLY, "a weak reference has called back and is alive");
    if (weak->referent == NULL)
        killed(world, id);
}

void hm_objects_weak_died(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = node_at(world, id);
    for (size_t place = 0; place < HM_OBJECTS_WEAK_CONTAINERS; place++) {
        if (world->weak_containers[place] == id)
            world->weak_containers[place] = HM_OBJECTS_NONE;
    }
    if ((node->is == HM_OBJECTS_IS_WEAKREF || node->is == HM_OBJECTS_IS_FINALIZE) &&
        (node->flags & HM_OBJECTS_LIVES) != 0)
        hm_objects_weak_leave(world, id);
}
