/**
 * This module is the allocator `pool`, so that heapmark has one whose every decision can be read,
 * checked and changed, beside those that are only libraries.
 *
 * Words: *small* requests, up to 32 KiB, are served from slabs of one size class, by the thread's
 * local pool and without a lock; *large* ones, up to 1 MiB, are runs of pages; *huge* ones are
 * mappings. All of it lies in regions of 2 MiB, which give the way from an address to its record.
 *
 * Invariant: every block is aligned to 16 bytes, has no header, and can be freed by any thread;
 * memory comes from mmap only. A pointer the pool did not hand out ends the process with a line.
 */
#ifndef HM_ALLOCATORS_POOL_POOL_H
#define HM_ALLOCATORS_POOL_POOL_H

#include "allocators/allocator.h"

/** As libc's functions of these names; realloc(block, 0) gives a block of the smallest class. */
void *hm_pool_malloc(size_t bytes);
void *hm_pool_calloc(size_t count, size_t bytes);
void *hm_pool_realloc(void *block, size_t bytes);
void hm_pool_free(void *block);
size_t hm_pool_usable_size(void *block);

/** A block at a multiple of `alignment`, a power of two; NULL: it is none (errno EINVAL), or no
    memory (ENOMEM). */
void *hm_pool_aligned_alloc(size_t alignment, size_t bytes);

/** Frees a block whose requested size the caller knows. */
HM_EXPORT void hm_pool_free_sized(void *block, size_t bytes);

/**
 * The pool's account. Exact where no other thread allocates; what other threads have freed but
 * the owner has not yet taken back counts as allocated. Never false.
 */
HM_EXPORT bool hm_pool_stats(hm_allocator_stats *stats);

/** Tells of every run: a slab's blocks and room, a large or huge block. Exact as the account is. */
HM_EXPORT bool hm_pool_size_classes(hm_allocator_class_visitor visit, void *context);

/** Gives to the kernel what holds no block: this thread's and dead threads' empty slabs, free
    pages, spare arenas. Other threads' empty slabs stay theirs. */
HM_EXPORT void hm_pool_purge(void);

/** The suite's version. */
HM_EXPORT const char *hm_pool_version(void);

/** How many of each thing there are. */
typedef struct hm_pool_census {
    unsigned arenas, spare_arenas;
    unsigned owned_locals, abandoned_locals, retired_locals;
    uint64_t huge_blocks;
} hm_pool_census;

hm_pool_census hm_pool_count(void);

/**
 * Walks everything while no other thread allocates: arenas, runs, slabs, bins. NULL: all is well;
 * else one line (static) that says what is wrong.
 */
const char *hm_pool_check(void);

#endif
