/**
 * This module is what the runtime's own files share and nobody else needs: generic clearing, the
 * trigger of the collector, events, the ledger.
 */
#ifndef HM_OBJECT_RUNTIME_H
#define HM_OBJECT_RUNTIME_H

#include "object/heap.h"
#include "object/memory.h"

/** How deep deallocation nests before the rest is deferred (CPython's trashcan: 50). */
enum { HM_DEALLOCATION_DEPTH = 50 };

/** True where somebody refers to the object weakly. */
static inline bool hm_has_weak_references(const hm_object *object, const hm_type *type)
{
    const void *head = (const char *)object + type->weaklist_offset;
    return type->weaklist_offset != 0 && *(hm_object *const *)head != NULL;
}

/** Puts a dead container off until the outermost deallocation has unwound. */
void hm_object_defer(hm_heap *heap, hm_object *object);

/** How many deaths of containers are nested now. */
static inline uint32_t hm_deallocation_depth(const hm_heap *heap)
{
    return heap->ending & ~HM_ENDING_TOLD;
}

/** What a deallocation leaves to the outermost one; does nothing in one that is not. */
void hm_object_end_outermost(hm_heap *heap);

/**
 * Begins the end of a dead container, and takes it from its collector; false: it nests too deep and
 * was deferred. When its references are dropped its death is counted, then hm_die_end must follow,
 * and last its block is freed. Here so that the common types need no call for it.
 */
static HM_ALWAYS_INLINE bool hm_die_begin(hm_heap *heap, hm_object *object)
{
    uint32_t depth = hm_deallocation_depth(heap);
    if (HM_UNLIKELY(depth >= HM_DEALLOCATION_DEPTH)) {
        hm_object_defer(heap, object);
        return false;
    }
    if (depth == 0) {
        heap->cascade_left = HM_CASCADE_OBJECTS;
        heap->quick_sizes = 0;
    }
    heap->ending++;
    if (HM_LIKELY(hm_is_tracked(object)))
        hm_untrack(heap, object);
    return true;
}

static HM_ALWAYS_INLINE void hm_die_end(hm_heap *heap)
{
    if (HM_UNLIKELY(heap->unfinished))
        hm_object_end_outermost(heap);
    if (--heap->ending == 0)
        heap->quick_sizes = HM_FREELIST_SIZES;
}

/**
 * True where a tuple or list of this size that holds nothing that would die with it may be dropped
 * and taken out of its list, and needs no more: it runs no code but its own, so nobody sees that
 * its death is neither counted nor nested.
 */
static HM_ALWAYS_INLINE bool hm_may_die_quickly(const hm_heap *heap, const hm_object *object,
                                                size_t size)
{
    return size < heap->quick_sizes && hm_is_tracked(object);
}

/**
 * Drops references from the last slot on (NULL: none in it), up to the first whose object would die
 * by it; how many slots that leaves as they were.
 */
static HM_ALWAYS_INLINE size_t hm_drop_survivors(hm_object *const *slots, size_t count)
{
    for (; count > 0; count--) {
        hm_object *object = slots[count - 1];
        if (object == NULL)
            continue;
        int32_t references = (int32_t)object->reference_count;
        if (HM_LIKELY(references > 1))
            object->reference_count = (uint32_t)references - 1;
        else if (references == 1) /* else it is immortal */
            break;
    }
    return count;
}

/** Makes a container of a quick heap's free list a new one: count 1, tracked. */
static HM_ALWAYS_INLINE void hm_begin_quickly(hm_heap *heap, hm_object *object)
{
    object->reference_count = 1;
    object->collector_word = HM_WORD_TRACKED;
    hm_gc_list_append(&heap->young, hm_gc_link_of(object));
}

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

/** Frees every container that can be found, as the heap ends. Needs no memory. */
void hm_heap_free_containers(hm_heap *heap);

/** Calls `visit` with each tracked object, from the collector's books or the ledger. */
void hm_heap_enumerate(hm_heap *heap, hm_visitor visit, void *context);

#endif
