/** The kinds of objects that `short-lived` makes; see short_lived_kinds.h. */
#include "workloads/short_lived_kinds.h"

#include "workloads/payload.h"

#include <stdio.h>

#include "object/sites.h" /* last: every allocating call below is a site */

enum {
    FIRST_ELEMENT = 1000, /* above the shared small ints */
    STARTS = 64           /* where in the elements a container's run may begin */
};

const char *const hm_make_names[HM_MAKE_KINDS + 2] = {
    "int", "float", "str", "bytes", "tuple", "list", "dict", "set", "instance", "mixed", NULL};

/** One kind. `fill` and `clear` are NULL where the object is complete once created. */
typedef struct maker_kind {
    hm_object *(*create)(const hm_maker *maker, uint32_t length, uint64_t seed);
    bool (*fill)(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed);
    void (*clear)(hm_heap *heap, hm_object *object);
    bool (*read)(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                 uint64_t *sum);
    uint32_t min_length, max_length;
    double fixed_bytes, item_bytes; /* estimates from above, collector's prefix included */
    bool refills;
} maker_kind;

static size_t start_of(uint64_t seed)
{
    return seed % STARTS;
}

/** The sum of the values of `length` elements from where `seed` starts. */
static uint64_t elements_sum(uint32_t length, uint64_t seed)
{
    uint64_t count = length;
    return count * (FIRST_ELEMENT + start_of(seed)) + count * (count - 1) / 2;
}

static uint64_t value_of(const hm_object *object)
{
    return (uint64_t)hm_int_value(object);
}

/* Atoms. */

static int64_t int_of(uint64_t seed)
{
    return 257 + (int64_t)(seed >> 36); /* above the shared ints, one digit of 30 bits */
}

static hm_object *create_int(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    return hm_int_new(maker->heap, int_of(seed));
}

static bool read_int(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                     uint64_t *sum)
{
    HM_UNUSED(maker);
    HM_UNUSED(length);
    int64_t value = hm_int_value(object);
    *sum += (uint64_t)value;
    return value == int_of(seed);
}

static double float_of(uint64_t seed)
{
    return (double)(seed >> 11); /* 53 bits: exact */
}

static hm_object *create_float(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    return hm_float_new(maker->heap, float_of(seed));
}

static bool read_float(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                       uint64_t *sum)
{
    HM_UNUSED(maker);
    HM_UNUSED(length);
    uint64_t value = (uint64_t)hm_float_value(object);
    *sum += value;
    return value == seed >> 11;
}

static hm_object *create_str(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    hm_object *str = hm_str_new(maker->heap, NULL, length);
    if (str != NULL)
        hm_payload_fill((unsigned char *)hm_str_data(str), length, seed, true);
    return str;
}

static bool read_str(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                     uint64_t *sum)
{
    HM_UNUSED(maker);
    return hm_text_length(object) == length &&
           hm_payload_read((unsigned char *)hm_str_data(object), length, seed, true, sum);
}

static hm_object *create_bytes(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(seed);
    return hm_bytes_new(maker->heap, NULL, length);
}

static bool fill_bytes(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed)
{
    HM_UNUSED(maker);
    hm_payload_fill(hm_bytes_data(object), length, seed, false);
    return true;
}

static bool read_bytes(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                       uint64_t *sum)
{
    HM_UNUSED(maker);
    return hm_text_length(object) == length &&
           hm_payload_read(hm_bytes_data(object), length, seed, false, sum);
}

/* Containers. */

static hm_object *create_tuple(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    return hm_tuple_of(maker->heap, maker->elements.at + start_of(seed), length);
}

static bool read_tuple(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                       uint64_t *sum)
{
    HM_UNUSED(maker);
    uint64_t found = 0;
    for (size_t index = 0; index < hm_tuple_length(object); index++)
        found += value_of(hm_tuple_get(object, index));
    *sum += found;
    return hm_tuple_length(object) == length && found == elements_sum(length, seed);
}

static hm_object *create_list(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    HM_UNUSED(seed);
    return hm_list_new(maker->heap);
}

static bool fill_list(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed)
{
    hm_object **elements = maker->elements.at + start_of(seed);
    hm_heap *heap = maker->heap;
    HM_TRACE_HERE(heap); /* one site for all items: in parentheses the call below notes none */
    for (uint32_t index = 0; index < length; index++) {
        if (!(hm_list_append)(heap, object, elements[index]))
            return false;
    }
    return true;
}

static bool read_list(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                      uint64_t *sum)
{
    HM_UNUSED(maker);
    uint64_t found = 0;
    for (size_t index = 0; index < hm_list_length(object); index++)
        found += value_of(hm_list_get(object, index));
    *sum += found;
    return hm_list_length(object) == length && found == elements_sum(length, seed);
}

static hm_object *create_dict(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    HM_UNUSED(seed);
    return hm_dict_new(maker->heap);
}

static bool fill_dict(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed)
{
    size_t start = start_of(seed);
    for (uint32_t index = 0; index < length; index++) {
        if (!hm_dict_set(maker->heap, object, maker->keys.at[start + index],
                         maker->elements.at[start + index]))
            return false;
    }
    return true;
}

static bool read_dict(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                      uint64_t *sum)
{
    uint64_t found = 0;
    size_t position = 0;
    hm_object *key, *value;
    while (hm_dict_next(object, &position, &key, &value))
        found += value_of(value);
    *sum += found;
    if (hm_dict_length(object) != length || found != elements_sum(length, seed))
        return false;
    size_t last = start_of(seed) + length - 1;
    return length == 0 ||
           hm_dict_get(maker->heap, object, maker->keys.at[last]) == maker->elements.at[last];
}

static hm_object *create_set(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    HM_UNUSED(seed);
    return hm_set_new(maker->heap);
}

static bool fill_set(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed)
{
    hm_object **elements = maker->elements.at + start_of(seed);
    for (uint32_t index = 0; index < length; index++) {
        if (!hm_set_add(maker->heap, object, elements[index]))
            return false;
    }
    return true;
}

static bool read_set(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                     uint64_t *sum)
{
    uint64_t found = 0;
    size_t position = 0;
    hm_object *key;
    while (hm_set_next(object, &position, &key))
        found += value_of(key);
    *sum += found;
    if (hm_set_length(object) != length || found != elements_sum(length, seed))
        return false;
    hm_object **elements = maker->elements.at + start_of(seed);
    return length == 0 || hm_set_contains(maker->heap, object, elements[length - 1]);
}

static hm_object *create_instance(const hm_maker *maker, uint32_t length, uint64_t seed)
{
    HM_UNUSED(length);
    HM_UNUSED(seed);
    return hm_instance_new(maker->heap, maker->class_object.at[0]);
}

static bool fill_instance(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed)
{
    hm_object **elements = maker->elements.at + start_of(seed);
    for (uint32_t index = 0; index < length; index++)
        hm_store(maker->heap, object, hm_instance_slot(object, index), hm_incref(elements[index]));
    return true;
}

static void clear_instance(hm_heap *heap, hm_object *object)
{
    /* Assigning to attributes replaces what they held: filling is all there is to do. */
    HM_UNUSED(heap);
    HM_UNUSED(object);
}

static bool read_instance(const hm_maker *maker, hm_object *object, uint32_t length, uint64_t seed,
                          uint64_t *sum)
{
    HM_UNUSED(maker);
    uint64_t found = 0;
    for (uint32_t index = 0; index < length; index++)
        found += value_of(*hm_instance_slot(object, index));
    *sum += found;
    return found == elements_sum(length, seed);
}

/* The table. The sizes are CPython's; 1 MiB of references is 131072 of them. */

static const maker_kind kinds[HM_MAKE_KINDS] = {
    [HM_MAKE_INT] = {create_int, NULL, NULL, read_int, 0, 0, 32, 0, false},
    [HM_MAKE_FLOAT] = {create_float, NULL, NULL, read_float, 0, 0, 24, 0, false},
    [HM_MAKE_STR] = {create_str, NULL, NULL, read_str, 1, 1 << 20, 48, 1, false},
    [HM_MAKE_BYTES] = {create_bytes, fill_bytes, NULL, read_bytes, 1, 1 << 20, 48, 1, true},
    [HM_MAKE_TUPLE] = {create_tuple, NULL, NULL, read_tuple, 1, 1 << 17, 40, 8, false},
    [HM_MAKE_LIST] = {create_list, fill_list, hm_list_clear, read_list, 0, 1 << 17, 88, 10, true},
    [HM_MAKE_DICT] = {create_dict, fill_dict, hm_dict_clear, read_dict, 0, 1 << 15, 256, 64, true},
    [HM_MAKE_SET] = {create_set, fill_set, hm_set_clear, read_set, 0, 1 << 15, 216, 128, true},
    [HM_MAKE_INSTANCE] = {create_instance, fill_instance, clear_instance, read_instance, 0, 4096,
                          48, 8, true},
};

void hm_mixture(uint32_t length, hm_recipe recipes[HM_MIXTURE_SIZE])
{
    static const struct {
        uint32_t kind, numerator, denominator;
    } mixture[HM_MIXTURE_SIZE] = {
        {HM_MAKE_INT, 0, 1},   {HM_MAKE_INT, 0, 1},     {HM_MAKE_INT, 0, 1},
        {HM_MAKE_INT, 0, 1},   {HM_MAKE_FLOAT, 0, 1},   {HM_MAKE_FLOAT, 0, 1},
        {HM_MAKE_STR, 1, 1},   {HM_MAKE_STR, 1, 1},     {HM_MAKE_STR, 1, 1},
        {HM_MAKE_STR, 1, 1},   {HM_MAKE_STR, 2, 1},     {HM_MAKE_STR, 12, 1},
        {HM_MAKE_TUPLE, 1, 4}, {HM_MAKE_TUPLE, 1, 4},   {HM_MAKE_TUPLE, 1, 4},
        {HM_MAKE_BYTES, 1, 1}, {HM_MAKE_LIST, 1, 2},    {HM_MAKE_DICT, 1, 2},
        {HM_MAKE_SET, 1, 2},   {HM_MAKE_INSTANCE, 1, 4}};
    for (int index = 0; index < HM_MIXTURE_SIZE; index++) {
        uint32_t scaled = length * mixture[index].numerator / mixture[index].denominator;
        if (scaled == 0 && mixture[index].numerator != 0)
            scaled = 1;
        recipes[index] = (hm_recipe){mixture[index].kind, scaled};
    }
}

bool hm_kind_refills(uint32_t kind)
{
    return kinds[kind].refills;
}

bool hm_kind_has_length(uint32_t kind)
{
    return kinds[kind].max_length != 0;
}

uint32_t hm_kind_min_length(uint32_t kind)
{
    return kinds[kind].min_length;
}

uint32_t hm_kind_max_length(uint32_t kind)
{
    return kinds[kind].max_length;
}

double hm_recipe_bytes(hm_recipe recipe)
{
    return kinds[recipe.kind].fixed_bytes + kinds[recipe.kind].item_bytes * recipe.length;
}

/** The greatest length among the recipes of a kind; -1 where there is none. */
static int64_t longest(const hm_recipe *recipes, size_t count, uint32_t kind)
{
    int64_t length = -1;
    for (size_t index = 0; index < count; index++) {
        if (recipes[index].kind == kind && recipes[index].length > length)
            length = recipes[index].length;
    }
    return length;
}

bool hm_maker_open(hm_lane *lane, hm_maker *maker, const hm_recipe *recipes, size_t count)
{
    int64_t elements = -1;
    for (uint32_t kind = HM_MAKE_TUPLE; kind < HM_MAKE_KINDS; kind++) {
        int64_t length = longest(recipes, count, kind);
        elements = length > elements ? length : elements;
    }
    int64_t keys = longest(recipes, count, HM_MAKE_DICT);
    int64_t slots = longest(recipes, count, HM_MAKE_INSTANCE);
    maker->heap = lane->heap;
    maker->slot_count = slots > 0 ? (uint32_t)slots : 0;
    if (elements >= 0 && !hm_slots_open(lane, &maker->elements, (size_t)elements + STARTS))
        return false;
    if (keys >= 0 && !hm_slots_open(lane, &maker->keys, (size_t)keys + STARTS))
        return false;
    return slots < 0 || hm_slots_open(lane, &maker->class_object, 1);
}

bool hm_maker_build(hm_lane *lane, hm_maker *maker)
{
    for (size_t index = 0; index < maker->elements.count; index++) {
        maker->elements.at[index] = hm_int_new(lane->heap, FIRST_ELEMENT + (int64_t)index);
        if (maker->elements.at[index] == NULL)
            return hm_lane_heap_failed(lane, "making elements");
    }
    for (size_t index = 0; index < maker->keys.count; index++) {
        char text[32];
        snprintf(text, sizeof text, "key-%06zu", index);
        maker->keys.at[index] = hm_str_from(lane->heap, text);
        if (maker->keys.at[index] == NULL)
            return hm_lane_heap_failed(lane, "making keys");
    }
    if (maker->class_object.count != 0) {
        hm_class_spec spec = {.name = "Record", .slot_count = maker->slot_count};
        maker->class_object.at[0] = hm_class_new(lane->heap, &spec);
        if (maker->class_object.at[0] == NULL)
            return hm_lane_heap_failed(lane, "making a class");
    }
    return true;
}

void hm_maker_close(hm_lane *lane, hm_maker *maker)
{
    hm_slots_close(lane, &maker->elements);
    hm_slots_close(lane, &maker->keys);
    hm_slots_close(lane, &maker->class_object);
}

bool hm_make(const hm_maker *maker, hm_recipe recipe, uint64_t seed, hm_object **slot)
{
    const maker_kind *made = &kinds[recipe.kind];
    hm_object *object = made->create(maker, recipe.length, seed);
    if (object == NULL)
        return false;
    *slot = object;
    return made->fill == NULL || made->fill(maker, object, recipe.length, seed);
}

bool hm_refill(const hm_maker *maker, hm_recipe recipe, uint64_t seed, hm_object *object)
{
    const maker_kind *made = &kinds[recipe.kind];
    if (made->clear != NULL)
        made->clear(maker->heap, object);
    return made->fill(maker, object, recipe.length, seed);
}

bool hm_read(const hm_maker *maker, hm_recipe recipe, uint64_t seed, hm_object *object,
             uint64_t *sum)
{
    return kinds[recipe.kind].read(maker, object, recipe.length, seed, sum);
}
