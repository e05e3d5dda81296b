#include "object/list.h"

#include "object/freelist.h"
#include "object/runtime.h"

#include <string.h>

static size_t list_size(const hm_object *object)
{
    return sizeof(hm_list) + ((const hm_list *)object)->capacity * sizeof(hm_object *);
}

/* Takes the items out of the list first, so that whatever dropping them runs sees it empty. */
static HM_ALWAYS_INLINE void drop_items(hm_heap *heap, hm_list *list)
{
    hm_object **items = list->items;
    size_t length = list->base.length;
    size_t capacity = list->capacity;
    list->items = NULL;
    list->base.length = 0;
    list->capacity = 0;
    for (size_t index = length; index > 0; index--)
        hm_decref(heap, items[index - 1]);
    if (items != NULL)
        hm_memory_free(heap, items, capacity * sizeof(hm_object *));
}

/* Keeps or frees a list without items and block that is not counted as untracked. */
static HM_ALWAYS_INLINE void give_bare(hm_heap *heap, hm_object *object)
{
    if (HM_UNLIKELY(!hm_freelist_push(heap, HM_FREELIST_LIST_0, object)))
        hm_container_free_block(heap, object, sizeof(hm_list));
}

static void list_deallocate(hm_heap *heap, hm_object *object)
{
    drop_items(heap, (hm_list *)object);
    hm_object_count_death(heap);
    heap->untracked_objects--;
    give_bare(heap, object);
}

/* Of a list that has its first `count` items still. */
static HM_NOINLINE void die_in_order(hm_heap *heap, hm_object *object, size_t count)
{
    ((hm_list *)object)->base.length = count;
    if (!hm_die_begin(heap, object))
        return;
    drop_items(heap, (hm_list *)object);
    hm_object_count_death(heap);
    hm_die_end(heap);
    heap->untracked_objects--;
    give_bare(heap, object);
}

/* Of a list that cannot be kept with its block. */
static HM_NOINLINE void free_items_and_give(hm_heap *heap, hm_list *list)
{
    if (list->capacity != 0)
        hm_memory_free(heap, list->items, list->capacity * sizeof(hm_object *));
    list->items = NULL;
    list->capacity = 0;
    give_bare(heap, &list->base.base);
}

/* The quick way, up to the first item that dies too. */
static void list_die(hm_heap *heap, hm_object *object)
{
    hm_list *list = (hm_list *)object;
    size_t length = list->base.length;
    size_t capacity = list->capacity;
    if (HM_UNLIKELY(!hm_may_die_quickly(heap, object, capacity))) {
        die_in_order(heap, object, length);
        return;
    }
    size_t left = hm_drop_survivors(list->items, length);
    if (HM_UNLIKELY(left > 0)) {
        die_in_order(heap, object, left);
        return;
    }
    hm_gc_list_remove(hm_gc_link_of(object));
    if (HM_UNLIKELY(!hm_freelist_push(heap, HM_FREELIST_LIST_0 + capacity, object)))
        free_items_and_give(heap, list);
}

const hm_type hm_list_type = {.name = "list",
                              .basic_size = sizeof(hm_list),
                              .flags = HM_TYPE_CONTAINER,
                              .references = {.vector_offset = offsetof(hm_list, items),
                                             .length_offset = offsetof(hm_variable_object, length),
                                             .vector_is_pointer = true,
                                             .vector_backwards = true},
                              .clear = hm_list_clear,
                              .size = list_size,
                              .die = list_die,
                              .deallocate = list_deallocate};

/* A kept list whose block of items is freed, where no other list is kept; or NULL. */
static HM_NOINLINE hm_object *take_with_block(hm_heap *heap)
{
    for (unsigned slots = 1; slots < HM_FREELIST_SIZES; slots++) {
        hm_object *object = hm_freelist_pop(heap, HM_FREELIST_LIST_0 + slots);
        if (object == NULL)
            continue;
        hm_memory_free(heap, ((hm_list *)object)->items, slots * sizeof(hm_object *));
        return object;
    }
    return NULL;
}

/* An empty list without a block of items, to be tracked by hm_track_new. */
static HM_ALWAYS_INLINE hm_list *bare_list(hm_heap *heap)
{
    hm_object *object = hm_freelist_pop(heap, HM_FREELIST_LIST_0);
    if (object == NULL &&
        HM_UNLIKELY(heap->freelists[HM_FREELIST_LIST_0].spare != HM_FREELIST_SHUT))
        object = take_with_block(heap);
    if (object == NULL)
        object = hm_container_allocate(heap, &hm_list_type, sizeof(hm_list));
    hm_list *list = (hm_list *)object;
    if (HM_LIKELY(list != NULL)) {
        object->reference_count = 1;
        list->base.length = 0;
        list->items = NULL;
        list->capacity = 0;
    }
    return list;
}

hm_object *hm_list_new(hm_heap *heap)
{
    hm_list *list = bare_list(heap);
    if (list == NULL)
        return NULL;
    hm_track_new(heap, &list->base.base);
    return &list->base.base;
}

/* Makes room for `length` items, growing as CPython's list_resize; the length is not touched. */
static bool resize(hm_heap *heap, hm_list *list, size_t length)
{
    if (list->capacity >= length && length >= list->capacity >> 1)
        return true;
    size_t capacity = (length + (length >> 3) + 6) & ~(size_t)3;
    if (length > list->base.length && length - list->base.length > capacity - length)
        capacity = (length + 3) & ~(size_t)3;
    if (length == 0)
        capacity = 0;
    if (capacity == 0 && list->items != NULL) {
        hm_memory_free(heap, list->items, list->capacity * sizeof(hm_object *));
        list->items = NULL;
    } else if (capacity != 0) {
        hm_object **items = NULL;
        if (capacity <= SIZE_MAX / 2 / sizeof(hm_object *))
            items = list->items == NULL
                        ? hm_memory_allocate(heap, capacity * sizeof(hm_object *))
                        : hm_memory_resize(heap, list->items, list->capacity * sizeof(hm_object *),
                                           capacity * sizeof(hm_object *));
        if (items == NULL)
            return hm_fail(heap, HM_NO_MEMORY, "no memory for a list of %zu items", length);
        list->items = items;
    }
    list->capacity = capacity;
    return true;
}

/* A list with a block of `length` slots that hold nothing, length 0, to be tracked by
 * hm_track_new. */
static HM_ALWAYS_INLINE hm_list *list_with_room(hm_heap *heap, size_t length)
{
    if (length - 1 < HM_FREELIST_SIZES - 1) {
        hm_list *kept = hm_freelist_pop(heap, HM_FREELIST_LIST_0 + length);
        if (kept != NULL) {
            kept->base.base.reference_count = 1;
            kept->base.length = 0;
            return kept;
        }
    }
    hm_list *list = bare_list(heap);
    if (list == NULL || length == 0)
        return list;
    if (length <= SIZE_MAX / 2 / sizeof(hm_object *))
        list->items = hm_memory_allocate(heap, length * sizeof(hm_object *));
    if (HM_UNLIKELY(list->items == NULL)) {
        hm_track_new(heap, &list->base.base);
        hm_decref(heap, &list->base.base);
        hm_fail(heap, HM_NO_MEMORY, "no memory for a list of %zu items", length);
        return NULL;
    }
    list->capacity = length;
    return list;
}

hm_object *hm_list_sized(hm_heap *heap, size_t length)
{
    hm_list *list = list_with_room(heap, length);
    if (list == NULL)
        return NULL;
    for (size_t index = 0; index < length; index++)
        list->items[index] = &hm_none;
    list->base.length = length;
    hm_track_new(heap, &list->base.base);
    return &list->base.base;
}

static HM_NOINLINE hm_object *list_of_any(hm_heap *heap, hm_object *const *items, size_t length)
{
    hm_list *list = list_with_room(heap, length);
    if (list == NULL)
        return NULL;
    hm_store_first_all(heap, &list->base.base, list->items, items, length);
    list->base.length = length;
    hm_track_new(heap, &list->base.base);
    return &list->base.base;
}

hm_object *hm_list_of(hm_heap *heap, hm_object *const *items, size_t length)
{
    if (HM_UNLIKELY(length >= heap->quick_sizes))
        return list_of_any(heap, items, length);
    hm_list *list = hm_freelist_take_spare(&heap->freelists[HM_FREELIST_LIST_0 + length]);
    if (HM_UNLIKELY(list == NULL))
        return list_of_any(heap, items, length);
    hm_begin_quickly(heap, &list->base.base);
    list->base.length = length;
    hm_object **slots = list->items;
    for (size_t index = 0; index < length; index++)
        slots[index] = hm_incref(items[index]);
    return &list->base.base;
}

bool hm_list_append_growing(hm_heap *heap, hm_object *object, hm_object *item)
{
    hm_list *list = (hm_list *)object;
    return resize(heap, list, list->base.length + 1) && hm_list_append(heap, object, item);
}

bool hm_list_append_new(hm_heap *heap, hm_object *list, hm_object *item)
{
    if (item == NULL)
        return false;
    bool appended = hm_list_append(heap, list, item);
    hm_decref(heap, item);
    return appended;
}

/* Shrinking never fails: where the allocator refuses, the larger block stays. An emptied list has
 * none (list_pop). */
static void shrink(hm_heap *heap, hm_list *list)
{
    hm_error saved = heap->error;
    if (list->base.length == 0)
        drop_items(heap, list);
    else if (!resize(heap, list, list->base.length))
        heap->error = saved;
}

hm_object *hm_list_pop(hm_heap *heap, hm_object *object)
{
    hm_list *list = (hm_list *)object;
    if (list->base.length == 0) {
        hm_fail(heap, HM_INDEX_ERROR, "pop from empty list");
        return NULL;
    }
    hm_object *item = list->items[--list->base.length];
    shrink(heap, list);
    return item;
}

bool hm_list_delete(hm_heap *heap, hm_object *object, size_t index)
{
    hm_list *list = (hm_list *)object;
    if (index >= list->base.length)
        return hm_fail(heap, HM_INDEX_ERROR, "list assignment index out of range");
    hm_object *item = list->items[index];
    memmove(&list->items[index], &list->items[index + 1],
            (list->base.length - index - 1) * sizeof(hm_object *));
    list->base.length--;
    hm_decref(heap, item);
    return true;
}

void hm_list_clear(hm_heap *heap, hm_object *list)
{
    drop_items(heap, (hm_list *)list);
}
