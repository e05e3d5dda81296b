/**
 * This module is the way from histograms, pauses and counters to metrics.
 *
 * A quantile is the smallest value that at least its share of all values do not exceed, so the
 * 99.9th percentile of fewer than 1,000 values is the largest of them; the records say how many
 * there were.
 */
#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>

enum { SHARES = 5 };
static const double shares[SHARES] = {0.5, 0.9, 0.99, 0.999, 1};

/* The metrics of one histogram in the order of `shares`; HM_METRIC_COUNT where there is none. */
typedef struct quantiles {
    hm_metric_id metrics[SHARES];
} quantiles;

static const quantiles of_rounds = {{HM_METRIC_operation_p50_ns, HM_METRIC_operation_p90_ns,
                                     HM_METRIC_operation_p99_ns, HM_METRIC_operation_p999_ns,
                                     HM_METRIC_operation_max_ns}};
static const quantiles of_mallocs = {{HM_METRIC_malloc_p50_ns, HM_METRIC_COUNT,
                                      HM_METRIC_malloc_p99_ns, HM_METRIC_malloc_p999_ns,
                                      HM_METRIC_malloc_max_ns}};
static const quantiles of_frees = {{HM_METRIC_free_p50_ns, HM_METRIC_COUNT, HM_METRIC_free_p99_ns,
                                    HM_METRIC_free_p999_ns, HM_METRIC_free_max_ns}};
static const quantiles of_pauses = {{HM_METRIC_pause_p50_ns, HM_METRIC_pause_p90_ns,
                                     HM_METRIC_pause_p99_ns, HM_METRIC_pause_p999_ns,
                                     HM_METRIC_pause_max_ns}};
static const quantiles of_cascades = {{HM_METRIC_cascade_p50_ns, HM_METRIC_cascade_p90_ns,
                                       HM_METRIC_cascade_p99_ns, HM_METRIC_cascade_p999_ns,
                                       HM_METRIC_cascade_max_ns}};

static void fill(const hm_histogram *histogram, const quantiles *wanted, double *values)
{
    for (size_t index = 0; index < SHARES; index++) {
        if (wanted->metrics[index] != HM_METRIC_COUNT)
            hm_histogram_quantile(histogram, shares[index], &values[wanted->metrics[index]]);
    }
}

void hm_sample_pause_metrics(const hm_sample_state *sample, double *values)
{
    const hm_sample_events *events = sample->events;
    if (!hm_sample_hears_of_collections())
        return;
    values[HM_METRIC_pause_total_ns] = (double)events->pause_total_ns;
    if (values[HM_METRIC_wall_ns] > 0)
        values[HM_METRIC_pause_share] = values[HM_METRIC_pause_total_ns] /
                                        (values[HM_METRIC_wall_ns] * sample->request->cell.threads);
    fill(&events->pauses, &of_pauses, values);
    fill(&events->cascades, &of_cascades, values);
}

static void fill_mmu(const hm_latency *latency, double *values)
{
    static const struct {
        uint64_t window_ns;
        hm_metric_id metric;
    } wanted[] = {{100000, HM_METRIC_mmu_100us},
                  {1000000, HM_METRIC_mmu_1ms},
                  {10000000, HM_METRIC_mmu_10ms},
                  {100000000, HM_METRIC_mmu_100ms},
                  {1000000000, HM_METRIC_mmu_1s}};
    for (size_t index = 0; index < HM_LATENCY_WINDOWS; index++) {
        for (size_t place = 0; place < HM_COUNT_OF(wanted); place++) {
            if (wanted[place].window_ns == hm_latency_windows_ns[index])
                values[wanted[place].metric] = latency->mmu[index];
        }
    }
}

/* What lies below the scatter of an empty measurement is not known, so its quantile is not. */
static void fill_times(const hm_latency_times *times, const quantiles *wanted,
                       const hm_clock_cost *clock, double *values)
{
    fill(&times->histogram, wanted, values);
    for (size_t index = 0; index < SHARES; index++) {
        hm_metric_id metric = wanted->metrics[index];
        if (metric != HM_METRIC_COUNT && values[metric] < (double)clock->scatter_ns)
            values[metric] = NAN;
    }
}

void hm_sample_latency_metrics(const hm_sample_state *sample, double *values)
{
    const hm_latency *latency = sample->latency;
    const hm_latency_calls *calls = &latency->calls;
    fill_times(&latency->rounds, &of_rounds, &latency->clock, values);
    fill_times(&calls->malloc, &of_mallocs, &latency->clock, values);
    fill_times(&calls->free, &of_frees, &latency->clock, values);
    values[HM_METRIC_malloc_mean_ns] = hm_latency_mean_ns(&calls->malloc, &calls->nothing);
    values[HM_METRIC_free_mean_ns] = hm_latency_mean_ns(&calls->free, &calls->nothing);
    fill_mmu(latency, values);
}

void hm_sample_counter_metrics(const hm_sample_state *sample, double *values)
{
    static const hm_metric_id metrics[HM_HARDWARE_COUNTERS] = {
        [HM_COUNTER_INSTRUCTIONS] = HM_METRIC_instructions_per_op,
        [HM_COUNTER_CYCLES] = HM_METRIC_cycles_per_op,
        [HM_COUNTER_CACHE_MISSES] = HM_METRIC_cache_misses_per_op,
        [HM_COUNTER_DTLB_MISSES] = HM_METRIC_dtlb_misses_per_op,
        [HM_COUNTER_BRANCH_MISSES] = HM_METRIC_branch_misses_per_op};
    const hm_counts *counts = &sample->counts;
    double operations = (double)hm_sample_operations(sample);
    for (size_t index = 0; index < counts->count && operations > 0; index++) {
        if (counts->values[index] != HM_COUNTER_ABSENT)
            values[metrics[index]] = (double)counts->values[index] / operations;
    }
}
