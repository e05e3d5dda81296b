/**
 * This module is the way from an address outside the window to the huge block it may be, so that
 * those need no header either and may lie wherever the kernel puts them.
 *
 * Words: a *region* is the mapping of one huge block; it begins at a multiple of 2 MiB. The map has
 * one entry for each 2 MiB of the 47-bit user address space, in two levels of 2^13.
 *
 * Invariant: an entry is NULL or the region that begins exactly there; entries change under the
 * pool's lock and are read without it, by those who hold a block of the region.
 */
#ifndef HM_ALLOCATORS_POOL_ADDRESS_MAP_H
#define HM_ALLOCATORS_POOL_ADDRESS_MAP_H

#include "allocators/pool/size_class.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_POOL_REGION_SHIFT = 21,
    HM_POOL_REGION_BYTES = 1 << HM_POOL_REGION_SHIFT,
    HM_POOL_MAP_BITS = 13,
    HM_POOL_MAP_ENTRIES = 1 << HM_POOL_MAP_BITS
};

/** What the record of a huge block begins with. */
typedef struct hm_pool_region {
    char *base;
    size_t bytes;
} hm_pool_region;

typedef _Atomic(hm_pool_region *) hm_pool_map_entry;

extern HM_HIDDEN _Atomic(hm_pool_map_entry *) hm_pool_map[HM_POOL_MAP_ENTRIES];

/** The region that begins at the 2 MiB `address` lies in, or NULL. */
static HM_ALWAYS_INLINE hm_pool_region *hm_pool_region_of(const void *address)
{
    uintptr_t number = (uintptr_t)address >> HM_POOL_REGION_SHIFT;
    uintptr_t top = number >> HM_POOL_MAP_BITS;
    if (HM_UNLIKELY(top >= HM_POOL_MAP_ENTRIES))
        return NULL;
    hm_pool_map_entry *leaf = atomic_load_explicit(&hm_pool_map[top], memory_order_acquire);
    if (HM_UNLIKELY(leaf == NULL))
        return NULL;
    return atomic_load_explicit(&leaf[number & (HM_POOL_MAP_ENTRIES - 1)], memory_order_acquire);
}

/** Enters `region` under its base; false: no memory for the map. The pool's lock is held. */
bool hm_pool_map_enter(hm_pool_region *region);

/** Takes the region that begins at `base` out of the map. The pool's lock is held. */
void hm_pool_map_leave(const char *base);

#endif
