/**
 * This module is how long benchmarks run, how often, and by which clock, so that settings which
 * exclude each other are refused before the library's checks see them.
 *
 * Invariant: the fields has_iterations, has_time, real_time and manual_time of a benchmark say what
 * the library has been told.
 */
#ifndef HM_BENCH_GBENCH_PARTS_TIMING_H
#define HM_BENCH_GBENCH_PARTS_TIMING_H

#include "bench/gbench_parts/configure.h"

#include <cmath>

namespace hm_gbench_parts
{
static_assert(int{benchmark::kSecond} == HM_GBENCH_SECOND, "time units are passed on as they are");

inline bool valid_unit(hm_gbench_time_unit unit)
{
    return static_cast<unsigned>(unit) <= HM_GBENCH_SECOND;
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_set_iterations(hm_gbench_benchmark *benchmark, int64_t iterations)
{
    bool valid = iterations >= 1 && benchmark != nullptr && !benchmark->has_time;
    return configure(benchmark, valid,
                     "its iterations are at least 1, and exclude a minimum (warm-up) time", [&] {
                         benchmark->Iterations(iterations);
                         benchmark->has_iterations = true;
                     });
}

bool hm_gbench_min_time(hm_gbench_benchmark *benchmark, double seconds)
{
    // Less than a nanosecond the library would take for none.
    bool valid = std::isfinite(seconds) && seconds >= 1e-9 && benchmark != nullptr &&
                 !benchmark->has_iterations;
    return configure(benchmark, valid,
                     "its minimum time is at least 1e-9 seconds, and excludes a number of "
                     "iterations",
                     [&] {
                         benchmark->MinTime(seconds);
                         benchmark->has_time = true;
                     });
}

bool hm_gbench_min_warm_up_time(hm_gbench_benchmark *benchmark, double seconds)
{
    bool valid = std::isfinite(seconds) && seconds >= 0 && benchmark != nullptr &&
                 !benchmark->has_iterations;
    return configure(benchmark, valid,
                     "its warm-up time is at least 0 seconds, and excludes a number of iterations",
                     [&] {
                         benchmark->MinWarmUpTime(seconds);
                         benchmark->has_time = benchmark->has_time || seconds > 0;
                     });
}

bool hm_gbench_repetitions(hm_gbench_benchmark *benchmark, int repetitions)
{
    return configure(benchmark, repetitions >= 1, "its repetitions are at least 1",
                     [&] { benchmark->Repetitions(repetitions); });
}

bool hm_gbench_report_aggregates_only(hm_gbench_benchmark *benchmark, bool only)
{
    return configure(benchmark, true, "", [&] { benchmark->ReportAggregatesOnly(only); });
}

bool hm_gbench_display_aggregates_only(hm_gbench_benchmark *benchmark, bool only)
{
    return configure(benchmark, true, "", [&] { benchmark->DisplayAggregatesOnly(only); });
}

bool hm_gbench_use_real_time(hm_gbench_benchmark *benchmark)
{
    bool valid = benchmark != nullptr && !benchmark->manual_time;
    return configure(benchmark, valid, "real and manual time exclude each other", [&] {
        benchmark->UseRealTime();
        benchmark->real_time = true;
    });
}

bool hm_gbench_use_manual_time(hm_gbench_benchmark *benchmark)
{
    bool valid = benchmark != nullptr && !benchmark->real_time;
    return configure(benchmark, valid, "real and manual time exclude each other", [&] {
        benchmark->UseManualTime();
        benchmark->manual_time = true;
    });
}

bool hm_gbench_measure_process_cpu_time(hm_gbench_benchmark *benchmark)
{
    return configure(benchmark, true, "", [&] { benchmark->MeasureProcessCPUTime(); });
}

bool hm_gbench_unit(hm_gbench_benchmark *benchmark, hm_gbench_time_unit unit)
{
    return configure(benchmark, valid_unit(unit), "its time unit is none of the enumeration",
                     [&] { benchmark->Unit(static_cast<benchmark::TimeUnit>(unit)); });
}

bool hm_gbench_set_default_time_unit(hm_gbench_time_unit unit)
{
    if (!valid_unit(unit))
        return refuse("%d is no time unit", static_cast<int>(unit));
    benchmark::SetDefaultTimeUnit(static_cast<benchmark::TimeUnit>(unit));
    return true;
}

#endif
