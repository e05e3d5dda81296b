/**
 * This module is what stands between the library and the reporters of a run, so that they see
 * results without the library's faults.
 *
 * Invariant: the library reports an instance right after its last run, so the run under way says
 * which record is that of the results.
 */
#ifndef HM_BENCH_GBENCH_PARTS_RESULTS_FILTER_H
#define HM_BENCH_GBENCH_PARTS_RESULTS_FILTER_H

#include "bench/gbench_parts/run.h"

#include <ostream>
#include <vector>

namespace hm_gbench_parts
{
using benchmark::BenchmarkReporter;

/** Stands between the library and the reporters of a run, and puts results right. */
struct results_filter final : BenchmarkReporter {
    bool ReportContext(const Context &report_context) override
    {
        bool goes_on = true;
        for (BenchmarkReporter *reporter : reporters) {
            if (hands_streams_on) {
                reporter->SetOutputStream(&GetOutputStream());
                reporter->SetErrorStream(&GetErrorStream());
            }
            goes_on = reporter->ReportContext(report_context) && goes_on;
        }
        return goes_on;
    }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        std::vector<Run> right = runs;
        for (Run &run : right)
            put_right(run);
        for (BenchmarkReporter *reporter : reporters) {
            reporter->ReportRuns(right);
            reporter->GetOutputStream().flush();
        }
    }
    void Finalize() override
    {
        for (BenchmarkReporter *reporter : reporters) {
            reporter->Finalize();
            reporter->GetOutputStream().flush();
        }
    }
    static void put_right(Run &run);

    std::vector<BenchmarkReporter *> reporters;
    bool hands_streams_on = false; /**< The library sets this one's streams: --benchmark_out. */
};

/**
 * A run's memory is the record's (the library's pointer may dangle after a repetition), a fit's
 * time unit that of its benchmark, and where a family has complexity its failed runs, of which the
 * library must not hear, are errors again, and a fit that they took part in is one too.
 */
inline void results_filter::put_right(Run &run)
{
    if (context.owner == nullptr || run.run_name.function_name != context.owner->name)
        return; // Registered from C++, in the same process.
    const instance_record &instance = *context.instance;
    if (run.memory_result != nullptr)
        run.memory_result = &instance.memory.at(static_cast<size_t>(run.repetition_index));
    bool is_fit = run.report_big_o || run.report_rms;
    if (run.report_big_o)
        run.time_unit = context.owner->GetTimeUnit();
    if (!context.owner->has_complexity || !(is_fit ? context.owner->any_failed : instance.failed))
        return;
    run.error_occurred = true;
    run.error_message =
        is_fit ? "a run of this family failed, so nothing is fitted" : instance.message;
    run.real_accumulated_time = 0;
    run.cpu_accumulated_time = 0;
    run.counters.clear();
}
} // namespace hm_gbench_parts

#endif
