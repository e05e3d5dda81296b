/**
 * This module is the table behind a dict, so that dict.c speaks of keys and values and not of
 * layout and growth.
 *
 * One block, of the sizes that CPython asks for: a header of 32 bytes, room for two thirds as many
 * entries as slots, in insertion order, and at its end the index (dict_index.h) of 2^n slots of 1,
 * 2 or 4 bytes. While all keys are str an entry is {key, value} (16 bytes; the hash is in the str),
 * else {hash, key, value} (24 bytes). The smallest table of str keys has no index but a word of
 * tags in its place (dict_small.h). Entries come first, so that a table grows where it lies when
 * the allocator can; only the index is written anew.
 *
 * Invariant: each entry with a key has one slot, and no slot names one without; a third of the
 * slots are empty, so that a search ends. Unless hashes are equal, or four multipliers in turn
 * failed, a search for a key that is there compares at most HM_CROWDED_GROUPS groups.
 */
#ifndef HM_OBJECT_DICT_KEYS_H
#define HM_OBJECT_DICT_KEYS_H

#include "object/dict.h"
#include "object/hash.h"

/** After how many groups a search has been too long. */
enum { HM_CROWDED_GROUPS = 24 };

struct hm_dict_keys {
    uint64_t multiplier;  /* of the index's mixing: odd; of a small table anything */
    unsigned char *index; /* in this block */
    uint32_t slot_mask;
    uint32_t room;        /* as many entries may be used before a rebuild */
    uint32_t entry_count; /* entries used, removed ones too */
    uint8_t shift;        /* 32 minus the exponent of the number of slots */
    uint8_t kind;         /* HM_KIND_ANY or _STR with the width of a slot; or HM_KIND_SMALL */
    uint8_t entry_bytes;  /* HM_STR_ENTRY_BYTES or HM_ANY_ENTRY_BYTES */
    uint8_t tries;        /* multipliers that this index was crowded under */
};

/** What every entry ends in; an entry of any kind of key has the hash before. */
typedef struct hm_dict_pair {
    hm_object *key; /* NULL: removed */
    hm_object *value;
} hm_dict_pair;

enum {
    HM_STR_ENTRY_BYTES = sizeof(hm_dict_pair),
    HM_ANY_ENTRY_BYTES = sizeof(uint64_t) + sizeof(hm_dict_pair)
};

/**
 * hm_dict_keys.kind: which keys a table is for, and how it finds them. HM_KIND_ANY and HM_KIND_STR
 * go with the exponent of a slot's bytes, 0, 1 or 2; HM_KIND_SMALL has no slots (dict_small.h).
 */
enum { HM_KIND_ANY = 0, HM_KIND_STR = 4, HM_KIND_SMALL = HM_KIND_STR | 3 };

/** The exponent of a slot's bytes. */
static HM_ALWAYS_INLINE unsigned hm_kind_width(unsigned kind)
{
    return kind & 3;
}

/** Entries and bytes of the smallest table, for str keys in 8 slots. */
enum {
    HM_SMALL_ENTRIES = 5,
    HM_SMALLEST_KEYS_BYTES = sizeof(struct hm_dict_keys) + HM_SMALL_ENTRIES * HM_STR_ENTRY_BYTES + 8
};

/** Where a key is in a table, or belongs. */
typedef struct hm_dict_place {
    hm_dict_pair *pair; /**< of its entry; NULL: it has none */
    size_t slot;
    bool crowded; /**< the search for it was too long */
} hm_dict_place;

/** The smallest table of str keys, whole (dict_small.h). */
typedef struct hm_small_keys {
    hm_dict_keys keys;
    hm_dict_pair pairs[HM_SMALL_ENTRIES];
    uint64_t tags;
} hm_small_keys;

_Static_assert(sizeof(hm_small_keys) == HM_SMALLEST_KEYS_BYTES, "a small table has another size");

/** The table every empty dict shares, a small one without room; never written, never freed. */
extern hm_small_keys hm_small_keys_empty;
#define hm_dict_keys_empty (&hm_small_keys_empty.keys)

/**
 * The table made one of 2^size_log2 slots, of the live entries of `keys` in their order, for str
 * keys only or for any; `live` of them there are. The old one is gone. NULL (heap->error): no
 * memory, and the table is as it was.
 */
hm_dict_keys *hm_dict_keys_resize(hm_heap *heap, hm_dict_keys *keys, size_t live,
                                  unsigned size_log2, bool str_only);

/** A dict's first table, the smallest, for str keys only or for any. NULL (heap->error): no memory.
 */
hm_dict_keys *hm_dict_keys_first(hm_heap *heap, bool str_only);

/** Mixes the hashes otherwise from now on, where that may help a crowded index: entries move up. */
void hm_dict_keys_mix_again(hm_heap *heap, hm_dict_keys *keys, size_t live);

/** Frees the table; the references in it are the caller's concern. */
void hm_dict_keys_free(hm_heap *heap, hm_dict_keys *keys);

/** Bytes of the block; 0 for the shared empty one. */
size_t hm_dict_keys_bytes(const hm_dict_keys *keys);

/** The exponent of the smallest table of at least `slots` slots. */
unsigned hm_dict_keys_log2_for(size_t slots);

/** The slot for a key of this hash that has none: the first on its path that no entry has. */
size_t hm_dict_keys_free_slot(const hm_dict_keys *keys, uint64_t hash);

/** The place of an entry that has a key. */
hm_dict_place hm_dict_keys_place_of(const hm_dict_keys *keys, size_t entry);

static inline bool hm_dict_keys_str_only(const hm_dict_keys *keys)
{
    return keys->entry_bytes == HM_STR_ENTRY_BYTES;
}

/** The key and the value of an entry. */
static HM_ALWAYS_INLINE hm_dict_pair *hm_dict_keys_pair(const hm_dict_keys *keys, size_t entry)
{
    char *entries = (char *)(uintptr_t)(keys + 1);
    return (hm_dict_pair *)(void *)(entries + (entry + 1) * keys->entry_bytes -
                                    sizeof(hm_dict_pair));
}

/** The same where the table is known to be of this kind. */
static HM_ALWAYS_INLINE hm_dict_pair *hm_dict_kind_pair(const hm_dict_keys *keys, size_t entry,
                                                        unsigned kind)
{
    size_t bytes = kind & HM_KIND_STR ? HM_STR_ENTRY_BYTES : HM_ANY_ENTRY_BYTES;
    char *entries = (char *)(uintptr_t)(keys + 1) + bytes - sizeof(hm_dict_pair);
    return (hm_dict_pair *)(void *)(entries + entry * bytes);
}

/** Whether an entry whose key is another object is that of an equal key. */
bool hm_dict_entry_equals(const hm_dict_keys *keys, const hm_dict_pair *pair, const hm_object *key,
                          uint64_t hash);

/** The hash of the key of an entry that has one, in a table of this kind. */
static HM_ALWAYS_INLINE uint64_t hm_dict_kind_hash(const hm_dict_pair *pair, unsigned kind)
{
    return kind & HM_KIND_STR ? ((const hm_str *)pair->key)->hash
                              : ((const uint64_t *)(const void *)pair)[-1];
}

/** The same in any table. */
static HM_ALWAYS_INLINE uint64_t hm_dict_pair_hash(const hm_dict_keys *keys,
                                                   const hm_dict_pair *pair)
{
    return hm_dict_kind_hash(pair, hm_dict_keys_str_only(keys) ? HM_KIND_STR : HM_KIND_ANY);
}

/** The same of an entry by its number. */
static HM_ALWAYS_INLINE uint64_t hm_dict_keys_hash(const hm_dict_keys *keys, size_t entry)
{
    return hm_dict_pair_hash(keys, hm_dict_keys_pair(keys, entry));
}

#endif
