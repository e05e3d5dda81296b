/*
 * This module tests a latency sample's parts: rounds that are run one by one without changing the
 * work, calls that are chosen at random without changing what the allocator is told, pauses that
 * are kept one by one, and the metrics, worked out by hand.
 */
#include "cmocka_all.h"

#include "base/system_memory.h"
#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum {
    CALLS = 2000000,
    SIGMAS = 6,
    /* Of each round that is timed two steps at most, it and those before it, and one at the end of
     * each batch: some 4 000, and never so many. */
    ROUND_LOG = 8192
};

static hm_latency *latency;
static hm_mmu_pause *pauses;
static hm_sample_events *events;
static hm_sample_request request;
static hm_sample_state sample;

/* The rounds of each step, in order. */
static uint64_t steps[ROUND_LOG];
static size_t step_count;

static bool step(void *state, unsigned thread, uint64_t iterations)
{
    (void)state, (void)thread;
    assert_true(iterations > 0);
    if (step_count < ROUND_LOG)
        steps[step_count] = iterations;
    step_count++;
    return true;
}

static uint64_t operations(const int64_t *parameters)
{
    (void)parameters;
    return 10;
}

static const hm_workload workload = {
    .name = "made-up",
    .group = "object",
    .phases = {{"churn", HM_PHASE_STEADY, step}},
    .operations = operations,
};

static int start(void **state)
{
    (void)state;
    latency = hm_system_map(sizeof *latency);
    events = hm_system_map(sizeof *events);
    pauses = hm_system_map(HM_LATENCY_KEPT_PAUSES * sizeof *pauses);
    if (latency == NULL || events == NULL || pauses == NULL)
        return 1;
    latency->log = (hm_pause_log){.room = HM_LATENCY_KEPT_PAUSES, .pauses = pauses};
    step_count = 0;
    request = (hm_sample_request){.cell = {.workload = &workload,
                                           .collector = {.collector = &hm_collector_generational,
                                                         .settings = {.automatic = true}},
                                           .threads = 1},
                                  .kind = HM_SAMPLE_LATENCY,
                                  .iterations = 500,
                                  .batches = 80};
    sample = (hm_sample_state){
        .request = &request, .latency = latency, .events = events, .steady_done = true};
    events->log = &latency->log;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    hm_latency_stop_calls();
    hm_system_unmap(latency, sizeof *latency);
    hm_system_unmap(events, sizeof *events);
    hm_system_unmap(pauses, HM_LATENCY_KEPT_PAUSES * sizeof *pauses);
    return 0;
}

static uint64_t fresh_seed(void)
{
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static void run_all_batches(void)
{
    hm_sample_begin_counting(&sample);
    for (uint64_t batch = 0; batch < request.batches; batch++)
        assert_true(hm_sample_run_batch(&sample, request.iterations));
    hm_sample_end_counting(&sample);
}

static void every_round_runs_once_and_the_chosen_ones_alone(void **state)
{
    (void)state;
    request.seed = fresh_seed();
    run_all_batches();
    assert_int_equal(latency->rounds_one_in, 500 * 80 / HM_LATENCY_WANTED_ROUNDS);
    assert_true(step_count < ROUND_LOG);
    uint64_t rounds = 0;
    size_t alone = 0;
    for (size_t index = 0; index < step_count; index++) {
        rounds += steps[index];
        alone += steps[index] == 1;
    }
    assert_int_equal(rounds, 500 * 80);
    uint64_t timed = latency->rounds.histogram.count;
    assert_true(alone >= timed);
    double spread = sqrt((double)HM_LATENCY_WANTED_ROUNDS);
    assert_true(fabs((double)timed - HM_LATENCY_WANTED_ROUNDS) < SIGMAS * spread);
    assert_true(timed > 1000);
    assert_true(latency->span.end_ns > latency->span.begin_ns);
}

static void a_seed_chooses_the_same_rounds(void **state)
{
    (void)state;
    static uint64_t first[ROUND_LOG];
    request.seed = 7;
    run_all_batches();
    size_t first_count = step_count;
    memcpy(first, steps, sizeof first);
    step_count = 0;
    run_all_batches();
    assert_int_equal(step_count, first_count);
    assert_memory_equal(first, steps, step_count * sizeof *steps);
    request.seed = 8;
    step_count = 0;
    run_all_batches();
    assert_true(step_count != first_count || memcmp(first, steps, step_count * sizeof *steps) != 0);
}

static void gaps_go_on_over_the_ends_of_batches(void **state)
{
    (void)state;
    request.seed = fresh_seed();
    request.iterations = 3;
    request.batches = 40000 / 3;
    run_all_batches();
    double rounds = 3.0 * (double)request.batches;
    double expected = rounds / (double)latency->rounds_one_in;
    double found = (double)latency->rounds.histogram.count;
    assert_true(fabs(found - expected) < SIGMAS * sqrt(expected));
}

static void all_rounds_are_timed_where_there_are_few(void **state)
{
    (void)state;
    request.batches = 3;
    run_all_batches();
    assert_int_equal(latency->rounds_one_in, 1);
    assert_int_equal(latency->rounds.histogram.count, 1500);
    assert_int_equal(step_count, 1500);
}

static void the_warm_up_is_not_timed(void **state)
{
    (void)state;
    latency->until_next_round = 1;
    assert_true(hm_sample_run_batch(&sample, request.iterations));
    assert_int_equal(step_count, 1);
    assert_int_equal(steps[0], request.iterations);
    assert_int_equal(latency->rounds.histogram.count, 0);
}

/* An allocator that writes down what it was asked for. */
static struct {
    char word;
    void *block;
    size_t first, second;
} asked;
static char blocks[4];

static void *told(char word, void *block, size_t first, size_t second, void *answer)
{
    asked.word = word;
    asked.block = block;
    asked.first = first;
    asked.second = second;
    return answer;
}

static void *fake_malloc(size_t bytes)
{
    return told('m', NULL, bytes, 0, &blocks[0]);
}

static void *fake_calloc(size_t count, size_t bytes)
{
    return told('c', NULL, count, bytes, &blocks[1]);
}

static void *fake_realloc(void *block, size_t bytes)
{
    return told('r', block, bytes, 0, &blocks[2]);
}

static void *fake_realloc_sized(void *block, size_t old_bytes, size_t bytes)
{
    return told('R', block, old_bytes, bytes, &blocks[2]);
}

static void *fake_aligned_alloc(size_t alignment, size_t bytes)
{
    return told('a', NULL, alignment, bytes, &blocks[3]);
}

static void fake_free(void *block)
{
    told('f', block, 0, 0, NULL);
}

static void fake_free_sized(void *block, size_t bytes)
{
    told('F', block, bytes, 0, NULL);
}

static const hm_allocator whole = {.malloc = fake_malloc,
                                   .calloc = fake_calloc,
                                   .realloc = fake_realloc,
                                   .realloc_sized = fake_realloc_sized,
                                   .aligned_alloc = fake_aligned_alloc,
                                   .free = fake_free,
                                   .free_sized = fake_free_sized,
                                   .name = "fake",
                                   .capabilities = HM_ALLOCATOR_ALIGNED};

static void assert_asked(char word, void *block, size_t first, size_t second)
{
    assert_int_equal(asked.word, word);
    assert_ptr_equal(asked.block, block);
    assert_int_equal(asked.first, first);
    assert_int_equal(asked.second, second);
}

static void call_every_slot(const hm_allocator *table)
{
    assert_ptr_equal(table->malloc(11), &blocks[0]);
    assert_asked('m', NULL, 11, 0);
    assert_ptr_equal(table->calloc(12, 13), &blocks[1]);
    assert_asked('c', NULL, 12, 13);
    assert_ptr_equal(table->realloc(&asked, 14), &blocks[2]);
    assert_asked('r', &asked, 14, 0);
    assert_ptr_equal(table->realloc_sized(&asked, 15, 16), &blocks[2]);
    assert_asked('R', &asked, 15, 16);
    assert_ptr_equal(table->aligned_alloc(64, 17), &blocks[3]);
    assert_asked('a', NULL, 64, 17);
    table->free(&asked);
    assert_asked('f', &asked, 0, 0);
    table->free_sized(&asked, 18);
    assert_asked('F', &asked, 18, 0);
}

static void calls_pass_unchanged_timed_or_not(void **state)
{
    (void)state;
    enum { TIMES = 20000 };
    hm_allocator table;
    hm_latency_decorate(&whole, &table);
    assert_string_equal(table.name, "fake");
    assert_int_equal(table.capabilities, HM_ALLOCATOR_ALIGNED);
    hm_latency_start_calls(&latency->calls, 0, fresh_seed());
    const hm_allocator *calls = &table;
    for (int time = 0; time < TIMES; time++)
        calls->malloc(1);
    assert_true(latency->calls.malloc.histogram.count > 0);
    for (int time = 0; time < TIMES; time++)
        call_every_slot(calls);
}

static void assert_about(uint64_t found, double expected)
{
    if (fabs((double)found - expected) > SIGMAS * sqrt(expected))
        fail_msg("%llu were timed, not about %g", (unsigned long long)found, expected);
}

static void calls_are_timed_one_in_1024(void **state)
{
    (void)state;
    hm_allocator table;
    hm_latency_decorate(&whole, &table);
    hm_latency_start_calls(&latency->calls, 0, fresh_seed());
    for (int call = 0; call < CALLS; call++) {
        void *block = call % 4 == 0 ? table.calloc(1, 8) : table.malloc(8);
        if (call % 8 == 0)
            table.realloc(block, 16);
        table.free(block);
    }
    assert_about(latency->calls.malloc.histogram.count, (double)CALLS / 1024);
    assert_about(latency->calls.free.histogram.count, (double)CALLS / 1024);
    assert_about(latency->calls.realloc.histogram.count, (double)CALLS / 8 / 1024);
    assert_int_equal(latency->calls.nothing.count, latency->calls.malloc.histogram.count +
                                                       latency->calls.free.histogram.count +
                                                       latency->calls.realloc.histogram.count);
}

/* The same calls over and over, as programs do: with every n-th, one kind would get all. */
static void no_rhythm_of_calls_is_favoured(void **state)
{
    (void)state;
    hm_allocator table;
    hm_latency_decorate(&whole, &table);
    hm_latency_start_calls(&latency->calls, 0, fresh_seed());
    for (int call = 0; call < CALLS; call++)
        table.free(table.malloc(8));
    assert_about(latency->calls.malloc.histogram.count, (double)CALLS / 1024);
    assert_about(latency->calls.free.histogram.count, (double)CALLS / 1024);
}

static void freeing_null_is_no_timed_call(void **state)
{
    (void)state;
    hm_allocator table;
    hm_latency_decorate(&whole, &table);
    hm_latency_start_calls(&latency->calls, 0, 1);
    for (int call = 0; call < 100000; call++)
        table.free(NULL);
    assert_int_equal(latency->calls.free.histogram.count, 0);
    for (int call = 0; call < 100000; call++)
        table.free(&asked);
    assert_true(latency->calls.free.histogram.count > 0);
}

static void nothing_is_timed_before_start_and_after_stop(void **state)
{
    (void)state;
    hm_allocator table;
    hm_latency_decorate(&whole, &table);
    for (int call = 0; call < 100000; call++)
        table.malloc(1);
    hm_latency_start_calls(&latency->calls, 0, 1);
    hm_latency_stop_calls();
    for (int call = 0; call < 100000; call++)
        table.malloc(1);
    assert_int_equal(latency->calls.malloc.histogram.count, 0);
}

static void what_the_allocator_lacks_stays_lacking(void **state)
{
    (void)state;
    hm_allocator bare = whole, table;
    bare.free_sized = NULL;
    bare.aligned_alloc = NULL;
    bare.realloc_sized = NULL;
    hm_latency_decorate(&bare, &table);
    assert_null(table.free_sized);
    assert_null(table.aligned_alloc);
    assert_null(table.realloc_sized);
}

static void the_clock_s_cost_is_taken_off_and_never_below_zero(void **state)
{
    (void)state;
    hm_latency_times *times = &latency->rounds;
    hm_latency_record(times, 100, 30);
    hm_latency_record(times, 20, 30);
    assert_int_equal(times->histogram.maximum, 70);
    assert_int_equal(times->histogram.minimum, 0);
}

static void means_are_of_the_quickest_99_percent_less_an_empty_measurement(void **state)
{
    (void)state;
    hm_latency_times *times = &latency->calls.free;
    hm_histogram *nothing = &latency->calls.nothing;
    assert_true(isnan(hm_latency_mean_ns(times, nothing)));
    for (int time = 0; time < 100; time++) {
        hm_latency_record(times, time < 99 ? 40 : 5000000, 30);
        hm_histogram_record(nothing, time < 50 ? 20 : time < 99 ? 30 : 7000000);
    }
    double empty_ns = (50 * 20 + 49 * 30) / 99.0;
    assert_true(fabs(hm_latency_mean_ns(times, nothing) - (40 - empty_ns)) < 1e-9);
    assert_true(isnan(hm_latency_mean_ns(&latency->calls.malloc, nothing)));
    hm_latency_record(&latency->calls.malloc, 20, 30);
    assert_true(isnan(hm_latency_mean_ns(&latency->calls.malloc, nothing)));
}

static void tell(hm_event_kind kind)
{
    hm_event_sink sink = hm_sample_events_sink(events);
    const hm_event event = {.kind = kind};
    sink.emit(sink.context, &event);
}

static void pauses_are_kept_one_by_one_in_the_order_of_their_ends(void **state)
{
    (void)state;
    const hm_event_kind told_events[] = {HM_EVENT_COLLECTION_BEGIN, HM_EVENT_CASCADE_BEGIN,
                                         HM_EVENT_CASCADE_END,      HM_EVENT_COLLECTION_END,
                                         HM_EVENT_CASCADE_BEGIN,    HM_EVENT_CASCADE_END};
    tell(HM_EVENT_COLLECTION_BEGIN);
    tell(HM_EVENT_COLLECTION_END);
    hm_sample_begin_counting(&sample);
    for (size_t index = 0; index < HM_COUNT_OF(told_events); index++)
        tell(told_events[index]);
    assert_int_equal(latency->log.count, 3);
    const hm_mmu_pause *kept = latency->log.pauses;
    assert_true(kept[1].begin_ns <= kept[0].begin_ns && kept[0].end_ns <= kept[1].end_ns);
    assert_true(kept[1].end_ns <= kept[2].begin_ns);
    assert_int_equal(kept[1].end_ns - kept[1].begin_ns, events->pauses.maximum);
    assert_int_equal(events->cascades.count, 2);
    uint64_t begin_ns = kept[1].begin_ns;
    hm_sample_end_counting(&sample);
    assert_true(latency->span.begin_ns <= begin_ns);
}

/* Three pauses of 0.1, 0.2 and 0.1 ms in 4 ms; of the second, half is a nested cascade. */
static void keep_known_pauses(uint64_t from_ns)
{
    const hm_mmu_pause known[] = {
        {500000, 600000}, {1000000, 1100000}, {1000000, 1200000}, {1300000, 1400000}};
    for (size_t index = 0; index < HM_COUNT_OF(known); index++)
        latency->log.pauses[latency->log.count++] =
            (hm_mmu_pause){from_ns + known[index].begin_ns, from_ns + known[index].end_ns};
}

static void mmu_is_that_of_the_pauses_in_the_span(void **state)
{
    (void)state;
    double values[HM_METRIC_COUNT];
    hm_sample_begin_latency(&sample);
    keep_known_pauses(latency->span.begin_ns);
    while (latency->span.end_ns < latency->span.begin_ns + 4000000)
        hm_sample_end_latency(&sample); /* joined pauses are joined again */
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_mmu_100us] == 0);
    /* 0.3 ms hold the second; 1 ms, from 0.5 to 1.5, all three; 3 ms too. */
    assert_int_equal(hm_latency_windows_ns[1], 300000);
    assert_true(fabs(latency->mmu[1] - 1.0 / 3) < 1e-12);
    assert_true(fabs(values[HM_METRIC_mmu_1ms] - 0.6) < 1e-12);
    assert_true(fabs(latency->mmu[3] - (1 - 0.4 / 3)) < 1e-12);
    assert_true(isnan(values[HM_METRIC_mmu_1s]));
}

static void too_many_pauses_make_mmu_unknown(void **state)
{
    (void)state;
    double values[HM_METRIC_COUNT];
    hm_sample_begin_counting(&sample);
    latency->span.begin_ns -= 10000000; /* the shorter windows fit */
    latency->log.count = HM_LATENCY_KEPT_PAUSES - 1;
    tell(HM_EVENT_COLLECTION_BEGIN);
    tell(HM_EVENT_COLLECTION_END);
    assert_int_equal(latency->log.lost, 0);
    tell(HM_EVENT_COLLECTION_BEGIN);
    tell(HM_EVENT_COLLECTION_END);
    assert_int_equal(latency->log.count, HM_LATENCY_KEPT_PAUSES);
    assert_int_equal(latency->log.lost, 1);
    hm_sample_end_counting(&sample);
    hm_sample_metrics(&sample, values);
    assert_true(isnan(values[HM_METRIC_mmu_100us]));
    assert_true(values[HM_METRIC_collections] == 2);
}

static void record_many(hm_latency_times *times, uint64_t usual_ns)
{
    for (int time = 0; time < 1000; time++)
        hm_latency_record(times,
                          time < 900   ? usual_ns
                          : time < 989 ? 3 * usual_ns
                                       : 7 * usual_ns,
                          0);
    hm_latency_record(times, 15 * usual_ns, 0);
}

static void quantiles_are_those_of_what_was_timed(void **state)
{
    (void)state;
    double values[HM_METRIC_COUNT];
    latency->clock = (hm_clock_cost){.scatter_ns = 5};
    record_many(&latency->rounds, 8);
    record_many(&latency->calls.malloc, 6);
    record_many(&latency->calls.free, 2);
    hm_histogram_record(&latency->calls.nothing, 1);
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_operation_p50_ns] == 8);
    assert_true(values[HM_METRIC_operation_p90_ns] == 24);
    assert_true(values[HM_METRIC_operation_p99_ns] == 56);
    assert_true(values[HM_METRIC_operation_p999_ns] == 56);
    assert_true(values[HM_METRIC_operation_max_ns] == 120);
    assert_true(values[HM_METRIC_malloc_p50_ns] == 6);
    assert_true(values[HM_METRIC_malloc_p99_ns] == 42);
    assert_true(values[HM_METRIC_malloc_max_ns] == 90);
    /* 2 ns cannot be told from nothing where the clock scatters by 5. */
    assert_true(isnan(values[HM_METRIC_free_p50_ns]));
    assert_true(values[HM_METRIC_free_p99_ns] == 14);
    assert_true(fabs(values[HM_METRIC_free_mean_ns] - ((900 * 2 + 89 * 6 + 14) / 990.0 - 1)) <
                1e-9);
    assert_true(isnan(values[HM_METRIC_pause_p50_ns]));
    assert_true(isnan(values[HM_METRIC_cascade_p999_ns]));
}

static void counters_are_per_operation(void **state)
{
    (void)state;
    double values[HM_METRIC_COUNT];
    hm_sample_batch batch = {.wall_ns = 100, .cpu_ns = 100};
    request.kind = HM_SAMPLE_TIME;
    request.batches = 1;
    sample.latency = NULL;
    sample.batches = &batch;
    sample.batches_done = 1;
    sample.counts = (hm_counts){.count = HM_HARDWARE_COUNTERS,
                                .values = {50000, HM_COUNTER_ABSENT, 0, 25, HM_COUNTER_ABSENT}};
    hm_sample_metrics(&sample, values);
    assert_true(values[HM_METRIC_instructions_per_op] == 10);
    assert_true(isnan(values[HM_METRIC_cycles_per_op]));
    assert_true(values[HM_METRIC_cache_misses_per_op] == 0);
    assert_true(values[HM_METRIC_dtlb_misses_per_op] == 0.005);
    assert_true(isnan(values[HM_METRIC_branch_misses_per_op]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
        TEST(every_round_runs_once_and_the_chosen_ones_alone),
        TEST(a_seed_chooses_the_same_rounds),
        TEST(gaps_go_on_over_the_ends_of_batches),
        TEST(all_rounds_are_timed_where_there_are_few),
        TEST(the_warm_up_is_not_timed),
        TEST(calls_pass_unchanged_timed_or_not),
        TEST(calls_are_timed_one_in_1024),
        TEST(no_rhythm_of_calls_is_favoured),
        TEST(freeing_null_is_no_timed_call),
        TEST(nothing_is_timed_before_start_and_after_stop),
        TEST(what_the_allocator_lacks_stays_lacking),
        TEST(the_clock_s_cost_is_taken_off_and_never_below_zero),
        TEST(means_are_of_the_quickest_99_percent_less_an_empty_measurement),
        TEST(pauses_are_kept_one_by_one_in_the_order_of_their_ends),
        TEST(mmu_is_that_of_the_pauses_in_the_span),
        TEST(too_many_pauses_make_mmu_unknown),
        TEST(quantiles_are_those_of_what_was_timed),
        TEST(counters_are_per_operation),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
