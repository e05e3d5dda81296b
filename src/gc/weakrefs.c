/**
 * This module is what a collection does to weak references (CPython 3.13's handle_weakrefs): all
 * that refer to garbage are cleared before any finalizer or callback can see them alive, then those
 * that are not garbage themselves call back.
 */
#include "gc/generational.h"
#include "object/runtime.h"
#include "object/weakref.h"

/* Kills the weak references to one dead object; those outside the garbage that want a call are
 * held and moved to `calls`. */
static void kill_weakrefs_to(hm_object *object, hm_gc_link *calls)
{
    hm_object *weakref;
    while ((weakref = hm_weakref_first(object)) != NULL) {
        hm_weakref_kill(weakref);
        if (!hm_weakref_has_callback(weakref) || (weakref->collector_word & HM_GC_UNREACHABLE) ||
            weakref->reference_count == 0)
            continue;
        hm_incref(weakref);
        hm_gc_list_move(hm_gc_link_of(weakref), calls);
    }
}

uint64_t hm_gc_handle_weakrefs(hm_heap *heap, hm_gc_link *unreachable, hm_gc_link *old)
{
    hm_gc_link calls;
    hm_gc_list_init(&calls);
    for (hm_gc_link *link = unreachable->next; link != unreachable; link = link->next) {
        hm_object *object = hm_gc_object_of(link);
        if (object->type->flags & HM_TYPE_WEAKREF)
            hm_weakref_kill(object);
        kill_weakrefs_to(object, &calls);
    }
    uint64_t freed = 0;
    while (!hm_gc_list_is_empty(&calls)) {
        hm_gc_link *link = calls.next;
        hm_object *weakref = hm_gc_object_of(link);
        hm_weakref_call_back(heap, weakref);
        hm_decref(heap, weakref);
        if (calls.next == link)
            hm_gc_list_move(link, old);
        else
            freed++;
    }
    return freed;
}
