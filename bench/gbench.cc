/**
 * This module is the C++ side of gbench.h, so that all else is C. It holds each benchmark as an
 * object of a class of its own, drives the library's loop for it, and stands between the library
 * and the reporters.
 *
 * It is one translation unit, and the headers of gbench_parts/ are its parts. A part is one concept
 * with the entry points (the functions of gbench.h) that serve it; the includes below say which are
 * where. A part defines them, so no other file includes one. What is no entry point is in the
 * namespace hm_gbench_parts.
 *
 * Invariant: the library's checks abort the process, and version 1.7.1 crashes where a family with
 * complexity has no good run, where only some repetitions of a benchmark fail, where it keeps
 * pointers into a vector that grew, and where its default reporter is used twice. So every call is
 * checked here first, every run is brought to its end here, and results are put right on their way
 * (see results_filter::put_right). The order in which the library works is relied on: for each run
 * setup, threads, teardown, and statistics and report of an instance right after its last run.
 */
#include "bench/gbench.h"

// What the entry points stand on: a benchmark with its records, one run of it, the reporters' view.
#include "bench/gbench_parts/benchmark.h"
#include "bench/gbench_parts/configure.h"
#include "bench/gbench_parts/results_filter.h"
#include "bench/gbench_parts/run.h"

// Refusals: hm_gbench_error.
#include "bench/gbench_parts/errors.h"

// Starting: hm_gbench_initialize, _report_unrecognized.
#include "bench/gbench_parts/flags.h"

// The library as a whole: hm_gbench_library_version, _add_context, _shutdown.
#include "bench/gbench_parts/library.h"

// The list of benchmarks: hm_gbench_register, _clear.
#include "bench/gbench_parts/registry.h"

// Arguments: hm_gbench_arg, _args, _arg_name, _arg_names, _range, _ranges, _range_multiplier,
// _dense_range, _args_product.
#include "bench/gbench_parts/arguments.h"

// Threads: hm_gbench_threads, _thread_range, _dense_thread_range, _thread_per_cpu.
#include "bench/gbench_parts/thread_counts.h"

// How long, how often, which clock: hm_gbench_set_iterations, _min_time, _min_warm_up_time,
// _repetitions, _report_aggregates_only, _display_aggregates_only, _use_real_time,
// _use_manual_time, _measure_process_cpu_time, _unit, _set_default_time_unit.
#include "bench/gbench_parts/timing.h"

// Before and after a run: hm_gbench_setup, _teardown.
#include "bench/gbench_parts/hooks.h"

// From several runs: hm_gbench_complexity, _complexity_function, _compute_statistic.
#include "bench/gbench_parts/statistics.h"

// The running function's loop: hm_gbench_advance, _begin_loop, _end_loop, _pause_timing,
// _resume_timing, _set_iteration_time, _skip_with_error, _error_occurred.
#include "bench/gbench_parts/loop.h"

// What it may ask: hm_gbench_argument, _argument_count, _thread_count, _thread_index, _iterations,
// _max_iterations.
#include "bench/gbench_parts/state_queries.h"

// What it adds to its result: hm_gbench_set_counter, _set_bytes_processed, _set_items_processed,
// _set_label, _set_complexity_n.
#include "bench/gbench_parts/counters.h"

// Memory: hm_gbench_set_memory_manager.
#include "bench/gbench_parts/memory_manager.h"

// Results as structs: hm_gbench_find_counter.
#include "bench/gbench_parts/function_reporter.h"

// Where results go: hm_gbench_reporter_to_file, _reporter_to_path, _reporter_to_text,
// _reporter_to_function, _reporter_text, _reporter_destroy.
#include "bench/gbench_parts/reporters.h"

// Running: hm_gbench_run.
#include "bench/gbench_parts/run_all.h"
