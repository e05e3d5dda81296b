/**
 * This module is the C side's memory manager, so that the library's results have the allocations
 * that it counted.
 *
 * The tombstone is the library's number for "unknown".
 *
 * Invariant: each result it hands to the library stays in the instance's record too, for the
 * library's own pointers to it may dangle.
 */
#ifndef HM_BENCH_GBENCH_PARTS_MEMORY_MANAGER_H
#define HM_BENCH_GBENCH_PARTS_MEMORY_MANAGER_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/registry.h"
#include "bench/gbench_parts/run.h"

namespace hm_gbench_parts
{
/** The C side's memory manager for the library. */
struct memory_manager final : benchmark::MemoryManager {
    hm_gbench_memory_manager callbacks{};
    int64_t tombstone =
        0; /**< Stands for "unknown"; TombstoneValue is not in every libbenchmark. */

    void Start() override
    {
        callbacks.start(callbacks.user_data);
    }
    void Stop(Result *result) override
    {
        Stop(*result);
    }
    void Stop(Result &result) override
    {
        hm_gbench_memory memory = {0, 0, HM_GBENCH_UNKNOWN, HM_GBENCH_UNKNOWN};
        tombstone = result.net_heap_growth; // As the library made it.
        callbacks.stop(&memory, callbacks.user_data);
        result.num_allocs = memory.allocations;
        result.max_bytes_used = memory.max_bytes_used;
        if (memory.total_allocated_bytes != HM_GBENCH_UNKNOWN)
            result.total_allocated_bytes = memory.total_allocated_bytes;
        if (memory.net_heap_growth_bytes != HM_GBENCH_UNKNOWN)
            result.net_heap_growth = memory.net_heap_growth_bytes;
        if (context.instance != nullptr)
            context.instance->memory.push_back(result);
    }
};
inline memory_manager the_memory_manager;

inline hm_gbench_memory own_memory(const benchmark::MemoryManager::Result &result)
{
    auto known = [](int64_t value) {
        return value == the_memory_manager.tombstone ? HM_GBENCH_UNKNOWN : value;
    };
    return {result.num_allocs, result.max_bytes_used, known(result.total_allocated_bytes),
            known(result.net_heap_growth)};
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_set_memory_manager(const hm_gbench_memory_manager *manager)
{
    if (benchmarks_run)
        return refuse("benchmarks run; set the memory manager before or after");
    if (manager != nullptr && (manager->start == nullptr || manager->stop == nullptr))
        return refuse("a memory manager needs both start and stop");
    if (manager != nullptr)
        the_memory_manager.callbacks = *manager;
    benchmark::RegisterMemoryManager(manager != nullptr ? &the_memory_manager : nullptr);
    return true;
}

#endif
