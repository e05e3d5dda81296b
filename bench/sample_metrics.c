/**
 * This module is the way from what a sample kept to its metrics (metrics.def). A figure that was
 * not taken is NAN, which the record writes as null.
 */
#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this much live memory the fixed cost of a process makes ratios meaningless. */
#define LEAST_LIVE_BYTES_FOR_RATIOS ((double)(1 << 20))

uint64_t hm_sample_operations(const hm_sample_state *sample)
{
    const hm_sample_request *request = sample->request;
    return request->batches * request->iterations * request->cell.threads *
           request->cell.workload->operations(request->cell.parameters);
}

static int compare(const void *left, const void *right)
{
    double first = *(const double *)left, second = *(const double *)right;
    return (first > second) - (first < second);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The batches whose median speaks for the sample: the undisturbed ones where there are enough. */
static size_t choose_batches(const hm_sample_state *sample, double *wall, double *cpu)
{
    size_t all = (size_t)sample->batches_done, quiet = 0, chosen = 0;
    for (size_t batch = 0; batch < all; batch++)
        quiet += !sample->batches[batch].disturbed;
    bool only_quiet = quiet >= HM_SAMPLE_QUIET_BATCHES;
    for (size_t batch = 0; batch < all; batch++) {
        if (only_quiet && sample->batches[batch].disturbed)
            continue;
        wall[chosen] = (double)sample->batches[batch].wall_ns;
        cpu[chosen++] = (double)sample->batches[batch].cpu_ns;
    }
    return chosen;
}

static void fill_sums(const hm_sample_state *sample, double *values)
{
    double wall_sum = 0, cpu_sum = 0, disturbed = 0;
    for (uint64_t batch = 0; batch < sample->batches_done; batch++) {
        wall_sum += (double)sample->batches[batch].wall_ns;
        cpu_sum += (double)sample->batches[batch].cpu_ns;
        disturbed += sample->batches[batch].disturbed ? 1 : 0;
    }
    values[HM_METRIC_wall_ns] = wall_sum;
    values[HM_METRIC_cpu_ns] = cpu_sum;
    values[HM_METRIC_disturbed_share] = disturbed / (double)sample->batches_done;
}

static void fill_batches(const hm_sample_state *sample, double *values)
{
    size_t count = (size_t)sample->batches_done;
    double per_batch = (double)hm_sample_operations(sample) / (double)count;
    double *wall = malloc(2 * count * sizeof *wall), *cpu = wall + count;
    if (wall == NULL)
        return;
    fill_sums(sample, values);
    size_t chosen = choose_batches(sample, wall, cpu);
    if (per_batch > 0) {
        values[HM_METRIC_ns_per_op] = median(wall, chosen) / per_batch;
        values[HM_METRIC_cpu_ns_per_op] = median(cpu, chosen) / per_batch;
        if (values[HM_METRIC_ns_per_op] > 0)
            values[HM_METRIC_ops_per_second] = 1e9 / values[HM_METRIC_ns_per_op];
    }
    free(wall);
}

static void fill_pauses(const hm_sample_events *events, double *values)
{
    values[HM_METRIC_pause_total_ns] = (double)events->pause_total_ns;
    if (values[HM_METRIC_wall_ns] > 0)
        values[HM_METRIC_pause_share] =
            values[HM_METRIC_pause_total_ns] / values[HM_METRIC_wall_ns];
    if (events->pauses.count > 0) {
        values[HM_METRIC_pause_max_ns] = (double)events->pauses.maximum;
        hm_histogram_quantile(&events->pauses, 0.99, &values[HM_METRIC_pause_p99_ns]);
    }
    if (events->cascades > 0)
        values[HM_METRIC_cascade_max_ns] = (double)events->cascade_max_ns;
}

static double known(uint64_t bytes)
{
    return bytes == HM_UNKNOWN_BYTES ? NAN : (double)bytes;
}

static void fill_ratios(const hm_sample_edge *steady, double *values)
{
    double live = known(steady->live_bytes), requested = known(steady->requested_bytes);
    double usable = known(steady->usable_bytes), active = known(steady->active_bytes);
    if (!(live >= LEAST_LIVE_BYTES_FOR_RATIOS))
        return;
    values[HM_METRIC_collector_drag_ratio] = requested / live;
    values[HM_METRIC_internal_fragmentation_ratio] = usable / requested;
    values[HM_METRIC_external_fragmentation_ratio] = active / usable;
}

static void fill_steady_edge(const hm_sample_state *sample, const hm_sample_edge *steady,
                             double *values)
{
    values[HM_METRIC_peak_rss_bytes] = known(steady->peak_rss_bytes);
    values[HM_METRIC_rss_bytes] = known(steady->rss_bytes);
    values[HM_METRIC_live_bytes] = known(steady->live_bytes);
    values[HM_METRIC_requested_bytes] = known(steady->requested_bytes);
    values[HM_METRIC_usable_bytes] = known(steady->usable_bytes);
    values[HM_METRIC_active_bytes] = known(steady->active_bytes);
    values[HM_METRIC_tracked_objects] = (double)steady->tracked_objects;
    values[HM_METRIC_collector_prefix_bytes] =
        (double)sample->request->cell.collector.collector->prefix_bytes;
    fill_ratios(steady, values);
}

static void fill_memory(const hm_sample_state *sample, double *values)
{
    static const struct {
        const char *edge;
        hm_metric_id metric;
    } after[] = {{"release+0ms", HM_METRIC_rss_after_release_bytes},
                 {"release+100ms", HM_METRIC_rss_after_100ms_bytes},
                 {"collected", HM_METRIC_rss_after_collect_bytes},
                 {"purged", HM_METRIC_rss_after_purge_bytes}};
    size_t index;
    const hm_phase *phase = hm_sample_find_phase(sample, HM_PHASE_STEADY, &index);
    const hm_sample_edge *steady = phase == NULL ? NULL : hm_sample_find_edge(sample, phase->name);
    if (steady != NULL)
        fill_steady_edge(sample, steady, values);
    for (size_t place = 0; place < HM_COUNT_OF(after); place++) {
        const hm_sample_edge *edge = hm_sample_find_edge(sample, after[place].edge);
        if (edge != NULL)
            values[after[place].metric] = known(edge->rss_bytes);
    }
}

static void fill_both(const hm_sample_state *sample, double *values)
{
    const hm_usage *usage = &sample->steady_usage;
    values[HM_METRIC_collections] = (double)sample->events->pauses.count;
    values[HM_METRIC_collected] = (double)sample->events->collected;
    values[HM_METRIC_uncollectable] = (double)sample->events->uncollectable;
    values[HM_METRIC_minor_page_faults] = (double)usage->minor_page_faults;
    values[HM_METRIC_major_page_faults] = (double)usage->major_page_faults;
    values[HM_METRIC_voluntary_context_switches] = (double)usage->voluntary_context_switches;
    values[HM_METRIC_involuntary_context_switches] = (double)usage->involuntary_context_switches;
}

void hm_sample_metrics(const hm_sample_state *sample, double *values)
{
    for (size_t index = 0; index < HM_METRIC_COUNT; index++)
        values[index] = NAN;
    if (!sample->steady_done)
        return;
    fill_both(sample, values);
    if (sample->request->kind == HM_SAMPLE_MEMORY) {
        fill_memory(sample, values);
        return;
    }
    fill_batches(sample, values);
    fill_pauses(sample->events, values);
}
