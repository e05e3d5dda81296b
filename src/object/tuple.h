/**
 * This module is the tuple: a fixed number of references in the object itself (40 bytes when
 * empty, 8 an item, CPython's prefix included). The empty tuple is shared and immortal.
 */
#ifndef HM_OBJECT_TUPLE_H
#define HM_OBJECT_TUPLE_H

#include "object/heap.h"

typedef struct hm_tuple {
    hm_variable_object base;
    hm_object *items[];
} hm_tuple;

extern const hm_type hm_tuple_type;

/** A new tuple of `length` empty (NULL) slots, tracked; fill them with hm_tuple_set. */
hm_object *hm_tuple_new(hm_heap *heap, size_t length);

/** A new tuple of the `length` objects at `items` (borrowed: each gets a new reference). */
hm_object *hm_tuple_of(hm_heap *heap, hm_object *const *items, size_t length);

/** Stores `value` (stolen) at `index`, which must be in range (PyTuple_SetItem). */
static inline void hm_tuple_set(hm_heap *heap, hm_object *tuple, size_t index, hm_object *value)
{
    HM_ASSERT(hm_is(tuple, &hm_tuple_type) && index < ((const hm_tuple *)tuple)->base.length);
    hm_store(heap, tuple, &((hm_tuple *)tuple)->items[index], value);
}

/** The item at `index`, borrowed; the index must be in range. */
static inline hm_object *hm_tuple_get(const hm_object *tuple, size_t index)
{
    HM_ASSERT(index < ((const hm_tuple *)tuple)->base.length);
    return ((const hm_tuple *)tuple)->items[index];
}

static inline size_t hm_tuple_length(const hm_object *tuple)
{
    return ((const hm_tuple *)tuple)->base.length;
}

#endif
