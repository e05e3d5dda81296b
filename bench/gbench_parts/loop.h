/**
 * This module is the running function's loop and clock, so that the quick path in gbench.h needs a
 * call only where a loop begins, ends or overshoots, and what a body does wrongly is its error.
 *
 * Invariant: the library's clock is paused and resumed in turns, within the loop only.
 */
#ifndef HM_BENCH_GBENCH_PARTS_LOOP_H
#define HM_BENCH_GBENCH_PARTS_LOOP_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/run.h"

#include <cmath>

using namespace hm_gbench_parts;

bool hm_gbench_advance(hm_gbench_state *state, int64_t iterations)
{
    run_state *run = from(state);
    if (run->now != run_state::before_loop && run->now != run_state::in_loop)
        return false;
    if (iterations < 1)
        run->fail("a batch has at least one iteration");
    if (!run->failed && run->take(iterations))
        return true;
    run->finish();
    return false;
}

int64_t hm_gbench_begin_loop(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now == run_state::in_loop || run->now == run_state::after_loop)
        run->fail("its loop was begun twice");
    if (run->now != run_state::before_loop || run->failed)
        return 0;
    return run->take(run->view.max_iterations) ? run->view.max_iterations : 0;
}

bool hm_gbench_end_loop(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now == run_state::before_loop || run->now == run_state::in_loop)
        run->finish();
    return false;
}

bool hm_gbench_pause_timing(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || run->paused || run->failed)
        return refuse("timing is paused once, within the loop");
    run->drive->PauseTiming();
    run->paused = true;
    return true;
}

bool hm_gbench_resume_timing(hm_gbench_state *state)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || !run->paused || run->failed)
        return refuse("timing is resumed after it was paused, within the loop");
    run->paused = false;
    run->drive->ResumeTiming();
    return true;
}

bool hm_gbench_set_iteration_time(hm_gbench_state *state, double seconds)
{
    run_state *run = from(state);
    if (run->now != run_state::in_loop || !std::isfinite(seconds) || seconds < 0)
        return refuse("an iteration's time is at least 0 seconds and is set within the loop");
    run->drive->SetIterationTime(seconds);
    return true;
}

bool hm_gbench_skip_with_error(hm_gbench_state *state, const char *message)
{
    if (message == nullptr)
        return refuse("an error needs a message");
    return from(state)->fail(message) || refuse("there is nothing left to skip");
}

bool hm_gbench_error_occurred(const hm_gbench_state *state)
{
    return from(state)->failed;
}

#endif
