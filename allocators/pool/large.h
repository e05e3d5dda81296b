/**
 * This module is blocks too large for a slab, so that they waste at most a page, and so that one
 * that is freed is soon used again without the pool's lock.
 *
 * Words: a *large* block is a run of pages in an arena; a run is *cached* by the thread that freed
 * its block, to be handed out again as it is; a *huge* block, over 1 MiB, is huge.h's.
 *
 * Invariant: the usable size is the request rounded up to kernel pages; a large run's record has no
 * owner, so that every free of it comes here. A cached run counts as taken for its arena, has no
 * usable size, and is touched. A thread caches at most HM_POOL_RUN_CACHE_BYTES_MAX.
 */
#ifndef HM_ALLOCATORS_POOL_LARGE_H
#define HM_ALLOCATORS_POOL_LARGE_H

#include "allocators/pool/local_pool.h"
#include "allocators/pool/slab.h"

enum { HM_POOL_LARGE_MAX = 1024 * 1024 };

/**
 * A block of `bytes` (at most PTRDIFF_MAX) at a multiple of `alignment`, a power of two. `*zeroed`:
 * its bytes are known to be zero. NULL: no memory. Also huge ones.
 */
void *hm_pool_large_allocate(size_t bytes, size_t alignment, bool *zeroed);

/** Frees the block of a large run. */
void hm_pool_large_free(hm_pool_slab *run);

/** Resizes a large run's block in place, true, or leaves it as it is. */
bool hm_pool_large_resize(hm_pool_slab *run, size_t bytes);

/** Returns to their arenas as many bytes of the thread's cached runs as were not used since the
    last call. The pool's lock is held. */
void hm_pool_large_drop_idle(hm_pool_local *local);

/** Returns all of the thread's cached runs. The pool's lock is held. */
void hm_pool_large_drop_all(hm_pool_local *local);

/** The usable size of a large run's block; 0: the run is cached. */
static inline size_t hm_pool_large_usable(const hm_pool_slab *run)
{
    return atomic_load_explicit(&run->large_bytes, memory_order_relaxed);
}

#endif
