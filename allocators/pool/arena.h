/**
 * This module is the pool's memory in bulk, so that slabs and large blocks take and return runs of
 * pages cheaply and whole mappings go back to the kernel.
 *
 * Words: an *arena* is 2 MiB of the window, 128 pages; a *run* is pages in a row with one use, its
 * record is that of its first page; a page is *touched* where something may have been written since
 * the kernel gave it, so an untouched one is zero and, where it is not *backed* by a page of 2 MiB,
 * costs nothing; a *spare* arena has no run taken.
 *
 * Invariant: `used_pages` has a bit set exactly for the pages of taken runs; `run_of_page` of such
 * a page is the number of its run's record; an arena is on the list of its number of free pages; a
 * spare one was emptied no longer ago than the options say. Runs come from the fullest arena that
 * has room, so that the emptier ones can drain.
 *
 * The pool's lock is held by every caller, except for hm_pool_run_of.
 */
#ifndef HM_ALLOCATORS_POOL_ARENA_H
#define HM_ALLOCATORS_POOL_ARENA_H

#include "allocators/pool/slab.h"
#include "allocators/pool/window.h"

enum {
    HM_POOL_RUN_PAGES_MAX = HM_POOL_ARENA_PAGES / 2, /**< larger blocks are regions of their own */
    HM_POOL_EVENTS_OF_WORK = 64                      /**< that hm_pool_arenas_age counts */
};

/** One bit a page. */
__extension__ typedef unsigned __int128 hm_pool_page_set;

typedef struct hm_pool_arena {
    char *base;
    struct hm_pool_arena *next, *previous; /**< the list of arenas with as many free pages */
    hm_pool_page_set used_pages;
    hm_pool_page_set touched_pages; /**< exact for free pages, a lower bound for taken ones */
    hm_pool_page_set backed_pages;  /**< the kernel gave them with a page of 2 MiB */
    uint64_t emptied_at;            /**< the event that made it spare */
    unsigned free_pages;
    bool collapse_tried; /**< to make one page of 2 MiB of its small ones */
    uint8_t run_of_page[HM_POOL_ARENA_PAGES];
    hm_pool_slab runs[HM_POOL_ARENA_PAGES];
} hm_pool_arena;

/**
 * The number of the record of a run that begins at `page`. Slabs begin at every fourth page mostly:
 * their records lie side by side, and not in the same few sets of the cache.
 */
static HM_ALWAYS_INLINE unsigned hm_pool_run_number(unsigned page)
{
    return (page & 3) << 5 | page >> 2;
}

/** The record of the run that begins at `page`. */
static HM_ALWAYS_INLINE hm_pool_slab *hm_pool_arena_run(hm_pool_arena *arena, unsigned page)
{
    return &arena->runs[hm_pool_run_number(page)];
}

/** The record of the run that `block`, a live block of `arena`, lies in. No lock needed. */
static HM_ALWAYS_INLINE hm_pool_slab *hm_pool_run_of(hm_pool_arena *arena, const void *block)
{
    size_t page = ((uintptr_t)block >> HM_POOL_PAGE_SHIFT) & (HM_POOL_ARENA_PAGES - 1);
    return &arena->runs[arena->run_of_page[page]];
}

/**
 * Takes a run of `pages` that begins at a multiple of `alignment_pages` pages from an arena there
 * is; NULL where none has room. `*fresh`: no page of it is touched. The record has base and pages.
 */
hm_pool_slab *hm_pool_run_take(unsigned pages, unsigned alignment_pages, bool *fresh);

/** Maps another arena; false where the kernel refuses. */
bool hm_pool_arena_add(void);

/** Whether a run's pages may be resident without having been touched. */
bool hm_pool_run_is_backed(const hm_pool_slab *run);

/** Returns a run, whose first `touched` pages have been written to. May unmap arenas. */
void hm_pool_run_return(hm_pool_slab *run, unsigned touched);

/** Has frees of blocks in the run go to the bin of that number, until it is returned. */
void hm_pool_run_serves(hm_pool_slab *run, unsigned bin_number);

/** Makes a run longer in place; false where the pages behind it are taken. */
bool hm_pool_run_extend(hm_pool_slab *run, unsigned pages);

/** Makes a run shorter; the pages given back count as touched. */
void hm_pool_run_shrink(hm_pool_slab *run, unsigned pages);

/** Gives all touched free pages and all spare arenas back to the kernel. */
void hm_pool_arenas_purge(void);

/** Counts work done without taking or returning a run; may unmap arenas. */
void hm_pool_arenas_age(void);

/** Events up to now, and more of them. */
uint64_t hm_pool_events(void);
void hm_pool_count_events(unsigned count);

/** Calls `visit` for each arena. */
void hm_pool_arenas_visit(void (*visit)(void *context, hm_pool_arena *arena), void *context);

/** Arenas mapped, and those of them without a run taken. */
unsigned hm_pool_arena_count(void);
unsigned hm_pool_arena_spare_count(void);

/** Free pages that may be resident. */
unsigned hm_pool_arena_dirty_pages(const hm_pool_arena *arena);

/** Checks one arena's records against each other; NULL, or what is wrong. */
const char *hm_pool_arena_check(hm_pool_arena *arena);

#endif
