/**
 * This module is hashing and equality by value, so that dicts and sets treat keys as Python does:
 * 1, 1.0 and True are one key; tuples compare item by item; weak references by what they refer to;
 * bound methods by function and self; everything mutable by identity.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "object/dict.h"
#include "object/function.h"
#include "object/hash.h"
#include "object/heap.h"
#include "object/list.h"
#include "object/number.h"
#include "object/set.h"
#include "object/text.h"
#include "object/text_layout.h"
#include "object/tuple.h"
#include "object/weak_container.h"
#include "object/weakref_layout.h"

#include <math.h>
#include <string.h>

/* Python's numeric hash is the value modulo this prime (docs.python.org, "Hashing of numeric
 * types"), so that equal numbers of different types have equal hashes. */
#define PRIME ((UINT64_C(1) << 61) - 1)

enum { TUPLE_DEPTH = 1000 };

static uint64_t signed_hash(uint64_t magnitude, bool negative)
{
    uint64_t hash = negative ? 0 - magnitude : magnitude;
    return hash == UINT64_MAX ? UINT64_MAX - 1 : hash;
}

static uint64_t int_hash(int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return signed_hash(magnitude % PRIME, value < 0);
}

/* m * 2^e modulo the prime: multiplying by 2^28 rotates 61 bits by 28. */
static uint64_t float_hash(double value, const hm_object *object)
{
    if (isinf(value))
        return value > 0 ? 314159 : 0 - UINT64_C(314159);
    if (isnan(value))
        return (uint64_t)(uintptr_t)object >> 4;
    int exponent;
    double mantissa = frexp(fabs(value), &exponent);
    uint64_t hash = 0;
    while (mantissa != 0.0) {
        hash = ((hash << 28) & PRIME) | hash >> (61 - 28);
        mantissa *= 268435456.0;
        exponent -= 28;
        uint64_t digit = (uint64_t)mantissa;
        mantissa -= (double)digit;
        hash = (hash + digit) % PRIME;
    }
    exponent %= 61;
    if (exponent < 0)
        exponent += 61;
    hash = ((hash << exponent) & PRIME) | hash >> (61 - exponent);
    return signed_hash(hash, value < 0);
}

static uint64_t text_hash(hm_heap *heap, const void *data, size_t length)
{
    uint64_t hash = XXH3_64bits_withSeed(data, length, heap->hash_seed);
    return hash == 0 ? 1 : hash;
}

static uint64_t str_hash(hm_heap *heap, hm_object *object)
{
    hm_str *str = (hm_str *)object;
    if (str->hash == 0)
        str->hash = text_hash(heap, str->data, str->base.length);
    return str->hash;
}

static uint64_t bytes_hash(hm_heap *heap, hm_object *object)
{
    hm_bytes *bytes = (hm_bytes *)object;
    if (bytes->hash == 0)
        bytes->hash = text_hash(heap, bytes->data, bytes->base.length);
    return bytes->hash;
}

static uint64_t address_hash(const hm_object *object)
{
    return (uint64_t)(uintptr_t)object >> 4 | (uint64_t)(uintptr_t)object << 60;
}

static bool hash_nested(hm_heap *heap, hm_object *object, uint64_t *hash, int depth);

/* The items' hashes through xxhash's mixing, in order (CPython does likewise since 3.8). */
static bool tuple_hash(hm_heap *heap, hm_object *object, uint64_t *hash, int depth)
{
    uint64_t mixed = UINT64_C(2870177450012600261) + hm_tuple_length(object);
    for (size_t index = 0; index < hm_tuple_length(object); index++) {
        uint64_t item;
        if (!hash_nested(heap, hm_tuple_get(object, index), &item, depth + 1))
            return false;
        mixed += item * UINT64_C(14029467366897019727);
        mixed = (mixed << 31 | mixed >> 33) * UINT64_C(11400714785074694791);
    }
    *hash = mixed;
    return true;
}

static bool hash_nested(hm_heap *heap, hm_object *object, uint64_t *hash, int depth)
{
    const hm_type *type = object->type;
    if (depth > TUPLE_DEPTH)
        return hm_fail(heap, HM_RUNTIME_ERROR, "tuple nested deeper than %d", TUPLE_DEPTH);
    if (type == &hm_str_type)
        *hash = str_hash(heap, object);
    else if (type->flags & HM_TYPE_INT)
        *hash = int_hash(hm_int_value(object));
    else if (type == &hm_tuple_type)
        return tuple_hash(heap, object, hash, depth);
    else if (type == &hm_bytes_type)
        *hash = bytes_hash(heap, object);
    else if (type == &hm_float_type)
        *hash = float_hash(hm_float_value(object), object);
    else if (type->flags & HM_TYPE_WEAKREF)
        return hm_weakref_hash(heap, object, hash);
    else if (type == &hm_method_type)
        *hash = address_hash(hm_method_function(object)) ^ address_hash(hm_method_self(object));
    else if (type == &hm_list_type || type == &hm_dict_type || type == &hm_set_type ||
             type == &hm_cell_type || hm_is_weak_container(object))
        return hm_fail(heap, HM_TYPE_ERROR, "unhashable type: '%s'", type->name);
    else
        *hash = address_hash(object);
    return true;
}

bool hm_object_hash(hm_heap *heap, hm_object *object, uint64_t *hash)
{
    return hash_nested(heap, object, hash, 0);
}

/* The digits of a whole number from 2^HM_INT_DIGIT_BITS on. */
static uint64_t whole_hash(uint64_t magnitude)
{
    const uint64_t mask = (UINT64_C(1) << HM_INT_DIGIT_BITS) - 1;
    uint64_t second = magnitude >> HM_INT_DIGIT_BITS & mask;
    uint64_t third = magnitude >> (2 * HM_INT_DIGIT_BITS);
    return hm_digits_hash(magnitude & mask, second, third == 0 ? second : third);
}

bool hm_key_hash(hm_heap *heap, hm_object *key, uint64_t *hash)
{
    if (hm_key_hash_at_hand(key, hash))
        return true;
    double value = key->type == &hm_float_type ? hm_float_value(key) : 0;
    if (value >= 0x1p30 && value < 0x1p63 && value == floor(value)) {
        *hash = whole_hash((uint64_t)value);
        return true;
    }
    return hm_object_hash(heap, key, hash);
}

static bool same_text(const hm_object *left, const hm_object *right, const void *left_data,
                      const void *right_data)
{
    size_t length = hm_text_length(left);
    return length == hm_text_length(right) && memcmp(left_data, right_data, length) == 0;
}

static bool is_number(const hm_object *object)
{
    return (object->type->flags & HM_TYPE_INT) != 0 || object->type == &hm_float_type;
}

static bool int_equals_float(int64_t integer, double value)
{
    return value >= -0x1p63 && value < 0x1p63 && value == floor(value) && (int64_t)value == integer;
}

static bool numbers_equal(const hm_object *left, const hm_object *right)
{
    bool left_is_int = (left->type->flags & HM_TYPE_INT) != 0;
    bool right_is_int = (right->type->flags & HM_TYPE_INT) != 0;
    if (left_is_int && right_is_int)
        return hm_int_value(left) == hm_int_value(right);
    if (left_is_int)
        return int_equals_float(hm_int_value(left), hm_float_value(right));
    if (right_is_int)
        return int_equals_float(hm_int_value(right), hm_float_value(left));
    return hm_float_value(left) == hm_float_value(right);
}

static bool equal_nested(const hm_object *left, const hm_object *right, int depth);

static bool tuples_equal(const hm_object *left, const hm_object *right, int depth)
{
    if (hm_tuple_length(left) != hm_tuple_length(right) || depth > TUPLE_DEPTH)
        return false;
    for (size_t index = 0; index < hm_tuple_length(left); index++) {
        if (!equal_nested(hm_tuple_get(left, index), hm_tuple_get(right, index), depth + 1))
            return false;
    }
    return true;
}

/* Two that live are equal where their referents are; else a weak reference equals itself only. The
 * right one may be a proxy: CPython's weakref_richcompare takes it for a weak reference. */
static bool weakrefs_equal(const hm_object *left, const hm_object *right, int depth)
{
    const hm_object *left_referent = hm_weakref_peek(left);
    const hm_object *right_referent = hm_weakref_peek(right);
    return left_referent != NULL && right_referent != NULL &&
           equal_nested(left_referent, right_referent, depth);
}

/* What stands behind a proxy that lives; anything else stands for itself. */
static const hm_object *behind(const hm_object *object)
{
    const hm_object *referent = hm_is_weakproxy(object) ? hm_weakref_peek(object) : NULL;
    return referent == NULL ? object : referent;
}

/* One of the two at least is a weak reference or a proxy. */
static bool weak_equal(const hm_object *left, const hm_object *right, int depth)
{
    if (left->type->flags & right->type->flags & HM_TYPE_WEAKREF && !hm_is_weakproxy(left))
        return weakrefs_equal(left, right, depth);
    const hm_object *left_behind = behind(left);
    const hm_object *right_behind = behind(right);
    if (left_behind == left && right_behind == right)
        return false;
    return equal_nested(left_behind, right_behind, depth);
}

static bool equal_nested(const hm_object *left, const hm_object *right, int depth)
{
    if (left == right)
        return true;
    if (left->type == &hm_str_type && right->type == &hm_str_type)
        return same_text(left, right, ((const hm_str *)left)->data, ((const hm_str *)right)->data);
    if (is_number(left) && is_number(right))
        return numbers_equal(left, right);
    if ((left->type->flags | right->type->flags) & HM_TYPE_WEAKREF)
        return weak_equal(left, right, depth);
    if (left->type != right->type)
        return false;
    if (left->type == &hm_tuple_type)
        return tuples_equal(left, right, depth);
    if (left->type == &hm_method_type)
        return hm_method_function(left) == hm_method_function(right) &&
               hm_method_self(left) == hm_method_self(right);
    if (left->type == &hm_bytes_type)
        return same_text(left, right, ((const hm_bytes *)left)->data,
                         ((const hm_bytes *)right)->data);
    return false;
}

bool hm_object_equal(const hm_object *left, const hm_object *right)
{
    return equal_nested(left, right, 0);
}
