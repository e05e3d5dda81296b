#include "object/weak_value_dict.h"

#include "object/dict.h"
#include "object/list.h"
#include "object/runtime.h"
#include "object/tuple.h"
#include "object/weak_container_layout.h"
#include "object/weakref_layout.h"

typedef struct keyed_reference {
    hm_weak_reference weak;
    hm_object *key;
} keyed_reference;

static void keyed_traverse(hm_object *object, hm_visitor visit, void *context)
{
    hm_visit_slots(&((keyed_reference *)object)->key, 1, visit, context);
}

static void keyed_clear(hm_heap *heap, hm_object *object)
{
    hm_store(heap, object, &((keyed_reference *)object)->key, NULL);
    hm_weakref_clear(heap, object);
}

static void keyed_deallocate(hm_heap *heap, hm_object *object)
{
    hm_store(heap, object, &((keyed_reference *)object)->key, NULL);
    hm_weakref_deallocate(heap, object);
}

const hm_type hm_weakref_keyed_type = {.name = "KeyedRef",
                                       .basic_size = sizeof(keyed_reference),
                                       .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREF,
                                       .references = HM_WEAKREF_REFERENCES,
                                       .traverse = keyed_traverse,
                                       .clear = keyed_clear,
                                       .die = hm_object_deallocate,
                                       .deallocate = keyed_deallocate};

const hm_type hm_weak_value_dict_type = {.name = "WeakValueDictionary",
                                         .basic_size = sizeof(hm_weak_container),
                                         .flags = HM_TYPE_CONTAINER,
                                         .weaklist_offset = offsetof(hm_weak_container, weaklist),
                                         .references = HM_WEAK_CONTAINER_REFERENCES,
                                         .clear = hm_weak_container_clear,
                                         .die = hm_object_deallocate,
                                         .deallocate = hm_weak_container_deallocate};

/* The dict with nothing pending. */
static hm_weak_container *committed(hm_heap *heap, hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_weak_value_dict_type));
    hm_weak_container *dict = (hm_weak_container *)object;
    hm_weak_container_commit(heap, dict);
    return dict;
}

/* Removes what stands under a key where that has died: another value may stand there by now. */
static void discard_entry(hm_heap *heap, hm_weak_container *dict, hm_object *key)
{
    hm_object *entry = hm_dict_get(heap, dict->data, key);
    if (entry != NULL && hm_weakref_peek(entry) == NULL)
        HM_CHECK(hm_dict_delete(heap, dict->data, key));
}

/* The key is held meanwhile: the entry that holds it may be removed. */
static bool forget(hm_heap *heap, hm_object *weakref, void *context)
{
    hm_object *key = hm_xincref(((keyed_reference *)weakref)->key);
    bool done = key == NULL || hm_weak_container_forget(heap, context, key);
    hm_xdecref(heap, key);
    return done;
}

hm_object *hm_weak_value_dict_new(hm_heap *heap)
{
    return hm_weak_container_new(heap, &hm_weak_value_dict_type, hm_dict_new(heap), discard_entry);
}

bool hm_weak_value_dict_set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value)
{
    hm_weak_container *dict = committed(heap, object);
    hm_object *entry = hm_weakref_make(heap, &hm_weakref_keyed_type, value, forget, dict->remover);
    if (entry == NULL)
        return false;
    hm_store_first(heap, entry, &((keyed_reference *)entry)->key, hm_incref(key));
    bool set = hm_dict_set(heap, dict->data, key, entry);
    hm_decref(heap, entry);
    return set;
}

hm_object *hm_weak_value_dict_get(hm_heap *heap, hm_object *dict, hm_object *key)
{
    hm_object *entry = hm_dict_get(heap, committed(heap, dict)->data, key);
    return entry == NULL ? NULL : hm_weakref_get(entry);
}

bool hm_weak_value_dict_contains(hm_heap *heap, hm_object *dict, hm_object *key)
{
    const hm_object *entry = hm_dict_get(heap, committed(heap, dict)->data, key);
    return entry != NULL && hm_weakref_peek(entry) != NULL;
}

bool hm_weak_value_dict_delete(hm_heap *heap, hm_object *dict, hm_object *key)
{
    return hm_dict_delete(heap, committed(heap, dict)->data, key);
}

hm_object *hm_weak_value_dict_pop(hm_heap *heap, hm_object *object, hm_object *key)
{
    const hm_weak_container *dict = committed(heap, object);
    hm_object *value = hm_weak_value_dict_get(heap, object, key);
    if (hm_dict_delete(heap, dict->data, key) && value == NULL)
        hm_fail(heap, HM_KEY_ERROR, "the WeakValueDictionary has no such key");
    return value;
}

bool hm_weak_value_dict_pop_item(hm_heap *heap, hm_object *object, hm_object **key,
                                 hm_object **value)
{
    const hm_weak_container *dict = committed(heap, object);
    hm_object *entry;
    while (hm_dict_pop_item(heap, dict->data, key, &entry)) {
        *value = hm_weakref_get(entry);
        hm_decref(heap, entry);
        if (*value != NULL)
            return true;
        hm_decref(heap, *key);
    }
    return false;
}

size_t hm_weak_value_dict_length(hm_heap *heap, hm_object *dict)
{
    return hm_dict_length(committed(heap, dict)->data);
}

bool hm_weak_value_dict_next(hm_heap *heap, hm_weak_iterator *iterator, hm_object **key,
                             hm_object **value)
{
    hm_object *found, *entry;
    while (hm_weak_iterator_entry(heap, iterator, &found, &entry)) {
        *value = hm_weakref_get(entry);
        if (*value == NULL)
            continue;
        *key = hm_incref(found);
        return true;
    }
    return false;
}

static hm_object *next_value(hm_heap *heap, hm_weak_iterator *iterator)
{
    hm_object *key, *value;
    if (!hm_weak_value_dict_next(heap, iterator, &key, &value))
        return NULL;
    hm_decref(heap, key);
    return value;
}

static hm_object *next_item(hm_heap *heap, hm_weak_iterator *iterator)
{
    hm_object *pair[2];
    if (!hm_weak_value_dict_next(heap, iterator, &pair[0], &pair[1]))
        return NULL;
    hm_object *item = hm_tuple_of(heap, pair, HM_COUNT_OF(pair));
    hm_decref(heap, pair[0]);
    hm_decref(heap, pair[1]);
    return item;
}

hm_object *hm_weak_value_dict_values(hm_heap *heap, hm_object *dict)
{
    return hm_weak_container_list(heap, dict, next_value);
}

hm_object *hm_weak_value_dict_items(hm_heap *heap, hm_object *dict)
{
    return hm_weak_container_list(heap, dict, next_item);
}

/* Appending never collects (it makes no object), so the data stays as it is. */
hm_object *hm_weak_value_dict_value_references(hm_heap *heap, hm_object *object)
{
    hm_object *list = hm_list_new(heap);
    const hm_weak_container *dict = committed(heap, object);
    size_t position = 0;
    hm_object *key, *entry;
    while (list != NULL && hm_dict_next(dict->data, &position, &key, &entry)) {
        if (hm_list_append(heap, list, entry))
            continue;
        hm_decref(heap, list);
        list = NULL;
    }
    return list;
}
