/**
 * This module is the reporter that calls a C function, so that a program reads its results without
 * parsing a text.
 *
 * Invariant: all that a result points to lives until the call with it returns.
 */
#ifndef HM_BENCH_GBENCH_PARTS_FUNCTION_REPORTER_H
#define HM_BENCH_GBENCH_PARTS_FUNCTION_REPORTER_H

#include "bench/gbench_parts/counters.h"
#include "bench/gbench_parts/memory_manager.h"

#include <cstring>
#include <string>
#include <vector>

namespace hm_gbench_parts
{
using benchmark::BenchmarkReporter;

/** Hands each result to a C function. */
struct function_reporter final : BenchmarkReporter {
    function_reporter(hm_gbench_result_function *function, void *data)
        : call(function), user_data(data)
    {
    }
    bool ReportContext(const Context &) override
    {
        return true;
    }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs)
            report(run);
    }
    void report(const Run &run) const;

    hm_gbench_result_function *call;
    void *user_data;
};

/** Whether the times of `run` are shares, without a unit. */
inline bool has_shares(const BenchmarkReporter::Run &run)
{
    return run.run_type == BenchmarkReporter::Run::RT_Aggregate && !run.report_rms &&
           run.aggregate_unit == benchmark::kPercentage;
}

inline void describe_names(hm_gbench_result &result, const BenchmarkReporter::Run &run)
{
    result.function_name = run.run_name.function_name.c_str();
    result.arguments = run.run_name.args.c_str();
    result.label = run.report_label.c_str();
    result.error_message = run.error_occurred ? run.error_message.c_str() : nullptr;
    result.aggregate_name = run.aggregate_name.c_str();
}

inline void describe_numbers(hm_gbench_result &result, const BenchmarkReporter::Run &run)
{
    bool aggregate = run.run_type == BenchmarkReporter::Run::RT_Aggregate;
    result.is_aggregate = aggregate;
    result.aggregate_unit = static_cast<hm_gbench_statistic_unit>(run.aggregate_unit);
    result.iterations = run.iterations;
    result.threads = run.threads;
    result.repetition_index = aggregate ? -1 : run.repetition_index;
    result.repetitions = run.repetitions;
    result.family_index = run.family_index;
    result.is_big_o = run.report_big_o;
    result.is_rms = run.report_rms;
    result.complexity = static_cast<hm_gbench_complexity_order>(run.complexity);
    result.complexity_n = run.complexity_n;
    result.allocations_per_iteration = run.allocs_per_iter;
}

inline void describe_times(hm_gbench_result &result, const BenchmarkReporter::Run &run)
{
    bool share = has_shares(run);
    bool aggregate = run.run_type == BenchmarkReporter::Run::RT_Aggregate;
    result.time_unit = static_cast<hm_gbench_time_unit>(run.time_unit);
    result.real_time = share ? run.real_accumulated_time : run.GetAdjustedRealTime();
    result.cpu_time = share ? run.cpu_accumulated_time : run.GetAdjustedCPUTime();
    result.real_seconds = aggregate ? 0 : run.real_accumulated_time;
    result.cpu_seconds = aggregate ? 0 : run.cpu_accumulated_time;
}

inline void function_reporter::report(const Run &run) const
{
    const std::string name = run.benchmark_name();
    std::vector<hm_gbench_counter> counters;
    for (const auto &[key, counter] : run.counters)
        counters.push_back({key.c_str(), counter.value, own_flags(counter.flags),
                            static_cast<hm_gbench_thousand>(counter.oneK)});
    hm_gbench_memory memory{};
    if (run.memory_result != nullptr)
        memory = own_memory(*run.memory_result);

    hm_gbench_result result{};
    result.name = name.c_str();
    describe_names(result, run);
    describe_numbers(result, run);
    describe_times(result, run);
    result.memory = run.memory_result != nullptr ? &memory : nullptr;
    result.counters = counters.data();
    result.counter_count = counters.size();
    call(&result, user_data);
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

const hm_gbench_counter *hm_gbench_find_counter(const hm_gbench_result *result, const char *name)
{
    for (size_t index = 0; name != nullptr && index < result->counter_count; index++) {
        if (strcmp(result->counters[index].name, name) == 0)
            return &result->counters[index];
    }
    return nullptr;
}

#endif
