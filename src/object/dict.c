#include "object/dict.h"

#include "object/dict_keys.h"
#include "object/freelist.h"
#include "object/memory.h"
#include "object/runtime.h"
#include "object/text.h"

static size_t dict_size(const hm_object *object)
{
    return sizeof(hm_dict) + hm_dict_keys_bytes(((const hm_dict *)object)->keys);
}

/* The order of a dict that outlived its instance and got no key since; else NULL. */
static const hm_shown *ordered_of(const hm_dict *dict)
{
    const hm_shown *shown = dict->shown;
    bool ordered = shown != NULL && shown->ordered_keys == dict->keys &&
                   shown->ordered_count == dict->keys->entry_count;
    return ordered ? shown : NULL;
}

/* A dict that shows an instance's attributes refers to nothing itself: the instance does. */
static void dict_traverse(hm_object *object, hm_visitor visit, void *context)
{
    if (hm_dict_shows(object) != NULL)
        return;
    const hm_dict_keys *keys = ((hm_dict *)object)->keys;
    const hm_shown *ordered = ordered_of((const hm_dict *)object);
    for (size_t place = 0; ordered != NULL && place < ordered->order_length; place++) {
        hm_object *value = *hm_dict_keys_value(keys, ordered->order[place]);
        if (value != NULL)
            visit(value, context);
    }
    for (size_t entry = 0; entry < keys->entry_count && ordered == NULL; entry++) {
        hm_object *key = *hm_dict_keys_key(keys, entry);
        if (key == NULL)
            continue;
        visit(*hm_dict_keys_value(keys, entry), context);
        visit(key, context);
    }
}

/* Takes the table out of the dict first, so that whatever dropping entries runs sees it empty. */
static void drop_entries(hm_heap *heap, hm_dict *dict)
{
    hm_dict_keys *keys = dict->keys;
    const hm_shown *ordered = ordered_of(dict);
    hm_shown order = ordered == NULL ? (hm_shown){.dict = NULL} : *ordered;
    dict->keys = hm_dict_keys_empty;
    dict->length = 0;
    dict->version++;
    for (size_t place = 0; place < order.order_length; place++) {
        hm_object **value = hm_dict_keys_value(keys, order.order[place]);
        hm_object *dropped = *value;
        *value = NULL;
        hm_xdecref(heap, dropped);
    }
    for (size_t entry = 0; entry < keys->entry_count; entry++) {
        hm_xdecref(heap, *hm_dict_keys_key(keys, entry));
        hm_xdecref(heap, *hm_dict_keys_value(keys, entry));
    }
    hm_dict_keys_free(heap, keys);
}

size_t hm_dict_find_entry(const hm_object *object, const hm_object *key)
{
    const hm_dict_keys *keys = ((const hm_dict *)object)->keys;
    size_t entry = 0;
    while (entry < keys->entry_count && (*hm_dict_keys_key(keys, entry) == NULL ||
                                         !hm_object_equal(*hm_dict_keys_key(keys, entry), key)))
        entry++;
    return entry;
}

bool hm_dict_show(hm_heap *heap, hm_object *dict, hm_object *instance)
{
    hm_shown *shown = hm_memory_allocate(heap, sizeof *shown);
    if (shown == NULL)
        return hm_fail(heap, HM_NO_MEMORY, "no memory for an instance's dict");
    *shown = (hm_shown){.instance = instance, .dict = dict, .next = heap->shown};
    if (heap->shown != NULL)
        heap->shown->previous = shown;
    heap->shown = shown;
    ((hm_dict *)dict)->shown = shown;
    return true;
}

static void forget_shown(hm_heap *heap, hm_dict *dict)
{
    hm_shown *shown = dict->shown;
    if (shown->previous != NULL)
        shown->previous->next = shown->next;
    else
        heap->shown = shown->next;
    if (shown->next != NULL)
        shown->next->previous = shown->previous;
    hm_memory_free(heap, shown, sizeof *shown);
    dict->shown = NULL;
}

static void dict_deallocate(hm_heap *heap, hm_object *object)
{
    drop_entries(heap, (hm_dict *)object);
    if (((hm_dict *)object)->shown != NULL)
        forget_shown(heap, (hm_dict *)object);
    hm_freelist_give(heap, HM_FREELIST_DICT, object, sizeof(hm_dict));
}

const hm_type hm_dict_type = {.name = "dict",
                              .basic_size = sizeof(hm_dict),
                              .flags = HM_TYPE_CONTAINER | HM_TYPE_DICT,
                              .traverse = dict_traverse,
                              .clear = hm_dict_clear,
                              .size = dict_size,
                              .deallocate = dict_deallocate};

hm_object *hm_dict_new(hm_heap *heap)
{
    hm_object *object = hm_freelist_take(heap, HM_FREELIST_DICT, &hm_dict_type);
    if (object == NULL)
        object = hm_object_allocate(heap, &hm_dict_type, sizeof(hm_dict));
    hm_dict *dict = (hm_dict *)object;
    if (dict == NULL)
        return NULL;
    dict->length = 0;
    dict->version = 0;
    dict->keys = hm_dict_keys_empty;
    dict->shown = NULL;
    return object;
}

/* Puts the entries into a table of 2^log2 slots; the dict is as it was where memory is short. */
static bool rebuild(hm_heap *heap, hm_dict *dict, unsigned log2, bool str_only)
{
    hm_dict_keys *keys = hm_dict_keys_new(heap, log2, str_only);
    if (keys == NULL)
        return false;
    hm_dict_keys_move(keys, dict->keys);
    hm_dict_keys_free(heap, dict->keys);
    dict->keys = keys;
    return true;
}

/* Room for one more entry of this kind of key: three times what is used, as CPython grows. */
static bool make_room(hm_heap *heap, hm_dict *dict, bool key_is_str)
{
    hm_dict_keys *keys = dict->keys;
    bool str_only = keys->str_only && key_is_str;
    if (keys->usable > 0 && str_only == keys->str_only)
        return true;
    return rebuild(heap, dict, hm_dict_keys_log2_for(dict->length * 3), str_only);
}

/* A dict of atoms cannot be part of a cycle and stays untracked (CPython's MAINTAIN_TRACKING). */
static void maintain_tracking(hm_heap *heap, hm_object *dict, const hm_object *key,
                              const hm_object *value)
{
    if (!hm_is_tracked(dict) && (hm_may_be_tracked(key) || hm_may_be_tracked(value)))
        hm_track(heap, dict);
}

/* A new key of a dict that shows an instance's attributes becomes one of the names the class
 * shares; where it cannot, the dict takes the attributes over. */
static void share_new_key(hm_dict *dict, hm_object *key)
{
    if (!hm_is(key, &hm_str_type) || !hm_instance_share_name(dict->shown->instance, key))
        hm_dict_stop_showing(&dict->base);
}

static bool set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value, bool track)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_object_hash(heap, key, &hash))
        return false;
    int64_t entry = hm_dict_keys_find(dict->keys, key, hash);
    if (entry < 0 && !make_room(heap, dict, hm_is(key, &hm_str_type)))
        return false;
    if (track)
        maintain_tracking(heap, object, key, value);
    dict->version++;
    if (entry >= 0) {
        hm_store(heap, object, hm_dict_keys_value(dict->keys, (size_t)entry), hm_incref(value));
        return true;
    }
    if (heap->on_store != NULL) {
        heap->on_store(heap, object, key);
        heap->on_store(heap, object, value);
    }
    hm_dict_keys_add(dict->keys, hm_incref(key), hash, hm_incref(value));
    dict->length++;
    if (HM_UNLIKELY(hm_dict_shows(object) != NULL))
        share_new_key(dict, key);
    return true;
}

bool hm_dict_set(hm_heap *heap, hm_object *dict, hm_object *key, hm_object *value)
{
    return set(heap, dict, key, value, true);
}

bool hm_dict_set_shown(hm_heap *heap, hm_object *dict, hm_object *key, hm_object *value)
{
    return set(heap, dict, key, value, false);
}

hm_object *hm_dict_get(hm_heap *heap, hm_object *object, hm_object *key)
{
    const hm_dict *dict = (const hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_object_hash(heap, key, &hash))
        return NULL;
    int64_t entry = hm_dict_keys_find(dict->keys, key, hash);
    return entry < 0 ? NULL : *hm_dict_keys_value(dict->keys, (size_t)entry);
}

bool hm_dict_delete(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_object_hash(heap, key, &hash))
        return false;
    int64_t entry = hm_dict_keys_find(dict->keys, key, hash);
    if (entry < 0)
        return hm_fail(heap, HM_KEY_ERROR, "the dict has no such key");
    hm_object *old_key = *hm_dict_keys_key(dict->keys, (size_t)entry);
    hm_object *old_value = *hm_dict_keys_value(dict->keys, (size_t)entry);
    hm_dict_keys_remove(dict->keys, entry, hash);
    dict->length--;
    dict->version++;
    hm_decref(heap, old_key);
    hm_decref(heap, old_value);
    return true;
}

bool hm_dict_pop_item(hm_heap *heap, hm_object *object, hm_object **key, hm_object **value)
{
    hm_dict *dict = (hm_dict *)object;
    hm_dict_keys *keys = dict->keys;
    if (dict->length == 0)
        return hm_fail(heap, HM_KEY_ERROR, "popitem(): dictionary is empty");
    size_t last = keys->entry_count - 1;
    while (*hm_dict_keys_key(keys, last) == NULL)
        last--;
    *key = *hm_dict_keys_key(keys, last);
    *value = *hm_dict_keys_value(keys, last);
    hm_dict_keys_remove(keys, (int64_t)last, hm_dict_keys_hash(keys, last));
    keys->entry_count = last;
    dict->length--;
    dict->version++;
    return true;
}

void hm_dict_clear(hm_heap *heap, hm_object *dict)
{
    drop_entries(heap, (hm_dict *)dict);
}

bool hm_dict_next(const hm_object *object, size_t *position, hm_object **key, hm_object **value)
{
    const hm_dict_keys *keys = ((const hm_dict *)object)->keys;
    for (; *position < keys->entry_count; (*position)++) {
        *key = *hm_dict_keys_key(keys, *position);
        if (*key == NULL)
            continue;
        *value = *hm_dict_keys_value(keys, *position);
        (*position)++;
        return true;
    }
    return false;
}
