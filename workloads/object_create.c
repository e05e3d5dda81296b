/**
 * This module is the workload `object-create`, so that what one object costs from its making to its
 * dropping can be measured by kind, on heapmark's runtime and on CPython.
 *
 * Models the inner loop of every Python program: a temporary is made, read once and dropped.
 * Stresses the allocator's shortest path, the object's head, and, for containers, the collector's
 * tracking. Items, keys and names are made in the build phase. It has no numbers that need a
 * source: two items and 16 bytes are what small temporaries have.
 */
#include "workloads/layer.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"

#include <stdio.h>

enum { KIND, ITEMS, LENGTH, PARAMETERS };
enum {
    MAKE_TUPLE,
    MAKE_LIST,
    MAKE_DICT,
    MAKE_INSTANCE,
    MAKE_RECORD,
    MAKE_INT,
    MAKE_FLOAT,
    MAKE_STR,
    MAKE_BYTES,
    MAKE_KINDS
};

enum {
    MOST_ITEMS = 64,
    NAME_BYTES = 32,
    STARTS = 64,         /* where in the elements an object's items may begin */
    FIRST_ELEMENT = 1000 /* above the shared small ints */
};

static const char *const kinds[] = {"tuple", "list",  "dict", "instance", "record",
                                    "int",   "float", "str",  "bytes",    NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [KIND] = {"kind", "", "what is made; a record is an instance with slots", 0, MAKE_BYTES,
              MAKE_TUPLE, kinds, false},
    [ITEMS] = {"items", "items", "items or attributes of a container", 1, MOST_ITEMS, 2, NULL,
               true},
    [LENGTH] = {"length", "bytes", "bytes of str and bytes", 2, 1 << 20, 16, NULL, true},
};

typedef struct object_create {
    hm_lane lane;
    size_t items, length;
    hm_layer_slots elements;     /* ints that containers hold */
    hm_layer_slots names;        /* strs: keys of dicts, names of attributes */
    hm_layer_slots class_object; /* of instances and records */
} object_create;

/* One object of each kind: made, read, dropped. `number` says what is in it; `*sum` receives what
 * was read. False: it could not be made, or what was read is not what was put in. */

static HM_ALWAYS_INLINE size_t start_of(uint64_t number)
{
    return number % STARTS;
}

/** Drops `object`; whether its last item was `found` to be the element that belongs there. */
static HM_ALWAYS_INLINE bool end(object_create *state, hm_layer_object *object,
                                 const hm_layer_object *found, uint64_t number, uint64_t *sum)
{
    size_t last = start_of(number) + state->items - 1;
    bool right = found == state->elements.at[last];
    *sum += last;
    hm_layer_drop(state->lane.heap, object);
    return right;
}

static HM_ALWAYS_INLINE bool one_tuple(object_create *state, uint64_t number, uint64_t *sum)
{
    hm_layer_object *tuple =
        hm_layer_tuple_of(state->lane.heap, state->elements.at + start_of(number), state->items);
    return tuple != NULL &&
           end(state, tuple, hm_layer_tuple_get(tuple, state->items - 1), number, sum);
}

static HM_ALWAYS_INLINE bool one_list(object_create *state, uint64_t number, uint64_t *sum)
{
    hm_layer_object *list =
        hm_layer_list_of(state->lane.heap, state->elements.at + start_of(number), state->items);
    return list != NULL && end(state, list, hm_layer_list_get(list, state->items - 1), number, sum);
}

static HM_ALWAYS_INLINE bool one_dict(object_create *state, uint64_t number, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *const *values = state->elements.at + start_of(number);
    hm_layer_object *const *keys = state->names.at;
    hm_layer_object *dict = hm_layer_dict(heap);
    for (size_t index = 0; dict != NULL && index < state->items; index++) {
        if (!hm_layer_dict_set(heap, dict, keys[index], values[index])) {
            hm_layer_drop(heap, dict);
            dict = NULL;
        }
    }
    return dict != NULL &&
           end(state, dict, hm_layer_dict_get(heap, dict, keys[state->items - 1]), number, sum);
}

static HM_ALWAYS_INLINE bool one_instance(object_create *state, uint64_t number, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *const *values = state->elements.at + start_of(number);
    hm_layer_object *const *names = state->names.at;
    hm_layer_object *instance = hm_layer_instance(heap, state->class_object.at[0]);
    for (size_t index = 0; instance != NULL && index < state->items; index++) {
        if (!hm_layer_attribute_set(heap, instance, names[index], values[index])) {
            hm_layer_drop(heap, instance);
            instance = NULL;
        }
    }
    if (instance == NULL)
        return false;
    hm_layer_object *found = hm_layer_attribute(heap, instance, names[state->items - 1]);
    bool right = end(state, instance, found, number, sum);
    if (found != NULL)
        hm_layer_drop(heap, found);
    return right;
}

static HM_ALWAYS_INLINE bool one_int(object_create *state, uint64_t number, uint64_t *sum)
{
    int64_t value = 257 + (int64_t)(number & 0xfffffff); /* no shared one; one digit */
    hm_layer_object *made = hm_layer_int(state->lane.heap, value);
    if (made == NULL)
        return false;
    int64_t found = hm_layer_int_value(made);
    *sum += (uint64_t)found;
    hm_layer_drop(state->lane.heap, made);
    return found == value;
}

static HM_ALWAYS_INLINE bool one_float(object_create *state, uint64_t number, uint64_t *sum)
{
    double value = (double)(int64_t)(number >> 12); /* 52 bits: exact */
    hm_layer_object *made = hm_layer_float(state->lane.heap, value);
    if (made == NULL)
        return false;
    double found = hm_layer_float_value(made);
    *sum += (uint64_t)found + number;
    hm_layer_drop(state->lane.heap, made);
    return found == value;
}

static HM_ALWAYS_INLINE bool one_text(object_create *state, uint64_t number, uint64_t *sum,
                                      bool text)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *made =
        text ? hm_layer_str(heap, state->length) : hm_layer_bytes(heap, state->length);
    if (made == NULL)
        return false;
    unsigned char *data = text ? hm_layer_str_data(made) : hm_layer_bytes_data(made);
    hm_payload_fill(data, state->length, number, text);
    __asm__ volatile("" : : "r"(data) : "memory"); /* what is read below is really in memory */
    bool right = hm_payload_read(data, state->length, number, text, sum);
    hm_layer_drop(heap, made);
    return right;
}

static HM_ALWAYS_INLINE bool one_str(object_create *state, uint64_t number, uint64_t *sum)
{
    return one_text(state, number, sum, true);
}

static HM_ALWAYS_INLINE bool one_bytes(object_create *state, uint64_t number, uint64_t *sum)
{
    return one_text(state, number, sum, false);
}

/* The loops: one a kind, so that nothing is chosen in them. */

#define DEFINE_LOOP(kind)                                                                          \
    static bool loop_##kind(object_create *state, uint64_t first, uint64_t count, uint64_t *sum)   \
    {                                                                                              \
        for (uint64_t number = first; number != first + count; number++) {                         \
            if (HM_UNLIKELY(!one_##kind(state, number, sum)))                                      \
                return false;                                                                      \
        }                                                                                          \
        return true;                                                                               \
    }

DEFINE_LOOP(tuple)
DEFINE_LOOP(list)
DEFINE_LOOP(dict)
DEFINE_LOOP(instance)
DEFINE_LOOP(int)
DEFINE_LOOP(float)
DEFINE_LOOP(str)
DEFINE_LOOP(bytes)

typedef bool (*kind_loop)(object_create *state, uint64_t first, uint64_t count, uint64_t *sum);

static const kind_loop loops[MAKE_KINDS] = {
    [MAKE_TUPLE] = loop_tuple, [MAKE_LIST] = loop_list,         [MAKE_DICT] = loop_dict,
    [MAKE_INT] = loop_int,     [MAKE_INSTANCE] = loop_instance, [MAKE_RECORD] = loop_instance,
    [MAKE_FLOAT] = loop_float, [MAKE_STR] = loop_str,           [MAKE_BYTES] = loop_bytes,
};

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    object_create *state = hm_lanes_at(opaque, thread);
    uint64_t sum = 0, first = state->lane.seed + state->lane.iteration;
    state->lane.iteration += iterations;
    if (!loops[state->lane.parameters[KIND]](state, first, iterations, &sum))
        return hm_layer_failed(&state->lane, "object-create: making an object and reading it back");
    state->lane.checksum += sum;
    return true;
}

/* What objects are made from. */

static bool has_items(const int64_t *values)
{
    return values[KIND] < MAKE_INT;
}

static bool has_names(const int64_t *values)
{
    return values[KIND] >= MAKE_DICT && values[KIND] <= MAKE_RECORD;
}

static bool has_class(const int64_t *values)
{
    return values[KIND] == MAKE_INSTANCE || values[KIND] == MAKE_RECORD;
}

static bool open_lane(void *opaque)
{
    object_create *state = opaque;
    const int64_t *values = state->lane.parameters;
    state->items = (size_t)values[ITEMS];
    state->length = (size_t)values[LENGTH];
    return (!has_items(values) ||
            hm_layer_slots_open(&state->lane, &state->elements, state->items + STARTS)) &&
           (!has_names(values) || hm_layer_slots_open(&state->lane, &state->names, state->items)) &&
           (!has_class(values) || hm_layer_slots_open(&state->lane, &state->class_object, 1));
}

static void close_lane(void *opaque)
{
    object_create *state = opaque;
    hm_layer_slots_close(&state->lane, &state->elements);
    hm_layer_slots_close(&state->lane, &state->names);
    hm_layer_slots_close(&state->lane, &state->class_object);
}

static bool build_names(object_create *state, char texts[][NAME_BYTES], const char **names)
{
    for (size_t index = 0; index < state->names.count; index++) {
        snprintf(texts[index], sizeof texts[index], "field_%zu", index);
        names[index] = texts[index];
        state->names.at[index] = hm_layer_name(state->lane.heap, texts[index]);
        if (state->names.at[index] == NULL)
            return false;
    }
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    object_create *state = hm_lanes_at(opaque, thread);
    hm_heap *heap = state->lane.heap;
    char texts[MOST_ITEMS][NAME_BYTES];
    const char *names[MOST_ITEMS];
    bool built = build_names(state, texts, names);
    for (size_t index = 0; built && index < state->elements.count; index++) {
        state->elements.at[index] = hm_layer_int(heap, FIRST_ELEMENT + (int64_t)index);
        built = state->elements.at[index] != NULL;
    }
    if (built && has_class(state->lane.parameters)) {
        bool slots = state->lane.parameters[KIND] == MAKE_RECORD;
        state->class_object.at[0] = hm_layer_class(heap, slots ? names : NULL, state->items);
        built = state->class_object.at[0] != NULL;
    }
    return built || hm_layer_failed(&state->lane, "object-create: making what objects hold");
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    object_create *state = hm_lanes_at(opaque, thread);
    hm_layer_slots_drop(&state->lane, &state->elements);
    hm_layer_slots_drop(&state->lane, &state->names);
    hm_layer_slots_drop(&state->lane, &state->class_object);
    return true;
}

const hm_workload hm_object_create_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_object_create_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (!has_items(values) &&
        hm_parameter_without_effect(self, values, ITEMS, "a kind that is no container", error) !=
            HM_OK)
        return HM_USAGE_ERROR;
    if (values[KIND] < MAKE_STR)
        return hm_parameter_without_effect(self, values, LENGTH, "any kind but str and bytes",
                                           error);
    return HM_OK;
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(object_create), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

const hm_workload hm_object_create_workload = {
    .name = "object-create",
    .brief = "One object made, read and dropped, in a loop, by kind",
    .group = "object",
    .operation = "one object created and dropped",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
