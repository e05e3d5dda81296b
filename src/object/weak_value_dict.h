/**
 * This module is the WeakValueDictionary: a dict whose entries drop out when their values die. Each
 * value is known through a KeyedRef, a weak reference that also holds its key. Its rules are those
 * of Lib/weakref.py; see object/weak_container.h for the words.
 *
 * Any operation but a walk removes what is pending first, in the middle of a walk too, which then
 * finds that the dict has changed: CPython does so.
 */
#ifndef HM_OBJECT_WEAK_VALUE_DICT_H
#define HM_OBJECT_WEAK_VALUE_DICT_H

#include "object/weak_container.h"

extern const hm_type hm_weak_value_dict_type;

/** The weak reference behind an entry: 72 bytes (weakref.KeyedRef). */
extern const hm_type hm_weakref_keyed_type;

/** A new empty WeakValueDictionary, or NULL. */
hm_object *hm_weak_value_dict_new(hm_heap *heap);

/**
 * Sets `key` (borrowed: gets new references) to `value`, known weakly. False: TypeError (no weak
 * references to the value, key unhashable), MemoryError.
 */
bool hm_weak_value_dict_set(hm_heap *heap, hm_object *dict, hm_object *key,
                            hm_object *value) HM_MUST_USE;

/** A new reference to the value of `key`. NULL: absent, or unhashable (heap->error tells). */
hm_object *hm_weak_value_dict_get(hm_heap *heap, hm_object *dict, hm_object *key);

/** Removes `key`. False: KeyError, TypeError. */
bool hm_weak_value_dict_delete(hm_heap *heap, hm_object *dict, hm_object *key) HM_MUST_USE;

/** Removes `key` and returns its value, a new reference. NULL: KeyError, TypeError. */
hm_object *hm_weak_value_dict_pop(hm_heap *heap, hm_object *dict, hm_object *key);

/**
 * Removes the entry set last whose value is alive, and the dead ones after it (popitem); new
 * references to key and value. False: KeyError, there is none.
 */
bool hm_weak_value_dict_pop_item(hm_heap *heap, hm_object *dict, hm_object **key,
                                 hm_object **value) HM_MUST_USE;

/** True where `key` has a living value; an unhashable key has not (heap->error tells). */
bool hm_weak_value_dict_contains(hm_heap *heap, hm_object *dict, hm_object *key);

/** How many entries. */
size_t hm_weak_value_dict_length(hm_heap *heap, hm_object *dict);

/**
 * The next entry of a walk with a living value, in the order they were set; new references to key
 * and value. False: the walk has ended (heap->error is as it was), or RuntimeError "dictionary
 * changed size during iteration".
 */
bool hm_weak_value_dict_next(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                             hm_object **value) HM_MUST_USE;

/** New lists of the living values and of (key, value) tuples, or NULL. */
hm_object *hm_weak_value_dict_values(hm_heap *heap, hm_object *dict);
hm_object *hm_weak_value_dict_items(hm_heap *heap, hm_object *dict);

/** A new list of the weak references to the values, or NULL. */
hm_object *hm_weak_value_dict_value_references(hm_heap *heap, hm_object *dict);

#endif
