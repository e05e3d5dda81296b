/**
 * This module is the list, with CPython's growth: (n + (n >> 3) + 6) & ~3, so 4, 8, 16, 24, 32, 40,
 * 52, 64, 76, … slots when items are appended one by one.
 */
#ifndef HM_OBJECT_LIST_H
#define HM_OBJECT_LIST_H

#include "object/heap.h"

typedef struct hm_list {
    hm_variable_object base;
    hm_object **items;
    size_t capacity; /**< slots allocated */
} hm_list;

extern const hm_type hm_list_type;

/** A new empty list, or NULL. */
hm_object *hm_list_new(hm_heap *heap);

/** A new list of `length` None, exactly sized ([None] * n); fill it with hm_list_set. */
hm_object *hm_list_sized(hm_heap *heap, size_t length);

/** A new list of the `length` objects at `items` (borrowed: each gets a new reference). */
hm_object *hm_list_of(hm_heap *heap, hm_object *const *items, size_t length);

/** hm_list_append where the block is full. */
bool hm_list_append_growing(hm_heap *heap, hm_object *list, hm_object *item) HM_MUST_USE;

/** Appends `item` (borrowed: gets a new reference); false: out of memory, the list as it was. */
static inline HM_MUST_USE bool hm_list_append(hm_heap *heap, hm_object *object, hm_object *item)
{
    hm_list *list = (hm_list *)object;
    HM_ASSERT(hm_is(object, &hm_list_type));
    size_t length = list->base.length;
    if (HM_UNLIKELY(length == list->capacity))
        return hm_list_append_growing(heap, object, item);
    hm_store_first(heap, object, &list->items[length], hm_incref(item));
    list->base.length = length + 1;
    return true;
}

/** Appends `item` (stolen, also on failure; NULL fails): for an item just made. */
bool hm_list_append_new(hm_heap *heap, hm_object *list, hm_object *item) HM_MUST_USE;

/** Stores `value` (stolen) at `index`, which must be in range. */
static inline void hm_list_set(hm_heap *heap, hm_object *list, size_t index, hm_object *value)
{
    HM_ASSERT(hm_is(list, &hm_list_type) && index < ((const hm_list *)list)->base.length);
    hm_store(heap, list, &((hm_list *)list)->items[index], value);
}

/** Removes and returns the last item (a new reference); NULL: empty (IndexError). */
hm_object *hm_list_pop(hm_heap *heap, hm_object *list);

/**
 * Removes the item at `index` and moves the rest down; its block stays as large as it is (CPython
 * 3.13's list_ass_item; older versions shrink it). False: IndexError.
 */
bool hm_list_delete(hm_heap *heap, hm_object *list, size_t index) HM_MUST_USE;

/** Drops every item and the block that held them. */
void hm_list_clear(hm_heap *heap, hm_object *list);

/** The item at `index`, borrowed; the index must be in range. */
static inline hm_object *hm_list_get(const hm_object *list, size_t index)
{
    HM_ASSERT(index < ((const hm_list *)list)->base.length);
    return ((const hm_list *)list)->items[index];
}

static inline size_t hm_list_length(const hm_object *list)
{
    return ((const hm_list *)list)->base.length;
}

#endif
