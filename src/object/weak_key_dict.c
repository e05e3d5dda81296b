#include "object/weak_key_dict.h"

#include "object/dict.h"
#include "object/list.h"
#include "object/runtime.h"
#include "object/tuple.h"
#include "object/weak_container_layout.h"
#include "object/weakref_layout.h"

const hm_type hm_weak_key_dict_type = {.name = "WeakKeyDictionary",
                                       .basic_size = sizeof(hm_weak_container),
                                       .flags = HM_TYPE_CONTAINER,
                                       .weaklist_offset = offsetof(hm_weak_container, weaklist),
                                       .references = HM_WEAK_CONTAINER_REFERENCES,
                                       .clear = hm_weak_container_clear,
                                       .die = hm_object_deallocate,
                                       .deallocate = hm_weak_container_deallocate};

static hm_weak_container *dict_of(const hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_weak_key_dict_type));
    return (hm_weak_container *)(uintptr_t)object;
}

/* Removes an entry by its weak reference, which is dead and so equal to itself only. */
static void discard_entry(hm_heap *heap, hm_weak_container *dict, hm_object *entry)
{
    if (hm_dict_get(heap, dict->data, entry) != NULL)
        HM_CHECK(hm_dict_delete(heap, dict->data, entry));
}

hm_object *hm_weak_key_dict_new(hm_heap *heap)
{
    return hm_weak_container_new(heap, &hm_weak_key_dict_type, hm_dict_new(heap), discard_entry);
}

bool hm_weak_key_dict_set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value)
{
    hm_weak_container *dict = dict_of(object);
    hm_object *entry = hm_weakref_make(heap, &hm_weakref_type, key,
                                       hm_weak_container_forget_reference, dict->remover);
    if (entry == NULL)
        return false;
    bool set = hm_dict_set(heap, dict->data, entry, value);
    hm_decref(heap, entry);
    return set;
}

hm_object *hm_weak_key_dict_get(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_object *entry = hm_weakref_new(heap, key, NULL, NULL);
    if (entry == NULL)
        return NULL;
    hm_object *value = hm_xincref(hm_dict_get(heap, dict_of(object)->data, entry));
    hm_decref(heap, entry);
    return value;
}

hm_object *hm_weak_key_dict_pop(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_weak_container *dict = dict_of(object);
    hm_object *value = NULL;
    dict->deleted_some = true;
    hm_object *entry = hm_weakref_new(heap, key, NULL, NULL);
    uint64_t hash;
    if (entry != NULL && hm_object_hash(heap, entry, &hash)) {
        value = hm_xincref(hm_dict_get(heap, dict->data, entry));
        if (value == NULL)
            hm_fail(heap, HM_KEY_ERROR, "the WeakKeyDictionary has no such key");
        else
            HM_CHECK(hm_dict_delete(heap, dict->data, entry));
    }
    hm_xdecref(heap, entry);
    return value;
}

bool hm_weak_key_dict_delete(hm_heap *heap, hm_object *dict, hm_object *key)
{
    hm_object *value = hm_weak_key_dict_pop(heap, dict, key);
    bool deleted = value != NULL;
    hm_xdecref(heap, value);
    return deleted;
}

bool hm_weak_key_dict_pop_item(hm_heap *heap, hm_object *object, hm_object **key, hm_object **value)
{
    hm_weak_container *dict = dict_of(object);
    hm_object *entry;
    dict->deleted_some = true;
    while (hm_dict_pop_item(heap, dict->data, &entry, value)) {
        *key = hm_weakref_get(entry);
        hm_decref(heap, entry);
        if (*key != NULL)
            return true;
        hm_decref(heap, *value);
    }
    return false;
}

bool hm_weak_key_dict_contains(hm_heap *heap, hm_object *dict, hm_object *key)
{
    if (key->type->weaklist_offset == 0)
        return false;
    hm_object *value = hm_weak_key_dict_get(heap, dict, key);
    bool contains = value != NULL;
    hm_xdecref(heap, value);
    return contains;
}

/* What is pending may have been deleted by hand meanwhile: it must not count twice (CPython's
 * _scrub_removals). */
static void scrub(hm_heap *heap, hm_weak_container *dict)
{
    for (size_t index = hm_list_length(dict->pending); index > 0; index--) {
        hm_object *entry = hm_list_get(dict->pending, index - 1);
        if (hm_dict_get(heap, dict->data, entry) == NULL)
            HM_CHECK(hm_list_delete(heap, dict->pending, index - 1));
    }
    dict->deleted_some = false;
}

size_t hm_weak_key_dict_length(hm_heap *heap, hm_object *object)
{
    hm_weak_container *dict = dict_of(object);
    if (dict->deleted_some && hm_list_length(dict->pending) > 0)
        scrub(heap, dict);
    return hm_dict_length(dict->data) - hm_list_length(dict->pending);
}

bool hm_weak_key_dict_next(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                           hm_object **value)
{
    hm_object *entry, *found;
    while (hm_weak_iterator_entry(heap, iterator, &entry, &found)) {
        *key = hm_weakref_get(entry);
        if (*key == NULL)
            continue;
        *value = hm_incref(found);
        return true;
    }
    return false;
}

static hm_object *next_key(hm_heap *heap, hm_weak_iterator *iterator)
{
    hm_object *key, *value;
    if (!hm_weak_key_dict_next(heap, iterator, &key, &value))
        return NULL;
    hm_decref(heap, value);
    return key;
}

static hm_object *next_item(hm_heap *heap, hm_weak_iterator *iterator)
{
    hm_object *pair[2];
    if (!hm_weak_key_dict_next(heap, iterator, &pair[0], &pair[1]))
        return NULL;
    hm_object *item = hm_tuple_of(heap, pair, HM_COUNT_OF(pair));
    hm_decref(heap, pair[0]);
    hm_decref(heap, pair[1]);
    return item;
}

hm_object *hm_weak_key_dict_keys(hm_heap *heap, hm_object *dict)
{
    return hm_weak_container_list(heap, dict, next_key);
}

hm_object *hm_weak_key_dict_items(hm_heap *heap, hm_object *dict)
{
    return hm_weak_container_list(heap, dict, next_item);
}

/* Appending never collects (it makes no object), so the data stays as it is. */
hm_object *hm_weak_key_dict_key_references(hm_heap *heap, hm_object *dict)
{
    hm_object *list = hm_list_new(heap);
    size_t position = 0;
    hm_object *entry, *value;
    while (list != NULL && hm_dict_next(dict_of(dict)->data, &position, &entry, &value)) {
        if (hm_list_append(heap, list, entry))
            continue;
        hm_decref(heap, list);
        list = NULL;
    }
    return list;
}
