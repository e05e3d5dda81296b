#include "object/tuple.h"

#include "object/freelist.h"
#include "object/runtime.h"

static size_t tuple_bytes(size_t length)
{
    return offsetof(hm_tuple, items) + length * sizeof(hm_object *);
}

/* Keeps or frees the block of a tuple without items that is not counted as untracked. */
static HM_ALWAYS_INLINE void give_block(hm_heap *heap, hm_object *object, size_t length)
{
    if (HM_UNLIKELY(length >= HM_FREELIST_SIZES) ||
        HM_UNLIKELY(!hm_freelist_push(heap, HM_FREELIST_TUPLE_0 + length, object)))
        hm_container_free_block(heap, object, tuple_bytes(length));
}

static HM_ALWAYS_INLINE void drop_items(hm_heap *heap, const hm_tuple *tuple, size_t count)
{
    for (size_t index = count; index > 0; index--)
        hm_xdecref(heap, tuple->items[index - 1]);
}

static void tuple_deallocate(hm_heap *heap, hm_object *object)
{
    size_t length = ((hm_tuple *)object)->base.length;
    drop_items(heap, (hm_tuple *)object, length);
    hm_object_count_death(heap);
    heap->untracked_objects--;
    give_block(heap, object, length);
}

/* Of a tuple that has its first `count` items still. */
static HM_NOINLINE void die_in_order(hm_heap *heap, hm_object *object, size_t count)
{
    size_t length = ((hm_tuple *)object)->base.length;
    if (!hm_die_begin(heap, object))
        return;
    drop_items(heap, (hm_tuple *)object, count);
    hm_object_count_death(heap);
    hm_die_end(heap);
    heap->untracked_objects--;
    give_block(heap, object, length);
}

/* The quick way, up to the first item that dies too. */
static void tuple_die(hm_heap *heap, hm_object *object)
{
    hm_tuple *tuple = (hm_tuple *)object;
    size_t length = tuple->base.length;
    if (HM_UNLIKELY(!hm_may_die_quickly(heap, object, length))) {
        die_in_order(heap, object, length);
        return;
    }
    if (length == 0)
        __builtin_unreachable(); /* the empty tuple never dies */
    size_t left = hm_drop_survivors(tuple->items, length);
    if (HM_UNLIKELY(left > 0)) {
        die_in_order(heap, object, left);
        return;
    }
    hm_gc_list_remove(hm_gc_link_of(object));
    if (HM_UNLIKELY(!hm_freelist_push(heap, HM_FREELIST_TUPLE_0 + length, object)))
        hm_container_free_block(heap, object, tuple_bytes(length));
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

/* A tuple whose slots hold nothing, not even NULL, to be tracked by hm_track_new. `length` is not
 * 0. */
static HM_ALWAYS_INLINE hm_tuple *raw_tuple(hm_heap *heap, size_t length)
{
    hm_object *object = NULL;
    if (HM_LIKELY(length < HM_FREELIST_SIZES)) {
        object = hm_freelist_pop(heap, HM_FREELIST_TUPLE_0 + length);
    } else if (length > (SIZE_MAX / 2) / sizeof(hm_object *)) {
        hm_fail(heap, HM_NO_MEMORY, "no memory for a tuple of %zu items", length);
        return NULL;
    }
    if (object != NULL) {
        object->reference_count = 1;
        return (hm_tuple *)object;
    }
    object = hm_container_allocate(heap, &hm_tuple_type, tuple_bytes(length));
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

static HM_NOINLINE hm_object *tuple_of_any(hm_heap *heap, hm_object *const *items, size_t length)
{
    if (length == 0)
        return &empty_tuple.base.base;
    hm_tuple *tuple = raw_tuple(heap, length);
    if (HM_UNLIKELY(tuple == NULL))
        return NULL;
    hm_store_first_all(heap, &tuple->base.base, tuple->items, items, length);
    hm_track_new(heap, &tuple->base.base);
    return &tuple->base.base;
}

hm_object *hm_tuple_of(hm_heap *heap, hm_object *const *items, size_t length)
{
    if (HM_UNLIKELY(length >= heap->quick_sizes))
        return tuple_of_any(heap, items, length);
    hm_object *object = hm_freelist_take_spare(&heap->freelists[HM_FREELIST_TUPLE_0 + length]);
    if (HM_UNLIKELY(object == NULL))
        return tuple_of_any(heap, items, length);
    hm_begin_quickly(heap, object);
    size_t index = 0;
    do /* there is no kept tuple of no items */
        ((hm_tuple *)object)->items[index] = hm_incref(items[index]);
    while (++index < length);
    return object;
}
