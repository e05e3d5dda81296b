#include "allocators/pool/pool.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/huge.h"
#include "allocators/pool/inline.h"
#include "allocators/pool/large.h"
#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an address turned out to be. */
typedef struct found_block {
    hm_pool_region *region; /* of a huge block, else NULL */
    hm_pool_slab *run;      /* of any other, else NULL */
    size_t usable_bytes;
} found_block;

static _Noreturn void bad_pointer(const char *call, const void *block)
{
    fprintf(stderr, "pool: %s of %p, which is not a live block of this pool\n", call, block);
    abort();
}

static bool is_large_block(const hm_pool_slab *run, const void *block)
{
    return run->kind == HM_POOL_RUN_LARGE && run->base == block && hm_pool_large_usable(run) != 0;
}

/* Whether a block of the run begins there. */
static bool may_be_block(const hm_pool_slab *run, const void *block)
{
    if (run->kind != HM_POOL_RUN_SLAB)
        return is_large_block(run, block);
    size_t offset = (size_t)((const char *)block - run->base);
    return offset % run->block_bytes == 0 && offset / run->block_bytes < run->capacity;
}

static found_block find_block(const char *call, void *block)
{
    found_block found = {0};
    hm_pool_arena *arena = hm_pool_window_arena(block);
    hm_pool_region *region = arena == NULL ? hm_pool_region_of(block) : NULL;
    if (arena != NULL) {
        found.run = hm_pool_run_of(arena, block);
        found.usable_bytes = found.run->kind == HM_POOL_RUN_LARGE ? hm_pool_large_usable(found.run)
                                                                  : found.run->block_bytes;
    } else if (region != NULL && region->base == block) {
        found.region = region;
        found.usable_bytes = region->bytes;
    }
    if (found.region == NULL && (found.run == NULL || !may_be_block(found.run, block)))
        bad_pointer(call, block);
    return found;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

static void *allocate_class(unsigned class_index)
{
    hm_pool_local *local = hm_pool_local_get();
    if (local == NULL)
        return NULL;
    void *block = hm_pool_bin_pop(hm_pool_local_bin(local, class_index));
    return block != NULL ? block : hm_pool_local_refill(local, class_index);
}

HM_NOINLINE void *hm_pool_malloc_slow(size_t bytes)
{
    bool zeroed;
    if (bytes > PTRDIFF_MAX)
        return no_memory();
    void *block = bytes <= HM_POOL_SMALL_MAX ? allocate_class(hm_pool_class_of(bytes))
                                             : hm_pool_large_allocate(bytes, 1, &zeroed);
    return block != NULL ? block : no_memory();
}

/* Into the cache, also of a thread that has none yet. */
static void free_small(hm_pool_slab *slab, void *block)
{
    hm_pool_local *local = hm_pool_local_of_free();
    if (local == NULL)
        hm_pool_local_free_remote(slab, hm_pool_slab_group(slab, block));
    else if (!hm_pool_bin_push(hm_pool_local_bin(local, slab->class_index)->rack->freed, block))
        hm_pool_local_flush(local, slab->class_index, block);
}

HM_NOINLINE void hm_pool_free_slow(void *block)
{
    if (block == NULL)
        return;
    hm_pool_arena *arena = hm_pool_window_arena(block);
    hm_pool_slab *run = arena != NULL ? hm_pool_run_of(arena, block) : NULL;
    if (run != NULL && is_large_block(run, block)) {
        hm_pool_large_free(run);
        return;
    }
    found_block found = find_block("free", block);
    if (found.region != NULL)
        hm_pool_huge_free(found.region);
    else
        free_small(found.run, block);
}

HM_AT_CACHE_LINE void *hm_pool_malloc(size_t bytes)
{
    return hm_pool_malloc_inline(bytes);
}

HM_AT_CACHE_LINE void hm_pool_free(void *block)
{
    hm_pool_free_inline(block);
}

HM_AT_CACHE_LINE void hm_pool_free_sized(void *block, size_t bytes)
{
    HM_ASSERT(block == NULL || bytes > HM_POOL_SMALL_MAX ||
              hm_pool_usable_size(block) == hm_pool_class_bytes(hm_pool_class_of(bytes)));
    hm_pool_free_sized_inline(block, bytes);
}

/* Pages fresh from the kernel are zero, and a large block is worth not writing twice. */
void *hm_pool_calloc(size_t count, size_t bytes)
{
    size_t total;
    bool zeroed = false;
    if (__builtin_mul_overflow(count, bytes, &total) || total > PTRDIFF_MAX)
        return no_memory();
    void *block = total <= HM_POOL_SMALL_MAX ? hm_pool_malloc_inline(total)
                                             : hm_pool_large_allocate(total, 1, &zeroed);
    if (block == NULL)
        return no_memory();
    return zeroed ? block : memset(block, 0, total);
}

/* A smaller block is worth a copy only where it saves at least a quarter. */
static bool fits_well(size_t bytes, size_t usable_bytes)
{
    return bytes <= usable_bytes && bytes >= usable_bytes - usable_bytes / 4;
}

static void *resize_in_place(const found_block *found, void *block, size_t bytes)
{
    if (found->region != NULL)
        return hm_pool_huge_resize(found->region, bytes);
    if (found->run->kind == HM_POOL_RUN_LARGE)
        return hm_pool_large_resize(found->run, bytes) ? block : NULL;
    bool stays = fits_well(bytes, found->usable_bytes) ||
                 (bytes <= HM_POOL_SMALL_MAX && hm_pool_class_of(bytes) == found->run->class_index);
    return stays ? block : NULL;
}

void *hm_pool_realloc(void *block, size_t bytes)
{
    if (block == NULL)
        return hm_pool_malloc_inline(bytes);
    if (bytes > PTRDIFF_MAX)
        return no_memory();
    found_block found = find_block("realloc", block);
    void *resized = resize_in_place(&found, block, bytes);
    if (resized != NULL)
        return resized;
    int saved = errno;
    resized = hm_pool_malloc_inline(bytes);
    if (resized == NULL && bytes <= found.usable_bytes) {
        errno = saved;
        return block; /* too large, and the best there is */
    }
    if (resized == NULL)
        return NULL;
    memcpy(resized, block, bytes < found.usable_bytes ? bytes : found.usable_bytes);
    hm_pool_free_inline(block);
    return resized;
}

void *hm_pool_aligned_alloc(size_t alignment, size_t bytes)
{
    bool zeroed;
    if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (bytes > PTRDIFF_MAX || alignment > PTRDIFF_MAX)
        return no_memory();
    unsigned class_index = hm_pool_class_aligned(alignment, bytes);
    void *block = class_index < HM_POOL_CLASS_COUNT
                      ? allocate_class(class_index)
                      : hm_pool_large_allocate(bytes != 0 ? bytes : 1, alignment, &zeroed);
    return block != NULL ? block : no_memory();
}

size_t hm_pool_usable_size(void *block)
{
    return block == NULL ? 0 : find_block("malloc_usable_size", block).usable_bytes;
}
