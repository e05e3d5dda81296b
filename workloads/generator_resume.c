/**
 * This module is the workload `generator-resume`, so that the resumption of a suspended body can be
 * measured apart from what it yields.
 *
 * Models the consumer's side of `for item in stream()`. The body yields one object that is there
 * already, for ever: a body in C on heapmark's runtime, a Python function on CPython, which is what
 * a generator is there. It has no numbers that need a source.
 */
#include "workloads/layer.h"

typedef struct generator_resume {
    hm_lane lane;
    hm_layer_slots kept; /* the item, the generator */
} generator_resume;

enum { ITEM, GENERATOR, KEPT };

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    generator_resume *state = hm_lanes_at(opaque, thread);
    hm_heap *heap = state->lane.heap;
    hm_layer_object *generator = state->kept.at[GENERATOR];
    const hm_layer_object *expected = state->kept.at[ITEM];
    uint64_t right = 0;
    for (uint64_t count = 0; count < iterations; count++) {
        hm_layer_object *item = hm_layer_next(heap, generator);
        if (HM_UNLIKELY(item == NULL))
            return hm_layer_failed(&state->lane, "generator-resume: the next item");
        right += item == expected;
        hm_layer_drop(heap, item);
    }
    if (right != iterations)
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "generator-resume: %llu of %llu items are not the one to be yielded",
                            (unsigned long long)(iterations - right),
                            (unsigned long long)iterations);
    state->lane.checksum += right * (uint64_t)hm_layer_int_value(state->kept.at[ITEM]);
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    generator_resume *state = hm_lanes_at(opaque, thread);
    hm_heap *heap = state->lane.heap;
    hm_layer_object **kept = state->kept.at;
    kept[ITEM] = hm_layer_int(heap, 1000 + (int64_t)(state->lane.seed & 0xffffff));
    if (kept[ITEM] != NULL)
        kept[GENERATOR] = hm_layer_repeater(heap, kept[ITEM]);
    return kept[GENERATOR] != NULL ||
           hm_layer_failed(&state->lane, "generator-resume: making a generator");
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    generator_resume *state = hm_lanes_at(opaque, thread);
    hm_layer_slots_drop(&state->lane, &state->kept);
    return true;
}

static bool open_lane(void *opaque)
{
    generator_resume *state = opaque;
    return hm_layer_slots_open(&state->lane, &state->kept, KEPT);
}

static void close_lane(void *opaque)
{
    generator_resume *state = opaque;
    hm_layer_slots_close(&state->lane, &state->kept);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(generator_resume), open_lane, close_lane);
}

static uint64_t operations(const int64_t *values)
{
    HM_UNUSED(values);
    return 1;
}

const hm_workload hm_generator_resume_workload = {
    .name = "generator-resume",
    .brief = "A generator resumed for one item after the other",
    .group = "object",
    .operation = "one item yielded",
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .setup = setup,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
