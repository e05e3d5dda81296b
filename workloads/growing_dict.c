/**
 * This module is the workload `growing-dict`, so that the price of dicts that grow, are looked up
 * in, lose keys and are cleared can be measured by the kind of key, size and value.
 *
 * Models: indexes and caches that are built side by side over one data set. Keys are made anew for
 * every insert, look-up and deletion, as Python makes `i`, f"user:{i:x}" or `(x, y)` anew each time
 * round a loop. Stresses: large blocks that double (a dict's table is a new block each time it
 * grows) among small ones that stay, hashing and probing, and on clearing the return of one large
 * block and many small ones. `never-cleared` keeps the dicts from iteration to iteration, as a
 * cache without a limit does.
 *
 * Numbers: CPython's dict holds 5 entries before it first grows and its table doubles about every
 * time the entries do; people compare dicts at 10^3 to 10^7 entries (docs/workloads.md). The
 * default, 10 dicts of 1000, grows each table seven times. A str key of 16 bytes and a value of
 * 24 bytes are 57-byte blocks: half of a JSON program's blocks have 49 to 64 bytes (measured:
 * docs/workloads.md).
 *
 * Live memory: with `clear` an iteration first clears and drops the dicts that the one before left
 * (the build phase leaves the first), so `dicts` times `entries` entries at most are live;
 * `never-cleared` adds that much with each iteration, less what is deleted.
 */
#include "workloads/lanes.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"

#include "base/random.h"

#include "object/sites.h" /* last: every allocating call below is a site */

enum { KEYS, ENTRIES, DICTS, VALUE, DELETE, CLEARING, PARAMETERS };
enum { INT_SEQUENTIAL, INT_RANDOM, STR, TUPLE };
enum { CLEAR, NEVER_CLEARED };

static const char *const key_kinds[] = {"int-sequential", "int-random", "str", "tuple", NULL};
static const char *const clearings[] = {"clear", "never-cleared", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [KEYS] = {"keys", "", "what the keys are", 0, TUPLE, STR, key_kinds, false},
    [ENTRIES] = {"entries", "entries", "inserted into each dict by an iteration", 1, 10000000, 1000,
                 NULL, true},
    [DICTS] = {"dicts", "dicts", "dicts that grow side by side", 1, 100000, 10, NULL, true},
    [VALUE] = {"value", "bytes", "length of the bytes object stored; 0: a small int", 0, 1 << 20,
               24, NULL, true},
    [DELETE] = {"delete", "%", "share of the new keys that is deleted again, in random order", 0,
                100, 0, NULL, false},
    [CLEARING] = {"clearing", "", "whether an iteration first clears and drops the last one's", 0,
                  NEVER_CLEARED, CLEAR, clearings, false},
};

/** What a dict should hold, kept beside its root slot. */
typedef struct account {
    uint64_t length;
    uint64_t content; /**< the sum of content_of() over its values */
} account;

typedef struct growing_dict growing_dict;

struct growing_dict {
    hm_lane lane;
    hm_object *(*make_key)(const growing_dict *state, uint64_t number);
    uint64_t entries;
    size_t value_bytes;
    uint64_t first_number; /**< the number of the iteration's first key */
    hm_slots dicts;
    hm_table accounts; /**< account, one a dict */
    hm_table doomed;   /**< uint32_t: which of the new keys are deleted, in this order */
    size_t doomed_count;
};

/* Keys. Each has a number; different numbers make different keys. */

static hm_object *sequential_key(const growing_dict *state, uint64_t number)
{
    return hm_int_new(state->lane.heap, 1000 + (int64_t)number);
}

enum { RANDOM_KEY_BITS = 40 };

/** Spreads the number over 40 bits, two digits of an int; one-to-one, so no two keys collide. */
static hm_object *random_key(const growing_dict *state, uint64_t number)
{
    const uint64_t mask = ((uint64_t)1 << RANDOM_KEY_BITS) - 1;
    uint64_t spread = (number + state->lane.seed) & mask;
    spread = (spread * 0x9e3779b97f4a7c15u) & mask;
    spread ^= spread >> (RANDOM_KEY_BITS / 2);
    spread = (spread * 0xd6e8feb86659fd93u) & mask;
    spread ^= spread >> (RANDOM_KEY_BITS / 2);
    return hm_int_new(state->lane.heap, (int64_t)spread);
}

/** "user:" and eleven hexadecimal digits, as a format string would make it. */
static hm_object *str_key(const growing_dict *state, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    hm_object *key = hm_str_new(state->lane.heap, NULL, 16);
    if (key == NULL)
        return NULL;
    char *text = hm_str_data(key);
    __builtin_memcpy(text, "user:", 5);
    for (int position = 15; position >= 5; position--, number >>= 4)
        text[position] = digits[number & 15];
    return key;
}

/** (x, y) of a plane 1024 wide; both above the shared small ints. */
static hm_object *tuple_key(const growing_dict *state, uint64_t number)
{
    hm_heap *heap = state->lane.heap;
    hm_object *key = hm_tuple_new(heap, 2);
    if (key == NULL)
        return NULL;
    hm_object *x = hm_int_new(heap, 1000 + (int64_t)(number & 1023));
    hm_object *y = x == NULL ? NULL : hm_int_new(heap, 1000 + (int64_t)(number >> 10));
    if (y == NULL) {
        hm_xdecref(heap, x);
        hm_decref(heap, key);
        return NULL;
    }
    hm_tuple_set(heap, key, 0, x);
    hm_tuple_set(heap, key, 1, y);
    return key;
}

/* Values. Each follows from its key's number and the lane's seed. */

static uint64_t seed_of(const growing_dict *state, uint64_t number)
{
    return hm_scramble(state->lane.seed + number);
}

/** The part of a value that stands for it in an account. */
static uint64_t content_of(const growing_dict *state, hm_object *value)
{
    return state->value_bytes == 0 ? (uint64_t)hm_int_value(value) : hm_bytes_data(value)[0];
}

static hm_object *make_value(const growing_dict *state, uint64_t number)
{
    uint64_t seed = seed_of(state, number);
    if (state->value_bytes == 0)
        return hm_int_new(state->lane.heap, (int64_t)(seed >> 56));
    hm_object *value = hm_bytes_new(state->lane.heap, NULL, state->value_bytes);
    if (value != NULL)
        hm_payload_fill(hm_bytes_data(value), state->value_bytes, seed, false);
    return value;
}

static bool read_value(const growing_dict *state, uint64_t number, hm_object *value, uint64_t *sum)
{
    uint64_t seed = seed_of(state, number);
    if (state->value_bytes != 0)
        return hm_text_length(value) == state->value_bytes &&
               hm_payload_read(hm_bytes_data(value), state->value_bytes, seed, false, sum);
    *sum = *sum * 31 + (uint64_t)hm_int_value(value);
    return hm_int_value(value) == (int64_t)(seed >> 56);
}

/* The work on one dict. */

static bool insert(growing_dict *state, size_t which, uint64_t number)
{
    hm_heap *heap = state->lane.heap;
    account *book = (account *)state->accounts.at + which;
    hm_object *key = state->make_key(state, number);
    hm_object *value = key == NULL ? NULL : make_value(state, number);
    bool done = value != NULL && hm_dict_set(heap, state->dicts.at[which], key, value);
    if (HM_LIKELY(done)) {
        book->length++;
        book->content += content_of(state, value);
    } else {
        hm_lane_heap_failed(&state->lane, "growing-dict: inserting");
    }
    hm_xdecref(heap, value);
    hm_xdecref(heap, key);
    return done;
}

static bool look_up(growing_dict *state, size_t which, uint64_t number, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_object *key = state->make_key(state, number);
    if (key == NULL)
        return hm_lane_heap_failed(&state->lane, "growing-dict: making a key");
    hm_object *value = hm_dict_get(heap, state->dicts.at[which], key);
    bool right = value != NULL && read_value(state, number, value, sum);
    hm_decref(heap, key);
    return right ||
           hm_lane_fail(&state->lane, HM_WRONG_RESULT, "growing-dict: key %llu of dict %zu %s",
                        (unsigned long long)number, which,
                        value == NULL ? "is missing" : "has another value");
}

static bool remove_key(growing_dict *state, size_t which, uint64_t number)
{
    hm_heap *heap = state->lane.heap;
    account *book = (account *)state->accounts.at + which;
    hm_object *key = state->make_key(state, number);
    if (key == NULL)
        return hm_lane_heap_failed(&state->lane, "growing-dict: making a key");
    hm_object *value = hm_dict_get(heap, state->dicts.at[which], key);
    if (value != NULL)
        book->content -= content_of(state, value);
    bool done = value != NULL && hm_dict_delete(heap, state->dicts.at[which], key);
    bool gone = done && hm_dict_get(heap, state->dicts.at[which], key) == NULL;
    hm_decref(heap, key);
    book->length--;
    return gone ||
           hm_lane_fail(&state->lane, HM_WRONG_RESULT, "growing-dict: key %llu of dict %zu %s",
                        (unsigned long long)number, which,
                        done ? "is still there after deletion" : "could not be deleted");
}

/** Walks a dict: it must hold what was inserted and not deleted, no more and no less. */
static bool audit(growing_dict *state, size_t which)
{
    const account *book = (account *)state->accounts.at + which;
    account found = {0, 0};
    size_t position = 0;
    hm_object *key, *value;
    while (hm_dict_next(state->dicts.at[which], &position, &key, &value)) {
        found.length++;
        found.content += content_of(state, value);
    }
    if (found.length == book->length && found.content == book->content &&
        hm_dict_length(state->dicts.at[which]) == book->length)
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "growing-dict: dict %zu holds %llu entries where %llu were put, or other "
                        "ones",
                        which, (unsigned long long)found.length, (unsigned long long)book->length);
}

/* The phases. */

/** Makes the dicts that are not there: all of them after a clearing, none where they stay. */
static bool make_dicts(growing_dict *state)
{
    for (size_t which = 0; which < state->dicts.count; which++) {
        if (state->dicts.at[which] != NULL)
            continue;
        state->dicts.at[which] = hm_dict_new(state->lane.heap);
        if (state->dicts.at[which] == NULL)
            return hm_lane_heap_failed(&state->lane, "growing-dict: making a dict");
    }
    return true;
}

static bool grow(growing_dict *state)
{
    for (uint64_t entry = 0; entry < state->entries; entry++) {
        for (size_t which = 0; which < state->dicts.count; which++) {
            if (!insert(state, which, state->first_number + entry))
                return false;
        }
    }
    return true;
}

static bool look_all_up(growing_dict *state, size_t which, uint64_t *sum)
{
    for (uint64_t entry = 0; entry < state->entries; entry++) {
        if (!look_up(state, which, state->first_number + entry, sum))
            return false;
    }
    return true;
}

static bool shrink(growing_dict *state, size_t which)
{
    const uint32_t *doomed = state->doomed.at;
    for (size_t index = 0; index < state->doomed_count; index++) {
        if (!remove_key(state, which, state->first_number + doomed[index]))
            return false;
    }
    return true;
}

/** Audits, clears and drops a dict, and closes its account. */
static bool clear(growing_dict *state, size_t which, uint64_t *sum)
{
    account *book = (account *)state->accounts.at + which;
    hm_object *dict = state->dicts.at[which];
    if (dict == NULL)
        return true;
    if (!audit(state, which))
        return false;
    *sum = *sum * 31 + book->content;
    *book = (account){0, 0};
    hm_dict_clear(state->lane.heap, dict);
    state->dicts.at[which] = NULL;
    hm_decref(state->lane.heap, dict);
    return true;
}

static bool iterate(growing_dict *state)
{
    uint64_t sum = 0;
    for (size_t which = 0; which < state->dicts.count; which++) {
        if (state->lane.parameters[CLEARING] == CLEAR && !clear(state, which, &sum))
            return false;
    }
    if (!make_dicts(state) || !grow(state))
        return false;
    for (size_t which = 0; which < state->dicts.count; which++) {
        if (!look_all_up(state, which, &sum) || !shrink(state, which))
            return false;
    }
    state->first_number += state->entries;
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    return iterate(hm_lanes_at(opaque, thread));
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    growing_dict *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        state->lane.iteration++;
        if (!iterate(state))
            return false;
    }
    return true;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    growing_dict *state = hm_lanes_at(opaque, thread);
    uint64_t sum = 0;
    for (size_t which = 0; which < state->dicts.count; which++) {
        if (!clear(state, which, &sum))
            return false;
    }
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

/* Setup. */

/** Draws which keys are deleted: the first part of a random permutation. */
static bool plan_deletions(growing_dict *state)
{
    hm_random random;
    state->doomed_count = (size_t)(state->entries * (uint64_t)state->lane.parameters[DELETE] / 100);
    if (state->doomed_count == 0)
        return true;
    if (!hm_table_open(&state->lane, &state->doomed, state->entries, sizeof(uint32_t)))
        return false;
    uint32_t *doomed = state->doomed.at;
    hm_random_seed(&random, state->lane.seed);
    for (uint64_t entry = 0; entry < state->entries; entry++) {
        uint64_t place = hm_random_below(&random, entry + 1);
        doomed[entry] = doomed[place];
        doomed[place] = (uint32_t)entry;
    }
    return true;
}

static bool open_lane(void *opaque)
{
    static hm_object *(*const makers[])(const growing_dict *, uint64_t) = {
        sequential_key, random_key, str_key, tuple_key};
    growing_dict *state = opaque;
    const int64_t *values = state->lane.parameters;
    state->make_key = makers[values[KEYS]];
    state->entries = (uint64_t)values[ENTRIES];
    state->value_bytes = (size_t)values[VALUE];
    state->first_number = state->lane.seed & 0xfffff;
    size_t dicts = (size_t)values[DICTS];
    return hm_slots_open(&state->lane, &state->dicts, dicts) &&
           hm_table_open(&state->lane, &state->accounts, dicts, sizeof(account)) &&
           plan_deletions(state);
}

static void close_lane(void *opaque)
{
    growing_dict *state = opaque;
    hm_slots_close(&state->lane, &state->dicts);
    hm_table_close(&state->accounts);
    hm_table_close(&state->doomed);
}

const hm_workload hm_growing_dict_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_growing_dict_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    double key = values[KEYS] == TUPLE ? 120 : 57;
    double value = values[VALUE] == 0 ? 0 : 33 + (double)values[VALUE];
    double entry = key + value + 100; /* an entry, its index, and the old table while it grows */
    return hm_parameters_fit(self, entry * (double)values[ENTRIES] * (double)values[DICTS],
                             "entries, dicts or value", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(growing_dict), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[ENTRIES] * (uint64_t)values[DICTS];
}

const hm_workload hm_growing_dict_workload = {
    .name = "growing-dict",
    .brief = "Dicts that grow side by side, are looked up in, lose keys and are cleared",
    .group = "object",
    .operation = "one insert with its lookup",
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
