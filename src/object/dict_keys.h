/**
 * This module is the table behind a dict, so that dict.c speaks of keys and values and not of
 * probing and layout.
 *
 * One block, as in CPython: a header of 32 bytes, an index of 2^n slots of 1, 2, 4 or 8 bytes, and
 * room for two thirds as many entries in insertion order. While all keys are str an entry is
 * {key, value} (16 bytes; the hash is in the str), else {hash, key, value} (24 bytes).
 *
 * Invariant: an index slot holds HM_INDEX_EMPTY, HM_INDEX_DUMMY or the number of an entry with a
 * key; at least one slot is empty, so probing ends.
 */
#ifndef HM_OBJECT_DICT_KEYS_H
#define HM_OBJECT_DICT_KEYS_H

#include "object/dict.h"

enum { HM_INDEX_EMPTY = -1, HM_INDEX_DUMMY = -2 };

struct hm_dict_keys {
    uint64_t reserved; /* CPython's dk_refcnt: keeps the header at 32 bytes */
    uint8_t size_log2;
    uint8_t index_width_log2; /* of a slot, bytes: 0, 1, 2 or 3 */
    bool str_only;
    uint32_t version;
    size_t usable;          /* entries that may still be added */
    size_t entry_count;     /* entries used, deleted ones too */
    unsigned char index[8]; /* the smallest; larger ones and the entries follow */
};

/** The table every empty dict shares; never written, never freed. */
extern hm_dict_keys *const hm_dict_keys_empty;

/** A new table of 2^size_log2 slots, or NULL (heap->error). */
hm_dict_keys *hm_dict_keys_new(hm_heap *heap, unsigned size_log2, bool str_only);

/** Frees the table; the references in it are the caller's concern. */
void hm_dict_keys_free(hm_heap *heap, hm_dict_keys *keys);

/** Bytes of the block; 0 for the shared empty one. */
size_t hm_dict_keys_bytes(const hm_dict_keys *keys);

/** The exponent of the smallest table of at least `slots` slots. */
unsigned hm_dict_keys_log2_for(size_t slots);

/** The number of the entry with this key and hash, or HM_INDEX_EMPTY. */
int64_t hm_dict_keys_find(const hm_dict_keys *keys, hm_object *key, uint64_t hash);

/** Adds an entry (stealing both references) for a key that is not there; usable must be > 0. */
void hm_dict_keys_add(hm_dict_keys *keys, hm_object *key, uint64_t hash, hm_object *value);

/** Makes the index slot of entry `entry` a dummy and empties the entry; references untouched. */
void hm_dict_keys_remove(hm_dict_keys *keys, int64_t entry, uint64_t hash);

/** The hash of the key of an entry that holds one. */
uint64_t hm_dict_keys_hash(const hm_dict_keys *keys, size_t entry);

/** Moves all live entries of `from` into the empty table `to`, in order. */
void hm_dict_keys_move(hm_dict_keys *to, const hm_dict_keys *from);

/** The addresses of an entry's key and value. */
hm_object **hm_dict_keys_key(const hm_dict_keys *keys, size_t entry);
hm_object **hm_dict_keys_value(const hm_dict_keys *keys, size_t entry);

#endif
