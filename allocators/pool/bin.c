#include "allocators/pool/bin.h"

#include "allocators/pool/arena.h"

#include <string.h>

enum { NO_SHELF = HM_POOL_SHELVES, EMPTY_SHELF = HM_POOL_SHELVES - 1 };

static unsigned shelf_of(const hm_pool_slab *slab)
{
    uint32_t free_count = hm_pool_slab_free_count(slab);
    if (free_count == 0)
        return NO_SHELF;
    return free_count * EMPTY_SHELF / slab->capacity;
}

/* Notes the shelf, and with how many free blocks the slab stays there. */
static void note_shelf(hm_pool_slab *slab, unsigned shelf)
{
    unsigned capacity = slab->capacity;
    unsigned low = (shelf * capacity + EMPTY_SHELF - 1) / EMPTY_SHELF;
    unsigned high = ((shelf + 1) * capacity + EMPTY_SHELF - 1) / EMPTY_SHELF - 1;
    slab->shelf = (uint8_t)shelf;
    slab->shelf_low = (uint16_t)(shelf == NO_SHELF ? 0 : low == 0 ? 1 : low);
    slab->shelf_high = (uint16_t)(shelf == NO_SHELF ? 0 : high);
}

static void enter(hm_pool_bin *bin, hm_pool_slab *slab, unsigned shelf)
{
    note_shelf(slab, shelf);
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

hm_pool_slab *hm_pool_bin_move_shelf(hm_pool_bin *bin, hm_pool_slab *slab, hm_pool_slab *chain)
{
    unsigned shelf = shelf_of(slab);
    leave(bin, slab);
    if (shelf == EMPTY_SHELF && bin->rack->shelves[EMPTY_SHELF] != NULL) {
        slab->next = chain;
        return slab;
    }
    enter(bin, slab, shelf);
    return chain;
}

/* From the last place down, so that the lowest address is handed out first. */
unsigned hm_pool_bin_fill(hm_pool_bin *bin)
{
    unsigned wanted = (unsigned)(bin->ceiling - bin->floor) / 2, count = 0;
    if (wanted > HM_POOL_REFILL_BLOCKS_MAX)
        wanted = HM_POOL_REFILL_BLOCKS_MAX;
    void **end = bin->floor + wanted;
    while (count < wanted && bin->rack->in_use != 0) {
        hm_pool_slab *slab = bin->rack->shelves[__builtin_ctz(bin->rack->in_use)];
        count += hm_pool_slab_take(slab, end - count, wanted - count);
        hm_pool_bin_move(bin, slab, NULL);
    }
    if (count < wanted)
        memmove(bin->floor, end - count, count * sizeof *end);
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

static const char *check_cache(hm_pool_local *local, const hm_pool_bin *bin, unsigned class_index)
{
    if (bin->top < bin->floor || bin->top > bin->ceiling)
        return "a cache's top lies outside it";
    for (void **place = bin->floor; place < bin->top; place++) {
        hm_pool_arena *arena = hm_pool_window_arena(*place);
        if (arena == NULL)
            return "a cached block lies in no arena";
        hm_pool_slab *slab = hm_pool_run_of(arena, *place);
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

static const char *check_shelf(hm_pool_local *local, unsigned class_index, unsigned shelf)
{
    const hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
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
        if (hm_pool_slab_free_count(slab) < slab->shelf_low ||
            hm_pool_slab_free_count(slab) > slab->shelf_high)
            return "a slab's shelf has other bounds than it notes";
        if (slab->next != NULL && slab->next->previous != slab)
            return "a shelf is broken";
    }
    return NULL;
}

const char *hm_pool_bin_check(hm_pool_local *local, unsigned class_index)
{
    const hm_pool_bin *bin = hm_pool_local_bin(local, class_index);
    const char *defect = check_cache(local, bin, class_index);
    if (defect == NULL && bin->rack->freed != bin)
        defect = check_cache(local, bin->rack->freed, class_index);
    for (unsigned shelf = 0; defect == NULL && shelf < HM_POOL_SHELVES; shelf++)
        defect = check_shelf(local, class_index, shelf);
    return defect;
}
