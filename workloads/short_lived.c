/**
 * This module is the workload `short-lived`, so that the commonest thing a Python program does to
 * its allocator, making small objects and dropping them soon, can be measured by kind, size, order
 * of release, survival and reuse.
 *
 * Models: request handling, parsing, arithmetic: batches of objects of which most die at once, some
 * live on for a while, and some are emptied and filled again. Stresses: the allocator's fast path
 * and its size classes; the order in which blocks come back; with survivors, holes between blocks
 * that live; with containers, a collector's young generation, which finds no garbage here.
 *
 * Numbers. A JSON program on CPython 3.11 with PYTHONMALLOC=malloc (measured: docs/workloads.md)
 * asks for 86 % of its blocks in at most 64 bytes, half of all in 49 to 64; `mixed` with length 8
 * does the same. Of its blocks 42 % die within 128 further allocations and 37 % outlive 65,536: a
 * batch of 1000 in random order spreads lifetimes over 0 to 2000 allocations, and 10 % survivors
 * live some 280,000 allocations longer.
 *
 * Live memory is bounded: a batch, and a ring with the survivors of the last 256 batches, filled in
 * the build phase, so that the first iteration is like the last.
 */
#include "base/random.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"
#include "workloads/short_lived_kinds.h"

enum { KIND, LENGTH, BATCH, ORDER, SURVIVORS, REUSE, PARAMETERS };
enum { LIFO, FIFO, RANDOM };
enum { FRESH, SURVIVOR, REUSED };

enum {
    RING_BATCHES = 256, /* how many batches a survivor outlives */
    PERMUTATIONS = 4    /* random orders, used in turn */
};

static const char *const orders[] = {"lifo", "fifo", "random", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [KIND] = {"kind", "", "what is made", 0, HM_MAKE_MIXED, HM_MAKE_MIXED, hm_make_names, false},
    [LENGTH] = {"length", "items or bytes", "bytes of str and bytes, items of containers", 0,
                1 << 20, 8, NULL, true},
    [BATCH] = {"batch", "objects", "objects made before any is dropped", 1, 1000000, 1000, NULL,
               true},
    [ORDER] = {"order", "", "the order in which a batch is dropped", 0, RANDOM, RANDOM, orders,
               false},
    [SURVIVORS] = {"survivors", "%", "share of a batch that lives for 256 batches more", 0, 100, 10,
                   NULL, false},
    [REUSE] = {"reuse", "%", "share of refillable objects that are refilled, not made anew", 0, 100,
               0, NULL, false},
};

/** What happens to one place of the batch, the same in every iteration. */
typedef struct place {
    hm_recipe recipe;
    uint32_t fate; /**< FRESH, SURVIVOR or REUSED */
} place;

/** A survivor's identity, beside its root slot. */
typedef struct survivor {
    uint64_t seed;
    hm_recipe recipe;
} survivor;

typedef struct short_lived {
    hm_lane lane;
    hm_maker maker;
    size_t batch;
    size_t order_count; /**< permutations in `order` */
    hm_table places;    /**< place, one each of the batch */
    hm_table order;     /**< uint32_t, order_count times batch */
    hm_table seeds;     /**< uint64_t, of the objects in `objects` */
    hm_slots objects;
    hm_table survivors; /**< survivor, one each of the ring */
    hm_slots ring;
    size_t ring_next; /**< the oldest survivor, the next to die */
    uint64_t made;    /**< seeds given out */
} short_lived;

/* The plan: what each place makes and when it dies. */

static void shuffle(hm_random *random, uint32_t *items, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t other = hm_random_below(random, left);
        uint32_t item = items[left - 1];
        items[left - 1] = items[other];
        items[other] = item;
    }
}

/** Gives `wanted` of the fresh places that `allowed` lets pass this fate, in the order given. */
static size_t assign(place *places, const uint32_t *order, size_t count, size_t wanted,
                     uint32_t fate, bool refillable_only)
{
    size_t assigned = 0;
    for (size_t index = 0; index < count && assigned < wanted; index++) {
        place *at = &places[order[index]];
        if (at->fate != FRESH || (refillable_only && !hm_kind_refills(at->recipe.kind)))
            continue;
        at->fate = fate;
        assigned++;
    }
    return assigned;
}

/** The recipes of a work: those of `mixed`, or one. Returns how many. */
static size_t list_recipes(const int64_t *values, hm_recipe recipes[HM_MIXTURE_SIZE])
{
    if (values[KIND] == HM_MAKE_MIXED) {
        hm_mixture((uint32_t)values[LENGTH], recipes);
        return HM_MIXTURE_SIZE;
    }
    uint32_t kind = (uint32_t)values[KIND];
    recipes[0] = (hm_recipe){kind, hm_kind_has_length(kind) ? (uint32_t)values[LENGTH] : 0};
    return 1;
}

/** Fills in the places; `order` (batch items) is scratch. Returns how many will survive. */
static size_t plan_places(short_lived *state, hm_random *random, const hm_recipe *recipes,
                          size_t recipe_count)
{
    const int64_t *values = state->lane.parameters;
    place *places = state->places.at;
    uint32_t *order = state->order.at;
    size_t refillable = 0;
    for (size_t index = 0; index < state->batch; index++)
        order[index] = (uint32_t)index;
    shuffle(random, order, state->batch);
    for (size_t index = 0; index < state->batch; index++) {
        places[order[index]] = (place){recipes[index % recipe_count], FRESH};
        refillable += hm_kind_refills(recipes[index % recipe_count].kind);
    }
    shuffle(random, order, state->batch);
    assign(places, order, state->batch, refillable * (size_t)values[REUSE] / 100, REUSED, true);
    return assign(places, order, state->batch, state->batch * (size_t)values[SURVIVORS] / 100,
                  SURVIVOR, false);
}

static void plan_order(short_lived *state, hm_random *random)
{
    uint32_t *order = state->order.at;
    for (size_t permutation = 0; permutation < state->order_count; permutation++) {
        for (size_t index = 0; index < state->batch; index++)
            order[index] =
                (uint32_t)(state->lane.parameters[ORDER] == LIFO ? state->batch - 1 - index
                                                                 : index);
        if (state->lane.parameters[ORDER] == RANDOM)
            shuffle(random, order, state->batch);
        order += state->batch;
    }
}

static bool open_lane(void *opaque)
{
    short_lived *state = opaque;
    hm_lane *lane = &state->lane;
    hm_recipe recipes[HM_MIXTURE_SIZE];
    size_t recipe_count = list_recipes(lane->parameters, recipes);
    state->batch = (size_t)lane->parameters[BATCH];
    state->order_count = lane->parameters[ORDER] == RANDOM ? PERMUTATIONS : 1;
    if (!hm_table_open(lane, &state->places, state->batch, sizeof(place)) ||
        !hm_table_open(lane, &state->order, state->batch * state->order_count, sizeof(uint32_t)) ||
        !hm_table_open(lane, &state->seeds, state->batch, sizeof(uint64_t)) ||
        !hm_slots_open(lane, &state->objects, state->batch) ||
        !hm_maker_open(lane, &state->maker, recipes, recipe_count))
        return false;
    hm_random random;
    hm_random_seed(&random, lane->seed);
    size_t ring = RING_BATCHES * plan_places(state, &random, recipes, recipe_count);
    plan_order(state, &random);
    return ring == 0 || (hm_table_open(lane, &state->survivors, ring, sizeof(survivor)) &&
                         hm_slots_open(lane, &state->ring, ring));
}

static void close_lane(void *opaque)
{
    short_lived *state = opaque;
    hm_slots_close(&state->lane, &state->ring);
    hm_slots_close(&state->lane, &state->objects);
    hm_maker_close(&state->lane, &state->maker);
    hm_table_close(&state->survivors);
    hm_table_close(&state->seeds);
    hm_table_close(&state->order);
    hm_table_close(&state->places);
}

/* The work. */

static uint64_t next_seed(short_lived *state)
{
    return hm_scramble(state->lane.seed + ++state->made);
}

/** Reads an object before it is dropped or refilled, and checks it. */
static bool read_back(short_lived *state, hm_recipe recipe, uint64_t seed, hm_object *object,
                      uint64_t *sum)
{
    if (HM_LIKELY(hm_read(&state->maker, recipe, seed, object, sum)))
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "short-lived: the content of a %s of length %u is not what was put in",
                        hm_make_names[recipe.kind], recipe.length);
}

/** Makes the objects of a batch, or refills those that stay. */
static bool fill_batch(short_lived *state)
{
    const place *places = state->places.at;
    uint64_t *seeds = state->seeds.at;
    for (size_t index = 0; index < state->batch; index++) {
        hm_object **slot = &state->objects.at[index];
        hm_recipe recipe = places[index].recipe;
        seeds[index] = next_seed(state);
        bool done = *slot == NULL ? hm_make(&state->maker, recipe, seeds[index], slot)
                                  : hm_refill(&state->maker, recipe, seeds[index], *slot);
        if (HM_UNLIKELY(!done))
            return hm_lane_heap_failed(&state->lane, "short-lived: making an object");
    }
    return true;
}

/** Moves a survivor into the ring; the oldest one is read and dropped. */
static bool let_survive(short_lived *state, hm_object **slot, survivor identity, uint64_t *sum)
{
    survivor *oldest = (survivor *)state->survivors.at + state->ring_next;
    hm_object **place_in_ring = &state->ring.at[state->ring_next];
    hm_object *object = *place_in_ring;
    bool right = read_back(state, oldest->recipe, oldest->seed, object, sum);
    *place_in_ring = *slot;
    *slot = NULL;
    *oldest = identity;
    state->ring_next = state->ring_next + 1 == state->ring.count ? 0 : state->ring_next + 1;
    hm_decref(state->lane.heap, object);
    return right;
}

/** Ends a batch: each object, in the planned order, dies, survives or stays to be refilled. */
static bool end_batch(short_lived *state, const uint32_t *order, uint64_t *sum)
{
    const place *places = state->places.at;
    const uint64_t *seeds = state->seeds.at;
    bool right = true;
    for (size_t position = 0; position < state->batch && right; position++) {
        uint32_t index = order[position];
        hm_object **slot = &state->objects.at[index];
        if (places[index].fate == SURVIVOR) {
            survivor identity = {seeds[index], places[index].recipe};
            right = let_survive(state, slot, identity, sum);
            continue;
        }
        hm_object *object = *slot;
        right = read_back(state, places[index].recipe, seeds[index], object, sum);
        if (places[index].fate == FRESH) {
            *slot = NULL;
            hm_decref(state->lane.heap, object);
        }
    }
    return right;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    short_lived *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        size_t permutation = state->lane.iteration++ % state->order_count;
        const uint32_t *order = (uint32_t *)state->order.at + permutation * state->batch;
        uint64_t sum = 0;
        if (!fill_batch(state) || !end_batch(state, order, &sum))
            return false;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    }
    return true;
}

/** Makes the elements, and fills the ring with what the places of survivors would have left. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    short_lived *state = hm_lanes_at(opaque, thread);
    const place *places = state->places.at;
    survivor *survivors = state->survivors.at;
    size_t index = 0;
    if (!hm_maker_build(&state->lane, &state->maker))
        return false;
    for (size_t filled = 0; filled < state->ring.count; index = (index + 1) % state->batch) {
        if (places[index].fate != SURVIVOR)
            continue;
        survivors[filled] = (survivor){next_seed(state), places[index].recipe};
        if (!hm_make(&state->maker, survivors[filled].recipe, survivors[filled].seed,
                     &state->ring.at[filled]))
            return hm_lane_heap_failed(&state->lane, "short-lived: making a survivor");
        filled++;
    }
    return true;
}

/** Reads and drops the survivors, oldest first, then the rest. */
static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    short_lived *state = hm_lanes_at(opaque, thread);
    const survivor *survivors = state->survivors.at;
    uint64_t sum = 0;
    for (size_t count = 0; count < state->ring.count; count++) {
        size_t index = (state->ring_next + count) % state->ring.count;
        hm_object *object = state->ring.at[index];
        if (!read_back(state, survivors[index].recipe, survivors[index].seed, object, &sum))
            return false;
        state->ring.at[index] = NULL;
        hm_decref(state->lane.heap, object);
    }
    hm_slots_drop(&state->lane, &state->objects);
    hm_slots_drop(&state->lane, &state->maker.elements);
    hm_slots_drop(&state->lane, &state->maker.keys);
    hm_slots_drop(&state->lane, &state->maker.class_object);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return true;
}

/* What a set of values must fulfil. */

const hm_workload hm_short_lived_workload;

static hm_status validate_length(const int64_t *values, hm_error *error)
{
    int64_t minimum = 1, maximum = 65536; /* of mixed: its longest str is 12 times as long */
    uint32_t kind = (uint32_t)values[KIND];
    if (kind != HM_MAKE_MIXED) {
        if (!hm_kind_has_length(kind))
            return hm_parameter_without_effect(&hm_short_lived_workload, values, LENGTH,
                                               "kind int or float", error);
        minimum = hm_kind_min_length(kind);
        maximum = hm_kind_max_length(kind);
    }
    if (values[LENGTH] < minimum || values[LENGTH] > maximum)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "short-lived: length %lld does not suit kind %s; %lld to %lld do",
                            (long long)values[LENGTH], hm_make_names[kind], (long long)minimum,
                            (long long)maximum);
    return HM_OK;
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_short_lived_workload;
    hm_recipe recipes[HM_MIXTURE_SIZE];
    double bytes = 0;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        validate_length(values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[KIND] != HM_MAKE_MIXED && !hm_kind_refills((uint32_t)values[KIND]) &&
        hm_parameter_without_effect(self, values, REUSE, "a kind that cannot be refilled", error) !=
            HM_OK)
        return HM_USAGE_ERROR;
    if (values[SURVIVORS] + values[REUSE] > 100)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "short-lived: survivors %lld and reuse %lld are more than all; "
                            "together at most 100",
                            (long long)values[SURVIVORS], (long long)values[REUSE]);
    size_t count = list_recipes(values, recipes);
    for (size_t index = 0; index < count; index++)
        bytes += hm_recipe_bytes(recipes[index]) / (double)count;
    double live = 1 + RING_BATCHES * (double)values[SURVIVORS] / 100;
    return hm_parameters_fit(self, bytes * (double)values[BATCH] * live,
                             "batch, length or survivors", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(short_lived), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[BATCH];
}

const hm_workload hm_short_lived_workload = {
    .name = "short-lived",
    .brief = "Batches of small objects that are made, read and soon dropped",
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
