/**
 * This module is the workload `size-ramp`, so that it can be seen what an allocator makes of blocks
 * that grow.
 *
 * Models: lists, texts and buffers that are appended to, side by side: each is resized when it is
 * full, to a factor of its size or by a step. Stresses: realloc in place and by copying, the holes
 * that moving blocks leave, the way from small to large size classes, and at the upper end mappings
 * that can grow without a copy.
 *
 * Numbers: Python's lists grow by an eighth (factor 112), C++'s vectors by half or to twice (150,
 * 200). Of the allocations of the programs in docs/allocation-profiles.md 6 % (Python) to 18 %
 * (git) are reallocs. From 16 bytes to 64 KiB and 16 blocks side by side: ours.
 */
#include "workloads/live_pages.h"
#include "workloads/parameters.h"
#include "workloads/raw_blocks.h"

enum { BUFFERS, START, LIMIT, GROWTH, FACTOR, STEP, PARAMETERS };
enum { GEOMETRIC, LINEAR };
enum { WORD = 8 };

static const char *const growth_names[] = {"geometric", "linear", NULL};

const hm_workload hm_size_ramp_workload;

static const hm_parameter parameters[PARAMETERS] = {
    [BUFFERS] = {"buffers", "blocks", "that grow side by side", 1, 100000, 16, NULL, true},
    [START] = {"start", "bytes", "of a block at first", WORD, 1 << 24, 16, NULL, true},
    [LIMIT] = {"limit", "bytes", "up to which a block grows", WORD, 1 << 28, 1 << 16, NULL, true},
    [GROWTH] = {"growth", "", "by a factor or by a step", 0, LINEAR, GEOMETRIC, growth_names,
                false},
    [FACTOR] = {"factor", "%", "of the size before, at each resize", 101, 1000, 150, NULL, true},
    [STEP] = {"step", "bytes", "more at each resize", WORD, 1 << 24, 1 << 10, NULL, true},
};

typedef struct size_ramp {
    hm_lane lane;
    hm_table blocks; /* unsigned char *: NULL where there is none */
    uint32_t buffers;
    uint64_t bytes;   /* of every block but those that are being resized */
    uint32_t resized; /* blocks that have the next size already */
    uint64_t next_bytes;
    uint64_t round;
} size_ramp;

static uint64_t to_words(uint64_t bytes)
{
    return (bytes + WORD - 1) / WORD * WORD;
}

/* The size after `bytes`, or 0 where that is the last. */
static uint64_t next_size(const int64_t *values, uint64_t bytes)
{
    uint64_t limit = to_words((uint64_t)values[LIMIT]);
    uint64_t next = values[GROWTH] == LINEAR ? bytes + (uint64_t)values[STEP]
                                             : bytes * (uint64_t)values[FACTOR] / 100;
    next = to_words(next > bytes ? next : bytes + WORD);
    next = next < limit ? next : limit;
    return bytes < limit ? next : 0;
}

static uint64_t seed_of(const size_ramp *state, uint32_t buffer)
{
    return hm_scramble(state->lane.seed ^ (state->round << 20 | buffer));
}

/* Writes the words from byte `from` up to byte `to`: what hm_payload_fill would have put there. */
static void append(unsigned char *block, uint64_t from, uint64_t to, uint64_t seed)
{
    hm_payload_fill(block + from, to - from, seed + from / WORD * HM_PAYLOAD_STEP, false);
}

static uint64_t size_at(const size_ramp *state, uint32_t buffer)
{
    return buffer < state->resized ? state->next_bytes : state->bytes;
}

static void drop_all(size_ramp *state)
{
    unsigned char **blocks = state->blocks.at;
    for (uint32_t buffer = 0; blocks != NULL && buffer < state->buffers; buffer++) {
        if (blocks[buffer] != NULL)
            hm_raw_free(state->lane.allocator, blocks[buffer], size_at(state, buffer),
                        state->lane.sized_free);
        blocks[buffer] = NULL;
    }
    state->resized = 0;
}

/* Resizes every block once; what was in it must still be there at its two ends. */
static bool grow(size_ramp *state, uint64_t bytes)
{
    unsigned char **blocks = state->blocks.at;
    uint64_t old = state->bytes, different = 0, sum = 0;
    state->next_bytes = bytes;
    for (state->resized = 0; state->resized < state->buffers; state->resized++) {
        uint32_t buffer = state->resized;
        unsigned char *block =
            hm_call_realloc(state->lane.allocator, blocks[buffer], (size_t)old, (size_t)bytes);
        if (HM_UNLIKELY(block == NULL))
            return hm_lane_block_failed(&state->lane, "size-ramp", bytes);
        blocks[buffer] = block;
        if (old > 0) {
            different |= hm_payload_read_word(block, 0, seed_of(state, buffer), false, &sum);
            different |=
                hm_payload_read_word(block, old / WORD - 1, seed_of(state, buffer), false, &sum);
        }
        append(block, old, bytes, seed_of(state, buffer));
    }
    state->bytes = bytes;
    state->resized = 0;
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return different == 0 ||
           hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "size-ramp: a block of %llu bytes lost its content as it grew",
                        (unsigned long long)bytes);
}

static bool read_all(size_ramp *state)
{
    unsigned char *const *blocks = state->blocks.at;
    uint64_t sum = 0;
    bool right = true;
    for (uint32_t buffer = 0; buffer < state->buffers && blocks[buffer] != NULL; buffer++)
        right = hm_payload_read(blocks[buffer], size_at(state, buffer), seed_of(state, buffer),
                                false, &sum) &&
                right;
    state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    return right || hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                 "size-ramp: a block does not hold what was appended to it");
}

/* One ramp: what the last one left goes first, so that its blocks stay until then. */
static bool ramp(size_ramp *state)
{
    const int64_t *values = state->lane.parameters;
    drop_all(state);
    state->bytes = 0;
    state->round++;
    for (uint64_t bytes = to_words((uint64_t)values[START]); bytes != 0;
         bytes = next_size(values, bytes)) {
        if (!grow(state, bytes))
            return false;
    }
    return read_all(state);
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    size_ramp *state = hm_lanes_at(opaque, thread);
    for (uint64_t done = 0; done < iterations; done++) {
        if (!ramp(state))
            return false;
    }
    return true;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    drop_all(hm_lanes_at(opaque, thread));
    return true;
}

static bool open_lane(void *opaque)
{
    size_ramp *state = opaque;
    state->buffers = (uint32_t)state->lane.parameters[BUFFERS];
    return hm_table_open(&state->lane, &state->blocks, state->buffers, sizeof(unsigned char *));
}

static void close_lane(void *opaque)
{
    size_ramp *state = opaque;
    drop_all(state);
    hm_table_close(&state->blocks);
}

static uint64_t live_page_bytes(void *opaque)
{
    hm_live_pages pages;
    unsigned threads = hm_lanes_count(opaque);
    const size_ramp *first = hm_lanes_at(opaque, 0);
    if (!hm_live_pages_open(&pages, (size_t)threads * first->buffers))
        return HM_UNKNOWN_BYTES;
    for (unsigned thread = 0; thread < threads; thread++) {
        const size_ramp *state = hm_lanes_at(opaque, thread);
        for (uint32_t buffer = 0; buffer < state->buffers; buffer++)
            hm_live_pages_add(&pages, ((unsigned char *const *)state->blocks.at)[buffer],
                              size_at(state, buffer));
    }
    return hm_live_pages_close(&pages);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(size_ramp), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    uint64_t sizes = 0;
    for (uint64_t bytes = to_words((uint64_t)values[START]); bytes != 0;
         bytes = next_size(values, bytes))
        sizes++;
    return sizes * (uint64_t)values[BUFFERS];
}

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_size_ramp_workload;
    bool linear = values[GROWTH] == LINEAR;
    if (hm_parameters_in_range(self, values, error) != HM_OK ||
        hm_parameter_without_effect(self, values, linear ? FACTOR : STEP,
                                    linear ? "growth:linear" : "growth:geometric", error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[START] > values[LIMIT])
        return hm_error_set(error, HM_USAGE_ERROR,
                            "size-ramp: start %lld is above limit %lld; lower it",
                            (long long)values[START], (long long)values[LIMIT]);
    return hm_parameters_fit(self, (double)values[BUFFERS] * (double)values[LIMIT],
                             "buffers or limit", error);
}

const hm_workload hm_size_ramp_workload = {
    .name = "size-ramp",
    .brief = "Blocks that grow side by side by realloc, as what is appended to does",
    .group = "raw",
    .operation = "one block resized and filled up",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"steady", HM_PHASE_STEADY, steady}, {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .live_page_bytes = live_page_bytes,
    .teardown = hm_lanes_teardown,
};
