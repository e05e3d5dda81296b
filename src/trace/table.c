#include "trace/table.h"

#include "base/system_memory.h"

enum { FIRST_CAPACITY = 1024, LOAD_PERCENT = 70 };

bool hm_trace_table_grow(hm_trace_table *table)
{
    hm_trace_table grown = {0};
    grown.capacity = table->capacity == 0 ? FIRST_CAPACITY : table->capacity + table->capacity / 2;
    grown.limit = grown.capacity / 100 * LOAD_PERCENT;
    grown.entries = hm_system_map(grown.capacity * sizeof(hm_trace_entry));
    if (grown.entries == NULL)
        return false;
    for (size_t slot = 0; slot < table->capacity; slot++) {
        const hm_trace_entry *entry = &table->entries[slot];
        if (entry->key != 0)
            hm_trace_table_add(&grown, (void *)(uintptr_t)hm_trace_entry_address(entry),
                               hm_trace_entry_size(entry), hm_trace_entry_kind(entry),
                               entry->traceback);
    }
    hm_trace_table_release(table);
    *table = grown;
    return true;
}

void hm_trace_table_release(hm_trace_table *table)
{
    hm_system_unmap(table->entries, table->capacity * sizeof(hm_trace_entry));
    *table = (hm_trace_table){0};
}
