/**
 * This module is the free lists of CPython (tuples of 1 to 20 items, 2000 of each length; 80 lists;
 * 80 dicts; 80 tables of dicts; 100 floats), so that their effect on an allocator can be measured:
 * they keep dead objects of common types for the next one. Off unless the heap was asked for them.
 *
 * A list is kept with its block of items where that has less than HM_FREELIST_SIZES slots, 80 of
 * each number of slots: CPython keeps the list and frees the block.
 *
 * Invariant: an object on a free list has no references and is untracked; its block is as long as
 * its kind says, and its first word may link to the next. All else is as it was, so that who takes
 * a tuple need not set its type and length again, nor who takes a list its type, block and
 * capacity, nor who takes a dict its type and that it shows nothing.
 */
#ifndef HM_OBJECT_FREELIST_H
#define HM_OBJECT_FREELIST_H

#include "object/freelist_layout.h"
#include "object/memory.h"

/** Makes room on the heap's free lists: on from here. */
void hm_freelists_open(hm_heap *heap);

/** Frees every object on them; the lists stay usable (a full collection does this). */
void hm_freelists_clear(hm_heap *heap);

/** Frees every object on them, and keeps none from here on. */
void hm_freelists_close(hm_heap *heap);

/** Requested bytes of every object on them, prefixes included. */
size_t hm_freelists_bytes(const hm_heap *heap);

/** Takes the spare block of a list; NULL: it has none. */
static HM_ALWAYS_INLINE void *hm_freelist_take_spare(hm_freelist *list)
{
    void *block = list->spare;
    if (HM_UNLIKELY((uintptr_t)block <= (uintptr_t)HM_FREELIST_SHUT))
        return NULL;
    list->spare = NULL;
    return block;
}

/** Takes the block of `kind` that was given last, as it was left but for its first word; or NULL.
 */
static HM_ALWAYS_INLINE void *hm_freelist_pop(hm_heap *heap, size_t kind)
{
    hm_freelist *list = &heap->freelists[kind];
    void *block = hm_freelist_take_spare(list);
    if (HM_LIKELY(block != NULL))
        return block;
    block = list->rest;
    if (block != NULL) {
        list->rest = *(void **)block;
        list->room++;
    }
    return block;
}

/** Keeps a block of `kind`; false: the list is full, off or closed, and the block the caller's. */
static HM_ALWAYS_INLINE bool hm_freelist_push(hm_heap *heap, size_t kind, void *block)
{
    hm_freelist *list = &heap->freelists[kind];
    if (HM_LIKELY(list->spare == NULL)) {
        list->spare = block;
        return true;
    }
    if (list->room == 0)
        return false;
    list->room--;
    *(void **)block = list->rest;
    list->rest = block;
    return true;
}

/** An untracked object of `kind` with count 1 and this type, or NULL where the list is empty. */
static HM_ALWAYS_INLINE hm_object *hm_freelist_take(hm_heap *heap, size_t kind, const hm_type *type)
{
    hm_object *object = hm_freelist_pop(heap, kind);
    if (object == NULL)
        return NULL;
    hm_object_begin(object, type);
    if (type->flags & HM_TYPE_CONTAINER)
        heap->untracked_objects++;
    return object;
}

/** Keeps an untracked object of `bytes` whose death is counted, or frees its block. */
static HM_ALWAYS_INLINE void hm_freelist_give_block(hm_heap *heap, size_t kind, hm_object *object,
                                                    size_t bytes)
{
    if (kind == HM_FREELIST_FLOAT) {
        if (HM_UNLIKELY(!hm_freelist_push(heap, kind, object)))
            hm_atom_release_block(heap, object, bytes);
    } else if (hm_freelist_push(heap, kind, object)) {
        heap->untracked_objects--;
    } else {
        hm_container_release_block(heap, object, bytes);
    }
}

/** Keeps a dead object of `bytes`, or frees it where the list is full or off. */
static HM_ALWAYS_INLINE void hm_freelist_give(hm_heap *heap, size_t kind, hm_object *object,
                                              size_t bytes)
{
    hm_object_count_death(heap);
    hm_freelist_give_block(heap, kind, object, bytes);
}

#endif
