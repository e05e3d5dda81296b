/**
 * This module is what a running function may ask, so that it knows its arguments, its threads and
 * its iterations.
 *
 * Invariant: nothing here changes a run, but for an argument that is not there, which fails it.
 */
#ifndef HM_BENCH_GBENCH_PARTS_STATE_QUERIES_H
#define HM_BENCH_GBENCH_PARTS_STATE_QUERIES_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/run.h"

using namespace hm_gbench_parts;

int64_t hm_gbench_argument(hm_gbench_state *state, size_t position)
{
    run_state *run = from(state);
    if (position < run->owner->argument_count())
        return run->view.range(position);
    refuse("there is no argument %zu; the benchmark has %zu", position,
           run->owner->argument_count());
    run->fail(last_error);
    return 0;
}

size_t hm_gbench_argument_count(const hm_gbench_state *state)
{
    return from(state)->owner->argument_count();
}

int hm_gbench_thread_count(const hm_gbench_state *state)
{
    return from(state)->view.threads();
}

int hm_gbench_thread_index(const hm_gbench_state *state)
{
    return from(state)->view.thread_index();
}

int64_t hm_gbench_iterations(const hm_gbench_state *state)
{
    const run_state *run = from(state);
    if (run->now == run_state::after_loop)
        return run->view.iterations();
    return run->now == run_state::in_loop
               ? run->view.max_iterations - run->iterations_left + run->overshoot
               : 0;
}

int64_t hm_gbench_max_iterations(const hm_gbench_state *state)
{
    return from(state)->view.max_iterations;
}

#endif
