/**
 * These tests are about what a benchmark says of itself beside its time: counters, bytes, items and
 * labels; and about the means against the optimizer.
 */
#include "results.h"

static hm_gbench_benchmark *made(const char *name, hm_gbench_function *function, void *user_data,
                                 int64_t iterations)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register(name, function, user_data);
    assert_non_null(benchmark);
    assert_true(hm_gbench_set_iterations(benchmark, iterations));
    return benchmark;
}

static const kept_result *only_result(void)
{
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 1);
    return &results->all[0];
}

static const struct {
    const char *name;
    unsigned flags;
} counter_kinds[] = {
    {"plain", HM_GBENCH_COUNTER_PLAIN},
    {"rate", HM_GBENCH_COUNTER_RATE},
    {"threads", HM_GBENCH_COUNTER_AVERAGE_THREADS},
    {"threads rate", HM_GBENCH_COUNTER_AVERAGE_THREADS_RATE},
    {"invariant", HM_GBENCH_COUNTER_ITERATION_INVARIANT},
    {"invariant rate", HM_GBENCH_COUNTER_ITERATION_INVARIANT_RATE},
    {"iterations", HM_GBENCH_COUNTER_AVERAGE_ITERATIONS},
    {"iterations rate", HM_GBENCH_COUNTER_AVERAGE_ITERATIONS_RATE},
    {"inverse", HM_GBENCH_COUNTER_INVERT},
    {"inverse rate", HM_GBENCH_COUNTER_RATE | HM_GBENCH_COUNTER_INVERT},
    {"all", 31},
};

enum { COUNTER_KINDS = sizeof counter_kinds / sizeof counter_kinds[0] };

/** Two threads with 10 iterations each, of 0.1 seconds: 20 iterations, 1 second, values added. */
static void count_all_kinds(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    while (hm_gbench_keep_running(state))
        hm_gbench_set_iteration_time(state, 0.2);
    for (size_t index = 0; index < COUNTER_KINDS; index++)
        assert_true(hm_gbench_set_counter(
            state, counter_kinds[index].name, 60, counter_kinds[index].flags,
            index % 2 == 0 ? HM_GBENCH_THOUSAND_1000 : HM_GBENCH_THOUSAND_1024));
}

static double expected_value(unsigned flags)
{
    double value = 120;
    if (flags & HM_GBENCH_COUNTER_RATE)
        value /= 2;
    if (flags & HM_GBENCH_COUNTER_AVERAGE_THREADS)
        value /= 2;
    if (flags & HM_GBENCH_COUNTER_ITERATION_INVARIANT)
        value *= 20;
    if (flags & HM_GBENCH_COUNTER_AVERAGE_ITERATIONS)
        value /= 20;
    return flags & HM_GBENCH_COUNTER_INVERT ? 1 / value : value;
}

static void test_counter_flags(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("counters", count_all_kinds, NULL, 10);
    assert_true(hm_gbench_use_manual_time(benchmark));
    assert_true(hm_gbench_threads(benchmark, 2));
    const kept_result *result = only_result();
    assert_int_equal(result->fields.counter_count, COUNTER_KINDS);
    for (size_t index = 0; index < COUNTER_KINDS; index++) {
        const hm_gbench_counter *counter = counter_of(result, counter_kinds[index].name);
        assert_int_equal(counter->flags, counter_kinds[index].flags);
        assert_int_equal(counter->thousand, index % 2 == 0 ? 1000 : 1024);
        assert_close(counter->value, expected_value(counter_kinds[index].flags));
    }
    assert_null(hm_gbench_find_counter(&result->fields, "no such counter"));
}

static void set_bad_counters(hm_gbench_state *state, void *user_data)
{
    run_empty(state, NULL);
    assert_false(hm_gbench_set_counter(state, NULL, 1, 0, HM_GBENCH_THOUSAND_1000));
    assert_false(hm_gbench_set_counter(state, "", 1, 0, HM_GBENCH_THOUSAND_1000));
    assert_false(hm_gbench_set_counter(state, "flags", 1, 32, HM_GBENCH_THOUSAND_1000));
    assert_false(hm_gbench_set_counter(state, "thousand", 1, 0, (hm_gbench_thousand)1001));
    unsigned flags = ++*(int *)user_data == 1 ? 0 : HM_GBENCH_COUNTER_RATE;
    bool set = hm_gbench_set_counter(state, "changing", 7, flags, HM_GBENCH_THOUSAND_1000);
    assert_int_equal(set, *(int *)user_data == 1);
    assert_true(hm_gbench_set_counter(state, "bytes_per_second", 1, 0, HM_GBENCH_THOUSAND_1000));
    assert_false(hm_gbench_set_bytes_processed(state, 1));
}

/** Flags that change between repetitions would make the library abort. */
static void test_counter_refuses(void **unused)
{
    (void)unused;
    int runs = 0;
    assert_true(hm_gbench_repetitions(made("bad", set_bad_counters, &runs, 1), 3));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 3 + 4);
    assert_int_equal(results->all[0].fields.counter_count, 2);
    assert_close(counter_of(&results->all[0], "changing")->value, 7);
    assert_int_equal(results->all[1].fields.counter_count, 1);
}

static void process_things(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    while (hm_gbench_keep_running(state))
        hm_gbench_set_iteration_time(state, 0.5);
    assert_true(hm_gbench_set_bytes_processed(state, hm_gbench_iterations(state) * 4096));
    assert_true(hm_gbench_set_items_processed(state, hm_gbench_iterations(state) * 3));
    assert_false(hm_gbench_set_label(state, NULL));
    assert_true(hm_gbench_set_label(state, "a \"label\""));
}

static void test_bytes_items_and_label(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_use_manual_time(made("process", process_things, NULL, 10)));
    made("plain", run_empty, NULL, 1);
    const kept_results *results = run_and_keep("");
    const kept_result *result = &results->all[0];
    assert_close(counter_of(result, "bytes_per_second")->value, 8192);
    assert_int_equal(counter_of(result, "bytes_per_second")->thousand, 1024);
    assert_close(counter_of(result, "items_per_second")->value, 6);
    assert_int_equal(counter_of(result, "items_per_second")->flags, HM_GBENCH_COUNTER_RATE);
    assert_string_equal(result->label, "a \"label\"");
    assert_string_equal(results->all[1].label, "");
}

typedef struct three_words {
    int64_t words[3];
} three_words;

/** All kinds of operands compile and keep their values; see also check_optimizer.cmake. */
static void test_do_not_optimize_keeps_values(void **unused)
{
    (void)unused;
    char small = 'x';
    double real = 1.5;
    void *pointer = &small;
    three_words large = {{1, 2, 3}};
    hm_gbench_do_not_optimize(small);
    hm_gbench_do_not_optimize(real * 2);
    hm_gbench_do_not_optimize(pointer);
    hm_gbench_do_not_optimize(42);
    hm_gbench_do_not_optimize_in_place(small);
    hm_gbench_do_not_optimize_in_place(real);
    hm_gbench_do_not_optimize_in_place(large);
    hm_gbench_do_not_optimize_pointer(&large);
    hm_gbench_clobber_memory();
    assert_int_equal(small, 'x');
    assert_close(real, 1.5);
    assert_ptr_equal(pointer, &small);
    assert_int_equal(large.words[0] + large.words[1] * 10 + large.words[2] * 100, 321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_counter_flags, clear_benchmarks),
        cmocka_unit_test_setup(test_counter_refuses, clear_benchmarks),
        cmocka_unit_test_setup(test_bytes_items_and_label, clear_benchmarks),
        cmocka_unit_test(test_do_not_optimize_keeps_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
