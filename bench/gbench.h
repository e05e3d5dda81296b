/**
 * This module is Google Benchmark for C, so that a C project registers, runs and reads
 * microbenchmarks without a line of C++. It stands alone: no other header of this project.
 *
 * A benchmark is a function registered under a name; its arguments and thread counts multiply it
 * into instances; an instance is run, perhaps several times, to find how many iterations fill the
 * minimum time, and the last run is its result. A state is what a running function is handed.
 *
 * Invariant: no C++ exception and no failed check of the library leaves these functions. What is
 * asked wrongly is refused: the function returns false or NULL, changes nothing, and
 * hm_gbench_error() says in one line what is wrong. What a running function does wrongly makes its
 * result an error result with the reason.
 *
 * Not thread-safe, but for the functions that take a state: each thread has a state of its own.
 */
#ifndef HM_BENCH_GBENCH_H
#define HM_BENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* C hands over any number as an enumeration; only with a fixed type may C++ look which one. */
#ifdef __cplusplus
#define HM_GBENCH_ENUM_BASE : unsigned
extern "C" {
#else
#define HM_GBENCH_ENUM_BASE
#endif

/** A registered benchmark; the library's own, valid until hm_gbench_clear(). */
typedef struct hm_gbench_benchmark hm_gbench_benchmark;

/**
 * What a running function is handed, valid for that call and in that thread. Its one visible field
 * is there for the inline loop below; leave it alone.
 */
typedef struct hm_gbench_state {
    int64_t iterations_left;
} hm_gbench_state;

/** A benchmark's body: one loop (keep_running, keep_running_batch or HM_GBENCH_LOOP). */
typedef void hm_gbench_function(hm_gbench_state *state, void *user_data);

/** Most threads one instance may have. */
#define HM_GBENCH_MAX_THREADS 1024
/** Most argument lists one call may add. */
#define HM_GBENCH_MAX_INSTANCES 1048576
/** Most custom statistics one benchmark may have. */
#define HM_GBENCH_MAX_STATISTICS 16

typedef enum hm_gbench_time_unit HM_GBENCH_ENUM_BASE {
    HM_GBENCH_NANOSECOND,
    HM_GBENCH_MICROSECOND,
    HM_GBENCH_MILLISECOND,
    HM_GBENCH_SECOND
} hm_gbench_time_unit;

/** What happened last in this thread, in one line; "" where nothing has been refused. Borrowed. */
const char *hm_gbench_error(void);

/** The version of Google Benchmark this was built with: "1.7.1". */
const char *hm_gbench_library_version(void);

/* --- Starting and ending ------------------------------------------------------------------- */

typedef enum hm_gbench_start HM_GBENCH_ENUM_BASE {
    HM_GBENCH_START_READY,
    HM_GBENCH_START_HELP_SHOWN, /**< --help was among the arguments; the help is on stdout. */
    HM_GBENCH_START_BAD_FLAG    /**< A flag's value is not allowed; hm_gbench_error() says more. */
} hm_gbench_start;

/**
 * Takes the library's own flags (--benchmark_…) out of argv. Never ends the process. `argv[0]`
 * must stay valid. After anything but READY the flags are not to be relied on.
 */
hm_gbench_start hm_gbench_initialize(int *argument_count, char **arguments);

/** Names each argument after the first on stderr as unrecognized; true where there is one. */
bool hm_gbench_report_unrecognized(int argument_count, char **arguments);

/** Frees the context keys. Benchmarks stay registered; context keys may be added anew. */
void hm_gbench_shutdown(void);

/** Removes every benchmark; their handles are invalid then. False while benchmarks run. */
bool hm_gbench_clear(void);

/** A key and its value for the context part of every report. False: the key is there already. */
bool hm_gbench_add_context(const char *key, const char *value);

/** The time unit of benchmarks that set none. */
bool hm_gbench_set_default_time_unit(hm_gbench_time_unit unit);

/* --- Registering --------------------------------------------------------------------------- */

/**
 * Registers `function` under `name` (copied). `user_data` is borrowed and handed to the function,
 * unchanged. NULL: no name or no function, or no memory.
 */
hm_gbench_benchmark *hm_gbench_register(const char *name, hm_gbench_function *function,
                                        void *user_data);

/** The first and the last value of a range. */
typedef struct hm_gbench_span {
    int64_t start;
    int64_t limit;
} hm_gbench_span;

/** The values one argument takes. */
typedef struct hm_gbench_values {
    const int64_t *values;
    size_t count;
} hm_gbench_values;

/*
 * Arguments. Every call adds instances; all argument lists of one benchmark have one length.
 * A range takes its start, its limit, and the powers of the range multiplier (8) between them.
 */
bool hm_gbench_arg(hm_gbench_benchmark *benchmark, int64_t value);
bool hm_gbench_args(hm_gbench_benchmark *benchmark, const int64_t *values, size_t count);
bool hm_gbench_arg_name(hm_gbench_benchmark *benchmark, const char *name);
bool hm_gbench_arg_names(hm_gbench_benchmark *benchmark, const char *const *names, size_t count);
bool hm_gbench_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit);
bool hm_gbench_ranges(hm_gbench_benchmark *benchmark, const hm_gbench_span *spans, size_t count);
/** For the ranges added after it. At least 2. */
bool hm_gbench_range_multiplier(hm_gbench_benchmark *benchmark, int multiplier);
bool hm_gbench_dense_range(hm_gbench_benchmark *benchmark, int64_t start, int64_t limit, int step);
/** Every combination of one value from each list; the first list varies fastest. */
bool hm_gbench_args_product(hm_gbench_benchmark *benchmark, const hm_gbench_values *lists,
                            size_t count);

/* Threads. Every call adds instances, each of which runs the function in that many threads. */
bool hm_gbench_threads(hm_gbench_benchmark *benchmark, int threads);
/** min, max, and the powers of two between them. */
bool hm_gbench_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads);
bool hm_gbench_dense_thread_range(hm_gbench_benchmark *benchmark, int min_threads, int max_threads,
                                  int stride);
bool hm_gbench_thread_per_cpu(hm_gbench_benchmark *benchmark);

/* How long. An exact number of iterations and a minimum (warm-up) time exclude each other. */
bool hm_gbench_set_iterations(hm_gbench_benchmark *benchmark, int64_t iterations);
bool hm_gbench_min_time(hm_gbench_benchmark *benchmark, double seconds);
/** The library heeds it only where the benchmark has a minimum time of its own. */
bool hm_gbench_min_warm_up_time(hm_gbench_benchmark *benchmark, double seconds);
bool hm_gbench_repetitions(hm_gbench_benchmark *benchmark, int repetitions);
/** Of a repeated benchmark report mean, median, … only. */
bool hm_gbench_report_aggregates_only(hm_gbench_benchmark *benchmark, bool only);
/** The same, but the file of --benchmark_out still gets every repetition. */
bool hm_gbench_display_aggregates_only(hm_gbench_benchmark *benchmark, bool only);

/* Which time. CPU time of the benchmark's threads decides, unless one of these is called. */
bool hm_gbench_use_real_time(hm_gbench_benchmark *benchmark);
/** The function measures itself: see hm_gbench_set_iteration_time. Excludes use_real_time. */
bool hm_gbench_use_manual_time(hm_gbench_benchmark *benchmark);
/** CPU time of the whole process, so that threads the function starts count too. */
bool hm_gbench_measure_process_cpu_time(hm_gbench_benchmark *benchmark);
bool hm_gbench_unit(hm_gbench_benchmark *benchmark, hm_gbench_time_unit unit);

/**
 * `function` is called once before (after) every run, by the main thread, outside the measured
 * time, with `user_data`; a run in several threads has one call. No thread enters the benchmark
 * before setup has returned. The state serves to read arguments, and setup may skip the run with
 * hm_gbench_skip_with_error. Every run that had its setup has its teardown.
 */
bool hm_gbench_setup(hm_gbench_benchmark *benchmark, hm_gbench_function *function, void *user_data);
bool hm_gbench_teardown(hm_gbench_benchmark *benchmark, hm_gbench_function *function,
                        void *user_data);

typedef enum hm_gbench_complexity_order HM_GBENCH_ENUM_BASE {
    HM_GBENCH_COMPLEXITY_NONE,
    HM_GBENCH_COMPLEXITY_1,
    HM_GBENCH_COMPLEXITY_N,
    HM_GBENCH_COMPLEXITY_N_SQUARED,
    HM_GBENCH_COMPLEXITY_N_CUBED,
    HM_GBENCH_COMPLEXITY_LOG_N,
    HM_GBENCH_COMPLEXITY_N_LOG_N,
    HM_GBENCH_COMPLEXITY_AUTO,    /**< Whichever of the above fits best. */
    HM_GBENCH_COMPLEXITY_FUNCTION /**< Set by hm_gbench_complexity_function only. */
} hm_gbench_complexity_order;

/** The shape of a cost: proportional to the time that size `n` should take. */
typedef double hm_gbench_complexity_shape(int64_t n, void *user_data);

/** Fits the benchmark's times to `order`; its function calls hm_gbench_set_complexity_n. */
bool hm_gbench_complexity(hm_gbench_benchmark *benchmark, hm_gbench_complexity_order order);
bool hm_gbench_complexity_function(hm_gbench_benchmark *benchmark,
                                   hm_gbench_complexity_shape *shape, void *user_data);

typedef enum hm_gbench_statistic_unit HM_GBENCH_ENUM_BASE {
    HM_GBENCH_STATISTIC_TIME,
    HM_GBENCH_STATISTIC_PERCENTAGE
} hm_gbench_statistic_unit;

/** One number from the times (or a counter's values) of all repetitions. */
typedef double hm_gbench_statistic(const double *values, size_t count, void *user_data);

/** Adds an aggregate `name` of the repetitions, beside mean, median, stddev and cv. */
bool hm_gbench_compute_statistic(hm_gbench_benchmark *benchmark, const char *name,
                                 hm_gbench_statistic *function, void *user_data,
                                 hm_gbench_statistic_unit unit);

/* --- In the running function --------------------------------------------------------------- */

/** The loop's rare steps: its begin, its last batch, its end. Called by the functions below. */
bool hm_gbench_advance(hm_gbench_state *state, int64_t iterations);
/** Begins a loop of as many iterations as the run has; returns that number, 0 after an error. */
int64_t hm_gbench_begin_loop(hm_gbench_state *state);
/** Ends the loop of hm_gbench_begin_loop; always false. */
bool hm_gbench_end_loop(hm_gbench_state *state);

/** True where `iterations` more are to be run; may overshoot the run's number by less than that. */
static inline bool hm_gbench_keep_running_batch(hm_gbench_state *state, int64_t iterations)
{
    if (__builtin_expect(iterations > 0 && state->iterations_left >= iterations, 1)) {
        state->iterations_left -= iterations;
        return true;
    }
    return hm_gbench_advance(state, iterations);
}

/** True where one more iteration is to be run. No call in the common case, one store. */
static inline bool hm_gbench_keep_running(hm_gbench_state *state)
{
    return hm_gbench_keep_running_batch(state, 1);
}

/**
 * `HM_GBENCH_LOOP(state) { … }`: the cheapest loop, its count in a register. After
 * hm_gbench_skip_with_error leave it with `break`; leave it in no other way.
 */
#define HM_GBENCH_LOOP(state)                                                                      \
    for (int64_t hm_gbench_left = hm_gbench_begin_loop(state);                                     \
         hm_gbench_left > 0 || hm_gbench_end_loop(state); hm_gbench_left--)

/* The clock stands still between them. False: the loop is not running, or it was so already. */
bool hm_gbench_pause_timing(hm_gbench_state *state);
bool hm_gbench_resume_timing(hm_gbench_state *state);

/** With use_manual_time: the time of one iteration; at least 0. */
bool hm_gbench_set_iteration_time(hm_gbench_state *state, double seconds);

/**
 * Ends the run with an error result (`message` is copied). keep_running is false from then on; a
 * run in several threads goes on in the others. Further repetitions of the instance are skipped
 * with the same message. Of several messages the first counts.
 */
bool hm_gbench_skip_with_error(hm_gbench_state *state, const char *message);
bool hm_gbench_error_occurred(const hm_gbench_state *state);

/** The argument at `position`; where there is none, 0, and the run ends with an error. */
int64_t hm_gbench_argument(hm_gbench_state *state, size_t position);
size_t hm_gbench_argument_count(const hm_gbench_state *state);
int hm_gbench_thread_count(const hm_gbench_state *state);
int hm_gbench_thread_index(const hm_gbench_state *state);
/** Iterations begun so far; after the loop, those of the run. */
int64_t hm_gbench_iterations(const hm_gbench_state *state);
/** Iterations asked for. */
int64_t hm_gbench_max_iterations(const hm_gbench_state *state);

/* The following are called after the loop. Of several threads the values are added. */
bool hm_gbench_set_bytes_processed(hm_gbench_state *state, int64_t bytes);
bool hm_gbench_set_items_processed(hm_gbench_state *state, int64_t items);
bool hm_gbench_set_label(hm_gbench_state *state, const char *label);
/** The size N this run stands for; at least 1. */
bool hm_gbench_set_complexity_n(hm_gbench_state *state, int64_t n);

/** Flags of a counter; combine them with |. Done in this order: rate, threads, iterations, invert.
 */
enum {
    HM_GBENCH_COUNTER_PLAIN = 0,
    HM_GBENCH_COUNTER_RATE = 1,                /**< Divided by the seconds of the run. */
    HM_GBENCH_COUNTER_AVERAGE_THREADS = 2,     /**< Divided by the number of threads. */
    HM_GBENCH_COUNTER_ITERATION_INVARIANT = 4, /**< Multiplied by the iterations. */
    HM_GBENCH_COUNTER_AVERAGE_ITERATIONS = 8,  /**< Divided by the iterations. */
    HM_GBENCH_COUNTER_INVERT = 16,             /**< One over it, last of all. */
    HM_GBENCH_COUNTER_AVERAGE_THREADS_RATE = 3,
    HM_GBENCH_COUNTER_ITERATION_INVARIANT_RATE = 5,
    HM_GBENCH_COUNTER_AVERAGE_ITERATIONS_RATE = 9
};

/** What "k" means where the console prints a counter. */
typedef enum hm_gbench_thousand HM_GBENCH_ENUM_BASE {
    HM_GBENCH_THOUSAND_1000 = 1000,
    HM_GBENCH_THOUSAND_1024 = 1024
} hm_gbench_thousand;

/** Sets the counter `name` (copied). Its flags must be the same in all runs of a benchmark. */
bool hm_gbench_set_counter(hm_gbench_state *state, const char *name, double value, unsigned flags,
                           hm_gbench_thousand thousand);

/** Makes the compiler compute `value`, and believe that memory was read and written. */
#define hm_gbench_do_not_optimize(value) __asm__ volatile("" : : "r,m"(value) : "memory")

/** The same for something that can be assigned to, whose value is unknown from then on. */
#define hm_gbench_do_not_optimize_in_place(variable)                                               \
    __asm__ volatile("" : "+m"(variable) : : "memory")

/** Makes the compiler believe that somebody knows `pointer` and may use what it points to. */
static inline void hm_gbench_do_not_optimize_pointer(const volatile void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

/** Makes the compiler write what it holds in registers for memory others know of. */
static inline void hm_gbench_clobber_memory(void)
{
    __asm__ volatile("" : : : "memory");
}

/* --- Memory -------------------------------------------------------------------------------- */

/** Stands for "not measured" in the two fields of hm_gbench_memory that may be unknown. */
#define HM_GBENCH_UNKNOWN INT64_MIN

typedef struct hm_gbench_memory {
    int64_t allocations;
    int64_t max_bytes_used;
    int64_t total_allocated_bytes; /**< Or HM_GBENCH_UNKNOWN. */
    int64_t net_heap_growth_bytes; /**< Or HM_GBENCH_UNKNOWN. */
} hm_gbench_memory;

typedef struct hm_gbench_memory_manager {
    void (*start)(void *user_data);
    /** Fills `memory`, whose unknown fields are HM_GBENCH_UNKNOWN already. */
    void (*stop)(hm_gbench_memory *memory, void *user_data);
    void *user_data; /**< Borrowed. */
} hm_gbench_memory_manager;

/**
 * After each measured run, every benchmark runs once more (at most 16 iterations, one thread)
 * between start and stop. `manager` is copied; NULL ends it. False while benchmarks run.
 */
bool hm_gbench_set_memory_manager(const hm_gbench_memory_manager *manager);

/* --- Results ------------------------------------------------------------------------------- */

typedef struct hm_gbench_counter {
    const char *name;
    double value; /**< Finished: the flags have been applied. */
    unsigned flags;
    hm_gbench_thousand thousand;
} hm_gbench_counter;

/** One line of a report. All of it is borrowed for the call that hands it over. */
typedef struct hm_gbench_result {
    const char *name;           /**< With arguments, threads and so on: "copy/8/threads:2". */
    const char *function_name;  /**< As registered. */
    const char *arguments;      /**< "8/16" or "size:8/count:16"; "" for none. */
    const char *label;          /**< "" for none. */
    const char *error_message;  /**< NULL: no error. With an error the times mean nothing. */
    bool is_aggregate;          /**< Of several runs; the name ends in "_" aggregate_name then. */
    const char *aggregate_name; /**< "mean", "BigO", …; "" for a single run. */
    hm_gbench_statistic_unit aggregate_unit;
    hm_gbench_time_unit time_unit;
    int64_t iterations; /**< Over all threads; of an aggregate, the number of repetitions. */
    int64_t threads;
    int64_t repetition_index; /**< From 0; -1 for an aggregate. */
    int64_t repetitions;
    int64_t family_index;
    double real_time; /**< Per iteration, in time_unit; a share (1 = 100 %) for a percentage. */
    double cpu_time;
    double real_seconds; /**< Of all iterations of the run together; 0 for an aggregate. */
    double cpu_seconds;
    bool is_big_o;                         /**< real_time and cpu_time are the coefficients. */
    bool is_rms;                           /**< real_time and cpu_time are the fit's error. */
    hm_gbench_complexity_order complexity; /**< The fitted order, where is_big_o or is_rms. */
    int64_t complexity_n;
    const hm_gbench_memory *memory; /**< NULL without a memory manager. */
    double allocations_per_iteration;
    const hm_gbench_counter *counters; /**< By name, in the order of strcmp. */
    size_t counter_count;
} hm_gbench_result;

typedef void hm_gbench_result_function(const hm_gbench_result *result, void *user_data);

/** The counter `name` of a result; NULL: it has none of that name. */
const hm_gbench_counter *hm_gbench_find_counter(const hm_gbench_result *result, const char *name);

/** Where results go. Owned by whoever made it. */
typedef struct hm_gbench_reporter hm_gbench_reporter;

typedef enum hm_gbench_format HM_GBENCH_ENUM_BASE {
    HM_GBENCH_CONSOLE, /**< For people; without colours. */
    HM_GBENCH_JSON,
    HM_GBENCH_CSV /**< The library writes the context of this one to stderr. */
} hm_gbench_format;

/*
 * A reporter that writes to `file` (borrowed, stays open), to a new file at `path`, to a text of
 * its own, or calls `function` for each result. A reporter may serve several runs: their documents
 * follow one another. NULL: a bad format, no memory, or the path cannot be opened.
 */
hm_gbench_reporter *hm_gbench_reporter_to_file(hm_gbench_format format, FILE *file);
hm_gbench_reporter *hm_gbench_reporter_to_path(hm_gbench_format format, const char *path);
hm_gbench_reporter *hm_gbench_reporter_to_text(hm_gbench_format format);
hm_gbench_reporter *hm_gbench_reporter_to_function(hm_gbench_result_function *function,
                                                   void *user_data);

/** What a reporter to a text has written; valid until its next run. NULL: it is none. */
const char *hm_gbench_reporter_text(const hm_gbench_reporter *reporter);

/** Flushes, closes and frees. False: not all that was reported could be written. NULL is fine. */
bool hm_gbench_reporter_destroy(hm_gbench_reporter *reporter);

/* --- Running ------------------------------------------------------------------------------- */

/**
 * Runs every benchmark whose name matches `filter` (an extended regular expression; a leading '-'
 * turns it round; NULL: the --benchmark_filter flag; "" or "all": everything) and reports to all
 * `reporters`; with none, as the flags say, to stdout. `*benchmark_count` (may be NULL) becomes
 * the number of matching instances, 0 too. False, with 0: a bad expression, a reporter that
 * cannot write, a --benchmark_out that cannot be opened, or benchmarks are running already.
 */
bool hm_gbench_run(const char *filter, hm_gbench_reporter *const *reporters, size_t reporter_count,
                   size_t *benchmark_count);

#ifdef __cplusplus
}
#endif

#endif
