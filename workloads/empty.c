/**
 * This module is the workload `empty`, so that what the harness itself costs a step can be
 * measured and held against the quickest real cell.
 *
 * Models nothing, stresses nothing: a loop with only a barrier in it that the compiler cannot see
 * through. It has no numbers that need a source. Its result is the number of rounds, so a harness
 * that ran fewer than it says is found out.
 */
#include "base/system_memory.h"
#include "workloads/workload.h"

/** One thread's count, in a cache line of its own. */
typedef struct empty_lane {
    _Alignas(128) uint64_t rounds;
} empty_lane;

typedef struct empty_state {
    unsigned threads;
    empty_lane lanes[HM_MAX_THREADS];
} empty_state;

static void *setup(const hm_workload_context *context)
{
    empty_state *state = hm_system_map(sizeof *state);
    if (state == NULL) {
        hm_error_set(context->error, HM_NO_MEMORY, "empty: the kernel refused %zu bytes",
                     sizeof *state);
        return NULL;
    }
    state->threads = context->threads;
    return state;
}

static bool step(void *opaque, unsigned thread, uint64_t iterations)
{
    empty_state *state = opaque;
    uint64_t rounds = 0;
    for (uint64_t iteration = 0; iteration < iterations; iteration++) {
        rounds++;
        __asm__ volatile("" : "+r"(rounds) : : "memory");
    }
    state->lanes[thread].rounds += rounds;
    return true;
}

static bool check(void *opaque, uint64_t *checksum)
{
    empty_state *state = opaque;
    *checksum = 0;
    for (unsigned thread = 0; thread < state->threads; thread++)
        *checksum = hm_checksum_add(*checksum, state->lanes[thread].rounds);
    return true;
}

static void teardown(void *state)
{
    hm_system_unmap(state, sizeof(empty_state));
}

static uint64_t operations(const int64_t *parameters)
{
    HM_UNUSED(parameters);
    return 1;
}

const hm_workload hm_empty_workload = {
    .name = "empty",
    .brief = "Control: a loop with nothing in it, which shows the harness's own cost",
    .group = "control",
    .operation = "one empty round",
    .phases = {{"steady", HM_PHASE_STEADY, step}},
    .setup = setup,
    .operations = operations,
    .check = check,
    .teardown = teardown,
};
