/**
 * These tests are about what a benchmark is made of: names, arguments, threads, length, times,
 * hooks. What was asked for shows in the names of the instances and in what the function sees.
 */
#include "results.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static hm_gbench_benchmark *made(const char *name)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register(name, run_empty, NULL);
    assert_non_null(benchmark);
    assert_true(hm_gbench_set_iterations(benchmark, 1));
    return benchmark;
}

/** Fails unless the arguments part of the results' names is `expected`, in that order. */
static void assert_arguments(const char *const *expected, size_t count)
{
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->benchmarks, count);
    assert_int_equal(results->count, count);
    for (size_t index = 0; index < count; index++)
        assert_string_equal(results->all[index].arguments, expected[index]);
}

#define ASSERT_ARGUMENTS(...)                                                                      \
    assert_arguments((const char *[]){__VA_ARGS__},                                                \
                     sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))

static void count_call(hm_gbench_state *state, void *user_data)
{
    ++*(int *)user_data;
    run_empty(state, NULL);
}

static void test_name_function_and_user_data(void **unused)
{
    (void)unused;
    int first = 0;
    int second = 0;
    assert_true(hm_gbench_set_iterations(hm_gbench_register("first", count_call, &first), 3));
    assert_true(hm_gbench_set_iterations(hm_gbench_register("second", count_call, &second), 3));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 2);
    assert_string_equal(results->all[0].name, "first/iterations:3");
    assert_string_equal(results->all[0].function_name, "first");
    assert_string_equal(results->all[1].function_name, "second");
    assert_int_equal(results->all[1].fields.family_index, 1);
    assert_int_equal(first, 1);
    assert_int_equal(second, 1);
}

static void test_register_refuses(void **unused)
{
    (void)unused;
    assert_null(hm_gbench_register(NULL, run_empty, NULL));
    assert_null(hm_gbench_register("", run_empty, NULL));
    assert_null(hm_gbench_register("name", NULL, NULL));
    assert_non_null(strstr(hm_gbench_error(), "needs a name and a function"));
    assert_int_equal(run_and_keep("")->benchmarks, 0);
}

static void sum_arguments(hm_gbench_state *state, void *user_data)
{
    int64_t *sum = user_data;
    assert_int_equal(hm_gbench_argument_count(state), 2);
    *sum = *sum * 1000 + hm_gbench_argument(state, 0) * 10 + hm_gbench_argument(state, 1);
    run_empty(state, NULL);
}

static void test_args(void **unused)
{
    (void)unused;
    int64_t sum = 0;
    hm_gbench_benchmark *benchmark = hm_gbench_register("sum", sum_arguments, &sum);
    assert_true(hm_gbench_set_iterations(benchmark, 1));
    assert_true(hm_gbench_args(benchmark, (const int64_t[]){3, 4}, 2));
    assert_true(hm_gbench_args(benchmark, (const int64_t[]){5, 6}, 2));
    ASSERT_ARGUMENTS("3/4", "5/6");
    assert_int_equal(sum, 34056);
}

static void test_args_refuses(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("refusing");
    assert_true(hm_gbench_arg(benchmark, 1));
    assert_false(hm_gbench_args(benchmark, (const int64_t[]){1, 2}, 2));
    assert_string_equal(hm_gbench_error(),
                        "benchmark refusing: its argument lists must all have the same length");
    assert_false(hm_gbench_args(benchmark, NULL, 1));
    assert_false(hm_gbench_args(benchmark, (const int64_t[]){1}, 0));
    assert_false(hm_gbench_arg(NULL, 1));
    ASSERT_ARGUMENTS("1");
}

static void test_arg_names(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("one");
    assert_true(hm_gbench_arg_name(benchmark, "size"));
    assert_true(hm_gbench_arg(benchmark, 7));
    benchmark = made("two");
    assert_true(hm_gbench_args(benchmark, (const int64_t[]){1, 2}, 2));
    assert_false(hm_gbench_arg_names(benchmark, (const char *[]){"only"}, 1));
    assert_false(hm_gbench_arg_names(benchmark, (const char *[]){"rows", NULL}, 2));
    assert_true(hm_gbench_arg_names(benchmark, (const char *[]){"rows", "columns"}, 2));
    ASSERT_ARGUMENTS("size:7", "rows:1/columns:2");
}

static void test_range(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("range");
    assert_true(hm_gbench_range(benchmark, 1, 100));
    assert_true(hm_gbench_range_multiplier(benchmark, 4));
    assert_true(hm_gbench_range(benchmark, 1, 16));
    assert_false(hm_gbench_range_multiplier(benchmark, 1));
    assert_false(hm_gbench_range(benchmark, 2, 1));
    ASSERT_ARGUMENTS("1", "8", "64", "100", "1", "4", "16");
}

static void test_range_bounds(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("bounds");
    assert_true(hm_gbench_range_multiplier(benchmark, INT_MAX));
    assert_true(hm_gbench_range(benchmark, INT64_MIN, INT64_MIN));
    assert_true(hm_gbench_range(benchmark, INT64_MAX - 1, INT64_MAX));
    ASSERT_ARGUMENTS("-9223372036854775808", "9223372036854775806", "9223372036854775807");
}

static void test_ranges(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("ranges");
    assert_true(hm_gbench_ranges(benchmark, (const hm_gbench_span[]){{1, 8}, {5, 6}}, 2));
    assert_false(hm_gbench_ranges(benchmark, (const hm_gbench_span[]){{1, 8}, {6, 5}}, 2));
    assert_false(hm_gbench_ranges(benchmark, (const hm_gbench_span[]){{1, 8}}, 1));
    assert_false(hm_gbench_ranges(benchmark, NULL, 2));
    ASSERT_ARGUMENTS("1/5", "8/5", "1/6", "8/6");
}

static void test_dense_range(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("dense");
    assert_true(hm_gbench_dense_range(benchmark, -2, 5, 3));
    assert_false(hm_gbench_dense_range(benchmark, 1, 2, 0));
    assert_false(hm_gbench_dense_range(benchmark, 2, 1, 1));
    assert_false(hm_gbench_dense_range(benchmark, INT64_MAX - 2, INT64_MAX, 1));
    assert_false(hm_gbench_dense_range(benchmark, INT64_MIN, 0, 1));
    assert_non_null(strstr(hm_gbench_error(), "at most 1048576"));
    ASSERT_ARGUMENTS("-2", "1", "4");
}

static void test_args_product(void **unused)
{
    (void)unused;
    const int64_t small[] = {1, 2};
    const int64_t large[] = {10, 20, 30};
    hm_gbench_benchmark *benchmark = made("product");
    assert_true(
        hm_gbench_args_product(benchmark, (const hm_gbench_values[]){{small, 2}, {large, 3}}, 2));
    assert_false(
        hm_gbench_args_product(benchmark, (const hm_gbench_values[]){{small, 2}, {large, 0}}, 2));
    assert_false(
        hm_gbench_args_product(benchmark, (const hm_gbench_values[]){{small, 2}, {NULL, 1}}, 2));
    assert_false(hm_gbench_args_product(
        benchmark, (const hm_gbench_values[]){{small, SIZE_MAX}, {large, SIZE_MAX}}, 2));
    assert_false(hm_gbench_args_product(benchmark, NULL, 0));
    ASSERT_ARGUMENTS("1/10", "2/10", "1/20", "2/20", "1/30", "2/30");
}

/** Counts the calls by thread index and by number of threads. */
typedef struct thread_calls {
    pthread_mutex_t lock;
    int by_index[8];
    int by_count[8];
} thread_calls;

static void count_threads(hm_gbench_state *state, void *user_data)
{
    thread_calls *calls = user_data;
    pthread_mutex_lock(&calls->lock);
    calls->by_index[hm_gbench_thread_index(state)]++;
    calls->by_count[hm_gbench_thread_count(state)]++;
    pthread_mutex_unlock(&calls->lock);
    run_empty(state, NULL);
}

static void test_threads(void **unused)
{
    (void)unused;
    thread_calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
    hm_gbench_benchmark *benchmark = hm_gbench_register("threads", count_threads, &calls);
    assert_true(hm_gbench_set_iterations(benchmark, 10));
    assert_true(hm_gbench_threads(benchmark, 1));
    assert_true(hm_gbench_threads(benchmark, 3));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 2);
    assert_int_equal(calls.by_count[1], 1);
    assert_int_equal(calls.by_count[3], 3);
    assert_int_equal(calls.by_index[0], 2);
    assert_int_equal(calls.by_index[1], 1);
    assert_int_equal(calls.by_index[2], 1);
    const kept_result *three = result_named(results, "threads/iterations:10/threads:3");
    assert_int_equal(three->fields.threads, 3);
    assert_int_equal(three->fields.iterations, 30);
}

static void test_thread_ranges(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("powers");
    assert_true(hm_gbench_thread_range(benchmark, 1, 5));
    benchmark = made("dense");
    assert_true(hm_gbench_dense_thread_range(benchmark, 1, 6, 2));
    assert_false(hm_gbench_threads(benchmark, 0));
    assert_false(hm_gbench_threads(benchmark, HM_GBENCH_MAX_THREADS + 1));
    assert_false(hm_gbench_thread_range(benchmark, 0, 2));
    assert_false(hm_gbench_thread_range(benchmark, 3, 2));
    assert_false(hm_gbench_dense_thread_range(benchmark, 1, 2, 0));
    const int64_t expected[] = {1, 2, 4, 5, 1, 3, 5, 6};
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 8);
    for (size_t index = 0; index < 8; index++)
        assert_int_equal(results->all[index].fields.threads, expected[index]);
}

static void test_thread_per_cpu(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_thread_per_cpu(made("cpus")));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 1);
    assert_true(results->all[0].fields.threads >= 1);
    assert_non_null(strstr(results->all[0].name, "/threads:"));
}

static void test_iterations_and_times_exclude_each_other(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = hm_gbench_register("fixed", run_empty, NULL);
    assert_false(hm_gbench_set_iterations(benchmark, 0));
    assert_true(hm_gbench_set_iterations(benchmark, 1234));
    assert_false(hm_gbench_min_time(benchmark, 0.5));
    assert_false(hm_gbench_min_warm_up_time(benchmark, 0.5));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->all[0].fields.iterations, 1234);

    benchmark = hm_gbench_register("timed", run_empty, NULL);
    assert_false(hm_gbench_min_time(benchmark, 0));
    assert_false(hm_gbench_min_time(benchmark, -1));
    assert_false(hm_gbench_min_warm_up_time(benchmark, -1));
    assert_true(hm_gbench_min_time(benchmark, 0.001));
    assert_false(hm_gbench_set_iterations(benchmark, 5));
}

/**
 * Says that each iteration took 20 microseconds, so that how many there are depends on no machine;
 * counts its runs.
 */
static void last(hm_gbench_state *state, void *user_data)
{
    if (user_data != NULL)
        ++*(int *)user_data;
    while (hm_gbench_keep_running(state))
        hm_gbench_set_iteration_time(state, 20e-6);
}

static hm_gbench_benchmark *lasting(const char *name, int *runs)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register(name, last, runs);
    assert_true(hm_gbench_use_manual_time(benchmark));
    return benchmark;
}

static void test_min_time(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_min_time(lasting("lasting", NULL), 0.004));
    const kept_results *results = run_and_keep("");
    const kept_result *result = result_named(results, "lasting/min_time:0.004/manual_time");
    assert_true(result->fields.real_seconds >= 0.004);
    assert_in_range(result->fields.iterations, 200, 20000);
}

static void test_min_warm_up_time(void **unused)
{
    (void)unused;
    int cold = 0;
    int warm = 0;
    assert_true(hm_gbench_min_time(lasting("cold", &cold), 0.001));
    hm_gbench_benchmark *benchmark = lasting("warm", &warm);
    assert_true(hm_gbench_min_time(benchmark, 0.001));
    assert_true(hm_gbench_min_warm_up_time(benchmark, 0.01));
    const kept_results *results = run_and_keep("");
    result_named(results, "warm/min_time:0.001/min_warmup_time:0.010/manual_time");
    assert_true(cold >= 2);
    assert_true(warm > cold);
}

static void test_repetitions(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("all");
    assert_false(hm_gbench_repetitions(benchmark, 0));
    assert_true(hm_gbench_repetitions(benchmark, 3));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 3 + 4);
    for (int index = 0; index < 3; index++) {
        assert_string_equal(results->all[index].name, "all/iterations:1/repeats:3");
        assert_int_equal(results->all[index].fields.repetition_index, index);
        assert_int_equal(results->all[index].fields.repetitions, 3);
        assert_false(results->all[index].fields.is_aggregate);
    }
    const kept_result *mean = result_named(results, "all/iterations:1/repeats:3_mean");
    assert_true(mean->fields.is_aggregate);
    assert_string_equal(mean->aggregate_name, "mean");
    assert_int_equal(mean->fields.aggregate_unit, HM_GBENCH_STATISTIC_TIME);
    assert_int_equal(mean->fields.repetition_index, -1);
    const kept_result *cv = result_named(results, "all/iterations:1/repeats:3_cv");
    assert_int_equal(cv->fields.aggregate_unit, HM_GBENCH_STATISTIC_PERCENTAGE);
}

static void test_aggregates_only(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("report");
    assert_true(hm_gbench_repetitions(benchmark, 3));
    assert_true(hm_gbench_report_aggregates_only(benchmark, true));
    assert_int_equal(run_and_keep("")->count, 4);
    assert_true(hm_gbench_report_aggregates_only(benchmark, false));
    assert_int_equal(run_and_keep("")->count, 7);
    assert_true(hm_gbench_display_aggregates_only(benchmark, true));
    assert_int_equal(run_and_keep("")->count, 4);
    assert_true(hm_gbench_display_aggregates_only(benchmark, false));
    assert_int_equal(run_and_keep("")->count, 7);
}

static void test_time_units(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("seconds");
    assert_false(hm_gbench_unit(benchmark, (hm_gbench_time_unit)4));
    assert_true(hm_gbench_unit(benchmark, HM_GBENCH_SECOND));
    assert_true(hm_gbench_unit(made("milli"), HM_GBENCH_MILLISECOND));
    assert_true(hm_gbench_unit(made("micro"), HM_GBENCH_MICROSECOND));
    made("default");
    assert_false(hm_gbench_set_default_time_unit((hm_gbench_time_unit)-1));
    assert_true(hm_gbench_set_default_time_unit(HM_GBENCH_MILLISECOND));
    const kept_results *results = run_and_keep("");
    assert_true(hm_gbench_set_default_time_unit(HM_GBENCH_NANOSECOND));
    const double per_second[] = {1, 1e3, 1e6, 1e3};
    const hm_gbench_time_unit units[] = {HM_GBENCH_SECOND, HM_GBENCH_MILLISECOND,
                                         HM_GBENCH_MICROSECOND, HM_GBENCH_MILLISECOND};
    for (int index = 0; index < 4; index++) {
        const hm_gbench_result *result = &results->all[index].fields;
        assert_int_equal(result->time_unit, units[index]);
        assert_close(result->real_time, result->real_seconds * per_second[index]);
        assert_close(result->cpu_time, result->cpu_seconds * per_second[index]);
    }
}

static void test_time_kinds(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *real = made("real");
    hm_gbench_benchmark *manual = made("manual");
    hm_gbench_benchmark *process = made("process");
    assert_true(hm_gbench_use_real_time(real));
    assert_false(hm_gbench_use_manual_time(real));
    assert_true(hm_gbench_use_manual_time(manual));
    assert_false(hm_gbench_use_real_time(manual));
    assert_string_equal(hm_gbench_error(),
                        "benchmark manual: real and manual time exclude each other");
    assert_true(hm_gbench_measure_process_cpu_time(process));
    const kept_results *results = run_and_keep("");
    result_named(results, "real/iterations:1/real_time");
    result_named(results, "manual/iterations:1/manual_time");
    result_named(results, "process/iterations:1/process_time");
}

static void *spin_apart(void *unused)
{
    struct timespec now;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec == 0 && now.tv_nsec < 20000000);
    return unused;
}

static void work_in_other_thread(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    while (hm_gbench_keep_running(state)) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, spin_apart, NULL), 0);
        pthread_join(thread, NULL);
    }
}

/** What the helper thread used, 20 ms, counts in the process's time only. */
static void test_process_cpu_time_counts_helper_threads(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *own = hm_gbench_register("own", work_in_other_thread, NULL);
    hm_gbench_benchmark *process = hm_gbench_register("process", work_in_other_thread, NULL);
    assert_true(hm_gbench_set_iterations(own, 1));
    assert_true(hm_gbench_set_iterations(process, 1));
    assert_true(hm_gbench_measure_process_cpu_time(process));
    const kept_results *results = run_and_keep("");
    assert_true(result_named(results, "process/iterations:1/process_time")->fields.cpu_seconds >=
                0.02);
    const kept_result *alone = result_named(results, "own/iterations:1");
    assert_true(alone->fields.real_seconds >= 0.02);
    assert_true(alone->fields.cpu_seconds < alone->fields.real_seconds);
}

/** Each benchmark has a log of its own: what happened, in order. */
typedef struct hook_log {
    pthread_mutex_t lock;
    pthread_t main;
    int alive; /**< Runs that are set up and not torn down. */
    int setups;
    int bodies;
    int teardowns;
    int64_t argument;
} hook_log;

static void log_setup(hm_gbench_state *state, void *user_data)
{
    hook_log *log = user_data;
    assert_true(pthread_equal(log->main, pthread_self()));
    assert_int_equal(log->alive, 0);
    log->alive = 1;
    log->setups++;
    log->argument = hm_gbench_argument(state, 0);
    assert_false(hm_gbench_keep_running(state));
    assert_false(hm_gbench_set_label(state, "no"));
}

static void log_body(hm_gbench_state *state, void *user_data)
{
    hook_log *log = user_data;
    pthread_mutex_lock(&log->lock);
    assert_int_equal(log->alive, 1);
    assert_int_equal(log->argument, hm_gbench_argument(state, 0));
    log->bodies++;
    pthread_mutex_unlock(&log->lock);
    run_empty(state, NULL);
}

static void log_teardown(hm_gbench_state *state, void *user_data)
{
    hook_log *log = user_data;
    assert_true(pthread_equal(log->main, pthread_self()));
    assert_int_equal(log->alive, 1);
    assert_int_equal(log->argument, hm_gbench_argument(state, 0));
    assert_false(hm_gbench_keep_running(state));
    assert_false(hm_gbench_skip_with_error(state, "too late"));
    log->alive = 0;
    log->teardowns++;
}

static void test_setup_and_teardown(void **unused)
{
    (void)unused;
    hook_log logs[3];
    for (int index = 0; index < 3; index++) {
        logs[index] = (hook_log){.lock = PTHREAD_MUTEX_INITIALIZER, .main = pthread_self()};
        hm_gbench_benchmark *benchmark = hm_gbench_register("hooks", log_body, &logs[index]);
        assert_true(hm_gbench_set_iterations(benchmark, 100));
        assert_true(hm_gbench_arg(benchmark, 40 + index));
        assert_true(hm_gbench_arg(benchmark, 50 + index));
        assert_true(hm_gbench_threads(benchmark, 3));
        assert_true(hm_gbench_repetitions(benchmark, 2));
        assert_false(hm_gbench_setup(benchmark, NULL, NULL));
        assert_true(hm_gbench_setup(benchmark, log_setup, &logs[index]));
        assert_true(hm_gbench_teardown(benchmark, log_teardown, &logs[index]));
    }
    run_and_keep("");
    for (int index = 0; index < 3; index++) {
        assert_int_equal(logs[index].setups, 4);
        assert_int_equal(logs[index].bodies, 12);
        assert_int_equal(logs[index].teardowns, 4);
    }
}

static void change_while_running(hm_gbench_state *state, void *user_data)
{
    size_t count = 99;
    assert_false(hm_gbench_arg(user_data, 1));
    assert_null(hm_gbench_register("late", run_empty, NULL));
    assert_false(hm_gbench_clear());
    assert_false(hm_gbench_set_memory_manager(NULL));
    assert_false(hm_gbench_run("", NULL, 0, &count));
    assert_int_equal(count, 0);
    run_empty(state, NULL);
}

static void call_through(hm_gbench_state *state, void *user_data)
{
    change_while_running(state, *(hm_gbench_benchmark **)user_data);
}

static void test_nothing_is_changed_while_running(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = NULL;
    benchmark = hm_gbench_register("changing", call_through, &benchmark);
    assert_true(hm_gbench_set_iterations(benchmark, 1));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 1);
    assert_null(results->all[0].fields.error_message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_name_function_and_user_data, clear_benchmarks),
        cmocka_unit_test_setup(test_register_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_args, clear_benchmarks),
        cmocka_unit_test_setup(test_args_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_arg_names, clear_benchmarks),
        cmocka_unit_test_setup(test_range, clear_benchmarks),
        cmocka_unit_test_setup(test_range_bounds, clear_benchmarks),
        cmocka_unit_test_setup(test_ranges, clear_benchmarks),
        cmocka_unit_test_setup(test_dense_range, clear_benchmarks),
        cmocka_unit_test_setup(test_args_product, clear_benchmarks),
        cmocka_unit_test_setup(test_threads, clear_benchmarks),
        cmocka_unit_test_setup(test_thread_ranges, clear_benchmarks),
        cmocka_unit_test_setup(test_thread_per_cpu, clear_benchmarks),
        cmocka_unit_test_setup(test_iterations_and_times_exclude_each_other, clear_benchmarks),
        cmocka_unit_test_setup(test_min_time, clear_benchmarks),
        cmocka_unit_test_setup(test_min_warm_up_time, clear_benchmarks),
        cmocka_unit_test_setup(test_repetitions, clear_benchmarks),
        cmocka_unit_test_setup(test_aggregates_only, clear_benchmarks),
        cmocka_unit_test_setup(test_time_units, clear_benchmarks),
        cmocka_unit_test_setup(test_time_kinds, clear_benchmarks),
        cmocka_unit_test_setup(test_process_cpu_time_counts_helper_threads, clear_benchmarks),
        cmocka_unit_test_setup(test_setup_and_teardown, clear_benchmarks),
        cmocka_unit_test_setup(test_nothing_is_changed_while_running, clear_benchmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
