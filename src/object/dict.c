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

/* Drops a table that no dict has any more with all that is in it. */
static HM_ALWAYS_INLINE void drop_table(hm_heap *heap, hm_dict_keys *keys)
{
    size_t bytes = keys->entry_bytes;
    char *at = (char *)(keys + 1) + bytes - sizeof(hm_dict_pair);
    for (size_t count = keys->entry_count; count > 0; count--, at += bytes) {
        const hm_dict_pair *pair = (const hm_dict_pair *)(void *)at;
        hm_xdecref(heap, pair->key);
        hm_xdecref(heap, pair->value);
    }
    hm_dict_keys_free(heap, keys);
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
    drop_table(heap, keys);
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

/* The same, nested and counted. */
static HM_NOINLINE void die_in_order(hm_heap *heap, hm_object *object)
{
    if (!hm_die_begin(heap, object))
        return;
    drop_table(heap, ((hm_dict *)object)->keys);
    hm_object_count_death(heap);
    hm_die_end(heap);
    hm_freelist_give_block(heap, HM_FREELIST_DICT, object, sizeof(hm_dict));
}

/* Drops a reference (NULL: none), unless its object would die by it: false. */
static HM_ALWAYS_INLINE bool drop_survivor(hm_object *object)
{
    if (object == NULL)
        return true;
    uint32_t references = object->reference_count - 1;
    if (HM_LIKELY((int32_t)references > 0))
        object->reference_count = references;
    return references != 0;
}

/* Drops what the table refers to up to the first object that would die by it; false where there is
 * one: what was dropped is in it no more. */
static HM_ALWAYS_INLINE bool drop_survivors(hm_dict_keys *keys)
{
    for (size_t entry = 0; entry < keys->entry_count; entry++) {
        hm_dict_pair *pair = hm_dict_keys_pair(keys, entry);
        if (drop_survivor(pair->key)) {
            if (drop_survivor(pair->value))
                continue;
            pair->key = NULL;
        }
        while (entry-- > 0)
            *hm_dict_keys_pair(keys, entry) = (hm_dict_pair){NULL, NULL};
        return false;
    }
    return true;
}

/* The quick way, for a dict that never showed an instance's attributes, up to the first entry that
 * dies too. */
static void dict_die(hm_heap *heap, hm_object *object)
{
    hm_dict *dict = (hm_dict *)object;
    if (HM_UNLIKELY(dict->shown != NULL)) {
        hm_object_deallocate(heap, object);
        return;
    }
    if (HM_UNLIKELY(heap->ending != 0) || !drop_survivors(dict->keys)) {
        die_in_order(heap, object);
        return;
    }
    hm_dict_keys_free(heap, dict->keys);
    if (hm_is_tracked(object))
        hm_gc_list_remove(hm_gc_link_of(object));
    else
        heap->untracked_objects--;
    if (!hm_freelist_push(heap, HM_FREELIST_DICT, object))
        hm_container_free_block(heap, object, sizeof(hm_dict));
}

const hm_type hm_dict_type = {.name = "dict",
                              .basic_size = sizeof(hm_dict),
                              .flags = HM_TYPE_CONTAINER | HM_TYPE_DICT,
                              .traverse = dict_traverse,
                              .clear = hm_dict_clear,
                              .size = dict_size,
                              .die = dict_die,
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
static HM_ALWAYS_INLINE bool has_room(const hm_dict_keys *keys, const hm_object *key)
{
    return keys->entry_count < keys->room &&
           (!hm_dict_keys_str_only(keys) || hm_is(key, &hm_str_type));
}

static HM_ALWAYS_INLINE void add(hm_dict *dict, hm_object *key, uint64_t hash, hm_object *value,
                                 size_t slot, uint32_t tag, unsigned width_log2)
{
    hm_dict_add(dict->keys, slot, tag, hm_incref(key), hash, hm_incref(value), width_log2);
    dict->length++;
    dict->version++;
}

/* Moves the entries to where there is room, or where their hashes are mixed otherwise, and looks
 * once more where the key belongs. */
static bool move_entries(hm_heap *heap, hm_dict *dict, hm_object *key, uint64_t hash,
                         hm_dict_place *place)
{
    if (has_room(dict->keys, key))
        hm_dict_keys_mix_again(heap, dict->keys, dict->length);
    else if (!make_room(heap, dict, hm_is(key, &hm_str_type)))
        return false;
    if (dict->shown != NULL)
        dict->shown->ordered_keys = NULL;
    *place = hm_dict_find(dict->keys, key, hash);
    return true;
}

/* A store wherever the key's entry is or has to be. */
static HM_NOINLINE bool set_hashed(hm_heap *heap, hm_dict *dict, hm_object *key, hm_object *value,
                                   uint64_t hash, bool track)
{
    hm_dict_place place = hm_dict_find(dict->keys, key, hash);
    bool stays = place.pair != NULL || (has_room(dict->keys, key) && !place.crowded);
    if (!stays && !move_entries(heap, dict, key, hash, &place))
        return false;
    if (track)
        maintain_tracking(heap, &dict->base, key, value);
    if (place.pair != NULL) {
        dict->version++;
        hm_store(heap, &dict->base, &place.pair->value, hm_incref(value));
        return true;
    }
    if (dict->length != dict->keys->entry_count)
        place.slot = hm_dict_keys_free_slot(dict->keys, hash);
    if (heap->on_store != NULL) {
        heap->on_store(heap, &dict->base, key);
        heap->on_store(heap, &dict->base, value);
    }
    unsigned width_log2 = dict->keys->width_log2;
    uint32_t tag = hm_dict_probe_begin(dict->keys, hash, width_log2).tag;
    add(dict, key, hash, value, place.slot, tag, width_log2);
    if (HM_UNLIKELY(hm_dict_shows(&dict->base) != NULL))
        share_new_key(dict, key);
    return true;
}

static HM_NOINLINE bool set_anywhere(hm_heap *heap, hm_object *dict, hm_object *key,
                                     hm_object *value, bool track)
{
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash) && !hm_object_hash(heap, key, &hash))
        return false;
    return set_hashed(heap, (hm_dict *)dict, key, value, hash, track);
}

static HM_NOINLINE bool drop(hm_heap *heap, hm_object *old)
{
    hm_decref(heap, old);
    return true;
}

/* The first key of a dict without a table, which nobody wants to be told of. */
static HM_NOINLINE bool set_first(hm_heap *heap, hm_dict *dict, hm_object *key, hm_object *value,
                                  uint64_t hash)
{
    hm_dict_keys *keys = hm_dict_keys_first(heap, hm_is(key, &hm_str_type));
    if (HM_UNLIKELY(keys == NULL))
        return false;
    dict->keys = keys;
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, 0);
    add(dict, key, hash, value, probe.slot, probe.tag, 0);
    return true;
}

/* The short way where a key's first two slots are taken: a look at its groups, and an entry added
 * if that is all there is to do. */
static HM_ALWAYS_INLINE bool set_farther(hm_heap *heap, hm_dict *dict, hm_object *key,
                                         hm_object *value, uint64_t hash, unsigned width_log2)
{
    hm_dict_keys *keys = dict->keys;
    if (!has_room(keys, key) || dict->length != keys->entry_count)
        return set_hashed(heap, dict, key, value, hash, true);
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, width_log2);
    hm_dict_place place = hm_dict_find_in_groups(keys, key, hash, probe, width_log2);
    if (HM_UNLIKELY(place.pair != NULL) || HM_UNLIKELY(place.crowded))
        return set_hashed(heap, dict, key, value, hash, true);
    add(dict, key, hash, value, place.slot, probe.tag, width_log2);
    return true;
}

/* The short way of a store, of an int or a str in a table of this width, where nobody wants to be
 * told. Without a call, so that it has registers enough; false: nothing is done. */
static HM_ALWAYS_INLINE bool set_shortly(hm_heap *heap, hm_dict *dict, hm_object *key,
                                         hm_object *value, uint64_t hash, unsigned width_log2)
{
    hm_dict_glance seen = hm_dict_glance_at(dict->keys, key, hash, width_log2);
    if (seen.empty && has_room(dict->keys, key)) {
        add(dict, key, hash, value, seen.slot, seen.tag, width_log2);
        return true;
    }
    if (seen.pair == NULL)
        return false;
    hm_object *old = seen.pair->value;
    seen.pair->value = hm_incref(value);
    dict->version++;
    if (hm_is_immortal(old))
        return true;
    if (old->reference_count <= 1)
        return drop(heap, old);
    old->reference_count--;
    return true;
}

/* Functions a width, so that none saves registers for another. */
#define DEFINE_SET(width_log2)                                                                     \
    static HM_NOINLINE bool set_farther_##width_log2(hm_heap *heap, hm_dict *dict, hm_object *key, \
                                                     hm_object *value, uint64_t hash)              \
    {                                                                                              \
        return set_farther(heap, dict, key, value, hash, width_log2);                              \
    }                                                                                              \
    static HM_NOINLINE bool set_##width_log2(hm_heap *heap, hm_dict *dict, hm_object *key,         \
                                             hm_object *value, uint64_t hash)                      \
    {                                                                                              \
        if (HM_LIKELY(set_shortly(heap, dict, key, value, hash, width_log2)))                      \
            return true;                                                                           \
        if ((width_log2) == 0 && dict->keys == hm_dict_keys_empty)                                 \
            return set_first(heap, dict, key, value, hash);                                        \
        return set_farther_##width_log2(heap, dict, key, value, hash);                             \
    }

DEFINE_SET(0)
DEFINE_SET(1)
DEFINE_SET(2)

bool hm_dict_set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash) || heap->on_store != NULL || dict->shown != NULL ||
        (hm_is_container(value) && !hm_is_tracked(object)))
        return set_anywhere(heap, object, key, value, true);
    if (dict->keys->width_log2 == 1)
        return set_1(heap, dict, key, value, hash);
    if (dict->keys->width_log2 == 0)
        return set_0(heap, dict, key, value, hash);
    return set_2(heap, dict, key, value, hash);
}

bool hm_dict_set_shown(hm_heap *heap, hm_object *dict, hm_object *key, hm_object *value)
{
    return set_anywhere(heap, dict, key, value, false);
}

static HM_NOINLINE hm_object *get_hashed(const hm_dict_keys *keys, const hm_object *key,
                                         uint64_t hash)
{
    hm_dict_place place = hm_dict_find(keys, key, hash);
    return place.pair == NULL ? NULL : place.pair->value;
}

static HM_NOINLINE hm_object *get_anywhere(hm_heap *heap, const hm_dict *dict, hm_object *key)
{
    uint64_t hash;
    return hm_object_hash(heap, key, &hash) ? get_hashed(dict->keys, key, hash) : NULL;
}

/* The short way of a look-up in a table of this width. */
static HM_ALWAYS_INLINE hm_object *get_shortly(const hm_dict_keys *keys, const hm_object *key,
                                               uint64_t hash, unsigned width_log2)
{
    hm_dict_place place = hm_dict_peek(keys, key, hash, width_log2);
    return HM_LIKELY(place.pair != NULL) ? place.pair->value : get_hashed(keys, key, hash);
}

hm_object *hm_dict_get(hm_heap *heap, hm_object *object, hm_object *key)
{
    const hm_dict *dict = (const hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (HM_UNLIKELY(!hm_key_hash_at_hand(key, &hash)))
        return get_anywhere(heap, dict, key);
    if (dict->keys->width_log2 == 0)
        return get_shortly(dict->keys, key, hash, 0);
    if (dict->keys->width_log2 == 1)
        return get_shortly(dict->keys, key, hash, 1);
    return get_shortly(dict->keys, key, hash, 2);
}

/* Takes an entry out; its references are the caller's. */
static HM_ALWAYS_INLINE hm_dict_pair take(hm_dict *dict, hm_dict_place place, unsigned width_log2)
{
    hm_dict_pair pair = *place.pair;
    hm_dict_remove(dict->keys, place, width_log2);
    dict->length--;
    dict->version++;
    return pair;
}

static HM_NOINLINE bool drop_pair(hm_heap *heap, hm_object *key, hm_object *value)
{
    hm_decref(heap, key);
    hm_decref(heap, value);
    return true;
}

static HM_NOINLINE bool delete_hashed(hm_heap *heap, hm_dict *dict, const hm_object *key,
                                      uint64_t hash)
{
    hm_dict_place place = hm_dict_find(dict->keys, key, hash);
    if (place.pair == NULL)
        return hm_fail(heap, HM_KEY_ERROR, "the dict has no such key");
    hm_dict_pair old = take(dict, place, dict->keys->width_log2);
    return drop_pair(heap, old.key, old.value);
}

static HM_ALWAYS_INLINE bool delete_shortly(hm_heap *heap, hm_dict *dict, const hm_object *key,
                                            uint64_t hash, unsigned width_log2)
{
    hm_dict_place place = hm_dict_peek(dict->keys, key, hash, width_log2);
    if (HM_UNLIKELY(place.pair == NULL))
        return delete_hashed(heap, dict, key, hash);
    hm_dict_pair old = take(dict, place, width_log2);
    return drop_pair(heap, old.key, old.value);
}

bool hm_dict_delete(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash)) {
        if (!hm_object_hash(heap, key, &hash))
            return false;
        return delete_hashed(heap, dict, key, hash);
    }
    if (dict->keys->width_log2 == 0)
        return delete_shortly(heap, dict, key, hash, 0);
    if (dict->keys->width_log2 == 1)
        return delete_shortly(heap, dict, key, hash, 1);
    return delete_shortly(heap, dict, key, hash, 2);
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
    hm_dict_pair popped = take(dict, hm_dict_keys_place_of(keys, last), keys->width_log2);
    *key = popped.key;
    *value = popped.value;
    keys->room -= keys->entry_count - (uint32_t)last; /* their slots stay used */
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
