/**
 * This module is the frame of every call that changes a benchmark, so that all refuse the same
 * things in the same words.
 *
 * Invariant: a refused call changes nothing.
 */
#ifndef HM_BENCH_GBENCH_PARTS_CONFIGURE_H
#define HM_BENCH_GBENCH_PARTS_CONFIGURE_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/registry.h"

namespace hm_gbench_parts
{
/** One call on a benchmark: refused where it is NULL or `valid` is false, else done. */
template <class Action>
bool configure(hm_gbench_benchmark *benchmark, bool valid, const char *complaint, Action action)
{
    if (benchmark == nullptr)
        return refuse("there is no benchmark: the handle is NULL");
    if (benchmarks_run)
        return refuse("benchmarks run; change them before or after");
    if (!valid)
        return refuse("benchmark %s: %s", benchmark->name.c_str(), complaint);
    return guarded([&] {
        action();
        return true;
    });
}
} // namespace hm_gbench_parts

#endif
