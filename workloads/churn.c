/**
 * This module is the workload `churn`, so that it can be seen what an allocator costs, in time and
 * in memory, once a heap of many sizes has been in use for long.
 *
 * Models: a server's or a database's heap in a steady state: the number of live blocks stays, which
 * ones they are does not. Stresses: size classes among each other, caches of free blocks that any
 * size may need, metadata that is not in the cache, and the fragmentation that is left when blocks
 * of all ages die among each other; the release phase drops most of them by age or at random.
 *
 * Numbers: 10^5 live blocks of 16 to 512 bytes are 26 MB, more than caches of a core hold; round,
 * ours. Sizes and lifetimes of programs are those in docs/allocation-profiles.md. That random
 * victims are the steady state a comparison should be made in is from Larson and Krishnan, "Memory
 * allocation for long-running server applications" (ISMM 1998).
 */
#include "workloads/block_trace.h"
#include "workloads/live_pages.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

#include <string.h>

enum { LIVE, SIZES, SIZE, MINIMUM, MAXIMUM, VICTIM, DROP, KEEP, FREE, PARAMETERS };
enum { RANDOM, OLDEST };
enum { DROP_ALL, DROP_AGE, DROP_RANDOM };

static const char *const victim_names[] = {"random", "oldest", NULL};
static const char *const drop_names[] = {"all", "age", "random", NULL};

const hm_workload hm_churn_workload;

static const hm_parameter parameters[PARAMETERS] = {
    [LIVE] = {"live", "blocks", "live at any time; of a program, at most about so many", 1,
              10000000, 100000, NULL, true},
    HM_BLOCK_SIZE_PARAMETERS(SIZES, HM_SIZES_UNIFORM),
    [VICTIM] = {"victim", "", "the block that is freed; a program's blocks have lifetimes", 0,
                OLDEST, RANDOM, victim_names, false},
    [DROP] = {"drop", "", "what the release phase drops: all, the oldest, or any", 0, DROP_RANDOM,
              DROP_ALL, drop_names, false},
    [KEEP] = {"keep", "%", "share of the blocks that drop:age and drop:random leave", 0, 100, 10,
              NULL, false},
    [FREE] = HM_FREE_PARAMETER,
};

typedef struct churn {
    hm_lane lane;
    uint32_t slot_count;
    uint32_t low, span; /* sizes, but of a program */
    bool sized, pages, built;
    hm_table slots;       /* void *: the blocks; NULL: none */
    hm_table order;       /* uint32_t: slots in random order, for drop:random */
    hm_table ages;        /* hm_page_span, twice: birth and slot, for drop:age */
    hm_table bytes;       /* uint32_t a slot, of a program: filled where it is looked at */
    hm_block_trace trace; /* of a program */
    uint32_t position;    /* in the trace; of drawn sizes, the slot of the last step */
    uint32_t freed;       /* frees of the trace done in this round */
    uint64_t origin;      /* the word of the first block; each next one's is a step further */
    uint64_t word;        /* of the next block */
    uint64_t owed;        /* the sum of words written and not yet read */
    uint64_t read;        /* the sum of words read */
    bool (*steady)(struct churn *state, uint64_t iterations);
} churn;

static HM_ALWAYS_INLINE uint32_t size_of_word(const churn *state, uint64_t word)
{
    return state->low + (uint32_t)(((hm_scramble(word) & UINT32_MAX) * state->span) >> 32);
}

/* Ends a timed loop that wrote words up to `word` and read words that sum up to `read`. */
static HM_ALWAYS_INLINE void settle(churn *state, uint64_t word, uint64_t written, uint64_t read)
{
    state->word = word;
    state->owed += written - read;
    state->read += read;
}

/* A step of a timed loop is free, then allocate; each loop is compiled for its kind of sizes, of
 * victims and of free. */

static HM_ALWAYS_INLINE bool churn_drawn(churn *state, uint64_t iterations, bool oldest,
                                         bool uniform, bool pages, bool sized)
{
    const hm_allocator allocator = *state->lane.allocator;
    const uint64_t live = state->slot_count, span = state->span;
    const uint32_t low = state->low;
    void **slots = state->slots.at;
    uint64_t word = state->word, written = 0, read = 0, place = state->position;
    bool done = true;
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t drawn = uniform || !oldest ? hm_scramble(word) : 0;
        if (oldest)
            place = place + 1 == live ? 0 : place + 1;
        else
            place = ((drawn >> 32) * live) >> 32;
        size_t bytes = low + (uniform ? ((drawn & UINT32_MAX) * span) >> 32 : 0);
        uint64_t old, old_bytes = low;
        __builtin_memcpy(&old, slots[place], sizeof old);
        if (uniform && (pages || sized))
            old_bytes = size_of_word(state, old);
        read += hm_raw_read(slots[place], old_bytes, pages);
        hm_raw_free(&allocator, slots[place], old_bytes, sized);
        void *block = hm_call_malloc(&allocator, bytes);
        slots[place] = block;
        if (HM_UNLIKELY(block == NULL)) {
            done = hm_lane_block_failed(&state->lane, "churn", bytes);
            break;
        }
        hm_raw_touch(block, bytes, word, pages);
        written += word;
        word += HM_WEYL_STEP;
    }
    state->position = (uint32_t)place;
    settle(state, word, written, read);
    return done;
}

/* A rolling queue: blocks of one size, the oldest freed. The ring's slots are gone through in a
 * row, and what was written is a row of numbers a step apart, so that the loop keeps little. */
static HM_ALWAYS_INLINE bool churn_queue(churn *state, uint64_t iterations, bool sized)
{
    const hm_allocator allocator = *state->lane.allocator;
    const uint32_t size = state->low;
    void **const slots = state->slots.at, **const ring_end = slots + state->slot_count;
    void **slot = slots + state->position;
    const uint64_t first = state->word;
    uint64_t word = first, read = 0, left = iterations;
    bool done = true;
    while (left > 0 && done) {
        slot = slot + 1 >= ring_end ? slots : slot + 1;
        uint64_t room = (uint64_t)(ring_end - slot);
        void **const end = slot + (left < room ? left : room);
        left -= (uint64_t)(end - slot);
        for (; slot != end; slot++, word += HM_WEYL_STEP) {
            void *block = *slot;
            read += hm_raw_read(block, size, false);
            hm_raw_free(&allocator, block, size, sized);
            *slot = block = hm_call_malloc(&allocator, size);
            if (HM_UNLIKELY(block == NULL)) {
                done = hm_lane_block_failed(&state->lane, "churn", size);
                break;
            }
            hm_raw_touch(block, size, word, false);
        }
        slot -= done; /* the last that was taken */
    }
    state->position = (uint32_t)(slot - slots);
    settle(state, word, hm_raw_sum(first, (word - first) * HM_WEYL_INVERSE), read);
    return done;
}

static HM_ALWAYS_INLINE bool churn_traced(churn *state, uint64_t iterations, bool sized)
{
    const hm_allocator allocator = *state->lane.allocator;
    const hm_trace_step *steps = state->trace.steps.at;
    const hm_trace_free *frees = state->trace.frees.at;
    const uint32_t step_count = state->trace.step_count;
    void **slots = state->slots.at;
    uint64_t word = state->word, written = 0, read = 0;
    uint32_t position = state->position, freed = state->freed;
    bool done = true;
    for (uint64_t count = 0; count < iterations; count++) {
        const hm_trace_step *step = &steps[position];
        for (uint32_t end = freed + step->frees; freed < end; freed++) {
            void *old = slots[frees[freed].slot];
            read += hm_raw_read(old, frees[freed].bytes, true);
            hm_raw_free(&allocator, old, frees[freed].bytes, sized);
            slots[frees[freed].slot] = NULL;
        }
        void *block = hm_call_malloc(&allocator, step->bytes);
        if (HM_UNLIKELY(block == NULL)) {
            done = hm_lane_block_failed(&state->lane, "churn", step->bytes);
            break;
        }
        hm_raw_touch(block, step->bytes, word, true);
        slots[step->slot] = block;
        written += word;
        word += HM_WEYL_STEP;
        if (HM_UNLIKELY(++position == step_count))
            position = freed = 0;
    }
    state->position = position;
    state->freed = freed;
    settle(state, word, written, read);
    return done;
}

#define CHURN_RANDOM(name, uniform, pages, sized)                                                  \
    static bool name##_random(churn *state, uint64_t iterations)                                   \
    {                                                                                              \
        return churn_drawn(state, iterations, false, uniform, pages, sized);                       \
    }
#define CHURN(name, uniform, pages, sized)                                                         \
    CHURN_RANDOM(name, uniform, pages, sized)                                                      \
    static bool name##_oldest(churn *state, uint64_t iterations)                                   \
    {                                                                                              \
        return churn_drawn(state, iterations, true, uniform, pages, sized);                        \
    }
CHURN_RANDOM(fixed, false, false, false)
CHURN_RANDOM(fixed_sized, false, false, true)
CHURN(fixed_pages, false, true, false)
CHURN(fixed_pages_sized, false, true, true)
CHURN(uniform, true, false, false)
CHURN(uniform_sized, true, false, true)
CHURN(uniform_pages, true, true, false)
CHURN(uniform_pages_sized, true, true, true)

static bool fixed_oldest(churn *state, uint64_t iterations)
{
    return churn_queue(state, iterations, false);
}

static bool fixed_sized_oldest(churn *state, uint64_t iterations)
{
    return churn_queue(state, iterations, true);
}

static bool traced(churn *state, uint64_t iterations)
{
    return churn_traced(state, iterations, false);
}

static bool traced_sized(churn *state, uint64_t iterations)
{
    return churn_traced(state, iterations, true);
}

static void choose_loop(churn *state, bool uniform)
{
    typedef bool (*loop)(churn * state, uint64_t iterations);
    static const loop loops[2][2][2][2] = {
        {{{fixed_random, fixed_oldest}, {fixed_sized_random, fixed_sized_oldest}},
         {{fixed_pages_random, fixed_pages_oldest},
          {fixed_pages_sized_random, fixed_pages_sized_oldest}}},
        {{{uniform_random, uniform_oldest}, {uniform_sized_random, uniform_sized_oldest}},
         {{uniform_pages_random, uniform_pages_oldest},
          {uniform_pages_sized_random, uniform_pages_sized_oldest}}}};
    bool oldest = state->lane.parameters[VICTIM] == OLDEST;
    if (state->trace.step_count != 0)
        state->steady = state->sized ? traced_sized : traced;
    else
        state->steady = loops[uniform][state->pages][state->sized][oldest];
}

/* Setup. */

static bool open_trace(churn *state)
{
    hm_lane *lane = &state->lane;
    hm_table drawing = {0};
    if (!hm_table_open(lane, &drawing, 1, sizeof(hm_block_sizes)))
        return false;
    hm_block_sizes_choose(drawing.at, lane->parameters + SIZES);
    bool opened =
        hm_block_trace_open(lane, &state->trace, drawing.at, (uint32_t)lane->parameters[LIVE]);
    hm_table_close(&drawing);
    state->slot_count = state->trace.slot_count;
    return opened && hm_table_open(lane, &state->bytes, state->slot_count, sizeof(uint32_t));
}

static bool open_lane(void *opaque)
{
    churn *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    bool able, fixed = values[SIZES] == HM_SIZES_FIXED;
    state->low = (uint32_t)values[fixed ? SIZE : MINIMUM];
    state->span = fixed ? 1 : (uint32_t)(values[MAXIMUM] - values[MINIMUM] + 1);
    state->slot_count = (uint32_t)values[LIVE];
    state->pages = hm_block_sizes_largest(values + SIZES) > HM_TOUCH_BYTES;
    state->word = state->origin = hm_scramble(lane->seed);
    state->sized = hm_raw_sized(lane, "churn", values[FREE], &able);
    if (!able || (values[SIZES] >= HM_SIZES_PROGRAMS && !open_trace(state)) ||
        !hm_table_open(lane, &state->slots, state->slot_count, sizeof(void *)))
        return false;
    choose_loop(state, !fixed);
    if (values[DROP] == DROP_AGE)
        return hm_table_open(lane, &state->ages, state->slot_count, 2 * sizeof(hm_page_span));
    if (values[DROP] != DROP_RANDOM)
        return true;
    if (!hm_table_open(lane, &state->order, state->slot_count, sizeof(uint32_t)))
        return false;
    hm_raw_shuffle(~lane->seed, state->order.at, state->slot_count);
    return true;
}

/* Live blocks, one by one. */

/* Makes size_at right for what is in the slots now. */
static void find_sizes(churn *state)
{
    if (state->trace.step_count != 0)
        hm_block_trace_sizes(&state->trace, state->position, state->bytes.at);
}

static uint64_t word_at(const churn *state, uint32_t slot)
{
    uint64_t word;
    memcpy(&word, ((void *const *)state->slots.at)[slot], sizeof word);
    return word;
}

/* find_sizes comes first. */
static uint32_t size_at(const churn *state, uint32_t slot)
{
    if (state->trace.step_count != 0)
        return ((const uint32_t *)state->bytes.at)[slot];
    return state->span == 1 ? state->low : size_of_word(state, word_at(state, slot));
}

static void drop(churn *state, uint32_t slot)
{
    void **at = (void **)state->slots.at + slot;
    if (*at == NULL)
        return;
    uint32_t bytes = size_at(state, slot);
    uint64_t read = hm_raw_read(*at, bytes, state->pages);
    state->owed -= read;
    state->read += read;
    hm_raw_free(state->lane.allocator, *at, bytes, state->sized);
    *at = NULL;
}

/* Build: what is live before the first step, every byte of it written and read back. */

static uint32_t first_live(const churn *state)
{
    return state->trace.step_count != 0 ? state->trace.crossing_count : state->slot_count;
}

static uint32_t first_size(const churn *state, uint32_t slot)
{
    return state->trace.step_count != 0 ? ((const uint32_t *)state->trace.crossing.at)[slot]
                                        : size_of_word(state, state->origin + slot * HM_WEYL_STEP);
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    churn *state = hm_lanes_at(opaque, thread);
    void **slots = state->slots.at;
    uint32_t live = first_live(state);
    for (uint32_t slot = 0; slot < live; slot++, state->word += HM_WEYL_STEP) {
        uint32_t bytes = first_size(state, slot);
        slots[slot] = hm_call_malloc(state->lane.allocator, bytes);
        if (slots[slot] == NULL)
            return hm_lane_block_failed(&state->lane, "churn", bytes);
        /* The word too: where a later block is refused, it says this one's size. */
        hm_raw_touch(slots[slot], bytes, state->word, state->pages);
        state->owed += state->word;
    }
    for (uint32_t slot = 0; slot < live; slot++)
        hm_raw_fill(slots[slot], first_size(state, slot), slot);
    for (uint32_t slot = 0; slot < live; slot++) {
        uint32_t bytes = first_size(state, slot);
        bool proved = hm_raw_prove(&state->lane, "churn", slots[slot], bytes, slot);
        hm_raw_touch(slots[slot], bytes, state->origin + slot * HM_WEYL_STEP, state->pages);
        state->built = proved && (slot == 0 || state->built);
    }
    /* The oldest is in slot 0: the loop takes the slot behind `position`. */
    if (state->trace.step_count == 0)
        state->position = state->slot_count - 1;
    return state->built;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    churn *state = hm_lanes_at(opaque, thread);
    return state->steady(state, iterations);
}

/* Release. */

static uint32_t count_live(const churn *state)
{
    uint32_t live = 0;
    for (uint32_t slot = 0; slot < state->slot_count; slot++)
        live += ((void *const *)state->slots.at)[slot] != NULL;
    return live;
}

/* Live slots by the age of their blocks, the oldest first; how many. */
static uint32_t sort_by_age(churn *state)
{
    hm_page_span *ages = state->ages.at;
    uint32_t live = 0;
    for (uint32_t slot = 0; slot < state->slot_count; slot++) {
        if (((void *const *)state->slots.at)[slot] == NULL)
            continue;
        uint64_t birth = (word_at(state, slot) - state->origin) * HM_WEYL_INVERSE;
        ages[live++] = (hm_page_span){birth, slot};
    }
    hm_sort_spans(ages, ages + state->slot_count, live);
    return live;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    churn *state = hm_lanes_at(opaque, thread);
    const hm_page_span *ages = state->ages.at;
    const uint32_t *order = state->order.at;
    uint64_t keep = ages == NULL && order == NULL ? 0 : (uint64_t)state->lane.parameters[KEEP];
    uint32_t live = ages != NULL ? sort_by_age(state) : count_live(state);
    uint32_t doomed = (uint32_t)(live - live * keep / 100);
    find_sizes(state);
    for (uint32_t index = 0; doomed > 0; index++) {
        uint32_t slot = ages != NULL    ? (uint32_t)ages[index].last
                        : order != NULL ? order[index]
                                        : index;
        doomed -= ((void *const *)state->slots.at)[slot] != NULL;
        drop(state, slot);
    }
    return true;
}

/* The rest. */

static bool check_lane(churn *state, uint64_t *checksum)
{
    uint64_t left = 0;
    find_sizes(state);
    for (uint32_t slot = 0; slot < state->slot_count; slot++) {
        const void *block = ((void *const *)state->slots.at)[slot];
        if (block != NULL)
            left += hm_raw_read(block, size_at(state, slot), state->pages);
    }
    *checksum = hm_checksum_add(hm_checksum_add(*checksum, state->read), left);
    return hm_raw_read_back(&state->lane, "churn", left == state->owed);
}

static bool check(void *opaque, uint64_t *checksum)
{
    *checksum = 0;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++) {
        if (!check_lane(hm_lanes_at(opaque, thread), checksum))
            return false;
    }
    return true;
}

static void close_lane(void *opaque)
{
    churn *state = opaque;
    if (state->slots.at != NULL) {
        find_sizes(state);
        for (uint32_t slot = 0; slot < state->slot_count; slot++)
            drop(state, slot);
    }
    hm_table_close(&state->slots);
    hm_table_close(&state->order);
    hm_table_close(&state->ages);
    hm_table_close(&state->bytes);
    hm_block_trace_close(&state->trace);
}

static uint64_t live_page_bytes(void *opaque)
{
    hm_live_pages pages;
    size_t room = 0;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++)
        room += ((churn *)hm_lanes_at(opaque, thread))->slot_count;
    if (!hm_live_pages_open(&pages, room))
        return HM_UNKNOWN_BYTES;
    for (unsigned thread = 0; thread < hm_lanes_count(opaque); thread++) {
        churn *state = hm_lanes_at(opaque, thread);
        find_sizes(state);
        for (uint32_t slot = 0; slot < state->slot_count; slot++) {
            const void *block = ((void *const *)state->slots.at)[slot];
            if (block != NULL)
                hm_live_pages_add(&pages, block, size_at(state, slot));
        }
    }
    return hm_live_pages_close(&pages);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(churn), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

static double bytes_live(const int64_t *values)
{
    double bytes = (double)values[LIVE] * hm_block_sizes_mean(values + SIZES);
    if (values[SIZES] < HM_SIZES_PROGRAMS)
        return bytes;
    const hm_allocation_profile *program =
        hm_allocation_profile_at((size_t)values[SIZES] - HM_SIZES_PROGRAMS);
    hm_profile_live(program, hm_block_trace_longest(program, (uint32_t)values[LIVE]), &bytes);
    return bytes;
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_churn_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        hm_block_sizes_validate(self, values, SIZES, error) != HM_OK ||
        (values[DROP] == DROP_ALL &&
         hm_parameter_without_effect(self, values, KEEP, "drop:all", error) != HM_OK) ||
        (values[LIVE] == 1 &&
         hm_parameter_without_effect(self, values, VICTIM, "live:1", error) != HM_OK) ||
        (values[SIZES] >= HM_SIZES_PROGRAMS &&
         hm_parameter_without_effect(self, values, VICTIM, "a program's lifetimes", error) !=
             HM_OK))
        return HM_USAGE_ERROR;
    return hm_parameters_fit(self, bytes_live(values), "live or the sizes", error);
}

const hm_workload hm_churn_workload = {
    .name = "churn",
    .brief = "A live set of blocks in which any block is freed and a new one takes its place",
    .group = "raw",
    .operation = "one block allocated and one freed; by a program's lifetimes, one on average",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = check,
    .live_page_bytes = live_page_bytes,
    .teardown = hm_lanes_teardown,
};
