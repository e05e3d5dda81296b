/*
 * This module tests the way from what a sample kept to its metrics, with numbers made up so that
 * every result can be worked out by hand.
 */
#include "cmocka_all.h"

#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>
#include <string.h>

static bool step(void *state, unsigned thread, uint64_t iterations)
{
    (void)state, (void)thread, (void)iterations;
    return true;
}

static uint64_t operations(const int64_t *parameters)
{
    (void)parameters;
    return 10;
}

static const hm_workload workload = {.name = "made-up",
                                     .group = "object",
                                     .phases = {{"make", HM_PHASE_BUILD, step},
                                                {"churn", HM_PHASE_STEADY, step},
                                                {"drop", HM_PHASE_RELEASE, step}},
                                     .operations = operations};

static hm_sample_request request;
static hm_sample_events events;
static hm_sample_batch batches[4];
static hm_sample_state sample;
static double values[HM_METRIC_COUNT];

static int start(void **state)
{
    (void)state;
    memset(&events, 0, sizeof events);
    request = (hm_sample_request){.cell = {.workload = &workload,
                                           .collector = {.collector = &hm_collector_generational},
                                           .threads = 1},
                                  .kind = HM_SAMPLE_TIME,
                                  .iterations = 5,
                                  .batches = 4};
    const hm_sample_batch made_up[4] = {{.wall_ns = 100, .cpu_ns = 90},
                                        {.wall_ns = 400, .cpu_ns = 380},
                                        {.wall_ns = 200, .cpu_ns = 190},
                                        {.wall_ns = 300, .cpu_ns = 200}};
    memcpy(batches, made_up, sizeof batches);
    sample = (hm_sample_state){.request = &request,
                               .events = &events,
                               .batches = batches,
                               .batches_done = 4,
                               .steady_done = true};
    return 0;
}

static void times_are_medians_of_batches(void **state)
{
    (void)state;
    hm_sample_metrics(&sample, values);
    assert_int_equal(hm_sample_operations(&sample), 4 * 5 * 10);
    assert_true(values[HM_METRIC_wall_ns] == 1000);
    assert_true(values[HM_METRIC_cpu_ns] == 860);
    assert_true(values[HM_METRIC_ns_per_op] == 250.0 / 50);
    assert_true(values[HM_METRIC_cpu_ns_per_op] == 195.0 / 50);
    assert_true(values[HM_METRIC_ops_per_second] == 1e9 / 5);
    sample.batches_done = request.batches = 3;
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_ns_per_op] == 200.0 / 50);
}

static void pauses_are_null_where_there_were_none(void **state)
{
    (void)state;
    hm_sample_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_pause_max_ns]));
    assert_true(isnan(values[HM_METRIC_pause_p99_ns]));
    assert_true(isnan(values[HM_METRIC_cascade_max_ns]));
    assert_true(values[HM_METRIC_pause_total_ns] == 0);
    assert_true(values[HM_METRIC_pause_share] == 0);
    assert_true(values[HM_METRIC_collections] == 0);

    hm_histogram_record(&events.pauses, 100);
    hm_histogram_record(&events.pauses, 150);
    events.pause_total_ns = 250;
    hm_histogram_record(&events.cascades, 77);
    events.collected = 12;
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_pause_max_ns] == 150);
    assert_true(values[HM_METRIC_pause_p99_ns] == 150);
    assert_true(values[HM_METRIC_pause_share] == 0.25);
    assert_true(values[HM_METRIC_cascade_max_ns] == 77);
    assert_true(values[HM_METRIC_collections] == 2);
    assert_true(values[HM_METRIC_collected] == 12);
}

static void take_edge(const char *name, uint64_t rss)
{
    const uint64_t mebibyte = 1 << 20;
    sample.edges[sample.edge_count++] = (hm_sample_edge){.name = name,
                                                         .rss_bytes = rss,
                                                         .peak_rss_bytes = rss + 1,
                                                         .live_bytes = 2 * mebibyte,
                                                         .requested_bytes = 3 * mebibyte,
                                                         .usable_bytes = 6 * mebibyte,
                                                         .active_bytes = 9 * mebibyte,
                                                         .tracked_objects = 5};
}

static void memory_is_that_of_the_steady_edge(void **state)
{
    (void)state;
    request.kind = HM_SAMPLE_MEMORY;
    take_edge("make", 1000);
    take_edge("churn", 2000);
    take_edge("drop", 1500);
    take_edge("release+0ms", 1400);
    take_edge("release+100ms", 1300);
    take_edge("collected", 1200);
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_rss_bytes] == 2000);
    assert_true(values[HM_METRIC_peak_rss_bytes] == 2001);
    assert_true(values[HM_METRIC_collector_drag_ratio] == 1.5);
    assert_true(values[HM_METRIC_internal_fragmentation_ratio] == 2);
    assert_true(values[HM_METRIC_external_fragmentation_ratio] == 1.5);
    assert_true(values[HM_METRIC_rss_after_release_bytes] == 1400);
    assert_true(values[HM_METRIC_rss_after_100ms_bytes] == 1300);
    assert_true(values[HM_METRIC_rss_after_collect_bytes] == 1200);
    assert_true(isnan(values[HM_METRIC_rss_after_purge_bytes]));
    assert_true(values[HM_METRIC_collector_prefix_bytes] == hm_collector_generational.prefix_bytes);
    assert_true(isnan(values[HM_METRIC_ns_per_op]));
}

static void what_is_unknown_is_never_a_number(void **state)
{
    (void)state;
    request.kind = HM_SAMPLE_MEMORY;
    take_edge("churn", 2000);
    hm_sample_edge *edge = &sample.edges[0];
    edge->active_bytes = edge->peak_rss_bytes = HM_UNKNOWN_BYTES;
    hm_sample_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_active_bytes]));
    assert_true(isnan(values[HM_METRIC_peak_rss_bytes]));
    assert_true(isnan(values[HM_METRIC_external_fragmentation_ratio]));
    assert_true(values[HM_METRIC_internal_fragmentation_ratio] == 2);
    edge->live_bytes = (1 << 20) - 1;
    hm_sample_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_internal_fragmentation_ratio]));
    assert_true(isnan(values[HM_METRIC_collector_drag_ratio]));
    edge->live_bytes = HM_UNKNOWN_BYTES;
    hm_sample_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_live_bytes]));
    assert_true(isnan(values[HM_METRIC_collector_drag_ratio]));
}

static void an_unfinished_steady_phase_has_no_metrics(void **state)
{
    (void)state;
    sample.steady_done = false;
    hm_sample_metrics(&sample, values);
    for (size_t index = 0; index < HM_METRIC_COUNT; index++)
        assert_true(isnan(values[index]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(times_are_medians_of_batches, start),
        cmocka_unit_test_setup(pauses_are_null_where_there_were_none, start),
        cmocka_unit_test_setup(memory_is_that_of_the_steady_edge, start),
        cmocka_unit_test_setup(what_is_unknown_is_never_a_number, start),
        cmocka_unit_test_setup(an_unfinished_steady_phase_has_no_metrics, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
