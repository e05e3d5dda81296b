/**
 * This module is memory straight from the kernel, so that side tables and arenas never come from
 * the allocator under test and never show up in its figures.
 *
 * Sizes are bytes and are rounded up to whole pages by the callee.
 */
#ifndef HM_BASE_SYSTEM_MEMORY_H
#define HM_BASE_SYSTEM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** The page size in bytes. */
size_t hm_system_page_bytes(void);

/** `bytes` rounded up to whole pages. */
size_t hm_system_round_up(size_t bytes);

/** New zeroed read-write pages, owned by the caller; NULL where the kernel refuses. */
void *hm_system_map(size_t bytes);

/** Like hm_system_map, the address a multiple of `alignment` (a power of two, ≥ a page). */
void *hm_system_map_aligned(size_t bytes, size_t alignment);

/** Resizes a mapping of hm_system_map; it may move. NULL: refused, the old one is as it was. */
void *hm_system_remap(void *address, size_t old_bytes, size_t new_bytes);

/** Gives the pages of hm_system_map or hm_system_map_aligned back to the kernel. */
void hm_system_unmap(void *address, size_t bytes);

#endif
