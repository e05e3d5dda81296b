/**
 * This module is Python's gc module on a heap: collect, thresholds, counts, debug flags, stats,
 * objects, referrers, freezing and callbacks, so that what people know from `import gc` works here
 * under the same names and gives the same numbers.
 *
 * Words: *the permanent generation* holds frozen objects; no collection looks at it.
 * *Uncollectable* objects are those of a legacy finalizer and all they reach.
 *
 * A collector that keeps no generations answers with 0 and empty lists where CPython would have
 * counts; what it cannot do at all fails with HM_UNAVAILABLE, which names it.
 *
 * Errors: false, NULL or -1 with heap->error set, in CPython's words.
 */
#ifndef HM_GC_GC_H
#define HM_GC_GC_H

#include "object/heap.h"

#include <stdio.h>

/** The flags of hm_gc_set_debug, with CPython's values. */
enum {
    HM_GC_DEBUG_STATS = 1,
    HM_GC_DEBUG_COLLECTABLE = 2,
    HM_GC_DEBUG_UNCOLLECTABLE = 4,
    HM_GC_DEBUG_SAVEALL = 32,
    HM_GC_DEBUG_LEAK = HM_GC_DEBUG_COLLECTABLE | HM_GC_DEBUG_UNCOLLECTABLE | HM_GC_DEBUG_SAVEALL
};

/** All generations, where a function takes one. */
enum { HM_GC_ALL = -1 };

/**
 * gc.collect: collects `generation` and all younger. Returns collected + uncollectable; 0 inside
 * another collection; -1: ValueError "invalid generation".
 */
int64_t hm_gc_collect(hm_heap *heap, int generation);

/** gc.enable, gc.disable, gc.isenabled: automatic collection only. */
bool hm_gc_enable(hm_heap *heap) HM_MUST_USE;
void hm_gc_disable(hm_heap *heap);
bool hm_gc_is_enabled(const hm_heap *heap);

/** gc.set_threshold, gc.get_threshold; thresholds[0] 0 never collects by itself. */
void hm_gc_set_thresholds(hm_heap *heap, const uint32_t thresholds[HM_GENERATIONS]);
void hm_gc_get_thresholds(const hm_heap *heap, uint32_t thresholds[HM_GENERATIONS]);

/** gc.get_count: containers allocated minus freed since the last collection, then collections. */
void hm_gc_get_counts(const hm_heap *heap, uint32_t counts[HM_GENERATIONS]);

/** gc.set_debug, gc.get_debug. Any bits may be set; unknown ones do nothing. */
void hm_gc_set_debug(hm_heap *heap, uint32_t flags);
uint32_t hm_gc_get_debug(const hm_heap *heap);

/** Where debug output goes; stderr until then. NULL: stderr. */
void hm_gc_set_debug_stream(hm_heap *heap, FILE *stream);

/** gc.get_stats for one generation; {0} outside 0 to 2. */
hm_collection_counts hm_gc_get_stats(const hm_heap *heap, int generation);

/** Writes gc.get_stats() as json.dumps would: a list of three objects, on one line, no newline. */
hm_status hm_gc_write_stats(const hm_heap *heap, FILE *stream, hm_error *error);

/**
 * gc.get_objects: a new list of the tracked objects of `generation` (HM_GC_ALL: of all three, the
 * permanent one not), itself not in it. NULL: ValueError below -1 or above 2; MemoryError.
 */
hm_object *hm_gc_get_objects(hm_heap *heap, int generation);

/**
 * gc.get_referrers: a new list of the tracked objects (frozen ones not) that refer to any of the
 * `count` objects (borrowed).
 */
hm_object *hm_gc_get_referrers(hm_heap *heap, hm_object *const *objects, size_t count);

/** gc.get_referents: a new list of what the containers among `objects` refer to directly. */
hm_object *hm_gc_get_referents(hm_heap *heap, hm_object *const *objects, size_t count);

/** gc.is_tracked. */
static inline bool hm_gc_is_tracked(const hm_object *object)
{
    return hm_is_tracked(object);
}

/** gc.is_finalized: its finalizer has run. */
static inline bool hm_gc_is_finalized(const hm_object *object)
{
    return (object->collector_word & HM_WORD_FINALIZED) != 0;
}

/** gc.freeze: all tracked objects move to the permanent generation. */
bool hm_gc_freeze(hm_heap *heap) HM_MUST_USE;

/** gc.unfreeze: the permanent generation moves to the oldest. */
bool hm_gc_unfreeze(hm_heap *heap) HM_MUST_USE;

/** gc.get_freeze_count. */
uint64_t hm_gc_get_freeze_count(const hm_heap *heap);

/** Calls `visit` with each frozen object. */
void hm_gc_visit_frozen(hm_heap *heap, hm_visitor visit, void *context);

/** gc.garbage: the list, borrowed, made when first asked for; NULL: MemoryError, UNAVAILABLE. */
hm_object *hm_gc_garbage(hm_heap *heap);

/** Appends to gc.callbacks. False: MemoryError. */
bool hm_gc_add_callback(hm_heap *heap, hm_gc_callback callback, void *context) HM_MUST_USE;

/** Removes the first entry of this callback and context; false: ValueError, it is not there. */
bool hm_gc_remove_callback(hm_heap *heap, hm_gc_callback callback, void *context);

#endif
