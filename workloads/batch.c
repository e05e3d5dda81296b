/**
 * This module is the workload `batch`, so that the price of the two calls that programs make most
 * can be told apart by the order in which blocks come back.
 *
 * Models: a program that builds something of many blocks and drops it whole: the frames of a call
 * come back last in, first out, what a queue held first in, first out, a hash table's entries in
 * any order. Stresses: the fast path and what comes after it when a cache of free blocks runs over
 * or empty; in random order, metadata and free lists that are scattered over memory.
 *
 * Numbers: half of the blocks of the Python program in docs/allocation-profiles.md have 49 to 64
 * bytes. A batch of 1000 such blocks fits in the second level of any cache, one of 10^6 (64 MB) in
 * hardly any; both are round, ours.
 */
#include "workloads/block_sizes.h"
#include "workloads/live_pages.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

enum { BLOCKS, ORDER, SIZES, SIZE, MINIMUM, MAXIMUM, TIMED, FREE, PARAMETERS };
const hm_workload hm_batch_workload;

enum { LIFO, FIFO, RANDOM };
enum { PAIRS, ALLOCATE, RELEASE };

static const char *const order_names[] = {"lifo", "fifo", "random", NULL};
static const char *const timed_names[] = {"pairs", "allocate", "free", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [BLOCKS] = {"blocks", "blocks", "of a batch", 1, 10000000, 1000, NULL, true},
    [ORDER] = {"order", "", "in which order they are freed", 0, RANDOM, LIFO, order_names, false},
    HM_BLOCK_SIZE_PARAMETERS(SIZES, HM_SIZES_FIXED),
    [TIMED] = {"timed", "", "both calls, or one with the other before the clock starts", 0, RELEASE,
               PAIRS, timed_names, false},
    [FREE] = HM_FREE_PARAMETER,
};

typedef struct batch {
    hm_lane lane;
    uint32_t count;
    uint32_t live;  /* blocks allocated and not yet freed: the first so many of the batch */
    uint32_t size;  /* of all blocks, where they have one */
    bool sized;     /* free with the size */
    hm_table slots; /* void *: the blocks */
    hm_table sizes; /* uint32_t a slot; empty where all have one size and none a second page */
    hm_table made;  /* uint32_t: the sizes in the order of allocation, where that is another */
    hm_table order; /* uint32_t: slots in random order */
    bool scatters;  /* block k goes to slot order[k], so that freeing finds them in a row */
    uint64_t word;  /* of the batch's first block; the next block's is one more */
    bool (*allocate)(struct batch *state);
    uint64_t (*release)(struct batch *state); /* the sum of the words read */
    bool (*pairs)(struct batch *state, uint64_t iterations);
} batch;

/* The timed loops. Each is compiled for what it is to do, so that no parameter is looked at inside
 * it. The table's copy is local, and what changes from block to block is as little as can be: five
 * registers live through a call, and the loops over blocks of one size need no more. */

static HM_ALWAYS_INLINE bool allocate_all(batch *state, bool varied, bool pages, bool scatters)
{
    const hm_allocator allocator = *state->lane.allocator;
    const uint32_t *sizes = state->made.at != NULL ? state->made.at : state->sizes.at;
    const uint32_t *order = state->order.at;
    const uint32_t count = state->count, size = state->size;
    const uint64_t end = state->word + count;
    void **slots = state->slots.at, **slot = slots;
    for (uint64_t word = state->word; word != end; word++) {
        size_t bytes = varied ? *sizes++ : size;
        void *block = hm_call_malloc(&allocator, bytes);
        if (HM_UNLIKELY(block == NULL)) {
            state->live = (uint32_t)(word - state->word);
            return hm_lane_block_failed(&state->lane, "batch", bytes);
        }
        hm_raw_touch(block, bytes, word, pages);
        if (scatters)
            slots[*order++] = block;
        else
            *slot++ = block;
    }
    state->live = count;
    return true;
}

enum { FORWARD, BACKWARD, GATHERED };

static HM_ALWAYS_INLINE uint64_t free_all(batch *state, int direction, bool varied, bool pages,
                                          bool sized)
{
    const hm_allocator allocator = *state->lane.allocator;
    const uint32_t *order = state->order.at;
    const uint32_t count = state->count, size = state->size;
    void *const *slots = state->slots.at;
    const uint32_t *sizes = state->sizes.at;
    void *const *next = direction == BACKWARD ? slots + count : slots;
    void *const *end = direction == BACKWARD ? slots : slots + count;
    uint64_t sum = 0;
    for (; next != end; next = direction == BACKWARD ? next : next + 1) {
        next = direction == BACKWARD ? next - 1 : next;
        void *const *slot = direction == GATHERED ? slots + *order++ : next;
        void *block = *slot;
        size_t bytes = varied ? sizes[slot - slots] : size;
        sum += hm_raw_read(block, bytes, pages);
        hm_raw_free(&allocator, block, bytes, sized);
    }
    state->live = 0;
    return sum;
}

#define ALLOCATE(name, varied, pages, scatters)                                                    \
    static bool name(batch *state)                                                                 \
    {                                                                                              \
        return allocate_all(state, varied, pages, scatters);                                       \
    }
ALLOCATE(allocate_fixed, false, false, false)
ALLOCATE(allocate_varied, true, false, false)
ALLOCATE(allocate_pages, true, true, false)
ALLOCATE(scatter_fixed, false, false, true)
ALLOCATE(scatter_varied, true, false, true)
ALLOCATE(scatter_pages, true, true, true)

#define RELEASE_ALL(name, varied, pages, sized)                                                    \
    static uint64_t name##_forward(batch *state)                                                   \
    {                                                                                              \
        return free_all(state, FORWARD, varied, pages, sized);                                     \
    }                                                                                              \
    static uint64_t name##_backward(batch *state)                                                  \
    {                                                                                              \
        return free_all(state, BACKWARD, varied, pages, sized);                                    \
    }                                                                                              \
    static uint64_t name##_gathered(batch *state)                                                  \
    {                                                                                              \
        return free_all(state, GATHERED, varied, pages, sized);                                    \
    }
RELEASE_ALL(free_plain, false, false, false)
RELEASE_ALL(free_fixed, false, false, true)
RELEASE_ALL(free_varied, true, false, true)
RELEASE_ALL(free_pages, true, true, false)
RELEASE_ALL(free_sized_pages, true, true, true)

/* The batch's words are a row of numbers, so their sum is known. */
static bool take_sum(batch *state, uint64_t sum)
{
    uint64_t count = state->count;
    if (!hm_raw_read_back(&state->lane, "batch",
                          sum == count * state->word + count * (count - 1) / 2))
        return false;
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    state->word += HM_WEYL_STEP;
    return true;
}

static bool pairs_of_batches(batch *state, uint64_t iterations)
{
    for (uint64_t done = 0; done < iterations; done++) {
        if (!state->allocate(state) || !take_sum(state, state->release(state)))
            return false;
    }
    return true;
}

/* A batch of one block needs no slots; the compiler must not know what it has just written. What
 * was written is a row of numbers a step apart. */
static HM_ALWAYS_INLINE bool pairs_of_one(batch *state, uint64_t iterations, bool sized)
{
    const hm_allocator allocator = *state->lane.allocator;
    const uint32_t size = state->size;
    const uint64_t first = state->word, end = first + iterations * HM_WEYL_STEP;
    uint64_t read = 0;
    for (uint64_t word = first; word != end; word += HM_WEYL_STEP) {
        void *block = hm_call_malloc(&allocator, size);
        if (HM_UNLIKELY(block == NULL))
            return hm_lane_block_failed(&state->lane, "batch", size);
        hm_raw_touch(block, size, word, false);
        __asm__ volatile("" : : "r"(block) : "memory");
        read += hm_raw_read(block, size, false);
        hm_raw_free(&allocator, block, size, sized);
    }
    state->word = end;
    state->lane.checksum = hm_checksum_add(state->lane.checksum, read);
    return hm_raw_read_back(&state->lane, "batch", read == hm_raw_sum(first, iterations));
}

static bool pairs_of_one_plain(batch *state, uint64_t iterations)
{
    return pairs_of_one(state, iterations, false);
}

static bool pairs_of_one_sized(batch *state, uint64_t iterations)
{
    return pairs_of_one(state, iterations, true);
}

/* Setup. */

static void choose_loops(batch *state, bool varied, bool pages)
{
    static bool (*const allocate[][2])(batch *) = {{allocate_fixed, scatter_fixed},
                                                   {allocate_varied, scatter_varied},
                                                   {allocate_pages, scatter_pages}};
    static uint64_t (*const release[][3])(batch *) = {
        {free_plain_forward, free_plain_backward, free_plain_gathered},
        {free_fixed_forward, free_fixed_backward, free_fixed_gathered},
        {free_varied_forward, free_varied_backward, free_varied_gathered},
        {free_pages_forward, free_pages_backward, free_pages_gathered},
        {free_sized_pages_forward, free_sized_pages_backward, free_sized_pages_gathered}};
    int64_t order = state->lane.parameters[ORDER];
    int direction = order == LIFO                         ? BACKWARD
                    : order == RANDOM && !state->scatters ? GATHERED
                                                          : FORWARD;
    int how = pages ? 3 + state->sized : state->sized ? 1 + varied : 0;
    state->allocate = allocate[pages ? 2 : varied][state->scatters];
    state->release = release[how][direction];
    state->pairs = pairs_of_batches;
    if (state->count == 1 && !varied && !pages)
        state->pairs = state->sized ? pairs_of_one_sized : pairs_of_one_plain;
}

/* Sizes in the order of allocation, and by slot where that is another order. */
static bool open_sizes(batch *state)
{
    hm_lane *lane = &state->lane;
    hm_table drawing = {0};
    if (!hm_table_open(lane, &state->sizes, state->count, sizeof(uint32_t)) ||
        (state->scatters && !hm_table_open(lane, &state->made, state->count, sizeof(uint32_t))) ||
        !hm_table_open(lane, &drawing, 1, sizeof(hm_block_sizes)))
        return false;
    hm_block_sizes *sizes = drawing.at;
    hm_random random;
    hm_random_seed(&random, lane->seed);
    hm_block_sizes_choose(sizes, lane->parameters + SIZES);
    for (uint32_t made = 0; made < state->count; made++) {
        uint32_t bytes = hm_block_sizes_draw(sizes, &random).bytes;
        if (state->scatters)
            ((uint32_t *)state->made.at)[made] = bytes;
        ((uint32_t *)
             state->sizes.at)[state->scatters ? ((uint32_t *)state->order.at)[made] : made] = bytes;
    }
    hm_table_close(&drawing);
    return true;
}

static bool open_lane(void *opaque)
{
    batch *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    bool able, varied = values[SIZES] != HM_SIZES_FIXED;
    bool pages = hm_block_sizes_largest(values + SIZES) > HM_TOUCH_BYTES;
    state->count = (uint32_t)values[BLOCKS];
    state->size = (uint32_t)values[SIZE];
    state->word = hm_scramble(lane->seed);
    state->scatters = values[ORDER] == RANDOM && values[TIMED] != ALLOCATE;
    state->sized = hm_raw_sized(lane, "batch", values[FREE], &able);
    choose_loops(state, varied, pages);
    if (!able || !hm_table_open(lane, &state->slots, state->count, sizeof(void *)))
        return false;
    if (values[ORDER] == RANDOM) {
        if (!hm_table_open(lane, &state->order, state->count, sizeof(uint32_t)))
            return false;
        hm_raw_shuffle(lane->seed, state->order.at, state->count);
    }
    return !(varied || pages) || open_sizes(state);
}

/* What is live, one by one: for all that is not timed. */

static uint32_t slot_of(const batch *state, uint32_t made)
{
    return state->scatters ? ((const uint32_t *)state->order.at)[made] : made;
}

static void *block_at(const batch *state, uint32_t slot)
{
    return ((void *const *)state->slots.at)[slot];
}

static uint32_t size_at(const batch *state, uint32_t slot)
{
    return state->sizes.at == NULL ? state->size : ((const uint32_t *)state->sizes.at)[slot];
}

static void drop_live(batch *state)
{
    for (uint32_t made = 0; made < state->live; made++) {
        uint32_t slot = slot_of(state, made);
        hm_raw_free(state->lane.allocator, block_at(state, slot), size_at(state, slot),
                    state->sized);
    }
    state->live = 0;
}

/* One batch with every byte of it written and read back. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    batch *state = hm_lanes_at(opaque, thread);
    if (!state->allocate(state))
        return false;
    for (uint32_t slot = 0; slot < state->count; slot++)
        hm_raw_fill(block_at(state, slot), size_at(state, slot), state->word + slot);
    for (uint32_t slot = 0; slot < state->count; slot++) {
        if (!hm_raw_prove(&state->lane, "batch", block_at(state, slot), size_at(state, slot),
                          state->word + slot))
            return false;
    }
    drop_live(state);
    return true;
}

/* timed:allocate and timed:free do half a batch; the other half is the restore phase's. */
static bool half(batch *state, bool allocates)
{
    if ((state->live == 0) != allocates)
        return hm_lane_fail(&state->lane, HM_RUNTIME_ERROR,
                            "batch: an iteration of this work needs a restore phase before it");
    return allocates ? state->allocate(state) : take_sum(state, state->release(state));
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    batch *state = hm_lanes_at(opaque, thread);
    int64_t timed = state->lane.parameters[TIMED];
    if (timed == PAIRS)
        return state->pairs(state, iterations);
    for (uint64_t done = 0; done < iterations; done++) {
        if (!half(state, timed == ALLOCATE))
            return false;
    }
    return true;
}

static bool restore(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    batch *state = hm_lanes_at(opaque, thread);
    int64_t timed = state->lane.parameters[TIMED];
    bool ready = timed == PAIRS || (state->live == 0) == (timed == ALLOCATE);
    return ready || half(state, timed == RELEASE);
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    batch *state = hm_lanes_at(opaque, thread);
    return state->live == 0 || half(state, false);
}

/* The rest. */

static void close_lane(void *opaque)
{
    batch *state = opaque;
    drop_live(state);
    hm_table_close(&state->slots);
    hm_table_close(&state->sizes);
    hm_table_close(&state->made);
    hm_table_close(&state->order);
}

static uint64_t live_page_bytes(void *opaque)
{
    hm_live_pages pages;
    size_t blocks = 0;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++)
        blocks += ((batch *)hm_lanes_at(opaque, thread))->live;
    if (!hm_live_pages_open(&pages, blocks))
        return HM_UNKNOWN_BYTES;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++) {
        const batch *state = hm_lanes_at(opaque, thread);
        for (uint32_t made = 0; made < state->live; made++) {
            uint32_t slot = slot_of(state, made);
            hm_live_pages_add(&pages, block_at(state, slot), size_at(state, slot));
        }
    }
    return hm_live_pages_close(&pages);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(batch), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[BLOCKS];
}

static uint64_t most_iterations(const int64_t *values)
{
    return values[TIMED] == PAIRS ? 0 : 1;
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *workload = &hm_batch_workload;
    double blocks = (double)values[BLOCKS];
    if (hm_parameters_in_range(workload, values, error) != HM_OK ||
        hm_block_sizes_validate(workload, values, SIZES, error) != HM_OK ||
        (values[BLOCKS] == 1 &&
         hm_parameter_without_effect(workload, values, ORDER, "blocks:1", error) != HM_OK))
        return HM_USAGE_ERROR;
    return hm_parameters_fit(workload, blocks * hm_block_sizes_mean(values + SIZES),
                             "blocks or the sizes", error);
}

const hm_workload hm_batch_workload = {
    .name = "batch",
    .brief = "Blocks allocated, then freed last in first out, first in first out or in any order",
    .group = "raw",
    .operation = "one block allocated and freed, or one of the two",
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
    .live_page_bytes = live_page_bytes,
    .teardown = hm_lanes_teardown,
};
