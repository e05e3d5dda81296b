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
static inline void *hm_memory_allocate(hm_heap *heap, size_t bytes)
{
    return hm_call_malloc(&heap->allocator, bytes);
}

/** A new zeroed block of `count` times `bytes`, or NULL. */
static inline void *hm_memory_allocate_zeroed(hm_heap *heap, size_t count, size_t bytes)
{
    return hm_call_calloc(&heap->allocator, count, bytes);
}

/** Resizes a block of `old_bytes` (NULL: 0); NULL: out of memory, the old block is as it was. */
static inline void *hm_memory_resize(hm_heap *heap, void *block, size_t old_bytes, size_t bytes)
{
    return hm_call_realloc(&heap->allocator, block, old_bytes, bytes);
}

/** Frees a block of `bytes`; NULL does nothing. */
static inline void hm_memory_free(hm_heap *heap, void *block, size_t bytes)
{
    if (HM_UNLIKELY(heap->sized))
        hm_call_free_sized(&heap->allocator, block, bytes);
    else
        hm_call_free(&heap->allocator, block);
}

/**
 * A new object of `bytes` with count 1 and this type, untracked, the rest uninitialized; a
 * container gets the collector's prefix, and the allocation may run a collection first. NULL: out
 * of memory, told in heap->error.
 */
hm_object *hm_object_allocate(hm_heap *heap, const hm_type *type, size_t bytes);

/** Frees the memory of an object of `bytes` (CPython's PyObject_GC_Del, PyObject_Free). */
void hm_object_free(hm_heap *heap, hm_object *object, size_t bytes);

#endif
