#include "gc/gc.h"

#include "object/list.h"
#include "object/memory.h"
#include "object/runtime.h"

#include <inttypes.h>

int64_t hm_gc_collect(hm_heap *heap, int generation)
{
    return hm_heap_collect(heap, generation);
}

static bool cannot(hm_heap *heap, const char *what)
{
    return hm_fail(heap, HM_UNAVAILABLE, "collector %s cannot %s", heap->collector->name, what);
}

bool hm_gc_enable(hm_heap *heap)
{
    if (heap->collector->step == NULL)
        return cannot(heap, "collect");
    heap->settings.automatic = true;
    hm_heap_arm_collector(heap);
    return true;
}

void hm_gc_disable(hm_heap *heap)
{
    heap->settings.automatic = false;
    hm_heap_arm_collector(heap);
}

bool hm_gc_is_enabled(const hm_heap *heap)
{
    return heap->settings.automatic;
}

void hm_gc_set_thresholds(hm_heap *heap, const uint32_t thresholds[HM_GENERATIONS])
{
    for (int generation = 0; generation < HM_GENERATIONS; generation++)
        heap->settings.thresholds[generation] = thresholds[generation];
    hm_heap_arm_collector(heap);
}

void hm_gc_get_thresholds(const hm_heap *heap, uint32_t thresholds[HM_GENERATIONS])
{
    for (int generation = 0; generation < HM_GENERATIONS; generation++)
        thresholds[generation] = heap->settings.thresholds[generation];
}

void hm_gc_get_counts(const hm_heap *heap, uint32_t counts[HM_GENERATIONS])
{
    counts[0] = heap->young_count;
    for (int generation = 1; generation < HM_GENERATIONS; generation++)
        counts[generation] = heap->collector->generation_count == NULL
                                 ? 0
                                 : heap->collector->generation_count(heap, generation);
}

void hm_gc_set_debug(hm_heap *heap, uint32_t flags)
{
    heap->gc.debug = flags;
}

uint32_t hm_gc_get_debug(const hm_heap *heap)
{
    return heap->gc.debug;
}

void hm_gc_set_debug_stream(hm_heap *heap, FILE *stream)
{
    heap->gc.debug_stream = stream;
}

hm_collection_counts hm_gc_get_stats(const hm_heap *heap, int generation)
{
    if (heap->collector->counts == NULL || generation < 0 || generation >= HM_GENERATIONS)
        return (hm_collection_counts){0};
    return heap->collector->counts(heap, generation);
}

hm_status hm_gc_write_stats(const hm_heap *heap, FILE *stream, hm_error *error)
{
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        hm_collection_counts counts = hm_gc_get_stats(heap, generation);
        fprintf(stream,
                "%s{\"collections\": %" PRIu64 ", \"collected\": %" PRIu64
                ", \"uncollectable\": %" PRIu64 "}",
                generation == 0 ? "[" : ", ", counts.collections, counts.collected,
                counts.uncollectable);
    }
    fputc(']', stream);
    if (ferror(stream))
        return hm_error_set(error, HM_IO_ERROR, "the statistics could not be written");
    return HM_OK;
}

/* A walk that gathers objects into a list. The list is made first, since making it may collect;
 * appending grows its block and allocates no container, so it cannot. */
typedef struct gathering {
    hm_heap *heap;
    hm_object *list;
    hm_object *const *wanted;
    size_t wanted_count;
    bool refers;
    bool failed;
} gathering;

static void gather(hm_object *object, void *context)
{
    gathering *gathered = context;
    if (object != gathered->list && !gathered->failed)
        gathered->failed = !hm_list_append(gathered->heap, gathered->list, object);
}

static void look_for_wanted(hm_object *referent, void *context)
{
    gathering *gathered = context;
    for (size_t index = 0; index < gathered->wanted_count; index++)
        gathered->refers |= referent == gathered->wanted[index];
}

static void gather_referrer(hm_object *object, void *context)
{
    gathering *gathered = context;
    gathered->refers = false;
    if (object != gathered->list)
        hm_object_traverse(object, look_for_wanted, gathered);
    if (gathered->refers)
        gather(object, gathered);
}

/* The list, or NULL where there was no memory for all of it. */
static hm_object *gathered_list(gathering *gathered)
{
    if (!gathered->failed)
        return gathered->list;
    hm_decref(gathered->heap, gathered->list);
    return NULL;
}

/* The tracked objects that are not frozen, one generation or all. */
static void visit_thawed(hm_heap *heap, int generation, hm_visitor visit, void *context)
{
    const hm_collector *collector = heap->collector;
    if (collector->enumerate == NULL) {
        hm_heap_enumerate(heap, visit, context);
        return;
    }
    for (int index = 0; index < HM_GENERATIONS; index++) {
        if (generation == HM_GC_ALL || generation == index)
            collector->enumerate(heap, index, visit, context);
    }
}

hm_object *hm_gc_get_objects(hm_heap *heap, int generation)
{
    if (generation < HM_GC_ALL || generation >= HM_GENERATIONS) {
        hm_fail(heap, HM_VALUE_ERROR,
                generation < 0 ? "generation parameter cannot be negative"
                               : "generation parameter must be less than the number of available "
                                 "generations (%d)",
                HM_GENERATIONS);
        return NULL;
    }
    gathering gathered = {.heap = heap, .list = hm_list_new(heap)};
    if (gathered.list == NULL)
        return NULL;
    visit_thawed(heap, generation, gather, &gathered);
    return gathered_list(&gathered);
}

hm_object *hm_gc_get_referrers(hm_heap *heap, hm_object *const *objects, size_t count)
{
    gathering gathered = {
        .heap = heap, .list = hm_list_new(heap), .wanted = objects, .wanted_count = count};
    if (gathered.list == NULL)
        return NULL;
    visit_thawed(heap, HM_GC_ALL, gather_referrer, &gathered);
    return gathered_list(&gathered);
}

hm_object *hm_gc_get_referents(hm_heap *heap, hm_object *const *objects, size_t count)
{
    gathering gathered = {.heap = heap, .list = hm_list_new(heap)};
    if (gathered.list == NULL)
        return NULL;
    for (size_t index = 0; index < count; index++) {
        if (hm_is_container(objects[index]))
            hm_object_traverse(objects[index], gather, &gathered);
    }
    return gathered_list(&gathered);
}

bool hm_gc_freeze(hm_heap *heap)
{
    if (heap->collector->freeze == NULL)
        return cannot(heap, "freeze");
    heap->collector->freeze(heap);
    return true;
}

bool hm_gc_unfreeze(hm_heap *heap)
{
    if (heap->collector->unfreeze == NULL)
        return cannot(heap, "freeze");
    heap->collector->unfreeze(heap);
    return true;
}

void hm_gc_visit_frozen(hm_heap *heap, hm_visitor visit, void *context)
{
    if (heap->collector->freeze != NULL)
        heap->collector->enumerate(heap, HM_PERMANENT_GENERATION, visit, context);
}

static void count_one(hm_object *object, void *context)
{
    HM_UNUSED(object);
    ++*(uint64_t *)context;
}

uint64_t hm_gc_get_freeze_count(const hm_heap *heap)
{
    uint64_t count = 0;
    hm_gc_visit_frozen((hm_heap *)(uintptr_t)heap, count_one, &count);
    return count;
}

hm_object *hm_gc_garbage(hm_heap *heap)
{
    if (heap->collector->garbage == NULL) {
        cannot(heap, "collect, so it has no garbage list");
        return NULL;
    }
    return heap->collector->garbage(heap, true);
}

bool hm_gc_add_callback(hm_heap *heap, hm_gc_callback callback, void *context)
{
    hm_gc_control *control = &heap->gc;
    if (control->callback_count == control->callback_capacity) {
        size_t capacity = control->callback_capacity == 0 ? 4 : control->callback_capacity * 2;
        hm_gc_callback_entry *entries =
            hm_memory_resize(heap, control->callbacks, control->callback_capacity * sizeof *entries,
                             capacity * sizeof *entries);
        if (entries == NULL)
            return hm_fail(heap, HM_NO_MEMORY, "no memory for %zu callbacks", capacity);
        control->callbacks = entries;
        control->callback_capacity = capacity;
    }
    control->callbacks[control->callback_count++] = (hm_gc_callback_entry){callback, context};
    return true;
}

bool hm_gc_remove_callback(hm_heap *heap, hm_gc_callback callback, void *context)
{
    hm_gc_control *control = &heap->gc;
    for (size_t index = 0; index < control->callback_count; index++) {
        const hm_gc_callback_entry *entry = &control->callbacks[index];
        if (entry->callback != callback || entry->context != context)
            continue;
        control->callback_count--;
        for (; index < control->callback_count; index++)
            control->callbacks[index] = control->callbacks[index + 1];
        return true;
    }
    return hm_fail(heap, HM_VALUE_ERROR, "this callback is not in the list");
}
