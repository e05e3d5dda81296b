/**
 * This module is the short way to hash and compare the keys that dicts mostly hold, so that a
 * lookup by int or str makes no call: hm_object_hash and hm_object_equal say the same in general.
 */
#ifndef HM_OBJECT_HASH_H
#define HM_OBJECT_HASH_H

#include "object/number.h"
#include "object/number_layout.h"
#include "object/text.h"
#include "object/text_layout.h"

#include <string.h>

/** The hash of an int of two digits or three: the magnitude modulo 2^61 - 1. */
static HM_ALWAYS_INLINE uint64_t hm_long_int_hash(const hm_int *number, uint64_t digits)
{
    const uint64_t prime = (UINT64_C(1) << 61) - 1;
    uint64_t magnitude = hm_int_long_magnitude(number, digits);
    uint64_t hash = (magnitude & prime) + (magnitude >> 61);
    return HM_LIKELY(hash < prime) ? hash : hash - prime;
}

/** The hash of a str hashed before, and of an int that is not negative. False: ask
 * hm_object_hash. */
static HM_ALWAYS_INLINE bool hm_key_hash_at_hand(const hm_object *key, uint64_t *hash)
{
    if (key->type == &hm_str_type) {
        *hash = ((const hm_str *)key)->hash;
        return *hash != 0;
    }
    if (key->type != &hm_int_type)
        return false;
    const hm_int *number = (const hm_int *)key;
    uint64_t digits = (uint64_t)number->signed_digits;
    *hash = number->digits[0];
    if (digits <= 1)
        return true;
    if (digits > 3)
        return false;
    *hash = hm_long_int_hash(number, digits);
    return true;
}

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
