/**
 * This module is the end of an object's life on the reference-count path, so that finalizer, weak
 * references and memory follow in CPython's order, and a structure of any depth is freed without
 * overflowing the stack.
 *
 * Deallocation nests to HM_DEALLOCATION_DEPTH; deeper objects are *deferred*: put on a list and
 * freed when the outermost one has unwound (CPython's trashcan). The list costs no memory: a
 * deferred object is dead, so its count and the low bits of its collector word hold the address of
 * the next one. HM_WORD_DEFERRED says so, and hm_weakref_get sees it as dead.
 */
#include "object/runtime.h"
#include "object/weakref.h"

void hm_emit_unraisable(hm_heap *heap, hm_object *object)
{
    hm_error error = heap->error;
    hm_error_clear(&heap->error);
    hm_emit(heap,
            &(hm_event){.kind = HM_EVENT_UNRAISABLE, .object = object, .message = error.message});
    if (heap->unraisable != NULL)
        heap->unraisable(heap, object, &error, heap->unraisable_context);
    hm_error_clear(&heap->error);
}

static bool has_finalizer_to_run(const hm_heap *heap, const hm_object *object)
{
    return object->type->finalize != NULL && !(object->collector_word & HM_WORD_FINALIZED) &&
           !heap->destroying;
}

/* An error that was there before is set aside; there hardly ever is one, and it is large. */
static HM_NOINLINE void run_finalizer_beside_error(hm_heap *heap, hm_object *object)
{
    hm_error saved = heap->error;
    hm_error_clear(&heap->error);
    object->type->finalize(heap, object);
    if (heap->error.status != HM_OK)
        hm_emit_unraisable(heap, object);
    heap->error = saved;
}

static void run_finalizer(hm_heap *heap, hm_object *object)
{
    if (HM_UNLIKELY(heap->error.status != HM_OK)) {
        run_finalizer_beside_error(heap, object);
        return;
    }
    object->type->finalize(heap, object);
    if (HM_UNLIKELY(heap->error.status != HM_OK))
        hm_emit_unraisable(heap, object);
}

static void mark_finalized(hm_object *object)
{
    if (!(object->type->flags & HM_TYPE_LEGACY_FINALIZER))
        object->collector_word |= HM_WORD_FINALIZED;
}

/* In a collection the mark comes first, on the count path after (PyObject_CallFinalizer): a
 * finalizer that looks can tell. */
void hm_object_finalize(hm_heap *heap, hm_object *object)
{
    if (!has_finalizer_to_run(heap, object))
        return;
    mark_finalized(object);
    run_finalizer(heap, object);
}

/* Runs the finalizer of a dead object; true where it stays dead. (CPython's
 * PyObject_CallFinalizerFromDealloc: the object is tracked again while its finalizer runs. What has
 * one, instances and generators, always was.) */
static bool finalize_dead(hm_heap *heap, hm_object *object)
{
    if (!has_finalizer_to_run(heap, object))
        return true;
    object->reference_count = 1;
    hm_track(heap, object);
    run_finalizer(heap, object);
    mark_finalized(object);
    if (--object->reference_count > 0)
        return false;
    if (hm_is_tracked(object))
        hm_untrack(heap, object);
    return true;
}

void hm_object_negative_count(hm_heap *heap, hm_object *object)
{
    hm_fail(heap, HM_RUNTIME_ERROR, "object at %p of type %s has negative ref count",
            (void *)object, object->type->name);
    hm_emit_unraisable(heap, object);
}

/* A legacy finalizer runs each time its object is about to die, after the weak references are gone
 * (CPython's subtype_dealloc and tp_del). */
static bool runs_after_weakrefs(const hm_type *type)
{
    return (type->flags & (HM_TYPE_LEGACY_FINALIZER | HM_TYPE_WEAKREFS_FIRST)) != 0;
}

/* What follows when an untracked object's count has become 0, in CPython's order. */
static HM_ALWAYS_INLINE void end_life(hm_heap *heap, hm_object *object)
{
    const hm_type *type = object->type;
    bool weakrefs_first = runs_after_weakrefs(type);
    if (!weakrefs_first && !finalize_dead(heap, object))
        return;
    if (hm_has_weak_references(object, type))
        hm_weakref_object_dies(heap, object);
    if (weakrefs_first) {
        if (!finalize_dead(heap, object))
            return;
        /* References made by the finalizer die without a call, as in CPython. */
        if (hm_has_weak_references(object, type))
            hm_weakref_kill_all(object);
    }
    type->deallocate(heap, object);
}

void hm_object_defer(hm_heap *heap, hm_object *object)
{
    if (hm_is_tracked(object))
        hm_untrack(heap, object);
    uint64_t next = (uint64_t)(uintptr_t)heap->deferred;
    HM_CHECK((next >> 32) <= HM_WORD_COLLECTOR);
    object->reference_count = (uint32_t)next;
    object->collector_word =
        (object->collector_word & HM_WORD_FINALIZED) | HM_WORD_DEFERRED | (uint32_t)(next >> 32);
    heap->deferred = object;
    heap->unfinished = true;
}

static hm_object *take_deferred(hm_heap *heap)
{
    hm_object *object = heap->deferred;
    uint64_t next = object->collector_word & HM_WORD_COLLECTOR;
    next = next << 32 | object->reference_count;
    heap->deferred = (hm_object *)(uintptr_t)next;
    object->reference_count = 0;
    object->collector_word &= HM_WORD_FINALIZED;
    return object;
}

HM_NOINLINE void hm_object_end_outermost(hm_heap *heap)
{
    if (hm_deallocation_depth(heap) != 1)
        return;
    while (heap->deferred != NULL)
        end_life(heap, take_deferred(heap));
    heap->unfinished = false;
    if (!heap->cascade_told)
        return;
    heap->cascade_told = false;
    hm_emit(heap, &(hm_event){.kind = HM_EVENT_CASCADE_END,
                              .collected = (uint64_t)(HM_CASCADE_OBJECTS - heap->cascade_left)});
}

void hm_object_deallocate(hm_heap *heap, hm_object *object)
{
    if (!hm_die_begin(heap, object))
        return;
    end_life(heap, object);
    hm_die_end(heap);
}

void hm_object_clear_slots(hm_heap *heap, hm_object *object)
{
    const hm_references *references = &object->type->references;
    char *base = (char *)object;
    hm_object **slots = (hm_object **)(void *)(base + references->fixed_offset);
    for (size_t index = 0; index < references->fixed_count; index++)
        hm_store(heap, object, &slots[index], NULL);
    if (references->vector_offset == 0 || references->vector_is_pointer)
        return;
    slots = (hm_object **)(void *)(base + references->vector_offset);
    size_t length = *(size_t *)(void *)(base + references->length_offset);
    for (size_t index = 0; index < length; index++)
        hm_store(heap, object, &slots[index], NULL);
}

void hm_object_force_clear(hm_heap *heap, hm_object *object)
{
    if (object->type->clear != NULL)
        object->type->clear(heap, object);
    else
        hm_object_clear_slots(heap, object);
}
