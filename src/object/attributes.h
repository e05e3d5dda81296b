/**
 * This module is the attributes of an instance with a dict, kept without one: values at the end of
 * the instance's own block, whose places the class's *shared names* say (CPython 3.13's inline
 * values and split keys, PEP 412). Programs that never look at `__dict__` never pay for it.
 *
 * Words: a *place* is where a name stands among the shared names, and its value among the values.
 * From the moment its `__dict__` was asked for, or a name came that the class cannot share, an
 * instance's attributes lie in a dict, and its values are empty for good.
 *
 * Invariant: a class's names and those it may still add are never more than an instance of it has
 * room for, since both only become fewer: a shared name always has a place. While there is a dict,
 * no value is set; else the order lists the places that hold a value as they were set.
 */
#ifndef HM_OBJECT_ATTRIBUTES_H
#define HM_OBJECT_ATTRIBUTES_H

#include "object/heap.h"

enum {
    HM_SHARED_NAMES_MAX = 30, /**< the most names a class shares (CPython's SHARED_KEYS_MAX_SIZE) */
    HM_NAME_GUESSES_LOG2 = 7
};

/** The names that instances of one class have in common, in the order they were first set. */
typedef struct hm_shared_names {
    hm_object *names[HM_SHARED_NAMES_MAX]; /**< str, counted; NULL after the last */
    /** The place that a str at such an address may have. */
    uint8_t guesses[1 << HM_NAME_GUESSES_LOG2];
    uint32_t count;
    uint32_t usable; /**< how many may still be added */
} hm_shared_names;

/** No names yet. */
void hm_shared_names_init(hm_shared_names *shared);

/** Adds `name` where it is not there; false: there are too many. */
bool hm_shared_names_add(hm_shared_names *shared, hm_object *name);

/** The place of a name, or -1. */
int hm_shared_names_find(const hm_shared_names *shared, const hm_object *name);

/** How many places an instance needs that is made now. (CPython's first instances ask for room for
 * one more, which none of them can use.) */
static inline size_t hm_shared_names_places(const hm_shared_names *shared)
{
    return shared->count + (shared->usable > 1 ? shared->usable - 1 : shared->usable);
}

/** An instance is made: one name less is left, but never none by that (CPython's dk_usable). */
static inline void hm_shared_names_use(hm_shared_names *shared)
{
    if (shared->usable > 1)
        shared->usable--;
}

/* Addresses are multiples of 16: this is the golden ratio's multiplier for sixteenths of them. */
static HM_ALWAYS_INLINE uint8_t *hm_shared_names_guess_of(const hm_shared_names *shared,
                                                          const hm_object *name)
{
    uint32_t mixed = (uint32_t)(uintptr_t)name * 0x09e3779bu;
    return (uint8_t *)(uintptr_t)&shared->guesses[mixed >> (32 - HM_NAME_GUESSES_LOG2)];
}

/** A place that may be that of `name`: it is where names[place] is the same object. Names are
 * interned as a rule, so it mostly is. */
static HM_ALWAYS_INLINE size_t hm_shared_names_guess(const hm_shared_names *shared,
                                                     const hm_object *name)
{
    return *hm_shared_names_guess_of(shared, name);
}

/** The end of an instance's block: a dict or NULL, and values. */
typedef struct hm_attributes {
    hm_object *dict;
    uint8_t capacity;   /**< places of values */
    uint8_t count;      /**< values set */
    hm_object *items[]; /**< by place; after them a byte a place: those set, in their order */
} hm_attributes;

/** Bytes that follow the dict for so many places. */
static HM_ALWAYS_INLINE size_t hm_attributes_values_bytes(size_t places)
{
    return offsetof(hm_attributes, items) - sizeof(hm_object *) + places * sizeof(hm_object *) +
           ((places + 7) & ~(size_t)7);
}

/** The places that hold a value in the order they were set: `count` of them. */
static HM_ALWAYS_INLINE uint8_t *hm_attributes_order(const hm_attributes *attributes)
{
    return (uint8_t *)(uintptr_t)&attributes->items[attributes->capacity];
}

/** Makes new ones with room for so many values, in memory where nothing is set. */
static HM_ALWAYS_INLINE void hm_attributes_init(hm_attributes *attributes, size_t places)
{
    attributes->dict = NULL;
    attributes->capacity = (uint8_t)places;
    attributes->count = 0;
    hm_clear_slots(attributes->items, places);
}

/** Puts the first value (stolen) at a place without one, as the newest. */
static HM_ALWAYS_INLINE void hm_attributes_begin(hm_attributes *attributes, size_t place,
                                                 hm_object *value)
{
    hm_attributes_order(attributes)[attributes->count++] = (uint8_t)place;
    attributes->items[place] = value;
}

/** Sets `name` (str) to `value` (both borrowed). False: no memory. */
bool hm_attributes_set(hm_heap *heap, hm_object *instance, hm_attributes *attributes,
                       hm_shared_names *shared, hm_object *name, hm_object *value) HM_MUST_USE;

/** The value of `name`, borrowed, or NULL. */
hm_object *hm_attributes_get(hm_heap *heap, const hm_attributes *attributes,
                             const hm_shared_names *shared, hm_object *name);

/**
 * Removes `name`; false: it is not there (no error). Either way it is a shared name from then on,
 * as in CPython 3.13 (store_instance_attr_lock_held).
 */
bool hm_attributes_delete(hm_heap *heap, hm_attributes *attributes, hm_shared_names *shared,
                          hm_object *name) HM_MUST_USE;

/** The dict of the attributes, borrowed, made where there is none yet. NULL: no memory. */
hm_object *hm_attributes_dict(hm_heap *heap, hm_object *instance, hm_attributes *attributes,
                              const hm_shared_names *shared);

/** Visits the values, or the dict. */
void hm_attributes_traverse(const hm_attributes *attributes, const hm_shared_names *shared,
                            hm_visitor visit, void *context);

/** Drops the values in the order of the shared names, or the dict. */
void hm_attributes_clear(hm_heap *heap, hm_attributes *attributes, const hm_shared_names *shared);

/** hm_attributes_clear of an instance that dies, which nobody can look at any more. */
void hm_attributes_end(hm_heap *heap, hm_attributes *attributes, const hm_shared_names *shared);

/** Steps through names and values in the order they were set; false at the end. */
bool hm_attributes_next(const hm_attributes *attributes, const hm_shared_names *shared,
                        size_t *position, hm_object **name, hm_object **value);

/** Bytes of the room for values, and of a dict that shows them. */
size_t hm_attributes_bytes(const hm_attributes *attributes);

#endif
