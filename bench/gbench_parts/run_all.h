/**
 * This module is hm_gbench_run(), so that what matches a filter runs and every reporter gets it.
 *
 * The display is what the library reports to as its results come; the output is the file of
 * --benchmark_out.
 *
 * Invariant: benchmarks_run is true from the first run to the last report and no longer.
 */
#ifndef HM_BENCH_GBENCH_PARTS_RUN_ALL_H
#define HM_BENCH_GBENCH_PARTS_RUN_ALL_H

#include "bench/gbench_parts/flags.h"
#include "bench/gbench_parts/registry.h"
#include "bench/gbench_parts/reporters.h"
#include "bench/gbench_parts/results_filter.h"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

namespace hm_gbench_parts
{
inline bool valid_reporters(hm_gbench_reporter *const *reporters, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (reporters == nullptr || reporters[index] == nullptr)
            return refuse("reporter %zu is NULL", index);
        if (std::count(reporters, reporters + index, reporters[index]) != 0)
            return refuse("reporter %zu is there twice", index);
        if (!reporters[index]->good())
            return refuse("reporter %zu can no longer be written to", index);
    }
    return true;
}

/** What the flags ask for, to stdout. The library's own console one is shared and never freed. */
inline BenchmarkReporter *display_of_flags(std::unique_ptr<BenchmarkReporter> &owner)
{
    static BenchmarkReporter *console = nullptr;
    hm_gbench_format format = format_named(benchmark::FLAGS_benchmark_format);
    if (format != HM_GBENCH_CONSOLE) {
        owner = new_reporter(format);
        return owner.get();
    }
    if (console == nullptr)
        console = benchmark::CreateDefaultDisplayReporter();
    return console;
}

/** Runs what matches `filter`. Only by its remarks does the library tell why it ran nothing. */
inline bool run_matching(const std::string &filter, results_filter &display, size_t &count)
{
    std::ostringstream remarks;
    std::unique_ptr<BenchmarkReporter> to_file;
    results_filter output;
    display.SetOutputStream(&display.reporters[0]->GetOutputStream());
    display.SetErrorStream(&remarks);
    if (!benchmark::FLAGS_benchmark_out.empty()) {
        to_file = new_reporter(format_named(benchmark::FLAGS_benchmark_out_format));
        output.reporters.push_back(to_file.get());
        output.hands_streams_on = true;
    }
    count = benchmark::RunSpecifiedBenchmarks(&display, to_file ? &output : nullptr, filter);
    display.GetOutputStream().flush();
    if (count > 0)
        fputs(remarks.str().c_str(), stderr);
    else if (remarks.str().find("Failed to match any") != std::string::npos)
        refuse("no benchmark matches \"%s\"", filter.c_str());
    else
        return refuse("\"%s\" is no extended regular expression", filter.c_str());
    return true;
}

/** Hands all results of what matches `filter` to `reporters`; with none, as the flags say. */
inline bool run_with(const std::string &filter, hm_gbench_reporter *const *reporters,
                     size_t reporter_count, size_t &count)
{
    running_mark mark;
    results_filter display;
    std::unique_ptr<BenchmarkReporter> default_display;
    for (size_t index = 0; index < reporter_count; index++)
        display.reporters.push_back(reporters[index]->begin_run());
    if (reporter_count == 0)
        display.reporters.push_back(display_of_flags(default_display));
    bool right = run_matching(filter, display, count);
    for (size_t index = 0; index < reporter_count; index++)
        reporters[index]->end_run();
    return right;
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_run(const char *filter, hm_gbench_reporter *const *reporters, size_t reporter_count,
                   size_t *benchmark_count)
{
    size_t count = 0;
    if (benchmark_count != nullptr)
        *benchmark_count = 0;
    if (benchmarks_run)
        return refuse("benchmarks run already");
    if (!valid_reporters(reporters, reporter_count))
        return false;
    bool done = guarded([&] {
        std::string wanted = filter != nullptr ? filter : benchmark::GetBenchmarkFilter();
        return valid_output_path(benchmark::FLAGS_benchmark_out) &&
               run_with(wanted, reporters, reporter_count, count);
    });
    if (done && benchmark_count != nullptr)
        *benchmark_count = count;
    return done && valid_reporters(reporters, reporter_count);
}

#endif
