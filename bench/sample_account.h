/**
 * This module is the account of memory at one moment of a memory sample: what is reachable,
 * requested, usable, active and resident, and where the rest of the requested bytes is.
 *
 * Words: an *edge* is a moment between two phases, a *batch account* the end of a batch of the
 * steady phase; both are accounts. What an account takes of the process's time and memory is
 * *masked*: it is left out of the timeline and of the peak.
 *
 * Invariant: L <= Q <= U, and L, the collector's prefix, what the heap keeps for itself and what
 * is uncollected make up Q to the byte; a sample in which they do not is invalid. Without heaps
 * (the raw group) all that is requested is live: L is Q. Nothing here allocates before
 * hm_sample_account_record.
 */
#ifndef HM_BENCH_SAMPLE_ACCOUNT_H
#define HM_BENCH_SAMPLE_ACCOUNT_H

#include "allocators/decorators.h"

#include <jansson.h>

typedef struct hm_sample_state hm_sample_state;

/** The account of memory at one moment; HM_UNKNOWN_BYTES where a figure could not be had. */
typedef struct hm_sample_edge {
    const char *name; /**< of the edge; NULL: a batch account */
    uint64_t batch;   /**< the batch that has just ended, from 0 */
    uint64_t at_ns;   /**< monotonic */
    uint64_t rss_bytes;
    uint64_t peak_rss_bytes;
    uint64_t live_bytes;      /**< L */
    uint64_t requested_bytes; /**< Q */
    uint64_t usable_bytes;    /**< U */
    uint64_t active_bytes;    /**< A */
    uint64_t allocated_bytes; /**< hm_allocator_stats, as the three below are */
    uint64_t resident_bytes;
    uint64_t metadata_bytes;
    uint64_t huge_page_bytes;
    uint64_t collector_table_bytes;
    uint64_t uncollected_bytes; /**< requested for objects that nothing reaches */
    uint64_t tracked_objects;
    uint64_t live_page_bytes; /**< of pages that hold a block of the workload, where it knows */
} hm_sample_edge;

/** A size class; usable_bytes is HM_UNKNOWN_BYTES for what the tables had no room for. */
typedef struct hm_sample_class {
    uint64_t usable_bytes;
    uint64_t requested_bytes;
    uint64_t blocks;
    uint64_t slots; /**< HM_UNKNOWN_BYTES: the allocator does not tell */
} hm_sample_class;

/** A stretch of monotonic time. */
typedef struct hm_sample_interval {
    uint64_t begin_ns;
    uint64_t end_ns;
} hm_sample_interval;

/** What a memory sample keeps beside its edges, in pages of its own; all NULL in other samples. */
typedef struct hm_sample_accounts {
    bool made;               /**< there is something to give back */
    hm_sample_edge *batches; /**< as many as the request has accounts */
    size_t batch_count;
    hm_sample_interval *masked; /**< one an account, in order */
    size_t masked_count;
    hm_sample_class *classes; /**< at the end of the steady phase */
    size_t class_count;
    hm_count_page *page; /**< shared with the driver; NULL: it did not ask */
    int huge_pages;      /**< hm_huge_pages_open; -1 where it is not open */
} hm_sample_accounts;

/* sample_account_room.c */

/** Maps and touches the room, and the page the driver looks at. False: the sample's error says. */
bool hm_sample_make_account_room(hm_sample_state *sample);

/** Gives it back. */
void hm_sample_drop_account_room(hm_sample_state *sample);

/* sample_account.c */

/**
 * Whether what the allocator tells is of all blocks: false where it tells of living threads' heaps
 * only and the workload's own threads end while blocks of theirs live on.
 */
bool hm_sample_sees_all_heaps(const hm_sample_state *sample);

/** Takes the account of now, all but the peak; false: the sample's error says why. */
bool hm_sample_read_account(hm_sample_state *sample, hm_sample_edge *account);

/* sample_account_classes.c */

/** Keeps the size classes as they are now. */
void hm_sample_take_classes(hm_sample_state *sample);

/* sample_account_record.c */

/**
 * "split": L, Q, U, A and RSS are five terms; "merged": the allocator does not tell A, so what it
 * leaves free in pages in use and what it keeps of empty ones is one term; "bytes": less than 1 MiB
 * is live, and the fixed cost of a process would drown every ratio. NULL: there is no steady edge.
 */
const char *hm_sample_attribution(const hm_sample_state *sample);

/** Adds edges, accounts, size_classes, attribution and masked_ns to a record. */
void hm_sample_account_record(const hm_sample_state *sample, json_t *record);

#endif
