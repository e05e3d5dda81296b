/**
 * This module is the short way to hash and compare the keys that dicts mostly hold, so that a
 * lookup by int or str makes no call: hm_key_hash and hm_object_equal say the same in general.
 *
 * The *key hash* is what a dict looks a key up by. It is the hash that Python sees, but for ints of
 * two digits and more and the floats that equal such: a remainder by 2^61 - 1 takes long, and
 * nobody sees what the dict takes instead.
 *
 * Invariant: objects that are equal have equal key hashes.
 */
#ifndef HM_OBJECT_HASH_H
#define HM_OBJECT_HASH_H

#include "object/number.h"
#include "object/number_layout.h"
#include "object/text.h"
#include "object/text_layout.h"

#include <string.h>

/**
 * The key hash of an int of two digits or three: the first two side by side, the last one added
 * once more, so that ints at equal distances are not so far from each other that their multiples
 * (dict_index.h) come close. No two ints of two digits share it, nor more than eight of three.
 */
static HM_ALWAYS_INLINE uint64_t hm_digits_hash(uint64_t first, uint64_t second, uint64_t last)
{
    return (first | second << 32) + (last << 44);
}

/** The key hash of an int that is not negative. False: ask hm_key_hash. */
static HM_ALWAYS_INLINE bool hm_int_hash_at_hand(const hm_object *key, uint64_t *hash)
{
    if (HM_UNLIKELY(key->type != &hm_int_type))
        return false;
    const hm_int *number = (const hm_int *)key;
    uint64_t digits = (uint64_t)number->signed_digits;
    *hash = number->digits[0];
    if (digits <= 1)
        return true;
    if (HM_UNLIKELY(digits > 3))
        return false;
    *hash = hm_digits_hash(number->digits[0], number->digits[1], number->digits[digits - 1]);
    return true;
}

/** The key hash of a str hashed before, and of an int that is not negative. False: ask
 * hm_key_hash. */
static HM_ALWAYS_INLINE bool hm_key_hash_at_hand(const hm_object *key, uint64_t *hash)
{
    if (key->type != &hm_str_type)
        return hm_int_hash_at_hand(key, hash);
    *hash = ((const hm_str *)key)->hash;
    return *hash != 0;
}

/** The key hash of any object; false: as hm_object_hash. */
bool hm_key_hash(hm_heap *heap, hm_object *key, uint64_t *hash) HM_MUST_USE;

/** hm_object_equal for two objects of equal hash that are not one. */
static inline bool hm_key_equal(const hm_object *left, const hm_object *right)
{
    if (left->type == &hm_str_type && right->type == &hm_str_type) {
        size_t length = hm_text_length(left);
        return length == hm_text_length(right) &&
               memcmp(((const hm_str *)left)->data, ((const hm_str *)right)->data, length) == 0;
    }
    if (left->type == &hm_int_type && right->type == &hm_int_type) {
        const hm_int *first = (const hm_int *)left, *second = (const hm_int *)right;
        if (first->signed_digits == 1 || first->signed_digits == 2)
            return first->signed_digits == second->signed_digits &&
                   first->digits[0] == second->digits[0] &&
                   (first->signed_digits == 1 || first->digits[1] == second->digits[1]);
    }
    return hm_object_equal(left, right);
}

#endif
