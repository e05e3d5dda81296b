/**
 * This module is the workload `dict-access`, so that the three things a dict is used for can be
 * measured apart, by size and by the pattern of keys, with keys that exist already.
 *
 * Models indexes, counters and caches. Stresses hashing, probing and growing (insert), and, with
 * more entries than a cache holds, misses. `strided` keys share their low bits, which is the worst
 * that regular ints do to a table that is indexed by them. It has no numbers that need a source;
 * 1000 entries fit the first caches, a million do not.
 *
 * Each key is its own value, so that what is found tells whether it is what was looked for. Dicts
 * are dropped (insert) or filled (delete) in the restore phase, which is not timed. Random keys and
 * strs are looked up and deleted in another order than they were made and inserted in.
 */
#include "base/random.h"
#include "workloads/layer.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"

enum { OPERATION, ENTRIES, KEYS, PARAMETERS };
enum { INSERT, GET, DELETE };
enum { SEQUENTIAL, RANDOM, STRIDED, STR };

enum {
    FIRST_KEY = 1000, /* above the shared small ints */
    STR_BYTES = 16,   /* a str key's: 16 letters, 4 bits each */
    STRIDE = 1 << 20
};

static const char *const operations_of[] = {"insert", "get", "delete", NULL};
static const char *const patterns[] = {"sequential", "random", "strided", "str", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [OPERATION] = {"operation", "", "what is timed", 0, DELETE, INSERT, operations_of, false},
    [ENTRIES] = {"entries", "entries", "entries of a dict", 1, 10000000, 1000, NULL, true},
    [KEYS] = {"keys", "", "ints counting up, at random, apart by 2^20; or strs at random", 0, STR,
              RANDOM, patterns, false},
};

typedef struct dict_access {
    hm_lane lane;
    size_t entries;
    bool text;               /* keys are strs */
    hm_layer_slots keys;     /* in the order they are inserted in */
    hm_table shuffled;       /* hm_layer_object *, borrowed: the keys in the order of access */
    hm_layer_object **order; /* the keys or `shuffled` */
    hm_layer_slots dicts;    /* of a batch; the one that is read */
    size_t next;             /* the place of the next dict */
    uint64_t sum;            /* of all keys */
} dict_access;

/* Keys. */

/** Numbers of 62 bits, each once: every step can be undone. */
static uint64_t spread(uint64_t number)
{
    const uint64_t mask = ((uint64_t)1 << 62) - 1;
    number = (number * 0x9e3779b97f4a7c15u) & mask;
    number ^= number >> 31;
    number = (number * 0xd6e8feb86659fd93u) & mask;
    return number ^ (number >> 31);
}

static hm_layer_object *make_str_key(hm_heap *heap, uint64_t number)
{
    hm_layer_object *key = hm_layer_str(heap, STR_BYTES);
    for (unsigned index = 0; key != NULL && index < STR_BYTES; index++)
        hm_layer_str_data(key)[index] = (unsigned char)('a' + ((number >> (4 * index)) & 15));
    return key;
}

static hm_layer_object *make_key(const dict_access *state, uint64_t index)
{
    hm_heap *heap = state->lane.heap;
    int64_t seed = (int64_t)(state->lane.seed & 0xffffff);
    switch (state->lane.parameters[KEYS]) {
    case SEQUENTIAL:
        return hm_layer_int(heap, FIRST_KEY + seed + (int64_t)index);
    case STRIDED:
        return hm_layer_int(heap, FIRST_KEY + seed + (int64_t)index * STRIDE);
    case STR:
        return make_str_key(heap, hm_scramble(state->lane.seed + index));
    default:
        return hm_layer_int(heap, (int64_t)spread(state->lane.seed + index));
    }
}

/** What a key says: the int, or the first letters of the str. */
static HM_ALWAYS_INLINE uint64_t read_key(hm_layer_object *key, bool text)
{
    uint64_t word;
    if (!text)
        return (uint64_t)hm_layer_int_value(key);
    __builtin_memcpy(&word, hm_layer_str_data(key), sizeof word);
    return word;
}

static bool is_shuffled(const int64_t *values)
{
    return values[OPERATION] != INSERT && (values[KEYS] == RANDOM || values[KEYS] == STR);
}

static void shuffle(dict_access *state)
{
    hm_random random;
    hm_random_seed(&random, state->lane.seed);
    for (size_t index = 0; index < state->entries; index++)
        state->order[index] = state->keys.at[index];
    for (size_t left = state->entries; left > 1; left--) {
        size_t other = hm_random_below(&random, left);
        hm_layer_object *key = state->order[left - 1];
        state->order[left - 1] = state->order[other];
        state->order[other] = key;
    }
}

/* The three operations, each on one dict. */

static bool failed(dict_access *state)
{
    return hm_layer_failed(&state->lane, "dict-access: an access to a dict");
}

static bool fill(dict_access *state, hm_layer_object *dict)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *const *keys = state->keys.at;
    for (size_t index = 0, count = state->entries; index < count; index++) {
        if (HM_UNLIKELY(!hm_layer_dict_set(heap, dict, keys[index], keys[index])))
            return failed(state);
    }
    return true;
}

/** A new dict with all keys into a slot, whatever was there. */
static bool fill_slot(dict_access *state, hm_layer_object **slot)
{
    hm_heap *heap = state->lane.heap;
    if (*slot != NULL) {
        hm_layer_drop(heap, *slot);
        *slot = NULL;
    }
    *slot = hm_layer_dict(heap);
    return *slot != NULL ? fill(state, *slot) : failed(state);
}

static bool one_insert(dict_access *state, hm_layer_object **slot)
{
    if (!fill_slot(state, slot))
        return false;
    if (hm_layer_dict_length(*slot) != state->entries)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "dict-access: a dict has %zu entries after %zu inserts",
                            hm_layer_dict_length(*slot), state->entries);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, state->sum);
    return true;
}

static HM_ALWAYS_INLINE bool get_all(dict_access *state, hm_layer_object *dict, bool text,
                                     uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *const *keys = state->order;
    uint64_t found = 0;
    for (size_t index = 0, count = state->entries; index < count; index++) {
        hm_layer_object *value = hm_layer_dict_get(heap, dict, keys[index]);
        if (HM_UNLIKELY(value == NULL))
            return failed(state);
        found += read_key(value, text);
    }
    *sum = found;
    return true;
}

static bool one_get(dict_access *state, hm_layer_object **slot)
{
    uint64_t sum = 0;
    if (!(state->text ? get_all(state, *slot, true, &sum) : get_all(state, *slot, false, &sum)))
        return false;
    if (sum != state->sum)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "dict-access: what was found is not what was put in");
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

static bool one_delete(dict_access *state, hm_layer_object **slot)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object *const *keys = state->order;
    if (HM_UNLIKELY(hm_layer_dict_length(*slot) == 0) && !fill_slot(state, slot))
        return false; /* no restore phase came before */
    for (size_t index = 0, count = state->entries; index < count; index++) {
        if (HM_UNLIKELY(!hm_layer_dict_delete(heap, *slot, keys[index])))
            return failed(state);
    }
    if (hm_layer_dict_length(*slot) != 0)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "dict-access: a dict has %zu entries left after all were deleted",
                            hm_layer_dict_length(*slot));
    state->lane.checksum = hm_checksum_add(state->lane.checksum, state->sum);
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    static bool (*const ones[])(dict_access *, hm_layer_object **) = {one_insert, one_get,
                                                                      one_delete};
    dict_access *state = hm_lanes_at(opaque, thread);
    uint64_t dicts = iterations * hm_layer_containers(state->entries);
    for (uint64_t count = 0; count < dicts; count++) {
        hm_layer_object **slot = &state->dicts.at[state->next];
        state->next = state->next + 1 == state->dicts.count ? 0 : state->next + 1;
        if (!ones[state->lane.parameters[OPERATION]](state, slot))
            return false;
    }
    return true;
}

/* What comes before and after. */

/** Every entry of a filled dict must be there. */
static bool check_dict(dict_access *state, hm_layer_object *dict)
{
    for (size_t index = 0; index < state->entries; index++) {
        hm_layer_object *key = state->keys.at[index];
        if (hm_layer_dict_get(state->lane.heap, dict, key) != key)
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "dict-access: a dict does not hold what was put in");
    }
    return true;
}

static bool restore_insert(dict_access *state)
{
    hm_layer_object *first = state->dicts.at[0];
    if (first != NULL && !check_dict(state, first))
        return false;
    hm_layer_slots_drop(&state->lane, &state->dicts);
    return true;
}

/** Fills the dicts that the last batch emptied, and at first all. */
static bool restore_delete(dict_access *state)
{
    for (size_t index = 0; index < state->dicts.count; index++) {
        hm_layer_object *dict = state->dicts.at[index];
        bool full = dict != NULL && hm_layer_dict_length(dict) == state->entries;
        if (!full && !fill_slot(state, &state->dicts.at[index]))
            return false;
    }
    return true;
}

static bool restore(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    dict_access *state = hm_lanes_at(opaque, thread);
    state->next = 0;
    switch (state->lane.parameters[OPERATION]) {
    case INSERT:
        return restore_insert(state);
    case DELETE:
        return restore_delete(state);
    default:
        return true;
    }
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    dict_access *state = hm_lanes_at(opaque, thread);
    for (size_t index = 0; index < state->entries; index++) {
        hm_layer_object *key = make_key(state, index);
        if (key == NULL)
            return hm_layer_failed(&state->lane, "dict-access: making keys");
        state->keys.at[index] = key;
        state->sum += read_key(key, state->text);
    }
    if (is_shuffled(state->lane.parameters))
        shuffle(state);
    if (state->lane.parameters[OPERATION] == GET)
        return fill_slot(state, &state->dicts.at[0]);
    return restore(opaque, thread, 1);
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    dict_access *state = hm_lanes_at(opaque, thread);
    hm_layer_slots_drop(&state->lane, &state->dicts);
    hm_layer_slots_drop(&state->lane, &state->keys);
    return true;
}

static bool open_lane(void *opaque)
{
    dict_access *state = opaque;
    const int64_t *values = state->lane.parameters;
    state->entries = (size_t)values[ENTRIES];
    state->text = values[KEYS] == STR;
    size_t dicts = hm_layer_containers(state->entries) * hm_layer_most_iterations(state->entries);
    if (values[OPERATION] == GET)
        dicts = 1;
    if (!hm_layer_slots_open(&state->lane, &state->keys, state->entries) ||
        !hm_layer_slots_open(&state->lane, &state->dicts, dicts))
        return false;
    state->order = state->keys.at;
    if (!is_shuffled(values))
        return true;
    if (!hm_table_open(&state->lane, &state->shuffled, state->entries, sizeof *state->order))
        return false;
    state->order = state->shuffled.at;
    return true;
}

static void close_lane(void *opaque)
{
    dict_access *state = opaque;
    hm_layer_slots_close(&state->lane, &state->dicts);
    hm_layer_slots_close(&state->lane, &state->keys);
    hm_table_close(&state->shuffled);
}

const hm_workload hm_dict_access_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    return hm_parameters_in_range(&hm_dict_access_workload, values, error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(dict_access), open_lane, close_lane);
}

static uint64_t most_iterations(const int64_t *values)
{
    return values[OPERATION] == GET ? 0 : hm_layer_most_iterations((uint64_t)values[ENTRIES]);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[ENTRIES] * hm_layer_containers((uint64_t)values[ENTRIES]);
}

const hm_workload hm_dict_access_workload = {
    .name = "dict-access",
    .brief = "Inserts, look-ups or deletions in dicts of one size, with keys made before",
    .group = "object",
    .operation = "one insert, look-up or deletion",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"restore", HM_PHASE_RESTORE, restore},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .most_iterations = most_iterations,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
