#include "allocators/debug_table.h"

#include "base/system_memory.h"

#include <string.h>

enum { FIRST_CAPACITY = 4096 };

static hm_debug_block *entries;
static size_t capacity, count;

static size_t home_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 20) & (capacity - 1);
}

/* The place of `block`, or the free one where it would be. */
static size_t place_of(const void *block)
{
    size_t place = home_of(block);
    while (entries[place].block != NULL && entries[place].block != block)
        place = (place + 1) & (capacity - 1);
    return place;
}

static bool grow(void)
{
    hm_debug_block *old_entries = entries;
    size_t old_capacity = capacity;
    size_t new_capacity = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
    hm_debug_block *grown = hm_system_map(new_capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    entries = grown;
    capacity = new_capacity;
    for (size_t index = 0; index < old_capacity; index++) {
        if (old_entries[index].block != NULL)
            entries[place_of(old_entries[index].block)] = old_entries[index];
    }
    hm_system_unmap(old_entries, old_capacity * sizeof *old_entries);
    return true;
}

bool hm_debug_table_enter(const hm_debug_block *entry)
{
    if (2 * (count + 1) > capacity && !grow())
        return false;
    entries[place_of(entry->block)] = *entry;
    count++;
    return true;
}

const hm_debug_block *hm_debug_table_find(const void *block)
{
    if (capacity == 0 || block == NULL)
        return NULL;
    const hm_debug_block *entry = &entries[place_of(block)];
    return entry->block != NULL ? entry : NULL;
}

/* Moves later entries of the same row into the gap, each only if that is not before its home. */
void hm_debug_table_remove(const void *block)
{
    size_t gap = place_of(block);
    for (size_t place = (gap + 1) & (capacity - 1); entries[place].block != NULL;
         place = (place + 1) & (capacity - 1)) {
        size_t distance = (place - home_of(entries[place].block)) & (capacity - 1);
        if (distance >= ((place - gap) & (capacity - 1))) {
            entries[gap] = entries[place];
            gap = place;
        }
    }
    entries[gap].block = NULL;
    count--;
}

void hm_debug_table_visit(void (*visit)(const hm_debug_block *entry))
{
    for (size_t index = 0; index < capacity; index++) {
        if (entries[index].block != NULL)
            visit(&entries[index]);
    }
}

void hm_debug_table_clear(void)
{
    if (capacity != 0)
        memset(entries, 0, capacity * sizeof *entries);
    count = 0;
}
