/**
 * This module is the generational collector's books: a doubly linked list of containers for each
 * generation, threaded through a prefix of 16 bytes in front of each (object/gc_link.h). New
 * containers are appended to the youngest by the runtime itself.
 *
 * It follows CPython 3.13's Python/gc.c. One difference in layout: the list stays doubly linked
 * during a collection, because the copy of the reference count that CPython keeps in the prefix's
 * `prev` lies in the object's collector word here:
 *
 *     bit 28  COLLECTING   the object is in the generation being collected
 *     bit 27  UNREACHABLE  it is (so far) not reachable from outside that generation
 *     bits 0-26            references to it from outside the generation, so far; saturated
 *
 * Invariant: outside a collection both flags are clear in every tracked object, and every tracked
 * object is in exactly one list.
 */
#ifndef HM_GC_GENERATIONAL_H
#define HM_GC_GENERATIONAL_H

#include "object/gc_link.h"
#include "object/heap.h"

#define HM_GC_COLLECTING  0x10000000u
#define HM_GC_UNREACHABLE 0x08000000u
#define HM_GC_COUNT_MASK  0x07ffffffu

typedef struct hm_generation {
    hm_gc_link *objects; /**< head of its list; the youngest's is heap->young */
    uint32_t count;      /**< collections of the next younger one since its own last (not for 0) */
    hm_collection_counts totals;
} hm_generation;

/** The state of one heap's collector. */
typedef struct hm_generational {
    hm_generation generations[HM_GENERATIONS];
    hm_gc_link older[HM_GENERATIONS - 1]; /**< the heads of all but the youngest */
    hm_gc_link permanent;                 /**< frozen objects: no collection looks at them */
    uint64_t long_lived_total;            /**< objects that survived the last full collection */
    uint64_t long_lived_pending;          /**< survivors of the middle generation since then */
    hm_object *garbage;                   /**< list of uncollectable objects; NULL: none yet */
    uint64_t steps; /**< in the build that collects always: since the last full collection */
    bool collecting;
} hm_generational;

static inline hm_generational *hm_generational_of(const hm_heap *heap)
{
    return heap->collector_state;
}

/** The objects in the list, counted. */
uint64_t hm_gc_list_length(const hm_gc_link *list);

/**
 * Splits `base` by reachability from outside it: what only `base` itself keeps alive moves to
 * `unreachable` with HM_GC_COLLECTING and HM_GC_UNREACHABLE set, the rest stays with both clear.
 */
void hm_gc_deduce_unreachable(hm_gc_link *base, hm_gc_link *unreachable);

/** Objects with a legacy finalizer, and all they reach, move from `unreachable` to `finalizers`. */
void hm_gc_set_aside_legacy(hm_gc_link *unreachable, hm_gc_link *finalizers);

/**
 * Kills every weak reference to an object in `unreachable`, then calls back those outside it.
 * Returns how many weak references died by that.
 */
uint64_t hm_gc_handle_weakrefs(hm_heap *heap, hm_gc_link *unreachable, hm_gc_link *old);

/** Appends to gc.garbage; a failure is told as unraisable. */
void hm_gc_append_garbage(hm_heap *heap, hm_object *object);

/** Legacy finalizers' objects go to the garbage list, with all they reach to `old`; how many. */
uint64_t hm_gc_keep_uncollectable(hm_heap *heap, hm_gc_link *finalizers, hm_gc_link *old);

/** Untracks what holds only atoms among the objects of HM_TYPE_TUPLE or HM_TYPE_DICT. */
void hm_gc_untrack_atoms_only(hm_heap *heap, hm_gc_link *list, uint32_t type_flag);

/** What the debug flags ask to be printed as a collection begins, of its objects, as it ends. */
void hm_gc_report_begin(hm_heap *heap, int generation);
void hm_gc_report_each(hm_heap *heap, uint32_t flag, const hm_gc_link *list);
void hm_gc_report_end(hm_heap *heap, const hm_collection_counts *did);

/** Collects `generation` and all younger; returns collected + uncollectable. */
int64_t hm_generational_collect(hm_heap *heap, int generation);

#endif
