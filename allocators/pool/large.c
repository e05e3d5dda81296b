#include "allocators/pool/large.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/huge.h"
#include "allocators/pool/local_pool.h"
#include "allocators/pool/lock.h"

static unsigned pages_for(size_t bytes)
{
    return (unsigned)((bytes + HM_POOL_PAGE_BYTES - 1) >> HM_POOL_PAGE_SHIFT);
}

static size_t bytes_of(const hm_pool_slab *run)
{
    return (size_t)run->pages << HM_POOL_PAGE_SHIFT;
}

static void set_usable(hm_pool_slab *run, size_t bytes)
{
    size_t mask = HM_POOL_KERNEL_PAGE_BYTES - 1;
    atomic_store_explicit(&run->large_bytes, (uint32_t)((bytes + mask) & ~mask),
                          memory_order_relaxed);
}

/* ---- a thread's cached runs ---- */

/* A cached run of so many pages, NULL: there is none. */
static hm_pool_slab *take_cached(hm_pool_local *local, unsigned pages)
{
    hm_pool_run_cache *cache = &local->runs;
    hm_pool_slab *run = cache->by_pages[pages];
    if (run == NULL)
        return NULL;
    cache->by_pages[pages] = run->next;
    cache->bytes -= bytes_of(run);
    if (cache->bytes < cache->least_bytes)
        cache->least_bytes = cache->bytes;
    return run;
}

static bool put_cached(hm_pool_local *local, hm_pool_slab *run)
{
    hm_pool_run_cache *cache = &local->runs;
    if (cache->bytes + bytes_of(run) > HM_POOL_RUN_CACHE_BYTES_MAX)
        return false;
    atomic_store_explicit(&run->large_bytes, 0, memory_order_relaxed);
    run->next = cache->by_pages[run->pages];
    cache->by_pages[run->pages] = run;
    cache->bytes += bytes_of(run);
    return true;
}

static void drop_cached(hm_pool_local *local, size_t bytes)
{
    hm_pool_run_cache *cache = &local->runs;
    size_t left = cache->bytes - bytes;
    for (unsigned pages = HM_POOL_RUN_PAGES_MAX; pages > 0 && cache->bytes > left;) {
        hm_pool_slab *run = take_cached(local, pages);
        if (run != NULL)
            hm_pool_run_return(run, run->pages);
        else
            pages--;
    }
    cache->least_bytes = cache->bytes;
}

void hm_pool_large_drop_idle(hm_pool_local *local)
{
    drop_cached(local, local->runs.least_bytes);
}

void hm_pool_large_drop_all(hm_pool_local *local)
{
    drop_cached(local, local->runs.bytes);
}

/* ---- runs ---- */

static HM_NOINLINE void *allocate_new(size_t bytes, size_t alignment, bool *zeroed)
{
    unsigned alignment_pages = alignment <= HM_POOL_PAGE_BYTES ? 1 : pages_for(alignment);
    hm_pool_lock();
    hm_pool_slab *run = hm_pool_local_take_run(pages_for(bytes), alignment_pages, zeroed);
    void *block = NULL;
    if (run != NULL) {
        run->kind = HM_POOL_RUN_LARGE;
        run->owner = NULL;
        set_usable(run, bytes);
        block = run->base;
    }
    hm_pool_unlock();
    return block;
}

static void *allocate_run(size_t bytes, size_t alignment, bool *zeroed)
{
    hm_pool_local *local = hm_pool_local_get();
    if (local == NULL)
        return NULL;
    hm_pool_local_count_work(local);
    hm_pool_slab *run = NULL;
    if (alignment <= HM_POOL_PAGE_BYTES)
        run = take_cached(local, pages_for(bytes));
    if (HM_UNLIKELY(run == NULL))
        return allocate_new(bytes, alignment, zeroed);
    *zeroed = false;
    set_usable(run, bytes);
    return run->base;
}

void hm_pool_large_free(hm_pool_slab *run)
{
    hm_pool_local *local = hm_pool_local_of_free();
    if (local != NULL && put_cached(local, run))
        return;
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
    if (pages != run->pages) {
        hm_pool_lock();
        if (pages < run->pages)
            hm_pool_run_shrink(run, pages);
        else
            done = hm_pool_run_extend(run, pages);
        hm_pool_unlock();
    }
    if (done)
        set_usable(run, bytes);
    return done;
}

void *hm_pool_large_allocate(size_t bytes, size_t alignment, bool *zeroed)
{
    if (bytes <= HM_POOL_LARGE_MAX && alignment <= HM_POOL_LARGE_MAX)
        return allocate_run(bytes, alignment, zeroed);
    return hm_pool_huge_allocate(bytes, alignment, zeroed);
}
