/**
 * This module is the list of live blocks behind the decorator `debug`, keyed by address, so that a
 * second free or a foreign pointer is recognised without reading memory that may be gone.
 *
 * Invariant: open addressing with linear probing, at most half full, no gaps left by removal. Its
 * memory comes from mmap, never from the allocator it watches. The caller holds a lock.
 */
#ifndef HM_ALLOCATORS_DEBUG_TABLE_H
#define HM_ALLOCATORS_DEBUG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A live block: where the user's part and the inner block begin, and what was asked for. */
typedef struct hm_debug_block {
    char *block; /**< NULL: the entry is free */
    char *base;
    size_t bytes;
} hm_debug_block;

/** Enters a block; false: no memory. */
bool hm_debug_table_enter(const hm_debug_block *entry);

/** The entry of `block`, or NULL. Valid until the next change. */
const hm_debug_block *hm_debug_table_find(const void *block);

/** Removes the entry of `block`, which is there. */
void hm_debug_table_remove(const void *block);

/** Calls `visit` for each live block. */
void hm_debug_table_visit(void (*visit)(const hm_debug_block *entry));

/** Forgets all. */
void hm_debug_table_clear(void);

#endif
