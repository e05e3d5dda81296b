/**
 * This module is the setup and the teardown of benchmarks, so that each gets its user data.
 *
 * Invariant: they are kept in the benchmark and called as the main thread enters and leaves a run
 * (see run.h); the library's own hooks are taken.
 */
#ifndef HM_BENCH_GBENCH_PARTS_HOOKS_H
#define HM_BENCH_GBENCH_PARTS_HOOKS_H

#include "bench/gbench_parts/configure.h"

using namespace hm_gbench_parts;

bool hm_gbench_setup(hm_gbench_benchmark *benchmark, hm_gbench_function *function, void *user_data)
{
    return configure(benchmark, function != nullptr, "its setup is no function", [&] {
        benchmark->setup = {function, user_data};
    });
}

bool hm_gbench_teardown(hm_gbench_benchmark *benchmark, hm_gbench_function *function,
                        void *user_data)
{
    return configure(benchmark, function != nullptr, "its teardown is no function", [&] {
        benchmark->teardown = {function, user_data};
    });
}

#endif
