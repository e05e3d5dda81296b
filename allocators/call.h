/**
 * This module is the one way from the runtime and the workloads to an allocator's hot calls, so
 * that they go through the table (linkage so, preload, static) or, in a program compiled with
 * HM_INLINE_POOL, are the pool's own fast paths (linkage inline), with nothing else changed.
 *
 * Invariant: in a program compiled with HM_INLINE_POOL every `allocator` is the pool.
 */
#ifndef HM_ALLOCATORS_CALL_H
#define HM_ALLOCATORS_CALL_H

#include "allocators/allocator.h"
#include "base/attributes.h"

/** A new block of `bytes`, or NULL. */
static HM_ALWAYS_INLINE void *hm_call_malloc(const hm_allocator *allocator, size_t bytes)
{
    return allocator->malloc(bytes);
}

/** Frees a block; NULL does nothing. */
static HM_ALWAYS_INLINE void hm_call_free(const hm_allocator *allocator, void *block)
{
    allocator->free(block);
}

/** Frees a block whose requested size is known; only where the allocator has such a call. */
static HM_ALWAYS_INLINE void hm_call_free_sized(const hm_allocator *allocator, void *block,
                                                size_t bytes)
{
    allocator->free_sized(block, bytes);
}

#endif
