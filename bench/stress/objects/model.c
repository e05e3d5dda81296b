/* Nodes, edges and roots: what the program knows of its objects. */
#include "base/system_memory.h"
#include "bench/stress/objects/world.h"

#include <string.h>

_Thread_local hm_objects_world *hm_objects_now;

/* Of address space; only what is used costs anything. */
enum { ROOM_BYTES = 64 << 20, ROOM_FULL = 48 << 20, FIRST_EDGES_LOG = 2 };

const char *hm_objects_name(const hm_objects_world *world, uint32_t node)
{
    static const char *const names[] = {"None",
                                        "a list",
                                        "a tuple",
                                        "a dict",
                                        "a set",
                                        "a class",
                                        "an instance",
                                        "a cell",
                                        "a function",
                                        "a method",
                                        "a frame",
                                        "a generator",
                                        "a text",
                                        "an int",
                                        "a float",
                                        "a weak reference",
                                        "a finalize object",
                                        "a weak set",
                                        "a weak-key dict",
                                        "a weak-value dict"};
    return names[world->nodes[node].is];
}

/* ---- edges ---- */

static hm_objects_edge *new_edges(hm_objects_world *world, unsigned log)
{
    hm_objects_edge *edges = world->spare[log];
    if (edges != NULL) {
        memcpy(&world->spare[log], (void *)edges, sizeof edges);
        return edges;
    }
    size_t bytes = sizeof(hm_objects_edge) << log;
    if (world->room == NULL && (world->room = hm_system_map(ROOM_BYTES)) == NULL)
        hm_stress_machine_refuses("the model of a heap");
    edges = (hm_objects_edge *)(void *)(world->room + world->room_used);
    world->room_used += bytes;
    HM_CHECK(world->room_used <= ROOM_BYTES);
    return edges;
}

static void spare_edges(hm_objects_world *world, hm_objects_node *node)
{
    if (node->edge_room == 0)
        return;
    unsigned log = (unsigned)__builtin_ctz(node->edge_room);
    memcpy((void *)node->edges, &world->spare[log], sizeof world->spare[log]);
    world->spare[log] = node->edges;
    node->edges = NULL;
    node->edge_room = 0;
}

static void grow_edges(hm_objects_world *world, hm_objects_node *node)
{
    unsigned log =
        node->edge_room == 0 ? FIRST_EDGES_LOG : (unsigned)__builtin_ctz(node->edge_room) + 1;
    hm_objects_edge *edges = new_edges(world, log);
    if (node->edge_count > 0)
        memcpy(edges, node->edges, node->edge_count * sizeof *edges);
    spare_edges(world, node);
    node->edges = edges;
    node->edge_room = 1u << log;
}

void hm_objects_forget_edges(hm_objects_world *world)
{
    if (world->room != NULL)
        hm_system_unmap(world->room, ROOM_BYTES);
    world->room = NULL;
    world->room_used = 0;
    memset(world->spare, 0, sizeof world->spare);
}

void hm_objects_count(hm_objects_world *world, uint32_t node)
{
    if (node != HM_OBJECTS_NOBODY && node != HM_OBJECTS_NONE)
        world->nodes[node].count++;
}

void hm_objects_uncount(hm_objects_world *world, uint32_t node)
{
    if (node == HM_OBJECTS_NOBODY || node == HM_OBJECTS_NONE)
        return;
    HM_CHECK(world->nodes[node].count > 0);
    world->nodes[node].count--;
}

static bool counts_names(const hm_objects_node *node)
{
    return node->is == HM_OBJECTS_IS_DICT;
}

void hm_objects_link(hm_objects_world *world, uint32_t from, uint32_t to, uint32_t name)
{
    hm_objects_node *node = &world->nodes[from];
    if (node->edge_count == node->edge_room)
        grow_edges(world, node);
    node->edges[node->edge_count++] = (hm_objects_edge){.to = to, .name = name};
    hm_objects_count(world, to);
    if (counts_names(node))
        hm_objects_count(world, name);
}

static void uncount_edge(hm_objects_world *world, const hm_objects_node *node, uint32_t index)
{
    hm_objects_edge edge = node->edges[index];
    if ((node->flags & HM_OBJECTS_FOGGED) != 0 && edge.to != HM_OBJECTS_NONE)
        world->nodes[edge.to].maybe--;
    else
        hm_objects_uncount(world, edge.to);
    if (counts_names(node))
        hm_objects_uncount(world, edge.name);
}

void hm_objects_unlink(hm_objects_world *world, uint32_t from, uint32_t index)
{
    hm_objects_node *node = &world->nodes[from];
    uncount_edge(world, node, index);
    node->edge_count--;
    memmove(&node->edges[index], &node->edges[index + 1],
            (node->edge_count - index) * sizeof *node->edges);
}

void hm_objects_unlink_from(hm_objects_world *world, uint32_t from, uint32_t index)
{
    hm_objects_node *node = &world->nodes[from];
    while (node->edge_count > index) {
        uncount_edge(world, node, node->edge_count - 1);
        node->edge_count--;
    }
}

void hm_objects_relink(hm_objects_world *world, uint32_t from, uint32_t index, uint32_t to)
{
    hm_objects_edge *edge = &world->nodes[from].edges[index];
    hm_objects_count(world, to);
    hm_objects_uncount(world, edge->to);
    edge->to = to;
}

uint32_t hm_objects_find_edge(const hm_objects_world *world, uint32_t from, uint32_t name)
{
    const hm_objects_node *node = &world->nodes[from];
    uint32_t index = 0;
    while (index < node->edge_count && node->edges[index].name != name)
        index++;
    return index;
}

/* ---- nodes ---- */

bool hm_objects_has_room(const hm_objects_world *world)
{
    return world->alive_count < HM_OBJECTS_MOST_ALIVE &&
           world->node_count + HM_OBJECTS_MOST_ALIVE < HM_OBJECTS_NODES &&
           world->room_used < ROOM_FULL;
}

uint32_t hm_objects_reserve(hm_objects_world *world, hm_objects_type is)
{
    uint32_t id = world->node_count++;
    HM_CHECK(id < HM_OBJECTS_NODES);
    world->nodes[id] = (hm_objects_node){.is = (uint8_t)is,
                                         .subject = HM_OBJECTS_NOBODY,
                                         .weak_first = HM_OBJECTS_NOBODY,
                                         .weak_next = HM_OBJECTS_NOBODY};
    return id;
}

static const void *block_of(const hm_objects_world *world, const hm_object *object)
{
    size_t prefix = hm_is_container(object) ? world->heap->prefix_bytes : 0;
    return (const char *)object - prefix;
}

hm_objects_node *hm_objects_born(hm_objects_world *world, uint32_t id, hm_object *object)
{
    hm_objects_node *node = &world->nodes[id];
    const hm_error *error = &world->heap->error;
    if (object == NULL)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "%s that can be made is refused: %s",
                          hm_objects_name(world, id), error->message);
    hm_objects_block *block = hm_objects_ledger_find(&world->ledger, block_of(world, object));
    if (block == NULL)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "%s is freed before its maker has it",
                          hm_objects_name(world, id));
    if (block->node != HM_OBJECTS_NONE)
        HM_OBJECTS_DEFECT(world, DOUBLE_HAND_OUT, "%s, just made, is %s that lives",
                          hm_objects_name(world, id), hm_objects_name(world, block->node));
    block->node = id;
    node->object = object;
    node->type = object->type;
    node->flags |= object->type->weaklist_offset != 0 ? HM_OBJECTS_HAS_WEAK : 0;
    node->alive_at = world->alive_count;
    world->alive[world->alive_count++] = id;
    return node;
}

uint32_t hm_objects_node_of(const hm_objects_world *world, const hm_object *object)
{
    if (object == &hm_none)
        return HM_OBJECTS_NONE;
    const hm_objects_block *block = hm_objects_ledger_find(&world->ledger, block_of(world, object));
    return block == NULL ? HM_OBJECTS_NONE : block->node;
}

hm_object *hm_objects_object(const hm_objects_world *world, uint32_t node)
{
    if (node == HM_OBJECTS_NOBODY)
        return NULL;
    return node == HM_OBJECTS_NONE ? &hm_none : world->nodes[node].object;
}

static void check_death(hm_objects_world *world, uint32_t id)
{
    if (world->nodes[id].roots > 0)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "%s is freed that the program holds",
                          hm_objects_name(world, id));
    if (world->collecting && (world->nodes[id].flags & HM_OBJECTS_KEPT_BY_LEGACY) != 0)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "a collection frees %s that a legacy finalizer keeps",
                          hm_objects_name(world, id));
    if (hm_objects_is_reached(world, id))
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "a collection frees %s that can be reached",
                          hm_objects_name(world, id));
}

void hm_objects_died(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = &world->nodes[id];
    if (!world->destroying)
        check_death(world, id);
    hm_objects_weak_died(world, id);
    hm_objects_unlink_from(world, id, 0);
    spare_edges(world, node);
    node->object = NULL;
    uint32_t last = world->alive[--world->alive_count];
    world->alive[node->alive_at] = last;
    world->nodes[last].alive_at = node->alive_at;
    world->dead[world->dead_count++] = id;
}

/* ---- roots ---- */

static void hold_root(hm_objects_world *world, uint32_t node)
{
    hm_objects_count(world, node);
    if (node != HM_OBJECTS_NOBODY)
        world->nodes[node].roots++;
}

static void drop_root(hm_objects_world *world, uint32_t node)
{
    hm_objects_uncount(world, node);
    if (node != HM_OBJECTS_NOBODY)
        world->nodes[node].roots--;
}

void hm_objects_place(hm_objects_world *world, size_t slot, uint32_t node)
{
    hm_object *before = world->slots[slot];
    uint32_t node_before = world->slot_nodes[slot];
    hold_root(world, node);
    world->slots[slot] = hm_objects_object(world, node);
    world->slot_nodes[slot] = node;
    drop_root(world, node_before);
    hm_xdecref(world->heap, before);
}

uint32_t hm_objects_hold(hm_objects_world *world, size_t slot)
{
    uint32_t node = world->slot_nodes[slot];
    HM_CHECK(world->held_count < HM_OBJECTS_MOST_HELD);
    if (node == HM_OBJECTS_NOBODY)
        node = HM_OBJECTS_NONE;
    hold_root(world, node);
    hm_incref(hm_objects_object(world, node));
    world->held[world->held_count++] = node;
    return node;
}

void hm_objects_release(hm_objects_world *world)
{
    while (world->held_count > 0) {
        uint32_t node = world->held[--world->held_count];
        hm_object *object = hm_objects_object(world, node);
        drop_root(world, node);
        hm_decref(world->heap, object);
    }
}

/* ---- what can be reached ---- */

static void visit(hm_objects_world *world, uint32_t node, uint32_t *height)
{
    if (node == HM_OBJECTS_NOBODY || world->nodes[node].mark == world->mark)
        return;
    world->nodes[node].mark = world->mark;
    world->stack[(*height)++] = node;
}

static void follow(hm_objects_world *world, uint32_t height, bool weak_keys_hold)
{
    while (height > 0) {
        const hm_objects_node *node = &world->nodes[world->stack[--height]];
        bool known = node->is != HM_OBJECTS_IS_WEAK_KEYS || weak_keys_hold;
        for (uint32_t index = 0; known && index < node->edge_count; index++) {
            visit(world, node->edges[index].to, &height);
            if (counts_names(node))
                visit(world, node->edges[index].name, &height);
        }
    }
}

void hm_objects_mark_more(hm_objects_world *world, uint32_t node, bool weak_keys_hold)
{
    uint32_t height = 0;
    visit(world, node, &height);
    follow(world, height, weak_keys_hold);
}

/* A finalize object that has not been called is held by the heap. */
void hm_objects_mark(hm_objects_world *world, bool weak_keys_hold)
{
    uint32_t height = 0;
    world->mark++;
    for (size_t slot = 0; slot < HM_OBJECTS_SLOTS; slot++)
        visit(world, world->slot_nodes[slot], &height);
    for (uint32_t index = 0; index < world->held_count; index++)
        visit(world, world->held[index], &height);
    for (uint32_t index = 0; world->finalizes_alive > 0 && index < world->alive_count; index++) {
        const hm_objects_node *node = &world->nodes[world->alive[index]];
        if (node->is == HM_OBJECTS_IS_FINALIZE && (node->flags & HM_OBJECTS_LIVES) != 0)
            visit(world, world->alive[index], &height);
    }
    follow(world, height, weak_keys_hold);
}

/* Bodies may have let go of it meanwhile, or brought back what could not be reached. */
bool hm_objects_is_reached(hm_objects_world *world, uint32_t id)
{
    if (!world->collecting || world->nodes[id].reached_at != world->collections)
        return false;
    hm_objects_mark(world, false);
    return hm_objects_marked(world, id);
}
