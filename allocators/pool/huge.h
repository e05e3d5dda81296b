/**
 * This module is blocks over 1 MiB, so that a really big one goes back to the kernel the moment it
 * is freed, and one that is freed and asked for again and again is mapped once.
 *
 * Words: a *huge* block is a region of its own and grows by moving page tables instead of bytes; a
 * *cached* mapping is what a freed one leaves, written to and mapped, for the next of its size.
 *
 * Invariant: cached mappings amount to at most a part of what is live, within the bounds below, and
 * none is older than the options say; a huge miss counts as HM_POOL_HUGE_EVENTS. The usable size is
 * the request rounded up to kernel pages, and an eighth of it more at most where a cached mapping
 * is used.
 */
#ifndef HM_ALLOCATORS_POOL_HUGE_H
#define HM_ALLOCATORS_POOL_HUGE_H

#include "allocators/pool/address_map.h"

enum {
    HM_POOL_HUGE_EVENTS = 1024,   /**< that a block counts for no cached mapping fits */
    HM_POOL_HUGE_CACHE_PART = 16, /**< of the bytes of live huge blocks, one may be cached */
    HM_POOL_HUGE_CACHE_BYTES_LEAST = 4 * 1024 * 1024, /**< the same, but so much at least */
    HM_POOL_HUGE_CACHE_BYTES_MOST = 64 * 1024 * 1024  /**< and so much at most */
};

/** What huge blocks amount to. */
typedef struct hm_pool_huge_totals {
    uint64_t blocks;
    uint64_t bytes;
    uint64_t cached_bytes; /**< of mappings without a block */
} hm_pool_huge_totals;

/** As hm_pool_large_allocate. */
void *hm_pool_huge_allocate(size_t bytes, size_t alignment, bool *zeroed);

/** Frees a huge block. */
void hm_pool_huge_free(hm_pool_region *region);

/** Resizes a huge block, which may move; NULL: left as it is. */
void *hm_pool_huge_resize(hm_pool_region *region, size_t bytes);

/** Unmaps cached mappings that have grown old. The pool's lock is held, also for the next three. */
void hm_pool_huge_age(void);

/** Unmaps all cached mappings. */
void hm_pool_huge_purge(void);

hm_pool_huge_totals hm_pool_huge_read(void);

/** Calls `visit` with the usable size of each huge block. */
void hm_pool_huge_visit(void (*visit)(void *context, size_t bytes), void *context);

#endif
