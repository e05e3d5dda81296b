/**
 * This module is libheapmark_pool.so's face: libc's names, so that the pool is bound like any
 * other allocator's library and works under LD_PRELOAD. Nothing here or below calls malloc.
 */
#include "allocators/pool/inline.h"
#include "allocators/pool/pool.h"
#include "base/system_memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

HM_EXPORT void *malloc(size_t bytes)
{
    return hm_pool_malloc_inline(bytes);
}

HM_EXPORT void free(void *block)
{
    hm_pool_free_inline(block);
}

HM_EXPORT void *calloc(size_t count, size_t bytes)
{
    return hm_pool_calloc(count, bytes);
}

HM_EXPORT void *realloc(void *block, size_t bytes)
{
    return hm_pool_realloc(block, bytes);
}

HM_EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    return hm_pool_aligned_alloc(alignment, bytes);
}

HM_EXPORT void *memalign(size_t alignment, size_t bytes)
{
    return hm_pool_aligned_alloc(alignment, bytes);
}

HM_EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    if (alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *allocated = hm_pool_aligned_alloc(alignment, bytes);
    int failure = allocated == NULL ? errno : 0;
    errno = saved;
    if (failure == 0)
        *block = allocated;
    return failure;
}

HM_EXPORT void *valloc(size_t bytes)
{
    return hm_pool_aligned_alloc(hm_system_page_bytes(), bytes);
}

HM_EXPORT void *pvalloc(size_t bytes)
{
    size_t size = hm_system_round_up(bytes);
    return hm_pool_aligned_alloc(hm_system_page_bytes(), size < bytes ? bytes : size);
}

HM_EXPORT size_t malloc_usable_size(void *block)
{
    return hm_pool_usable_size(block);
}
