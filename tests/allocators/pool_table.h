/* This module is the pool as an hm_allocator, linked into the test: no library, no loader. */
#ifndef HM_TESTS_ALLOCATORS_POOL_TABLE_H
#define HM_TESTS_ALLOCATORS_POOL_TABLE_H

#include "allocators/pool/pool.h"

static const hm_allocator pool_table = {
    .malloc = hm_pool_malloc,
    .free = hm_pool_free,
    .realloc = hm_pool_realloc,
    .calloc = hm_pool_calloc,
    .free_sized = hm_pool_free_sized,
    .aligned_alloc = hm_pool_aligned_alloc,
    .usable_size = hm_pool_usable_size,
    .stats = hm_pool_stats,
    .purge = hm_pool_purge,
    .name = "pool",
};

#endif
