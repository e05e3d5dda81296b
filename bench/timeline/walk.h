/**
 * This module is one walk over a heap that tells what is alive from what is only pending, so that
 * garbage a collector has not found yet can be drawn.
 *
 * Words: an object is *pending* where the collector tracks it and nothing leads to it: not the
 * registered roots, nor the heap's own interned strings and list of uncollectable objects. The walk
 * must happen where no C function holds a reference of its own: between batches and phases.
 */
#ifndef HM_BENCH_TIMELINE_WALK_H
#define HM_BENCH_TIMELINE_WALK_H

#include "heapmark.h"

typedef struct hm_timeline_walk {
    uint64_t live_bytes;   /**< L, as hm_heap_live_bytes counts it */
    uint64_t live_objects; /**< reachable from the roots */
    uint64_t tracked_objects;
    uint64_t pending_objects;
} hm_timeline_walk;

/** Walks the heap with kernel memory, given back before it returns. False: heap->error says why. */
bool hm_timeline_walk_heap(hm_heap *heap, hm_timeline_walk *walk) HM_MUST_USE;

#endif
