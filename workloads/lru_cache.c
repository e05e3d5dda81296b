/**
 * This module is the workload `lru-cache`, so that an allocator and a collector are measured on the
 * heap that most long-running programs have: a bounded cache, full, in which the old makes room for
 * the new for as long as the program runs.
 *
 * Models: functools.lru_cache and OrderedDict as Python programs write them: a dict from keys to
 * entries, the entries in a doubly linked list from the oldest use to the newest. Each look-up
 * makes its key anew; a hit moves the entry to the end of the list; a miss makes a value and an
 * entry and, where the cache is full, drops the oldest. Stresses: blocks of many sizes with middle
 * and long lives among each other, freed in an order that is neither that of allocation nor random;
 * a dict that is inserted into and deleted from for ever; with `cyclic`, a collector that walks
 * one large cycle of live objects again and again to find a few evicted ones.
 *
 * Numbers: exponents of web traces are 0.64 to 0.83 (Breslau et al., INFOCOM 1999); the median over
 * 51 cache clusters of Twitter is 1.21, their quartiles 0.63 and 1.51, the median key 36 bytes
 * (github.com/twitter/cache-trace, stat/2020Mar.md; Yang et al., OSDI 2020). The default is the
 * upper end of the web traces: above 1 a cache of a tenth of the keys hardly ever misses, so hardly
 * ever allocates. Sizes of values: the mean and the shape of Facebook's ETC pool (Atikoglu et al.,
 * SIGMETRICS 2012). Capacity and number of keys are round: 10,000 entries are some 5 MiB, beyond
 * most second-level caches.
 */
#include "workloads/lru_cache.h"

#include "workloads/lanes.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"
#include "workloads/sizes.h"
#include "workloads/zipf.h"

#include "object/sites.h" /* last: every allocating call below is a site */

enum { EXPONENT, KEYS, CAPACITY, VALUE, SIZES, LINKS, CYCLIC, PARAMETERS };
enum { PARETO, FIXED };
enum { STRONG, WEAK };

enum { ENTRY_KEY, ENTRY_VALUE, ENTRY_PREVIOUS, ENTRY_NEXT, ENTRY_SLOTS };
enum { CACHE_INDEX, CACHE_OLDEST, CACHE_NEWEST, CACHE_SLOTS };

/** The lane's roots. */
enum { ENTRY_CLASS, CACHE_CLASS, CACHE, KEPT_SLOTS };

enum { KEY_BYTES = 36, NUMBER_DIGITS = 8 };

static const char *const size_names[] = {"pareto", "fixed", NULL};
static const char *const link_names[] = {"strong", "weak", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [EXPONENT] = {"exponent", "/100", "Zipf's exponent of the keys' popularity, in hundredths", 0,
                  300, 83, NULL, false},
    [KEYS] = {"keys", "keys", "keys that are asked for", 1, 10000000, 100000, NULL, true},
    [CAPACITY] = {"capacity", "entries", "entries the cache holds", 1, 1000000, 10000, NULL, true},
    [VALUE] = {"value", "bytes", "mean size of a value", 1, 1 << 20, 329, NULL, true},
    [SIZES] = {"sizes", "", "how the sizes of values are spread", 0, FIXED, PARETO, size_names,
               false},
    [LINKS] = {"links", "", "whether an entry owns the one used before it", 0, WEAK, STRONG,
               link_names, false},
    [CYCLIC] = {"cyclic", "%", "share of the values that refer to their entry", 0, 100, 0, NULL,
                false},
};

typedef struct lru_cache {
    hm_lane lane;
    hm_random random;
    hm_zipf zipf;
    hm_sizes sizes;
    uint64_t capacity, cyclic;
    bool weak;
    hm_slots kept; /**< the classes and the cache */
    hm_lru_counts counts;
} lru_cache;

static bool open_lane(void *opaque)
{
    lru_cache *state = opaque;
    const int64_t *values = state->lane.parameters;
    hm_random_seed(&state->random, state->lane.seed);
    state->capacity = (uint64_t)values[CAPACITY];
    state->cyclic = (uint64_t)values[CYCLIC];
    state->weak = values[LINKS] == WEAK;
    if (values[SIZES] == PARETO)
        hm_sizes_pareto(&state->sizes, (double)values[VALUE]);
    else
        hm_sizes_fixed(&state->sizes, (uint32_t)values[VALUE]);
    return hm_slots_open(&state->lane, &state->kept, KEPT_SLOTS) &&
           hm_zipf_open(&state->lane, &state->zipf, (uint32_t)values[KEYS],
                        (double)values[EXPONENT] / 100);
}

/* What belongs to a key's number. */

static uint64_t seed_of(const lru_cache *state, uint32_t number)
{
    return hm_scramble(state->lane.seed ^ number);
}

static bool is_cyclic(const lru_cache *state, uint32_t number)
{
    return (seed_of(state, number) & 0xffff) * 100 < state->cyclic << 16;
}

/** The key as a program makes it for each look-up; the digits keep keys apart. */
static hm_object *make_key(lru_cache *state, uint32_t number)
{
    hm_object *key = hm_str_new(state->lane.heap, NULL, KEY_BYTES);
    if (key == NULL)
        return NULL;
    unsigned char *text = (unsigned char *)hm_str_data(key);
    hm_payload_fill(text, KEY_BYTES, seed_of(state, number), true);
    for (int digit = 0; digit < NUMBER_DIGITS; digit++)
        text[digit] = (unsigned char)"0123456789abcdef"[(number >> (4 * digit)) & 15];
    return key;
}

static hm_object *make_value(lru_cache *state, uint32_t number)
{
    uint64_t seed = seed_of(state, number);
    size_t length = hm_size_of(&state->sizes, seed);
    hm_object *value = hm_bytes_new(state->lane.heap, NULL, length);
    if (value != NULL)
        hm_payload_fill(hm_bytes_data(value), length, seed, false);
    return value;
}

/** A value that knows its entry, as objects that are cached often do: a list of both. */
static hm_object *bind_value(lru_cache *state, hm_object *value, hm_object *entry)
{
    hm_heap *heap = state->lane.heap;
    hm_object *pair = hm_list_new(heap);
    if (pair == NULL || !hm_list_append(heap, pair, value) || !hm_list_append(heap, pair, entry)) {
        hm_xdecref(heap, pair);
        pair = NULL;
    }
    hm_decref(heap, value);
    return pair;
}

static hm_object *make_entry(lru_cache *state, hm_object *key, uint32_t number)
{
    hm_heap *heap = state->lane.heap;
    hm_object *entry = hm_instance_new(heap, state->kept.at[ENTRY_CLASS]);
    if (entry == NULL)
        return NULL;
    hm_store(heap, entry, hm_instance_slot(entry, ENTRY_KEY), hm_incref(key));
    hm_object *value = make_value(state, number);
    if (value != NULL && is_cyclic(state, number))
        value = bind_value(state, value, entry);
    if (value == NULL) {
        hm_decref(heap, entry);
        return NULL;
    }
    hm_store(heap, entry, hm_instance_slot(entry, ENTRY_VALUE), value);
    return entry;
}

static bool read_value(lru_cache *state, hm_object *entry, uint32_t number, uint64_t *sum)
{
    uint64_t seed = seed_of(state, number);
    hm_object *value = *hm_instance_slot(entry, ENTRY_VALUE);
    if (is_cyclic(state, number))
        value = hm_list_get(value, 0);
    size_t length = hm_size_of(&state->sizes, seed);
    if (hm_text_length(value) == length &&
        hm_payload_read(hm_bytes_data(value), length, seed, false, sum))
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "lru-cache: the value of key %u is not what was put in", number);
}

/* The list of entries, from the oldest use to the newest. */

static hm_object **cache_slot(lru_cache *state, size_t slot)
{
    return hm_instance_slot(state->kept.at[CACHE], slot);
}

/** What a link leads to, borrowed, as the dict owns every entry; NULL: it is the end. */
static hm_object *follow(hm_heap *heap, hm_object *link)
{
    if (link == NULL || !hm_is(link, &hm_weakref_type))
        return link;
    hm_object *entry = hm_weakref_get(link);
    hm_xdecref(heap, entry);
    return entry;
}

/** Takes the entry, which the caller keeps alive, out of the list. */
static void unlink_entry(lru_cache *state, hm_object *entry)
{
    hm_heap *heap = state->lane.heap;
    hm_object *cache = state->kept.at[CACHE];
    hm_object **before = hm_instance_slot(entry, ENTRY_PREVIOUS);
    hm_object **after = hm_instance_slot(entry, ENTRY_NEXT);
    hm_object *previous = follow(heap, *before), *next = *after, *link = *before;
    *before = *after = NULL; /* its references move to its neighbours */
    if (next != NULL)
        hm_store(heap, next, hm_instance_slot(next, ENTRY_PREVIOUS), link);
    else
        hm_store(heap, cache, cache_slot(state, CACHE_NEWEST), hm_xincref(previous));
    if (previous != NULL)
        hm_store(heap, previous, hm_instance_slot(previous, ENTRY_NEXT), next);
    else
        hm_store(heap, cache, cache_slot(state, CACHE_OLDEST), next);
    if (next == NULL)
        hm_xdecref(heap, link);
}

/** Makes the entry, which is in no list, the newest; false: no memory for a weak link. */
static bool append_entry(lru_cache *state, hm_object *entry)
{
    hm_heap *heap = state->lane.heap;
    hm_object *cache = state->kept.at[CACHE];
    hm_object *newest = *cache_slot(state, CACHE_NEWEST);
    if (newest == NULL) {
        hm_store(heap, cache, cache_slot(state, CACHE_OLDEST), hm_incref(entry));
    } else {
        hm_object *link =
            state->weak ? hm_weakref_new(heap, newest, NULL, NULL) : hm_incref(newest);
        if (link == NULL)
            return false;
        hm_store(heap, entry, hm_instance_slot(entry, ENTRY_PREVIOUS), link);
        hm_store(heap, newest, hm_instance_slot(newest, ENTRY_NEXT), hm_incref(entry));
    }
    hm_store(heap, cache, cache_slot(state, CACHE_NEWEST), hm_incref(entry));
    return true;
}

/* Looking up. */

static bool insert(lru_cache *state, hm_object *key, uint32_t number)
{
    hm_heap *heap = state->lane.heap;
    hm_object *entry = make_entry(state, key, number);
    bool done = entry != NULL && hm_dict_set(heap, *cache_slot(state, CACHE_INDEX), key, entry) &&
                append_entry(state, entry);
    hm_xdecref(heap, entry);
    return done;
}

static bool evict_oldest(lru_cache *state)
{
    hm_heap *heap = state->lane.heap;
    hm_object *entry = hm_incref(*cache_slot(state, CACHE_OLDEST));
    unlink_entry(state, entry);
    bool done =
        hm_dict_delete(heap, *cache_slot(state, CACHE_INDEX), *hm_instance_slot(entry, ENTRY_KEY));
    hm_decref(heap, entry);
    state->counts.evictions++;
    return done;
}

static bool hit(lru_cache *state, hm_object *entry, uint32_t number, uint64_t *sum)
{
    if (!read_value(state, entry, number, sum))
        return false;
    state->counts.hits++;
    if (*cache_slot(state, CACHE_NEWEST) == entry)
        return true;
    hm_incref(entry);
    unlink_entry(state, entry);
    bool done = append_entry(state, entry);
    hm_decref(state->lane.heap, entry);
    return done || hm_lane_heap_failed(&state->lane, "lru-cache: moving an entry");
}

static bool miss(lru_cache *state, hm_object *key, uint32_t number)
{
    state->counts.misses++;
    if (!insert(state, key, number))
        return hm_lane_heap_failed(&state->lane, "lru-cache: inserting an entry");
    return hm_dict_length(*cache_slot(state, CACHE_INDEX)) <= state->capacity ||
           evict_oldest(state) ||
           hm_lane_heap_failed(&state->lane, "lru-cache: evicting the oldest entry");
}

static bool look_up(lru_cache *state, uint32_t number, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    hm_object *key = make_key(state, number);
    if (key == NULL)
        return hm_lane_heap_failed(&state->lane, "lru-cache: making a key");
    hm_object *entry = hm_dict_get(heap, *cache_slot(state, CACHE_INDEX), key);
    bool done = entry != NULL ? hit(state, entry, number, sum) : miss(state, key, number);
    hm_decref(heap, key);
    return done;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    lru_cache *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t sum = 0;
        uint32_t number = hm_zipf_draw(&state->zipf, &state->random);
        if (!look_up(state, number, &sum))
            return false;
        state->lane.iteration++;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum ^ number);
    }
    return true;
}

/* The phases around it. */

static bool build_cache(lru_cache *state)
{
    hm_heap *heap = state->lane.heap;
    hm_object **kept = state->kept.at;
    hm_class_spec entry = {.name = "Entry", .slot_count = ENTRY_SLOTS, .has_weakrefs = state->weak};
    hm_class_spec cache = {.name = "Cache", .slot_count = CACHE_SLOTS};
    kept[ENTRY_CLASS] = hm_class_new(heap, &entry);
    if (kept[ENTRY_CLASS] != NULL)
        kept[CACHE_CLASS] = hm_class_new(heap, &cache);
    if (kept[CACHE_CLASS] != NULL)
        kept[CACHE] = hm_instance_new(heap, kept[CACHE_CLASS]);
    hm_object *index = kept[CACHE] == NULL ? NULL : hm_dict_new(heap);
    if (index == NULL)
        return hm_lane_heap_failed(&state->lane, "lru-cache: making the cache");
    hm_store(heap, kept[CACHE], cache_slot(state, CACHE_INDEX), index);
    return true;
}

/** Fills the cache with the commonest keys, the commonest last: nearly what use would leave. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    lru_cache *state = hm_lanes_at(opaque, thread);
    if (!build_cache(state))
        return false;
    for (uint64_t left = state->capacity; left > 0; left--) {
        hm_object *key = make_key(state, (uint32_t)left - 1);
        bool done = key != NULL && insert(state, key, (uint32_t)left - 1);
        hm_xdecref(state->lane.heap, key);
        if (!done)
            return hm_lane_heap_failed(&state->lane, "lru-cache: filling the cache");
    }
    return true;
}

/** Walks the list: every entry knows the one before it and is in the dict under its key. */
static bool walk_list(lru_cache *state, uint64_t *sum)
{
    hm_object *index = *cache_slot(state, CACHE_INDEX), *previous = NULL;
    uint64_t entries = 0;
    for (hm_object *entry = *cache_slot(state, CACHE_OLDEST); entry != NULL; entries++) {
        hm_object *key = *hm_instance_slot(entry, ENTRY_KEY);
        if (follow(state->lane.heap, *hm_instance_slot(entry, ENTRY_PREVIOUS)) != previous ||
            hm_dict_get(state->lane.heap, index, key) != entry)
            return false;
        uint64_t text;
        __builtin_memcpy(&text, hm_str_data(key), sizeof text);
        *sum = *sum * 31 + text;
        previous = entry;
        entry = *hm_instance_slot(entry, ENTRY_NEXT);
    }
    return previous == *cache_slot(state, CACHE_NEWEST) && entries == state->capacity &&
           hm_dict_length(index) == entries;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    lru_cache *state = hm_lanes_at(opaque, thread);
    const hm_lru_counts *counts = &state->counts;
    uint64_t sum = 0;
    if (!walk_list(state, &sum) || counts->evictions != counts->misses ||
        counts->hits + counts->misses != state->lane.iteration)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "lru-cache: after %llu hits, %llu misses and %llu evictions the list "
                            "and the dict do not hold the same %llu entries",
                            (unsigned long long)counts->hits, (unsigned long long)counts->misses,
                            (unsigned long long)counts->evictions,
                            (unsigned long long)state->capacity);
    sum = hm_checksum_add(hm_checksum_add(sum, counts->hits), counts->evictions);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    hm_slots_drop(&state->lane, &state->kept);
    return true;
}

hm_lru_counts hm_lru_cache_counts(void *state, unsigned thread)
{
    return ((lru_cache *)hm_lanes_at(state, thread))->counts;
}

static void close_lane(void *opaque)
{
    lru_cache *state = opaque;
    hm_slots_close(&state->lane, &state->kept);
    hm_zipf_close(&state->zipf);
}

const hm_workload hm_lru_cache_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_lru_cache_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[CAPACITY] > values[KEYS])
        return hm_error_set(error, HM_USAGE_ERROR,
                            "lru-cache: a capacity of %lld would never be full with %lld keys; "
                            "lower capacity or raise keys",
                            (long long)values[CAPACITY], (long long)values[KEYS]);
    double entry = 80 + 41 + KEY_BYTES + 33 + (double)values[VALUE] + 60;
    return hm_parameters_fit(self, entry * (double)values[CAPACITY], "capacity or value", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(lru_cache), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

const hm_workload hm_lru_cache_workload = {
    .name = "lru-cache",
    .brief = "A full cache of varied values, asked for keys of which some are far more popular",
    .group = "object",
    .operation = "one look-up; where it misses, an insert and an eviction",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_COLLECTION,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
