/**
 * This module is the way from a memory sample's accounts to its metrics (metrics.def). Sizes are
 * those of the steady edge; what comes after it is found by the edges' names.
 */
#include "bench/metrics.h"
#include "bench/sample_state.h"

#include <math.h>
#include <string.h>

static double known(uint64_t bytes)
{
    return bytes == HM_UNKNOWN_BYTES ? NAN : (double)bytes;
}

static void fill_ratios(const hm_sample_edge *steady, double *values)
{
    double live = known(steady->live_bytes), requested = known(steady->requested_bytes);
    double usable = known(steady->usable_bytes), active = known(steady->active_bytes);
    if (!(live >= HM_SAMPLE_LEAST_LIVE_BYTES_FOR_RATIOS))
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
    values[HM_METRIC_allocated_bytes] = known(steady->allocated_bytes);
    values[HM_METRIC_huge_page_bytes] = known(steady->huge_page_bytes);
    values[HM_METRIC_huge_page_share] = known(steady->huge_page_bytes) / known(steady->rss_bytes);
    values[HM_METRIC_collector_table_bytes] = known(steady->collector_table_bytes);
    values[HM_METRIC_uncollected_bytes] = known(steady->uncollected_bytes);
    values[HM_METRIC_tracked_objects] = (double)steady->tracked_objects;
    values[HM_METRIC_collector_prefix_bytes] =
        (double)sample->request->cell.collector.collector->prefix_bytes;
    fill_ratios(steady, values);
}

/* The steady edge is the end of the last batch, so that a sample without accounts has one. */
static double most_uncollected(const hm_sample_state *sample, const hm_sample_edge *steady)
{
    double most = known(steady->uncollected_bytes);
    for (size_t index = 0; index < sample->accounts.batch_count; index++)
        most = fmax(most, known(sample->accounts.batches[index].uncollected_bytes));
    return most;
}

/* Of what was freed since the steady edge, the share that no longer is resident. Little that was
 * freed drowns in the process's own coming and going: null, as every ratio of few bytes. */
static double returned_share(const hm_sample_edge *steady, const hm_sample_edge *later)
{
    if (later == NULL)
        return NAN;
    double freed = known(steady->requested_bytes) - known(later->requested_bytes);
    double returned = known(steady->rss_bytes) - known(later->rss_bytes);
    return freed >= HM_SAMPLE_LEAST_LIVE_BYTES_FOR_RATIOS ? returned / freed : NAN;
}

/* The last look before the purge: after the full collection where there was one. */
static const hm_sample_edge *last_look(const hm_sample_state *sample)
{
    const hm_sample_edge *last = NULL;
    for (size_t index = 0; index < sample->edge_count; index++) {
        const char *name = sample->edges[index].name;
        if (strncmp(name, "release+", 8) == 0 || strcmp(name, "collected") == 0)
            last = &sample->edges[index];
    }
    return last;
}

/* RSS of the edge, less what was resident before any object was there, over `bytes`. */
static double rss_over(const hm_sample_state *sample, const hm_sample_edge *edge, uint64_t bytes)
{
    const hm_sample_edge *before = hm_sample_find_edge(sample, "setup");
    if (before == NULL || bytes == HM_UNKNOWN_BYTES ||
        bytes < HM_SAMPLE_LEAST_LIVE_BYTES_FOR_RATIOS)
        return NAN;
    return (known(edge->rss_bytes) - known(before->rss_bytes)) / (double)bytes;
}

static void fill_rss_ratios(const hm_sample_state *sample, const hm_sample_edge *steady,
                            double *values)
{
    const hm_sample_edge *purged = hm_sample_find_edge(sample, "purged");
    values[HM_METRIC_rss_over_live] = rss_over(sample, steady, steady->live_bytes);
    if (purged == NULL)
        return;
    values[HM_METRIC_rss_over_live_after_purge] = rss_over(sample, purged, purged->live_bytes);
    values[HM_METRIC_live_page_bytes] = known(purged->live_page_bytes);
    values[HM_METRIC_rss_over_live_pages] = rss_over(sample, purged, purged->live_page_bytes);
}

static void fill_later_edges(const hm_sample_state *sample, const hm_sample_edge *steady,
                             double *values)
{
    static const struct {
        const char *edge;
        hm_metric_id metric;
    } after[] = {{"release+0ms", HM_METRIC_rss_after_release_bytes},
                 {"release+100ms", HM_METRIC_rss_after_100ms_bytes},
                 {"release+1000ms", HM_METRIC_rss_after_1s_bytes},
                 {"release+5000ms", HM_METRIC_rss_after_5s_bytes},
                 {"collected", HM_METRIC_rss_after_collect_bytes},
                 {"purged", HM_METRIC_rss_after_purge_bytes}};
    size_t index;
    const hm_phase *refill = hm_sample_find_phase(sample, HM_PHASE_REFILL, &index);
    const hm_sample_edge *refilled =
        refill == NULL ? NULL : hm_sample_find_edge(sample, refill->name);
    for (size_t place = 0; place < HM_COUNT_OF(after); place++) {
        const hm_sample_edge *edge = hm_sample_find_edge(sample, after[place].edge);
        if (edge != NULL)
            values[after[place].metric] = known(edge->rss_bytes);
    }
    if (refilled != NULL)
        values[HM_METRIC_rss_after_refill_bytes] = known(refilled->rss_bytes);
    values[HM_METRIC_returned_share] = returned_share(steady, last_look(sample));
    values[HM_METRIC_returned_after_purge_share] =
        returned_share(steady, hm_sample_find_edge(sample, "purged"));
}

void hm_sample_memory_metrics(const hm_sample_state *sample, double *values)
{
    const hm_sample_edge *steady = hm_sample_steady_edge(sample);
    if (steady == NULL)
        return;
    fill_steady_edge(sample, steady, values);
    values[HM_METRIC_uncollected_peak_bytes] = most_uncollected(sample, steady);
    fill_later_edges(sample, steady, values);
    fill_rss_ratios(sample, steady, values);
}
