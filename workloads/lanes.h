/**
 * This module is the frame that object workloads share: one *lane* a thread, with its heap, its
 * seed and its running checksum, so that a workload's file holds its work and little else.
 *
 * Words: a *lane* is one thread's part of a workload's state; *slots* are root slots of a lane; a
 * *table* is memory for decisions made before the work starts. Slots and tables come from the
 * kernel, never from the allocator under test.
 *
 * Invariant: a lane is used by one thread at a time; lanes share nothing but the place where the
 * first error is told.
 */
#ifndef HM_WORKLOADS_LANES_H
#define HM_WORKLOADS_LANES_H

#include "workloads/workload.h"

typedef struct hm_lanes hm_lanes;

/** What every lane begins with. */
typedef struct hm_lane {
    hm_heap *heap;
    const int64_t *parameters;
    hm_lanes *owner;
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
void *hm_lanes_setup(const hm_workload_context *context, size_t lane_bytes,
                     bool (*open)(void *lane), void (*close)(void *lane));

/** A workload's teardown: closes every lane and frees them. */
void hm_lanes_teardown(void *state);

/** A workload's check: the lanes' checksums folded in the order of threads. */
bool hm_lanes_check(void *state, uint64_t *checksum);

/** How many lanes there are. */
unsigned hm_lanes_count(const void *state);

/** The lane of a thread. */
void *hm_lanes_at(void *state, unsigned thread);

/** Tells an error, unless a lane has told one before; returns false. */
bool hm_lane_fail(hm_lane *lane, hm_status status, const char *format, ...) HM_PRINTF(3, 4);

/** Tells what the heap's last failed call met while `doing` ("making a list"); returns false. */
bool hm_lane_heap_failed(hm_lane *lane, const char *doing);

/** Maps a table of `count` items of `bytes`; false: refused, and told. */
bool hm_table_open(hm_lane *lane, hm_table *table, size_t count, size_t bytes) HM_MUST_USE;
void hm_table_close(hm_table *table);

/** Maps `count` (at least 1) root slots and registers them; false: refused, and told. */
bool hm_slots_open(hm_lane *lane, hm_slots *slots, size_t count) HM_MUST_USE;

/** Drops what the slots hold, first to last, and leaves them NULL. */
void hm_slots_drop(hm_lane *lane, hm_slots *slots);

/** Drops, forgets the roots and unmaps; nothing to do where they were never opened. */
void hm_slots_close(hm_lane *lane, hm_slots *slots);

#endif
