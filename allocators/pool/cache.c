#include "allocators/pool/cache.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/bin.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "base/check.h"

#include <string.h>

/* ---- blocks back to their slabs ---- */

/* The slab of a class that begins at an offset in the window: at a multiple of four pages, so that
   the number of its record is that of its four pages. From bytes: gcc computes an index into `runs`
   once for each field that is used. */
static HM_ALWAYS_INLINE hm_pool_slab *slab_at(uintptr_t offset)
{
    uintptr_t quarter = offset >> (HM_POOL_PAGE_SHIFT + 2);
    hm_pool_arena *arena = atomic_load_explicit(
        &hm_pool_arenas[quarter / (HM_POOL_ARENA_PAGES / 4)], memory_order_relaxed);
    uintptr_t runs = (uintptr_t)arena->runs;
    return (hm_pool_slab *)(runs + quarter % (HM_POOL_ARENA_PAGES / 4) * sizeof(hm_pool_slab));
}

/* Returns to a slab of another thread as many of the first blocks as share a word of it; the first
   one that does not. */
static HM_NOINLINE void **return_remote(hm_pool_slab *slab, void **block, void **end)
{
    hm_pool_group group = hm_pool_slab_group(slab, *block);
    uintptr_t bytes = (uintptr_t)slab->pages << HM_POOL_PAGE_SHIFT;
    while (++block != end && (uintptr_t)*block - (uintptr_t)slab->base < bytes) {
        unsigned number = hm_pool_slab_number(slab, *block);
        if (number / 64 != group.word)
            break;
        group.bits |= (uint64_t)1 << number % 64;
        group.count++;
    }
    hm_pool_local_free_remote(slab, group);
    return block;
}

/* Marks the block at `address` free in its slab, which is of a class. */
static HM_ALWAYS_INLINE void mark_free(hm_pool_slab *slab, uintptr_t address, uint64_t inside,
                                       uint64_t reciprocal)
{
    uint64_t number = (address & inside) * reciprocal >> 32;
    HM_ASSERT((slab->free_bits[number / 64] >> number % 64 & 1) == 0);
    slab->free_bits[number / 64] |= (uint64_t)1 << number % 64;
    slab->some_free |= (uint64_t)1 << number / 64;
}

static HM_ALWAYS_INLINE uint32_t count_free(hm_pool_slab *slab, uint32_t more)
{
    uint32_t count = hm_pool_slab_free_count(slab) + more;
    atomic_store_explicit(&slab->free_count, (uint16_t)count, memory_order_relaxed);
    return count;
}

/* Returns the blocks that follow one of `slab` and are of it too; the first one that is not. */
static HM_NOINLINE void **return_rest(hm_pool_slab *slab, void **block, void **end, uint64_t inside,
                                      uint64_t reciprocal)
{
    uintptr_t base = (uintptr_t)slab->base;
    void **first = block;
    for (; block != end && ((uintptr_t)*block ^ base) <= inside; block++)
        mark_free(slab, (uintptr_t)*block, inside, reciprocal);
    count_free(slab, (uint32_t)(block - first));
    return block;
}

/* Blocks in any order are the case to be quick in: each is returned alone, and only where the next
   one is of the same slab more of them are. What all slabs of the class have in common is not read
   from their records. */
hm_pool_slab *hm_pool_cache_drop(hm_pool_local *local, unsigned class_index, unsigned count,
                                 hm_pool_slab *chain)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    const uint64_t inside = bin->rack->slab_bytes - 1, reciprocal = bin->rack->reciprocal;
    const uintptr_t window = atomic_load_explicit(&hm_pool_window_base, memory_order_relaxed);
    void **end = bin->floor + count;
    for (void **block = bin->floor; block != end;) {
        uintptr_t address = (uintptr_t)*block;
        hm_pool_slab *slab = slab_at((address & ~inside) - window);
        HM_ASSERT(slab->kind == HM_POOL_RUN_SLAB && slab->reciprocal == reciprocal);
        if (HM_UNLIKELY(slab->owner != local)) {
            block = return_remote(slab, block, end);
            continue;
        }
        mark_free(slab, address, inside, reciprocal);
        uint32_t free_count = count_free(slab, 1);
        if (++block != end && ((uintptr_t)*block ^ address) <= inside) {
            block = return_rest(slab, block, end, inside, reciprocal);
            free_count = hm_pool_slab_free_count(slab);
        }
        if (HM_UNLIKELY(free_count > slab->shelf_high))
            chain = hm_pool_bin_move_shelf(bin, slab, chain);
    }
    bin->top -= count;
    memmove(bin->floor, end, (size_t)(bin->top - bin->floor) * sizeof *bin->floor);
    return chain;
}

/* ---- how many blocks ---- */

static unsigned blocks_within(size_t bytes, unsigned class_index)
{
    size_t blocks = bytes / hm_pool_class_bytes(class_index);
    if (blocks > HM_POOL_CACHE_BLOCKS_MAX)
        return HM_POOL_CACHE_BLOCKS_MAX;
    return blocks < 2 ? 2 : (unsigned)blocks;
}

static unsigned limit_of(const hm_pool_bin *bin)
{
    return (unsigned)(bin->ceiling - bin->floor);
}

static unsigned first_limit(unsigned class_index)
{
    return blocks_within(HM_POOL_CACHE_BYTES_FIRST, class_index);
}

bool hm_pool_cache_start(hm_pool_local *local)
{
    size_t slots = 0;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++)
        slots += first_limit(index);
    void **place = hm_pool_metadata_allocate(slots * sizeof *place);
    if (place == NULL)
        return false;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        bin->top = bin->floor = place;
        bin->ceiling = place += first_limit(index);
        bin->rack->slots = first_limit(index);
    }
    return true;
}

/* Changes the limit of a cache that has no more blocks than that. */
static void set_limit(hm_pool_local *local, unsigned class_index, unsigned limit)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    local->extra_bytes += ((size_t)limit - limit_of(bin)) * hm_pool_class_bytes(class_index);
    bin->ceiling = bin->floor + limit;
}

/* Moves the cache to a longer array; the old one, of half the length, is not used again. */
static bool find_slots(hm_pool_bin *bin, unsigned slots)
{
    if (slots <= bin->rack->slots)
        return true;
    hm_pool_lock();
    void **place = hm_pool_metadata_allocate(slots * sizeof *place);
    hm_pool_unlock();
    if (place == NULL)
        return false;
    unsigned count = (unsigned)(bin->top - bin->floor), limit = limit_of(bin);
    memcpy(place, bin->floor, count * sizeof *place);
    bin->floor = place;
    bin->top = place + count;
    bin->ceiling = place + limit;
    bin->rack->slots = slots;
    return true;
}

bool hm_pool_cache_grow(hm_pool_local *local, unsigned class_index)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    unsigned limit = limit_of(bin);
    unsigned most = blocks_within(HM_POOL_CACHE_BYTES_MAX, class_index);
    unsigned wanted = limit < most / 2 ? 2 * limit : most;
    size_t more_bytes = (size_t)(wanted - limit) * hm_pool_class_bytes(class_index);
    if (!bin->rack->refilled || wanted == limit ||
        local->extra_bytes + more_bytes > HM_POOL_CACHE_EXTRA_BYTES_MAX || !find_slots(bin, wanted))
        return false;
    set_limit(local, class_index, wanted);
    bin->rack->refilled = false;
    return true;
}

hm_pool_slab *hm_pool_cache_shrink_idle(hm_pool_local *local, hm_pool_slab *chain)
{
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        unsigned count = (unsigned)(bin->top - bin->floor), first = first_limit(index);
        bool idle = !bin->rack->refilled && count == bin->rack->seen_count;
        bin->rack->refilled = false;
        bin->rack->seen_count = count;
        if (!idle || limit_of(bin) == first)
            continue;
        if (count > first)
            chain = hm_pool_cache_drop(local, index, count - first, chain);
        set_limit(local, index, first);
    }
    return chain;
}
