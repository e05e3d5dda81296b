/*
 * This module tests the way from a memory sample's accounts to its metrics, with numbers made up so
 * that every result can be worked out by hand, and when accounts are due.
 */
#include "cmocka_all.h"

#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>
#include <string.h>

enum { MEBIBYTE = 1 << 20 };

static bool step(void *state, unsigned thread, uint64_t iterations)
{
    (void)state, (void)thread, (void)iterations;
    return true;
}

static const hm_workload workload = {.name = "made-up",
                                     .group = "object",
                                     .phases = {{"make", HM_PHASE_BUILD, step},
                                                {"churn", HM_PHASE_STEADY, step},
                                                {"drop", HM_PHASE_RELEASE, step},
                                                {"again", HM_PHASE_REFILL, step}}};

static hm_sample_request request;
static hm_sample_state sample;
static hm_sample_edge batches[3];
static double values[HM_METRIC_COUNT];

static int start(void **state)
{
    (void)state;
    request = (hm_sample_request){.cell = {.workload = &workload,
                                           .collector = {.collector = &hm_collector_generational},
                                           .threads = 1},
                                  .kind = HM_SAMPLE_MEMORY};
    sample = (hm_sample_state){.request = &request, .accounts = {.batches = batches}};
    for (size_t index = 0; index < HM_METRIC_COUNT; index++)
        values[index] = NAN;
    return 0;
}

/* RSS and Q in MiB; the rest is the same at every edge. */
static hm_sample_edge *add_edge(const char *name, uint64_t rss, uint64_t requested)
{
    hm_sample_edge *edge = &sample.edges[sample.edge_count++];
    *edge = (hm_sample_edge){.name = name,
                             .rss_bytes = rss * MEBIBYTE,
                             .live_bytes = 10 * MEBIBYTE,
                             .requested_bytes = requested * MEBIBYTE,
                             .usable_bytes = 30 * MEBIBYTE,
                             .active_bytes = 60 * MEBIBYTE,
                             .allocated_bytes = 31 * MEBIBYTE,
                             .huge_page_bytes = 20 * MEBIBYTE,
                             .collector_table_bytes = 4096,
                             .uncollected_bytes = 77};
    return edge;
}

static void sizes_are_those_of_the_steady_edge(void **state)
{
    (void)state;
    add_edge("make", 50, 20);
    add_edge("churn", 80, 20);
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_allocated_bytes] == 31 * MEBIBYTE);
    assert_true(values[HM_METRIC_huge_page_bytes] == 20 * MEBIBYTE);
    assert_true(values[HM_METRIC_huge_page_share] == 0.25);
    assert_true(values[HM_METRIC_collector_table_bytes] == 4096);
    assert_true(values[HM_METRIC_uncollected_bytes] == 77);
    assert_true(values[HM_METRIC_uncollected_peak_bytes] == 77);
    assert_true(values[HM_METRIC_collector_drag_ratio] == 2);
    assert_true(isnan(values[HM_METRIC_returned_share]));
    assert_true(isnan(values[HM_METRIC_rss_after_1s_bytes]));
    assert_true(isnan(values[HM_METRIC_rss_after_refill_bytes]));
}

static void the_most_uncollected_is_looked_for_in_the_batches(void **state)
{
    (void)state;
    add_edge("churn", 80, 20);
    batches[0].uncollected_bytes = 50;
    batches[1].uncollected_bytes = 500;
    batches[2].uncollected_bytes = HM_UNKNOWN_BYTES;
    sample.accounts.batch_count = 3;
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_uncollected_peak_bytes] == 500);
    assert_true(values[HM_METRIC_uncollected_bytes] == 77);
}

static void what_returns_is_a_share_of_what_was_freed(void **state)
{
    (void)state;
    add_edge("churn", 80, 50);
    add_edge("drop", 78, 20);
    add_edge("release+0ms", 78, 20);
    add_edge("release+100ms", 70, 20);
    add_edge("release+1000ms", 65, 20);
    add_edge("release+5000ms", 60, 20);
    add_edge("collected", 60, 10); /* 40 MiB freed, 20 MiB given back */
    add_edge("purged", 50, 10);    /* 30 MiB */
    add_edge("again", 90, 50);
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_returned_share] == 0.5);
    assert_true(values[HM_METRIC_returned_after_purge_share] == 0.75);
    assert_true(values[HM_METRIC_rss_after_1s_bytes] == 65 * MEBIBYTE);
    assert_true(values[HM_METRIC_rss_after_5s_bytes] == 60 * MEBIBYTE);
    assert_true(values[HM_METRIC_rss_after_refill_bytes] == 90 * MEBIBYTE);
}

static void without_a_collection_the_last_look_is_the_latest_release(void **state)
{
    (void)state;
    add_edge("churn", 80, 50);
    add_edge("release+0ms", 78, 10);
    add_edge("release+100ms", 70, 10);
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_returned_share] == 0.25);
    assert_true(isnan(values[HM_METRIC_returned_after_purge_share]));
}

static void little_freed_has_no_share(void **state)
{
    (void)state;
    add_edge("churn", 80, 50);
    hm_sample_edge *edge = add_edge("release+0ms", 70, 50);
    edge->requested_bytes -= MEBIBYTE - 1;
    hm_sample_memory_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_returned_share]));
    edge->requested_bytes--;
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_returned_share] == 10);
    edge->requested_bytes = HM_UNKNOWN_BYTES;
    hm_sample_memory_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_returned_share]));
}

static void resident_bytes_are_held_against_what_lives(void **state)
{
    (void)state;
    add_edge("setup", 5, 0);
    add_edge("churn", 25, 20);
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_rss_over_live] == 2);
    assert_true(isnan(values[HM_METRIC_rss_over_live_after_purge]));
    hm_sample_edge *purged = add_edge("purged", 20, 10);
    purged->live_bytes = 3 * MEBIBYTE;
    purged->live_page_bytes = 12 * MEBIBYTE;
    hm_sample_memory_metrics(&sample, values);
    assert_true(values[HM_METRIC_rss_over_live_after_purge] == 5);
    assert_true(values[HM_METRIC_live_page_bytes] == 12 * MEBIBYTE);
    assert_true(values[HM_METRIC_rss_over_live_pages] == 1.25);
    purged->live_page_bytes = MEBIBYTE - 1;
    hm_sample_memory_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_rss_over_live_pages]));
    purged->live_page_bytes = HM_UNKNOWN_BYTES;
    hm_sample_memory_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_live_page_bytes]));
    assert_true(isnan(values[HM_METRIC_rss_over_live_pages]));
}

static void attribution_says_what_may_be_divided(void **state)
{
    (void)state;
    assert_null(hm_sample_attribution(&sample));
    hm_sample_edge *edge = add_edge("churn", 80, 50);
    assert_string_equal(hm_sample_attribution(&sample), "split");
    edge->active_bytes = HM_UNKNOWN_BYTES;
    assert_string_equal(hm_sample_attribution(&sample), "merged");
    edge->live_bytes = MEBIBYTE - 1;
    assert_string_equal(hm_sample_attribution(&sample), "bytes");
    edge->live_bytes = HM_UNKNOWN_BYTES;
    assert_string_equal(hm_sample_attribution(&sample), "bytes");
}

/* More sizes than there is room for: those above it are taken together in the last entry. */
static bool tell_too_many(hm_allocator_class_visitor visit, void *context)
{
    for (uint64_t size = 1; size <= HM_SAMPLE_MAX_CLASSES + 10; size++)
        visit(context, &(hm_allocator_class){.usable_bytes = size, .blocks = 1, .slots = 2});
    return true;
}

static void classes_beyond_the_room_are_taken_together(void **state)
{
    (void)state;
    static hm_sample_class room[HM_SAMPLE_MAX_CLASSES + 20];
    sample.accounts.classes = room;
    sample.bound.size_classes = tell_too_many;
    hm_sample_take_classes(&sample);
    assert_int_equal(sample.accounts.class_count, HM_SAMPLE_MAX_CLASSES);
    const hm_sample_class *last = &room[HM_SAMPLE_MAX_CLASSES - 1];
    assert_true(last->usable_bytes == HM_UNKNOWN_BYTES);
    assert_int_equal(last->slots, 2 * 11);
    assert_int_equal(room[HM_SAMPLE_MAX_CLASSES].slots, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sizes_are_those_of_the_steady_edge, start),
        cmocka_unit_test_setup(the_most_uncollected_is_looked_for_in_the_batches, start),
        cmocka_unit_test_setup(what_returns_is_a_share_of_what_was_freed, start),
        cmocka_unit_test_setup(without_a_collection_the_last_look_is_the_latest_release, start),
        cmocka_unit_test_setup(little_freed_has_no_share, start),
        cmocka_unit_test_setup(resident_bytes_are_held_against_what_lives, start),
        cmocka_unit_test_setup(attribution_says_what_may_be_divided, start),
        cmocka_unit_test_setup(classes_beyond_the_room_are_taken_together, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
