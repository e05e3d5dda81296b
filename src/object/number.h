/**
 * This module is int, float and bool, with CPython's sizes (int 28 bytes and up in 30-bit digits,
 * float 24), so that number-heavy work asks the allocator for what Python would.
 *
 * Ints from HM_SMALL_INT_MIN to HM_SMALL_INT_MAX are shared by all heaps and immortal.
 */
#ifndef HM_OBJECT_NUMBER_H
#define HM_OBJECT_NUMBER_H

#include "object/object.h"

enum { HM_SMALL_INT_MIN = -5, HM_SMALL_INT_MAX = 256 };

extern const hm_type hm_int_type;
extern const hm_type hm_bool_type;
extern const hm_type hm_float_type;

/** A new reference to an int of this value (a shared one where it is small), or NULL. */
hm_object *hm_int_new(hm_heap *heap, int64_t value);

/** The value of an int or a bool; the object must be one. */
int64_t hm_int_value(const hm_object *object);

/** A new float, or NULL. */
hm_object *hm_float_new(hm_heap *heap, double value);

/** The value of a float; the object must be one. */
double hm_float_value(const hm_object *object);

/** True or False: immortal. */
hm_object *hm_bool_get(bool value);

#endif
