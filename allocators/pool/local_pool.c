#include "allocators/pool/local_pool.h"

#include "allocators/pool/arena.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "allocators/pool/thread.h"
#include "base/check.h"

hm_pool_slab hm_pool_no_slab = {.state = HM_POOL_SLAB_CURRENT};
_Thread_local hm_pool_local *hm_pool_this_local;

static hm_pool_local *all_locals;

/* ---- bins ---- */

static void bin_enter(hm_pool_bin *bin, hm_pool_slab *slab)
{
    slab->state = HM_POOL_SLAB_PARTIAL;
    slab->previous = NULL;
    slab->next = bin->partial;
    if (slab->next != NULL)
        slab->next->previous = slab;
    bin->partial = slab;
}

static void bin_leave(hm_pool_bin *bin, hm_pool_slab *slab)
{
    if (slab->previous != NULL)
        slab->previous->next = slab->next;
    else
        bin->partial = slab->next;
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
}

static void return_slab(hm_pool_slab *slab)
{
    size_t bytes = hm_pool_slab_carved_bytes(slab);
    hm_pool_run_return(slab, (unsigned)((bytes + HM_POOL_PAGE_BYTES - 1) >> HM_POOL_PAGE_SHIFT));
}

/* The lock is held. */
static void return_chain(hm_pool_slab *chain)
{
    while (chain != NULL) {
        hm_pool_slab *next = chain->next;
        return_slab(chain);
        chain = next;
    }
}

/* Puts a slab that was freed into where it belongs; an empty one that is not current goes in
   front of `chain`, for the caller to return. Returns the chain. */
static hm_pool_slab *place_slab(hm_pool_local *local, hm_pool_slab *slab, hm_pool_slab *chain)
{
    hm_pool_bin *bin = &local->bins[slab->class_index];
    if (slab->state == HM_POOL_SLAB_CURRENT)
        return chain;
    if (hm_pool_slab_used(slab) == 0) {
        if (slab->state == HM_POOL_SLAB_PARTIAL)
            bin_leave(bin, slab);
        slab->next = chain;
        return slab;
    }
    if (slab->state == HM_POOL_SLAB_FULL)
        bin_enter(bin, slab);
    return chain;
}

void hm_pool_local_settle(hm_pool_local *local, hm_pool_slab *slab)
{
    hm_pool_slab *chain = place_slab(local, slab, NULL);
    if (chain != NULL) {
        hm_pool_lock();
        return_slab(chain);
        hm_pool_unlock();
    }
}

/* ---- what other threads free ---- */

void hm_pool_local_free_remote(hm_pool_slab *slab, void *block)
{
    hm_pool_local *owner = slab->owner;
    if (!hm_pool_slab_free_remote(slab, block))
        return;
    hm_pool_slab *head = atomic_load_explicit(&owner->pending, memory_order_relaxed);
    do {
        slab->pending_next = head;
    } while (!atomic_compare_exchange_weak_explicit(&owner->pending, &head, slab,
                                                    memory_order_release, memory_order_relaxed));
}

/* The next link is read before the slab's remote blocks are taken: from then on another thread
   may put the slab on the pending list again. Returns the slabs that became empty. */
static hm_pool_slab *collect_pending(hm_pool_local *local)
{
    hm_pool_slab *chain = NULL;
    if (atomic_load_explicit(&local->pending, memory_order_relaxed) == NULL)
        return NULL;
    hm_pool_slab *slab = atomic_exchange_explicit(&local->pending, NULL, memory_order_acquire);
    while (slab != NULL) {
        hm_pool_slab *next = slab->pending_next;
        hm_pool_slab_collect(slab);
        chain = place_slab(local, slab, chain);
        slab = next;
    }
    return chain;
}

void hm_pool_local_collect(void)
{
    hm_pool_local *local = hm_pool_this_local;
    hm_pool_slab *chain = local == NULL ? NULL : collect_pending(local);
    if (chain != NULL) {
        hm_pool_lock();
        return_chain(chain);
        hm_pool_unlock();
    }
}

/* Takes the empty current slabs out of their bins as well. */
static hm_pool_slab *take_empty_slabs(hm_pool_local *local)
{
    hm_pool_slab *chain = collect_pending(local);
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        hm_pool_slab *slab = local->bins[index].current;
        if (slab != &hm_pool_no_slab && hm_pool_slab_used(slab) == 0) {
            local->bins[index].current = &hm_pool_no_slab;
            slab->next = chain;
            chain = slab;
        }
    }
    return chain;
}

/* The lock is held, so no thread can adopt meanwhile. */
static void trim_abandoned(void)
{
    for (hm_pool_local *local = all_locals; local != NULL; local = local->next_of_all) {
        if (local->state == HM_POOL_LOCAL_ABANDONED)
            return_chain(take_empty_slabs(local));
    }
}

void hm_pool_local_trim(void)
{
    hm_pool_local *local = hm_pool_this_local;
    hm_pool_slab *chain = local == NULL ? NULL : take_empty_slabs(local);
    hm_pool_lock();
    return_chain(chain);
    trim_abandoned();
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

/* ---- the slow path of malloc ---- */

static hm_pool_slab *new_slab(hm_pool_local *local, unsigned class_index)
{
    bool fresh;
    hm_pool_lock();
    hm_pool_slab *slab = hm_pool_local_take_run(hm_pool_class_slab_pages(class_index), 1, &fresh);
    if (slab != NULL)
        hm_pool_slab_start(slab, local, class_index);
    hm_pool_unlock();
    return slab;
}

/* Makes a slab with room current: a partial one, else a new one. False: no memory. */
static bool replace_current(hm_pool_local *local, unsigned class_index)
{
    hm_pool_bin *bin = &local->bins[class_index];
    hm_pool_slab *slab = bin->partial;
    if (slab != NULL)
        bin_leave(bin, slab);
    else
        slab = new_slab(local, class_index);
    if (slab == NULL)
        return false;
    if (bin->current != &hm_pool_no_slab)
        bin->current->state = HM_POOL_SLAB_FULL;
    slab->state = HM_POOL_SLAB_CURRENT;
    bin->current = slab;
    return true;
}

void *hm_pool_local_refill(hm_pool_local *local, unsigned class_index)
{
    hm_pool_bin *bin = &local->bins[class_index];
    if (!hm_pool_slab_has_room(bin->current))
        hm_pool_local_collect();
    if (!hm_pool_slab_has_room(bin->current) && !replace_current(local, class_index))
        return NULL;
    hm_pool_slab *slab = bin->current;
    if (slab->free == NULL)
        hm_pool_slab_carve(slab);
    return hm_pool_slab_pop(slab);
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
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++)
        local->bins[index].current = &hm_pool_no_slab;
    local->state = HM_POOL_LOCAL_OWNED;
    local->next_of_all = all_locals;
    all_locals = local;
    return local;
}

hm_pool_local *hm_pool_local_get(void)
{
    if (hm_pool_this_local != NULL)
        return hm_pool_this_local;
    hm_pool_lock();
    hm_pool_local *local = adopt();
    if (local == NULL)
        local = create();
    hm_pool_unlock();
    if (local == NULL)
        return NULL;
    /* Set before the thread is watched: what that allocates comes from this local pool. */
    hm_pool_this_local = local;
    hm_pool_thread_watch(local);
    return local;
}

void hm_pool_local_abandon(hm_pool_local *local)
{
    hm_pool_slab *chain = take_empty_slabs(local);
    hm_pool_this_local = NULL;
    hm_pool_lock();
    return_chain(chain);
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

/* ---- checking ---- */

static const char *check_slab(const hm_pool_local *local, hm_pool_slab *slab, unsigned class_index)
{
    size_t free_count = 0;
    uint32_t carved = hm_pool_slab_carved(slab);
    if (slab->owner != local || slab->class_index != class_index)
        return "a slab is in another bin than its own";
    if (slab->kind != HM_POOL_RUN_SLAB || carved > slab->capacity)
        return "a slab's record is damaged";
    for (char *block = slab->free; block != NULL; block = *(char **)(void *)block) {
        size_t offset = (size_t)(block - slab->base);
        if (offset % slab->block_bytes != 0 || offset / slab->block_bytes >= carved)
            return "a free block lies outside its slab or off its grid";
        if (++free_count > carved)
            return "a slab's free list has a cycle";
    }
    return free_count + hm_pool_slab_used(slab) == carved ? NULL
                                                          : "used and free are not all of a slab";
}

static const char *check_bin(const hm_pool_local *local, unsigned class_index)
{
    const hm_pool_bin *bin = &local->bins[class_index];
    const char *defect = NULL;
    if (bin->current != &hm_pool_no_slab) {
        defect = check_slab(local, bin->current, class_index);
        if (defect == NULL && bin->current->state != HM_POOL_SLAB_CURRENT)
            defect = "the current slab is not marked so";
    }
    for (hm_pool_slab *slab = bin->partial; defect == NULL && slab != NULL; slab = slab->next) {
        defect = check_slab(local, slab, class_index);
        if (defect == NULL && (slab->state != HM_POOL_SLAB_PARTIAL ||
                               hm_pool_slab_used(slab) == 0 || !hm_pool_slab_has_room(slab)))
            defect = "a slab on the partial list is not partial";
        if (defect == NULL && slab->next != NULL && slab->next->previous != slab)
            defect = "a bin's list is broken";
    }
    return defect;
}

const char *hm_pool_local_check(hm_pool_local *local)
{
    const char *defect = NULL;
    if (local->state == HM_POOL_LOCAL_RETIRED)
        return NULL;
    for (unsigned index = 0; defect == NULL && index < HM_POOL_CLASS_COUNT; index++)
        defect = check_bin(local, index);
    return defect;
}
