/**
 * This module is the list of registered benchmarks, so that the records of all of them can be
 * cleared and nothing is registered or removed while they run.
 *
 * Invariant: the list holds the library's own objects: it changes together with the library's.
 */
#ifndef HM_BENCH_GBENCH_PARTS_REGISTRY_H
#define HM_BENCH_GBENCH_PARTS_REGISTRY_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/run.h"

#include <memory>
#include <vector>

namespace hm_gbench_parts
{
inline bool benchmarks_run = false;
inline std::vector<hm_gbench_benchmark *> registered; // Owned by the library.

/** Marks that benchmarks run, for as long as it lives, and begins with clean records. */
struct running_mark {
    running_mark()
    {
        benchmarks_run = true;
        for (hm_gbench_benchmark *benchmark : registered) {
            benchmark->instances.clear();
            benchmark->any_failed = false;
        }
        context.instance = nullptr;
        context.owner = nullptr;
    }
    ~running_mark()
    {
        benchmarks_run = false;
    }
};
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

hm_gbench_benchmark *hm_gbench_register(const char *name, hm_gbench_function *function,
                                        void *user_data)
{
    if (name == nullptr || name[0] == '\0' || function == nullptr || benchmarks_run) {
        refuse("a benchmark needs a name and a function, and is registered while none runs");
        return nullptr;
    }
    hm_gbench_benchmark *benchmark = nullptr;
    guarded([&] {
        registered.reserve(registered.size() + 1);
        auto made = std::make_unique<hm_gbench_benchmark>(name, hook{function, user_data});
        made->Setup(before_run)->Teardown(after_run);
        benchmark = made.get();
        benchmark::internal::RegisterBenchmarkInternal(made.release());
        registered.push_back(benchmark);
        return true;
    });
    return benchmark;
}

bool hm_gbench_clear(void)
{
    if (benchmarks_run)
        return refuse("benchmarks run; clear them afterwards");
    context.owner = nullptr;
    context.instance = nullptr;
    registered.clear();
    benchmark::ClearRegisteredBenchmarks();
    return true;
}

#endif
