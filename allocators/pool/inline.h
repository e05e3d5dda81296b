/**
 * This module is the pool's fast paths in a form to be inlined, so that the library's `malloc`
 * and a runtime compiled against the pool run the same code without a hop.
 */
#ifndef HM_ALLOCATORS_POOL_INLINE_H
#define HM_ALLOCATORS_POOL_INLINE_H

#include "allocators/pool/local_pool.h"

/** What the fast paths leave: a first allocation, an empty or full cache, large blocks. */
void *hm_pool_malloc_slow(size_t bytes);
void hm_pool_free_slow(void *block);

static HM_ALWAYS_INLINE void *hm_pool_malloc_inline(size_t bytes)
{
    if (HM_LIKELY(bytes <= HM_POOL_SMALL_MAX)) {
        hm_pool_bin *bin = hm_pool_local_bin_at(hm_pool_bin_number_of(bytes));
        void **top = bin->top;
        if (HM_LIKELY(top != bin->floor)) {
            bin->top = top - 1;
            return top[-1];
        }
    }
    return hm_pool_malloc_slow(bytes);
}

static HM_ALWAYS_INLINE void hm_pool_free_inline(void *block)
{
    uintptr_t page = hm_pool_window_offset(block) >> HM_POOL_PAGE_SHIFT;
    if (HM_LIKELY(page < HM_POOL_WINDOW_PAGES) &&
        HM_LIKELY(hm_pool_bin_push(hm_pool_local_bin_at(hm_pool_bin_of_page[page]), block)))
        return;
    hm_pool_free_slow(block);
}

/** Frees a block of known size that malloc or calloc gave: its class needs no look-up. */
static HM_ALWAYS_INLINE void hm_pool_free_sized_inline(void *block, size_t bytes)
{
    if (HM_LIKELY(bytes <= HM_POOL_SMALL_MAX && block != NULL) &&
        HM_LIKELY(hm_pool_bin_push(hm_pool_local_bin_at(hm_pool_bin_number_of(bytes)), block)))
        return;
    hm_pool_free_slow(block);
}

#endif
