/**
 * This module is one registered benchmark, so that its function, its user data and what is known of
 * its runs live as long as the library's own object.
 *
 * A hook is a C function with its user data. An instance is the benchmark with one list of
 * arguments and one number of threads; its record is what all runs of it share.
 *
 * Invariant: what C must not ask for together (iterations and a minimum time, real and manual time)
 * is never true together.
 */
#ifndef HM_BENCH_GBENCH_PARTS_BENCHMARK_H
#define HM_BENCH_GBENCH_PARTS_BENCHMARK_H

#include "bench/gbench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace hm_gbench_parts
{
using benchmark::State;

struct hook {
    hm_gbench_function *function = nullptr;
    void *user_data = nullptr;
};

struct custom_statistic {
    hm_gbench_statistic *function;
    void *user_data;
};

/** What all runs of one instance (a benchmark, its arguments, its threads) share. */
struct instance_record {
    /** Of each thread: by how much the loop overshot, by the number of iterations asked for. */
    std::vector<std::map<int64_t, int64_t>> overshoots;
    std::vector<benchmark::MemoryManager::Result> memory; /**< One a repetition. */
    bool failed = false;
    std::string message;
};
} // namespace hm_gbench_parts

struct hm_gbench_benchmark final : benchmark::internal::Benchmark {
    hm_gbench_benchmark(const char *wanted_name, hm_gbench_parts::hook wanted_body)
        : Benchmark(wanted_name), name(wanted_name), body(wanted_body)
    {
    }

    void Run(benchmark::State &state) override;

    bool takes(size_t count) const
    {
        return ArgsCnt() == -1 || static_cast<size_t>(ArgsCnt()) == count;
    }
    size_t argument_count() const
    {
        return static_cast<size_t>(std::max(ArgsCnt(), 0));
    }
    hm_gbench_parts::instance_record &instance_of(const benchmark::State &state);

    const std::string name;
    const hm_gbench_parts::hook body;
    hm_gbench_parts::hook setup, teardown;
    hm_gbench_complexity_shape *shape = nullptr;
    void *shape_data = nullptr;
    std::vector<hm_gbench_parts::custom_statistic> custom_statistics;
    bool has_iterations = false, has_time = false, real_time = false, manual_time = false;
    bool has_complexity = false, any_failed = false;
    std::map<std::string, unsigned> counter_flags;
    std::map<std::vector<int64_t>, hm_gbench_parts::instance_record> instances;
};

inline hm_gbench_parts::instance_record &
hm_gbench_benchmark::instance_of(const benchmark::State &state)
{
    std::vector<int64_t> key{state.threads()};
    for (size_t position = 0; position < argument_count(); position++)
        key.push_back(state.range(position));
    hm_gbench_parts::instance_record &record = instances[key];
    record.overshoots.resize(static_cast<size_t>(state.threads()));
    return record;
}

#endif
