/**
 * This module is how a dict's entries are looked up and taken out (dict.h), the short ways first.
 */
#include "object/dict_index.h"
#include "object/runtime.h"
#include "object/text.h"

/* The hash stands first and the key third, where hm_dict_get has it: so a look-up ends in one of
 * these functions without moving the key. */

static HM_NOINLINE hm_object *get_hashed(uint64_t hash, const hm_dict_keys *keys,
                                         const hm_object *key)
{
    hm_dict_place place = hm_dict_find(keys, key, hash);
    return place.pair == NULL ? NULL : place.pair->value;
}

static HM_NOINLINE hm_object *get_anywhere(hm_heap *heap, const hm_dict *dict, hm_object *key)
{
    uint64_t hash;
    return hm_key_hash(heap, key, &hash) ? get_hashed(hash, dict->keys, key) : NULL;
}

/* The short way of a look-up in a table of this kind. */
static HM_ALWAYS_INLINE hm_object *get_shortly(uint64_t hash, const hm_dict_keys *keys,
                                               const hm_object *key, unsigned kind)
{
    hm_dict_place place = hm_dict_peek(keys, key, hash, kind);
    return HM_LIKELY(place.pair != NULL) ? place.pair->value : get_hashed(hash, keys, key);
}

static HM_ALWAYS_INLINE hm_object *get_small(uint64_t hash, const hm_dict_keys *keys,
                                             const hm_object *key)
{
    const hm_small_keys *small = hm_dict_small(keys);
    unsigned match = hm_small_match(small->tags, hash);
    if (match == 0)
        return NULL;
    const hm_dict_pair *pair = &small->pairs[__builtin_ctz(match)];
    return HM_LIKELY(pair->key == key) ? pair->value : get_hashed(hash, keys, key);
}

/* A look-up by a key at hand in a table of any kind. */
static HM_NOINLINE hm_object *get_by_kind(uint64_t hash, const hm_dict_keys *keys,
                                          const hm_object *key)
{
    switch (keys->kind) {
    case HM_KIND_ANY | 0:
        return get_shortly(hash, keys, key, HM_KIND_ANY | 0);
    case HM_KIND_ANY | 1:
        return get_shortly(hash, keys, key, HM_KIND_ANY | 1);
    case HM_KIND_ANY | 2:
        return get_shortly(hash, keys, key, HM_KIND_ANY | 2);
    case HM_KIND_STR | 0:
        return get_shortly(hash, keys, key, HM_KIND_STR | 0);
    case HM_KIND_STR | 1:
        return get_shortly(hash, keys, key, HM_KIND_STR | 1);
    case HM_KIND_STR | 2:
        return get_shortly(hash, keys, key, HM_KIND_STR | 2);
    default:
        return get_small(hash, keys, key);
    }
}

hm_object *hm_dict_get(hm_heap *heap, hm_object *object, hm_object *key)
{
    const hm_dict *dict = (const hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    const hm_dict_keys *keys = dict->keys;
    uint64_t hash;
    if (HM_LIKELY(hm_is(key, &hm_str_type))) {
        hash = ((const hm_str *)key)->hash;
        if (HM_UNLIKELY(hash == 0))
            return get_anywhere(heap, dict, key);
        if (HM_LIKELY(keys->kind == HM_KIND_SMALL))
            return get_small(hash, keys, key);
        if (HM_LIKELY(keys->kind == (HM_KIND_STR | 1)))
            return get_shortly(hash, keys, key, HM_KIND_STR | 1);
    } else {
        if (HM_UNLIKELY(!hm_int_hash_at_hand(key, &hash)))
            return get_anywhere(heap, dict, key);
        if (HM_LIKELY(keys->kind == (HM_KIND_ANY | 1)))
            return get_shortly(hash, keys, key, HM_KIND_ANY | 1);
        if (HM_LIKELY(keys->kind == (HM_KIND_ANY | 2)))
            return get_shortly(hash, keys, key, HM_KIND_ANY | 2);
    }
    return get_by_kind(hash, keys, key);
}

/* Takes an entry out; its references are the caller's. */
static HM_ALWAYS_INLINE hm_dict_pair take(hm_dict *dict, hm_dict_place place, unsigned kind)
{
    hm_dict_pair pair = *place.pair;
    hm_dict_remove(dict->keys, place, kind);
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
    hm_dict_pair old = take(dict, place, dict->keys->kind);
    return drop_pair(heap, old.key, old.value);
}

static HM_ALWAYS_INLINE bool delete_shortly(hm_heap *heap, hm_dict *dict, const hm_object *key,
                                            uint64_t hash, unsigned kind)
{
    hm_dict_place place = hm_dict_peek(dict->keys, key, hash, kind);
    if (HM_UNLIKELY(place.pair == NULL))
        return delete_hashed(heap, dict, key, hash);
    hm_dict_pair old = take(dict, place, kind);
    return drop_pair(heap, old.key, old.value);
}

bool hm_dict_delete(hm_heap *heap, hm_object *object, hm_object *key)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (!hm_key_hash_at_hand(key, &hash)) {
        if (!hm_key_hash(heap, key, &hash))
            return false;
        return delete_hashed(heap, dict, key, hash);
    }
    switch (dict->keys->kind) {
    case HM_KIND_ANY | 1:
        return delete_shortly(heap, dict, key, hash, HM_KIND_ANY | 1);
    case HM_KIND_ANY | 2:
        return delete_shortly(heap, dict, key, hash, HM_KIND_ANY | 2);
    case HM_KIND_STR | 1:
        return delete_shortly(heap, dict, key, hash, HM_KIND_STR | 1);
    case HM_KIND_STR | 2:
        return delete_shortly(heap, dict, key, hash, HM_KIND_STR | 2);
    default:
        return delete_hashed(heap, dict, key, hash);
    }
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
    hm_dict_pair popped = take(dict, hm_dict_keys_place_of(keys, last), keys->kind);
    *key = popped.key;
    *value = popped.value;
    keys->room -= keys->entry_count - (uint32_t)last; /* their slots stay used */
    keys->entry_count = (uint32_t)last;
    return true;
}
