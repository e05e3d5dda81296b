/**
 * This module is the WeakSet: a set whose items drop out when they die. Two items are one where
 * they are equal. Its rules are those of Lib/_weakrefset.py; see object/weak_container.h for the
 * words.
 */
#ifndef HM_OBJECT_WEAK_SET_H
#define HM_OBJECT_WEAK_SET_H

#include "object/weak_container.h"

extern const hm_type hm_weak_set_type;

/** A new empty WeakSet, or NULL. */
hm_object *hm_weak_set_new(hm_heap *heap);

/** Adds `item`, weakly. False: TypeError (no weak references, unhashable), MemoryError. */
bool hm_weak_set_add(hm_heap *heap, hm_object *set, hm_object *item) HM_MUST_USE;

/** True where an equal item is there. False where `item` cannot be: no error for what cannot be
 * weakly referenced, heap->error for what is unhashable. */
bool hm_weak_set_contains(hm_heap *heap, hm_object *set, hm_object *item);

/** Removes `item` if it is there. False: TypeError, MemoryError. */
bool hm_weak_set_discard(hm_heap *heap, hm_object *set, hm_object *item) HM_MUST_USE;

/** Removes `item`. False: KeyError where it is not there, TypeError, MemoryError. */
bool hm_weak_set_remove(hm_heap *heap, hm_object *set, hm_object *item) HM_MUST_USE;

/** Removes some item and returns a new reference. NULL: KeyError "pop from empty WeakSet". */
hm_object *hm_weak_set_pop(hm_heap *heap, hm_object *set);

/** Drops every item. */
void hm_weak_set_clear(hm_heap *heap, hm_object *set);

/** How many items, the pending ones not counted. */
size_t hm_weak_set_length(const hm_object *set);

/**
 * The next living item of a walk, a new reference. NULL: the walk has ended (heap->error is as it
 * was), or RuntimeError "Set changed size during iteration".
 */
hm_object *hm_weak_set_next(hm_heap *heap, hm_weak_iterator *iterator);

/** A new list of the living items (list(set)), or NULL. */
hm_object *hm_weak_set_list(hm_heap *heap, hm_object *set);

#endif
