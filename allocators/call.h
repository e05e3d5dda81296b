/**
 * This module is the one way from the runtime and the workloads to an allocator's hot calls, so
 * that they go through the table (linkage so, preload, static) or, in the program compiled with
 * HM_INLINE_POOL, are the pool's own fast paths (linkage inline), with nothing else changed.
 *
 * Invariant: in a program compiled with HM_INLINE_POOL every `allocator` is the pool, undecorated:
 * no decorator could see a call that is not made through the table.
 */
#ifndef HM_ALLOCATORS_CALL_H
#define HM_ALLOCATORS_CALL_H

#include "allocators/allocator.h"
#include "base/attributes.h"

#ifndef HM_INLINE_POOL

/** A new block of `bytes`, or NULL. */
static HM_ALWAYS_INLINE void *hm_call_malloc(const hm_allocator *allocator, size_t bytes)
{
    return allocator->malloc(bytes);
}

/** A new zeroed block of `count` times `bytes`, or NULL. */
static HM_ALWAYS_INLINE void *hm_call_calloc(const hm_allocator *allocator, size_t count,
                                             size_t bytes)
{
    return allocator->calloc(count, bytes);
}

/** Resizes a block of `old_bytes` (NULL: 0); NULL: out of memory, the old block is as it was. */
static HM_ALWAYS_INLINE void *hm_call_realloc(const hm_allocator *allocator, void *block,
                                              size_t old_bytes, size_t bytes)
{
    if (HM_UNLIKELY(allocator->realloc_sized != NULL))
        return allocator->realloc_sized(block, old_bytes, bytes);
    return allocator->realloc(block, bytes);
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

#else

#include "allocators/pool/inline.h"
#include "allocators/pool/pool.h"

static HM_ALWAYS_INLINE void *hm_call_malloc(const hm_allocator *allocator, size_t bytes)
{
    HM_UNUSED(allocator);
    return hm_pool_malloc_inline(bytes);
}

static HM_ALWAYS_INLINE void *hm_call_calloc(const hm_allocator *allocator, size_t count,
                                             size_t bytes)
{
    HM_UNUSED(allocator);
    return hm_pool_calloc(count, bytes);
}

static HM_ALWAYS_INLINE void *hm_call_realloc(const hm_allocator *allocator, void *block,
                                              size_t old_bytes, size_t bytes)
{
    HM_UNUSED(allocator);
    HM_UNUSED(old_bytes);
    return hm_pool_realloc(block, bytes);
}

static HM_ALWAYS_INLINE void hm_call_free(const hm_allocator *allocator, void *block)
{
    HM_UNUSED(allocator);
    hm_pool_free_inline(block);
}

static HM_ALWAYS_INLINE void hm_call_free_sized(const hm_allocator *allocator, void *block,
                                                size_t bytes)
{
    HM_UNUSED(allocator);
    hm_pool_free_sized_inline(block, bytes);
}

#endif

#endif
