/**
 * This module is in how many threads benchmarks run, so that no instance asks for none or for more
 * than HM_GBENCH_MAX_THREADS.
 *
 * Invariant: the library is handed only numbers that pass valid_threads(), or takes the
 * machine's own.
 */
#ifndef HM_BENCH_GBENCH_PARTS_THREAD_COUNTS_H
#define HM_BENCH_GBENCH_PARTS_THREAD_COUNTS_H

#include "bench/gbench_parts/configure.h"

namespace hm_gbench_parts
{
inline bool valid_threads(int min_threads, int max_threads)
{
    return min_threads >= 1 && min_threads <= max_threads && max_threads <= HM_GBENCH_MAX_THREADS;
}

inline constexpr char needs_threads[] = "threads must be from 1 to 1024, the smaller number first";
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

bool hm_gbench_threads(hm_gbench_benchmark *benchmark, int threads)
{
    return configure(benchmark, valid_threads(threads, threads), needs_threads,
                     [&] { benchmark->Threads(threads); });
}

bool hm_gbench_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads)
{
    return configure(benchmark, valid_threads(min_threads, max_threads), needs_threads,
                     [&] { benchmark->ThreadRange(min_threads, max_threads); });
}

bool hm_gbench_dense_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads,
                                  int stride)
{
    bool valid =
        valid_threads(min_threads, max_threads) && stride >= 1 && stride <= HM_GBENCH_MAX_THREADS;
    return configure(benchmark, valid, needs_threads,
                     [&] { benchmark->DenseThreadRange(min_threads, max_threads, stride); });
}

bool hm_gbench_thread_per_cpu(hm_gbench_benchmark *benchmark)
{
    return configure(benchmark, true, "", [&] { benchmark->ThreadPerCpu(); });
}

#endif
