/**
 * This module is what a running function adds to its result, so that counters, rates, a label and a
 * size N go on to the library's state.
 *
 * Invariant: a counter has the same flags in all runs of a benchmark.
 */
#ifndef HM_BENCH_GBENCH_PARTS_COUNTERS_H
#define HM_BENCH_GBENCH_PARTS_COUNTERS_H

#include "bench/gbench_parts/errors.h"
#include "bench/gbench_parts/run.h"

#include <mutex>

namespace hm_gbench_parts
{
using benchmark::Counter;

static_assert(int{Counter::kIsRate} == HM_GBENCH_COUNTER_RATE &&
                  int{Counter::kAvgThreads} == HM_GBENCH_COUNTER_AVERAGE_THREADS &&
                  int{Counter::kIsIterationInvariant} == HM_GBENCH_COUNTER_ITERATION_INVARIANT &&
                  int{Counter::kAvgIterations} == HM_GBENCH_COUNTER_AVERAGE_ITERATIONS,
              "the flags are passed on as they are");

inline constexpr unsigned all_flags = 31;

inline Counter::Flags library_flags(unsigned flags)
{
    unsigned low = flags & ~unsigned{HM_GBENCH_COUNTER_INVERT};
    auto inverted = (flags & HM_GBENCH_COUNTER_INVERT) != 0 ? Counter::kInvert : Counter::kDefaults;
    return static_cast<Counter::Flags>(low) | inverted;
}

inline unsigned own_flags(Counter::Flags flags)
{
    unsigned bits = static_cast<unsigned>(flags);
    bool inverted = (bits & static_cast<unsigned>(Counter::kInvert)) != 0;
    return (bits & 15U) | (inverted ? unsigned{HM_GBENCH_COUNTER_INVERT} : 0U);
}

/** Whether the body runs: where counters, labels and so on may be set. */
inline bool in_body(const hm_gbench_state *state)
{
    auto now = from(state)->now;
    return (now != run_state::setting_up && now != run_state::tearing_down) ||
           refuse("this is for the benchmark's function, not for setup and teardown");
}

/** The library aborts where a counter's flags differ between two repetitions. */
inline bool agrees_on_flags(hm_gbench_benchmark *owner, const char *name, unsigned flags)
{
    std::lock_guard<std::mutex> lock(context.mutex);
    return owner->counter_flags.emplace(name, flags).first->second == flags ||
           refuse("counter %s had other flags before", name);
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_set_counter(hm_gbench_state *state, const char *name, double value, unsigned flags,
                           hm_gbench_thousand thousand)
{
    bool valid = name != nullptr && name[0] != '\0' && (flags & ~all_flags) == 0 &&
                 (thousand == HM_GBENCH_THOUSAND_1000 || thousand == HM_GBENCH_THOUSAND_1024);
    if (!valid)
        return refuse("a counter needs a name, known flags, and a thousand of 1000 or 1024");
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, name, flags))
                   return false;
               run->drive->counters[name] =
                   Counter(value, library_flags(flags), static_cast<Counter::OneK>(thousand));
               return true;
           });
}

bool hm_gbench_set_bytes_processed(hm_gbench_state *state, int64_t bytes)
{
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, "bytes_per_second", HM_GBENCH_COUNTER_RATE))
                   return false;
               run->drive->SetBytesProcessed(bytes);
               return true;
           });
}

bool hm_gbench_set_items_processed(hm_gbench_state *state, int64_t items)
{
    return in_body(state) && guarded([&] {
               run_state *run = from(state);
               if (!agrees_on_flags(run->owner, "items_per_second", HM_GBENCH_COUNTER_RATE))
                   return false;
               run->drive->SetItemsProcessed(items);
               return true;
           });
}

bool hm_gbench_set_label(hm_gbench_state *state, const char *label)
{
    if (label == nullptr)
        return refuse("a label is a text");
    return in_body(state) && guarded([&] {
               from(state)->drive->SetLabel(label);
               return true;
           });
}

bool hm_gbench_set_complexity_n(hm_gbench_state *state, int64_t n)
{
    if (n < 1)
        return refuse("complexity N is at least 1");
    if (!in_body(state))
        return false;
    from(state)->drive->SetComplexityN(n);
    return true;
}

#endif
