/**
 * This module is the workload `streaming-generator`, so that a pipeline of generators, whose memory
 * is a few items whatever the length of the stream, can be measured beside the same pipeline over
 * full lists, and beside one whose consumer stops half-way.
 *
 * Models: log processing and data loading as Python programs write them: a source yields items, a
 * few stages each keep a sliding window and yield a new item for each, a consumer adds them up.
 * `materialise` is the same with each stage a full list. Stresses: in stream mode the allocator's
 * reuse of the block just freed, and suspended frames; in materialise mode memory that grows with
 * the stream, and its peak; with a consumer that stops early, the cleanup of suspended generators.
 *
 * Numbers: in CPython 3.13 an item of a generator costs 24 ns, a three-stage pipeline 73 ns an
 * item; a million items take 94 MB as lists and 12 MB as a stream (docs/workloads.md): hence three
 * stages by default. An item of 24 bytes is a 57-byte block: half of a JSON program's blocks
 * have 49 to 64 bytes (measured: docs/workloads.md). The window of 16 is a moving average's.
 *
 * The check: each stage is linear (an item is the one before, plus three times the oldest of the
 * window, plus a constant), so the sum a consumer must see is a fixed part plus a factor times the
 * first item's offset. Both are found in setup by running the same pipeline on plain numbers.
 */
#include "workloads/lanes.h"
#include "workloads/parameters.h"
#include "workloads/payload.h"

#include "object/sites.h" /* last: every allocating call below is a site */

enum { MODE, STAGES, ITEMS, ITEM, WINDOW, CONSUME, PARAMETERS };
enum { STREAM, MATERIALISE };

static const char *const modes[] = {"stream", "materialise", NULL};

static const hm_parameter parameters[PARAMETERS] = {
    [MODE] = {"mode", "", "generators, or a full list for each stage", 0, MATERIALISE, STREAM,
              modes, false},
    [STAGES] = {"stages", "stages", "stages between source and consumer", 0, 64, 3, NULL, false},
    [ITEMS] = {"items", "items", "items that the source has", 1, 10000000, 1000, NULL, true},
    [ITEM] = {"item", "bytes", "length of an item, a bytes object", 8, 1 << 20, 24, NULL, true},
    [WINDOW] = {"window", "items", "latest items that each stage keeps in a list; 0: none", 0,
                100000, 16, NULL, true},
    [CONSUME] = {"consume", "%", "share of the items that the consumer takes before it stops", 1,
                 100, 100, NULL, false},
};

typedef struct streaming_generator {
    hm_lane lane;
    size_t stages, item_bytes;
    uint64_t items, consumed; /**< in one iteration */
    size_t window;
    uint64_t offset;    /**< added to every item of the source in this iteration */
    uint64_t closed;    /**< cleanups that ran in this iteration */
    uint64_t fixed_sum; /**< what the consumer sees with offset 0 */
    uint64_t factor;    /**< what each 1 of the offset adds to that */
    hm_slots ends;      /**< the pipeline's end; materialise: two lists and a window */
} streaming_generator;

/* Items: a bytes object whose payload is that of its number, which it also begins with. */

static hm_object *make_item(const streaming_generator *state, uint64_t number)
{
    hm_object *item = hm_bytes_new(state->lane.heap, NULL, state->item_bytes);
    if (item != NULL)
        hm_payload_fill(hm_bytes_data(item), state->item_bytes, number, false);
    return item;
}

static uint64_t number_of(hm_object *item)
{
    uint64_t number;
    __builtin_memcpy(&number, hm_bytes_data(item), sizeof number);
    return number;
}

static uint64_t source_number(const streaming_generator *state, uint64_t index)
{
    return hm_scramble(state->lane.seed + index);
}

/** What a stage makes of an item; `oldest` is 0 while the window is not full. */
static uint64_t stage_number(uint64_t number, uint64_t oldest, uint64_t constant)
{
    return number + 3 * oldest + constant;
}

/** Reads an item whole: its number, or false where it was damaged on the way. */
static bool read_item(streaming_generator *state, hm_object *item, uint64_t *number)
{
    uint64_t content = 0;
    *number = number_of(item);
    if (hm_payload_read(hm_bytes_data(item), state->item_bytes, *number, false, &content))
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "streaming-generator: an item does not hold what was put in");
}

/**
 * One item (borrowed) through a stage: a new item, and the old one takes the place of the oldest in
 * the window (NULL: none), which fills in a circle as a deque with a maximum length does.
 */
static hm_object *through_stage(streaming_generator *state, hm_object *window, uint64_t position,
                                uint64_t stage, hm_object *item)
{
    hm_heap *heap = state->lane.heap;
    uint64_t number, oldest = 0;
    size_t place = state->window == 0 ? 0 : position % state->window;
    bool full = window != NULL && position >= state->window;
    if (full)
        oldest = number_of(hm_list_get(window, place));
    if (!read_item(state, item, &number))
        return NULL;
    hm_object *made = make_item(state, stage_number(number, oldest, stage + 1));
    if (made == NULL)
        return NULL;
    if (full) {
        hm_list_set(heap, window, place, hm_incref(item));
    } else if (window != NULL && !hm_list_append(heap, window, item)) {
        hm_decref(heap, made);
        return NULL;
    }
    return made;
}

/* Generators. The lane outlives them; its address is a number of theirs. */

enum { POSITION, STAGE, LANE };          /* counters */
enum { UPSTREAM, STAGE_WINDOW, LOCALS }; /* locals of a stage; a source has none */

static streaming_generator *lane_of(const hm_generator *generator)
{
    return (streaming_generator *)(intptr_t)generator->counters[LANE];
}

static bool count_closed(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    lane_of(generator)->closed++;
    return true;
}

static hm_object *resume_source(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    const streaming_generator *state = lane_of(generator);
    uint64_t index = (uint64_t)generator->counters[POSITION]++;
    if (index == state->items)
        return NULL;
    return make_item(state, source_number(state, index) + state->offset);
}

static hm_object *resume_stage(hm_heap *heap, hm_generator *generator)
{
    streaming_generator *state = lane_of(generator);
    hm_object *self = (hm_object *)generator;
    if (generator->state == 0 && state->window != 0) {
        hm_object *window = hm_list_new(heap);
        if (window == NULL)
            return NULL;
        hm_generator_set(heap, self, STAGE_WINDOW, window);
    }
    generator->state = 1;
    hm_object *item = hm_generator_next(heap, generator->locals[UPSTREAM]);
    if (item == NULL)
        return NULL;
    hm_object *made = through_stage(state, generator->locals[STAGE_WINDOW],
                                    (uint64_t)generator->counters[POSITION]++,
                                    (uint64_t)generator->counters[STAGE], item);
    hm_decref(heap, item);
    return made;
}

static const hm_generator_code source_code = {"source", 0, resume_source, count_closed};
static const hm_generator_code stage_code = {"stage", LOCALS, resume_stage, count_closed};

static hm_object *make_generator(streaming_generator *state, const hm_generator_code *code,
                                 size_t stage)
{
    hm_object *generator = hm_generator_new(state->lane.heap, code);
    if (generator == NULL)
        return NULL;
    hm_generator *made = (hm_generator *)generator;
    made->counters[POSITION] = 0;
    made->counters[STAGE] = (int64_t)stage;
    made->counters[LANE] = (int64_t)(intptr_t)state;
    return generator;
}

/** Builds the pipeline; its last stage is in the first root slot. */
static bool connect(streaming_generator *state)
{
    hm_object **end = &state->ends.at[0];
    *end = make_generator(state, &source_code, 0);
    for (size_t stage = 0; stage < state->stages && *end != NULL; stage++) {
        hm_object *next = make_generator(state, &stage_code, stage);
        if (next == NULL)
            return hm_lane_heap_failed(&state->lane, "streaming-generator: making a stage");
        hm_generator_set(state->lane.heap, next, UPSTREAM, *end);
        *end = next;
    }
    return *end != NULL ||
           hm_lane_heap_failed(&state->lane, "streaming-generator: making the source");
}

/* Consuming. */

/** Reads an item and adds its number to the sum. */
static bool consume(streaming_generator *state, hm_object *item, uint64_t *sum)
{
    uint64_t number;
    if (!read_item(state, item, &number))
        return false;
    *sum += number;
    return true;
}

/** Ends a stream: drops it half-way, or finds it finished; counts the cleanups either way. */
static bool end_stream(streaming_generator *state)
{
    hm_heap *heap = state->lane.heap;
    hm_object *end = state->ends.at[0];
    bool partial = state->consumed < state->items;
    if (!partial) {
        hm_object *item = hm_generator_next(heap, end);
        if (item != NULL || hm_generator_get_status(end) != HM_GENERATOR_FINISHED) {
            hm_xdecref(heap, item);
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "streaming-generator: the stream does not end after its %llu items",
                                (unsigned long long)state->items);
        }
    }
    state->ends.at[0] = NULL;
    hm_decref(heap, end);
    uint64_t expected = partial ? state->stages + 1 : 0;
    if (state->closed == expected)
        return true;
    return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                        "streaming-generator: %llu cleanups ran where %llu generators were "
                        "abandoned",
                        (unsigned long long)state->closed, (unsigned long long)expected);
}

static bool stream(streaming_generator *state, uint64_t *sum)
{
    hm_heap *heap = state->lane.heap;
    state->closed = 0;
    if (!connect(state))
        return false;
    for (uint64_t count = 0; count < state->consumed; count++) {
        hm_object *item = hm_generator_next(heap, state->ends.at[0]);
        if (item == NULL)
            return hm_lane_heap_failed(&state->lane, "streaming-generator: the next item");
        bool right = consume(state, item, sum);
        hm_decref(heap, item);
        if (!right)
            return false;
    }
    return end_stream(state);
}

/* The same with lists. Root slots: the list that is read, the one that is made, the window. */

enum { OLD_LIST, NEW_LIST, LIST_WINDOW, ENDS };

static bool fill_source_list(streaming_generator *state)
{
    hm_object **ends = state->ends.at;
    ends[OLD_LIST] = hm_list_new(state->lane.heap);
    if (ends[OLD_LIST] == NULL)
        return false;
    for (uint64_t index = 0; index < state->items; index++) {
        hm_object *item = make_item(state, source_number(state, index) + state->offset);
        if (!hm_list_append_new(state->lane.heap, ends[OLD_LIST], item))
            return false;
    }
    return true;
}

/** One stage over the whole list; the old list dies when the new one is complete. */
static bool run_stage_on_list(streaming_generator *state, size_t stage)
{
    hm_heap *heap = state->lane.heap;
    hm_object **ends = state->ends.at;
    ends[NEW_LIST] = hm_list_new(heap);
    if (ends[NEW_LIST] == NULL)
        return false;
    if (state->window != 0 && (ends[LIST_WINDOW] = hm_list_new(heap)) == NULL)
        return false;
    for (uint64_t index = 0; index < state->items; index++) {
        hm_object *made = through_stage(state, ends[LIST_WINDOW], index, stage,
                                        hm_list_get(ends[OLD_LIST], index));
        if (!hm_list_append_new(heap, ends[NEW_LIST], made))
            return false;
    }
    hm_object *old = ends[OLD_LIST], *window = ends[LIST_WINDOW];
    ends[OLD_LIST] = ends[NEW_LIST];
    ends[NEW_LIST] = ends[LIST_WINDOW] = NULL;
    hm_decref(heap, old);
    hm_xdecref(heap, window);
    return true;
}

static bool materialise(streaming_generator *state, uint64_t *sum)
{
    bool made = fill_source_list(state);
    for (size_t stage = 0; stage < state->stages && made; stage++)
        made = run_stage_on_list(state, stage);
    if (!made)
        return hm_lane_heap_failed(&state->lane, "streaming-generator: making a list");
    for (uint64_t index = 0; index < state->consumed; index++) {
        if (!consume(state, hm_list_get(state->ends.at[OLD_LIST], index), sum))
            return false;
    }
    hm_slots_drop(&state->lane, &state->ends);
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    streaming_generator *state = hm_lanes_at(opaque, thread);
    for (uint64_t count = 0; count < iterations; count++) {
        uint64_t sum = 0;
        state->offset = state->lane.iteration++ * HM_PAYLOAD_STEP;
        bool ran =
            state->lane.parameters[MODE] == STREAM ? stream(state, &sum) : materialise(state, &sum);
        if (!ran)
            return false;
        if (sum != state->fixed_sum + state->offset * state->factor)
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "streaming-generator: the consumer's sum is wrong: an item was "
                                "lost, doubled or changed");
        state->lane.checksum = hm_checksum_add(state->lane.checksum, sum);
    }
    return true;
}

/* Setup. */

/** The pipeline on plain numbers: `unit` feeds 1s and leaves the constants out. */
static uint64_t model(const streaming_generator *state, uint64_t *windows, bool unit)
{
    uint64_t sum = 0;
    for (uint64_t index = 0; index < state->consumed; index++) {
        uint64_t number = unit ? 1 : source_number(state, index);
        for (size_t stage = 0; stage < state->stages; stage++) {
            uint64_t oldest = 0, before = number;
            uint64_t *window = windows + stage * state->window;
            if (state->window != 0 && index >= state->window)
                oldest = window[index % state->window];
            number = stage_number(number, oldest, unit ? 0 : stage + 1);
            if (state->window != 0)
                window[index % state->window] = before;
        }
        sum += number;
    }
    return sum;
}

static bool open_lane(void *opaque)
{
    streaming_generator *state = opaque;
    const int64_t *values = state->lane.parameters;
    hm_table windows = {0};
    state->stages = (size_t)values[STAGES];
    state->item_bytes = (size_t)values[ITEM];
    state->items = (uint64_t)values[ITEMS];
    state->window = (size_t)values[WINDOW];
    state->consumed = state->items * (uint64_t)values[CONSUME] / 100;
    if (state->consumed == 0)
        state->consumed = 1;
    size_t remembered = state->stages * state->window;
    if (!hm_table_open(&state->lane, &windows, remembered + 1, sizeof(uint64_t)))
        return false;
    state->fixed_sum = model(state, windows.at, false);
    state->factor = model(state, windows.at, true);
    hm_table_close(&windows);
    return hm_slots_open(&state->lane, &state->ends, ENDS);
}

static void close_lane(void *opaque)
{
    streaming_generator *state = opaque;
    hm_slots_close(&state->lane, &state->ends);
}

const hm_workload hm_streaming_generator_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    const hm_workload *self = &hm_streaming_generator_workload;
    if (hm_parameters_in_range(self, values, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (values[STAGES] == 0 &&
        hm_parameter_without_effect(self, values, WINDOW, "no stages", error) != HM_OK)
        return HM_USAGE_ERROR;
    double item = 48 + (double)values[ITEM];
    double kept = (double)(values[STAGES] * values[WINDOW]);
    if (values[MODE] == MATERIALISE)
        kept = 2 * (double)values[ITEMS] + (double)values[WINDOW];
    return hm_parameters_fit(self, item * kept, "items, item, stages or window", error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(streaming_generator), open_lane, close_lane);
}

/** Items that reach the consumer, in both modes, so that what laziness saves shows. */
static uint64_t operations(const int64_t *values)
{
    uint64_t consumed = (uint64_t)values[ITEMS] * (uint64_t)values[CONSUME] / 100;
    return consumed == 0 ? 1 : consumed;
}

const hm_workload hm_streaming_generator_workload = {
    .name = "streaming-generator",
    .brief = "A pipeline of generators with sliding windows, or the same over full lists",
    .group = "object",
    .operation = "one item through the pipeline",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"steady", HM_PHASE_STEADY, steady}},
    .validate = validate,
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
