/**
 * This module is the end of a step: what died in it is held against the model, and what a
 * collection may have done to what it did not free is learnt.
 */
#include "bench/stress/objects/world.h"
#include "object/weakref_layout.h"

/* What only a garbage list holds is put back where it was: in nobody's reach. */
static void empty_garbage(hm_objects_world *world)
{
    hm_object *garbage = hm_heap_garbage(world->heap);
    for (size_t index = 0; garbage != NULL && index < hm_list_length(garbage); index++) {
        uint32_t id = hm_objects_node_of(world, hm_list_get(garbage, index));
        if (id == HM_OBJECTS_NONE || (world->nodes[id].flags & HM_OBJECTS_LEGACY) == 0)
            HM_OBJECTS_DEFECT(world, UNCOLLECTED,
                              "the garbage list holds %s without a legacy finalizer",
                              hm_objects_name(world, id));
    }
    if (garbage != NULL && hm_list_length(garbage) > 0)
        hm_list_clear(world->heap, garbage);
}

/* ---- the dead ---- */

static void settle_weakrefs(hm_objects_world *world, uint32_t id)
{
    for (uint32_t weak = world->nodes[id].weak_first; weak != HM_OBJECTS_NOBODY;) {
        uint32_t next = world->nodes[weak].weak_next;
        hm_objects_check_weak(world, weak);
        weak = next;
    }
}

/* Whom a living object refers to is named by one of those. */
static const char *holder_of(const hm_objects_world *world, uint32_t id)
{
    for (uint32_t index = 0; index < world->alive_count; index++) {
        const hm_objects_node *node = &world->nodes[world->alive[index]];
        for (uint32_t edge = 0; edge < node->edge_count; edge++) {
            if (node->edges[edge].to == id)
                return hm_objects_name(world, world->alive[index]);
        }
    }
    return "a living object";
}

static void settle_death(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    if (node->count > 0)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "%s is freed that %s refers to",
                          hm_objects_name(world, id), holder_of(world, id));
    bool suspended = node->is == HM_OBJECTS_IS_GENERATOR && node->status == HM_GENERATOR_SUSPENDED;
    bool ends = (node->flags & HM_OBJECTS_FINALIZES) != 0 &&
                (node->is == HM_OBJECTS_IS_INSTANCE || suspended);
    bool legacy = ends && (node->flags & HM_OBJECTS_LEGACY) != 0;
    if (ends && (node->finalized == 0 || (legacy && node->finalized_at != world->steps)))
        HM_OBJECTS_DEFECT(world, NOT_FINALIZED, "%s%s died without its finalizer",
                          hm_objects_name(world, id), suspended ? ", suspended," : "");
    hm_stress_checked(world->record, world->thread, 1);
}

/* ---- suspects that live ---- */

/* A full collection kills all weak references to what it finds unreachable, and those that are. */
static void check_swept(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    bool weak = node->is == HM_OBJECTS_IS_WEAKREF && (node->flags & HM_OBJECTS_LIVES) != 0;
    if (weak && hm_weakref_peek(node->object) != NULL)
        HM_OBJECTS_DEFECT(world, WEAKREF_OUTLIVES,
                          "a weak reference that a collection found unreachable still refers");
    for (uint32_t about = node->weak_first; about != HM_OBJECTS_NOBODY;
         about = world->nodes[about].weak_next) {
        if (world->nodes[about].is == HM_OBJECTS_IS_WEAKREF &&
            hm_weakref_peek(world->nodes[about].object) != NULL)
            HM_OBJECTS_DEFECT(world, WEAKREF_OUTLIVES,
                              "a weak reference outlives the collection that found its object, %s, "
                              "unreachable",
                              hm_objects_name(world, id));
    }
}

/* A suspended generator without a cleanup says nothing when a collection ends it. */
static void learn_generator(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = &world->nodes[id];
    hm_generator_status status = hm_generator_get_status(node->object);
    if (status != HM_GENERATOR_FINISHED || node->status == HM_GENERATOR_FINISHED)
        return;
    if (node->status == HM_GENERATOR_SUSPENDED)
        hm_objects_unlink_from(world, id, 0);
    node->status = HM_GENERATOR_FINISHED;
}

static void settle_suspect(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = &world->nodes[id];
    if (node->object == NULL)
        return;
    if ((node->flags & HM_OBJECTS_SWEPT) != 0)
        check_swept(world, id);
    node->flags &= (uint16_t) ~(HM_OBJECTS_SWEPT | HM_OBJECTS_KEPT_BY_LEGACY);
    if (node->is == HM_OBJECTS_IS_GENERATOR)
        learn_generator(world, id);
    if (node->is == HM_OBJECTS_IS_WEAKREF)
        hm_objects_check_weak(world, id);
    settle_weakrefs(world, id);
    hm_objects_weak_fog(world, id);
}

/* Weak references first: what they hold may be among the dead. */
static void settle_dead(hm_objects_world *world)
{
    for (uint32_t index = 0; index < world->dead_count; index++) {
        uint32_t id = world->dead[index];
        settle_weakrefs(world, id);
        if ((world->nodes[id].flags & HM_OBJECTS_IN_WEAK) != 0)
            hm_objects_weak_forget(world, id);
    }
    for (uint32_t index = 0; index < world->suspect_count; index++)
        settle_suspect(world, world->suspects[index]);
    for (uint32_t index = 0; index < world->dead_count; index++)
        settle_death(world, world->dead[index]);
}

void hm_objects_settle(hm_objects_world *world)
{
    hm_objects_release(world);
    empty_garbage(world);
    hm_error_clear(&world->heap->error);
    settle_dead(world);
    world->dead_count = 0;
    world->suspect_count = 0;
}
