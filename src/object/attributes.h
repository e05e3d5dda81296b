/**
 * This module is the attributes of an instance with a dict, kept without one: an array of values
 * beside the instance, whose places the class's *shared names* say (CPython's inline values and
 * split keys, PEP 412). Programs that never look at `__dict__` never pay for it.
 *
 * Words: the instance's *attribute field* is one word: 0, a block of values (low bit set), or a
 * dict (low bit clear) from the moment its `__dict__` was asked for, or where the values had no
 * room.
 *
 * Invariant: a block has at least one value, or is being filled; `order` lists the places that hold
 * a value in the order they were set.
 */
#ifndef HM_OBJECT_ATTRIBUTES_H
#define HM_OBJECT_ATTRIBUTES_H

#include "object/heap.h"

/** The most names a class shares (CPython's SHARED_KEYS_MAX_SIZE). */
enum { HM_SHARED_NAMES_MAX = 30 };

/** The names that instances of one class have in common, in the order they were first set. */
typedef struct hm_shared_names {
    hm_object *names[HM_SHARED_NAMES_MAX]; /**< str, counted */
    uint32_t count;
    uint32_t usable; /**< how many may still be added */
} hm_shared_names;

/** No names yet. */
void hm_shared_names_init(hm_shared_names *shared);

/** An instance is made: one name less is left, but never none by that (CPython's dk_usable). */
static inline void hm_shared_names_use(hm_shared_names *shared)
{
    if (shared->usable > 1)
        shared->usable--;
}

/** Adds `name` where it is not there; false: there are too many. */
bool hm_shared_names_add(hm_shared_names *shared, hm_object *name);

/** The attribute field of an instance. */
typedef uintptr_t hm_attributes;

/** Sets `name` (str) to `value` (both borrowed). False: no memory. */
bool hm_attributes_set(hm_heap *heap, hm_object *instance, hm_attributes *field,
                       hm_shared_names *shared, hm_object *name, hm_object *value) HM_MUST_USE;

/** The value of `name`, borrowed, or NULL. */
hm_object *hm_attributes_get(hm_heap *heap, const hm_attributes *field,
                             const hm_shared_names *shared, hm_object *name);

/**
 * Removes `name`; false: it is not there (no error). Either way it is a shared name from then on,
 * as in CPython 3.13 (store_instance_attr_lock_held).
 */
bool hm_attributes_delete(hm_heap *heap, hm_attributes *field, hm_shared_names *shared,
                          hm_object *name) HM_MUST_USE;

/** The dict of the attributes, borrowed, made where there is none yet. NULL: no memory. */
hm_object *hm_attributes_dict(hm_heap *heap, hm_object *instance, hm_attributes *field,
                              const hm_shared_names *shared);

/** Visits the values, or the dict. */
void hm_attributes_traverse(const hm_attributes *field, const hm_shared_names *shared,
                            hm_visitor visit, void *context);

/** Drops the values in the order of the shared names, or the dict. */
void hm_attributes_clear(hm_heap *heap, hm_attributes *field, const hm_shared_names *shared);

/** Steps through names and values in the order they were set; false at the end. */
bool hm_attributes_next(const hm_attributes *field, const hm_shared_names *shared, size_t *position,
                        hm_object **name, hm_object **value);

/** Bytes of the block of values, or of a dict that shows them; 0 where there is neither. */
size_t hm_attributes_bytes(const hm_attributes *field);

#endif
