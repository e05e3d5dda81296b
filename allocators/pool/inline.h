/**
 * This module is the pool's fast paths in a form to be inlined, so that the library's `malloc`
 * and a runtime compiled against the pool run the same code without a hop.
 */
#ifndef HM_ALLOCATORS_POOL_INLINE_H
#define HM_ALLOCATORS_POOL_INLINE_H

#include "allocators/pool/arena.h"
#include "allocators/pool/local_pool.h"
#include "base/check.h"

/** What the fast paths leave: a first allocation, an empty slab, large blocks, other threads'. */
void *hm_pool_malloc_slow(size_t bytes);
void hm_pool_free_slow(void *block);

static HM_ALWAYS_INLINE void *hm_pool_malloc_inline(size_t bytes)
{
    hm_pool_local *local = hm_pool_this_local;
    if (HM_LIKELY(bytes <= HM_POOL_SMALL_MAX && local != NULL)) {
        void *block = hm_pool_slab_pop(local->bins[hm_pool_class_of(bytes)].current);
        if (HM_LIKELY(block != NULL))
            return block;
    }
    return hm_pool_malloc_slow(bytes);
}

static HM_ALWAYS_INLINE void hm_pool_free_inline(void *block)
{
    hm_pool_region *region = hm_pool_region_of(block);
    hm_pool_local *local = hm_pool_this_local;
    if (HM_LIKELY(region != NULL && region->kind == HM_POOL_ARENA && local != NULL)) {
        hm_pool_slab *slab = hm_pool_run_of((hm_pool_arena *)region, block);
        if (HM_LIKELY(slab->owner == local)) {
            HM_ASSERT(((uintptr_t)block - (uintptr_t)slab->base) % slab->block_bytes == 0);
            HM_ASSERT(hm_pool_slab_used(slab) != 0);
            uint32_t used = hm_pool_slab_push(slab, block);
            if (HM_UNLIKELY(slab->state != HM_POOL_SLAB_CURRENT &&
                            (used == 0 || slab->state == HM_POOL_SLAB_FULL)))
                hm_pool_local_settle(local, slab);
            return;
        }
    }
    hm_pool_free_slow(block);
}

#endif
