/**
 * This module is one thread's part of the pool, so that a thread allocates and frees its own small
 * blocks without a lock, and so that what a dead thread leaves is used by the next one.
 *
 * Words: a *local pool* has a *bin* for each class: the current slab and a list of partial ones;
 * its *pending* slabs are those that other threads freed into. It is *owned* by a live thread,
 * *abandoned* by a dead one until a new thread adopts it whole, or *retired*: it belonged to
 * another thread when this process was forked, may have been caught in the middle of a change, and
 * is left alone for good.
 *
 * Invariant: a slab's owner never changes while the slab exists; only the owner's thread, or the
 * holder of the pool's lock while the local pool is abandoned, touches what is not atomic.
 */
#ifndef HM_ALLOCATORS_POOL_LOCAL_POOL_H
#define HM_ALLOCATORS_POOL_LOCAL_POOL_H

#include "allocators/pool/slab.h"

typedef enum hm_pool_local_state {
    HM_POOL_LOCAL_OWNED,
    HM_POOL_LOCAL_ABANDONED,
    HM_POOL_LOCAL_RETIRED
} hm_pool_local_state;

typedef struct hm_pool_bin {
    hm_pool_slab *current; /**< never NULL: hm_pool_no_slab where there is none */
    hm_pool_slab *partial;
} hm_pool_bin;

typedef struct hm_pool_local {
    hm_pool_bin bins[HM_POOL_CLASS_COUNT];
    struct hm_pool_local *next_of_all; /**< every local pool there is; the lock's */
    hm_pool_local_state state;         /**< the lock's */
    _Alignas(64) _Atomic(hm_pool_slab *) pending;
} hm_pool_local;

/** Stands for "no slab": has no block and no room. */
extern HM_HIDDEN hm_pool_slab hm_pool_no_slab;

/** This thread's local pool, NULL until its first allocation and after its end. */
extern HM_HIDDEN HM_INITIAL_EXEC _Thread_local hm_pool_local *hm_pool_this_local;

/** This thread's local pool, adopted or made where it has none; NULL: no memory. */
hm_pool_local *hm_pool_local_get(void);

/** A block of the class where the current slab has none at hand; NULL: no memory. */
void *hm_pool_local_refill(hm_pool_local *local, unsigned class_index);

/** Brings the bins up to date after a free into `slab` that was full or is now empty. */
void hm_pool_local_settle(hm_pool_local *local, hm_pool_slab *slab);

/** Frees `block` of a slab of another thread (or of none that lives). */
void hm_pool_local_free_remote(hm_pool_slab *slab, void *block);

/**
 * Takes a run: from an arena there is, else after what abandoned local pools can return, else
 * from a new arena. NULL: no memory. The pool's lock is held.
 */
hm_pool_slab *hm_pool_local_take_run(unsigned pages, unsigned alignment_pages, bool *fresh);

/** Returns this thread's empty slabs and those of abandoned local pools to their arenas. */
void hm_pool_local_trim(void);

/** Takes in what other threads freed into this thread's slabs. */
void hm_pool_local_collect(void);

/** Calls `visit` for each local pool. The pool's lock is held. */
void hm_pool_locals_visit(void (*visit)(void *context, hm_pool_local *local), void *context);

/** Checks a local pool no thread is using at the moment; NULL, or what is wrong. */
const char *hm_pool_local_check(hm_pool_local *local);

#endif
