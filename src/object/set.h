/**
 * This module is the set: open addressing with a table of 8 inside the object (216 bytes, CPython's
 * prefix included) and CPython's growth, so that small sets cost one block and large ones two.
 */
#ifndef HM_OBJECT_SET_H
#define HM_OBJECT_SET_H

#include "object/heap.h"

extern const hm_type hm_set_type;

/** A new empty set, or NULL. */
hm_object *hm_set_new(hm_heap *heap);

/** Adds `key` (borrowed: gets a new reference). False: no memory, or unhashable. */
bool hm_set_add(hm_heap *heap, hm_object *set, hm_object *key) HM_MUST_USE;

/** True where an equal key is in the set; an unhashable key is not (heap->error tells). */
bool hm_set_contains(hm_heap *heap, hm_object *set, hm_object *key);

/** Removes `key`; false where it was not in the set (no error) or is unhashable (heap->error). */
bool hm_set_discard(hm_heap *heap, hm_object *set, hm_object *key);

/** Drops every key and the table; the set is as new. */
void hm_set_clear(hm_heap *heap, hm_object *set);

/** Steps through the keys (borrowed) in table order: start with `*position` 0; false at the end. */
bool hm_set_next(const hm_object *set, size_t *position, hm_object **key);

size_t hm_set_length(const hm_object *set);

#endif
