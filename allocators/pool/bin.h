/**
 * This module is one bin's slabs, so that blocks come from the fullest of them and the emptier ones
 * can drain.
 *
 * Words: a *shelf* is a list of slabs with about as many free blocks; a *chain* is slabs that have
 * no block out and wait to be returned to their arenas.
 */
#ifndef HM_ALLOCATORS_POOL_BIN_H
#define HM_ALLOCATORS_POOL_BIN_H

#include "allocators/pool/local_pool.h"

/** Puts a new slab on its shelf. */
void hm_pool_bin_enter(hm_pool_bin *bin, hm_pool_slab *slab);

/**
 * Moves a slab that blocks were returned to where it belongs now; where its bin has an empty one
 * already, it goes in front of `chain` instead. Returns the chain.
 */
hm_pool_slab *hm_pool_bin_move_shelf(hm_pool_bin *bin, hm_pool_slab *slab, hm_pool_slab *chain);

static HM_ALWAYS_INLINE hm_pool_slab *hm_pool_bin_move(hm_pool_bin *bin, hm_pool_slab *slab,
                                                       hm_pool_slab *chain)
{
    uint32_t free_count = hm_pool_slab_free_count(slab);
    if (HM_LIKELY(free_count >= slab->shelf_low && free_count <= slab->shelf_high))
        return chain;
    return hm_pool_bin_move_shelf(bin, slab, chain);
}

/** Fills the empty cache to its half from the slabs, by HM_POOL_REFILL_BLOCKS_MAX at most; how many
    blocks it has then. */
unsigned hm_pool_bin_fill(hm_pool_bin *bin);

/** Takes the slabs without a block out in front of `chain`. Returns the chain. */
hm_pool_slab *hm_pool_bin_take_empty(hm_pool_bin *bin, hm_pool_slab *chain);

/** Checks cache and shelves of the bin of a class of `local`; NULL, or what is wrong. */
const char *hm_pool_bin_check(hm_pool_local *local, unsigned class_index);

#endif
