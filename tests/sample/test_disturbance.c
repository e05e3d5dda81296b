/* This module is the tests of what is done about disturbed batches: marking, the median over the
 * quiet ones, and when a sample is measured again. */
#include "bench/disturbance.h"
#include "bench/measure/speed.h"
#include "bench/metrics.h"
#include "bench/sample_state.h"
#include "cmocka_all.h"

enum { BATCHES = 10 };

static hm_sample_batch batches[BATCHES + 1];
static hm_sample_request request;

/* Ten batches of 1000 ns with quiet probes; those from `first` to `last` slow, with slow probes. */
static hm_sample_state disturbed_sample(int first, int last)
{
    for (int place = 0; place <= BATCHES; place++) {
        bool slow = place >= first && place <= last;
        batches[place] = (hm_sample_batch){.wall_ns = slow ? 1700 : 1000,
                                           .cpu_ns = slow ? 1700 : 1000,
                                           .probe_ns = slow ? 30000 : 18000};
    }
    request = (hm_sample_request){.iterations = 1, .batches = BATCHES};
    request.cell.workload = hm_workload_find("empty");
    request.cell.threads = 1;
    request.cell.collector.collector = hm_collector_find("none");
    return (hm_sample_state){.request = &request, .batches = batches, .batches_done = BATCHES};
}

static void test_a_batch_is_disturbed_by_a_slow_probe_on_either_side(void **state)
{
    HM_UNUSED(state);
    hm_sample_state sample = disturbed_sample(4, 5);
    hm_sample_mark_disturbed(&sample);
    for (int batch = 0; batch < BATCHES; batch++)
        assert_int_equal(batches[batch].disturbed, batch >= 3 && batch <= 5);
}

static void test_the_caller_may_know_a_quieter_machine(void **state)
{
    HM_UNUSED(state);
    hm_sample_state sample = disturbed_sample(0, BATCHES);
    hm_sample_mark_disturbed(&sample);
    assert_false(batches[0].disturbed);
    request.quiet_probe_ns = 18000;
    hm_sample_mark_disturbed(&sample);
    for (int batch = 0; batch < BATCHES; batch++)
        assert_true(batches[batch].disturbed);
}

static void test_the_median_is_over_the_quiet_batches_where_there_are_enough(void **state)
{
    HM_UNUSED(state);
    double values[HM_METRIC_COUNT];
    hm_sample_events events = {0};
    hm_sample_state sample = disturbed_sample(0, 4);
    sample.events = &events;
    sample.steady_done = true;
    hm_sample_mark_disturbed(&sample);
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_ns_per_op] == 1000);
    assert_true(values[HM_METRIC_wall_ns] == 5 * 1000 + 5 * 1700);
    assert_true(values[HM_METRIC_disturbed_share] == 0.5);

    sample = disturbed_sample(0, 7);
    sample.events = &events;
    sample.steady_done = true;
    hm_sample_mark_disturbed(&sample);
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_ns_per_op] == 1700);
}

static void test_attempts_are_bounded_for_a_sample_and_for_a_run(void **state)
{
    HM_UNUSED(state);
    hm_disturbance disturbance;
    hm_disturbance_start(&disturbance, 10 * HM_EXTRA_ATTEMPTS_OF);
    assert_in_range(disturbance.quiet_probe_ns, 1, UINT64_MAX - 1);
    assert_false(hm_disturbance_may_try_again(&disturbance, HM_MAX_ATTEMPTS));
    int again = 0;
    for (int sample = 0; sample < 100; sample++) {
        if (!hm_disturbance_may_try_again(&disturbance, 1))
            break;
        hm_disturbance_take_attempt(&disturbance);
        again++;
    }
    assert_int_equal(again, 10);
    hm_disturbance_extend(&disturbance, 2 * HM_EXTRA_ATTEMPTS_OF);
    assert_true(hm_disturbance_may_try_again(&disturbance, 1));
    assert_int_equal(disturbance.extra_attempts_left, 2);
}

static void test_the_quickest_probe_of_all_records_is_kept(void **state)
{
    HM_UNUSED(state);
    hm_disturbance disturbance = {.quiet_probe_ns = 20000};
    json_t *record = json_pack("{s:{s:[i,i,i]},s:{s:f}}", "series", "probe_ns", 30000, 18000, 25000,
                               "metrics", "disturbed_share", HM_DISTURBED_ENOUGH);
    assert_true(hm_disturbance_badness(&disturbance, record) == 1);
    assert_int_equal(disturbance.quiet_probe_ns, 18000);
    json_decref(record);
    record = json_object();
    assert_true(hm_disturbance_badness(&disturbance, record) == 0);
    assert_int_equal(disturbance.quiet_probe_ns, 18000);
    json_decref(record);
}

static void test_a_machine_that_stays_loud_is_no_reason_to_try_again(void **state)
{
    HM_UNUSED(state);
    assert_false(hm_disturbance_is_worth_another(1, 1, false));
    assert_true(hm_disturbance_is_worth_another(0, 1.1, false));
    assert_false(hm_disturbance_is_worth_another(0, 1.1, true));
    /* A neighbour that the probe felt shows in no figure of the kernel's: it may be gone. */
    assert_true(hm_disturbance_is_worth_another(1.1, 0, false));
    assert_true(hm_disturbance_is_worth_another(1.1, 2, true));
}

static uint64_t quickest_of_many(void)
{
    uint64_t quickest_ns = UINT64_MAX;
    for (int probe = 0; probe < 300; probe++) {
        uint64_t probe_ns = hm_speed_probe_ns();
        quickest_ns = probe_ns < quickest_ns ? probe_ns : quickest_ns;
    }
    return quickest_ns;
}

static void test_the_probe_repeats(void **state)
{
    HM_UNUSED(state);
    uint64_t first_ns = quickest_of_many(), second_ns = quickest_of_many();
    assert_true(first_ns > 0);
    assert_true(first_ns < 3 * second_ns && second_ns < 3 * first_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_is_disturbed_by_a_slow_probe_on_either_side),
        cmocka_unit_test(test_the_caller_may_know_a_quieter_machine),
        cmocka_unit_test(test_the_median_is_over_the_quiet_batches_where_there_are_enough),
        cmocka_unit_test(test_attempts_are_bounded_for_a_sample_and_for_a_run),
        cmocka_unit_test(test_a_machine_that_stays_loud_is_no_reason_to_try_again),
        cmocka_unit_test(test_the_quickest_probe_of_all_records_is_kept),
        cmocka_unit_test(test_the_probe_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
