#include "allocators/pool/large.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/local_pool.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "base/system_memory.h"

#include <sys/mman.h>

typedef struct huge_record {
    hm_pool_region region;
    struct huge_record *next_unused;
    struct huge_record *next_of_all; /* every record there is */
    bool in_use;
} huge_record;

static huge_record *unused_records, *all_records;
static hm_pool_huge_totals huge;

static unsigned pages_for(size_t bytes)
{
    return (unsigned)((bytes + HM_POOL_PAGE_BYTES - 1) >> HM_POOL_PAGE_SHIFT);
}

/* ---- large: runs in arenas ---- */

static void *allocate_run(size_t bytes, size_t alignment, bool *zeroed)
{
    unsigned alignment_pages = alignment <= HM_POOL_PAGE_BYTES ? 1 : pages_for(alignment);
    hm_pool_lock();
    hm_pool_slab *run = hm_pool_local_take_run(pages_for(bytes), alignment_pages, zeroed);
    void *block = NULL;
    if (run != NULL) {
        run->kind = HM_POOL_RUN_LARGE;
        run->owner = NULL;
        run->block_bytes = (uint32_t)hm_system_round_up(bytes);
        block = run->base;
    }
    hm_pool_unlock();
    return block;
}

void hm_pool_large_free(hm_pool_slab *run)
{
    hm_pool_lock();
    hm_pool_run_return(run, run->pages);
    hm_pool_unlock();
}

bool hm_pool_large_resize(hm_pool_slab *run, size_t bytes)
{
    if (bytes <= HM_POOL_SMALL_MAX || bytes > HM_POOL_LARGE_MAX)
        return false;
    unsigned pages = pages_for(bytes);
    bool done = true;
    hm_pool_lock();
    if (pages < run->pages)
        hm_pool_run_shrink(run, pages);
    else if (pages > run->pages)
        done = hm_pool_run_extend(run, pages);
    if (done)
        run->block_bytes = (uint32_t)hm_system_round_up(bytes);
    hm_pool_unlock();
    return done;
}

/* ---- huge: regions of their own ---- */

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
static huge_record *enter_huge(char *base, size_t bytes)
{
    huge_record *record = take_record();
    if (record == NULL)
        return NULL;
    record->region = (hm_pool_region){.base = base, .bytes = bytes};
    if (!hm_pool_map_enter(&record->region)) {
        record->next_unused = unused_records;
        unused_records = record;
        return NULL;
    }
    record->in_use = true;
    huge.blocks++;
    huge.bytes += bytes;
    return record;
}

static void *allocate_huge(size_t bytes, size_t alignment)
{
    size_t size = hm_system_round_up(bytes);
    size_t at = alignment > HM_POOL_REGION_BYTES ? alignment : HM_POOL_REGION_BYTES;
    char *base = hm_system_map_aligned(size, at);
    if (base == NULL)
        return NULL;
    hm_pool_lock();
    huge_record *record = enter_huge(base, size);
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
    record->next_unused = unused_records;
    unused_records = record;
    record->in_use = false;
    huge.blocks--;
    huge.bytes -= bytes;
    hm_pool_unlock();
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
        huge.bytes += size - region->bytes;
        region->bytes = size;
        block = region->base;
    }
    hm_pool_unlock();
    return block;
}

hm_pool_huge_totals hm_pool_huge_read(void)
{
    return huge;
}

/* ---- both ---- */

void *hm_pool_large_allocate(size_t bytes, size_t alignment, bool *zeroed)
{
    if (bytes <= HM_POOL_LARGE_MAX && alignment <= HM_POOL_LARGE_MAX)
        return allocate_run(bytes, alignment, zeroed);
    *zeroed = true;
    return allocate_huge(bytes, alignment);
}

void hm_pool_huge_visit(void (*visit)(void *context, size_t bytes), void *context)
{
    for (const huge_record *record = all_records; record != NULL; record = record->next_of_all) {
        if (record->in_use)
            visit(context, record->region.bytes);
    }
}
