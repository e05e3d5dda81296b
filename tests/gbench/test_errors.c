/**
 * These tests are about runs that fail: wherever a function gives up, in whichever repetition and
 * thread, the others stand and nothing ends the process.
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

enum { BEFORE_LOOP, IN_LOOP, AFTER_LOOP };

/** In which call to fail, and where. */
typedef struct failure_plan {
    int calls;
    int fail_in_call; /**< From 1. */
    int where;
    int64_t rounds;
} failure_plan;

static void fail_as_planned(hm_gbench_state *state, void *user_data)
{
    failure_plan *plan = user_data;
    bool fails = ++plan->calls == plan->fail_in_call;
    if (fails && plan->where == BEFORE_LOOP)
        assert_true(hm_gbench_skip_with_error(state, "before"));
    while (hm_gbench_keep_running_batch(state, 7)) {
        plan->rounds++;
        if (fails && plan->where == IN_LOOP) {
            assert_true(hm_gbench_skip_with_error(state, "within"));
            assert_false(hm_gbench_skip_with_error(state, "once more"));
            assert_false(hm_gbench_pause_timing(state));
        }
    }
    if (fails && plan->where == AFTER_LOOP)
        assert_true(hm_gbench_skip_with_error(state, "after"));
    assert_int_equal(hm_gbench_error_occurred(state), fails);
    if (fails)
        assert_false(hm_gbench_skip_with_error(state, NULL));
}

static const char *const failure_messages[] = {"before", "within", "after"};

static void test_skip_with_error(void **unused)
{
    (void)unused;
    failure_plan plans[3];
    for (int where = BEFORE_LOOP; where <= AFTER_LOOP; where++) {
        plans[where] = (failure_plan){.fail_in_call = 1, .where = where};
        made("failing", fail_as_planned, &plans[where], 70);
    }
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 3);
    for (int where = BEFORE_LOOP; where <= AFTER_LOOP; where++) {
        assert_string_equal(results->all[where].fields.error_message, failure_messages[where]);
        assert_int_equal(results->all[where].fields.counter_count, 0);
    }
    assert_int_equal(plans[BEFORE_LOOP].rounds, 0);
    assert_int_equal(plans[IN_LOOP].rounds, 1);
    assert_int_equal(plans[AFTER_LOOP].rounds, 10);
}

/** A repetition that fails, whichever and wherever, leaves those before it and skips the rest. */
static void test_skip_in_some_repetition(void **unused)
{
    (void)unused;
    for (int64_t iterations = 1; iterations <= 100; iterations += 99) {
        for (int where = BEFORE_LOOP; where <= AFTER_LOOP; where++) {
            for (int call = 1; call <= 4; call++) {
                failure_plan plan = {.fail_in_call = call, .where = where};
                assert_true(hm_gbench_clear());
                assert_true(
                    hm_gbench_repetitions(made("some", fail_as_planned, &plan, iterations), 4));
                const kept_results *results = run_and_keep("");
                assert_int_equal(plan.calls, call);
                assert_int_equal(results->count, call >= 3 ? 4 + 4 : 4);
                for (int index = 0; index < 4; index++) {
                    const char *message = results->all[index].fields.error_message;
                    if (index + 1 < call)
                        assert_null(message);
                    else
                        assert_string_equal(message, failure_messages[where]);
                }
            }
        }
    }
}

static void fail_in_one_thread(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    if (hm_gbench_thread_index(state) == 1)
        assert_true(hm_gbench_skip_with_error(state, "thread 1 is done"));
    while (hm_gbench_keep_running(state)) {
    }
}

static void test_skip_in_one_thread(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_threads(made("one thread", fail_in_one_thread, NULL, 100), 3));
    assert_string_equal(only_result()->fields.error_message, "thread 1 is done");
}

static void fail_setup(hm_gbench_state *state, void *user_data)
{
    ++*(int *)user_data;
    assert_true(hm_gbench_skip_with_error(state, "no room"));
}

static void count_teardown(hm_gbench_state *state, void *user_data)
{
    (void)state;
    ++*(int *)user_data;
}

static void never(hm_gbench_state *state, void *user_data)
{
    (void)state;
    ++*(int *)user_data;
}

static void test_skip_in_setup(void **unused)
{
    (void)unused;
    int setups = 0;
    int bodies = 0;
    int teardowns = 0;
    hm_gbench_benchmark *benchmark = made("no setup", never, &bodies, 10);
    assert_true(hm_gbench_threads(benchmark, 2));
    assert_true(hm_gbench_repetitions(benchmark, 2));
    assert_true(hm_gbench_setup(benchmark, fail_setup, &setups));
    assert_true(hm_gbench_teardown(benchmark, count_teardown, &teardowns));
    const kept_results *results = run_and_keep("");
    assert_int_equal(results->count, 2);
    assert_string_equal(results->all[0].fields.error_message, "no room");
    assert_string_equal(results->all[1].fields.error_message, "no room");
    assert_int_equal(setups, 1);
    assert_int_equal(teardowns, 1);
    assert_int_equal(bodies, 0);
}

static void ask_for_missing_argument(hm_gbench_state *state, void *user_data)
{
    (void)user_data;
    assert_int_equal(hm_gbench_argument(state, 1), 0);
    run_empty(state, NULL);
}

static void test_missing_argument(void **unused)
{
    (void)unused;
    assert_true(hm_gbench_arg(made("missing", ask_for_missing_argument, NULL, 10), 5));
    assert_string_equal(only_result()->fields.error_message,
                        "there is no argument 1; the benchmark has 1");
}

/** An error belongs to one call of hm_gbench_run. */
static void test_errors_are_forgotten(void **unused)
{
    (void)unused;
    failure_plan plan = {.fail_in_call = 1, .where = IN_LOOP};
    made("once", fail_as_planned, &plan, 10);
    assert_non_null(only_result()->fields.error_message);
    assert_null(only_result()->fields.error_message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_skip_with_error, clear_benchmarks),
        cmocka_unit_test_setup(test_skip_in_some_repetition, clear_benchmarks),
        cmocka_unit_test_setup(test_skip_in_one_thread, clear_benchmarks),
        cmocka_unit_test_setup(test_skip_in_setup, clear_benchmarks),
        cmocka_unit_test_setup(test_missing_argument, clear_benchmarks),
        cmocka_unit_test_setup(test_errors_are_forgotten, clear_benchmarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
