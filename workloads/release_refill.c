/**
 * This module is the workload `release-refill`, so that it can be seen what an allocator gives back
 * when most of a heap goes, by the order in which it goes, and what it costs to fill the gaps with
 * blocks of other sizes.
 *
 * Models: a program with phases: a data set is loaded and lives on with a modest turnover (what is
 * young dies young: the youngest tenth is replaced again and again), nine tenths of it are let go,
 * and the next phase needs as much memory for other things. Objects of mixed sizes hang in lists of
 * `members`, made one after another, as rows of a table are. The
 * release phase drops single objects in random order (pages keep a survivor each), the oldest first
 * (whole pages come free), or whole lists in random order. Stresses: fragmentation, the return of
 * memory to the system, and the reuse of holes by other size classes.
 *
 * Numbers: sizes are those of the blocks of a Python program that works on JSON
 * (docs/workloads.md). That a tenth stays is our choice: of 64-byte blocks that stay at random,
 * a 4 KiB page keeps at least one with probability 1 - 0.9^64 = 0.999, so random order is the worst
 * case for every allocator that does not move objects. Refilling with half as much again a block
 * changes the size class of nearly all.
 */
#include "base/random.h"
#include "workloads/lanes.h"
#include "workloads/mixed_objects.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"
#include "workloads/sizes.h"

#include <math.h>

#include "object/sites.h" /* last: every allocating call below is a site */

enum { OBJECTS, MEMBERS, SIZES, SIZE, ORDER, KEEP, REFILL, CYCLIC, PARAMETERS };
enum { PYTHON, WIDE, FIXED };
enum { RANDOM, AGE, STRUCTURE };

/** The turnover is among the youngest tenth of the data set. */
enum { YOUNG_PART = 10 };

/** Beyond the most objects that a refill can need on average: sizes are drawn. */
enum { REFILL_MARGIN = 64 };

static const char *const size_names[] = {"python", "wide", "fixed", NULL};
static const char *const order_names[] = {"random", "age", "structure", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [OBJECTS] = {"objects", "objects", "objects of the data set", 1, 10000000, 200000, NULL, true},
    [MEMBERS] = {"members", "objects", "objects in a list", 1, 10000, 16, NULL, true},
    [SIZES] = {"sizes", "", "how the sizes of blocks are spread", 0, FIXED, PYTHON, size_names,
               false},
    [SIZE] = {"size", "bytes", "size of a block where all have the same", HM_MIXED_LEAST_BYTES,
              1 << 20, 64, NULL, true},
    [ORDER] = {"order", "", "in which order objects are let go", 0, STRUCTURE, RANDOM, order_names,
               false},
    [KEEP] = {"keep", "%", "share of the objects that stay", 0, 100, 10, NULL, false},
    [REFILL] = {"refill", "%", "size of the blocks that fill up again, of that of the others", 25,
                400, 150, NULL, true},
    [CYCLIC] = {"cyclic", "%", "share of the lists that hold themselves", 0, 100, 0, NULL, false},
};

typedef struct release_refill {
    hm_lane lane;
    hm_random random;
    hm_sizes sizes, refill_sizes;
    uint32_t objects, members, lists;
    hm_slots structures; /**< a list each; NULL once it is empty */
    hm_slots refilled;   /**< the same for what fills up again */
    hm_table made;       /**< uint32_t an object: how many were made before it */
    hm_table left;       /**< uint32_t a list: objects in it */
    hm_table order;      /**< uint32_t: objects, or lists, in random order */
    hm_table younger,
        older;          /**< uint32_t an object, by age: its neighbours; a ring over `objects` */
    uint32_t next_made; /**< may go round: it only says what an object must hold */
    bool built;
    uint32_t released, refills; /**< objects let go; objects made to fill up again */
    uint64_t live_bytes;        /**< requested for objects and lists, prefixes not counted */
    uint64_t full_bytes;        /**< the same when the release phase began */
} release_refill;

/* Setup. */

static void choose_sizes(hm_sizes *sizes, const int64_t *values)
{
    if (values[SIZES] == PYTHON)
        hm_sizes_python(sizes);
    else if (values[SIZES] == WIDE)
        hm_sizes_wide(sizes);
    else
        hm_sizes_fixed(sizes, (uint32_t)values[SIZE]);
}

/** Lists that the refill phase may need: as many objects as the bytes are of, and some more. */
static size_t refill_lists(const release_refill *state)
{
    double list = 8 + 40 / (double)state->members;
    double objects = state->objects * (hm_mixed_mean(&state->sizes) + list) /
                     (hm_mixed_mean(&state->refill_sizes) + list);
    return (size_t)((objects + 8 * sqrt(objects)) / state->members) + REFILL_MARGIN;
}

static void shuffle(hm_random *random, uint32_t *numbers, uint32_t count)
{
    for (uint32_t place = 0; place < count; place++) {
        uint32_t other = (uint32_t)hm_random_below(random, place + 1);
        numbers[place] = numbers[other];
        numbers[other] = place;
    }
}

/** By age: object k lies between k - 1 and k + 1; the ring is closed by the number `objects`. */
static void link_ages(release_refill *state)
{
    uint32_t *younger = state->younger.at, *older = state->older.at;
    for (uint32_t object = 0; object <= state->objects; object++) {
        younger[object] = object == state->objects ? 0 : object + 1;
        older[object] = object == 0 ? state->objects : object - 1;
    }
}

static bool open_tables(release_refill *state)
{
    hm_lane *lane = &state->lane;
    int64_t order = lane->parameters[ORDER];
    if (!hm_table_open(lane, &state->made, state->objects, sizeof(uint32_t)) ||
        !hm_table_open(lane, &state->left, state->lists, sizeof(uint32_t)))
        return false;
    if (order == AGE) {
        size_t ring = (size_t)state->objects + 1;
        if (!hm_table_open(lane, &state->younger, ring, sizeof(uint32_t)) ||
            !hm_table_open(lane, &state->older, ring, sizeof(uint32_t)))
            return false;
        link_ages(state);
        return true;
    }
    uint32_t count = order == RANDOM ? state->objects : state->lists;
    if (!hm_table_open(lane, &state->order, count, sizeof(uint32_t)))
        return false;
    shuffle(&state->random, state->order.at, count);
    return true;
}

static bool open_lane(void *opaque)
{
    release_refill *state = opaque;
    const int64_t *values = state->lane.parameters;
    hm_random_seed(&state->random, state->lane.seed);
    state->objects = (uint32_t)values[OBJECTS];
    state->members = (uint32_t)values[MEMBERS];
    state->lists = (state->objects + state->members - 1) / state->members;
    choose_sizes(&state->sizes, values);
    state->refill_sizes = state->sizes;
    hm_mixed_scale(&state->refill_sizes, (uint64_t)values[REFILL]);
    return hm_slots_open(&state->lane, &state->structures, state->lists) &&
           hm_slots_open(&state->lane, &state->refilled, refill_lists(state)) && open_tables(state);
}

/* Objects. */

static uint64_t seed_of(const release_refill *state, uint32_t made)
{
    return hm_scramble(state->lane.seed ^ made);
}

static hm_object *make_object(release_refill *state, const hm_sizes *sizes, uint32_t made)
{
    hm_object *object = hm_mixed_new(state->lane.heap, sizes, seed_of(state, made));
    if (object == NULL)
        hm_lane_heap_failed(&state->lane, "release-refill: making an object");
    else
        state->live_bytes += hm_mixed_bytes(sizes, seed_of(state, made));
    return object;
}

static bool read_object(release_refill *state, const hm_sizes *sizes, hm_object *object,
                        uint32_t made, uint64_t *sum)
{
    return hm_mixed_read(object, sizes, seed_of(state, made), sum) ||
           hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "release-refill: object %u is not what was put in", made);
}

/** A list for `members` objects, at the end of which it may hold itself. */
static hm_object *open_list(release_refill *state, uint32_t number)
{
    hm_heap *heap = state->lane.heap;
    uint64_t cyclic = (uint64_t)state->lane.parameters[CYCLIC];
    bool holds_itself = (number + 1) * cyclic / 100 > number * cyclic / 100;
    hm_object *list = hm_list_sized(heap, state->members + (holds_itself ? 1 : 0));
    if (list == NULL) {
        hm_lane_heap_failed(&state->lane, "release-refill: making a list");
        return NULL;
    }
    if (holds_itself)
        hm_list_set(heap, list, state->members, hm_incref(list));
    state->live_bytes += hm_object_size(list);
    return list;
}

/* Build and steady phase. */

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    release_refill *state = hm_lanes_at(opaque, thread);
    uint32_t *made = state->made.at;
    for (uint32_t number = 0; number < state->objects; number++) {
        hm_object **list = &state->structures.at[number / state->members];
        if (*list == NULL && (*list = open_list(state, number / state->members)) == NULL)
            return false;
        hm_object *object = make_object(state, &state->sizes, number);
        if (object == NULL)
            return false;
        hm_list_set(state->lane.heap, *list, number % state->members, object);
        ((uint32_t *)state->left.at)[number / state->members]++;
        made[number] = number;
    }
    state->next_made = state->objects;
    state->built = true;
    return true;
}

/** The object is the youngest now. */
static void renew_age(release_refill *state, uint32_t number)
{
    uint32_t *younger = state->younger.at, *older = state->older.at, end = state->objects;
    if (younger == NULL)
        return;
    younger[older[number]] = younger[number];
    older[younger[number]] = older[number];
    older[number] = older[end];
    younger[number] = end;
    younger[older[end]] = number;
    older[end] = number;
}

/** Drops a young object chosen at random and puts a new one in its place. */
static bool replace_one(release_refill *state, uint64_t *sum)
{
    uint32_t young = (state->objects + YOUNG_PART - 1) / YOUNG_PART;
    uint32_t number = state->objects - 1 - (uint32_t)hm_random_below(&state->random, young);
    uint32_t *made = (uint32_t *)state->made.at + number;
    hm_object *list = state->structures.at[number / state->members];
    size_t place = number % state->members;
    if (!read_object(state, &state->sizes, hm_list_get(list, place), *made, sum))
        return false;
    state->live_bytes -= hm_mixed_bytes(&state->sizes, seed_of(state, *made));
    hm_list_set(state->lane.heap, list, place, hm_incref(&hm_none));
    hm_object *object = make_object(state, &state->sizes, state->next_made);
    if (object == NULL)
        return false;
    hm_list_set(state->lane.heap, list, place, object);
    *made = state->next_made++;
    renew_age(state, number);
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    release_refill *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t sum = 0;
        if (!replace_one(state, &sum))
            return false;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    }
    return true;
}

/* Release and refill. */

/** Forgets an object's bytes: it is let go, or its list is. */
static void count_released(release_refill *state, uint32_t number)
{
    uint32_t made = ((uint32_t *)state->made.at)[number];
    state->live_bytes -= hm_mixed_bytes(&state->sizes, seed_of(state, made));
    state->released++;
}

static void drop_list(release_refill *state, uint32_t list)
{
    hm_object *dropped = state->structures.at[list];
    state->structures.at[list] = NULL;
    state->live_bytes -= hm_object_size(dropped);
    hm_decref(state->lane.heap, dropped);
}

static void drop_object(release_refill *state, uint32_t number)
{
    hm_object *list = state->structures.at[number / state->members];
    count_released(state, number);
    hm_list_set(state->lane.heap, list, number % state->members, hm_incref(&hm_none));
    if (--((uint32_t *)state->left.at)[number / state->members] == 0)
        drop_list(state, number / state->members);
}

static void drop_structure(release_refill *state, uint32_t list)
{
    uint32_t first = list * state->members, end = first + state->members;
    for (uint32_t number = first; number < end && number < state->objects; number++)
        count_released(state, number);
    drop_list(state, list);
}

/** How many of `count` go. */
static uint32_t share_to_drop(const release_refill *state, uint32_t count)
{
    uint64_t keep = (uint64_t)state->lane.parameters[KEEP];
    return (uint32_t)(count - count * keep / 100);
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    release_refill *state = hm_lanes_at(opaque, thread);
    const uint32_t *order = state->order.at, *younger = state->younger.at;
    bool structures = state->lane.parameters[ORDER] == STRUCTURE;
    uint32_t count = share_to_drop(state, structures ? state->lists : state->objects);
    state->full_bytes = state->live_bytes;
    if (younger != NULL) {
        uint32_t number = younger[state->objects];
        for (uint32_t dropped = 0; dropped < count; dropped++, number = younger[number])
            drop_object(state, number);
        return true;
    }
    for (uint32_t place = 0; place < count; place++) {
        if (structures)
            drop_structure(state, order[place]);
        else
            drop_object(state, order[place]);
    }
    return true;
}

/** Fills up to the bytes there were before the release phase; never above. */
static bool refill(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    release_refill *state = hm_lanes_at(opaque, thread);
    for (;;) {
        uint32_t number = state->refills, list = number / state->members;
        uint32_t size =
            hm_mixed_bytes(&state->refill_sizes, seed_of(state, state->next_made + number));
        if (state->live_bytes + size > state->full_bytes || list >= state->refilled.count)
            return true;
        hm_object **slot = &state->refilled.at[list];
        if (*slot == NULL && (*slot = open_list(state, list)) == NULL)
            return false;
        hm_object *object = make_object(state, &state->refill_sizes, state->next_made + number);
        if (object == NULL)
            return false;
        hm_list_set(state->lane.heap, *slot, number % state->members, object);
        state->refills++;
    }
}

/* What is left must be what was made. */

/** Reads the survivors; what was let go must be gone, and nothing else. */
static bool read_survivors(release_refill *state, uint64_t *sum)
{
    const uint32_t *made = state->made.at;
    uint32_t survivors = 0;
    for (uint32_t number = 0; number < state->objects; number++) {
        hm_object *list = state->structures.at[number / state->members];
        hm_object *object = list == NULL ? NULL : hm_list_get(list, number % state->members);
        if (object == NULL || object == &hm_none)
            continue;
        if (!read_object(state, &state->sizes, object, made[number], sum))
            return false;
        survivors++;
    }
    if (survivors + state->released == state->objects)
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "release-refill: of %u objects %u were let go and %u are there",
                        state->objects, state->released, survivors);
}

static bool read_refills(release_refill *state, uint64_t *sum)
{
    for (uint32_t number = 0; number < state->refills; number++) {
        hm_object *list = state->refilled.at[number / state->members];
        if (!read_object(state, &state->refill_sizes, hm_list_get(list, number % state->members),
                         state->next_made + number, sum))
            return false;
    }
    return true;
}

static bool check(void *opaque, uint64_t *checksum)
{
    uint64_t sum = 0;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++) {
        release_refill *state = hm_lanes_at(opaque, thread);
        if (state->built && (!read_survivors(state, &sum) || !read_refills(state, &sum)))
            return false;
        sum = hm_checksum_add(sum, state->live_bytes);
    }
    bool checked = hm_lanes_check(opaque, checksum);
    *checksum = hm_checksum_add(*checksum, sum);
    return checked;
}

static void close_lane(void *opaque)
{
    release_refill *state = opaque;
    hm_slots_close(&state->lane, &state->structures);
    hm_slots_close(&state->lane, &state->refilled);
    hm_table_close(&state->made);
    hm_table_close(&state->left);
    hm_table_close(&state->order);
    hm_table_close(&state->younger);
    hm_table_close(&state->older);
}

const hm_workload hm_release_refill_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_release_refill_workload;
    hm_sizes sizes;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[SIZES] != FIXED &&
        hm_parameter_without_effect(self, values, SIZE, "sizes python or wide", error) != HM_OK)
        return HM_USAGE_ERROR;
    choose_sizes(&sizes, values);
    double object = hm_mixed_mean(&sizes) + 8 + 88 / (double)values[MEMBERS];
    return hm_parameters_fit(self, object * (double)values[OBJECTS], "objects or size", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(release_refill), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

const hm_workload hm_release_refill_workload = {
    .name = "release-refill",
    .brief = "A heap of which most is let go in some order, then filled again with other sizes",
    .group = "object",
    .operation = "one object replaced",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_NEEDS_COLLECTION,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release},
               {"refill", HM_PHASE_REFILL, refill}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = check,
    .teardown = hm_lanes_teardown,
};
