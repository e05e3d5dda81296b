/**
 * This module is the seam between memory and everything that uses it: one process-wide table of
 * functions, so that any allocator can serve the runtime and all pay the same indirect call.
 *
 * Words: a *back end* is an allocator behind hm_allocator with its settings; its *linkage* is how
 * it was bound; a *decorator* is an hm_allocator that forwards to another and does something more
 * (count, guard). Decorators keep static state, because the hot slots have libc's signatures.
 *
 * Invariant: `origin` is what dladdr said of the `malloc` slot's function, never what was asked
 * for; a back end whose origin is not the file asked for is not handed out.
 */
#ifndef HM_ALLOCATORS_ALLOCATOR_H
#define HM_ALLOCATORS_ALLOCATOR_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How a back end is bound. Rank only within one linkage: the binding itself costs time. */
typedef enum hm_linkage {
    HM_LINKAGE_SO,      /**< dlopen, called through this table */
    HM_LINKAGE_INLINE,  /**< our pool compiled into the runtime */
    HM_LINKAGE_PRELOAD, /**< LD_PRELOAD: it is the process's malloc */
    HM_LINKAGE_STATIC,  /**< compiled into the suite (bump, debug): references, never ranked */
    HM_LINKAGE_RUNTIME  /**< another runtime's own, in that runtime's process; never ranked */
} hm_linkage;

/** What an allocator can do beyond malloc, calloc, realloc and free. */
enum {
    HM_ALLOCATOR_USABLE_SIZE = 1 << 0,
    HM_ALLOCATOR_STATS = 1 << 1,
    HM_ALLOCATOR_ACTIVE_BYTES = 1 << 2, /**< stats tell A (active pages) apart from the rest */
    HM_ALLOCATOR_PURGE = 1 << 3,
    HM_ALLOCATOR_THREADS = 1 << 4,
    HM_ALLOCATOR_SIZED_FREE = 1 << 5,
    HM_ALLOCATOR_FORK = 1 << 6,
    HM_ALLOCATOR_ALIGNED = 1 << 7,
    HM_ALLOCATOR_THREAD_STATS = 1 << 8 /**< stats and size_classes are of the calling thread only */
};

/** An allocator's own account, bytes; a field it does not tell is HM_UNKNOWN_BYTES. */
typedef struct hm_allocator_stats {
    /** Handed out and not yet freed, as the allocator counts it: U, and where it says so also
        headers and blocks that wait in a thread's cache (docs/memory-attribution.md). */
    uint64_t allocated_bytes;
    uint64_t active_bytes;   /**< in pages that hold at least one live block (A) */
    uint64_t resident_bytes; /**< mapped and, as far as it knows, resident, metadata included */
    uint64_t metadata_bytes;
} hm_allocator_stats;

#define HM_UNKNOWN_BYTES UINT64_MAX

/** One size class as an allocator tells of it. */
typedef struct hm_allocator_class {
    uint64_t usable_bytes; /**< of one block */
    uint64_t blocks;       /**< handed out and not freed, by the allocator's own account */
    uint64_t slots; /**< blocks that the pages it holds for the class have room for, all in all */
} hm_allocator_class;

/** Told of one class; of one usable size it may be told several times, and the sum counts. */
typedef void (*hm_allocator_class_visitor)(void *context, const hm_allocator_class *size_class);

/** The table. Slots before `realloc_sized` have libc's signatures and semantics. */
typedef struct hm_allocator {
    /* Hot: one cache line. */
    void *(*malloc)(size_t bytes);
    void (*free)(void *block);
    void *(*realloc)(void *block, size_t bytes);
    void *(*calloc)(size_t count, size_t bytes);
    /** Frees a block of known requested size that malloc or calloc gave: one of aligned_alloc, or
        one that realloc made smaller in place, may be of another class than its size says, and
        gperftools' tcmalloc then files it under the wrong one. NULL: there is no such call. */
    void (*free_sized)(void *block, size_t bytes);
    void *(*aligned_alloc)(size_t alignment, size_t bytes); /**< NULL where absent */
    size_t (*usable_size)(void *block);                     /**< NULL where absent */
    /** For decorators that must know the old size; NULL otherwise. */
    void *(*realloc_sized)(void *block, size_t old_bytes, size_t bytes);

    /* Cold. */
    bool (*stats)(hm_allocator_stats *stats); /**< NULL where absent; false: could not be read */
    /** Calls `visit` with every size class it holds pages for, without allocating; NULL: it does
       not tell; false: it could not be read. */
    bool (*size_classes)(hm_allocator_class_visitor visit, void *context);
    void (*purge)(void); /**< returns what it can to the kernel; NULL: absent */
    const char *name;    /**< the label it runs under */
    const char *version; /**< as the library tells it, else "" */
    const char *origin;  /**< path proved with dladdr */
    hm_linkage linkage;
    uint32_t capabilities;
} hm_allocator;

/** "so", "inline", "preload" or "static". */
const char *hm_linkage_name(hm_linkage linkage);

#endif
