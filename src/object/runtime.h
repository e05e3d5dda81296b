/**
 * This module is what the runtime's own files share and nobody else needs: the account of deaths,
 * the raw release of a block, generic clearing, the ledger.
 */
#ifndef HM_OBJECT_RUNTIME_H
#define HM_OBJECT_RUNTIME_H

#include "object/heap.h"
#include "object/memory.h"

/** How deep deallocation nests before the rest is deferred (CPython's trashcan: 50). */
enum { HM_DEALLOCATION_DEPTH = 50 };

/** Counts an object's death towards the running cascade and tells the sink of a long one. */
void hm_object_count_death(hm_heap *heap);

/** Gives an object's block back to the allocator and nothing else: free lists and hm_object_free.
 */
void hm_object_release_block(hm_heap *heap, hm_object *object, size_t bytes);

/**
 * Runs the finalizer where there is one that has not run, with the caller's reference held; its
 * failure goes to the sink and the heap's error is as it was before.
 */
void hm_object_finalize(hm_heap *heap, hm_object *object);

/** Sets every slot its descriptor names to NULL and drops what was there. A hm_type.clear. */
void hm_object_clear_slots(hm_heap *heap, hm_object *object);

/** Clears it by its type, or by its descriptor where the type has no clear (tuple). */
void hm_object_force_clear(hm_heap *heap, hm_object *object);

/** Sets the trigger (heap->young_threshold) from the settings, after each change of these. */
void hm_heap_arm_collector(hm_heap *heap);

/** Makes `name` one that the instance's class shares; false: there are too many. */
bool hm_instance_share_name(hm_object *instance, hm_object *name);

/** Emits an event where the heap has a sink. */
static inline void hm_emit(hm_heap *heap, const hm_event *event)
{
    if (heap->sink.emit != NULL)
        heap->sink.emit(heap->sink.context, event);
}

/** Tells of a failure that cannot be returned, from heap->error, and clears the error. */
void hm_emit_unraisable(hm_heap *heap, hm_object *object);

/** A registered heap-wide list of containers for collectors that keep none. */
bool hm_ledger_create(hm_heap *heap) HM_MUST_USE;
void hm_ledger_destroy(hm_heap *heap);
void hm_ledger_enumerate(hm_heap *heap, hm_visitor visit, void *context);

/** Calls `visit` with each tracked object, from the collector's books or the ledger. */
void hm_heap_enumerate(hm_heap *heap, hm_visitor visit, void *context);

#endif
