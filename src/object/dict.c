#include "object/dict.h"

#include "object/dict_index.h"
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
        hm_object *value = hm_dict_keys_pair(keys, ordered->order[place])->value;
        if (value != NULL)
            visit(value, context);
    }
    for (size_t entry = 0; entry < keys->entry_count && ordered == NULL; entry++) {
        const hm_dict_pair *pair = hm_dict_keys_pair(keys, entry);
        if (pair->key == NULL)
            continue;
        visit(pair->value, context);
        visit(pair->key, context);
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
        hm_object **value = &hm_dict_keys_pair(keys, order.order[place])->value;
        hm_object *dropped = *value;
        *value = NULL;
        hm_xdecref(heap, dropped);
    }
    for (size_t entry = 0; entry < keys->entry_count; entry++) {
        const hm_dict_pair *pair = hm_dict_keys_pair(keys, entry);
        hm_xdecref(heap, pair->key);
        hm_xdecref(heap, pair->value);
    }
    hm_dict_keys_free(heap, keys);
}

size_t hm_dict_find_entry(const hm_object *object, const hm_object *key)
{
    const hm_dict_keys *keys = ((const hm_dict *)object)->keys;
    size_t entry = 0;
    for (; entry < keys->entry_count; entry++) {
        const hm_object *candidate = hm_dict_keys_pair(keys, entry)->key;
        if (candidate != NULL && hm_object_equal(candidate, key))
            break;
    }
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
                              .die = hm_object_deallocate,
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

/* Room for one more entry of this kind of key: three times what is used, as CPython grows. The dict
 * is as it was where memory is short. */
static bool make_room(hm_heap *heap, hm_dict *dict, bool key_is_str)
{
    hm_dict_keys *keys = dict->keys;
    bool str_only = hm_dict_keys_str_only(keys) && key_is_str;
    unsigned size_log2 = hm_dict_keys_log2_for(dict->length * 3);
    keys = hm_dict_keys_resize(heap, keys, dict->length, size_log2, str_only);
    if (keys == NULL)
        return false;
    dict->keys = keys;
    return true;
}

/* A dict of atoms cannot be part of a cycle and stays untracked (CPython's MAINTAIN_TRACKING). */
static HM_ALWAYS_INLINE void maintain_tracking(hm_heap *heap, hm_object *dict, const hm_object *key,
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

/* True where one more entry of this kind of key goes into the table as it is. */
static HM_ALWAYS_INLINE bool has_room(const hm_dict *dict, const hm_object *key)
{
    return dict->keys->usable > 0 &&
           (!hm_dict_keys_str_only(dict->keys) || hm_is(key, &hm_str_type));
}

static HM_ALWAYS_INLINE void add(hm_heap *heap, hm_dict *dict, hm_object *key, uint64_t hash,
                                 hm_object *value, size_t slot, uint32_t tag)
{
    if (heap->on_store != NULL) {
        heap->on_store(heap, &dict->base, key);
        heap->on_store(heap, &dict->base, value);
    }
    hm_dict_add(dict->keys, slot, tag, hm_incref(key), hash, hm_incref(value));
    dict->length++;
    dict->version++;
}

static HM_ALWAYS_INLINE void replace(hm_heap *heap, hm_dict *dict, hm_dict_pair *pair,
                                     hm_object *value)
{
    dict->version++;
    hm_store(heap, &dict->base, &pair->value, hm_incref(value));
}

/* Moves the entries to where there is room, or where their hashes are mixed otherwise, and looks
 * once more where the key belongs. */
static bool move_entries(hm_heap *heap, hm_dict *dict, hm_object *key, uint64_t hash,
                         hm_dict_place *place)
{
    if (has_room(dict, key))
        hm_dict_keys_mix_again(heap, dict->keys, dict->length);
    else if (!make_room(heap, dict, hm_is(key, &hm_str_type)))
        return false;
    if (dict->shown != NULL)
        dict->shown->ordered_keys = NULL;
    *place = hm_dict_find(dict->keys, key, hash);
    return true;
}

/* A store of any key, wherever its entry is or has to be. */
static HM_NOINLINE bool set_anywhere(hm_heap *heap, hm_object *object, hm_object *key,
                                     hm_object *value, bool track)
{
    hm_dict *dict = (hm_dict *)object;
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash) && !hm_object_hash(heap, key, &hash))
        return false;
    hm_dict_place place = hm_dict_find(dict->keys, key, hash);
    bool stays = place.pair != NULL || (has_room(dict, key) && !place.crowded);
    if (!stays && !move_entries(heap, dict, key, hash, &place))
        return false;
    if (track)
        maintain_tracking(heap, object, key, value);
    if (place.pair != NULL) {
        replace(heap, dict, place.pair, value);
        return true;
    }
    uint32_t tag = hm_dict_probe_begin(dict->keys, hash, dict->keys->width_log2).tag;
    add(heap, dict, key, hash, value, place.slot, tag);
    if (HM_UNLIKELY(hm_dict_shows(object) != NULL))
        share_new_key(dict, key);
    return true;
}

static HM_ALWAYS_INLINE bool set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value,
                                 bool track)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash))
        return set_anywhere(heap, object, key, value, track);
    hm_dict_glance seen = hm_dict_glance_at(dict->keys, key, hash);
    bool adds = seen.empty && has_room(dict, key) && dict->shown == NULL;
    if (seen.pair == NULL && !adds)
        return set_anywhere(heap, object, key, value, track);
    if (track)
        maintain_tracking(heap, object, key, value);
    if (adds)
        add(heap, dict, key, hash, value, seen.slot, seen.tag);
    else
        replace(heap, dict, seen.pair, value);
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

/* The place of any key; false: it has no hash. */
static bool find_anywhere(hm_heap *heap, const hm_dict *dict, hm_object *key, hm_dict_place *place)
{
    uint64_t hash;
    bool at_hand = hm_key_hash_at_hand(key, &hash);
    if (!at_hand && !hm_object_hash(heap, key, &hash))
        return false;
    hm_dict_glance seen = hm_dict_glance_at(dict->keys, key, hash);
    if (seen.pair != NULL)
        *place = (hm_dict_place){.pair = seen.pair, .slot = seen.slot};
    else
        *place = hm_dict_find(dict->keys, key, hash);
    return true;
}

static HM_NOINLINE hm_object *get_anywhere(hm_heap *heap, const hm_dict *dict, hm_object *key)
{
    hm_dict_place place;
    bool found = find_anywhere(heap, dict, key, &place) && place.pair != NULL;
    return found ? place.pair->value : NULL;
}

hm_object *hm_dict_get(hm_heap *heap, hm_object *object, hm_object *key)
{
    const hm_dict *dict = (const hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (HM_LIKELY(hm_key_hash_at_hand(key, &hash))) {
        hm_dict_glance seen = hm_dict_glance_at(dict->keys, key, hash);
        if (HM_LIKELY(seen.pair != NULL))
            return seen.pair->value;
        if (seen.empty)
            return NULL;
    }
    return get_anywhere(heap, dict, key);
}

/* Takes an entry out; its references are the caller's. */
static hm_dict_pair take(hm_dict *dict, hm_dict_place place)
{
    hm_dict_pair pair = *place.pair;
    hm_dict_keys_remove(dict->keys, place);
    dict->length--;
    dict->version++;
    return pair;
}

bool hm_dict_delete(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    hm_dict_place place;
    if (!find_anywhere(heap, dict, key, &place))
        return false;
    if (place.pair == NULL)
        return hm_fail(heap, HM_KEY_ERROR, "the dict has no such key");
    hm_dict_pair old = take(dict, place);
    hm_decref(heap, old.key);
    hm_decref(heap, old.value);
    return true;
}

bool hm_dict_pop_item(hm_heap *heap, hm_object *object, hm_object **key, hm_object **value)
{
    hm_dict *dict = (hm_dict *)object;
    hm_dict_keys *keys = dict->keys;
    if (dict->length == 0)
        return hm_fail(heap, HM_KEY_ERROR, "popitem(): dictionary is empty");
    size_t last = keys->entry_count - 1;
    while (hm_dict_keys_pair(keys, last)->key == NULL)
        last--;
    hm_dict_pair popped = take(dict, hm_dict_keys_place_of(keys, last));
    *key = popped.key;
    *value = popped.value;
    keys->entry_count = (uint32_t)last;
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
        const hm_dict_pair *pair = hm_dict_keys_pair(keys, *position);
        if (pair->key == NULL)
            continue;
        *key = pair->key;
        *value = pair->value;
        (*position)++;
        return true;
    }
    return false;
}
