/**
 * This module is the free lists of CPython 3.13 (tuples of 1 to 20 items, 2000 of each length; 80
 * lists; 80 dicts; 100 floats), so that their effect on an allocator can be measured: they keep
 * dead objects of common types for the next one. Off unless the heap was asked for them.
 *
 * Invariant: an object on a free list has no references and is untracked; its block is still the
 * size its kind says, and the word after its head links to the next.
 */
#ifndef HM_OBJECT_FREELIST_H
#define HM_OBJECT_FREELIST_H

#include "object/memory.h"

enum {
    HM_FREELIST_FLOAT,
    HM_FREELIST_LIST,
    HM_FREELIST_DICT,
    HM_FREELIST_TUPLE_0, /* plus the length; length 0 is never used: the empty tuple is shared */
    HM_FREELIST_TUPLE_MAX = 20,
    HM_FREELIST_KINDS = HM_FREELIST_TUPLE_0 + HM_FREELIST_TUPLE_MAX + 1
};

/** Makes the heap's free lists; false: out of memory. */
bool hm_freelists_create(hm_heap *heap) HM_MUST_USE;

/** Frees every object on them; the lists stay usable (a full collection does this). */
void hm_freelists_clear(hm_heap *heap);

/** Frees them with everything on them. */
void hm_freelists_destroy(hm_heap *heap);

/** Requested bytes of the free lists themselves and of every object on them, prefixes included. */
size_t hm_freelists_bytes(const hm_heap *heap);

/** hm_freelist_take where the heap has free lists. */
hm_object *hm_freelist_take_one(hm_heap *heap, unsigned kind, const hm_type *type);

/** Keeps an object that is dead and counted as such; false: the list is full, or closed. */
bool hm_freelist_keep(hm_heap *heap, unsigned kind, hm_object *object, size_t bytes);

/** An object of `kind` with count 1 and this type, or NULL where the list is empty or off. */
static HM_ALWAYS_INLINE hm_object *hm_freelist_take(hm_heap *heap, unsigned kind,
                                                    const hm_type *type)
{
    return HM_LIKELY(heap->freelists == NULL) ? NULL : hm_freelist_take_one(heap, kind, type);
}

/** Keeps an object of `bytes` whose death is counted, or frees its block. */
static HM_ALWAYS_INLINE void hm_freelist_give_block(hm_heap *heap, unsigned kind, hm_object *object,
                                                    size_t bytes)
{
    if (HM_UNLIKELY(heap->freelists != NULL) && hm_freelist_keep(heap, kind, object, bytes))
        return;
    if (kind == HM_FREELIST_FLOAT)
        hm_memory_free(heap, object, bytes);
    else
        hm_container_release_block(heap, object, bytes);
}

/** Keeps a dead object of `bytes`, or frees it where the list is full or off. */
static HM_ALWAYS_INLINE void hm_freelist_give(hm_heap *heap, unsigned kind, hm_object *object,
                                              size_t bytes)
{
    hm_object_count_death(heap);
    hm_freelist_give_block(heap, kind, object, bytes);
}

#endif
