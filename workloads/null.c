/**
 * This module is the workload `null`, so that what a process of a back end and a collector takes
 * before any object is made can be measured and taken off every other work's memory.
 *
 * Models a program that has started and done nothing; stresses nothing; allocates nothing at all,
 * not even pages from the kernel. It has no numbers that need a source.
 */
#include "workloads/workload.h"

/** A state that needs no memory: only its address is used. */
static char nothing;

static void *setup(const hm_workload_context *context)
{
    HM_UNUSED(context);
    return &nothing;
}

static bool step(void *state, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(thread);
    HM_UNUSED(iterations);
    return state == &nothing;
}

static bool check(void *state, uint64_t *checksum)
{
    *checksum = 0;
    return state == &nothing;
}

static void teardown(void *state)
{
    HM_UNUSED(state);
}

static uint64_t operations(const int64_t *parameters)
{
    HM_UNUSED(parameters);
    return 1;
}

const hm_workload hm_null_workload = {
    .name = "null",
    .brief = "Control: allocates nothing, which shows what a process takes before any work",
    .group = "control",
    .operation = "nothing",
    .phases = {{"build", HM_PHASE_BUILD, step},
               {"steady", HM_PHASE_STEADY, step},
               {"release", HM_PHASE_RELEASE, step}},
    .setup = setup,
    .operations = operations,
    .check = check,
    .teardown = teardown,
};
