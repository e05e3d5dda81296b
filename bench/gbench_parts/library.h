/**
 * This module is what concerns the library as a whole, so that its version, the context of its
 * reports and its end are reached from C.
 *
 * Invariant: the library's context is freed once, and is none from then on.
 */
#ifndef HM_BENCH_GBENCH_PARTS_LIBRARY_H
#define HM_BENCH_GBENCH_PARTS_LIBRARY_H

#include "bench/gbench_parts/errors.h"

#include <benchmark/benchmark.h>

using namespace hm_gbench_parts;

const char *hm_gbench_library_version(void)
{
    return HM_GBENCH_LIBRARY_VERSION;
}

void hm_gbench_shutdown(void)
{
    benchmark::Shutdown();
    benchmark::internal::GetGlobalContext() = nullptr; // The library leaves it dangling.
}

bool hm_gbench_add_context(const char *key, const char *value)
{
    if (key == nullptr || value == nullptr || key[0] == '\0')
        return refuse("a context key needs a name and a value");
    auto *known = benchmark::internal::GetGlobalContext();
    return guarded([&] {
        if (known != nullptr && known->count(key) != 0)
            return refuse("the context key %s is there already", key);
        benchmark::AddCustomContext(key, value);
        return true;
    });
}

#endif
