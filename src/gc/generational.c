#include "gc/generational.h"

#include "base/system_memory.h"
#include "gc/collectors.h"
#include "object/list.h"
#include "object/runtime.h"

uint64_t hm_gc_list_length(const hm_gc_link *list)
{
    uint64_t length = 0;
    for (const hm_gc_link *link = list->next; link != list; link = link->next)
        length++;
    return length;
}

static hm_status generational_init(hm_heap *heap, hm_error *error)
{
    hm_generational *state = hm_system_map(sizeof *state);
    if (state == NULL)
        return hm_error_set(error, HM_NO_MEMORY, "no kernel memory for the collector's state");
    state->generations[0].objects = &heap->young;
    for (int generation = 1; generation < HM_GENERATIONS; generation++) {
        state->generations[generation].objects = &state->older[generation - 1];
        hm_gc_list_init(&state->older[generation - 1]);
    }
    hm_gc_list_init(&state->permanent);
    heap->collector_state = state;
    return HM_OK;
}

static void generational_fini(hm_heap *heap)
{
    hm_system_unmap(heap->collector_state, sizeof(hm_generational));
    heap->collector_state = NULL;
}

/* The oldest generation over its threshold (CPython's gc_select_generation). A full collection
 * waits until a quarter as many objects as survived the last one are pending. */
static int due_generation(const hm_heap *heap, const hm_generational *state)
{
    for (int generation = HM_GENERATIONS - 1; generation > 0; generation--) {
        if (state->generations[generation].count <= heap->settings.thresholds[generation])
            continue;
        if (generation == HM_GENERATIONS - 1 &&
            state->long_lived_pending < state->long_lived_total / 4)
            continue;
        return generation;
    }
    return 0;
}

/* The build that collects always takes the young generation at every allocation and all of them as
 * often as a heap of that size allows: each time while it is small. */
static int always_due(const hm_heap *heap, hm_generational *state)
{
    enum { SMALL_HEAP = 1000 };
    if (++state->steps * SMALL_HEAP < hm_heap_tracked_objects(heap))
        return 0;
    state->steps = 0;
    return HM_GENERATIONS - 1;
}

static void step(hm_heap *heap)
{
    hm_generational *state = hm_generational_of(heap);
    if (state->collecting)
        return;
    int generation = HM_COLLECT_ALWAYS ? always_due(heap, state) : due_generation(heap, state);
    hm_generational_collect(heap, generation);
}

/* The list of a generation, the permanent one after the oldest. */
static hm_gc_link *list_of(hm_generational *state, int generation)
{
    return generation == HM_PERMANENT_GENERATION ? &state->permanent
                                                 : state->generations[generation].objects;
}

static void enumerate(hm_heap *heap, int generation, hm_visitor visit, void *context)
{
    for (int index = 0; index <= HM_PERMANENT_GENERATION; index++) {
        if (generation != HM_EVERY_GENERATION && generation != index)
            continue;
        hm_gc_link *list = list_of(hm_generational_of(heap), index);
        for (hm_gc_link *link = list->next; link != list; link = link->next)
            visit(hm_gc_object_of(link), context);
    }
}

/* In CPython the garbage list is older than all objects it will ever hold, so it stands first among
 * the oldest and is never frozen: a collection meets it before them, and they keep their places. */
static void put_garbage_first(hm_generational *state)
{
    if (state->garbage == NULL)
        return;
    hm_gc_link *oldest = state->generations[HM_GENERATIONS - 1].objects;
    hm_gc_link *link = hm_gc_link_of(state->garbage);
    if (oldest->next != link)
        hm_gc_list_move(link, oldest->next);
}

/* Making the list may collect, and the collection make it. */
static hm_object *garbage(hm_heap *heap, bool make)
{
    hm_generational *state = hm_generational_of(heap);
    if (state->garbage != NULL || !make)
        return state->garbage;
    hm_object *list = hm_list_new(heap);
    if (state->garbage == NULL) {
        state->garbage = list;
        put_garbage_first(state);
    } else {
        hm_xdecref(heap, list);
    }
    return state->garbage;
}

static void freeze(hm_heap *heap)
{
    hm_generational *state = hm_generational_of(heap);
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        hm_gc_list_merge(state->generations[generation].objects, &state->permanent);
        state->generations[generation].count = 0;
    }
    put_garbage_first(state);
    heap->young_count = 0;
}

static void unfreeze(hm_heap *heap)
{
    hm_generational *state = hm_generational_of(heap);
    hm_gc_list_merge(&state->permanent, state->generations[HM_GENERATIONS - 1].objects);
}

static uint32_t generation_count(const hm_heap *heap, int generation)
{
    return generation == 0 ? heap->young_count
                           : hm_generational_of(heap)->generations[generation].count;
}

static hm_collection_counts counts(const hm_heap *heap, int generation)
{
    return hm_generational_of(heap)->generations[generation].totals;
}

static size_t side_bytes(const hm_heap *heap)
{
    HM_UNUSED(heap);
    return hm_system_round_up(sizeof(hm_generational));
}

static hm_status check_link(hm_gc_link *link, int generation, hm_error *error)
{
    const hm_object *object = hm_gc_object_of(link);
    if (link->next->previous != link || link->previous->next != link)
        return hm_error_set(error, HM_WRONG_RESULT, "the list of generation %d is torn at %p",
                            generation, (const void *)object);
    if (!hm_is_tracked(object))
        return hm_error_set(error, HM_WRONG_RESULT, "generation %d holds an untracked %s",
                            generation, object->type->name);
    if (object->collector_word & (HM_GC_COLLECTING | HM_GC_UNREACHABLE))
        return hm_error_set(error, HM_WRONG_RESULT,
                            "a %s in generation %d is marked outside a collection",
                            object->type->name, generation);
    return HM_OK;
}

static hm_status check(hm_heap *heap, hm_error *error)
{
    hm_generational *state = hm_generational_of(heap);
    uint64_t found = 0;
    for (int generation = 0; generation <= HM_PERMANENT_GENERATION; generation++) {
        hm_gc_link *list = list_of(state, generation);
        for (hm_gc_link *link = list->next; link != list; link = link->next, found++) {
            if (check_link(link, generation, error) != HM_OK)
                return HM_WRONG_RESULT;
        }
    }
    /* In the middle of a collection, what is unreachable stands in lists of its own. */
    if (found != hm_heap_tracked_objects(heap) && !state->collecting)
        return hm_error_set(
            error, HM_WRONG_RESULT, "%llu objects are in the lists and %llu are tracked",
            (unsigned long long)found, (unsigned long long)hm_heap_tracked_objects(heap));
    return HM_OK;
}

/* Thresholds of CPython 3.13. */
const hm_collector hm_collector_generational = {
    .name = "generational",
    .brief = "CPython 3.13's cycle collector: three generations, counts minus internal references",
    .prefix_bytes = sizeof(hm_gc_link),
    .capabilities = HM_COLLECTOR_LINKS | HM_COLLECTOR_COLLECTS | HM_COLLECTOR_ENUMERATES |
                    HM_COLLECTOR_GENERATIONS | HM_COLLECTOR_FREEZES | HM_COLLECTOR_CPYTHON,
    .defaults = {.automatic = true, .thresholds = {2000, 10, 10}},
    .init = generational_init,
    .fini = generational_fini,
    .step = step,
    .collect = hm_generational_collect,
    .enumerate = enumerate,
    .counts = counts,
    .generation_count = generation_count,
    .freeze = freeze,
    .unfreeze = unfreeze,
    .garbage = garbage,
    .side_bytes = side_bytes,
    .check = check,
};

/* The prefix and the lists without the collections: what tracking alone costs. */
const hm_collector hm_collector_off = {
    .name = "off",
    .brief = "generational's prefix and lists, never collecting: what tracking alone costs",
    .prefix_bytes = sizeof(hm_gc_link),
    .capabilities = HM_COLLECTOR_LINKS | HM_COLLECTOR_ENUMERATES,
    .init = generational_init,
    .fini = generational_fini,
    .enumerate = enumerate,
    .side_bytes = side_bytes,
    .check = check,
};
