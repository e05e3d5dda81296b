/**
 * This module is what a cache gives back and how much it may hold, so that a class that is used in
 * batches keeps the whole batch, and one that is not holds little memory.
 *
 * Words: the *limit* of a cache is the number of blocks it may hold. It begins with
 * HM_POOL_CACHE_BYTES_FIRST and doubles when the cache has run over after it was refilled, to
 * HM_POOL_CACHE_BYTES_MAX; what all limits of a thread have beyond the first is *extra*. A cache is
 * *idle* where it has not been refilled and holds as many blocks as when it was last looked at.
 *
 * Invariant: extra is at most HM_POOL_CACHE_EXTRA_BYTES_MAX a thread. Only the thread that owns the
 * local pool calls, or the holder of the pool's lock while it is abandoned.
 */
#ifndef HM_ALLOCATORS_POOL_CACHE_H
#define HM_ALLOCATORS_POOL_CACHE_H

#include "allocators/pool/local_pool.h"

/** Gives a new local pool its caches, all empty; false: no memory. The pool's lock is held. */
bool hm_pool_cache_start(hm_pool_local *local);

/** Returns the `count` oldest cached blocks of a bin to their slabs. Slabs that have no block out
    then and are not kept go in front of `chain`; returns it. */
hm_pool_slab *hm_pool_cache_drop(hm_pool_local *local, hm_pool_bin *bin, unsigned count,
                                 hm_pool_slab *chain);

/** Makes freed blocks those that are handed out next, the oldest first, where they wait in a bin of
    their own and `bin` is empty; false: none do. */
bool hm_pool_cache_turn(hm_pool_bin *bin);

/** Lets a full cache hold more, where it has been refilled since it last grew and there is room in
    the thread's extra. The lock is not held. */
bool hm_pool_cache_grow(hm_pool_local *local, unsigned class_index);

/** Takes the extra from idle caches. Slabs to release as for hm_pool_cache_drop. */
hm_pool_slab *hm_pool_cache_shrink_idle(hm_pool_local *local, hm_pool_slab *chain);

#endif
