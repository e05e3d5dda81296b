/**
 * This module is the WeakKeyDictionary: a dict whose entries drop out when their keys die. Two keys
 * are one where they are equal. A value that refers to its own key keeps the entry for ever, as in
 * CPython. Its rules are those of Lib/weakref.py; see object/weak_container.h for the words.
 */
#ifndef HM_OBJECT_WEAK_KEY_DICT_H
#define HM_OBJECT_WEAK_KEY_DICT_H

#include "object/weak_container.h"

extern const hm_type hm_weak_key_dict_type;

/** A new empty WeakKeyDictionary, or NULL. */
hm_object *hm_weak_key_dict_new(hm_heap *heap);

/**
 * Sets `key` (known weakly) to `value` (borrowed: gets a new reference). An equal key that is there
 * stays. False: TypeError (no weak references, unhashable), MemoryError.
 */
bool hm_weak_key_dict_set(hm_heap *heap, hm_object *dict, hm_object *key,
                          hm_object *value) HM_MUST_USE;

/** A new reference to the value of `key`. NULL: absent, or TypeError (heap->error tells). */
hm_object *hm_weak_key_dict_get(hm_heap *heap, hm_object *dict, hm_object *key);

/** Removes `key`. False: KeyError, TypeError, MemoryError. */
bool hm_weak_key_dict_delete(hm_heap *heap, hm_object *dict, hm_object *key) HM_MUST_USE;

/** Removes `key` and returns its value, a new reference. NULL: KeyError, TypeError, MemoryError. */
hm_object *hm_weak_key_dict_pop(hm_heap *heap, hm_object *dict, hm_object *key);

/**
 * Removes the entry set last whose key is alive, and the dead ones after it (popitem); new
 * references to key and value. False: KeyError, there is none.
 */
bool hm_weak_key_dict_pop_item(hm_heap *heap, hm_object *dict, hm_object **key,
                               hm_object **value) HM_MUST_USE;

/** True where an equal key is there. False where `key` cannot be: no error for what cannot be
 * weakly referenced, heap->error for what is unhashable. */
bool hm_weak_key_dict_contains(hm_heap *heap, hm_object *dict, hm_object *key);

/** How many entries, the pending ones not counted. */
size_t hm_weak_key_dict_length(hm_heap *heap, hm_object *dict);

/**
 * The next entry of a walk with a living key, in the order they were set; new references to key and
 * value. False: the walk has ended (heap->error is as it was), or RuntimeError "dictionary changed
 * size during iteration".
 */
bool hm_weak_key_dict_next(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                           hm_object **value) HM_MUST_USE;

/** A new list of the living keys, or NULL. */
hm_object *hm_weak_key_dict_keys(hm_heap *heap, hm_object *dict);

/** A new list of (key, value) tuples, or NULL. */
hm_object *hm_weak_key_dict_items(hm_heap *heap, hm_object *dict);

/** A new list of the weak references to the keys, dead ones too where they are pending. */
hm_object *hm_weak_key_dict_key_references(hm_heap *heap, hm_object *dict);

#endif
