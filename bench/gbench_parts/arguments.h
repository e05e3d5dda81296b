/**
 * This module is the arguments of benchmarks, so that every list of them has as many values as the
 * benchmark takes and no call makes more instances than HM_GBENCH_MAX_INSTANCES.
 *
 * Invariant: the library's own checks of argument lists always hold.
 */
#ifndef HM_BENCH_GBENCH_PARTS_ARGUMENTS_H
#define HM_BENCH_GBENCH_PARTS_ARGUMENTS_H

#include "bench/gbench_parts/configure.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hm_gbench_parts
{
inline bool takes(const hm_gbench_benchmark *benchmark, size_t count)
{
    return benchmark != nullptr && benchmark->takes(count);
}

inline constexpr char needs_same_count[] = "its argument lists must all have the same length";

/** How many values the list has, and whether they can be added: at most HM_GBENCH_MAX_INSTANCES. */
inline bool valid_dense_range(int64_t start, int64_t limit, int step)
{
    if (step < 1 || start > limit || limit > INT64_MAX - step)
        return false;
    uint64_t distance = static_cast<uint64_t>(limit) - static_cast<uint64_t>(start);
    return distance / static_cast<uint64_t>(step) < HM_GBENCH_MAX_INSTANCES;
}

inline bool valid_lists(const hm_gbench_values *lists, size_t count)
{
    size_t total = 1;
    for (size_t index = 0; lists != nullptr && index < count; index++) {
        if (lists[index].values == nullptr || lists[index].count == 0 ||
            lists[index].count > HM_GBENCH_MAX_INSTANCES / total)
            return false;
        total *= lists[index].count;
    }
    return lists != nullptr && count > 0;
}

inline bool all_named(const char *const *names, size_t count)
{
    return names != nullptr && count > 0 &&
           std::none_of(names, names + count, [](const char *name) { return name == nullptr; });
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_arg(hm_gbench_benchmark *benchmark, int64_t value)
{
    return hm_gbench_args(benchmark, &value, 1);
}

bool hm_gbench_args(hm_gbench_benchmark *benchmark, const int64_t *values, size_t count)
{
    bool valid = values != nullptr && count > 0 && takes(benchmark, count);
    return configure(benchmark, valid, needs_same_count, [&] {
        benchmark->Args({values, values + count});
    });
}

bool hm_gbench_arg_name(hm_gbench_benchmark *benchmark, const char *name)
{
    return hm_gbench_arg_names(benchmark, &name, 1);
}

bool hm_gbench_arg_names(hm_gbench_benchmark *benchmark, const char *const *names, size_t count)
{
    bool valid = all_named(names, count) && takes(benchmark, count);
    return configure(benchmark, valid, "it needs as many argument names as arguments, none NULL",
                     [&] {
                         benchmark->ArgNames({names, names + count});
                     });
}

bool hm_gbench_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit)
{
    return configure(benchmark, start <= limit && takes(benchmark, 1),
                     "a range of its one argument must not begin after its limit",
                     [&] { benchmark->Range(start, limit); });
}

bool hm_gbench_ranges(hm_gbench_benchmark *benchmark, const hm_gbench_span *spans, size_t count)
{
    std::vector<std::pair<int64_t, int64_t>> ranges;
    bool valid = spans != nullptr && count > 0 && takes(benchmark, count);
    for (size_t index = 0; valid && index < count; index++) {
        valid = spans[index].start <= spans[index].limit && guarded([&] {
                    ranges.emplace_back(spans[index].start, spans[index].limit);
                    return true;
                });
    }
    return configure(benchmark, valid,
                     "it needs one range for each argument, none that begins after its limit",
                     [&] { benchmark->Ranges(ranges); });
}

bool hm_gbench_range_multiplier(hm_gbench_benchmark *benchmark, int multiplier)
{
    return configure(benchmark, multiplier >= 2, "a range multiplier is at least 2",
                     [&] { benchmark->RangeMultiplier(multiplier); });
}

bool hm_gbench_dense_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit, int step)
{
    bool valid = valid_dense_range(start, limit, step) && takes(benchmark, 1);
    return configure(benchmark, valid,
                     "a dense range of its one argument must not begin after its limit, needs a "
                     "step of at least 1 and has at most 1048576 values",
                     [&] { benchmark->DenseRange(start, limit, step); });
}

bool hm_gbench_args_product(hm_gbench_benchmark *benchmark, const hm_gbench_values *lists,
                            size_t count)
{
    bool valid = valid_lists(lists, count) && takes(benchmark, count);
    return configure(benchmark, valid,
                     "a product needs a list of values for each argument, none empty, and has at "
                     "most 1048576 combinations",
                     [&] {
                         std::vector<std::vector<int64_t>> all;
                         for (size_t index = 0; index < count; index++)
                             all.emplace_back(lists[index].values,
                                              lists[index].values + lists[index].count);
                         benchmark->ArgsProduct(all);
                     });
}

#endif
