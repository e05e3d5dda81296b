/**
 * These tests are about a benchmark's loop and its clock. None looks at an absolute time but
 * that a sleep lasts at least as long as it was told to.
 */
#include "results.h"

#include <math.h>
#include <time.h>

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

static void sleep_milliseconds(long milliseconds)
{
    struct timespec time = {.tv_nsec = milliseconds * 1000000};
    nanosleep(&time, NULL);
}

typedef struct loop_case {
    int64_t batch;
    int64_t rounds;
    int64_t counted; /**< hm_gbench_iterations after the loop. */
} loop_case;

static void loop_one_by_one(hm_gbench_state *state, void *user_data)
{
    loop_case *seen = user_data;
    assert_int_equal(hm_gbench_iterations(state), 0);
    assert_int_equal(hm_gbench_max_iterations(state), 1000);
    while (hm_gbench_keep_running(state)) {
        seen->rounds++;
        assert_int_equal(hm_gbench_iterations(state), seen->rounds);
    }
    assert_false(hm_gbench_keep_running(state));
    assert_false(hm_gbench_keep_running_batch(state, 10));
    seen->counted = hm_gbench_iterations(state);
}

static void test_keep_running(void **unused)
{
    (void)unused;
    loop_case seen = {0};
    made("one by one", loop_one_by_one, &seen, 1000);
    assert_int_equal(only_result()->fields.iterations, 1000);
    assert_int_equal(seen.rounds, 1000);
    assert_int_equal(seen.counted, 1000);
}

static void loop_in_batches(hm_gbench_state *state, void *user_data)
{
    loop_case *seen = user_data;
    seen->rounds = 0;
    while (hm_gbench_keep_running_batch(state, seen->batch))
        seen->rounds++;
    seen->counted = hm_gbench_iterations(state);
}

/** The run's number is rounded up to whole batches, and the result says so. */
static void test_keep_running_batch(void **unused)
{
    (void)unused;
    static const struct {
        int64_t iterations, batch, rounds;
    } cases[] = {{1000, 10, 100}, {1000, 1000, 1}, {1000, 300, 4}, {1000, 4000, 1}, {1000, 999, 2},
                 {1, 1, 1},       {1, 64, 1},      {2, 64, 1},     {2, 1, 2},       {7, 2, 4}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        loop_case seen = {.batch = cases[index].batch};
        assert_true(hm_gbench_clear());
        hm_gbench_benchmark *benchmark =
            made("batches", loop_in_batches, &seen, cases[index].iterations);
        assert_true(hm_gbench_repetitions(benchmark, 3));
        const kept_results *results = run_and_keep("");
        assert_int_equal(results->count, 3 + 4);
        assert_int_equal(seen.rounds, cases[index].rounds);
        assert_int_equal(seen.counted, cases[index].rounds * cases[index].batch);
        assert_int_equal(results->all[2].fields.iterations, seen.counted);
        assert_null(results->all[2].fields.error_message);
    }
}

static void loop_by_macro(hm_gbench_state *state, void *user_data)
{
    loop_case *seen = user_data;
    HM_GBENCH_LOOP(state)
    {
        seen->rounds++;
    }
    seen->counted = hm_gbench_iterations(state);
}

static void test_loop_macro(void **unused)
{
    (void)unused;
    loop_case seen = {0};
    made("macro", loop_by_macro, &seen, 1234);
    assert_int_equal(only_result()->fields.iterations, 1234);
    assert_int_equal(seen.rounds, 1234);
    assert_int_equal(seen.counted, 1234);
}

static void mix_loops(hm_gbench_state *state, void *user_data)
{
    loop_case *seen = user_data;
    assert_true(hm_gbench_keep_running_batch(state, 400));
    assert_true(hm_gbench_keep_running(state));
    assert_int_equal(hm_gbench_iterations(state), 401);
    while (hm_gbench_keep_running_batch(state, 500))
        seen->rounds++;
    seen->counted = hm_gbench_iterations(state);
}

static void test_mixed_loop(void **unused)
{
    (void)unused;
    loop_case seen = {0};
    made("mixed", mix_loops, &seen, 1000);
    assert_int_equal(only_result()->fields.iterations, 1401);
    assert_int_equal(seen.rounds, 2);
    assert_int_equal(seen.counted, 1401);
}

static void loop_in_bad_batches(hm_gbench_state *state, void *user_data)
{
    assert_true(hm_gbench_keep_running(state));
    assert_false(hm_gbench_keep_running_batch(state, *(int64_t *)user_data));
    assert_false(hm_gbench_keep_running(state));
}

static void test_bad_batch(void **unused)
{
    (void)unused;
    int64_t sizes[] = {0, -5};
    made("zero", loop_in_bad_batches, &sizes[0], 100);
    made("negative", loop_in_bad_batches, &sizes[1], 100);
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 2);
    for (size_t index = 0; index < 2; index++)
        assert_string_equal(results->all[index].fields.error_message,
                            "a batch has at least one iteration");
}

static void grow_batch(hm_gbench_state *state, void *user_data)
{
    int64_t batch = ++*(int64_t *)user_data;
    while (hm_gbench_keep_running_batch(state, 7 * batch)) {
    }
}

/** The library aborts on repetitions of different length, so that is an error result. */
static void test_batches_that_differ(void **unused)
{
    (void)unused;
    int64_t batches[] = {0, 0};
    assert_true(hm_gbench_repetitions(made("many", grow_batch, &batches[0], 100), 4));
    assert_true(hm_gbench_repetitions(made("one", grow_batch, &batches[1], 1), 4));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 8);
    for (size_t index = 0; index < 8; index++) {
        const hm_gbench_result *result = &results->all[index].fields;
        if (index % 4 == 0)
            assert_null(result->error_message);
        else
            assert_string_equal(result->error_message,
                                "the batch size must be the same in every repetition");
    }
}

static void return_early(hm_gbench_state *state, void *user_data)
{
    for (int64_t round = 0; round < *(int64_t *)user_data; round++)
        assert_true(hm_gbench_keep_running(state));
}

static void test_early_return(void **unused)
{
    (void)unused;
    int64_t rounds[] = {0, 3};
    assert_true(hm_gbench_threads(made("none", return_early, &rounds[0], 10), 2));
    assert_true(hm_gbench_threads(made("three", return_early, &rounds[1], 10), 2));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 2);
    for (size_t index = 0; index < 2; index++)
        assert_string_equal(results->all[index].fields.error_message,
                            "the function returned before its loop had ended");
}

static void begin_twice(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    HM_GBENCH_LOOP(state) {}
    HM_GBENCH_LOOP(state)
    {
        fail_msg("a second loop ran");
    }
}

static void test_second_loop(void **unused)
{
    (void)unused;
    made("twice", begin_twice, NULL, 10);
    assert_string_equal(only_result()->fields.error_message, "its loop was begun twice");
}

static void pause_while_asleep(hm_gbench_state *state, void *user_data)
{
    bool pauses = *(bool *)user_data;
    assert_false(hm_gbench_pause_timing(state));
    while (hm_gbench_keep_running(state)) {
        assert_false(hm_gbench_resume_timing(state));
        if (pauses) {
            assert_true(hm_gbench_pause_timing(state));
            assert_false(hm_gbench_pause_timing(state));
        }
        sleep_milliseconds(20);
        if (pauses)
            assert_true(hm_gbench_resume_timing(state));
    }
    assert_false(hm_gbench_pause_timing(state));
    assert_false(hm_gbench_resume_timing(state));
}

/** A sleep lasts at least its time; paused, next to nothing of it is measured. */
static void test_pause_and_resume(void **unused)
{
    (void)unused;
    bool pauses[] = {false, true};
    made("timed", pause_while_asleep, &pauses[0], 2);
    made("paused", pause_while_asleep, &pauses[1], 2);
    const kept_results *results = run_and_keep("");
    double timed = results->all[0].fields.real_seconds;
    assert_true(timed >= 0.04);
    assert_true(results->all[1].fields.real_seconds < timed / 2);
}

static void stay_paused(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    while (hm_gbench_keep_running(state))
        hm_gbench_pause_timing(state);
}

static void test_loop_may_end_paused(void **unused)
{
    (void)unused;
    made("paused", stay_paused, NULL, 5);
    const kept_result *result = only_result();
    assert_null(result->fields.error_message);
    assert_int_equal(result->fields.iterations, 5);
}

static void set_times(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    assert_false(hm_gbench_set_iteration_time(state, 1));
    while (hm_gbench_keep_running(state)) {
        assert_false(hm_gbench_set_iteration_time(state, -1));
        assert_false(hm_gbench_set_iteration_time(state, (double)NAN));
        assert_true(hm_gbench_set_iteration_time(state, 0.25));
    }
}

static void test_manual_time(void **unused)
{
    (void)unused;
    hm_gbench_benchmark *benchmark = made("manual", set_times, NULL, 8);
    assert_true(hm_gbench_use_manual_time(benchmark));
    assert_true(hm_gbench_unit(benchmark, HM_GBENCH_MILLISECOND));
    const kept_result *result = only_result();
    assert_close(result->fields.real_seconds, 2);
    assert_close(result->fields.real_time, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_keep_running, clear_benchmarks),
        cmocka_unit_test_setup(test_keep_running_batch, clear_benchmarks),
        cmocka_unit_test_setup(test_loop_macro, clear_benchmarks),
        cmocka_unit_test_setup(test_mixed_loop, clear_benchmarks),
        cmocka_unit_test_setup(test_bad_batch, clear_benchmarks),
        cmocka_unit_test_setup(test_batches_that_differ, clear_benchmarks),
        cmocka_unit_test_setup(test_early_return, clear_benchmarks),
        cmocka_unit_test_setup(test_second_loop, clear_benchmarks),
        cmocka_unit_test_setup(test_pause_and_resume, clear_benchmarks),
        cmocka_unit_test_setup(test_loop_may_end_paused, clear_benchmarks),
        cmocka_unit_test_setup(test_manual_time, clear_benchmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
