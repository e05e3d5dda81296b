#include "object/tuple.h"

#include "object/freelist.h"
#include "object/memory.h"

static size_t tuple_bytes(size_t length)
{
    return offsetof(hm_tuple, items) + length * sizeof(hm_object *);
}

static void release(hm_heap *heap, hm_object *object, size_t length)
{
    if (length <= HM_FREELIST_TUPLE_MAX)
        hm_freelist_give(heap, HM_FREELIST_TUPLE_0 + (unsigned)length, object, tuple_bytes(length));
    else
        hm_object_free(heap, object, tuple_bytes(length));
}

static void tuple_deallocate(hm_heap *heap, hm_object *object)
{
    hm_tuple *tuple = (hm_tuple *)object;
    size_t length = tuple->base.length;
    for (size_t index = length; index > 0; index--)
        hm_xdecref(heap, tuple->items[index - 1]);
    release(heap, object, length);
}

/* No clear: as in CPython, a cycle through a tuple is broken at its other members. */
const hm_type hm_tuple_type = {.name = "tuple",
                               .basic_size = offsetof(hm_tuple, items),
                               .item_size = sizeof(hm_object *),
                               .flags = HM_TYPE_CONTAINER | HM_TYPE_TUPLE,
                               .references = {.vector_offset = offsetof(hm_tuple, items),
                                              .length_offset = offsetof(hm_variable_object, length),
                                              .vector_backwards = true},
                               .deallocate = tuple_deallocate};

static hm_tuple empty_tuple = {
    .base.base = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_tuple_type}};

hm_object *hm_tuple_new(hm_heap *heap, size_t length)
{
    if (length == 0)
        return &empty_tuple.base.base;
    if (length > (SIZE_MAX / 2) / sizeof(hm_object *)) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a tuple of %zu items", length);
        return NULL;
    }
    hm_object *object = NULL;
    if (length <= HM_FREELIST_TUPLE_MAX)
        object = hm_freelist_take(heap, HM_FREELIST_TUPLE_0 + (unsigned)length, &hm_tuple_type);
    if (object == NULL)
        object = hm_object_allocate(heap, &hm_tuple_type, tuple_bytes(length));
    if (object == NULL)
        return NULL;
    hm_tuple *tuple = (hm_tuple *)object;
    tuple->base.length = length;
    for (size_t index = 0; index < length; index++)
        tuple->items[index] = NULL;
    hm_track(heap, object);
    return object;
}

hm_object *hm_tuple_of(hm_heap *heap, hm_object *const *items, size_t length)
{
    hm_object *object = hm_tuple_new(heap, length);
    for (size_t index = 0; object != NULL && index < length; index++)
        hm_store_first(heap, object, &((hm_tuple *)object)->items[index], hm_incref(items[index]));
    return object;
}

void hm_tuple_set(hm_heap *heap, hm_object *tuple, size_t index, hm_object *value)
{
    HM_ASSERT(hm_is(tuple, &hm_tuple_type) && index < hm_tuple_length(tuple));
    hm_store(heap, tuple, &((hm_tuple *)tuple)->items[index], value);
}
