/**
 * This program is the lesson on when collections happen, so that gc.disable() and a gc.collect() in
 * a loop are used knowingly. The same 10000 cycles are lost three times: with collection off, where
 * they pile up; with a collection by hand after every 1000; and with automatic collection, which
 * starts one whenever there are so many more containers than after the last one (the threshold).
 */
#include "examples/example.h"

enum { CYCLES = 10000, BATCH = 1000, THRESHOLD = 700 };

/** l = []; l.append(l); del l */
static void lose_cycle(hm_heap *heap)
{
    hm_object *list = made(heap, hm_list_new(heap));
    must(heap, hm_list_append(heap, list, list));
    hm_decref(heap, list);
}

/** How many objects the collector knows. */
static size_t count_objects(hm_heap *heap)
{
    hm_object *objects = made(heap, hm_gc_get_objects(heap, HM_GC_ALL));
    size_t count = hm_list_length(objects);
    hm_decref(heap, objects);
    return count;
}

static void collect_never(hm_heap *heap)
{
    size_t before = count_objects(heap);
    for (int cycle = 0; cycle < CYCLES; cycle++)
        lose_cycle(heap);
    printf("off: %zu objects too many", count_objects(heap) - before);
    printf(", gc.collect() returns %" PRId64 "\n", hm_gc_collect(heap, 2));
}

static void collect_by_hand(hm_heap *heap)
{
    size_t before = count_objects(heap), most = 0;
    int64_t collected = 0;
    for (int cycle = 1; cycle <= CYCLES; cycle++) {
        lose_cycle(heap);
        if (cycle % BATCH == 0) {
            size_t extra = count_objects(heap) - before;
            most = extra > most ? extra : most;
            collected += hm_gc_collect(heap, 2);
        }
    }
    printf("by hand: %zu objects too many, collected in all %" PRId64 "\n", most, collected);
}

static void collect_automatically(hm_heap *heap)
{
    hm_collection_counts before = hm_heap_collection_counts(heap);
    size_t objects_before = count_objects(heap), most = 0;
    hm_gc_set_thresholds(heap, (const uint32_t[]){THRESHOLD, 10, 10});
    must(heap, hm_gc_enable(heap));
    for (int cycle = 1; cycle <= CYCLES; cycle++) {
        lose_cycle(heap);
        if (cycle % 90 == 0) {
            size_t extra = count_objects(heap) - objects_before;
            most = extra > most ? extra : most;
        }
    }
    hm_gc_disable(heap);
    hm_collection_counts after = hm_heap_collection_counts(heap);
    uint64_t rest = (uint64_t)hm_gc_collect(heap, 2);
    printf("automatic: never 1000 objects too many: %s, collected in all %" PRIu64 "\n",
           most < 1000 ? "True" : "False", after.collected - before.collected + rest);
    /* When exactly a collection starts depends on what else was allocated; Python allocates. */
    printf("~ automatic: %" PRIu64 " collections, %zu objects too many\n",
           after.collections - before.collections, most);
}

int main(void)
{
    hm_heap *heap = example_begin();
    hm_gc_disable(heap);
    printf("enabled: %s\n", hm_gc_is_enabled(heap) ? "True" : "False");
    collect_never(heap);
    collect_by_hand(heap);
    collect_automatically(heap);
    return example_end(heap);
}
