/**
 * This module is the way from what a sample kept to its metrics (metrics.def). A figure that was
 * not taken is NAN, which the record writes as null.
 */
#include "bench/metrics.h"
#include "bench/runtime_host.h"
#include "bench/sample_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool hm_sample_hears_of_collections(void)
{
    return hm_runtime_host_get() == NULL;
}

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

/* The time of a phase that runs once; null where there is none. */
static double phase_ns(const hm_sample_state *sample, hm_phase_role role)
{
    size_t index;
    if (hm_sample_find_phase(sample, role, &index) == NULL || sample->phases[index].end_ns == 0)
        return NAN;
    return (double)(sample->phases[index].end_ns - sample->phases[index].begin_ns);
}

static void fill_both(const hm_sample_state *sample, double *values)
{
    const hm_usage *usage = &sample->steady_usage;
    if (hm_sample_hears_of_collections()) {
        values[HM_METRIC_collections] = (double)sample->events->pauses.count;
        values[HM_METRIC_collected] = (double)sample->events->collected;
        values[HM_METRIC_uncollectable] = (double)sample->events->uncollectable;
    }
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
        hm_sample_memory_metrics(sample, values);
        return;
    }
    if (sample->request->kind == HM_SAMPLE_LATENCY) {
        hm_sample_latency_metrics(sample, values);
        hm_sample_pause_metrics(sample, values);
        return;
    }
    fill_batches(sample, values);
    values[HM_METRIC_release_ns] = phase_ns(sample, HM_PHASE_RELEASE);
    values[HM_METRIC_refill_ns] = phase_ns(sample, HM_PHASE_REFILL);
    hm_sample_pause_metrics(sample, values);
    hm_sample_counter_metrics(sample, values);
}
