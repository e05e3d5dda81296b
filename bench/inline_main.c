/**
 * This module is heapmark-inline: `heapmark sample` in a program whose runtime and workloads have
 * the pool compiled into them (HM_INLINE_POOL), so that linkage inline is measured by the very same
 * sample. The driver starts it; it has no other command.
 */
#include "allocators/backend.h"
#include "allocators/pool/pool.h"
#include "bench/command.h"
#include "bench/sample.h"

#include <string.h>

/* The table is for what is not hot (statistics, purge); whoever calls through it gets the same
   pool. */
static void fill(hm_allocator *allocator)
{
    allocator->malloc = hm_pool_malloc;
    allocator->free = hm_pool_free;
    allocator->realloc = hm_pool_realloc;
    allocator->calloc = hm_pool_calloc;
    allocator->free_sized = hm_pool_free_sized;
    allocator->aligned_alloc = hm_pool_aligned_alloc;
    allocator->usable_size = hm_pool_usable_size;
    allocator->stats = hm_pool_stats;
    allocator->size_classes = hm_pool_size_classes;
    allocator->purge = hm_pool_purge;
    allocator->version = hm_pool_version();
    allocator->capabilities = HM_ALLOCATOR_USABLE_SIZE | HM_ALLOCATOR_STATS |
                              HM_ALLOCATOR_ACTIVE_BYTES | HM_ALLOCATOR_PURGE |
                              HM_ALLOCATOR_THREADS | HM_ALLOCATOR_SIZED_FREE | HM_ALLOCATOR_FORK |
                              HM_ALLOCATOR_ALIGNED;
}

int main(int argc, char **argv)
{
    static char name[] = "heapmark-inline sample";
    hm_error error = {0};
    if (argc < 2 || strcmp(argv[1], "sample") != 0) {
        hm_error_set(&error, HM_USAGE_ERROR,
                     "this program runs samples of linkage inline only; write heapmark-inline "
                     "sample CELL, or use heapmark");
        return hm_command_fail("heapmark-inline", &error);
    }
    hm_backend_offer_inline_pool(fill);
    argv[1] = name;
    return hm_sample_main(argc - 1, argv + 1);
}
