/**
 * This module is one collection of the generational collector, step by step in CPython 3.13's order
 * (gc_collect_main): merge, deduce, untrack, promote, legacy finalizers aside, weak references,
 * finalizers, deduce again for what they brought back, clear, count.
 */
#include "gc/gc.h"
#include "gc/generational.h"
#include "object/freelist.h"
#include "object/runtime.h"

static void clear_marks(hm_gc_link *list)
{
    for (hm_gc_link *link = list->next; link != list; link = link->next)
        hm_gc_object_of(link)->collector_word &= ~HM_WORD_COLLECTOR;
}

/* Runs the finalizers of what is unreachable, in the order the objects were tracked. */
static void finalize_garbage(hm_heap *heap, hm_gc_link *unreachable)
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

/* Breaks the cycles; an object that clearing does not kill survives into `old`. Under SAVEALL none
 * is cleared, and all are kept in the garbage list. */
static void clear_garbage(hm_heap *heap, hm_gc_link *garbage, hm_gc_link *old)
{
    bool save_all = (heap->gc.debug & HM_GC_DEBUG_SAVEALL) != 0;
    while (!hm_gc_list_is_empty(garbage)) {
        hm_gc_link *link = garbage->next;
        hm_object *object = hm_gc_object_of(link);
        if (save_all) {
            hm_gc_append_garbage(heap, object);
        } else if (object->type->clear != NULL) {
            hm_incref(object);
            object->type->clear(heap, object);
            hm_decref(heap, object);
        }
        if (garbage->next == link)
            hm_gc_list_move(link, old);
    }
}

/* A callback that fails does not keep the others from being called. */
static void call_back(hm_heap *heap, const hm_gc_info *info)
{
    hm_error saved = heap->error;
    for (size_t index = 0; index < heap->gc.callback_count; index++) {
        const hm_gc_callback_entry *entry = &heap->gc.callbacks[index];
        hm_error_clear(&heap->error);
        if (!entry->callback(heap, info, entry->context))
            hm_emit_unraisable(heap, NULL);
    }
    heap->error = saved;
}

/* Merges the younger generations into the one collected and counts the round. */
static hm_gc_link *begin(hm_heap *heap, int generation)
{
    hm_generational *state = hm_generational_of(heap);
    state->collecting = true;
    hm_emit(heap, &(hm_event){.kind = HM_EVENT_COLLECTION_BEGIN, .generation = generation});
    call_back(heap, &(hm_gc_info){.generation = generation});
    hm_gc_report_begin(heap, generation);
    if (generation + 1 < HM_GENERATIONS)
        state->generations[generation + 1].count++;
    heap->young_count = 0;
    for (int younger = 0; younger <= generation; younger++)
        state->generations[younger].count = 0;
    hm_gc_link *young = state->generations[generation].objects;
    for (int younger = 0; younger < generation; younger++)
        hm_gc_list_merge(state->generations[younger].objects, young);
    return young;
}

/* Survivors move up; the counts behind the quarter rule are kept. Returns where they went. */
static hm_gc_link *promote(hm_heap *heap, int generation, hm_gc_link *young)
{
    hm_generational *state = hm_generational_of(heap);
    hm_gc_untrack_atoms_only(heap, young, HM_TYPE_TUPLE);
    if (generation + 1 < HM_GENERATIONS) {
        if (generation == HM_GENERATIONS - 2)
            state->long_lived_pending += hm_gc_list_length(young);
        hm_gc_link *old = state->generations[generation + 1].objects;
        hm_gc_list_merge(young, old);
        return old;
    }
    hm_gc_untrack_atoms_only(heap, young, HM_TYPE_DICT);
    state->long_lived_pending = 0;
    state->long_lived_total = hm_gc_list_length(young);
    return young;
}

static void end(hm_heap *heap, int generation, const hm_collection_counts *did)
{
    hm_generational *state = hm_generational_of(heap);
    hm_collection_counts *totals = &state->generations[generation].totals;
    if (generation == HM_GENERATIONS - 1)
        hm_freelists_clear(heap);
    totals->collections++;
    totals->collected += did->collected;
    totals->uncollectable += did->uncollectable;
    totals->traversed += did->traversed;
    call_back(heap, &(hm_gc_info){.stop = true,
                                  .generation = generation,
                                  .collected = did->collected,
                                  .uncollectable = did->uncollectable});
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
    hm_gc_report_each(heap, HM_GC_DEBUG_COLLECTABLE, &unreachable);
    did.collected = hm_gc_handle_weakrefs(heap, &unreachable, old);
    clear_marks(&unreachable);
    finalize_garbage(heap, &unreachable);
    keep_resurrected(&unreachable, old);
    did.collected += hm_gc_list_length(&unreachable);
    clear_garbage(heap, &unreachable, old);
    did.uncollectable = hm_gc_keep_uncollectable(heap, &finalizers, old);
    hm_gc_report_end(heap, &did);
    end(heap, generation, &did);
    return (int64_t)(did.collected + did.uncollectable);
}
