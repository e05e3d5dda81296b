#include "allocators/pool/bin.h"

#include "allocators/pool/address_map.h"
#include "allocators/pool/arena.h"

enum { NO_SHELF = HM_POOL_SHELVES, EMPTY_SHELF = HM_POOL_SHELVES - 1 };

static unsigned shelf_of(const hm_pool_slab *slab)
{
    uint32_t free_count = hm_pool_slab_free_count(slab);
    if (free_count == 0)
        return NO_SHELF;
    return free_count * EMPTY_SHELF / slab->capacity;
}

static void enter(hm_pool_bin *bin, hm_pool_slab *slab, unsigned shelf)
{
    slab->shelf = (uint8_t)shelf;
    if (shelf == NO_SHELF)
        return;
    slab->previous = NULL;
    slab->next = bin->rack->shelves[shelf];
    if (slab->next != NULL)
        slab->next->previous = slab;
    bin->rack->shelves[shelf] = slab;
    bin->rack->in_use |= 1u << shelf;
}

static void leave(hm_pool_bin *bin, hm_pool_slab *slab)
{
    if (slab->shelf == NO_SHELF)
        return;
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
    if (slab->previous != NULL)
        slab->previous->next = slab->next;
    else
        bin->rack->shelves[slab->shelf] = slab->next;
    if (bin->rack->shelves[slab->shelf] == NULL)
        bin->rack->in_use &= ~(1u << slab->shelf);
}

void hm_pool_bin_enter(hm_pool_bin *bin, hm_pool_slab *slab)
{
    enter(bin, slab, shelf_of(slab));
}

hm_pool_slab *hm_pool_bin_move(hm_pool_bin *bin, hm_pool_slab *slab, hm_pool_slab *chain)
{
    unsigned shelf = shelf_of(slab);
    if (shelf == slab->shelf)
        return chain;
    leave(bin, slab);
    if (shelf == EMPTY_SHELF && bin->rack->shelves[EMPTY_SHELF] != NULL) {
        slab->next = chain;
        return slab;
    }
    enter(bin, slab, shelf);
    return chain;
}

/* So that the lowest address is handed out first. */
static void reverse(void **blocks, unsigned count)
{
    for (unsigned low = 0, high = count; low + 1 < high; low++) {
        void *block = blocks[--high];
        blocks[high] = blocks[low];
        blocks[low] = block;
    }
}

unsigned hm_pool_bin_fill(hm_pool_bin *bin)
{
    unsigned wanted = (unsigned)(bin->ceiling - bin->floor) / 2, count = 0;
    while (count < wanted && bin->rack->in_use != 0) {
        hm_pool_slab *slab = bin->rack->shelves[__builtin_ctz(bin->rack->in_use)];
        count += hm_pool_slab_take(slab, bin->floor + count, wanted - count);
        hm_pool_bin_move(bin, slab, NULL);
    }
    reverse(bin->floor, count);
    bin->top = bin->floor + count;
    return count;
}

hm_pool_slab *hm_pool_bin_take_empty(hm_pool_bin *bin, hm_pool_slab *chain)
{
    hm_pool_slab *slab = bin->rack->shelves[EMPTY_SHELF];
    if (slab == NULL)
        return chain;
    leave(bin, slab);
    slab->next = chain;
    return slab;
}

/* ---- checking ---- */

static const char *check_cache(const hm_pool_local *local, unsigned class_index)
{
    const hm_pool_bin *bin = &local->bins[class_index];
    if (bin->top < bin->floor || bin->top > bin->ceiling)
        return "a cache's top lies outside it";
    for (void **place = bin->floor; place < bin->top; place++) {
        hm_pool_region *region = hm_pool_region_of(*place);
        if (region == NULL || region->kind != HM_POOL_ARENA)
            return "a cached block lies in no arena";
        hm_pool_slab *slab = hm_pool_run_of((hm_pool_arena *)region, *place);
        if (slab->kind != HM_POOL_RUN_SLAB || slab->class_index != class_index)
            return "a cached block is of another class";
        unsigned number = hm_pool_slab_number(slab, *place);
        if (slab->base + (size_t)number * slab->block_bytes != (char *)*place)
            return "a cached block lies off its slab's grid";
        if (slab->owner == local && hm_pool_slab_is_free(slab, number))
            return "a cached block is free in its slab as well";
    }
    return NULL;
}

static const char *check_shelf(const hm_pool_local *local, unsigned class_index, unsigned shelf)
{
    const hm_pool_bin *bin = &local->bins[class_index];
    if ((bin->rack->shelves[shelf] != NULL) != ((bin->rack->in_use >> shelf & 1) != 0))
        return "a shelf is marked wrongly";
    for (hm_pool_slab *slab = bin->rack->shelves[shelf]; slab != NULL; slab = slab->next) {
        const char *defect = hm_pool_slab_check(slab);
        if (defect != NULL)
            return defect;
        if (slab->owner != local || slab->class_index != class_index)
            return "a slab is in another bin than its own";
        if (slab->shelf != shelf || shelf_of(slab) != shelf)
            return "a slab is on another shelf than its own";
        if (slab->next != NULL && slab->next->previous != slab)
            return "a shelf is broken";
    }
    return NULL;
}

const char *hm_pool_bin_check(const hm_pool_local *local, unsigned class_index)
{
    const char *defect = check_cache(local, class_index);
    for (unsigned shelf = 0; defect == NULL && shelf < HM_POOL_SHELVES; shelf++)
        defect = check_shelf(local, class_index, shelf);
    return defect;
}
