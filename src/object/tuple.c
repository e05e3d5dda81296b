#include "object/tuple.h"

#include "object/freelist.h"
#include "object/runtime.h"

static size_t tuple_bytes(size_t length)
{
    return offsetof(hm_tuple, items) + length * sizeof(hm_object *);
}

static HM_ALWAYS_INLINE void drop_items(hm_heap *heap, const hm_tuple *tuple)
{
    for (size_t index = tuple->base.length; index > 0; index--)
        hm_xdecref(heap, tuple->items[index - 1]);
}

static HM_ALWAYS_INLINE void give_block(hm_heap *heap, hm_object *object, size_t length)
{
    if (HM_LIKELY(length <= HM_FREELIST_TUPLE_MAX))
        hm_freelist_give_block(heap, HM_FREELIST_TUPLE_0 + (unsigned)length, object,
                               tuple_bytes(length));
    else
        hm_container_release_block(heap, object, tuple_bytes(length));
}

static void tuple_deallocate(hm_heap *heap, hm_object *object)
{
    drop_items(heap, (hm_tuple *)object);
    hm_object_count_death(heap);
    give_block(heap, object, ((hm_tuple *)object)->base.length);
}

static void tuple_die(hm_heap *heap, hm_object *object)
{
    if (!hm_die_begin(heap, object))
        return;
    drop_items(heap, (hm_tuple *)object);
    hm_object_count_death(heap);
    hm_die_end(heap);
    give_block(heap, object, ((hm_tuple *)object)->base.length);
}

/* No clear: as in CPython, a cycle through a tuple is broken at its other members. */
const hm_type hm_tuple_type = {.name = "tuple",
                               .basic_size = offsetof(hm_tuple, items),
                               .item_size = sizeof(hm_object *),
                               .flags = HM_TYPE_CONTAINER | HM_TYPE_TUPLE,
                               .references = {.vector_offset = offsetof(hm_tuple, items),
                                              .length_offset = offsetof(hm_variable_object, length),
                                              .vector_backwards = true},
                               .die = tuple_die,
                               .deallocate = tuple_deallocate};

static hm_tuple empty_tuple = {
    .base.base = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_tuple_type}};

/* A tuple whose slots hold nothing, not even NULL; untracked. `length` is not 0. */
static HM_ALWAYS_INLINE hm_tuple *raw_tuple(hm_heap *heap, size_t length)
{
    hm_object *object = NULL;
    if (HM_LIKELY(length <= HM_FREELIST_TUPLE_MAX)) {
        object = hm_freelist_take(heap, HM_FREELIST_TUPLE_0 + (unsigned)length, &hm_tuple_type);
    } else if (length > (SIZE_MAX / 2) / sizeof(hm_object *)) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a tuple of %zu items", length);
        return NULL;
    }
    if (HM_LIKELY(object == NULL))
        object = hm_object_allocate(heap, &hm_tuple_type, tuple_bytes(length));
    if (HM_LIKELY(object != NULL))
        ((hm_tuple *)object)->base.length = length;
    return (hm_tuple *)object;
}

hm_object *hm_tuple_new(hm_heap *heap, size_t length)
{
    if (HM_UNLIKELY(length == 0))
        return &empty_tuple.base.base;
    hm_tuple *tuple = raw_tuple(heap, length);
    if (HM_UNLIKELY(tuple == NULL))
        return NULL;
    hm_clear_slots(tuple->items, length);
    hm_track_new(heap, &tuple->base.base);
    return &tuple->base.base;
}

hm_object *hm_tuple_of(hm_heap *heap, hm_object *const *items, size_t length)
{
    if (HM_UNLIKELY(length == 0))
        return &empty_tuple.base.base;
    hm_tuple *tuple = raw_tuple(heap, length);
    if (HM_UNLIKELY(tuple == NULL))
        return NULL;
    hm_store_first_all(heap, &tuple->base.base, tuple->items, items, length);
    hm_track_new(heap, &tuple->base.base);
    return &tuple->base.base;
}
