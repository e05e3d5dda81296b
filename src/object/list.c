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

static void list_deallocate(hm_heap *heap, hm_object *object)
{
    drop_items(heap, (hm_list *)object);
    hm_freelist_give(heap, HM_FREELIST_LIST, object, sizeof(hm_list));
}

static void list_die(hm_heap *heap, hm_object *object)
{
    if (!hm_die_begin(heap, object))
        return;
    drop_items(heap, (hm_list *)object);
    hm_object_count_death(heap);
    hm_die_end(heap);
    hm_freelist_give_block(heap, HM_FREELIST_LIST, object, sizeof(hm_list));
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

/* An empty list that its collector does not know yet. */
static HM_ALWAYS_INLINE hm_list *untracked_list(hm_heap *heap)
{
    hm_object *object = hm_freelist_take(heap, HM_FREELIST_LIST, &hm_list_type);
    if (object == NULL)
        object = hm_object_allocate(heap, &hm_list_type, sizeof(hm_list));
    hm_list *list = (hm_list *)object;
    if (list != NULL) {
        list->base.length = 0;
        list->items = NULL;
        list->capacity = 0;
    }
    return list;
}

hm_object *hm_list_new(hm_heap *heap)
{
    hm_list *list = untracked_list(heap);
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

/* A list with a block of `length` slots that hold nothing, length 0; untracked. */
static HM_ALWAYS_INLINE hm_list *list_with_room(hm_heap *heap, size_t length)
{
    hm_list *list = untracked_list(heap);
    if (list == NULL || length == 0)
        return list;
    if (length <= SIZE_MAX / 2 / sizeof(hm_object *))
        list->items = hm_memory_allocate(heap, length * sizeof(hm_object *));
    if (HM_UNLIKELY(list->items == NULL)) {
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

hm_object *hm_list_of(hm_heap *heap, hm_object *const *items, size_t length)
{
    hm_list *list = list_with_room(heap, length);
    if (list == NULL)
        return NULL;
    hm_store_first_all(heap, &list->base.base, list->items, items, length);
    list->base.length = length;
    hm_track_new(heap, &list->base.base);
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
