#include "object/weak_set.h"

#include "object/list.h"
#include "object/runtime.h"
#include "object/set.h"
#include "object/weak_container_layout.h"
#include "object/weakref_layout.h"

const hm_type hm_weak_set_type = {.name = "WeakSet",
                                  .basic_size = sizeof(hm_weak_container),
                                  .flags = HM_TYPE_CONTAINER,
                                  .weaklist_offset = offsetof(hm_weak_container, weaklist),
                                  .references = HM_WEAK_CONTAINER_REFERENCES,
                                  .clear = hm_weak_container_clear,
                                  .die = hm_object_deallocate,
                                  .deallocate = hm_weak_container_deallocate};

static hm_weak_container *set_of(const hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_weak_set_type));
    return (hm_weak_container *)(uintptr_t)object;
}

static void discard_entry(hm_heap *heap, hm_weak_container *set, hm_object *entry)
{
    hm_set_discard(heap, set->data, entry);
}

hm_object *hm_weak_set_new(hm_heap *heap)
{
    return hm_weak_container_new(heap, &hm_weak_set_type, hm_set_new(heap), discard_entry);
}

bool hm_weak_set_add(hm_heap *heap, hm_object *object, hm_object *item)
{
    hm_weak_container *set = set_of(object);
    hm_weak_container_commit(heap, set);
    hm_object *entry = hm_weakref_make(heap, &hm_weakref_type, item,
                                       hm_weak_container_forget_reference, set->remover);
    if (entry == NULL)
        return false;
    bool added = hm_set_add(heap, set->data, entry);
    hm_decref(heap, entry);
    return added;
}

bool hm_weak_set_contains(hm_heap *heap, hm_object *object, hm_object *item)
{
    if (item->type->weaklist_offset == 0)
        return false;
    hm_object *entry = hm_weakref_new(heap, item, NULL, NULL);
    if (entry == NULL)
        return false;
    bool contains = hm_set_contains(heap, set_of(object)->data, entry);
    hm_decref(heap, entry);
    return contains;
}

/* Whether it was there is in `*found`. False: heap->error. */
static bool take_out(hm_heap *heap, hm_object *object, hm_object *item, bool *found)
{
    hm_weak_container *set = set_of(object);
    uint64_t hash;
    hm_weak_container_commit(heap, set);
    hm_object *entry = hm_weakref_new(heap, item, NULL, NULL);
    if (entry == NULL)
        return false;
    bool hashable = hm_object_hash(heap, entry, &hash);
    *found = hashable && hm_set_discard(heap, set->data, entry);
    hm_decref(heap, entry);
    return hashable;
}

bool hm_weak_set_discard(hm_heap *heap, hm_object *set, hm_object *item)
{
    bool found;
    return take_out(heap, set, item, &found);
}

bool hm_weak_set_remove(hm_heap *heap, hm_object *set, hm_object *item)
{
    bool found;
    if (!take_out(heap, set, item, &found))
        return false;
    return found || hm_fail(heap, HM_KEY_ERROR, "the WeakSet has no such item");
}

/* The next key of the data from where the last pop was, around the end once. */
static hm_object *next_to_pop(hm_weak_container *set)
{
    hm_object *entry;
    if (hm_set_next(set->data, &set->pop_position, &entry))
        return entry;
    set->pop_position = 0;
    return hm_set_next(set->data, &set->pop_position, &entry) ? entry : NULL;
}

hm_object *hm_weak_set_pop(hm_heap *heap, hm_object *object)
{
    hm_weak_container *set = set_of(object);
    hm_weak_container_commit(heap, set);
    for (hm_object *entry; (entry = next_to_pop(set)) != NULL;) {
        hm_object *item = hm_weakref_get(entry);
        hm_incref(entry);
        hm_set_discard(heap, set->data, entry);
        hm_decref(heap, entry);
        if (item != NULL)
            return item;
    }
    hm_fail(heap, HM_KEY_ERROR, "pop from empty WeakSet");
    return NULL;
}

void hm_weak_set_clear(hm_heap *heap, hm_object *object)
{
    hm_weak_container *set = set_of(object);
    hm_weak_container_commit(heap, set);
    hm_set_clear(heap, set->data);
}

size_t hm_weak_set_length(const hm_object *object)
{
    const hm_weak_container *set = set_of(object);
    return hm_set_length(set->data) - hm_list_length(set->pending);
}

hm_object *hm_weak_set_next(hm_heap *heap, hm_weak_iterator *iterator)
{
    while (hm_weak_iterator_check(heap, iterator)) {
        const hm_weak_container *set = set_of(iterator->container);
        hm_object *entry;
        if (!hm_set_next(set->data, &iterator->position, &entry)) {
            hm_weak_iterator_end(heap, iterator);
            return NULL;
        }
        hm_object *item = hm_weakref_get(entry);
        if (item != NULL)
            return item;
    }
    return NULL;
}

hm_object *hm_weak_set_list(hm_heap *heap, hm_object *set)
{
    return hm_weak_container_list(heap, set, hm_weak_set_next);
}
