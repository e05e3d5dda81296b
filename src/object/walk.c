/**
 * This module is walks over a whole heap: what is reachable from the roots (L), where all that was
 * requested is, and whether every count is as large as the references that can be found.
 */
#include "object/dict.h"
#include "object/freelist.h"
#include "object/object_table.h"
#include "object/runtime.h"

static void enter_reachable(hm_object *object, void *context)
{
    if (!hm_is_immortal(object))
        hm_object_table_add(context, object);
}

/* Goes on from the first entry that was not looked at yet; returns the bytes of the objects met. */
static uint64_t trace(const hm_heap *heap, hm_object_table *table, size_t first, uint64_t *prefix)
{
    uint64_t bytes = 0;
    for (size_t entry = first; entry < table->length; entry++) {
        hm_object *object = table->entries[entry].object;
        bytes += hm_object_size(object);
        *prefix += hm_is_container(object) ? heap->prefix_bytes : 0;
        hm_object_traverse(object, enter_reachable, table);
    }
    return bytes;
}

/* Whether the trace met the object among those that count as live. */
static bool is_live(const hm_object_table *table, const hm_object *object, uint64_t live_objects)
{
    const hm_object_table_entry *entry = hm_object_table_find(table, object);
    return entry != NULL && (uint64_t)(entry - table->entries) < live_objects;
}

/* A dict that shows an instance's attributes is counted in the instance's size, and once more where
 * something else refers to it; its prefix and its entry in the heap's list are in neither. */
static void add_shown(const hm_heap *heap, const hm_object_table *table, hm_heap_account *account)
{
    for (const hm_shown *shown = heap->shown; shown != NULL; shown = shown->next) {
        bool dict_met = hm_object_table_find(table, shown->dict) != NULL;
        bool instance_met =
            shown->instance != NULL && hm_object_table_find(table, shown->instance) != NULL;
        if (!dict_met && !instance_met)
            continue;
        account->own_bytes += sizeof *shown;
        account->prefix_bytes += dict_met ? 0 : heap->prefix_bytes;
        if (!dict_met || !instance_met)
            continue;
        bool both_live = is_live(table, shown->dict, account->live_objects) &&
                         is_live(table, shown->instance, account->live_objects);
        *(both_live ? &account->live_bytes : &account->own_bytes) -= hm_object_size(shown->dict);
    }
}

/* What the heap asked for and no object is. The table of interned strings is not traced: it does
 * not count its references, a string in it lives by its users alone. */
static void add_tables(const hm_heap *heap, hm_heap_account *account)
{
    account->own_bytes += sizeof *heap + heap->root_capacity * sizeof *heap->roots +
                          heap->gc.callback_capacity * sizeof *heap->gc.callbacks +
                          hm_freelists_bytes(heap);
    if (heap->interned == NULL)
        return;
    account->own_bytes += hm_object_size(heap->interned);
    account->prefix_bytes += heap->prefix_bytes;
}

static void take_account(hm_heap *heap, hm_object_table *table, hm_heap_account *account)
{
    for (size_t root = 0; root < heap->root_count; root++)
        hm_visit_slots(heap->roots[root].slots, heap->roots[root].count, enter_reachable, table);
    account->live_bytes = trace(heap, table, 0, &account->prefix_bytes);
    account->live_objects = table->length;
    hm_object *garbage = hm_heap_garbage(heap);
    if (garbage != NULL)
        enter_reachable(garbage, table);
    account->own_bytes = trace(heap, table, account->live_objects, &account->prefix_bytes);
    add_shown(heap, table, account);
    add_tables(heap, account);
}

bool hm_heap_take_account(hm_heap *heap, hm_heap_account *account)
{
    hm_object_table table;
    *account = (hm_heap_account){0};
    if (!hm_object_table_create(&table))
        return hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
    take_account(heap, &table, account);
    bool complete = !table.failed;
    hm_object_table_destroy(&table);
    return complete || hm_fail(heap, HM_NO_MEMORY, "no kernel memory for a trace of the heap");
}

bool hm_heap_live_bytes(hm_heap *heap, uint64_t *bytes, uint64_t *objects)
{
    hm_heap_account account;
    bool taken = hm_heap_take_account(heap, &account);
    *bytes = account.live_bytes;
    if (objects != NULL)
        *objects = account.live_objects;
    return taken;
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
