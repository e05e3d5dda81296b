/**
 * This module is the table of traces: which blocks are live, how large, and whose traceback, 16
 * bytes an entry, so that noting a block and forgetting it are a few instructions each.
 *
 * Open addressing with linear probing; a removal moves later entries back, so there are no
 * tombstones and the table stays as fast as when new. The home of a block is its scrambled address
 * scaled to the capacity, which so can be any number and grow by half.
 *
 * Invariant: at most LOAD_PERCENT of the slots are full, and an entry is reached from its home over
 * full slots only.
 */
#ifndef HM_TRACE_TABLE_H
#define HM_TRACE_TABLE_H

#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a block is. */
typedef enum hm_trace_kind {
    HM_TRACE_BUFFER,   /**< a block an object owns: a list's items, a dict's keys */
    HM_TRACE_ATOM,     /**< an object without the collector's prefix */
    HM_TRACE_CONTAINER /**< an object behind the collector's prefix */
} hm_trace_kind;

/** A slot. `key` is the block's address, its kind in the low bits and bits 32 to 47 of its size
 * above; 0: empty. */
typedef struct hm_trace_entry {
    uint64_t key;
    uint32_t size_low;
    uint32_t traceback;
} hm_trace_entry;

typedef struct hm_trace_table {
    hm_trace_entry *entries;
    size_t capacity;
    size_t length;
    size_t limit; /* entries it may hold before it grows */
} hm_trace_table;

#define HM_TRACE_ADDRESS_MASK UINT64_C(0x0000fffffffffff8)

/** Makes room for one more entry; false: the kernel refuses, the table is as it was. */
bool hm_trace_table_grow(hm_trace_table *table);

/** Forgets everything. */
void hm_trace_table_release(hm_trace_table *table);

static inline uint64_t hm_trace_entry_address(const hm_trace_entry *entry)
{
    return entry->key & HM_TRACE_ADDRESS_MASK;
}

static inline uint64_t hm_trace_entry_size(const hm_trace_entry *entry)
{
    return entry->key >> 48 << 32 | entry->size_low;
}

static inline hm_trace_kind hm_trace_entry_kind(const hm_trace_entry *entry)
{
    return (hm_trace_kind)(entry->key & 7);
}

static HM_ALWAYS_INLINE size_t hm_trace_home(const hm_trace_table *table, uint64_t address)
{
    __extension__ typedef unsigned __int128 wide;
    return (size_t)((wide)(address * 0x9e3779b97f4a7c15u) * table->capacity >> 64);
}

static HM_ALWAYS_INLINE size_t hm_trace_next(const hm_trace_table *table, size_t slot)
{
    return slot + 1 == table->capacity ? 0 : slot + 1;
}

/** True where there is room for one more entry, made if need be. */
static HM_ALWAYS_INLINE bool hm_trace_table_reserve(hm_trace_table *table)
{
    return HM_LIKELY(table->length < table->limit) || hm_trace_table_grow(table);
}

/** The entry of a block, or NULL. */
static HM_ALWAYS_INLINE hm_trace_entry *hm_trace_table_find(const hm_trace_table *table,
                                                            const void *block)
{
    uint64_t address = (uint64_t)(uintptr_t)block;
    if (table->length == 0)
        return NULL;
    size_t slot = hm_trace_home(table, address);
    while (table->entries[slot].key != 0) {
        if (hm_trace_entry_address(&table->entries[slot]) == address)
            return &table->entries[slot];
        slot = hm_trace_next(table, slot);
    }
    return NULL;
}

/** Adds a block that is not in the table, into room reserved before. */
static HM_ALWAYS_INLINE void hm_trace_table_add(hm_trace_table *table, const void *block,
                                                uint64_t bytes, hm_trace_kind kind,
                                                uint32_t traceback)
{
    uint64_t address = (uint64_t)(uintptr_t)block;
    HM_ASSERT((address & ~HM_TRACE_ADDRESS_MASK) == 0 && bytes >> 48 == 0);
    size_t slot = hm_trace_home(table, address);
    while (table->entries[slot].key != 0) {
        HM_ASSERT(hm_trace_entry_address(&table->entries[slot]) != address);
        slot = hm_trace_next(table, slot);
    }
    table->entries[slot] =
        (hm_trace_entry){bytes >> 32 << 48 | address | (uint64_t)kind, (uint32_t)bytes, traceback};
    table->length++;
}

/** Takes an entry of the table out. */
static HM_ALWAYS_INLINE void hm_trace_table_remove(hm_trace_table *table, hm_trace_entry *entry)
{
    hm_trace_entry *entries = table->entries;
    size_t gap = (size_t)(entry - entries);
    for (size_t slot = hm_trace_next(table, gap); entries[slot].key != 0;
         slot = hm_trace_next(table, slot)) {
        size_t home = hm_trace_home(table, hm_trace_entry_address(&entries[slot]));
        /* It may move back to the gap unless its home lies behind the gap, up to its slot. */
        bool stays = gap <= slot ? gap < home && home <= slot : gap < home || home <= slot;
        if (!stays) {
            entries[gap] = entries[slot];
            gap = slot;
        }
    }
    entries[gap].key = 0;
    table->length--;
}

#endif
