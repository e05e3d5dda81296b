/**
 * This module is the frame that workloads share: one *lane* a thread, with its heap (object group)
 * or the allocator (raw group), its seed and its running checksum, so that a workload's file holds
 * its work and little else.
 *
 * Words: a *lane* is one thread's part of a workload's state; *slots* are root slots of a lane; a
 * *table* is memory for decisions made before the work starts. Slots and tables come from the
 * kernel, never from the allocator under test.
 *
 * What the micro works need is exported from libheapmark_reference.so (HM_EXPORT), which their
 * second side is linked to.
 *
 * Invariant: a lane is used by one thread at a time; lanes share nothing.
 */
#ifndef HM_WORKLOADS_LANES_H
#define HM_WORKLOADS_LANES_H

#include "workloads/workload.h"

typedef struct hm_lanes hm_lanes;

/** What every lane begins with. */
typedef struct hm_lane {
    hm_heap *heap;                 /**< NULL in the raw group */
    const hm_allocator *allocator; /**< for the raw group */
    bool sized_free;               /**< hm_workload_context.sized_free */
    const int64_t *parameters;
    hm_lanes *owner;
    hm_error *error;    /**< of this lane's thread */
    uint64_t seed;      /**< of this lane: the context's seed and the thread's number mixed */
    uint64_t iteration; /**< steady iterations begun so far */
    uint64_t checksum;
} hm_lane;

/** A lane's memory for decisions, zeroed at first. */
typedef struct hm_table {
    void *at;
    size_t bytes;
} hm_table;

/** A run of registered root slots, NULL at first. */
typedef struct hm_slots {
    hm_object **at;
    size_t count;
    bool registered;
} hm_slots;

/**
 * A workload's whole setup: a lane of `lane_bytes` (an hm_lane first, the rest zeroed) for each
 * thread, each opened with `open`. Where one fails, `close` is called for all (it must cope with
 * half-opened ones) and NULL is returned with context->error set.
 */
HM_EXPORT void *hm_lanes_setup(const hm_workload_context *context, size_t lane_bytes,
                               bool (*open)(void *lane), void (*close)(void *lane));

/** A workload's teardown: closes every lane and frees them. */
HM_EXPORT void hm_lanes_teardown(void *state);

/** A workload's check: the lanes' checksums folded in the order of threads. */
HM_EXPORT bool hm_lanes_check(void *state, uint64_t *checksum);

/** How many lanes there are. */
unsigned hm_lanes_count(const void *state);

/** The lane of a thread. */
HM_EXPORT void *hm_lanes_at(void *state, unsigned thread);

/** Tells an error, unless this lane has told one before; returns false. */
HM_EXPORT bool hm_lane_fail(hm_lane *lane, hm_status status, const char *format, ...)
    HM_PRINTF(3, 4);

/** Tells what the heap's last failed call met while `doing` ("making a list"); returns false. */
bool hm_lane_heap_failed(hm_lane *lane, const char *doing);

/** Tells that the allocator refused `bytes`; returns false. */
bool hm_lane_block_failed(hm_lane *lane, const char *workload, uint64_t bytes);

/** Maps a table of `count` items of `bytes`; false: refused, and told. */
HM_EXPORT bool hm_table_open(hm_lane *lane, hm_table *table, size_t count,
                             size_t bytes) HM_MUST_USE;
HM_EXPORT void hm_table_close(hm_table *table);

/** Maps `count` (at least 1) root slots and registers them; false: refused, and told. */
bool hm_slots_open(hm_lane *lane, hm_slots *slots, size_t count) HM_MUST_USE;

/** Drops what the slots hold, first to last, and leaves them NULL. */
void hm_slots_drop(hm_lane *lane, hm_slots *slots);

/** Drops, forgets the roots and unmaps; nothing to do where they were never opened. */
void hm_slots_close(hm_lane *lane, hm_slots *slots);

#endif
