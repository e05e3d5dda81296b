/**
 * This module is the one way from the runtime and the workloads to memory, so that the allocator
 * is called through its table or, in the program of linkage inline, is inlined here
 * (allocators/call.h), with nothing else changed.
 *
 * The caller always knows a block's requested size and says it when it frees or resizes: sized
 * free and the count of requested bytes need no side table and no header.
 */
#ifndef HM_OBJECT_MEMORY_H
#define HM_OBJECT_MEMORY_H

#include "allocators/call.h"
#include "object/heap.h"

/** A new block of `bytes`, or NULL. */
static HM_ALWAYS_INLINE void *hm_memory_allocate(hm_heap *heap, size_t bytes)
{
    return hm_call_malloc(&heap->allocator, bytes);
}

/** A new zeroed block of `count` times `bytes`, or NULL. */
static HM_ALWAYS_INLINE void *hm_memory_allocate_zeroed(hm_heap *heap, size_t count, size_t bytes)
{
    return hm_call_calloc(&heap->allocator, count, bytes);
}

/** Resizes a block of `old_bytes` (NULL: 0); NULL: out of memory, the old block is as it was. */
static HM_ALWAYS_INLINE void *hm_memory_resize(hm_heap *heap, void *block, size_t old_bytes,
                                               size_t bytes)
{
    return hm_call_realloc(&heap->allocator, block, old_bytes, bytes);
}

/** Frees a block of `bytes`; NULL does nothing. */
static HM_ALWAYS_INLINE void hm_memory_free(hm_heap *heap, void *block, size_t bytes)
{
    if (HM_UNLIKELY(heap->sized))
        hm_call_free_sized(&heap->allocator, block, bytes);
    else
        hm_call_free(&heap->allocator, block);
}

/** The collector's step: a container more than its threshold allows is about to be allocated. */
void hm_object_step(hm_heap *heap);

/** Tells that there was no memory for an object, in heap->error. */
void hm_object_no_memory(hm_heap *heap, const hm_type *type, size_t bytes);

/** Tells the sink that a cascade of deaths has become a long one, where it is one. */
void hm_object_tell_cascade(hm_heap *heap);

/** Makes `object`, which was kept and has its type still, a new one: count 1, untracked. */
static HM_ALWAYS_INLINE void hm_object_begin_again(hm_object *object)
{
    object->reference_count = 1;
    object->collector_word = 0;
}

/** The same of a block just allocated, or kept by another type. */
static HM_ALWAYS_INLINE void hm_object_begin(hm_object *object, const hm_type *type)
{
    hm_object_begin_again(object);
    object->type = type;
}

/** A block for an object of `bytes` and its prefix, made one and counted; NULL: no memory. */
static HM_ALWAYS_INLINE hm_object *hm_object_allocate_block(hm_heap *heap, const hm_type *type,
                                                            size_t bytes, size_t prefix,
                                                            uint64_t *count)
{
#if HM_TRACE
    heap->trace.allocating = type;
#endif
    char *block = hm_memory_allocate(heap, bytes + prefix);
    if (HM_UNLIKELY(block == NULL)) {
        hm_object_no_memory(heap, type, bytes);
        return NULL;
    }
    ++*count;
    hm_object *object = (hm_object *)(void *)(block + prefix);
    hm_object_begin(object, type);
    return object;
}

/**
 * A new container, not counted as untracked: hm_track_new must follow before anything else is asked
 * of the heap. All else as hm_object_allocate.
 */
static HM_ALWAYS_INLINE hm_object *hm_container_allocate(hm_heap *heap, const hm_type *type,
                                                         size_t bytes)
{
    if (HM_UNLIKELY(++heap->young_count > heap->young_threshold))
        hm_object_step(heap);
    return hm_object_allocate_block(heap, type, bytes, heap->prefix_bytes, &heap->container_blocks);
}

/**
 * A new object of `bytes` with count 1 and this type, untracked, the rest uninitialized; a
 * container gets the collector's prefix, and the allocation may run a collection first. NULL: out
 * of memory, told in heap->error.
 *
 * Inlined into each type's constructor, where the type's flags and mostly the size are constants.
 */
static HM_ALWAYS_INLINE hm_object *hm_object_allocate(hm_heap *heap, const hm_type *type,
                                                      size_t bytes)
{
    if ((type->flags & HM_TYPE_CONTAINER) == 0)
        return hm_object_allocate_block(heap, type, bytes, 0, &heap->atom_blocks);
    hm_object *container = hm_container_allocate(heap, type, bytes);
    if (HM_LIKELY(container != NULL))
        heap->untracked_objects++;
    return container;
}

/** Counts an object's death towards the running cascade and tells the sink of a long one. */
static HM_ALWAYS_INLINE void hm_object_count_death(hm_heap *heap)
{
    if (HM_UNLIKELY(heap->ending != 0) && HM_UNLIKELY(--heap->cascade_left == 0))
        hm_object_tell_cascade(heap);
}

/** Frees the block of a container that is not counted as untracked; its type is not asked. */
static HM_ALWAYS_INLINE void hm_container_free_block(hm_heap *heap, hm_object *object, size_t bytes)
{
    size_t prefix = heap->prefix_bytes;
    if (heap->young_count > 0)
        heap->young_count--;
    heap->container_blocks--;
    hm_memory_free(heap, (char *)object - prefix, bytes + prefix);
}

/** Gives an untracked container's block back to the allocator and nothing else. */
static HM_ALWAYS_INLINE void hm_container_release_block(hm_heap *heap, hm_object *object,
                                                        size_t bytes)
{
    heap->untracked_objects--;
    hm_container_free_block(heap, object, bytes);
}

/** Gives an atom's block back to the allocator and nothing else. */
static HM_ALWAYS_INLINE void hm_atom_release_block(hm_heap *heap, hm_object *atom, size_t bytes)
{
    heap->atom_blocks--;
    hm_memory_free(heap, atom, bytes);
}

/** hm_object_free of what is known to be an atom. */
static HM_ALWAYS_INLINE void hm_atom_free(hm_heap *heap, hm_object *atom, size_t bytes)
{
    hm_object_count_death(heap);
    hm_atom_release_block(heap, atom, bytes);
}

/** Frees the memory of an object of `bytes` (CPython's PyObject_GC_Del, PyObject_Free). */
static HM_ALWAYS_INLINE void hm_object_free(hm_heap *heap, hm_object *object, size_t bytes)
{
    if ((object->type->flags & HM_TYPE_CONTAINER) == 0) {
        hm_atom_free(heap, object, bytes);
        return;
    }
    hm_object_count_death(heap);
    hm_container_release_block(heap, object, bytes);
}

#endif
