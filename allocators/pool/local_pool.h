/**
 * This module is one thread's part of the pool, so that a thread allocates and frees small blocks
 * without a lock, and so that what a dead thread leaves is used by the next one.
 *
 * Words: a *local pool* has a *bin* for each class: a *cache*, an array of blocks that are ready to
 * be handed out, and the slabs of the class that have free blocks, on *shelves* by how many. A
 * block that is freed goes to the freeing thread's cache, whoever's slab it is of; when the cache
 * is full it grows (cache.h), or its older half is returned to the slabs. Where the oldest are to
 * be handed out first (options.h), a class has a second bin: its slabs' pages name that one, so
 * that freed blocks go there, and when the first one's cache is empty the two change places.
 * *Pending* slabs are those that other threads returned blocks to. A local pool is *owned* by a
 * live thread, *abandoned* by a dead one until a new thread adopts it whole, or *retired*: it
 * belonged to another thread when this process was forked, may have been caught in the middle of a
 * change, and is left alone for good.
 *
 * Invariant: a cached block is out for its slab; floor ≤ top ≤ ceiling. A slab with a free block is
 * on the shelf that its number of free blocks says; a bin keeps one slab without a block out. A
 * slab's owner never changes while the slab exists; only the owner's thread, or the holder of the
 * pool's lock while the local pool is abandoned, touches what is not atomic.
 */
#ifndef HM_ALLOCATORS_POOL_LOCAL_POOL_H
#define HM_ALLOCATORS_POOL_LOCAL_POOL_H

#include "allocators/pool/arena.h"
#include "allocators/pool/slab.h"

typedef enum hm_pool_local_state {
    HM_POOL_LOCAL_OWNED,
    HM_POOL_LOCAL_ABANDONED,
    HM_POOL_LOCAL_RETIRED
} hm_pool_local_state;

enum {
    HM_POOL_REFILLS_OF_WORK = 256,   /**< refills of a cache after which arenas are told */
    HM_POOL_SHELVES = 5,             /**< nearly full slabs first; the last: no block is out */
    HM_POOL_CACHE_BLOCKS_MAX = 2048, /**< of one class in one thread's cache */
    HM_POOL_REFILL_BLOCKS_MAX = 512, /**< that a cache gets at once: half of it, but no more */
    HM_POOL_CACHE_BYTES_FIRST = 64 * 1024, /**< the same at first, but 2 blocks at least */
    HM_POOL_CACHE_BYTES_MAX = 1536 * 1024, /**< the same where it has grown */
    HM_POOL_CACHE_EXTRA_BYTES_MAX = 2 * 1024 * 1024, /**< what all of a thread have grown by */
    HM_POOL_RUN_CACHE_BYTES_MAX = 2 * 1024 * 1024    /**< of runs in one thread's cache */
};

/** The slabs of a bin that have a free block. */
typedef struct hm_pool_rack {
    hm_pool_slab *shelves[HM_POOL_SHELVES];
    uint32_t in_use;           /**< which shelves have a slab, a bit each */
    uint32_t slab_bytes;       /**< of every slab of the class, a power of two */
    uint32_t reciprocal;       /**< of the class's block size */
    uint32_t slots;            /**< that the cache's array has */
    uint32_t seen_count;       /**< cached blocks when last looked at */
    bool refilled;             /**< since the cache was last looked at or grew */
    struct hm_pool_bin *freed; /**< the bin that blocks are freed into; mostly the one they are
                                    taken from */
} hm_pool_rack;

/** 32 bytes, so that two share a cache line and a class's is found by a shift. */
typedef struct hm_pool_bin {
    void **top;     /**< one beyond the cached block that is handed out next */
    void **floor;   /**< top of an empty cache */
    void **ceiling; /**< top of a full one */
    hm_pool_rack *rack;
} hm_pool_bin;

/** Runs without a block, of this thread; large.h's. */
typedef struct hm_pool_run_cache {
    hm_pool_slab *by_pages[HM_POOL_RUN_PAGES_MAX + 1];
    size_t bytes;
    size_t least_bytes; /**< since the last look for idle ones */
} hm_pool_run_cache;

typedef struct hm_pool_local {
    /** By class number plus 1; the first takes and gives nothing: for pages that are no slab's.
        Then, where it has one, each class's second. */
    _Alignas(64) hm_pool_bin bins[1 + 2 * HM_POOL_CLASS_COUNT];
    hm_pool_rack racks[HM_POOL_CLASS_COUNT];
    hm_pool_run_cache runs;
    size_t extra_bytes;                /**< by which caches have grown */
    uint32_t refills;                  /**< since arenas were told of work done */
    struct hm_pool_local *next_of_all; /**< every local pool there is; the lock's */
    hm_pool_local_state state;         /**< the lock's */
    _Alignas(64) _Atomic(hm_pool_slab *) pending;
} hm_pool_local;

/** This thread's local pool; before its first allocation and after its end &hm_pool_no_local. */
extern HM_HIDDEN HM_INITIAL_EXEC _Thread_local hm_pool_local *hm_pool_this_local;

/** Stands for "no local pool": every cache is both empty and full. */
extern HM_HIDDEN hm_pool_local hm_pool_no_local;

/** The bin that blocks of a class are taken from. */
static inline hm_pool_bin *hm_pool_local_bin(hm_pool_local *local, unsigned class_index)
{
    return &local->bins[1 + class_index];
}

/** This thread's bin of a number. From bytes: gcc computes an index into `bins` once for each field
    that is used. */
static HM_ALWAYS_INLINE hm_pool_bin *hm_pool_local_bin_at(size_t number)
{
    uintptr_t local = (uintptr_t)hm_pool_this_local;
    return (hm_pool_bin *)(local + number * sizeof(hm_pool_bin));
}

/** This thread's local pool, adopted or made where it has none; NULL: no memory. */
hm_pool_local *hm_pool_local_get(void);

/**
 * The same for a free; NULL also where the thread has given its local pool back: libc frees a
 * thread's last blocks when nobody would take another one back from it.
 */
hm_pool_local *hm_pool_local_of_free(void);

/** A block of the class where the cache is empty; NULL: no memory. */
void *hm_pool_local_refill(hm_pool_local *local, unsigned class_index);

/** Frees `block`, of a slab of the class, where the cache is full. */
void hm_pool_local_flush(hm_pool_local *local, unsigned class_index, void *block);

/** Frees blocks of `slab` from another thread, or for one that can get no local pool. */
void hm_pool_local_free_remote(hm_pool_slab *slab, hm_pool_group group);

/**
 * Takes a run: from an arena there is, else after what abandoned local pools can return, else
 * from a new arena. NULL: no memory. The pool's lock is held.
 */
hm_pool_slab *hm_pool_local_take_run(unsigned pages, unsigned alignment_pages, bool *fresh);

/**
 * Empties this thread's caches, returns its empty slabs and those of abandoned local pools to
 * their arenas, and gives the kernel the pages that lie in free blocks alone.
 */
void hm_pool_local_purge(void);

/** Counts a refill, or as much work; caches and arenas grow old by it. */
void hm_pool_local_count_work(hm_pool_local *local);

/** Empties this thread's caches and takes in what other threads returned to its slabs. */
void hm_pool_local_settle(void);

/** Calls `visit` for each local pool. The pool's lock is held. */
void hm_pool_locals_visit(void (*visit)(void *context, hm_pool_local *local), void *context);

/** Checks a local pool no thread is using at the moment; NULL, or what is wrong. */
const char *hm_pool_local_check(hm_pool_local *local);

/** A cached block, NULL where there is none. */
static HM_ALWAYS_INLINE void *hm_pool_bin_pop(hm_pool_bin *bin)
{
    void **top = bin->top;
    if (HM_UNLIKELY(top == bin->floor))
        return NULL;
    bin->top = top - 1;
    return top[-1];
}

/** Caches a block; false: the cache is full. */
static HM_ALWAYS_INLINE bool hm_pool_bin_push(hm_pool_bin *bin, void *block)
{
    void **top = bin->top;
    if (HM_UNLIKELY(top == bin->ceiling))
        return false;
    *top = block;
    bin->top = top + 1;
    return true;
}

#endif
