/**
 * This module is the account of memory at the edges of a memory sample, so that L, Q, U, A and RSS
 * are all of one moment.
 *
 * The count of live bytes traces the heap with kernel memory, which shows in the RSS while it
 * lasts: the time it takes is recorded as masked, so that the timeline leaves it out, and the
 * kernel's peak is read before it and reset after it, with the highest kept here.
 */
#include "allocators/decorators.h"
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <string.h>

static void update_peak(hm_sample_state *sample)
{
    uint64_t bytes;
    if (!sample->peak_known)
        return;
    if (!hm_resident_peak(&sample->resident, &bytes))
        sample->peak_known = false;
    else if (bytes > sample->peak_rss_bytes)
        sample->peak_rss_bytes = bytes;
}

void hm_sample_start_peak(hm_sample_state *sample)
{
    sample->peak_rss_bytes = 0;
    sample->peak_known = hm_resident_reset_peak(&sample->resident);
    update_peak(sample);
}

static bool read_live_bytes(hm_sample_state *sample, hm_sample_edge *edge)
{
    edge->live_bytes = sample->heap_count == 0 ? HM_UNKNOWN_BYTES : 0;
    edge->tracked_objects = 0;
    for (unsigned index = 0; index < sample->heap_count; index++) {
        hm_heap *heap = sample->heaps[index];
        uint64_t bytes;
        if (!hm_heap_live_bytes(heap, &bytes, NULL)) {
            hm_error_set(&sample->error, heap->error.status,
                         "the live bytes could not be counted: %.400s", heap->error.message);
            return false;
        }
        edge->live_bytes += bytes;
        edge->tracked_objects += heap->tracked_objects;
    }
    return true;
}

static uint64_t read_active_bytes(const hm_allocator *bound)
{
    hm_allocator_stats stats;
    if (bound->stats == NULL || (bound->capabilities & HM_ALLOCATOR_ACTIVE_BYTES) == 0 ||
        !bound->stats(&stats))
        return HM_UNKNOWN_BYTES;
    return stats.active_bytes;
}

bool hm_sample_take_edge(hm_sample_state *sample, const char *name)
{
    HM_CHECK(sample->edge_count < HM_SAMPLE_MAX_EDGES);
    hm_sample_edge *edge = &sample->edges[sample->edge_count];
    hm_sample_interval *masked = &sample->masked[sample->edge_count];
    *edge = (hm_sample_edge){.name = name, .at_ns = hm_clock_wall_ns()};
    bool read = hm_resident_read(&sample->resident, &edge->rss_bytes);
    update_peak(sample);
    if (!read)
        edge->rss_bytes = HM_UNKNOWN_BYTES;
    else if (edge->rss_bytes > sample->peak_rss_bytes)
        sample->peak_rss_bytes = edge->rss_bytes;
    edge->peak_rss_bytes = sample->peak_known ? sample->peak_rss_bytes : HM_UNKNOWN_BYTES;
    hm_count_totals totals = hm_count_read();
    edge->requested_bytes = totals.requested_bytes;
    edge->usable_bytes = totals.usable_bytes;
    edge->active_bytes = read_active_bytes(&sample->bound);
    masked->begin_ns = hm_clock_wall_ns();
    bool counted = read_live_bytes(sample, edge) && hm_sample_heaps_are_sound(sample);
    masked->end_ns = hm_clock_wall_ns();
    sample->peak_known = sample->peak_known && hm_resident_reset_peak(&sample->resident);
    sample->edge_count++;
    return counted;
}

bool hm_sample_take_release_edges(hm_sample_state *sample)
{
    uint64_t released_ns = hm_clock_wall_ns();
    if (!hm_sample_take_edge(sample, "release+0ms"))
        return false;
    hm_clock_sleep_until(released_ns + (uint64_t)HM_SAMPLE_SETTLE_MS * 1000000u);
    if (!hm_sample_take_edge(sample, "release+100ms"))
        return false;
    if (hm_sample_collect(sample) && !hm_sample_take_edge(sample, "collected"))
        return false;
    if (sample->bound.purge == NULL)
        return true;
    sample->bound.purge();
    return hm_sample_take_edge(sample, "purged");
}

const hm_sample_edge *hm_sample_find_edge(const hm_sample_state *sample, const char *name)
{
    for (size_t index = 0; index < sample->edge_count; index++) {
        if (strcmp(sample->edges[index].name, name) == 0)
            return &sample->edges[index];
    }
    return NULL;
}
