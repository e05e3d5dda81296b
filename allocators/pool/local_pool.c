#include "allocators/pool/local_pool.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/bin.h"
#include "allocators/pool/cache.h"
#include "allocators/pool/huge.h"
#include "allocators/pool/large.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "allocators/pool/options.h"
#include "allocators/pool/thread.h"
#include "base/check.h"

#include <string.h>

hm_pool_local hm_pool_no_local;
_Thread_local hm_pool_local *hm_pool_this_local = &hm_pool_no_local;
static HM_INITIAL_EXEC _Thread_local bool given_back; /* this thread's, at its end */

static hm_pool_local *all_locals;

/* This thread's, NULL where it has none. */
static hm_pool_local *own_local(void)
{
    return hm_pool_this_local != &hm_pool_no_local ? hm_pool_this_local : NULL;
}

/* ---- slabs back to their arenas ---- */

/* The lock is held. */
static void return_chain(hm_pool_slab *chain)
{
    while (chain != NULL) {
        hm_pool_slab *next = chain->next;
        uint64_t touched = hm_pool_slab_touched(chain);
        unsigned shift = HM_POOL_PAGE_SHIFT - HM_POOL_KERNEL_PAGE_SHIFT;
        unsigned pages =
            touched == 0 ? 0 : (63u - (unsigned)__builtin_clzll(touched)) / (1u << shift) + 1;
        hm_pool_slab_end(chain);
        hm_pool_run_return(chain, pages);
        chain = next;
    }
}

static void return_chain_locked(hm_pool_slab *chain)
{
    if (chain == NULL)
        return;
    hm_pool_lock();
    return_chain(chain);
    hm_pool_unlock();
}

/* ---- what other threads return ---- */

void hm_pool_local_free_remote(hm_pool_slab *slab, hm_pool_group group)
{
    hm_pool_local *owner = slab->owner;
    if (!hm_pool_slab_return_remote(slab, group))
        return;
    hm_pool_slab *head = atomic_load_explicit(&owner->pending, memory_order_relaxed);
    do {
        slab->pending_next = head;
    } while (!atomic_compare_exchange_weak_explicit(&owner->pending, &head, slab,
                                                    memory_order_release, memory_order_relaxed));
}

/* The next link is read before the slab's count is taken: from then on another thread may put the
   slab on the pending list again. Returns the slabs to release. */
static hm_pool_slab *collect_pending(hm_pool_local *local)
{
    hm_pool_slab *chain = NULL;
    if (atomic_load_explicit(&local->pending, memory_order_relaxed) == NULL)
        return NULL;
    hm_pool_slab *slab = atomic_exchange_explicit(&local->pending, NULL, memory_order_acquire);
    while (slab != NULL) {
        hm_pool_slab *next = slab->pending_next;
        hm_pool_slab_collect(slab);
        chain = hm_pool_bin_move(hm_pool_local_bin(local, slab->class_index), slab, chain);
        slab = next;
    }
    return chain;
}

/* ---- the slow paths of malloc and free ---- */

static hm_pool_slab *new_slab(hm_pool_local *local, unsigned class_index)
{
    bool fresh;
    hm_pool_lock();
    unsigned pages = hm_pool_class_slab_pages(class_index);
    hm_pool_slab *slab = hm_pool_local_take_run(pages, pages, &fresh);
    if (slab != NULL &&
        !hm_pool_slab_start(slab, local, class_index, hm_pool_run_is_backed(slab))) {
        hm_pool_run_return(slab, fresh ? 0 : slab->pages);
        slab = NULL;
    }
    if (slab != NULL)
        hm_pool_run_serves(
            slab, (unsigned)(hm_pool_local_bin(local, class_index)->rack->freed - local->bins));
    hm_pool_unlock();
    return slab;
}

/* Empty arenas and idle caches grow old by work, also where no run is taken or returned for long.
 */
static HM_NOINLINE void grow_old(hm_pool_local *local)
{
    local->refills = 0;
    hm_pool_slab *chain = hm_pool_cache_shrink_idle(local, NULL);
    hm_pool_lock();
    return_chain(chain);
    hm_pool_large_drop_idle(local);
    hm_pool_arenas_age();
    hm_pool_huge_age();
    hm_pool_unlock();
}

void hm_pool_local_count_work(hm_pool_local *local)
{
    if (HM_UNLIKELY(++local->refills == HM_POOL_REFILLS_OF_WORK))
        grow_old(local);
}

void *hm_pool_local_refill(hm_pool_local *local, unsigned class_index)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    HM_ASSERT(bin->top == bin->floor);
    if (hm_pool_cache_turn(bin))
        return hm_pool_bin_pop(bin);
    hm_pool_local_count_work(local);
    bin->rack->refilled = true;
    if (bin->rack->in_use == 0)
        return_chain_locked(collect_pending(local));
    if (bin->rack->in_use == 0) {
        hm_pool_slab *slab = new_slab(local, class_index);
        if (slab == NULL)
            return NULL;
        hm_pool_bin_enter(bin, slab);
    }
    hm_pool_bin_fill(bin);
    return hm_pool_bin_pop(bin);
}

void hm_pool_local_flush(hm_pool_local *local, unsigned class_index, void *block)
{
    hm_pool_bin *bin = hm_pool_local_bin(local, class_index)->rack->freed;
    hm_pool_slab *chain = NULL;
    if (!hm_pool_cache_grow(local, class_index)) {
        unsigned count = (unsigned)(bin->top - bin->floor);
        chain = hm_pool_cache_drop(local, bin, count - count / 2, NULL);
    }
    bool room = hm_pool_bin_push(bin, block);
    HM_CHECK(room);
    return_chain_locked(chain);
}

/* ---- the whole ---- */

/* Empties caches and collects; a chain of all slabs that have no block out then, those that the
   bins would keep too where `all`. */
static hm_pool_slab *settle(hm_pool_local *local, bool all)
{
    hm_pool_slab *chain = collect_pending(local);
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        hm_pool_bin *freed = bin->rack->freed;
        chain = hm_pool_cache_drop(local, freed, (unsigned)(freed->top - freed->floor), chain);
        chain = hm_pool_cache_drop(local, bin, (unsigned)(bin->top - bin->floor), chain);
        if (all)
            chain = hm_pool_bin_take_empty(bin, chain);
    }
    return chain;
}

void hm_pool_local_settle(void)
{
    hm_pool_local *local = own_local();
    if (local != NULL)
        return_chain_locked(settle(local, false));
}

static void purge_slabs(hm_pool_local *local)
{
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        for (unsigned shelf = 0; shelf < HM_POOL_SHELVES; shelf++) {
            for (hm_pool_slab *slab = local->racks[index].shelves[shelf]; slab != NULL;
                 slab = slab->next)
                hm_pool_slab_purge(slab);
        }
    }
}

/* The lock is held, so no thread can adopt meanwhile. */
static void trim_abandoned(void)
{
    for (hm_pool_local *local = all_locals; local != NULL; local = local->next_of_all) {
        if (local->state == HM_POOL_LOCAL_ABANDONED)
            return_chain(settle(local, true)); /* its runs were dropped when it was abandoned */
    }
}

void hm_pool_local_purge(void)
{
    hm_pool_local *local = own_local();
    hm_pool_slab *chain = local == NULL ? NULL : settle(local, true);
    if (local != NULL)
        purge_slabs(local);
    hm_pool_lock();
    return_chain(chain);
    if (local != NULL)
        hm_pool_large_drop_all(local);
    trim_abandoned();
    for (hm_pool_local *each = all_locals; each != NULL; each = each->next_of_all) {
        if (each->state == HM_POOL_LOCAL_ABANDONED)
            purge_slabs(each);
    }
    hm_pool_unlock();
}

hm_pool_slab *hm_pool_local_take_run(unsigned pages, unsigned alignment_pages, bool *fresh)
{
    hm_pool_slab *run = hm_pool_run_take(pages, alignment_pages, fresh);
    if (run != NULL)
        return run;
    trim_abandoned();
    run = hm_pool_run_take(pages, alignment_pages, fresh);
    if (run != NULL || !hm_pool_arena_add())
        return run;
    return hm_pool_run_take(pages, alignment_pages, fresh);
}

/* ---- life and death ---- */

static hm_pool_local *adopt(void)
{
    for (hm_pool_local *local = all_locals; local != NULL; local = local->next_of_all) {
        if (local->state == HM_POOL_LOCAL_ABANDONED) {
            local->state = HM_POOL_LOCAL_OWNED;
            return local;
        }
    }
    return NULL;
}

static hm_pool_local *create(void)
{
    hm_pool_local *local = hm_pool_metadata_allocate(sizeof *local);
    if (local == NULL)
        return NULL;
    bool two_bins = hm_pool_options_get()->oldest_first;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_bin *bin = hm_pool_local_bin(local, index);
        hm_pool_rack *rack = bin->rack = &local->racks[index];
        rack->freed = two_bins ? bin + HM_POOL_CLASS_COUNT : bin;
        rack->freed->rack = rack;
        rack->slab_bytes = hm_pool_class_slab_pages(index) << HM_POOL_PAGE_SHIFT;
        rack->reciprocal = hm_pool_class_reciprocal(index);
    }
    if (!hm_pool_cache_start(local))
        return NULL;
    local->state = HM_POOL_LOCAL_OWNED;
    local->next_of_all = all_locals;
    all_locals = local;
    return local;
}

hm_pool_local *hm_pool_local_get(void)
{
    if (own_local() != NULL)
        return hm_pool_this_local;
    hm_pool_lock();
    hm_pool_local *local = adopt();
    if (local == NULL)
        local = create();
    hm_pool_unlock();
    if (local == NULL)
        return NULL;
    /* Set before the thread is watched: what that allocates comes from this local
     * pool. */
    hm_pool_this_local = local;
    hm_pool_thread_watch(local);
    return local;
}

hm_pool_local *hm_pool_local_of_free(void)
{
    return given_back ? own_local() : hm_pool_local_get();
}

void hm_pool_local_abandon(hm_pool_local *local)
{
    given_back = true;
    hm_pool_slab *chain = settle(local, true);
    hm_pool_this_local = &hm_pool_no_local;
    hm_pool_lock();
    return_chain(chain);
    hm_pool_large_drop_all(local);
    local->state = HM_POOL_LOCAL_ABANDONED;
    hm_pool_unlock();
}

void hm_pool_local_retire_others(void)
{
    for (hm_pool_local *local = all_locals; local != NULL; local = local->next_of_all) {
        if (local->state == HM_POOL_LOCAL_OWNED && local != hm_pool_this_local)
            local->state = HM_POOL_LOCAL_RETIRED;
    }
}

void hm_pool_locals_visit(void (*visit)(void *context, hm_pool_local *local), void *context)
{
    for (hm_pool_local *local = all_locals; local != NULL; local = local->next_of_all)
        visit(context, local);
}

const char *hm_pool_local_check(hm_pool_local *local)
{
    const char *defect = NULL;
    if (local->state == HM_POOL_LOCAL_RETIRED)
        return NULL;
    for (unsigned index = 0; defect == NULL && index < HM_POOL_CLASS_COUNT; index++)
        defect = hm_pool_bin_check(local, index);
    return defect;
}
