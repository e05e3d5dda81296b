#include "object/object_table.h"

#include "base/system_memory.h"

enum { FIRST_CAPACITY = 1 << 8 }; /* a page of each: most heaps that are walked are small */

static size_t hash_address(const hm_object *object)
{
    uint64_t address = (uint64_t)(uintptr_t)object >> 4;
    return (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
}

static size_t index_slots(size_t capacity)
{
    return capacity * 2;
}

bool hm_object_table_create(hm_object_table *table)
{
    *table = (hm_object_table){.capacity = FIRST_CAPACITY};
    table->entries = hm_system_map(FIRST_CAPACITY * sizeof *table->entries);
    table->index = hm_system_map(index_slots(FIRST_CAPACITY) * sizeof *table->index);
    if (table->entries != NULL && table->index != NULL)
        return true;
    hm_object_table_destroy(table);
    return false;
}

/* The slot of the object, or the empty slot where it belongs. */
static uint32_t *find_slot(const hm_object_table *table, const hm_object *object)
{
    size_t mask = index_slots(table->capacity) - 1;
    size_t slot = hash_address(object) & mask;
    while (table->index[slot] != 0 && table->entries[table->index[slot] - 1].object != object)
        slot = (slot + 1) & mask;
    return &table->index[slot];
}

static bool grow(hm_object_table *table)
{
    size_t capacity = table->capacity * 2;
    uint32_t *index = hm_system_map(index_slots(capacity) * sizeof *index);
    if (index == NULL)
        return false;
    hm_object_table_entry *entries = hm_system_remap(
        table->entries, table->capacity * sizeof *entries, capacity * sizeof *entries);
    if (entries == NULL) {
        hm_system_unmap(index, index_slots(capacity) * sizeof *index);
        return false;
    }
    hm_system_unmap(table->index, index_slots(table->capacity) * sizeof *table->index);
    table->entries = entries;
    table->index = index;
    table->capacity = capacity;
    for (size_t entry = 0; entry < table->length; entry++)
        *find_slot(table, entries[entry].object) = (uint32_t)entry + 1;
    return true;
}

hm_object_table_entry *hm_object_table_add(hm_object_table *table, hm_object *object)
{
    uint32_t *slot = find_slot(table, object);
    if (*slot != 0)
        return &table->entries[*slot - 1];
    if (table->length == table->capacity) {
        if (!grow(table)) {
            table->failed = true;
            return NULL;
        }
        slot = find_slot(table, object);
    }
    table->entries[table->length] = (hm_object_table_entry){.object = object};
    *slot = (uint32_t)++table->length;
    return &table->entries[table->length - 1];
}

hm_object_table_entry *hm_object_table_find(const hm_object_table *table, const hm_object *object)
{
    uint32_t slot = *find_slot(table, object);
    return slot == 0 ? NULL : &table->entries[slot - 1];
}

void hm_object_table_destroy(hm_object_table *table)
{
    hm_system_unmap(table->entries, table->capacity * sizeof *table->entries);
    hm_system_unmap(table->index, index_slots(table->capacity) * sizeof *table->index);
    *table = (hm_object_table){0};
}
