/**
 * This module is the part of the address space that arenas lie in, so that one load from a table
 * tells what bin a block is freed into, and a pointer the pool did not hand out is recognised.
 *
 * Words: the *window* is 512 GiB of addresses, chosen once and not reserved: the pool maps nothing
 * there but the arenas that are asked for, and others may; a *slot* is a place for one arena in it.
 *
 * Invariant: an entry of hm_pool_bin_of_page is not 0 exactly for a page of a slab, and one of
 * hm_pool_arenas is not NULL exactly for the slot of an arena. Both change under the pool's lock
 * and are read without it, by those who hold a block of the arena. The tables are zero pages until
 * they are written: 4 KiB of the first stand for 64 MiB of arenas.
 */
#ifndef HM_ALLOCATORS_POOL_WINDOW_H
#define HM_ALLOCATORS_POOL_WINDOW_H

#include "allocators/pool/size_class.h"

#include <stdatomic.h>
#include <stdbool.h>

enum {
    HM_POOL_WINDOW_SHIFT = 39,
    HM_POOL_ARENA_SHIFT = 21,
    HM_POOL_ARENA_BYTES = 1 << HM_POOL_ARENA_SHIFT,
    HM_POOL_ARENA_PAGES = HM_POOL_ARENA_BYTES / HM_POOL_PAGE_BYTES,
    HM_POOL_WINDOW_PAGES = 1 << (HM_POOL_WINDOW_SHIFT - HM_POOL_PAGE_SHIFT),
    HM_POOL_WINDOW_SLOTS = 1 << (HM_POOL_WINDOW_SHIFT - HM_POOL_ARENA_SHIFT)
};

struct hm_pool_arena;

/** Where the window begins; 0 before the first arena, when no block lies in it. */
extern HM_HIDDEN _Atomic(uintptr_t) hm_pool_window_base;

/** The bin that blocks of each page are freed into: their class's number plus 1, or 0. */
extern HM_HIDDEN uint8_t hm_pool_bin_of_page[HM_POOL_WINDOW_PAGES];

extern HM_HIDDEN _Atomic(struct hm_pool_arena *) hm_pool_arenas[HM_POOL_WINDOW_SLOTS];

/** How far into the window `address` lies; more than the window's size where it does not. */
static HM_ALWAYS_INLINE uintptr_t hm_pool_window_offset(const void *address)
{
    return (uintptr_t)address - atomic_load_explicit(&hm_pool_window_base, memory_order_relaxed);
}

/** The bin that `address` is freed into; 0: it is no block of a slab. */
static HM_ALWAYS_INLINE unsigned hm_pool_window_bin(const void *address)
{
    uintptr_t page = hm_pool_window_offset(address) >> HM_POOL_PAGE_SHIFT;
    return HM_LIKELY(page < HM_POOL_WINDOW_PAGES) ? hm_pool_bin_of_page[page] : 0;
}

/** The arena `address` lies in, or NULL. */
static HM_ALWAYS_INLINE struct hm_pool_arena *hm_pool_window_arena(const void *address)
{
    uintptr_t slot = hm_pool_window_offset(address) >> HM_POOL_ARENA_SHIFT;
    if (HM_UNLIKELY(slot >= HM_POOL_WINDOW_SLOTS))
        return NULL;
    return atomic_load_explicit(&hm_pool_arenas[slot], memory_order_acquire);
}

/** Maps the memory of `arena` in a free slot and enters it; NULL: the kernel refuses. The pool's
    lock is held, also for the next. */
char *hm_pool_window_map(struct hm_pool_arena *arena);

/** Takes the arena at `base` out of the window and unmaps its memory. */
void hm_pool_window_unmap(char *base);

#endif
