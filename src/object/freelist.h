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

#include "object/heap.h"

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

/** An object of `kind` with count 1 and this type, or NULL where the list is empty or off. */
hm_object *hm_freelist_take(hm_heap *heap, unsigned kind, const hm_type *type);

/** Keeps a dead object of `bytes`, or frees it where the list is full or off. */
void hm_freelist_give(hm_heap *heap, unsigned kind, hm_object *object, size_t bytes);

#endif
