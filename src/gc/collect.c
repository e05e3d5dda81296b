/**
 * This module is one collection of the generational collector, step by step in CPython 3.13's order
 * (gc_collect_main): merge, deduce, untrack, promote, legacy finalizers aside, weak references,
 * finalizers, deduce again for what they brought back, clear, count.
 */
#include "gc/generational.h"
#include "object/dict.h"
#include "object/freelist.h"
#include "object/list.h"
#include "object/runtime.h"
#include "object/tuple.h"
#include "object/weakref.h"

static void clear_marks(hm_gc_link *list)
{
    for (hm_gc_link *link = list->next; link != list; link = link->next)
        hm_gc_object_of(link)->collector_word &= ~HM_WORD_COLLECTOR;
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
        hm_object *object = hm_gc_object_of(link);
        if (object->type->flags & HM_TYPE_LEGACY_FINALIZER)
            move_if_unreachable(object, finalizers);
        link = next;
    }
    for (hm_gc_link *link = finalizers->next; link != finalizers; link = link->next)
        hm_object_traverse(hm_gc_object_of(link), move_if_unreachable, finalizers);
}

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

void hm_gc_handle_weakrefs(hm_heap *heap, hm_gc_link *unreachable, hm_gc_link *old)
{
    hm_gc_link calls;
    hm_gc_list_init(&calls);
    for (hm_gc_link *link = unreachable->next; link != unreachable; link = link->next) {
        hm_object *object = hm_gc_object_of(link);
        if (object->type->flags & HM_TYPE_WEAKREF)
            hm_weakref_kill(object);
        else
            kill_weakrefs_to(object, &calls);
    }
    while (!hm_gc_list_is_empty(&calls)) {
        hm_object *weakref = hm_gc_object_of(calls.next);
        hm_gc_list_move(calls.next, old);
        hm_weakref_call_back(heap, weakref);
        hm_decref(heap, weakref);
    }
}

void hm_gc_finalize(hm_heap *heap, hm_gc_link *unreachable)
{
    hm_gc_link seen;
    hm_gc_list_init(&seen);
    while (!hm_gc_list_is_empty(unreachable)) {
        hm_object *object = hm_gc_object_of(unreachable->next);
        hm_gc_list_move(unreachable->next, &seen);
        if (object->type->finalize == NULL || (object->collector_word & HM_WORD_FINALIZED))
            continue;
        hm_incref(object);
        hm_object_finalize(heap, object);
        hm_decref(heap, object);
    }
    hm_gc_list_merge(&seen, unreachable);
}

/* What finalizers brought back goes to `old`; the rest stays in `unreachable`. */
static void keep_resurrected(hm_gc_link *unreachable, hm_gc_link *old)
{
    hm_gc_link still;
    hm_gc_deduce_unreachable(unreachable, &still);
    hm_gc_list_merge(unreachable, old);
    clear_marks(&still);
    hm_gc_list_merge(&still, unreachable);
}

/* Breaks the cycles; an object that clearing does not kill survives into `old`. */
static void clear_garbage(hm_heap *heap, hm_gc_link *garbage, hm_gc_link *old)
{
    while (!hm_gc_list_is_empty(garbage)) {
        hm_gc_link *link = garbage->next;
        hm_object *object = hm_gc_object_of(link);
        if (object->type->clear != NULL) {
            hm_incref(object);
            object->type->clear(heap, object);
            hm_decref(heap, object);
        }
        if (garbage->next == link)
            hm_gc_list_move(link, old);
    }
}

/* Tuples in every collection, dicts in a full one: what holds only atoms need not be looked at. */
static bool may_be_tracked(const hm_object *object)
{
    return hm_is_container(object) &&
           (hm_is_tracked(object) || !(object->type->flags & HM_TYPE_TUPLE));
}

static void untrack_tuple(hm_heap *heap, hm_object *tuple)
{
    for (size_t index = 0; index < hm_tuple_length(tuple); index++) {
        const hm_object *item = hm_tuple_get(tuple, index);
        if (item == NULL || may_be_tracked(item))
            return;
    }
    hm_untrack(heap, tuple);
}

static void untrack_dict(hm_heap *heap, hm_object *dict)
{
    size_t position = 0;
    hm_object *key, *value;
    while (hm_dict_next(dict, &position, &key, &value)) {
        if (may_be_tracked(key) || may_be_tracked(value))
            return;
    }
    hm_untrack(heap, dict);
}

static void untrack_atoms_only(hm_heap *heap, hm_gc_link *list, uint32_t type_flag)
{
    for (hm_gc_link *link = list->next; link != list;) {
        hm_gc_link *next = link->next;
        hm_object *object = hm_gc_object_of(link);
        if (object->type->flags & type_flag & HM_TYPE_TUPLE)
            untrack_tuple(heap, object);
        else if (object->type->flags & type_flag & HM_TYPE_DICT)
            untrack_dict(heap, object);
        link = next;
    }
}

/* Objects with a legacy finalizer go to the garbage list; with all they reach they live on. */
static uint64_t keep_uncollectable(hm_heap *heap, hm_gc_link *finalizers, hm_gc_link *old)
{
    hm_generational *state = hm_generational_of(heap);
    uint64_t kept = hm_gc_list_length(finalizers);
    for (hm_gc_link *link = finalizers->next; link != finalizers; link = link->next) {
        hm_object *object = hm_gc_object_of(link);
        if (!(object->type->flags & HM_TYPE_LEGACY_FINALIZER))
            continue;
        if (state->garbage == NULL)
            state->garbage = hm_list_new(heap);
        if (state->garbage == NULL || !hm_list_append(heap, state->garbage, object))
            hm_emit_unraisable(heap, object);
    }
    hm_gc_list_merge(finalizers, old);
    return kept;
}

/* Merges the younger generations into the one collected and counts the round. */
static hm_gc_link *begin(hm_heap *heap, int generation)
{
    hm_generational *state = hm_generational_of(heap);
    state->collecting = true;
    hm_emit(heap, &(hm_event){.kind = HM_EVENT_COLLECTION_BEGIN, .generation = generation});
    if (generation + 1 < HM_GENERATIONS)
        state->generations[generation + 1].count++;
    heap->young_count = 0;
    for (int younger = 0; younger <= generation; younger++)
        state->generations[younger].count = 0;
    hm_gc_link *young = &state->generations[generation].objects;
    for (int younger = 0; younger < generation; younger++)
        hm_gc_list_merge(&state->generations[younger].objects, young);
    return young;
}

/* Survivors move up; the counts behind the quarter rule are kept. Returns where they went. */
static hm_gc_link *promote(hm_heap *heap, int generation, hm_gc_link *young)
{
    hm_generational *state = hm_generational_of(heap);
    untrack_atoms_only(heap, young, HM_TYPE_TUPLE);
    if (generation + 1 < HM_GENERATIONS) {
        if (generation == HM_GENERATIONS - 2)
            state->long_lived_pending += hm_gc_list_length(young);
        hm_gc_link *old = &state->generations[generation + 1].objects;
        hm_gc_list_merge(young, old);
        return old;
    }
    untrack_atoms_only(heap, young, HM_TYPE_DICT);
    state->long_lived_pending = 0;
    state->long_lived_total = hm_gc_list_length(young);
    return young;
}

static void end(hm_heap *heap, int generation, const hm_collection_counts *did)
{
    hm_generational *state = hm_generational_of(heap);
    hm_collection_counts *totals = &state->generations[generation].totals;
    totals->collections++;
    totals->collected += did->collected;
    totals->uncollectable += did->uncollectable;
    totals->traversed += did->traversed;
    if (generation == HM_GENERATIONS - 1)
        hm_freelists_clear(heap);
    state->collecting = false;
    HM_ASSERT_EXPENSIVE(heap->collector->check(heap, NULL) == HM_OK);
    hm_emit(heap, &(hm_event){.kind = HM_EVENT_COLLECTION_END,
                              .generation = generation,
                              .collected = did->collected,
                              .uncollectable = did->uncollectable,
                              .traversed = did->traversed});
}

int64_t hm_generational_collect(hm_heap *heap, int generation)
{
    HM_CHECK(generation >= 0 && generation < HM_GENERATIONS);
    if (hm_generational_of(heap)->collecting)
        return 0;
    hm_gc_link unreachable, finalizers;
    hm_collection_counts did = {0};
    hm_gc_link *young = begin(heap, generation);
    did.traversed = hm_gc_list_length(young);
    hm_gc_deduce_unreachable(young, &unreachable);
    hm_gc_link *old = promote(heap, generation, young);

    hm_gc_list_init(&finalizers);
    hm_gc_set_aside_legacy(&unreachable, &finalizers);
    hm_gc_handle_weakrefs(heap, &unreachable, old);
    clear_marks(&unreachable);
    hm_gc_finalize(heap, &unreachable);
    keep_resurrected(&unreachable, old);
    did.collected = hm_gc_list_length(&unreachable);
    clear_garbage(heap, &unreachable, old);
    did.uncollectable = keep_uncollectable(heap, &finalizers, old);
    end(heap, generation, &did);
    return (int64_t)(did.collected + did.uncollectable);
}
