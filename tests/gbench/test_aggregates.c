/**
 * These tests are about what is worked out from several runs, complexity and statistics, and about
 * the memory manager, which has a run of its own.
 */
#include "results.h"

#include <float.h>
#include <math.h>

static hm_gbench_benchmark *made(const char *name, hm_gbench_function *function, void *user_data,
                                 int64_t iterations)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register(name, function, user_data);
    assert_non_null(benchmark);
    assert_true(hm_gbench_set_iterations(benchmark, iterations));
    return benchmark;
}

/** Takes, by its own account, 3 seconds times `*user_data`(N), so that the fit is exact. */
static void take_manual_time(hm_gbench_state *state, void *user_data)
{
    double (*shape)(double) = *(double (**)(double))user_data;
    int64_t n = hm_gbench_argument(state, 0);
    while (hm_gbench_keep_running(state))
        hm_gbench_set_iteration_time(state, 3 * shape((double)n));
    assert_false(hm_gbench_set_complexity_n(state, 0));
    assert_true(hm_gbench_set_complexity_n(state, n));
}

static double constant(double n)
{
    (void)n;
    return 1;
}

static double linear(double n)
{
    return n;
}

static double square(double n)
{
    return n * n;
}

static double cube(double n)
{
    return n * n * n;
}

static double n_log_n(double n)
{
    return n * log2(n);
}

static hm_gbench_benchmark *made_with_times(const char *name, double (**shape)(double))
{
    hm_gbench_benchmark *benchmark = made(name, take_manual_time, shape, 2);
    assert_true(hm_gbench_use_manual_time(benchmark));
    assert_true(hm_gbench_unit(benchmark, HM_GBENCH_SECOND));
    assert_true(hm_gbench_range_multiplier(benchmark, 2));
    assert_true(hm_gbench_range(benchmark, 2, 64));
    return benchmark;
}

static void test_complexity_orders(void **unused)
{
    (void)unused;
    static struct {
        hm_gbench_complexity_order order;
        double (*shape)(double);
    } cases[] = {
        {HM_GBENCH_COMPLEXITY_1, constant},       {HM_GBENCH_COMPLEXITY_N, linear},
        {HM_GBENCH_COMPLEXITY_N_SQUARED, square}, {HM_GBENCH_COMPLEXITY_N_CUBED, cube},
        {HM_GBENCH_COMPLEXITY_LOG_N, log2},       {HM_GBENCH_COMPLEXITY_N_LOG_N, n_log_n},
    };
    for (size_t index = 0; index < 2 * sizeof cases / sizeof cases[0]; index++) {
        bool automatic = index % 2 == 1;
        assert_true(hm_gbench_clear());
        hm_gbench_benchmark *benchmark = made_with_times("fit", &cases[index / 2].shape);
        assert_true(hm_gbench_complexity(benchmark, automatic ? HM_GBENCH_COMPLEXITY_AUTO
                                                              : cases[index / 2].order));
        const kept_results *results = run_and_keep("");
        assert_int_equal(results->count, 6 + 2);
        const kept_result *fit = result_named(results, "fit/iterations:2/manual_time_BigO");
        assert_true(fit->fields.is_big_o && fit->fields.is_aggregate);
        if (!automatic && fabs(fit->fields.real_time - 3) > 1e-6)
            fail_msg("coefficient of case %zu: %g", index, fit->fields.real_time);
        assert_int_equal(fit->fields.time_unit, HM_GBENCH_SECOND);
        const kept_result *rms = result_named(results, "fit/iterations:2/manual_time_RMS");
        assert_true(rms->fields.is_rms);
        if (automatic) { // The library chooses by the CPU time, which is not set here.
            assert_in_range(fit->fields.complexity, HM_GBENCH_COMPLEXITY_1,
                            HM_GBENCH_COMPLEXITY_N_LOG_N);
            continue;
        }
        assert_int_equal(fit->fields.complexity, cases[index / 2].order);
        assert_true(rms->fields.real_time < 1e-6);
    }
}

static double shape_of_power(int64_t n, void *user_data)
{
    return pow((double)n, *(double *)user_data);
}

static double power_2_5(double n)
{
    return pow(n, 2.5);
}

static double power_1_5(double n)
{
    return pow(n, 1.5);
}

/** Two families, so that each shape must get the data of its own. */
static void test_complexity_function(void **unused)
{
    (void)unused;
    double powers[] = {2.5, 1.5};
    double (*shapes[])(double) = {power_2_5, power_1_5};
    hm_gbench_benchmark *first = made_with_times("first", &shapes[0]);
    hm_gbench_benchmark *second = made_with_times("second", &shapes[1]);
    assert_false(hm_gbench_complexity_function(first, NULL, NULL));
    assert_false(hm_gbench_complexity(first, HM_GBENCH_COMPLEXITY_FUNCTION));
    assert_true(hm_gbench_complexity_function(first, shape_of_power, &powers[0]));
    assert_true(hm_gbench_complexity_function(second, shape_of_power, &powers[1]));
    const kept_results *results = run_and_keep("");
    const char *const names[] = {"first/iterations:2/manual_time_BigO",
                                 "second/iterations:2/manual_time_BigO"};
    for (size_t index = 0; index < 2; index++) {
        const kept_result *fit = result_named(results, names[index]);
        assert_int_equal(fit->fields.complexity, HM_GBENCH_COMPLEXITY_FUNCTION);
        assert_true(fabs(fit->fields.real_time - 3) < 1e-6);
    }
}

static void test_complexity_without_n(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("no n", run_empty, NULL, 10);
    assert_true(hm_gbench_range(benchmark, 1, 64));
    assert_true(hm_gbench_complexity(benchmark, HM_GBENCH_COMPLEXITY_N));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 3 + 2);
    for (size_t index = 0; index < 3; index++)
        assert_string_equal(
            results->all[index].fields.error_message,
            "complexity was asked for, and hm_gbench_set_complexity_n was not called");
    for (size_t index = 3; index < 5; index++)
        assert_string_equal(results->all[index].fields.error_message,
                            "a run of this family failed, so nothing is fitted");
}

static void fail_from_size(hm_gbench_state *state, void *user_data)
{
    if (hm_gbench_argument(state, 0) >= *(int64_t *)user_data)
        assert_true(hm_gbench_skip_with_error(state, "too large"));
    run_empty(state, NULL);
    hm_gbench_set_complexity_n(state, hm_gbench_argument(state, 0));
}

/** The library crashes where no run of a family with complexity is good. */
static void test_complexity_with_errors(void **unused)
{
    (void)unused;
    for (int64_t largest = 0; largest <= 64; largest += 64) {
        assert_true(hm_gbench_clear());
        hm_gbench_benchmark *benchmark = made("failing", fail_from_size, &largest, 10);
        assert_true(hm_gbench_range(benchmark, 1, 64));
        assert_true(hm_gbench_complexity(benchmark, HM_GBENCH_COMPLEXITY_AUTO));
        const kept_results *results = run_and_keep("");
        assert_int_equal(results->count, 3 + 2);
        if (largest == 64)
            assert_null(results->all[0].fields.error_message);
        else
            assert_string_equal(results->all[0].fields.error_message, "too large");
        assert_string_equal(results->all[2].fields.error_message, "too large");
        assert_non_null(results->all[3].fields.error_message);
    }
}

static void take_times_in_turn(hm_gbench_state *state, void *user_data)
{
    int *runs = user_data;
    while (hm_gbench_keep_running(state))
        hm_gbench_set_iteration_time(state, (double)*runs);
    hm_gbench_set_counter(state, "run", *runs, 0, HM_GBENCH_THOUSAND_1000);
    ++*runs;
}

static double largest_plus(const double *values, size_t count, void *user_data)
{
    double largest = -DBL_MAX;
    for (size_t index = 0; index < count; index++)
        largest = fmax(largest, values[index]);
    return largest + *(double *)user_data;
}

static double share_of_first(const double *values, size_t count, void *user_data)
{
    (void)user_data;
    double sum = 0;
    for (size_t index = 0; index < count; index++)
        sum += values[index];
    return values[0] / sum;
}

static void test_custom_statistics(void **unused)
{
    (void)unused;
    int runs[] = {1, 1};
    double extra[] = {0, 10, 100};
    for (size_t index = 0; index < 2; index++) {
        hm_gbench_benchmark *benchmark =
            made(index == 0 ? "first" : "second", take_times_in_turn, &runs[index], 1);
        assert_true(hm_gbench_use_manual_time(benchmark));
        assert_true(hm_gbench_unit(benchmark, HM_GBENCH_SECOND));
        assert_true(hm_gbench_repetitions(benchmark, 4));
        assert_true(hm_gbench_compute_statistic(benchmark, "largest", largest_plus, &extra[index],
                                                HM_GBENCH_STATISTIC_TIME));
        assert_true(hm_gbench_compute_statistic(benchmark, "hundred", largest_plus, &extra[2],
                                                HM_GBENCH_STATISTIC_TIME));
        assert_true(hm_gbench_compute_statistic(benchmark, "share", share_of_first, NULL,
                                                HM_GBENCH_STATISTIC_PERCENTAGE));
    }
    const kept_results *results = run_and_keep("");
    const struct {
        const char *name;
        double time, counter;
    } expected[] = {{"first/iterations:1/repeats:4/manual_time_largest", 4, 4},
                    {"first/iterations:1/repeats:4/manual_time_hundred", 104, 104},
                    {"second/iterations:1/repeats:4/manual_time_largest", 14, 14},
                    {"second/iterations:1/repeats:4/manual_time_share", 0.1, 0.1},
                    {"second/iterations:1/repeats:4/manual_time_mean", 2.5, 2.5}};
    for (size_t index = 0; index < sizeof expected / sizeof expected[0]; index++) {
        const kept_result *result = result_named(results, expected[index].name);
        assert_close(result->fields.real_time, expected[index].time);
        assert_close(counter_of(result, "run")->value, expected[index].counter);
    }
}

static void test_statistic_refuses(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("full", run_empty, NULL, 1);
    hm_gbench_statistic_unit time = HM_GBENCH_STATISTIC_TIME;
    assert_false(hm_gbench_compute_statistic(benchmark, NULL, share_of_first, NULL, time));
    assert_false(hm_gbench_compute_statistic(benchmark, "none", NULL, NULL, time));
    assert_false(hm_gbench_compute_statistic(benchmark, "unit", share_of_first, NULL,
                                             (hm_gbench_statistic_unit)2));
    for (int index = 0; index < HM_GBENCH_MAX_STATISTICS; index++)
        assert_true(hm_gbench_compute_statistic(benchmark, "some", share_of_first, NULL, time));
    assert_false(hm_gbench_compute_statistic(benchmark, "more", share_of_first, NULL, time));
}

typedef struct memory_log {
    int starts;
    int stops;
} memory_log;

static void start_memory(void *user_data)
{
    ((memory_log *)user_data)->starts++;
}

static void stop_memory(hm_gbench_memory *memory, void *user_data)
{
    memory_log *log = user_data;
    log->stops++;
    memory->allocations = 32 * log->stops;
    memory->max_bytes_used = 1000 + log->stops;
    if (log->stops % 2 == 0)
        memory->total_allocated_bytes = 5000 + log->stops;
}

static void test_memory_manager(void **unused)
{
    (void)unused;
    memory_log log = {0};
    hm_gbench_memory_manager manager = {start_memory, NULL, &log};
    assert_false(hm_gbench_set_memory_manager(&manager));
    manager.stop = stop_memory;
    assert_true(hm_gbench_set_memory_manager(&manager));
    assert_true(hm_gbench_repetitions(made("memory", run_empty, NULL, 100), 5));
    const kept_results *results = run_and_keep("");
    assert_true(hm_gbench_set_memory_manager(NULL));
    assert_int_equal(log.starts, 5);
    assert_int_equal(log.stops, 5);
    assert_int_equal(results->count, 5 + 4);
    for (int index = 0; index < 5; index++) {
        const hm_gbench_result *result = &results->all[index].fields;
        assert_non_null(result->memory);
        assert_int_equal(result->memory->allocations, 32 * (index + 1));
        assert_int_equal(result->memory->max_bytes_used, 1001 + index);
        assert_int_equal(result->memory->total_allocated_bytes,
                         index % 2 == 1 ? 5001 + index : HM_GBENCH_UNKNOWN);
        assert_int_equal(result->memory->net_heap_growth_bytes, HM_GBENCH_UNKNOWN);
        assert_close(result->allocations_per_iteration, 2 * (index + 1));
    }
    assert_null(results->all[5].fields.memory);
    run_and_keep("");
    assert_int_equal(log.starts, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_complexity_orders, clear_benchmarks),
        cmocka_unit_test_setup(test_complexity_function, clear_benchmarks),
        cmocka_unit_test_setup(test_complexity_without_n, clear_benchmarks),
        cmocka_unit_test_setup(test_complexity_with_errors, clear_benchmarks),
        cmocka_unit_test_setup(test_custom_statistics, clear_benchmarks),
        cmocka_unit_test_setup(test_statistic_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_memory_manager, clear_benchmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
