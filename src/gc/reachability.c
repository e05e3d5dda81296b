/**
 * This module is the heart of the generational collector: which objects of a set are kept alive
 * only by the set itself (CPython's deduce_unreachable).
 *
 * A copy of each count loses one for every reference from inside the set. What is left above zero
 * is referred to from outside; that and all it reaches is reachable, the rest is not.
 */
#include "gc/generational.h"

static bool in_collection(const hm_object *object)
{
    return (object->collector_word & HM_GC_COLLECTING) != 0;
}

static uint32_t outside_count(const hm_object *object)
{
    return object->collector_word & HM_GC_COUNT_MASK;
}

/* A count too large for the field is saturated and never lowered: the object stays reachable. */
static void copy_count(hm_object *object)
{
    uint32_t count = object->reference_count;
    if (count > HM_GC_COUNT_MASK)
        count = HM_GC_COUNT_MASK;
    object->collector_word &= ~HM_WORD_COLLECTOR;
    object->collector_word |= HM_GC_COLLECTING | count;
}

static void subtract_reference(hm_object *referent, void *context)
{
    HM_UNUSED(context);
    if (!in_collection(referent) || outside_count(referent) == HM_GC_COUNT_MASK)
        return;
    HM_CHECK(outside_count(referent) > 0);
    referent->collector_word--;
}

/* A referent of a reachable object is reachable: bring it back, or keep it from leaving. */
static void visit_reachable(hm_object *referent, void *context)
{
    hm_gc_link *reachable = context;
    if (!in_collection(referent))
        return;
    if (referent->collector_word & HM_GC_UNREACHABLE) {
        referent->collector_word &= ~(HM_GC_UNREACHABLE | HM_GC_COUNT_MASK);
        referent->collector_word |= 1;
        hm_gc_list_move(hm_gc_link_of(referent), reachable);
    } else if (outside_count(referent) == 0) {
        referent->collector_word |= 1;
    }
}

/* Walks the list while it grows at its end: objects moved away on suspicion come back there. */
static void move_unreachable(hm_gc_link *base, hm_gc_link *unreachable)
{
    hm_gc_link *link = base->next;
    while (link != base) {
        hm_object *object = hm_gc_object_of(link);
        hm_gc_link *next;
        if (outside_count(object) != 0) {
            hm_object_traverse(object, visit_reachable, base);
            object->collector_word &= ~HM_WORD_COLLECTOR;
            next = link->next;
        } else {
            next = link->next;
            object->collector_word |= HM_GC_UNREACHABLE;
            hm_gc_list_move(link, unreachable);
        }
        link = next;
    }
}

void hm_gc_deduce_unreachable(hm_gc_link *base, hm_gc_link *unreachable)
{
    for (hm_gc_link *link = base->next; link != base; link = link->next)
        copy_count(hm_gc_object_of(link));
    for (hm_gc_link *link = base->next; link != base; link = link->next)
        hm_object_traverse(hm_gc_object_of(link), subtract_reference, NULL);
    hm_gc_list_init(unreachable);
    move_unreachable(base, unreachable);
}
