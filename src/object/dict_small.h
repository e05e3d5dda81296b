/**
 * This module is the smallest table of a dict while its keys are str, which most dicts of a program
 * are, so that it is made, searched, filled and dropped in few instructions.
 *
 * Its index is one word, the *tags*: byte n is 0 where there is no entry n, else its highest bit is
 * set and the others are bits of the hash of its key. So all entries are compared at once, a new
 * key is entered at the end, wherever its hash would have it, and nothing is mixed: a str's hash is
 * mixed already.
 *
 * Invariant: the tags of entries that are not there, never used or removed, are 0. The word
 * is read and written as a whole: a byte stored and a word read would wait for each other.
 */
#ifndef HM_OBJECT_DICT_SMALL_H
#define HM_OBJECT_DICT_SMALL_H

#include "object/dict_keys.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static HM_ALWAYS_INLINE bool hm_dict_is_small(const hm_dict_keys *keys)
{
    return keys->kind == HM_KIND_SMALL;
}

static HM_ALWAYS_INLINE hm_small_keys *hm_dict_small(const hm_dict_keys *keys)
{
    return (hm_small_keys *)(uintptr_t)keys;
}

static HM_ALWAYS_INLINE uint8_t hm_small_tag(uint64_t hash)
{
    return (uint8_t)hash | 0x80;
}

/** Bit n: entry n has the hash's tag. */
static HM_ALWAYS_INLINE unsigned hm_small_match(uint64_t tags, uint64_t hash)
{
#ifdef __SSE2__
    __m128i all = _mm_cvtsi64_si128((long long)tags);
    __m128i sought = _mm_set1_epi8((char)hm_small_tag(hash));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(all, sought));
#else
    unsigned match = 0;
    for (unsigned entry = 0; entry < HM_SMALL_ENTRIES; entry++)
        match |= (unsigned)((uint8_t)(tags >> 8 * entry) == hm_small_tag(hash)) << entry;
    return match;
#endif
}

/** The place of this key; its slot is the number of its entry. */
static inline hm_dict_place hm_small_find(const hm_dict_keys *keys, const hm_object *key,
                                          uint64_t hash)
{
    hm_small_keys *small = hm_dict_small(keys);
    for (unsigned match = hm_small_match(small->tags, hash); match != 0; match &= match - 1) {
        unsigned entry = (unsigned)__builtin_ctz(match);
        hm_dict_pair *pair = &small->pairs[entry];
        if (pair->key == key || hm_dict_entry_equals(keys, pair, key, hash))
            return (hm_dict_place){.pair = pair, .slot = entry};
    }
    return (hm_dict_place){.pair = NULL};
}

/** Byte n of the tags, as a factor: a shift by a variable would need a certain register. */
static const uint64_t hm_small_places[HM_SMALL_ENTRIES] = {1, 1 << 8, 1 << 16, 1 << 24,
                                                           UINT64_C(1) << 32};

/** The tags with that of a new entry. */
static HM_ALWAYS_INLINE uint64_t hm_small_with_tag(uint64_t tags, uint32_t entry, uint64_t hash)
{
    return tags | hm_small_tag(hash) * hm_small_places[entry];
}

/** Adds an entry (stealing both references) for a key that is not there; there must be room. */
static HM_ALWAYS_INLINE void hm_small_add(hm_small_keys *small, hm_object *key, uint64_t hash,
                                          hm_object *value)
{
    HM_ASSERT(small->keys.entry_count < small->keys.room);
    uint32_t entry = small->keys.entry_count++;
    small->tags = hm_small_with_tag(small->tags, entry, hash);
    small->pairs[entry] = (hm_dict_pair){key, value};
}

/** Makes an entry's tag that of none. */
static HM_ALWAYS_INLINE void hm_small_forget(hm_dict_keys *keys, size_t entry)
{
    hm_dict_small(keys)->tags &= ~(UINT64_C(0xff) << 8 * entry);
}

/** Makes a table that was small before, and was kept on a free list since, one of this entry
 * (stealing both references). */
static HM_ALWAYS_INLINE void hm_small_begin(hm_small_keys *small, hm_object *key, uint64_t hash,
                                            hm_object *value)
{
    small->keys.entry_count = 1;
    small->keys.room = HM_SMALL_ENTRIES;
    small->tags = hm_small_tag(hash);
    small->pairs[0] = (hm_dict_pair){key, value};
}

#endif
