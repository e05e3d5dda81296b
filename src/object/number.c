#include "object/number.h"

#include "object/freelist.h"
#include "object/memory.h"
#include "object/number_layout.h"

#include <string.h>

enum { DIGIT_BITS = HM_INT_DIGIT_BITS, DIGIT_MASK = (1 << DIGIT_BITS) - 1 };

typedef hm_int integer;

typedef struct small_integer {
    hm_object base;
    int64_t signed_digits;
    uint32_t digit;
} small_integer;

typedef hm_float floating;

enum { INTEGER_BASIC_BYTES = offsetof(integer, digits) };

static size_t digit_count(const hm_object *object)
{
    int64_t digits = ((const integer *)object)->signed_digits;
    return (size_t)(digits < 0 ? -digits : digits);
}

/* CPython gives even 0 and True one digit of room: 28 bytes. */
static size_t integer_size(const hm_object *object)
{
    size_t digits = digit_count(object);
    return INTEGER_BASIC_BYTES + (digits == 0 ? 1 : digits) * sizeof(uint32_t);
}

static void integer_deallocate(hm_heap *heap, hm_object *object)
{
    hm_atom_free(heap, object, integer_size(object));
}

static void float_deallocate(hm_heap *heap, hm_object *object)
{
    hm_freelist_give(heap, HM_FREELIST_FLOAT, object, sizeof(floating));
}

const hm_type hm_int_type = {.name = "int",
                             .basic_size = INTEGER_BASIC_BYTES,
                             .flags = HM_TYPE_INT,
                             .size = integer_size,
                             .die = integer_deallocate,
                             .deallocate = integer_deallocate};

const hm_type hm_bool_type = {.name = "bool",
                              .basic_size = INTEGER_BASIC_BYTES,
                              .flags = HM_TYPE_INT,
                              .size = integer_size,
                              .die = integer_deallocate,
                              .deallocate = integer_deallocate};

const hm_type hm_float_type = {.name = "float",
                               .basic_size = sizeof(floating),
                               .die = float_deallocate,
                               .deallocate = float_deallocate};

#define IMMORTAL(type_object)                                                                      \
    {                                                                                              \
        .reference_count = HM_IMMORTAL_COUNT, .type = (type_object)                                \
    }
#define SMALL_1(value)                                                                             \
    {                                                                                              \
        .base = IMMORTAL(&hm_int_type), .signed_digits = ((value) > 0) - ((value) < 0),            \
        .digit = (uint32_t)((value) < 0 ? -(value) : (value))                                      \
    }
#define SMALL_4(value)                                                                             \
    SMALL_1(value), SMALL_1((value) + 1), SMALL_1((value) + 2), SMALL_1((value) + 3)
#define SMALL_16(value)                                                                            \
    SMALL_4(value), SMALL_4((value) + 4), SMALL_4((value) + 8), SMALL_4((value) + 12)
#define SMALL_64(value)                                                                            \
    SMALL_16(value), SMALL_16((value) + 16), SMALL_16((value) + 32), SMALL_16((value) + 48)

static small_integer small_integers[HM_SMALL_INT_MAX - HM_SMALL_INT_MIN + 1] = {
    SMALL_4(-5),   SMALL_1(-1),   SMALL_64(0), SMALL_64(64),
    SMALL_64(128), SMALL_64(192), SMALL_1(256)};

static small_integer booleans[2] = {
    {.base = IMMORTAL(&hm_bool_type), .signed_digits = 0, .digit = 0},
    {.base = IMMORTAL(&hm_bool_type), .signed_digits = 1, .digit = 1}};

/* One digit: most ints. */
static HM_ALWAYS_INLINE hm_object *new_short(hm_heap *heap, int64_t signed_digits, uint32_t digit)
{
    small_integer *number = (small_integer *)hm_object_allocate(
        heap, &hm_int_type, INTEGER_BASIC_BYTES + sizeof(uint32_t));
    if (HM_UNLIKELY(number == NULL))
        return NULL;
    number->signed_digits = signed_digits;
    number->digit = digit;
    return &number->base;
}

static HM_NOINLINE hm_object *new_long(hm_heap *heap, bool negative, uint64_t magnitude)
{
    int64_t digits = magnitude >> (2 * DIGIT_BITS) == 0 ? 2 : 3;
    integer *number = (integer *)hm_object_allocate(
        heap, &hm_int_type, INTEGER_BASIC_BYTES + (size_t)digits * sizeof(uint32_t));
    if (number == NULL)
        return NULL;
    number->signed_digits = negative ? -digits : digits;
    for (int64_t index = 0; index < digits; index++) {
        number->digits[index] = (uint32_t)(magnitude & DIGIT_MASK);
        magnitude >>= DIGIT_BITS;
    }
    return &number->base;
}

hm_object *hm_int_new(hm_heap *heap, int64_t value)
{
    if (value >= HM_SMALL_INT_MIN && value <= HM_SMALL_INT_MAX)
        return &small_integers[value - HM_SMALL_INT_MIN].base;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return HM_LIKELY(magnitude >> DIGIT_BITS == 0)
               ? new_short(heap, value < 0 ? -1 : 1, (uint32_t)magnitude)
               : new_long(heap, value < 0, magnitude);
}

/* The value of an int of no digit, or of one below zero. */
static HM_NOINLINE int64_t value_below(const integer *number)
{
    int64_t digits = number->signed_digits;
    if (digits == 0)
        return 0;
    uint64_t magnitude = number->digits[0];
    if (digits < -1)
        magnitude = hm_int_long_magnitude(number, (uint64_t)-digits);
    return (int64_t)(0 - magnitude);
}

int64_t hm_int_value(const hm_object *object)
{
    HM_ASSERT(object->type->flags & HM_TYPE_INT);
    const integer *number = (const integer *)object;
    int64_t digits = number->signed_digits;
    if (HM_LIKELY(digits == 1))
        return number->digits[0];
    if (HM_LIKELY(digits > 1))
        return (int64_t)hm_int_long_magnitude(number, (uint64_t)digits);
    return value_below(number);
}

hm_object *hm_float_new(hm_heap *heap, double value)
{
    hm_object *object = hm_freelist_take(heap, HM_FREELIST_FLOAT, &hm_float_type);
    if (object == NULL)
        object = hm_object_allocate(heap, &hm_float_type, sizeof(floating));
    if (object != NULL)
        ((floating *)object)->value = value;
    return object;
}

double hm_float_value(const hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_float_type));
    return ((const floating *)object)->value;
}

hm_object *hm_bool_get(bool value)
{
    return &booleans[value].base;
}
