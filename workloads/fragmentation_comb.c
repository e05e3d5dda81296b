/**
 * This module is the workload `fragmentation-comb`, so that it can be seen how well an allocator
 * uses holes that lie between blocks that stay.
 *
 * Models: a cache or an index whose entries are replaced a part at a time by larger or smaller
 * ones. Every `every`-th block is freed, which leaves a comb; then as many are allocated of other
 * sizes, which do not fit where the old ones were. Stresses: the reuse of partly filled pages, the
 * choice among them, and the return of memory: resident bytes over live bytes is what counts.
 *
 * Numbers: the worst case of any allocator that does not move blocks is built so: blocks freed
 * among others that stay, then requests that do not fit between them (Robson, "Bounds for some
 * functions concerning dynamic storage allocation", JACM 1974). 100,000 blocks, every fourth, half
 * as much again: ours; 150 % changes the size class of nearly all blocks.
 */
#include "workloads/block_sizes.h"
#include "workloads/live_pages.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

enum { BLOCKS, EVERY, REFILL, SIZES, SIZE, MINIMUM, MAXIMUM, FREE, PARAMETERS };

const hm_workload hm_fragmentation_comb_workload;

static const hm_parameter parameters[PARAMETERS] = {
    [BLOCKS] = {"blocks", "blocks", "live", 1, 10000000, 100000, NULL, true},
    [EVERY] = {"every", "blocks", "one of so many is freed at a time", 1, 1000, 4, NULL, true},
    [REFILL] = {"refill", "%", "size of what comes in the place of a block, and back again", 25,
                400, 150, NULL, true},
    HM_BLOCK_SIZE_PARAMETERS(SIZES, HM_SIZES_UNIFORM),
    [FREE] = HM_FREE_PARAMETER,
};

typedef struct comb {
    hm_lane lane;
    bool sized, pages;
    uint32_t count, every, refill;
    uint64_t round;  /* rounds begun */
    hm_table blocks; /* void *: NULL where there is none */
    hm_table sizes;  /* uint32_t: of a block's first life */
    hm_table lives;  /* uint8_t: whether the block has the other size */
    uint64_t word;   /* of the next block */
    uint64_t owed;   /* the sum of words written and not yet read */
    uint64_t read;   /* the sum of words read */
} comb;

static uint32_t size_at(const comb *state, uint32_t place)
{
    uint64_t bytes = ((const uint32_t *)state->sizes.at)[place];
    if (((const uint8_t *)state->lives.at)[place] == 0)
        return (uint32_t)bytes;
    bytes = bytes * state->refill / 100;
    return bytes < HM_LEAST_BLOCK_BYTES ? HM_LEAST_BLOCK_BYTES : (uint32_t)bytes;
}

static HM_ALWAYS_INLINE bool make(comb *state, uint32_t place, bool pages)
{
    uint32_t bytes = size_at(state, place);
    void *block = hm_call_malloc(state->lane.allocator, bytes);
    ((void **)state->blocks.at)[place] = block;
    if (HM_UNLIKELY(block == NULL))
        return hm_lane_block_failed(&state->lane, "fragmentation-comb", bytes);
    hm_raw_touch(block, bytes, state->word, pages);
    state->owed += state->word;
    state->word += HM_WEYL_STEP;
    return true;
}

static HM_ALWAYS_INLINE void drop(comb *state, uint32_t place, bool pages, bool sized)
{
    void *block = ((void **)state->blocks.at)[place];
    uint32_t bytes = pages || sized ? size_at(state, place) : 0;
    uint64_t read = hm_raw_read(block, bytes, pages);
    state->owed -= read;
    state->read += read;
    ((void **)state->blocks.at)[place] = NULL;
    hm_raw_free(state->lane.allocator, block, bytes, sized);
}

/* A round frees every every-th block from a place on that moves on, and fills up again. */
static HM_ALWAYS_INLINE bool comb_once(comb *state, bool pages, bool sized)
{
    uint32_t every = state->every, first = (uint32_t)(state->round++ % every);
    uint32_t end = state->count / every * every;
    uint8_t *lives = state->lives.at;
    for (uint32_t place = first; place < end; place += every)
        drop(state, place, pages, sized);
    for (uint32_t place = first; place < end; place += every) {
        lives[place] ^= 1;
        if (!make(state, place, pages))
            return false;
    }
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    comb *state = hm_lanes_at(opaque, thread);
    bool made = true;
    for (uint64_t done = 0; done < iterations && made; done++) {
        if (state->pages)
            made = state->sized ? comb_once(state, true, true) : comb_once(state, true, false);
        else
            made = state->sized ? comb_once(state, false, true) : comb_once(state, false, false);
        state->lane.checksum = hm_checksum_add(state->lane.checksum, state->read);
    }
    return made;
}

/* Every byte of all blocks is written and read back; then they hold their words again. */
static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    comb *state = hm_lanes_at(opaque, thread);
    void **blocks = state->blocks.at;
    uint64_t first = state->word;
    bool proved = true;
    for (uint32_t place = 0; place < state->count; place++) {
        if (!make(state, place, state->pages))
            return false;
    }
    for (uint32_t place = 0; place < state->count; place++)
        hm_raw_fill(blocks[place], size_at(state, place), place);
    for (uint32_t place = 0; place < state->count; place++) {
        uint32_t bytes = size_at(state, place);
        proved =
            hm_raw_prove(&state->lane, "fragmentation-comb", blocks[place], bytes, place) && proved;
        hm_raw_touch(blocks[place], bytes, first + place * HM_WEYL_STEP, state->pages);
    }
    return proved;
}

static void drop_all(comb *state)
{
    void *const *blocks = state->blocks.at;
    for (uint32_t place = 0; blocks != NULL && place < state->count; place++) {
        if (blocks[place] != NULL)
            drop(state, place, state->pages, state->sized);
    }
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    comb *state = hm_lanes_at(opaque, thread);
    drop_all(state);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, state->read);
    return hm_raw_read_back(&state->lane, "fragmentation-comb", state->owed == 0);
}

static bool open_lane(void *opaque)
{
    comb *state = opaque;
    hm_lane *lane = &state->lane;
    const int64_t *values = lane->parameters;
    bool able;
    hm_table drawing = {0};
    hm_random random;
    state->sized = hm_raw_sized(lane, "fragmentation-comb", values[FREE], &able);
    state->count = (uint32_t)values[BLOCKS];
    state->every = (uint32_t)values[EVERY];
    state->refill = (uint32_t)values[REFILL];
    state->pages =
        (int64_t)hm_block_sizes_largest(values + SIZES) * values[REFILL] / 100 > HM_TOUCH_BYTES ||
        hm_block_sizes_largest(values + SIZES) > HM_TOUCH_BYTES;
    state->word = hm_scramble(lane->seed);
    if (!able || !hm_table_open(lane, &state->sizes, state->count, sizeof(uint32_t)) ||
        !hm_table_open(lane, &state->lives, state->count, sizeof(uint8_t)) ||
        !hm_table_open(lane, &state->blocks, state->count, sizeof(void *)) ||
        !hm_table_open(lane, &drawing, 1, sizeof(hm_block_sizes)))
        return false;
    hm_random_seed(&random, lane->seed);
    hm_block_sizes_choose(drawing.at, values + SIZES);
    for (uint32_t place = 0; place < state->count; place++)
        ((uint32_t *)state->sizes.at)[place] = hm_block_sizes_draw(drawing.at, &random).bytes;
    hm_table_close(&drawing);
    return true;
}

static void close_lane(void *opaque)
{
    comb *state = opaque;
    drop_all(state);
    hm_table_close(&state->blocks);
    hm_table_close(&state->lives);
    hm_table_close(&state->sizes);
}

static uint64_t live_page_bytes(void *opaque)
{
    hm_live_pages pages;
    unsigned threads = hm_lanes_count(opaque);
    const comb *first = hm_lanes_at(opaque, 0);
    if (!hm_live_pages_open(&pages, (size_t)threads * first->count))
        return HM_UNKNOWN_BYTES;
    for (unsigned thread = 0; thread < threads; thread++) {
        const comb *state = hm_lanes_at(opaque, thread);
        for (uint32_t place = 0; place < state->count; place++)
            hm_live_pages_add(&pages, ((void *const *)state->blocks.at)[place],
                              size_at(state, place));
    }
    return hm_live_pages_close(&pages);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(comb), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)(values[BLOCKS] / values[EVERY]);
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_fragmentation_comb_workload;
    double larger = values[REFILL] > 100 ? (double)values[REFILL] / 100 : 1;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        hm_block_sizes_validate(self, values, SIZES, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[EVERY] > values[BLOCKS])
        return hm_error_set(error, HM_USAGE_ERROR,
                            "fragmentation-comb: every %lld is above blocks %lld; lower it",
                            (long long)values[EVERY], (long long)values[BLOCKS]);
    return hm_parameters_fit(self,
                             (double)values[BLOCKS] * hm_block_sizes_mean(values + SIZES) * larger,
                             "blocks, refill or the sizes", error);
}

const hm_workload hm_fragmentation_comb_workload = {
    .name = "fragmentation-comb",
    .brief = "Every fourth block is freed, and others of another size come between those that stay",
    .group = "raw",
    .operation = "one block freed and one of another size allocated",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
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
