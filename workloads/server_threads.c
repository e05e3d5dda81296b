/**
 * This module is the workload `server-threads`, so that it can be seen what an allocator makes of
 * threads that die while their blocks live on.
 *
 * Models: a server that starts a thread for each piece of work and hands it the objects that
 * earlier ones left. Each iteration starts a thread that inherits all live blocks of the one before
 * it, replaces some at random, and dies. Stresses: what a thread's caches hold at its death, the
 * adoption of a dead thread's memory, frees of blocks whose thread is gone, and the first
 * allocations of a new thread.
 *
 * Numbers: after Larson and Krishnan, "Memory allocation for long-running server applications"
 * (ISMM 1998), whose threads pass on their blocks so. 1000 blocks and 5000 replacements are ours:
 * each block is replaced five times on average, and starting the thread is a small part.
 */
#include "workloads/block_sizes.h"
#include "workloads/live_pages.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

#include <pthread.h>
#include <string.h>

enum { LIVE, REPLACED, SIZES, SIZE, MINIMUM, MAXIMUM, FREE, PARAMETERS };

/** Sizes are drawn before, and used again after so many blocks. */
enum { DRAWN_SIZES = 1 << 16 };

const hm_workload hm_server_threads_workload;

static const hm_parameter parameters[PARAMETERS] = {
    [LIVE] = {"live", "blocks", "handed from thread to thread", 1, 1000000, 1000, NULL, true},
    [REPLACED] = {"replaced", "blocks", "at random by each thread", 1, 10000000, 5000, NULL, true},
    HM_BLOCK_SIZE_PARAMETERS(SIZES, HM_SIZES_UNIFORM),
    [FREE] = HM_FREE_PARAMETER,
};

/** A live block and its size. */
typedef struct holding {
    void *block;
    uint64_t bytes;
} holding;

typedef struct server_threads {
    hm_lane lane;
    bool sized;
    uint32_t live, replaced;
    hm_table holdings; /* holding */
    hm_table sizes;    /* uint32_t */
    uint64_t word;     /* of the next block */
    uint64_t made;     /* blocks so far */
    uint64_t owed;     /* the sum of words written and not yet read */
    uint64_t read;     /* the sum of words read */
} server_threads;

static bool make(server_threads *state, holding *into)
{
    uint32_t bytes = ((const uint32_t *)state->sizes.at)[state->made++ % DRAWN_SIZES];
    *into = (holding){hm_call_malloc(state->lane.allocator, bytes), bytes};
    if (HM_UNLIKELY(into->block == NULL))
        return hm_lane_block_failed(&state->lane, "server-threads", bytes);
    hm_raw_touch(into->block, bytes, state->word, true);
    state->owed += state->word;
    state->word += HM_WEYL_STEP;
    return true;
}

static void drop(server_threads *state, holding *held)
{
    if (held->block == NULL)
        return;
    uint64_t read = hm_raw_read(held->block, held->bytes, true);
    state->owed -= read;
    state->read += read;
    hm_raw_free(state->lane.allocator, held->block, held->bytes, state->sized);
    held->block = NULL;
}

/* What a short-lived thread does: NULL when it is done, itself where it failed. */
static void *live_shortly(void *opaque)
{
    server_threads *state = opaque;
    holding *holdings = state->holdings.at;
    for (uint32_t count = 0; count < state->replaced; count++) {
        uint64_t place = ((hm_scramble(state->word) >> 32) * state->live) >> 32;
        drop(state, &holdings[place]);
        if (!make(state, &holdings[place]))
            return state;
    }
    return NULL;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    server_threads *state = hm_lanes_at(opaque, thread);
    for (uint64_t done = 0; done < iterations; done++) {
        pthread_t shortly;
        void *failed;
        int refused = pthread_create(&shortly, NULL, live_shortly, state);
        if (refused == 0)
            refused = pthread_join(shortly, &failed);
        if (refused != 0)
            return hm_lane_fail(&state->lane, HM_UNAVAILABLE,
                                "server-threads: a thread could not be started: %s",
                                strerror(refused));
        if (failed != NULL)
            return false;
        state->lane.checksum = hm_checksum_add(state->lane.checksum, state->read);
    }
    return true;
}

/* Every byte of all blocks is written and read back; then they hold their words again. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    server_threads *state = hm_lanes_at(opaque, thread);
    holding *holdings = state->holdings.at;
    uint64_t first = state->word;
    bool proved = true;
    for (uint32_t place = 0; place < state->live; place++) {
        if (!make(state, &holdings[place]))
            return false;
    }
    for (uint32_t place = 0; place < state->live; place++)
        hm_raw_fill(holdings[place].block, holdings[place].bytes, place);
    for (uint32_t place = 0; place < state->live; place++) {
        proved = hm_raw_prove(&state->lane, "server-threads", holdings[place].block,
                              holdings[place].bytes, place) &&
                 proved;
        hm_raw_touch(holdings[place].block, holdings[place].bytes, first + place * HM_WEYL_STEP,
                     true);
    }
    return proved;
}

static void drop_all(server_threads *state)
{
    for (uint32_t place = 0; state->holdings.at != NULL && place < state->live; place++)
        drop(state, (holding *)state->holdings.at + place);
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    server_threads *state = hm_lanes_at(opaque, thread);
    drop_all(state);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, state->read);
    return hm_raw_read_back(&state->lane, "server-threads", state->owed == 0);
}

static bool open_lane(void *opaque)
{
    server_threads *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    bool able;
    hm_table drawing = {0};
    hm_random random;
    state->sized = hm_raw_sized(lane, "server-threads", values[FREE], &able);
    state->live = (uint32_t)values[LIVE];
    state->replaced = (uint32_t)values[REPLACED];
    state->word = hm_scramble(lane->seed);
    if (!able || !hm_table_open(lane, &state->sizes, DRAWN_SIZES, sizeof(uint32_t)) ||
        !hm_table_open(lane, &state->holdings, state->live, sizeof(holding)) ||
        !hm_table_open(lane, &drawing, 1, sizeof(hm_block_sizes)))
        return false;
    hm_random_seed(&random, lane->seed);
    hm_block_sizes_choose(drawing.at, values + SIZES);
    for (uint32_t index = 0; index < DRAWN_SIZES; index++)
        ((uint32_t *)state->sizes.at)[index] = hm_block_sizes_draw(drawing.at, &random).bytes;
    hm_table_close(&drawing);
    return true;
}

static void close_lane(void *opaque)
{
    server_threads *state = opaque;
    drop_all(state);
    hm_table_close(&state->holdings);
    hm_table_close(&state->sizes);
}

static uint64_t live_page_bytes(void *opaque)
{
    hm_live_pages pages;
    unsigned threads = hm_lanes_count(opaque);
    const server_threads *first = hm_lanes_at(opaque, 0);
    if (!hm_live_pages_open(&pages, (size_t)threads * first->live))
        return HM_UNKNOWN_BYTES;
    for (unsigned thread = 0; thread < threads; thread++) {
        const server_threads *state = hm_lanes_at(opaque, thread);
        const holding *holdings = state->holdings.at;
        for (uint32_t place = 0; place < state->live; place++)
            hm_live_pages_add(&pages, holdings[place].block, holdings[place].bytes);
    }
    return hm_live_pages_close(&pages);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(server_threads), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[REPLACED];
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_server_threads_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        hm_block_sizes_validate(self, values, SIZES, error) != HM_OK)
        return HM_USAGE_ERROR;
    return hm_parameters_fit(self, (double)values[LIVE] * hm_block_sizes_mean(values + SIZES),
                             "live or the sizes", error);
}

const hm_workload hm_server_threads_workload = {
    .name = "server-threads",
    .brief = "Blocks handed from threads that die to new ones, which replace some",
    .group = "raw",
    .operation = "one block freed and another allocated",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .needs = HM_ENDS_THREADS,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .live_page_bytes = live_page_bytes,
    .teardown = hm_lanes_teardown,
};
