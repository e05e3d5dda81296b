/**
 * This module is the dict: compact and insertion-ordered as CPython's, an index of 1, 2, 4 or 8
 * bytes a slot over a dense array of entries, 16 bytes each while all keys are str, else 24, so
 * that growing and deleting ask the allocator for what Python would.
 *
 * Untracked until it first holds a container, as in CPython up to 3.13.
 */
#ifndef HM_OBJECT_DICT_H
#define HM_OBJECT_DICT_H

#include "object/heap.h"

typedef struct hm_dict_keys hm_dict_keys;

/** The most attributes a dict can show: names that a class shares. */
enum { HM_SHOWN_MAX = 30 };

/**
 * What a dict has that was asked of an instance (see attributes.h). It stays until the dict dies:
 * the collector may not know such a dict, and the heap must find it when it ends.
 */
typedef struct hm_shown {
    hm_object *instance; /**< borrowed; NULL: the dict shows it no more */
    hm_object *dict;     /**< borrowed */
    struct hm_shown *previous, *next;
    /** Where the dict outlived its instance: its entries in the order of the shared names, in which
     * they are visited and dropped as long as no key is added. */
    const hm_dict_keys *ordered_keys;
    size_t ordered_count; /**< entries of ordered_keys at that time */
    uint8_t order_length;
    uint8_t order[HM_SHOWN_MAX];
} hm_shown;

typedef struct hm_dict {
    hm_object base;
    size_t length;      /**< entries that hold a value */
    uint64_t version;   /**< raised by each change; its top bit: HM_DICT_STAYS_TRACKED */
    hm_dict_keys *keys; /**< the shared empty one until the first insert */
    hm_shown *shown;    /**< where it shows an instance's attributes, or did; else NULL */
} hm_dict;

extern const hm_type hm_dict_type;

/** A new empty dict, or NULL. */
hm_object *hm_dict_new(hm_heap *heap);

/** In hm_dict.version: no collection untracks the dict. */
#define HM_DICT_STAYS_TRACKED (UINT64_C(1) << 63)

/** For class.c: tracks the dict for good. */
static inline void hm_dict_stay_tracked(hm_heap *heap, hm_object *dict)
{
    ((hm_dict *)dict)->version |= HM_DICT_STAYS_TRACKED;
    if (!hm_is_tracked(dict))
        hm_track(heap, dict);
}

static inline bool hm_dict_stays_tracked(const hm_object *dict)
{
    return (((const hm_dict *)dict)->version & HM_DICT_STAYS_TRACKED) != 0;
}

/** The instance whose attributes the dict shows, borrowed, or NULL. */
static inline hm_object *hm_dict_shows(const hm_object *dict)
{
    const hm_shown *shown = ((const hm_dict *)dict)->shown;
    return shown == NULL ? NULL : shown->instance;
}

/** For attributes.c: the dict shows this instance from now on. False: MemoryError. */
bool hm_dict_show(hm_heap *heap, hm_object *dict, hm_object *instance) HM_MUST_USE;

/** For attributes.c: the place of the entry with this key; the number of entries: there is none. */
size_t hm_dict_find_entry(const hm_object *dict, const hm_object *key);

/** For attributes.c: it shows none any more. */
static inline void hm_dict_stop_showing(hm_object *dict)
{
    ((hm_dict *)dict)->shown->instance = NULL;
}

/**
 * For attributes.c: sets a str key without tracking the dict, as a store to an instance whose
 * attributes the dict shows does in CPython 3.13.
 */
bool hm_dict_set_shown(hm_heap *heap, hm_object *dict, hm_object *key,
                       hm_object *value) HM_MUST_USE;

/** Sets `key` to `value` (both borrowed: get new references). False: no memory, unhashable. */
bool hm_dict_set(hm_heap *heap, hm_object *dict, hm_object *key, hm_object *value) HM_MUST_USE;

/** The value of `key`, borrowed; NULL: absent, or unhashable (heap->error tells). */
hm_object *hm_dict_get(hm_heap *heap, hm_object *dict, hm_object *key);

/** Removes `key`; false with KeyError where it is absent. */
bool hm_dict_delete(hm_heap *heap, hm_object *dict, hm_object *key) HM_MUST_USE;

/**
 * Removes the entry that was set last (dict.popitem); new references to its key and value. False:
 * KeyError, the dict is empty.
 */
bool hm_dict_pop_item(hm_heap *heap, hm_object *dict, hm_object **key,
                      hm_object **value) HM_MUST_USE;

/** Drops every entry and the table; the dict is as new. */
void hm_dict_clear(hm_heap *heap, hm_object *dict);

/**
 * Steps through the entries in insertion order: start with `*position` 0; false at the end. Key and
 * value are borrowed. The dict must not change in between.
 */
bool hm_dict_next(const hm_object *dict, size_t *position, hm_object **key, hm_object **value);

static inline size_t hm_dict_length(const hm_object *dict)
{
    return ((const hm_dict *)dict)->length;
}

#endif
