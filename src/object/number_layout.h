/**
 * This module is how an int lies in memory, shared by the files that make, hash and compare one.
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

#endif
