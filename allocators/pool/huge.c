#include "allocators/pool/huge.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/backing.h"
#include "allocators/pool/large.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "allocators/pool/options.h"
#include "base/system_memory.h"

#include <string.h>
#include <sys/mman.h>

enum { CACHED_MAX = 16 };

typedef struct huge_record {
    hm_pool_region region;
    struct huge_record *next_unused;
    struct huge_record *next_of_all; /* every record there is */
    bool in_use;
} huge_record;

typedef struct mapping {
    char *base;
    size_t bytes;
    uint64_t freed_at; /* the event */
} mapping;

static huge_record *unused_records, *all_records;
static hm_pool_huge_totals huge;
static struct {
    mapping mappings[CACHED_MAX];
    unsigned count;
    size_t bytes;
} cache;

/* A record that stands for nothing; NULL: no memory. The lock is held. */
static huge_record *take_record(void)
{
    huge_record *record = unused_records;
    if (record != NULL) {
        unused_records = record->next_unused;
        return record;
    }
    record = hm_pool_metadata_allocate(sizeof *record);
    if (record != NULL) {
        record->next_of_all = all_records;
        all_records = record;
    }
    return record;
}

/* The lock is held. */
static void drop_record(huge_record *record)
{
    record->next_unused = unused_records;
    unused_records = record;
}

/* The lock is held. */
static huge_record *enter_huge(char *base, size_t bytes)
{
    huge_record *record = take_record();
    if (record == NULL)
        return NULL;
    record->region = (hm_pool_region){.base = base, .bytes = bytes};
    if (!hm_pool_map_enter(&record->region)) {
        drop_record(record);
        return NULL;
    }
    record->in_use = true;
    huge.blocks++;
    huge.bytes += bytes;
    return record;
}

/* ---- mappings that wait to be used again; the lock is held ---- */

/* The oldest comes first. */
static void uncache(unsigned index)
{
    cache.bytes -= cache.mappings[index].bytes;
    cache.count--;
    memmove(&cache.mappings[index], &cache.mappings[index + 1],
            (cache.count - index) * sizeof cache.mappings[0]);
}

static void unmap_cached(unsigned index)
{
    mapping old = cache.mappings[index];
    uncache(index);
    hm_system_unmap(old.base, old.bytes);
}

/* What may be cached now: no mapping at all where arenas are given back at once. */
static size_t cache_bytes_max(void)
{
    size_t part = huge.bytes / HM_POOL_HUGE_CACHE_PART;
    if (hm_pool_options_get()->retain_events == 0)
        return 0;
    if (part < HM_POOL_HUGE_CACHE_BYTES_LEAST)
        return HM_POOL_HUGE_CACHE_BYTES_LEAST;
    return part < HM_POOL_HUGE_CACHE_BYTES_MOST ? part : HM_POOL_HUGE_CACHE_BYTES_MOST;
}

static bool put_cached(char *base, size_t bytes)
{
    size_t most = cache_bytes_max();
    if (bytes > most)
        return false;
    while (cache.count == CACHED_MAX || cache.bytes + bytes > most)
        unmap_cached(0);
    cache.mappings[cache.count++] = (mapping){base, bytes, hm_pool_events()};
    cache.bytes += bytes;
    return true;
}

/* The smallest that has room and is at most an eighth too large; false: there is none. */
static bool take_cached(size_t bytes, mapping *taken)
{
    unsigned best = CACHED_MAX;
    for (unsigned index = 0; index < cache.count; index++) {
        size_t found = cache.mappings[index].bytes;
        if (found >= bytes && found - bytes <= bytes / 8 &&
            (best == CACHED_MAX || found < cache.mappings[best].bytes))
            best = index;
    }
    if (best == CACHED_MAX)
        return false;
    *taken = cache.mappings[best];
    uncache(best);
    return true;
}

void hm_pool_huge_age(void)
{
    uint64_t retain_events = hm_pool_options_get()->retain_events;
    while (cache.count != 0 && hm_pool_events() - cache.mappings[0].freed_at >= retain_events)
        unmap_cached(0);
}

void hm_pool_huge_purge(void)
{
    while (cache.count != 0)
        unmap_cached(0);
}

/* ---- huge blocks ---- */

static char *map_or_reuse(size_t *bytes, size_t alignment, bool *zeroed)
{
    mapping found;
    hm_pool_lock();
    bool reused = alignment <= HM_POOL_REGION_BYTES && take_cached(*bytes, &found);
    if (!reused) {
        hm_pool_count_events(HM_POOL_HUGE_EVENTS);
        hm_pool_huge_age();
    }
    hm_pool_unlock();
    *zeroed = !reused;
    if (!reused)
        return hm_system_map_aligned(
            *bytes, alignment > HM_POOL_REGION_BYTES ? alignment : HM_POOL_REGION_BYTES);
    *bytes = found.bytes;
    return found.base;
}

void *hm_pool_huge_allocate(size_t bytes, size_t alignment, bool *zeroed)
{
    size_t size = hm_system_round_up(bytes);
    char *base = map_or_reuse(&size, alignment, zeroed);
    if (base == NULL)
        return NULL;
    hm_pool_lock();
    huge_record *record = enter_huge(base, size);
    hm_pool_back_huge(base, 0, size);
    hm_pool_unlock();
    if (record == NULL) {
        hm_system_unmap(base, size);
        return NULL;
    }
    return base;
}

/* The map forgets the region before the kernel may give its addresses to another thread. */
void hm_pool_huge_free(hm_pool_region *region)
{
    huge_record *record = (huge_record *)region;
    char *base = region->base;
    size_t bytes = region->bytes;
    hm_pool_lock();
    hm_pool_map_leave(base);
    drop_record(record);
    record->in_use = false;
    bool cached = put_cached(base, bytes);
    huge.blocks--;
    huge.bytes -= bytes;
    hm_pool_unlock();
    if (!cached)
        hm_system_unmap(base, bytes);
}

static bool resize_in_place(hm_pool_region *region, size_t size)
{
    if (size > region->bytes)
        return mremap(region->base, region->bytes, size, 0) != MAP_FAILED;
    if (size < region->bytes)
        hm_system_unmap(region->base + size, region->bytes - size);
    return true;
}

/* Moves the pages to an aligned place of the new size; the lock is held. */
static bool move_pages(hm_pool_region *region, size_t size)
{
    char *old_base = region->base;
    char *new_base = hm_system_map_aligned(size, HM_POOL_REGION_BYTES);
    if (new_base == NULL)
        return false;
    region->base = new_base;
    if (hm_pool_map_enter(region)) {
        if (mremap(old_base, region->bytes, size, MREMAP_MAYMOVE | MREMAP_FIXED, new_base) !=
            MAP_FAILED) {
            hm_pool_map_leave(old_base);
            return true;
        }
        hm_pool_map_leave(new_base);
    }
    region->base = old_base;
    hm_system_unmap(new_base, size);
    return false;
}

void *hm_pool_huge_resize(hm_pool_region *region, size_t bytes)
{
    if (bytes <= HM_POOL_LARGE_MAX)
        return NULL;
    size_t size = hm_system_round_up(bytes);
    void *block = NULL;
    hm_pool_lock();
    if (resize_in_place(region, size) || move_pages(region, size)) {
        hm_pool_back_huge(region->base, region->bytes, size);
        huge.bytes += size - region->bytes;
        region->bytes = size;
        block = region->base;
    }
    hm_pool_unlock();
    return block;
}

hm_pool_huge_totals hm_pool_huge_read(void)
{
    hm_pool_huge_totals totals = huge;
    totals.cached_bytes = cache.bytes;
    return totals;
}

void hm_pool_huge_visit(void (*visit)(void *context, size_t bytes), void *context)
{
    for (const huge_record *record = all_records; record != NULL; record = record->next_of_all) {
        if (record->in_use)
            visit(context, record->region.bytes);
    }
}
