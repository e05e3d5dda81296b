/**
 * This module is the pool's account of itself, so that its fragmentation can be split without
 * another program looking in.
 *
 * Words: *allocated* is what the live blocks can hold; *active* is the touched kernel pages
 * of slabs with at least one live block, and large and huge blocks; *resident* adds the pages that
 * are touched and hold nothing, and the records.
 */
#include "allocators/pool/arena.h"
#include "allocators/pool/huge.h"
#include "allocators/pool/large.h"
#include "allocators/pool/local_pool.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "allocators/pool/pool.h"

static void add_run(hm_allocator_stats *stats, const hm_pool_slab *run)
{
    if (run->kind == HM_POOL_RUN_LARGE) {
        size_t usable_bytes = hm_pool_large_usable(run);
        stats->allocated_bytes += usable_bytes;
        stats->active_bytes += usable_bytes;
        stats->resident_bytes +=
            usable_bytes != 0 ? usable_bytes : (size_t)run->pages << HM_POOL_PAGE_SHIFT;
        return;
    }
    uint32_t used = hm_pool_slab_used(run);
    size_t touched_bytes = hm_pool_slab_touched_bytes(run);
    stats->allocated_bytes += (uint64_t)used * run->block_bytes;
    stats->active_bytes += used != 0 ? touched_bytes : 0;
    stats->resident_bytes += touched_bytes;
}

static void add_arena(void *context, hm_pool_arena *arena)
{
    hm_allocator_stats *stats = context;
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES;) {
        bool taken = (arena->used_pages >> page & 1) != 0;
        if (taken)
            add_run(stats, hm_pool_arena_run(arena, page));
        page += taken ? hm_pool_arena_run(arena, page)->pages : 1;
    }
    stats->resident_bytes += (uint64_t)hm_pool_arena_dirty_pages(arena) << HM_POOL_PAGE_SHIFT;
}

bool hm_pool_stats(hm_allocator_stats *stats)
{
    hm_pool_local_settle();
    hm_pool_lock();
    hm_pool_huge_totals huge = hm_pool_huge_read();
    uint64_t metadata_bytes = hm_pool_metadata_bytes();
    *stats = (hm_allocator_stats){.allocated_bytes = huge.bytes,
                                  .active_bytes = huge.bytes,
                                  .resident_bytes = huge.bytes + huge.cached_bytes + metadata_bytes,
                                  .metadata_bytes = metadata_bytes};
    hm_pool_arenas_visit(add_arena, stats);
    hm_pool_unlock();
    return true;
}

typedef struct class_listener {
    hm_allocator_class_visitor visit;
    void *context;
} class_listener;

static void tell_run(const class_listener *listener, const hm_pool_slab *run)
{
    bool large = run->kind == HM_POOL_RUN_LARGE;
    size_t usable_bytes = large ? hm_pool_large_usable(run) : run->block_bytes;
    if (usable_bytes == 0)
        return; /* a cached run */
    hm_allocator_class told = {.usable_bytes = usable_bytes,
                               .blocks = large ? 1 : hm_pool_slab_used(run),
                               .slots = large ? 1 : run->capacity};
    listener->visit(listener->context, &told);
}

static void tell_arena(void *context, hm_pool_arena *arena)
{
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES;) {
        bool taken = (arena->used_pages >> page & 1) != 0;
        if (taken)
            tell_run(context, hm_pool_arena_run(arena, page));
        page += taken ? hm_pool_arena_run(arena, page)->pages : 1;
    }
}

static void tell_huge(void *context, size_t bytes)
{
    const class_listener *listener = context;
    listener->visit(listener->context,
                    &(hm_allocator_class){.usable_bytes = bytes, .blocks = 1, .slots = 1});
}

bool hm_pool_size_classes(hm_allocator_class_visitor visit, void *context)
{
    class_listener listener = {visit, context};
    hm_pool_local_settle();
    hm_pool_lock();
    hm_pool_arenas_visit(tell_arena, &listener);
    hm_pool_huge_visit(tell_huge, &listener);
    hm_pool_unlock();
    return true;
}

void hm_pool_purge(void)
{
    hm_pool_local_purge();
    hm_pool_lock();
    hm_pool_huge_purge();
    hm_pool_arenas_purge();
    hm_pool_unlock();
}

const char *hm_pool_version(void)
{
    return HM_VERSION;
}

static void count_local(void *context, hm_pool_local *local)
{
    hm_pool_census *census = context;
    census->owned_locals += local->state == HM_POOL_LOCAL_OWNED;
    census->abandoned_locals += local->state == HM_POOL_LOCAL_ABANDONED;
    census->retired_locals += local->state == HM_POOL_LOCAL_RETIRED;
}

hm_pool_census hm_pool_count(void)
{
    hm_pool_census census = {0};
    hm_pool_lock();
    census.arenas = hm_pool_arena_count();
    census.spare_arenas = hm_pool_arena_spare_count();
    census.huge_blocks = hm_pool_huge_read().blocks;
    hm_pool_locals_visit(count_local, &census);
    hm_pool_unlock();
    return census;
}
