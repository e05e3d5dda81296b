/**
 * This module is how a number lies in memory, shared by the files that make, hash and compare one.
 * The fields mirror CPython's PyLongObject so that the sizes do.
 */
#ifndef HM_OBJECT_NUMBER_LAYOUT_H
#define HM_OBJECT_NUMBER_LAYOUT_H

#include "object/object.h"

enum { HM_INT_DIGIT_BITS = 30 };

/** An int or a bool: the sign and the number of digits, then digits of HM_INT_DIGIT_BITS. */
typedef struct hm_int {
    hm_object base;
    int64_t signed_digits; /* number of digits, negative where the value is; 0: the value is 0 */
    uint32_t digits[];
} hm_int;

typedef struct hm_float {
    hm_object base;
    double value;
} hm_float;

/** The magnitude of an int of two digits or three, without a branch: numbers often differ in how
 * many digits they have. The last digit, where it is the second, is put in twice. */
static HM_ALWAYS_INLINE uint64_t hm_int_long_magnitude(const hm_int *number, uint64_t digits)
{
    uint64_t last = number->digits[digits - 1];
    return number->digits[0] | (uint64_t)number->digits[1] << HM_INT_DIGIT_BITS |
           last << (HM_INT_DIGIT_BITS * (digits - 1));
}

#endif
