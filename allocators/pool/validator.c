/**
 * This module is the walk over everything the pool knows, so that a defect is found where it
 * happened and not where it hurts.
 */
#include "allocators/pool/arena.h"
#include "allocators/pool/local_pool.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/pool.h"

typedef struct walk {
    const char *defect; /* the first one found */
    unsigned arenas;
} walk;

static void check_arena(void *context, hm_pool_arena *arena)
{
    walk *state = context;
    state->arenas++;
    if (state->defect == NULL)
        state->defect = hm_pool_arena_check(arena);
}

static void check_local(void *context, hm_pool_local *local)
{
    walk *state = context;
    if (state->defect == NULL)
        state->defect = hm_pool_local_check(local);
}

const char *hm_pool_check(void)
{
    walk state = {0};
    hm_pool_lock();
    hm_pool_arenas_visit(check_arena, &state);
    hm_pool_locals_visit(check_local, &state);
    if (state.defect == NULL && state.arenas != hm_pool_arena_count())
        state.defect = "the lists do not hold all arenas";
    hm_pool_unlock();
    return state.defect;
}
