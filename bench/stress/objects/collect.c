/* What is asked of the collector: collections, its settings, freezing, and what it knows. */
#include "bench/stress/objects/world.h"
#include "object/runtime.h"

enum { MOST_ROUNDS = 60, SLACK = 200 };

static bool can(const hm_objects_world *world, uint32_t capability)
{
    return (world->collector.collector->capabilities & capability) != 0;
}

/* ---- while one runs ---- */

void hm_objects_suspect(hm_objects_world *world, uint32_t id)
{
    hm_objects_node *node = &world->nodes[id];
    node->flags |= HM_OBJECTS_SUSPECT;
    if (node->suspect_at == world->steps)
        return;
    node->suspect_at = world->steps;
    world->suspects[world->suspect_count++] = id;
}

static void suspect_unmarked(hm_objects_world *world)
{
    for (uint32_t index = 0; index < world->alive_count; index++) {
        uint32_t id = world->alive[index];
        if (hm_objects_marked(world, id)) {
            world->nodes[id].reached_at = world->collections;
            continue;
        }
        hm_objects_suspect(world, id);
    }
}

/* Marks what is unreachable and stays all the same: by a legacy finalizer, or by what the model
 * does not know; whether there is any. */
static bool mark_kept(hm_objects_world *world)
{
    bool any = false;
    for (uint32_t index = 0; index < world->alive_count; index++) {
        uint32_t id = world->alive[index];
        const hm_objects_node *node = &world->nodes[id];
        bool legacy = node->is == HM_OBJECTS_IS_INSTANCE && (node->flags & HM_OBJECTS_LEGACY) != 0;
        if (hm_objects_marked(world, id) || (!legacy && node->maybe == 0))
            continue;
        hm_objects_mark_more(world, id, true);
        any = true;
    }
    return any;
}

/* An unreachable object with a legacy finalizer that is in a cycle lives, and all it refers to. */
static void keep_legacy(hm_objects_world *world)
{
    for (uint32_t index = 0; index < world->suspect_count; index++) {
        uint32_t id = world->suspects[index];
        const hm_objects_node *node = &world->nodes[id];
        if (node->object == NULL || node->is != HM_OBJECTS_IS_INSTANCE ||
            (node->flags & HM_OBJECTS_LEGACY) == 0)
            continue;
        world->mark++;
        for (uint32_t edge = 0; edge < node->edge_count; edge++)
            hm_objects_mark_more(world, node->edges[edge].to, false);
        if (!hm_objects_marked(world, id))
            continue;
        for (uint32_t other = 0; other < world->suspect_count; other++) {
            if (hm_objects_marked(world, world->suspects[other]))
                world->nodes[world->suspects[other]].flags |= HM_OBJECTS_KEPT_BY_LEGACY;
        }
    }
}

/* A full collection takes all the rest, if nothing is dying meanwhile: who dies still refers. */
static void sweep_unmarked(hm_objects_world *world)
{
    if (world->generation != HM_GENERATIONS - 1 || world->frozen || world->depth > 0 ||
        hm_deallocation_depth(world->heap) > 0)
        return;
    mark_kept(world);
    for (uint32_t index = 0; index < world->suspect_count; index++) {
        uint32_t id = world->suspects[index];
        if (world->nodes[id].object != NULL && !hm_objects_marked(world, id))
            world->nodes[id].flags |= HM_OBJECTS_SWEPT;
    }
    keep_legacy(world);
}

void hm_objects_on_event(void *context, const hm_event *event)
{
    hm_objects_world *world = context;
    if (world->destroying)
        return;
    if (event->kind == HM_EVENT_COLLECTION_BEGIN) {
        if (world->collecting)
            HM_OBJECTS_DEFECT(world, HEAP_INVALID, "a collection begins inside another");
        world->collections++;
        world->generation = event->generation;
        world->thresholds_lowered = false;
        hm_objects_mark(world, true);
        suspect_unmarked(world);
        sweep_unmarked(world);
        world->collecting = true;
    } else if (event->kind == HM_EVENT_COLLECTION_END) {
        world->collecting = false;
    }
}

/* ---- generations ---- */

static void count_one(hm_object *object, void *context)
{
    HM_UNUSED(object);
    ++*(uint64_t *)context;
}

static uint64_t in_generation(hm_objects_world *world, int generation)
{
    uint64_t count = 0;
    world->collector.collector->enumerate(world->heap, generation, count_one, &count);
    return count;
}

/* Where no body ran, those collected are empty and what survived is one older; nothing more. */
static void check_generations(hm_objects_world *world, int generation, const uint64_t *before,
                              bool had_garbage)
{
    int into = generation + 1 < HM_GENERATIONS ? generation + 1 : generation;
    if ((hm_heap_garbage(world->heap) != NULL) != had_garbage)
        return; /* its list is new, and stands among the oldest */
    for (int index = 0; index < HM_GENERATIONS; index++) {
        uint64_t now = in_generation(world, index);
        if (index < into && now > 0)
            HM_OBJECTS_DEFECT(world, PROMOTED,
                              "%llu objects are in generation %d after its collection",
                              (unsigned long long)now, index);
        if (index > into && now > before[index])
            HM_OBJECTS_DEFECT(world, PROMOTED,
                              "a collection of generation %d brings objects to generation %d",
                              generation, index);
    }
}

/* ---- collecting ---- */

static void check_counted(hm_objects_world *world, int generation,
                          const hm_collection_counts *before, int64_t found)
{
    hm_collection_counts now = hm_gc_get_stats(world->heap, generation);
    uint64_t told = now.collected + now.uncollectable - before->collected - before->uncollectable;
    if (now.collections <= before->collections)
        HM_OBJECTS_DEFECT(world, UNCOLLECTED, "a collection that was asked for is not counted");
    if (now.collections == before->collections + 1 && told != (uint64_t)found)
        HM_OBJECTS_DEFECT(world, HEAP_INVALID,
                          "a collection of %lld objects is counted as one of %llu",
                          (long long)found, (unsigned long long)told);
}

static bool is_listed(const hm_object *list, const hm_object *object)
{
    for (size_t index = 0; list != NULL && index < hm_list_length(list); index++) {
        if (hm_list_get(list, index) == object)
            return true;
    }
    return false;
}

/* What has a legacy finalizer and cannot be reached is told after a full collection. */
static void check_garbage(hm_objects_world *world)
{
    const hm_object *garbage = hm_heap_garbage(world->heap);
    hm_objects_mark(world, true);
    for (uint32_t index = 0; index < world->alive_count; index++) {
        uint32_t id = world->alive[index];
        const hm_objects_node *node = &world->nodes[id];
        if (node->is == HM_OBJECTS_IS_INSTANCE && (node->flags & HM_OBJECTS_LEGACY) != 0 &&
            node->suspect_at == world->steps && !hm_objects_marked(world, id) &&
            !is_listed(garbage, node->object))
            HM_OBJECTS_DEFECT(world, UNCOLLECTED,
                              "what a legacy finalizer keeps is not in the garbage list");
    }
}

static void collect(hm_objects_world *world, int generation)
{
    bool generations = can(world, HM_COLLECTOR_CPYTHON);
    uint64_t before[HM_GENERATIONS] = {0}, bodies = world->bodies;
    hm_collection_counts counted = hm_gc_get_stats(world->heap, generation);
    bool had_garbage = hm_heap_garbage(world->heap) != NULL;
    for (int index = 0; generations && index < HM_GENERATIONS; index++)
        before[index] = in_generation(world, index);
    int64_t found = hm_gc_collect(world->heap, generation);
    if (found < 0)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "a collection is refused: %s",
                          world->heap->error.message);
    if (can(world, HM_COLLECTOR_COLLECTS))
        check_counted(world, generation, &counted, found);
    if (generation == HM_GENERATIONS - 1 && can(world, HM_COLLECTOR_COLLECTS) && !world->frozen)
        check_garbage(world);
    if (!can(world, HM_COLLECTOR_COLLECTS) && (found > 0 || world->dead_count > 0))
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "a collector that does not collect freed something");
    if (generations && bodies == world->bodies)
        check_generations(world, generation, before, had_garbage);
    hm_objects_settle(world);
}

/* All that is asked for and not given back belongs to what can be reached, or to the heap. */
static void check_account(hm_objects_world *world)
{
    hm_heap_account account;
    if (!hm_heap_take_account(world->heap, &account))
        hm_stress_machine_refuses("an account of the heap");
    uint64_t told = account.live_bytes + account.prefix_bytes + account.own_bytes;
    if (told != world->ledger.bytes)
        HM_OBJECTS_DEFECT(world, HEAP_INVALID, "the heap accounts for %llu bytes and has %llu",
                          (unsigned long long)told, (unsigned long long)world->ledger.bytes);
}

static void check_collected(hm_objects_world *world)
{
    hm_objects_mark(world, true);
    bool any = mark_kept(world);
    for (uint32_t index = 0; index < world->alive_count; index++) {
        uint32_t id = world->alive[index];
        if (!hm_objects_marked(world, id))
            HM_OBJECTS_DEFECT(world, LEAKED_BY_COLLECTOR,
                              "%s that nothing can reach lives on after full collections",
                              hm_objects_name(world, id));
    }
    hm_stress_checked(world->record, world->thread, world->alive_count);
    if (!any)
        check_account(world);
}

void hm_objects_collect_all(hm_objects_world *world)
{
    for (unsigned round = 0; round < MOST_ROUNDS; round++) {
        uint64_t bodies = world->bodies;
        uint32_t alive = world->alive_count;
        collect(world, HM_GENERATIONS - 1);
        if (bodies == world->bodies && alive == world->alive_count)
            break;
    }
    if (can(world, HM_COLLECTOR_COLLECTS) && !world->frozen)
        check_collected(world);
}

/* ---- settings ---- */

static void set(hm_objects_world *world, const hm_objects_step *step)
{
    static const uint32_t first[] = {1, 7, 50, 700, 2000, 700, 50, 0};
    const uint32_t thresholds[HM_GENERATIONS] = {first[step->detail % 8],
                                                 1 + step->detail / 8 % 10u, 2};
    if (step->choice % 4 == 0)
        hm_gc_disable(world->heap);
    else if (!hm_gc_enable(world->heap) && can(world, HM_COLLECTOR_COLLECTS))
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "automatic collection is refused");
    world->thresholds_lowered = true; /* or collection off until now: it may be overdue */
    if (step->choice % 4 >= 2)
        hm_gc_set_thresholds(world->heap, thresholds);
}

/* What is frozen no collection looks at. */
static void freeze(hm_objects_world *world, bool thaws)
{
    uint32_t alive = world->alive_count;
    if (!hm_gc_freeze(world->heap)) {
        if (can(world, HM_COLLECTOR_FREEZES))
            HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "freezing is refused");
        return;
    }
    uint64_t frozen = hm_gc_get_freeze_count(world->heap) + (hm_heap_garbage(world->heap) != NULL);
    if (frozen != hm_heap_tracked_objects(world->heap))
        HM_OBJECTS_DEFECT(world, HEAP_INVALID, "%llu objects are frozen of %llu that are tracked",
                          (unsigned long long)frozen,
                          (unsigned long long)hm_heap_tracked_objects(world->heap));
    world->frozen = true;
    hm_gc_collect(world->heap, HM_GENERATIONS - 1);
    if (world->alive_count != alive)
        HM_OBJECTS_DEFECT(world, FREED_EARLY, "a collection frees what is frozen");
    world->frozen = !thaws || !hm_gc_unfreeze(world->heap);
}

void hm_objects_collect(hm_objects_world *world, const hm_objects_step *step)
{
    if (step->kind == HM_OBJECTS_COLLECT && step->choice % 3 == HM_GENERATIONS - 1)
        hm_objects_collect_all(world);
    else if (step->kind == HM_OBJECTS_COLLECT)
        collect(world, step->choice % 3);
    else if (step->kind == HM_OBJECTS_AUTOMATIC)
        set(world, step);
    else if (step->kind == HM_OBJECTS_FREEZE)
        freeze(world, step->choice % 2 != 0);
    else
        world->frozen = world->frozen && !hm_gc_unfreeze(world->heap);
}

void hm_objects_check_automatic(hm_objects_world *world)
{
    const hm_heap *heap = world->heap;
    uint32_t threshold = heap->settings.thresholds[0];
    if (!can(world, HM_COLLECTOR_CPYTHON) || !heap->settings.automatic || threshold == 0 ||
        world->thresholds_lowered || heap->young_count <= threshold + SLACK)
        return;
    HM_OBJECTS_DEFECT(world, UNCOLLECTED,
                      "%u containers are new at a threshold of %u, and no collection began",
                      heap->young_count, threshold);
}

/* ---- questions ---- */

static void drop_answer(hm_objects_world *world, hm_object *list)
{
    if (list == NULL)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "a question is refused: %s",
                          world->heap->error.message);
    hm_decref(world->heap, list);
}

/* All that is tracked and not frozen, and nothing else that the program made. */
static void ask_objects(hm_objects_world *world)
{
    uint64_t listed = 0, tracked = 0;
    hm_object *list = hm_gc_get_objects(world->heap, HM_GC_ALL);
    for (size_t index = 0; list != NULL && index < hm_list_length(list); index++)
        listed += hm_objects_node_of(world, hm_list_get(list, index)) != HM_OBJECTS_NONE;
    for (uint32_t index = 0; index < world->alive_count; index++)
        tracked += hm_is_tracked(hm_objects_object(world, world->alive[index]));
    if (list != NULL && !world->frozen && listed != tracked)
        HM_OBJECTS_DEFECT(world, HEAP_INVALID,
                          "get_objects tells %llu objects of %llu that are tracked",
                          (unsigned long long)listed, (unsigned long long)tracked);
    drop_answer(world, list);
}

static bool refers(const hm_objects_node *node, uint32_t to)
{
    for (uint32_t index = 0; index < node->edge_count; index++) {
        if (node->edges[index].to == to ||
            (node->is == HM_OBJECTS_IS_DICT && node->edges[index].name == to))
            return true;
    }
    return false;
}

/* Of types that hold their references themselves, not through an object of the runtime's. */
static void ask_referrers(hm_objects_world *world, uint32_t id)
{
    hm_object *object = hm_objects_object(world, id);
    hm_object *list = id == HM_OBJECTS_NONE ? hm_list_new(world->heap)
                                            : hm_gc_get_referrers(world->heap, &object, 1);
    for (uint32_t index = 0; list != NULL && id != HM_OBJECTS_NONE && index < world->alive_count;
         index++) {
        const hm_objects_node *node = &world->nodes[world->alive[index]];
        if (node->is > HM_OBJECTS_IS_FRAME || node->is == HM_OBJECTS_IS_CLASS || world->frozen ||
            !hm_is_tracked(node->object) || refers(node, id) == is_listed(list, node->object))
            continue;
        HM_OBJECTS_DEFECT(world, HEAP_INVALID, "get_referrers is wrong about %s and %s",
                          hm_objects_name(world, world->alive[index]), hm_objects_name(world, id));
    }
    drop_answer(world, list);
}

static void ask_weakrefs(hm_objects_world *world, uint32_t id)
{
    size_t known = 0;
    for (uint32_t weak = world->nodes[id].weak_first; weak != HM_OBJECTS_NOBODY;
         weak = world->nodes[weak].weak_next)
        known++;
    size_t told = hm_weakref_count(hm_objects_object(world, id));
    if (told < known)
        HM_OBJECTS_DEFECT(world, CONTENTS, "%s tells %zu weak references of %zu",
                          hm_objects_name(world, id), told, known);
}

void hm_objects_ask(hm_objects_world *world, const hm_objects_step *step)
{
    uint32_t id = hm_objects_hold(world, step->slot);
    switch (step->choice % 4) {
    case 0:
        ask_objects(world);
        break;
    case 1:
        ask_referrers(world, id);
        break;
    default:
        ask_weakrefs(world, id);
        break;
    }
}
