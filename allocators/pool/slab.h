/**
 * This module is a run of pages cut into blocks of one class, so that small blocks cost no header
 * and a free block is known without being touched.
 *
 * Words: a block is *free* where its bit in `free_bits` is set; all others are *out*, with the
 * program or in a thread's cache. A *remote* block was returned by another thread than the owner's;
 * it is out until the owner collects it. A kernel page is *touched* where a block of it was handed
 * out since the kernel gave it.
 *
 * Invariant, as the owner sees it: free_count is the number of bits set in `free_bits`, all of them
 * below `capacity`; a word has one set exactly where its bit in `some_free` is. remote_count never
 * exceeds the bits set in `remote_bits`, and the slab is on its owner's pending list exactly from
 * the return that made remote_count positive until the owner takes it off. A slab on the pending
 * list, or about to be put there, has a bit in `remote_bits` that nobody else collects, so it is
 * never empty and never released.
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

enum { HM_POOL_KERNEL_PAGE_SHIFT = 12, HM_POOL_KERNEL_PAGE_BYTES = 1 << HM_POOL_KERNEL_PAGE_SHIFT };

/** The record of a run: two cache lines, the first for returning and taking blocks. */
typedef struct hm_pool_slab {
    _Alignas(64) char *base;
    struct hm_pool_local *owner;
    uint64_t *free_bits;       /**< `words` of them, then as many of remote bits */
    uint64_t some_free;        /**< the words of free_bits that are not 0, a bit each */
    _Atomic(uint64_t) touched; /**< kernel pages, a bit each; written by the owner */
    uint32_t block_bytes;
    uint32_t reciprocal; /**< offset × reciprocal >> 32 is the number of the block there */
    uint16_t capacity;   /**< blocks */
    _Atomic(uint16_t) free_count;   /**< written by the owner, read by statistics */
    uint16_t shelf_low, shelf_high; /**< it stays on its shelf with so many free blocks */
    uint16_t words;                 /**< at most 64 */
    uint8_t kind;                   /**< hm_pool_run_kind */
    uint8_t class_index;
    uint8_t pages;
    uint8_t shelf; /**< which of its bin's lists it is on */

    _Alignas(64) struct hm_pool_slab *next; /**< the bin's list, or a chain of slabs to release */
    struct hm_pool_slab *previous;
    struct hm_pool_slab *pending_next;
    _Atomic(uint32_t) remote_count;
    _Atomic(uint32_t) large_bytes; /**< of a large run: what its block can hold, 0
                                      where cached */
} hm_pool_slab;

/** Blocks of one slab whose bits share a word. */
typedef struct hm_pool_group {
    uint64_t bits;
    unsigned word;
    unsigned count;
} hm_pool_group;

/** Makes a slab, all blocks free, of a run that was just taken; `backed`: all of its pages count as
    touched. False: no memory for its bits. The pool's lock is held, also for the other two. */
bool hm_pool_slab_start(hm_pool_slab *slab, struct hm_pool_local *owner, unsigned class_index,
                        bool backed);

/** Gives back what hm_pool_slab_start took. */
void hm_pool_slab_end(hm_pool_slab *slab);

/** Takes up to `wanted` free blocks, lowest addresses first, to the places before `end`, the last
    place first; how many. The owner's. */
unsigned hm_pool_slab_take(hm_pool_slab *slab, void **end, unsigned wanted);

/**
 * Returns blocks from another thread. True: the owner has none of this slab waiting yet, and the
 * caller must put the slab on the owner's pending list.
 */
bool hm_pool_slab_return_remote(hm_pool_slab *slab, hm_pool_group group);

/** Makes free what other threads returned; only for the owner, who took it off pending. */
void hm_pool_slab_collect(hm_pool_slab *slab);

/** Gives the kernel the touched pages that lie in free blocks alone; how many. The owner's. */
unsigned hm_pool_slab_purge(hm_pool_slab *slab);

/** Checks the record; NULL, or what is wrong. */
const char *hm_pool_slab_check(const hm_pool_slab *slab);

static inline uint32_t hm_pool_slab_free_count(const hm_pool_slab *slab)
{
    return atomic_load_explicit(&slab->free_count, memory_order_relaxed);
}

/** Blocks that are out. */
static inline uint32_t hm_pool_slab_used(const hm_pool_slab *slab)
{
    return slab->capacity - hm_pool_slab_free_count(slab);
}

static inline uint64_t hm_pool_slab_touched(const hm_pool_slab *slab)
{
    return atomic_load_explicit(&slab->touched, memory_order_relaxed);
}

/** Whether all of its kernel pages are touched. */
static inline bool hm_pool_slab_is_touched(const hm_pool_slab *slab)
{
    unsigned pages = (unsigned)slab->pages << (HM_POOL_PAGE_SHIFT - HM_POOL_KERNEL_PAGE_SHIFT);
    return hm_pool_slab_touched(slab) == ~(uint64_t)0 >> (64 - pages);
}

/** Bytes of touched kernel pages. */
static inline size_t hm_pool_slab_touched_bytes(const hm_pool_slab *slab)
{
    return (size_t)__builtin_popcountll(hm_pool_slab_touched(slab)) << HM_POOL_KERNEL_PAGE_SHIFT;
}

/** The number of the block at `block`. Exact: offsets stay below 2^18, sizes above 2^3. */
static HM_ALWAYS_INLINE unsigned hm_pool_slab_number(const hm_pool_slab *slab, const void *block)
{
    uint64_t offset = (uint64_t)((const char *)block - slab->base);
    return (unsigned)(offset * slab->reciprocal >> 32);
}

/** Whether the block is free. The owner's. */
static inline bool hm_pool_slab_is_free(const hm_pool_slab *slab, unsigned number)
{
    return (slab->free_bits[number / 64] >> number % 64 & 1) != 0;
}

/** What other threads returned, a bit a block. */
static inline _Atomic(uint64_t) *hm_pool_slab_remote_bits(const hm_pool_slab *slab)
{
    return (_Atomic(uint64_t) *)(slab->free_bits + slab->words);
}

/** A block alone. */
static inline hm_pool_group hm_pool_slab_group(const hm_pool_slab *slab, const void *block)
{
    unsigned number = hm_pool_slab_number(slab, block);
    return (hm_pool_group){(uint64_t)1 << number % 64, number / 64, 1};
}

#endif
