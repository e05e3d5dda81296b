/**
 * This module is the library's command-line flags, so that help and bad values return to the
 * caller, where the library would end the process.
 *
 * Invariant: no flag's value ends the process: those that the library would not take are forgotten
 * here, and a file that cannot be opened is refused before anything runs.
 */
#ifndef HM_BENCH_GBENCH_PARTS_FLAGS_H
#define HM_BENCH_GBENCH_PARTS_FLAGS_H

#include "bench/gbench_parts/errors.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace benchmark
{
// The library exports its flags, but its header does not declare them.
extern std::string FLAGS_benchmark_color;
extern std::string FLAGS_benchmark_format;
extern std::string FLAGS_benchmark_out;
extern std::string FLAGS_benchmark_out_format;
extern std::string FLAGS_benchmark_time_unit;
} // namespace benchmark

namespace hm_gbench_parts
{
/** The library ends the process after its help; this exception keeps it from that. */
struct help_wanted {
};

inline void forget_bad_flags()
{
    benchmark::FLAGS_benchmark_color = "auto";
    benchmark::FLAGS_benchmark_format = "console";
    benchmark::FLAGS_benchmark_out_format = "json";
    benchmark::FLAGS_benchmark_time_unit = "";
}

inline hm_gbench_format format_named(const std::string &name)
{
    return name == "json" ? HM_GBENCH_JSON : name == "csv" ? HM_GBENCH_CSV : HM_GBENCH_CONSOLE;
}

/** The library ends the process where it cannot open --benchmark_out, so that is tried before. */
inline bool valid_output_path(const std::string &path)
{
    FILE *file = path.empty() ? nullptr : fopen(path.c_str(), "a");
    if (file == nullptr && !path.empty())
        return refuse("--benchmark_out=%s cannot be opened: %s", path.c_str(), strerror(errno));
    if (file != nullptr)
        fclose(file);
    return true;
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

hm_gbench_start hm_gbench_initialize(int *argument_count, char **arguments)
{
    if (argument_count == nullptr || arguments == nullptr || *argument_count < 1) {
        refuse("there are no arguments; arguments[0] is the program's name");
        return HM_GBENCH_START_BAD_FLAG;
    }
    bool help = std::any_of(arguments, arguments + *argument_count,
                            [](const char *argument) { return strcmp(argument, "--help") == 0; });
    try {
        benchmark::Initialize(argument_count, arguments, [] { throw help_wanted(); });
        return HM_GBENCH_START_READY;
    } catch (const help_wanted &) {
        forget_bad_flags();
    } catch (const std::exception &problem) {
        refuse("Google Benchmark failed: %s", problem.what());
        return HM_GBENCH_START_BAD_FLAG;
    }
    if (help) {
        benchmark::PrintDefaultHelp();
        return HM_GBENCH_START_HELP_SHOWN;
    }
    refuse("a flag's value is not allowed: --benchmark_format and --benchmark_out_format take "
           "console, json or csv, --benchmark_time_unit ns, us, ms or s, --benchmark_color auto, "
           "true or false");
    return HM_GBENCH_START_BAD_FLAG;
}

bool hm_gbench_report_unrecognized(int argument_count, char **arguments)
{
    return arguments != nullptr &&
           benchmark::ReportUnrecognizedArguments(argument_count, arguments);
}

#endif
