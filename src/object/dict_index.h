/**
 * This module is the index of a dict's table: where a key's entry is looked for, so that a lookup
 * reads one or two lines of the index and, as a rule, no entry but its own.
 *
 * A small table (dict_small.h) has none.
 *
 * Words: a *slot* is a word of 1, 2 or 4 bytes; its low bits are the number of an entry and its
 * high bits the *tag*, bits of the mixed hash. A *group* is 8 slots, compared at once. A key has a
 * *home*, a slot, and the home a *partner*, the other one of an aligned pair. It lies in the first
 * of these that was empty: its home, the partner, any slot of their group, any of another group
 * (triangular steps over the groups).
 *
 * The hash that Python sees stays as it is; the index mixes it: the upper 60 bits by multiplication
 * (Dietzfelbinger and others, "A reliable randomized algorithm for the closest-pair problem",
 * 1997), so that strides spread, while 16 neighbours stay together in 16 slots, so that sequential
 * ints touch the index in order. Groups compared at once and their empty slots as the end of a
 * search are those of Abseil's Swiss tables; tags beside entry numbers spare the entry's cache
 * miss.
 *
 * Invariant: a slot that was used becomes empty by a rebuild only. So a key whose home is empty is
 * not there, nor is one whose home has another and whose partner is empty, nor one that is not in
 * its groups up to the first with an empty slot.
 */
#ifndef HM_OBJECT_DICT_INDEX_H
#define HM_OBJECT_DICT_INDEX_H

#include "object/dict_small.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <string.h>

enum { HM_GROUP_SLOTS = 8, HM_NEIGHBOURS = 16 };

/** A slot of no entry: never used, or used by an entry that was removed. */
enum { HM_SLOT_EMPTY = -1, HM_SLOT_REMOVED = -2 };

/** Where a search begins and what it looks for. */
typedef struct hm_dict_probe {
    size_t slot;    /**< the home */
    uint32_t tag;   /**< as a slot has it, without the entry */
    uint32_t mixed; /**< the same with bits of the hash where the entry goes */
} hm_dict_probe;

static HM_ALWAYS_INLINE hm_dict_probe hm_dict_probe_begin(const hm_dict_keys *keys, uint64_t hash,
                                                          unsigned kind)
{
    bool str_only = (kind & HM_KIND_STR) != 0;
    uint64_t neighbour = str_only ? 0 : hash % HM_NEIGHBOURS;
    uint64_t product = (str_only ? hash : hash / HM_NEIGHBOURS) * keys->multiplier;
    if (hm_kind_width(kind) < 2) {
        unsigned bits = 8U << hm_kind_width(kind);
        uint32_t upper = (uint32_t)(product >> 32);
        uint32_t tag = (upper ^ (uint32_t)neighbour << (bits - 4)) & (UINT32_MAX >> (32 - bits));
        size_t slot = upper >> keys->shift ^ neighbour;
        return (hm_dict_probe){.slot = hm_kind_width(kind) == 0 ? slot & keys->slot_mask : slot,
                               .tag = tag & ~keys->slot_mask,
                               .mixed = tag};
    }
    uint64_t mixed = product >> keys->shift;
    uint32_t tag = (uint32_t)mixed ^ (uint32_t)(neighbour << 28);
    return (hm_dict_probe){
        .slot = mixed >> 32 ^ neighbour, .tag = tag & ~keys->slot_mask, .mixed = tag};
}

/** Where a slot lies. */
static HM_ALWAYS_INLINE void *hm_dict_slot_at(const hm_dict_keys *keys, size_t slot, unsigned kind)
{
    return keys->index + (slot << hm_kind_width(kind));
}

/** The slot that lies there, or its partner: an index begins at a multiple of two slots. Without a
 * branch, for which it is cannot be guessed. */
static HM_ALWAYS_INLINE void *hm_dict_partner_if(bool partner, void *at, unsigned kind)
{
    return (void *)((uintptr_t)at ^ (uintptr_t)partner << hm_kind_width(kind));
}

/** The word of the slot that lies there. */
static HM_ALWAYS_INLINE uint32_t hm_dict_word_get(const void *at, unsigned kind)
{
    switch (hm_kind_width(kind)) {
    case 0:
        return *(const uint8_t *)at;
    case 1:
        return *(const uint16_t *)at;
    default:
        return *(const uint32_t *)at;
    }
}

static HM_ALWAYS_INLINE void hm_dict_word_set(void *at, unsigned kind, uint32_t word)
{
    switch (hm_kind_width(kind)) {
    case 0:
        *(uint8_t *)at = (uint8_t)word;
        break;
    case 1:
        *(uint16_t *)at = (uint16_t)word;
        break;
    default:
        *(uint32_t *)at = word;
        break;
    }
}

static HM_ALWAYS_INLINE uint32_t hm_dict_slot_get(const hm_dict_keys *keys, size_t slot,
                                                  unsigned kind)
{
    return hm_dict_word_get(hm_dict_slot_at(keys, slot, kind), kind);
}

static HM_ALWAYS_INLINE void hm_dict_slot_set(hm_dict_keys *keys, size_t slot, unsigned kind,
                                              uint32_t word)
{
    hm_dict_word_set(hm_dict_slot_at(keys, slot, kind), kind, word);
}

/** A slot's word as HM_SLOT_EMPTY and HM_SLOT_REMOVED have it at this width. */
static HM_ALWAYS_INLINE uint32_t hm_dict_special(int slot, unsigned kind)
{
    return (uint32_t)slot & (UINT32_MAX >> (32 - (8U << hm_kind_width(kind))));
}

/**
 * Bit n: slot n of the group has this tag; bit 8 + n: it is empty. An empty slot may seem to have
 * the tag.
 */
#ifdef __SSE2__
static HM_ALWAYS_INLINE unsigned hm_dict_group_match(const hm_dict_keys *keys, size_t group,
                                                     uint32_t tag, unsigned kind)
{
    const char *at = (const char *)keys->index + (group << hm_kind_width(kind));
    __m128i none = _mm_set1_epi8(-1), matching, empty;
    if (hm_kind_width(kind) == 0) {
        __m128i slots = _mm_loadl_epi64((const __m128i *)(const void *)at);
        __m128i mask = _mm_set1_epi8((char)~keys->slot_mask);
        matching = _mm_cmpeq_epi8(_mm_and_si128(slots, mask), _mm_set1_epi8((char)tag));
        empty = _mm_cmpeq_epi8(slots, none);
        return (unsigned)_mm_movemask_epi8(_mm_unpacklo_epi64(matching, empty));
    }
    __m128i slots = _mm_loadu_si128((const __m128i *)(const void *)at);
    if (hm_kind_width(kind) == 1) {
        __m128i mask = _mm_set1_epi16((short)~keys->slot_mask);
        matching = _mm_cmpeq_epi16(_mm_and_si128(slots, mask), _mm_set1_epi16((short)tag));
        empty = _mm_cmpeq_epi16(slots, none);
    } else {
        __m128i upper = _mm_loadu_si128((const __m128i *)(const void *)(at + 16));
        __m128i mask = _mm_set1_epi32((int)~keys->slot_mask), tags = _mm_set1_epi32((int)tag);
        matching = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_and_si128(slots, mask), tags),
                                   _mm_cmpeq_epi32(_mm_and_si128(upper, mask), tags));
        empty = _mm_packs_epi32(_mm_cmpeq_epi32(slots, none), _mm_cmpeq_epi32(upper, none));
    }
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(matching, empty));
}
#else
static HM_ALWAYS_INLINE unsigned hm_dict_group_match(const hm_dict_keys *keys, size_t group,
                                                     uint32_t tag, unsigned kind)
{
    unsigned found = 0;
    for (unsigned place = 0; place < HM_GROUP_SLOTS; place++) {
        uint32_t word = hm_dict_slot_get(keys, group + place, kind);
        uint32_t all = hm_dict_special(HM_SLOT_EMPTY, kind);
        found |= (unsigned)((word & ~keys->slot_mask & all) == tag) << place;
        found |= (unsigned)(word == all) << (HM_GROUP_SLOTS + place);
    }
    return found;
}
#endif

/** The slot with the same place in the group that is tried after `tried` others. */
static HM_ALWAYS_INLINE size_t hm_dict_next_group(const hm_dict_keys *keys, size_t slot,
                                                  size_t tried)
{
    return (slot + tried * HM_GROUP_SLOTS) & keys->slot_mask;
}

/** The entry that a slot names, where it is that of this key; else NULL. */
static HM_ALWAYS_INLINE hm_dict_pair *hm_dict_pair_if(const hm_dict_keys *keys, uint32_t word,
                                                      const hm_object *key, uint64_t hash,
                                                      unsigned kind)
{
    if (HM_UNLIKELY(word == hm_dict_special(HM_SLOT_REMOVED, kind)))
        return NULL;
    hm_dict_pair *pair = hm_dict_kind_pair(keys, word & keys->slot_mask, kind);
    if (HM_LIKELY(pair->key == key) || hm_dict_entry_equals(keys, pair, key, hash))
        return pair;
    return NULL;
}

/** The slot for a new key in a group that has empty ones, of which `empty` has a bit each: its
 * home, the home's partner, any. */
static HM_ALWAYS_INLINE size_t hm_dict_choose_empty(size_t slot, unsigned empty)
{
    unsigned home = slot & (HM_GROUP_SLOTS - 1);
    if (empty >> home & 1)
        return slot;
    if (empty >> (home ^ 1) & 1)
        return slot ^ 1;
    return slot - home + (unsigned)__builtin_ctz(empty);
}

/** The search group by group. */
static HM_ALWAYS_INLINE hm_dict_place hm_dict_find_in_groups(const hm_dict_keys *keys,
                                                             const hm_object *key, uint64_t hash,
                                                             hm_dict_probe probe, unsigned kind)
{
    size_t slot = probe.slot;
    for (size_t tried = 1;; tried++) {
        size_t group = slot & ~(size_t)(HM_GROUP_SLOTS - 1);
        unsigned found = hm_dict_group_match(keys, group, probe.tag, kind);
        unsigned empty = found >> HM_GROUP_SLOTS;
        for (unsigned matching = found & 0xff & ~empty; matching != 0; matching &= matching - 1) {
            size_t at = group + (unsigned)__builtin_ctz(matching);
            uint32_t word = hm_dict_slot_get(keys, at, kind);
            hm_dict_pair *pair = hm_dict_pair_if(keys, word, key, hash, kind);
            if (HM_LIKELY(pair != NULL))
                return (hm_dict_place){.pair = pair, .slot = at};
        }
        if (HM_LIKELY(empty != 0))
            return (hm_dict_place){.slot = hm_dict_choose_empty(slot, empty),
                                   .crowded = tried > HM_CROWDED_GROUPS};
        slot = hm_dict_next_group(keys, slot, tried);
    }
}

/** The place of this key. */
static inline hm_dict_place hm_dict_find(const hm_dict_keys *keys, const hm_object *key,
                                         uint64_t hash)
{
    unsigned kind = keys->kind;
    if (kind == HM_KIND_SMALL)
        return hm_small_find(keys, key, hash);
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, kind);
    switch (kind) {
    case HM_KIND_ANY | 0:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_ANY | 0);
    case HM_KIND_ANY | 1:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_ANY | 1);
    case HM_KIND_ANY | 2:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_ANY | 2);
    case HM_KIND_STR | 0:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_STR | 0);
    case HM_KIND_STR | 1:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_STR | 1);
    default:
        return hm_dict_find_in_groups(keys, key, hash, probe, HM_KIND_STR | 2);
    }
}

/** A look at a key's home and the slot beside it: what both, or the first alone, told. */
typedef struct hm_dict_glance {
    hm_dict_pair *pair; /**< of its entry, which is there; else NULL */
    void *at;           /**< a slot */
    uint32_t tag;
    bool empty; /**< it has no entry, and the slot is free for one */
} hm_dict_glance;

/** Which of the two slots has the key's tag; the second where none has. `*entry`: of what it says,
 * and, where its tag is another, no entry's number or in a table that a cache holds any. */
static HM_ALWAYS_INLINE size_t hm_dict_choose(const hm_dict_keys *keys, hm_dict_probe probe,
                                              unsigned kind, uint32_t *entry)
{
    if (hm_kind_width(kind) == 1) {
        uint32_t differing = hm_dict_slot_get(keys, probe.slot, kind) ^ probe.mixed;
        size_t chosen = probe.slot ^ (size_t)(differing > keys->slot_mask);
        *entry = hm_dict_slot_get(keys, chosen, kind) & keys->slot_mask;
        return chosen;
    }
    uint32_t first = hm_dict_slot_get(keys, probe.slot, kind) ^ probe.tag;
    size_t slot = probe.slot ^ (size_t)(first >= keys->entry_count);
    *entry = hm_dict_slot_get(keys, slot, kind) ^ probe.tag;
    return slot;
}

/**
 * Looks at the two slots where the key most likely is and compares by identity only: mostly that
 * finds it, in few instructions and registers and with hardly a branch that is hard to guess.
 */
static HM_ALWAYS_INLINE hm_dict_place hm_dict_peek(const hm_dict_keys *keys, const hm_object *key,
                                                   uint64_t hash, unsigned kind)
{
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, kind);
    uint32_t entry;
    size_t slot = hm_dict_choose(keys, probe, kind, &entry);
    if (HM_UNLIKELY(entry >= keys->entry_count))
        return (hm_dict_place){.pair = NULL};
    hm_dict_pair *pair = hm_dict_kind_pair(keys, entry, kind);
    return (hm_dict_place){.pair = HM_LIKELY(pair->key == key) ? pair : NULL, .slot = slot};
}

/** The same for a key that is perhaps not there and then wants a slot. Where that lies and the tag
 * are all that lives on from one look to the next, for registers are few. */
static HM_ALWAYS_INLINE hm_dict_glance hm_dict_glance_at(const hm_dict_keys *keys,
                                                         const hm_object *key, uint64_t hash,
                                                         unsigned kind)
{
    uint32_t nothing = hm_dict_special(HM_SLOT_EMPTY, kind);
    hm_dict_probe probe = hm_dict_probe_begin(keys, hash, kind);
    hm_dict_glance seen = {.at = hm_dict_slot_at(keys, probe.slot, kind), .tag = probe.tag};
    uint32_t word = hm_dict_word_get(seen.at, kind);
    if ((word ^ probe.tag) >= keys->entry_count) {
        seen.at = hm_dict_partner_if(word != nothing, seen.at, kind);
        word = hm_dict_word_get(seen.at, kind);
        seen.empty = word == nothing;
        if (HM_LIKELY(seen.empty) || (word ^ probe.tag) >= keys->entry_count)
            return seen;
    }
    hm_dict_pair *pair = hm_dict_kind_pair(keys, word ^ probe.tag, kind);
    seen.pair = HM_LIKELY(pair->key == key) ? pair : NULL;
    return seen;
}

/** Adds an entry (stealing both references) for a key that is not there, in the slot where it
 * belongs, which lies `at`; there must be room. */
static HM_ALWAYS_INLINE void hm_dict_add(hm_dict_keys *keys, void *at, uint32_t tag, hm_object *key,
                                         uint64_t hash, hm_object *value, unsigned kind)
{
    HM_ASSERT(keys->entry_count < keys->room);
    uint32_t entry = keys->entry_count++;
    hm_dict_word_set(at, kind, tag | entry);
    hm_dict_pair *pair = hm_dict_kind_pair(keys, entry, kind);
    *pair = (hm_dict_pair){key, value};
    if ((kind & HM_KIND_STR) == 0)
        ((uint64_t *)(void *)pair)[-1] = hash;
}

/** Removes the entry at this place; references untouched. Its slot stays used, so that a search
 * goes on from there. */
static HM_ALWAYS_INLINE void hm_dict_remove(hm_dict_keys *keys, hm_dict_place place, unsigned kind)
{
    *place.pair = (hm_dict_pair){NULL, NULL};
    if (kind == HM_KIND_SMALL) {
        hm_small_forget(keys, place.slot);
        return;
    }
    hm_dict_slot_set(keys, place.slot, kind, hm_dict_special(HM_SLOT_REMOVED, kind));
}

#endif
