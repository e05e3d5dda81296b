/**
 * This module is legacy finalizers (CPython's tp_del): an object with one cannot be taken apart in
 * any order its finalizer could rely on, so it and all it reaches are uncollectable, and it is put
 * where the program can break the cycle itself: in the garbage list.
 */
#include "gc/gc.h"
#include "gc/generational.h"
#include "object/list.h"
#include "object/runtime.h"

static bool is_legacy(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_LEGACY_FINALIZER) != 0;
}

static void move_if_unreachable(hm_object *referent, void *context)
{
    if (!(referent->collector_word & HM_GC_UNREACHABLE))
        return;
    referent->collector_word &= ~HM_WORD_COLLECTOR;
    hm_gc_list_move(hm_gc_link_of(referent), context);
}

void hm_gc_set_aside_legacy(hm_gc_link *unreachable, hm_gc_link *finalizers)
{
    for (hm_gc_link *link = unreachable->next; link != unreachable;) {
        hm_gc_link *next = link->next;
        if (is_legacy(hm_gc_object_of(link)))
            move_if_unreachable(hm_gc_object_of(link), finalizers);
        link = next;
    }
    for (hm_gc_link *link = finalizers->next; link != finalizers; link = link->next)
        hm_object_traverse(hm_gc_object_of(link), move_if_unreachable, finalizers);
}

void hm_gc_append_garbage(hm_heap *heap, hm_object *object)
{
    hm_object *list = hm_gc_garbage(heap);
    if (list == NULL || !hm_list_append(heap, list, object))
        hm_emit_unraisable(heap, object);
}

uint64_t hm_gc_keep_uncollectable(hm_heap *heap, hm_gc_link *finalizers, hm_gc_link *old)
{
    uint64_t kept = hm_gc_list_length(finalizers);
    bool save_all = (heap->gc.debug & HM_GC_DEBUG_SAVEALL) != 0;
    hm_gc_report_each(heap, HM_GC_DEBUG_UNCOLLECTABLE, finalizers);
    while (!hm_gc_list_is_empty(finalizers)) {
        hm_object *object = hm_gc_object_of(finalizers->next);
        hm_gc_list_move(finalizers->next, old); /* first: the hook may hear of no memory */
        if (save_all || is_legacy(object))
            hm_gc_append_garbage(heap, object);
    }
    return kept;
}
