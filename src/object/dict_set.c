/**
 * This module is the stores of a dict (dict.h), so that the short ways of one, a function each
 * kind of table, stand beside the long one that does whatever else there is to do: make room, tell
 * collectors, follow the rules of dicts that show an instance's attributes.
 */
#include "object/dict_index.h"
#include "object/freelist.h"
#include "object/runtime.h"
#include "object/text.h"

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

/* True where one more entry of this kind of key goes into the table, which is of `kind`, as it is.
 */
static HM_ALWAYS_INLINE bool has_room(const hm_dict_keys *keys, const hm_object *key, unsigned kind)
{
    return keys->entry_count < keys->room &&
           ((kind & HM_KIND_STR) == 0 || hm_is(key, &hm_str_type));
}

static HM_ALWAYS_INLINE void add(hm_dict *dict, hm_object *key, uint64_t hash, hm_object *value,
                                 void *at, uint32_t tag, unsigned kind)
{
    hm_dict_add(dict->keys, at, tag, hm_incref(key), hash, hm_incref(value), kind);
    dict->length++;
    dict->version++;
}

static HM_ALWAYS_INLINE void add_small(hm_dict *dict, hm_object *key, uint64_t hash,
                                       hm_object *value)
{
    hm_small_add(hm_dict_small(dict->keys), hm_incref(key), hash, hm_incref(value));
    dict->length++;
    dict->version++;
}

static void add_in_slot(hm_dict *dict, hm_object *key, uint64_t hash, hm_object *value, size_t slot)
{
    unsigned kind = dict->keys->kind;
    uint32_t tag = hm_dict_probe_begin(dict->keys, hash, kind).tag;
    add(dict, key, hash, value, hm_dict_slot_at(dict->keys, slot, kind), tag, kind);
}

/* Moves the entries to where there is room, or where their hashes are mixed otherwise, and looks
 * once more where the key belongs. */
static bool move_entries(hm_heap *heap, hm_dict *dict, hm_object *key, uint64_t hash,
                         hm_dict_place *place)
{
    if (has_room(dict->keys, key, dict->keys->kind))
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
    bool stays =
        place.pair != NULL || (has_room(dict->keys, key, dict->keys->kind) && !place.crowded);
    if (!stays && !move_entries(heap, dict, key, hash, &place))
        return false;
    if (track)
        maintain_tracking(heap, &dict->base, key, value);
    if (place.pair != NULL) {
        dict->version++;
        hm_store(heap, &dict->base, &place.pair->value, hm_incref(value));
        return true;
    }
    bool small = hm_dict_is_small(dict->keys);
    if (dict->length != dict->keys->entry_count && !small)
        place.slot = hm_dict_keys_free_slot(dict->keys, hash);
    if (heap->on_store != NULL) {
        heap->on_store(heap, &dict->base, key);
        heap->on_store(heap, &dict->base, value);
    }
    if (small)
        add_small(dict, key, hash, value);
    else
        add_in_slot(dict, key, hash, value, place.slot);
    if (HM_UNLIKELY(hm_dict_shows(&dict->base) != NULL))
        share_new_key(dict, key);
    return true;
}

static HM_NOINLINE bool set_anywhere(hm_heap *heap, hm_object *dict, hm_object *key,
                                     hm_object *value, bool track)
{
    uint64_t hash;
    if (!hm_key_hash(heap, key, &hash))
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
    if (hm_dict_is_small(keys))
        add_small(dict, key, hash, value);
    else
        add_in_slot(dict, key, hash, value, hm_dict_probe_begin(keys, hash, 0).slot);
    return true;
}

/* The first key of a dict without a table, a str, where a table waits for it. */
static HM_ALWAYS_INLINE bool set_first_str(hm_heap *heap, hm_dict *dict, hm_object *key,
                                           hm_object *value, uint64_t hash)
{
    hm_small_keys *small = hm_freelist_take_spare(&heap->freelists[HM_FREELIST_DICT_KEYS]);
    if (HM_UNLIKELY(small == NULL))
        return set_first(heap, dict, key, value, hash);
    hm_small_begin(small, hm_incref(key), hash, hm_incref(value));
    dict->keys = &small->keys;
    dict->length = 1;
    dict->version++;
    return true;
}

/* The short way where a key's first two slots are taken: a look at its groups, and an entry added
 * if that is all there is to do. */
static HM_ALWAYS_INLINE bool set_farther(hm_heap *heap, hm_dict *dict, hm_object *key,
                                         hm_object *value, uint64_t hash, unsigned kind)
{
    hm_dict_keys *keys = dict->keys;
    if (!has_room(keys, key, kind) || dict->length != keys->entry_count)
        return set_hashed(heap, dict, key, value, hash, true);
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, kind);
    hm_dict_place place = hm_dict_find_in_groups(keys, key, hash, probe, kind);
    if (HM_UNLIKELY(place.pair != NULL) || HM_UNLIKELY(place.crowded))
        return set_hashed(heap, dict, key, value, hash, true);
    add(dict, key, hash, value, hm_dict_slot_at(keys, place.slot, kind), probe.tag, kind);
    return true;
}

static HM_ALWAYS_INLINE bool replace(hm_heap *heap, hm_dict *dict, hm_dict_pair *pair,
                                     hm_object *value)
{
    hm_object *old = pair->value;
    pair->value = hm_incref(value);
    dict->version++;
    if (hm_is_immortal(old))
        return true;
    if (old->reference_count <= 1)
        return drop(heap, old);
    old->reference_count--;
    return true;
}

/* Functions a kind of table, so that none saves registers for another: the short way of a store, of
 * an int or a str in a table of this kind, where nobody wants to be told, and the farther one. What
 * the short way calls it calls last, so that it saves no registers around a call. */
#define DEFINE_SET(name, kind)                                                                     \
    static HM_NOINLINE bool set_farther_##name(hm_heap *heap, hm_dict *dict, hm_object *key,       \
                                               hm_object *value, uint64_t hash)                    \
    {                                                                                              \
        return set_farther(heap, dict, key, value, hash, kind);                                    \
    }                                                                                              \
    static HM_NOINLINE bool set_##name(hm_heap *heap, hm_dict *dict, hm_object *key,               \
                                       hm_object *value, uint64_t hash)                            \
    {                                                                                              \
        hm_dict_glance seen = hm_dict_glance_at(dict->keys, key, hash, kind);                      \
        if (HM_LIKELY(seen.empty) && HM_LIKELY(has_room(dict->keys, key, kind))) {                 \
            add(dict, key, hash, value, seen.at, seen.tag, kind);                                  \
            return true;                                                                           \
        }                                                                                          \
        if (seen.pair != NULL)                                                                     \
            return replace(heap, dict, seen.pair, value);                                          \
        return set_farther_##name(heap, dict, key, value, hash);                                   \
    }

DEFINE_SET(any_0, HM_KIND_ANY | 0)
DEFINE_SET(any_1, HM_KIND_ANY | 1)
DEFINE_SET(any_2, HM_KIND_ANY | 2)
DEFINE_SET(str_0, HM_KIND_STR | 0)
DEFINE_SET(str_1, HM_KIND_STR | 1)
DEFINE_SET(str_2, HM_KIND_STR | 2)

/* Whether nobody has to be told of a store of this value. */
static HM_ALWAYS_INLINE bool stores_untold(const hm_heap *heap, const hm_dict *dict,
                                           const hm_object *value)
{
    return ((uintptr_t)heap->on_store | (uintptr_t)dict->shown) == 0 &&
           (HM_LIKELY(!hm_is_container(value)) || hm_is_tracked(&dict->base));
}

/* Another key of a small table, or the first of an empty one. */
static HM_NOINLINE bool set_small_otherwise(hm_heap *heap, hm_dict *dict, hm_object *key,
                                            hm_object *value, uint64_t hash)
{
    if (dict->keys == hm_dict_keys_empty)
        return set_first(heap, dict, key, value, hash);
    return set_hashed(heap, dict, key, value, hash, true);
}

/* A store by a key at hand in a table of any kind. */
static HM_NOINLINE bool set_by_kind(hm_heap *heap, hm_dict *dict, hm_object *key, hm_object *value,
                                    uint64_t hash)
{
    switch (dict->keys->kind) {
    case HM_KIND_ANY | 0:
        return set_any_0(heap, dict, key, value, hash);
    case HM_KIND_ANY | 1:
        return set_any_1(heap, dict, key, value, hash);
    case HM_KIND_ANY | 2:
        return set_any_2(heap, dict, key, value, hash);
    case HM_KIND_STR | 0:
        return set_str_0(heap, dict, key, value, hash);
    case HM_KIND_STR | 1:
        return set_str_1(heap, dict, key, value, hash);
    case HM_KIND_STR | 2:
        return set_str_2(heap, dict, key, value, hash);
    default:
        return set_small_otherwise(heap, dict, key, value, hash);
    }
}

/* A store of a str in a small table. */
static HM_ALWAYS_INLINE bool set_small(hm_heap *heap, hm_dict *dict, hm_object *key,
                                       hm_object *value, uint64_t hash)
{
    hm_small_keys *small = hm_dict_small(dict->keys);
    if (&small->keys == hm_dict_keys_empty)
        return set_first_str(heap, dict, key, value, hash);
    unsigned match = hm_small_match(small->tags, hash);
    if (HM_UNLIKELY(match != 0)) {
        hm_dict_pair *pair = &small->pairs[__builtin_ctz(match)];
        if (pair->key == key)
            return replace(heap, dict, pair, value);
        return set_small_otherwise(heap, dict, key, value, hash);
    }
    if (HM_UNLIKELY(small->keys.entry_count >= small->keys.room))
        return set_small_otherwise(heap, dict, key, value, hash);
    add_small(dict, key, hash, value);
    return true;
}

bool hm_dict_set(hm_heap *heap, hm_object *object, hm_object *key, hm_object *value)
{
    hm_dict *dict = (hm_dict *)object;
    HM_ASSERT(hm_is(object, &hm_dict_type));
    uint64_t hash;
    if (HM_LIKELY(hm_is(key, &hm_str_type))) {
        hash = ((const hm_str *)key)->hash;
        if (HM_UNLIKELY(hash == 0) || HM_UNLIKELY(!stores_untold(heap, dict, value)))
            return set_anywhere(heap, object, key, value, true);
        if (HM_LIKELY(hm_dict_is_small(dict->keys)))
            return set_small(heap, dict, key, value, hash);
    } else {
        if (HM_UNLIKELY(!hm_int_hash_at_hand(key, &hash)) ||
            HM_UNLIKELY(!stores_untold(heap, dict, value)))
            return set_anywhere(heap, object, key, value, true);
        if (HM_LIKELY(dict->keys->kind == (HM_KIND_ANY | 1)))
            return set_any_1(heap, dict, key, value, hash);
        if (HM_LIKELY(dict->keys->kind == (HM_KIND_ANY | 2)))
            return set_any_2(heap, dict, key, value, hash);
    }
    return set_by_kind(heap, dict, key, value, hash);
}

bool hm_dict_set_shown(hm_heap *heap, hm_object *dict, hm_object *key, hm_object *value)
{
    return set_anywhere(heap, dict, key, value, false);
}
