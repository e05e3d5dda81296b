/**
 * This module is what is computed from several runs, so that fits of complexity and statistics can
 * have functions with user data, which the library's cannot.
 *
 * A trampoline is a function without data that the library calls and that finds the C function by
 * the run under way.
 *
 * Invariant: the library fits and computes right after the last run of the benchmark, so the run
 * under way is of that benchmark.
 */
#ifndef HM_BENCH_GBENCH_PARTS_STATISTICS_H
#define HM_BENCH_GBENCH_PARTS_STATISTICS_H

#include "bench/gbench_parts/configure.h"
#include "bench/gbench_parts/run.h"

#include <utility>
#include <vector>

namespace hm_gbench_parts
{
static_assert(int{benchmark::oLambda} == HM_GBENCH_COMPLEXITY_FUNCTION &&
                  int{benchmark::kPercentage} == HM_GBENCH_STATISTIC_PERCENTAGE,
              "the enumerations are passed on as they are");

inline double complexity_trampoline(benchmark::IterationCount n)
{
    return context.owner->shape(n, context.owner->shape_data);
}

/** The library's statistics carry no data, so each number of a statistic is a function. */
template <size_t Index> double statistic_trampoline(const std::vector<double> &values)
{
    const custom_statistic &statistic = context.owner->custom_statistics[Index];
    return statistic.function(values.data(), values.size(), statistic.user_data);
}

template <size_t... Indices>
benchmark::StatisticsFunc *trampoline_of(size_t index, std::index_sequence<Indices...>)
{
    static benchmark::StatisticsFunc *const table[] = {&statistic_trampoline<Indices>...};
    return table[index];
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_complexity(hm_gbench_benchmark *benchmark, hm_gbench_complexity_order order)
{
    bool valid = static_cast<unsigned>(order) <= HM_GBENCH_COMPLEXITY_AUTO;
    return configure(benchmark, valid, "this order of complexity cannot be asked for", [&] {
        benchmark->Complexity(static_cast<benchmark::BigO>(order));
        benchmark->has_complexity = order != HM_GBENCH_COMPLEXITY_NONE;
    });
}

bool hm_gbench_complexity_function(hm_gbench_benchmark *benchmark,
                                   hm_gbench_complexity_shape *shape, void *user_data)
{
    return configure(benchmark, shape != nullptr, "its complexity is no function", [&] {
        benchmark->Complexity(complexity_trampoline);
        benchmark->has_complexity = true;
        benchmark->shape = shape;
        benchmark->shape_data = user_data;
    });
}

bool hm_gbench_compute_statistic(hm_gbench_benchmark *benchmark, const char *name,
                                 hm_gbench_statistic *function, void *user_data,
                                 hm_gbench_statistic_unit unit)
{
    bool valid = name != nullptr && function != nullptr && benchmark != nullptr &&
                 static_cast<unsigned>(unit) <= HM_GBENCH_STATISTIC_PERCENTAGE &&
                 benchmark->custom_statistics.size() < HM_GBENCH_MAX_STATISTICS;
    return configure(benchmark, valid,
                     "a statistic needs a name, a function and a unit, and there are at most 16",
                     [&] {
                         size_t index = benchmark->custom_statistics.size();
                         benchmark->custom_statistics.push_back({function, user_data});
                         auto indices = std::make_index_sequence<HM_GBENCH_MAX_STATISTICS>();
                         benchmark->ComputeStatistics(name, trampoline_of(index, indices),
                                                      static_cast<benchmark::StatisticUnit>(unit));
                     });
}

#endif
