/**
 * This module is a run of pages cut into blocks of one class, so that small blocks cost no header
 * and one thread can hand them out and take them back without a lock.
 *
 * Words: to *carve* is to cut blocks off the part of a slab never used so far, at most a kernel
 * page at a time, so that memory is touched only when it is needed. A *remote free* is one by
 * another thread than the slab's owner. A slab is *full* where it has neither a free block nor
 * room to carve.
 *
 * Invariant, as the owner sees it: used + length of `free` = carved ≤ capacity; blocks on `remote`
 * still count as used. A slab is on its owner's pending list exactly from the push that made
 * `remote` non-empty until the owner takes it off; since that one block counts as used, a pending
 * slab is never released.
 */
#ifndef HM_ALLOCATORS_POOL_SLAB_H
#define HM_ALLOCATORS_POOL_SLAB_H

#include "allocators/pool/size_class.h"

#include <stdatomic.h>
#include <stdbool.h>

struct hm_pool_local;

/** What a run of pages is used for. */
typedef enum hm_pool_run_kind {
    HM_POOL_RUN_FREE,
    HM_POOL_RUN_SLAB,
    HM_POOL_RUN_LARGE
} hm_pool_run_kind;

/** Where in its owner's bin a slab stands. */
typedef enum hm_pool_slab_state {
    HM_POOL_SLAB_CURRENT, /**< allocated from; may be empty or full */
    HM_POOL_SLAB_PARTIAL, /**< on the bin's list: has a free block or room to carve */
    HM_POOL_SLAB_FULL     /**< on no list */
} hm_pool_slab_state;

/** The record of a run: two cache lines, the second for what other threads write. */
typedef struct hm_pool_slab {
    void *free; /**< blocks to hand out, linked through their first word; the owner's alone */
    struct hm_pool_local *owner;
    char *base;
    struct hm_pool_slab *next, *previous; /**< the bin's list, or a chain of slabs to release */
    _Atomic uint32_t used;                /**< written by the owner, read by statistics */
    _Atomic uint32_t carved;              /**< the same */
    uint32_t capacity;
    uint32_t block_bytes; /**< of a large run: the usable size of its one block */
    uint8_t kind;         /**< hm_pool_run_kind */
    uint8_t state;        /**< hm_pool_slab_state */
    uint8_t class_index;
    uint8_t pages;

    _Alignas(64) _Atomic(void *) remote; /**< blocks freed by other threads, linked */
    struct hm_pool_slab *pending_next;
} hm_pool_slab;

/** Makes an empty slab of a run that was just taken. */
void hm_pool_slab_start(hm_pool_slab *slab, struct hm_pool_local *owner, unsigned class_index);

/** Puts up to a kernel page of never used blocks on `free`; false: none are left. */
bool hm_pool_slab_carve(hm_pool_slab *slab);

/**
 * Hands `block` back from another thread. True: it is the first since the owner last looked, and
 * the caller must put the slab on the owner's pending list.
 */
bool hm_pool_slab_free_remote(hm_pool_slab *slab, void *block);

/** Moves what other threads freed to `free`; only for the owner, who took it off pending. */
void hm_pool_slab_collect(hm_pool_slab *slab);

/** Bytes of kernel pages that carving has touched. */
size_t hm_pool_slab_carved_bytes(const hm_pool_slab *slab);

static inline uint32_t hm_pool_slab_used(const hm_pool_slab *slab)
{
    return atomic_load_explicit(&slab->used, memory_order_relaxed);
}

static inline uint32_t hm_pool_slab_carved(const hm_pool_slab *slab)
{
    return atomic_load_explicit(&slab->carved, memory_order_relaxed);
}

/** Whether a block can be had without another slab. */
static inline bool hm_pool_slab_has_room(const hm_pool_slab *slab)
{
    return slab->free != NULL || hm_pool_slab_carved(slab) < slab->capacity;
}

/** Takes a block off `free`, NULL where it is empty. The owner's alone. */
static HM_ALWAYS_INLINE void *hm_pool_slab_pop(hm_pool_slab *slab)
{
    void *block = slab->free;
    if (HM_LIKELY(block != NULL)) {
        slab->free = *(void **)block;
        atomic_store_explicit(&slab->used, hm_pool_slab_used(slab) + 1, memory_order_relaxed);
    }
    return block;
}

/** Puts a block on `free`; returns how many are still used. The owner's alone. */
static HM_ALWAYS_INLINE uint32_t hm_pool_slab_push(hm_pool_slab *slab, void *block)
{
    uint32_t used = hm_pool_slab_used(slab) - 1;
    *(void **)block = slab->free;
    slab->free = block;
    atomic_store_explicit(&slab->used, used, memory_order_relaxed);
    return used;
}

#endif
