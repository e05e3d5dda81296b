/**
 * This module is blocks too large for a slab, so that they waste at most a kernel page and a
 * really big one goes back to the kernel the moment it is freed.
 *
 * Words: a *large* block is a run of pages in an arena; a *huge* one, over 1 MiB, is a region of
 * its own and grows by moving page tables instead of bytes.
 *
 * Invariant: the usable size is the request rounded up to kernel pages; a large run's record has
 * no owner, so that every free of it comes here.
 */
#ifndef HM_ALLOCATORS_POOL_LARGE_H
#define HM_ALLOCATORS_POOL_LARGE_H

#include "allocators/pool/address_map.h"
#include "allocators/pool/slab.h"

enum { HM_POOL_LARGE_MAX = 1024 * 1024 };

/** What huge blocks amount to. */
typedef struct hm_pool_huge_totals {
    uint64_t blocks;
    uint64_t bytes;
} hm_pool_huge_totals;

/**
 * A block of `bytes` (at most PTRDIFF_MAX) at a multiple of `alignment`, a power of two. `*zeroed`:
 * its bytes are known to be zero. NULL: no memory.
 */
void *hm_pool_large_allocate(size_t bytes, size_t alignment, bool *zeroed);

/** Frees the block of a large run. */
void hm_pool_large_free(hm_pool_slab *run);

/** Resizes a large run's block in place, true, or leaves it as it is. */
bool hm_pool_large_resize(hm_pool_slab *run, size_t bytes);

/** Frees a huge block. */
void hm_pool_huge_free(hm_pool_region *region);

/** Resizes a huge block, which may move; NULL: left as it is. */
void *hm_pool_huge_resize(hm_pool_region *region, size_t bytes);

/** The pool's lock is held. */
hm_pool_huge_totals hm_pool_huge_read(void);

/** Calls `visit` with the usable size of each huge block. The pool's lock is held. */
void hm_pool_huge_visit(void (*visit)(void *context, size_t bytes), void *context);

#endif
