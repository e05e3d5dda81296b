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
hm_pool_slab *hm_pool_cache_drop(hm_pool_local *local, hm_pool_bin *bin, unsigned count,
                                 hm_pool_slab *chain)
{
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

/* ---- the oldest first ---- */

static unsigned count_cached(const hm_pool_bin *bin)
{
    return (unsigned)(bin->top - bin->floor);
}

static void reverse(void **first, void **end)
{
    while (first < end) {
        void *block = *first;
        *first++ = *--end;
        *end = block;
    }
}

/* Both have arrays of one length, and one limit. */
bool hm_pool_cache_turn(hm_pool_bin *bin)
{
    hm_pool_bin *freed = bin->rack->freed;
    if (freed == bin || freed->top == freed->floor)
        return false;
    HM_ASSERT(bin->top == bin->floor);
    hm_pool_bin other = *bin;
    *bin = *freed;
    *freed = other;
    reverse(bin->floor, bin->top);
    return true;
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

static void **start_bin(hm_pool_bin *bin, void **place, unsigned limit)
{
    bin->top = bin->floor = place;
    return bin->ceiling = place + limit;
}

bool hm_pool_cache_start(hm_pool_local *local)
{
    size_t slots = 0;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        slots += (bin->rack->freed == bin ? 1u : 2u) * first_limit(index);
    }
    void **place = hm_pool_metadata_allocate(slots * sizeof *place);
    if (place == NULL)
        return false;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        place = start_bin(bin, place, first_limit(index));
        if (bin->rack->freed != bin)
            place = start_bin(bin->rack->freed, place, first_limit(index));
        bin->rack->slots = first_limit(index);
    }
    return true;
}

/* Changes the limit of a class's caches, none of which has more blocks than that. */
static void set_limit(hm_pool_local *local, unsigned class_index, unsigned limit)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    local->extra_bytes += ((size_t)limit - limit_of(bin)) * hm_pool_class_bytes(class_index);
    bin->ceiling = bin->floor + limit;
    bin->rack->freed->ceiling = bin->rack->freed->floor + limit;
}

static void move_bin(hm_pool_bin *bin, void **place)
{
    unsigned count = count_cached(bin), limit = limit_of(bin);
    memcpy(place, bin->floor, count * sizeof *place);
    bin->floor = place;
    bin->top = place + count;
    bin->ceiling = place + limit;
}

/* Moves the caches to longer arrays; the old ones, of half the length, are not used again. */
static bool find_slots(hm_pool_bin *bin, unsigned slots)
{
    hm_pool_bin *freed = bin->rack->freed;
    if (slots <= bin->rack->slots)
        return true;
    hm_pool_lock();
    void **place = hm_pool_metadata_allocate((freed == bin ? 1u : 2u) * slots * sizeof *place);
    hm_pool_unlock();
    if (place == NULL)
        return false;
    move_bin(bin, place);
    if (freed != bin)
        move_bin(freed, place + slots);
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

static hm_pool_slab *drop_to(hm_pool_local *local, hm_pool_bin *bin, unsigned limit,
                             hm_pool_slab *chain)
{
    unsigned count = count_cached(bin);
    return count <= limit ? chain : hm_pool_cache_drop(local, bin, count - limit, chain);
}

hm_pool_slab *hm_pool_cache_shrink_idle(hm_pool_local *local, hm_pool_slab *chain)
{
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        hm_pool_bin *freed = bin->rack->freed;
        unsigned waiting = freed == bin ? 0 : count_cached(freed), first = first_limit(index);
        unsigned count = count_cached(bin) + waiting;
        bool idle = !bin->rack->refilled && count == bin->rack->seen_count;
        bin->rack->refilled = false;
        bin->rack->seen_count = count;
        if (!idle || limit_of(bin) == first)
            continue;
        chain = drop_to(local, bin, first, chain);
        chain = drop_to(local, freed, first, chain);
        set_limit(local, index, first);
    }
    return chain;
}
