/**
 * This module is the allocators that forward to another one: `count` for the account of a memory
 * sample, `debug` for guard bytes, fill patterns and planned failure. So a measurement or a check
 * is put around any back end without the back end or the runtime knowing.
 *
 * Decorators keep static state (the hot slots have no context argument), so each is in the chain
 * at most once.
 */
#ifndef HM_ALLOCATORS_DECORATORS_H
#define HM_ALLOCATORS_DECORATORS_H

#include "allocators/allocator.h"

/** What passes through `count`. Bytes and calls since hm_count_decorate. */
typedef struct hm_count_totals {
    uint64_t requested_bytes; /**< Q: requested and not yet freed */
    uint64_t usable_bytes;    /**< U: what the allocator reserved for them; HM_UNKNOWN_BYTES */
    uint64_t peak_requested_bytes;
    uint64_t blocks; /**< not yet freed */
    uint64_t mallocs, callocs, reallocs, frees;
    uint64_t unsized_calls; /**< frees and reallocs without the size: Q is wrong unless this is 0 */
} hm_count_totals;

/**
 * Fills `*decorated` with a table that forwards to `*inner` (copied) and counts. Users must free
 * through `free_sized` and resize through `realloc_sized` (hm_memory does where heap->sized is
 * set): the requested size comes from the caller, so no side table and no header is needed and
 * the block layout is that of the bare back end.
 */
void hm_count_decorate(const hm_allocator *inner, hm_allocator *decorated);

/**
 * What another process may look at while it changes: one page mapped shared by both. All zero
 * before the count begins.
 */
typedef struct hm_count_page {
    _Atomic uint64_t requested_bytes; /**< Q */
    _Atomic uint64_t counting; /**< 1: requested_bytes is Q; 0: not yet, or no longer known */
} hm_count_page;

/**
 * Keeps Q in `page` (which must stay mapped) from here on, so that it is seen at every moment by
 * whoever has mapped it too. NULL: in this process again.
 */
void hm_count_share(hm_count_page *page);

/** What was asked for of one usable size. */
typedef struct hm_count_class {
    uint64_t usable_bytes;    /**< of each block; HM_UNKNOWN_BYTES: sizes that the table had no room
                                 for, taken together */
    uint64_t requested_bytes; /**< in all of its blocks */
    uint64_t blocks;          /**< not yet freed */
} hm_count_class;

/** The most classes there are: that many usable sizes, and one for the rest. */
enum { HM_COUNT_CLASSES = 3072 + 1 };

/**
 * Calls `visit` with every usable size that has live blocks, in no order. None where the allocator
 * tells no usable sizes.
 */
void hm_count_visit_classes(void (*visit)(void *context, const hm_count_class *size_class),
                            void *context);

/** The totals so far. Relaxed atomics: exact where no other thread allocates at the moment. */
hm_count_totals hm_count_read(void);

/** Settings of `debug`. */
typedef struct hm_debug_options {
    uint64_t fail_at;    /**< the n-th allocating call from now fails (1 = the next); 0: never */
    bool fail_after;     /**< every allocating call from fail_at on fails, not only that one */
    uint64_t fail_every; /**< each call whose number from now it divides fails too; 0: none */
} hm_debug_options;

/** What `debug` saw. */
typedef struct hm_debug_totals {
    uint64_t live_blocks;
    uint64_t live_bytes;
    uint64_t allocating_calls; /**< malloc, calloc, realloc, aligned_alloc so far */
    uint64_t planned_failures; /**< those of them that failed because it was planned */
    uint64_t defects;          /**< guard overwritten, double free, wrong size at free_sized, … */
    char first_defect[256];    /**< one line, "" where there is none */
} hm_debug_totals;

/**
 * Fills `*decorated` with a table that forwards to `*inner` (copied) with 16 guard bytes on both
 * sides, fills new blocks with 0xCB and freed ones with 0xDB, keeps a list of live blocks, and
 * checks at every free. A defect is recorded and printed to stderr once; it does not abort.
 */
void hm_debug_decorate(const hm_allocator *inner, hm_allocator *decorated);

void hm_debug_configure(const hm_debug_options *options);
hm_debug_totals hm_debug_read(void);

/** Checks the guards of every live block; returns the number of defects found by this call. */
uint64_t hm_debug_check_all(void);

#endif
