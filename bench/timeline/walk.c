#include "bench/timeline/walk.h"

#include "object/object_table.h"

static void enter_reachable(hm_object *object, void *context)
{
    if (!hm_is_immortal(object))
        hm_object_table_add(context, object);
}

/* Follows every entry from `from` on, those that this adds as well. */
static void follow(hm_object_table *table, size_t from)
{
    for (size_t entry = from; entry < table->length; entry++)
        hm_object_traverse(table->entries[entry].object, enter_reachable, table);
}

static void enter_the_heaps_own(hm_heap *heap, hm_object_table *table)
{
    hm_object *const own[] = {heap->interned, hm_heap_garbage(heap)};
    size_t from = table->length;
    hm_visit_slots(own, HM_COUNT_OF(own), enter_reachable, table);
    follow(table, from);
}

bool hm_timeline_walk_heap(hm_heap *heap, hm_timeline_walk *walk)
{
    hm_object_table table;
    if (!hm_object_table_create(&table))
        return hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a walk over the heap");
    for (size_t root = 0; root < heap->root_count; root++)
        hm_visit_slots(heap->roots[root].slots, heap->roots[root].count, enter_reachable, &table);
    follow(&table, 0);
    *walk = (hm_timeline_walk){.live_objects = table.length,
                               .tracked_objects = hm_heap_tracked_objects(heap)};
    for (size_t entry = 0; entry < table.length; entry++)
        walk->live_bytes += hm_object_size(table.entries[entry].object);
    enter_the_heaps_own(heap, &table);
    uint64_t reached = 0;
    for (size_t entry = 0; entry < table.length; entry++)
        reached += hm_is_tracked(table.entries[entry].object);
    HM_ASSERT(reached <= hm_heap_tracked_objects(heap));
    walk->pending_objects = hm_heap_tracked_objects(heap) - reached;
    bool complete = !table.failed;
    hm_object_table_destroy(&table);
    return complete || hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a walk over the heap");
}
