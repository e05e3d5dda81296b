/**
 * This module is walks over a whole heap: what is reachable from the roots (L), and whether every
 * count is as large as the references that can be found.
 */
#include "object/object_table.h"
#include "object/runtime.h"

static void enter_reachable(hm_object *object, void *context)
{
    if (!hm_is_immortal(object))
        hm_object_table_add(context, object);
}

bool hm_heap_live_bytes(hm_heap *heap, uint64_t *bytes, uint64_t *objects)
{
    hm_object_table table;
    if (!hm_object_table_create(&table))
        return hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
    for (size_t root = 0; root < heap->root_count; root++)
        hm_visit_slots(heap->roots[root].slots, heap->roots[root].count, enter_reachable, &table);
    *bytes = 0;
    for (size_t entry = 0; entry < table.length; entry++) {
        *bytes += hm_object_size(table.entries[entry].object);
        hm_object_traverse(table.entries[entry].object, enter_reachable, &table);
    }
    if (objects != NULL)
        *objects = table.length;
    bool complete = !table.failed;
    hm_object_table_destroy(&table);
    return complete || hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
}

static void count_reference(hm_object *object, void *context)
{
    if (hm_is_immortal(object))
        return;
    hm_object_table_entry *entry = hm_object_table_add(context, object);
    if (entry != NULL)
        entry->count++;
}

static hm_status check_entry(const hm_object_table_entry *entry, hm_error *error)
{
    const hm_object *object = entry->object;
    if (object->type == NULL)
        return hm_error_set(error, HM_WRONG_RESULT, "an object at %p has no type",
                            (const void *)object);
    if (object->reference_count < entry->count)
        return hm_error_set(error, HM_WRONG_RESULT,
                            "a %s at %p has a count of %u and %llu references to it",
                            object->type->name, (const void *)object, object->reference_count,
                            (unsigned long long)entry->count);
    return HM_OK;
}

/* References are counted from every object that can be found: tracked ones, registered roots, and
 * what these reach. */
hm_status hm_heap_check(hm_heap *heap, hm_error *error)
{
    hm_object_table table;
    if (!hm_object_table_create(&table))
        return hm_error_set(error, HM_NO_MEMORY, "no kernel memory to check the heap");
    hm_heap_enumerate(heap, enter_reachable, &table);
    for (size_t root = 0; root < heap->root_count; root++)
        hm_visit_slots(heap->roots[root].slots, heap->roots[root].count, count_reference, &table);
    hm_status status = HM_OK;
    for (size_t entry = 0; entry < table.length && status == HM_OK; entry++) {
        hm_object *object = table.entries[entry].object;
        if (object->type != NULL && object->reference_count > 0)
            hm_object_traverse(object, count_reference, &table);
    }
    for (size_t entry = 0; entry < table.length && status == HM_OK; entry++)
        status = check_entry(&table.entries[entry], error);
    if (status == HM_OK && table.failed)
        status = hm_error_set(error, HM_NO_MEMORY, "no kernel memory to check the heap");
    hm_object_table_destroy(&table);
    if (status == HM_OK && heap->collector->check != NULL)
        status = heap->collector->check(heap, error);
    return status;
}
