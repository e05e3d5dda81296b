/* Every object held against the model: alive, of its type, counted, tracked, with its contents. */
#include "bench/stress/objects/world.h"

static void check_count(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    uint32_t count = node->object->reference_count;
    if (node->object->type != node->type || (node->object->collector_word & HM_WORD_DEFERRED) != 0)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "%s is no more one", hm_objects_name(world, id));
    if (node->count == 0 && node->maybe == 0)
        HM_OBJECTS_DEFECT(world, LEAKED_BY_COUNT, "%s lives on that nothing refers to",
                          hm_objects_name(world, id));
    if (count < node->count || count > node->count + node->maybe)
        HM_OBJECTS_DEFECT(world, COUNT_WRONG, "%s with %u reference(s) has a count of %u",
                          hm_objects_name(world, id), node->count, count);
}

/* What holds only atoms may be untracked where it is a tuple or a dict, and nothing else may. */
static void check_tracked(hm_objects_world *world, uint32_t id)
{
    const hm_objects_node *node = &world->nodes[id];
    bool may_be_untracked = node->is == HM_OBJECTS_IS_TUPLE || node->is == HM_OBJECTS_IS_DICT;
    bool holds = !may_be_untracked;
    if (!hm_is_container(node->object) || hm_is_tracked(node->object))
        return;
    for (uint32_t index = 0; index < node->edge_count && !holds; index++) {
        const hm_objects_edge *edge = &node->edges[index];
        const hm_object *key =
            node->is == HM_OBJECTS_IS_DICT ? hm_objects_object(world, edge->name) : NULL;
        holds = hm_may_be_tracked(hm_objects_object(world, edge->to)) ||
                (key != NULL && hm_may_be_tracked(key));
    }
    if (holds)
        HM_OBJECTS_DEFECT(world, UNTRACKED, "%s that may be in a cycle is not tracked",
                          hm_objects_name(world, id));
}

void hm_objects_check(hm_objects_world *world)
{
    hm_error error = {0};
    for (uint32_t index = 0; index < world->alive_count; index++) {
        uint32_t id = world->alive[index];
        check_count(world, id);
        check_tracked(world, id);
    }
    for (uint32_t index = 0; index < world->alive_count; index++)
        hm_objects_check_contents(world, world->alive[index]);
    hm_stress_checked(world->record, world->thread, 3 * (uint64_t)world->alive_count);
    if (hm_heap_check(world->heap, &error) != HM_OK)
        HM_OBJECTS_DEFECT(world, HEAP_INVALID, "%s", error.message);
    hm_error_clear(&world->heap->error);
}
