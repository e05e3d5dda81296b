#include "bench/measure/clock.h"
#include "bench/measure/huge_pages.h"
#include "bench/sample_state.h"

/* The allocator's own words, of the calling thread's heap or of all. */
typedef struct statistics {
    const hm_allocator *allocator;
    hm_allocator_stats sum;
    bool known;
} statistics;

static void add_bytes(uint64_t *sum, uint64_t more)
{
    *sum = *sum == HM_UNKNOWN_BYTES || more == HM_UNKNOWN_BYTES ? HM_UNKNOWN_BYTES : *sum + more;
}

static bool add_statistics(void *context, unsigned thread)
{
    statistics *read = context;
    hm_allocator_stats own;
    HM_UNUSED(thread);
    read->known = read->known && read->allocator->stats(&own);
    if (!read->known)
        return false;
    add_bytes(&read->sum.allocated_bytes, own.allocated_bytes);
    add_bytes(&read->sum.active_bytes, own.active_bytes);
    add_bytes(&read->sum.resident_bytes, own.resident_bytes);
    add_bytes(&read->sum.metadata_bytes, own.metadata_bytes);
    return true;
}

bool hm_sample_sees_all_heaps(const hm_sample_state *sample)
{
    return (sample->bound.capabilities & HM_ALLOCATOR_THREAD_STATS) == 0 ||
           (sample->request->cell.workload->needs & HM_ENDS_THREADS) == 0;
}

/* Where statistics are a thread's own, their sum. */
static bool read_statistics(hm_sample_state *sample, hm_allocator_stats *stats)
{
    statistics read = {.allocator = &sample->bound, .known = true};
    if (sample->bound.stats == NULL || !hm_sample_sees_all_heaps(sample))
        return false;
    if ((sample->bound.capabilities & HM_ALLOCATOR_THREAD_STATS) != 0)
        hm_crew_run_in_turn(&sample->crew, add_statistics, &read);
    else
        add_statistics(&read, 0);
    *stats = read.sum;
    return read.known;
}

static void read_allocator(hm_sample_state *sample, hm_sample_edge *account)
{
    const hm_allocator *bound = &sample->bound;
    hm_allocator_stats stats;
    hm_count_totals totals = hm_count_read();
    /* A free without its size cannot be taken off Q. */
    account->requested_bytes =
        totals.unsized_calls == 0 ? totals.requested_bytes : HM_UNKNOWN_BYTES;
    account->usable_bytes = totals.usable_bytes;
    if (!read_statistics(sample, &stats))
        stats = (hm_allocator_stats){HM_UNKNOWN_BYTES, HM_UNKNOWN_BYTES, HM_UNKNOWN_BYTES,
                                     HM_UNKNOWN_BYTES};
    bool tells_active = (bound->capabilities & HM_ALLOCATOR_ACTIVE_BYTES) != 0;
    account->active_bytes = tells_active ? stats.active_bytes : HM_UNKNOWN_BYTES;
    account->allocated_bytes = stats.allocated_bytes;
    account->resident_bytes = stats.resident_bytes;
    account->metadata_bytes = stats.metadata_bytes;
}

/* Traces the heaps; `*accounted` receives all that they have requested and still can find. */
static bool read_heaps(hm_sample_state *sample, hm_sample_edge *account, uint64_t *accounted)
{
    for (unsigned index = 0; index < sample->heap_count; index++) {
        hm_heap *heap = sample->heaps[index];
        hm_heap_account found;
        if (!hm_heap_take_account(heap, &found)) {
            hm_error_set(&sample->error, heap->error.status,
                         "the live bytes could not be counted: %.400s", heap->error.message);
            return false;
        }
        account->live_bytes += found.live_bytes;
        *accounted += found.live_bytes + found.prefix_bytes + found.own_bytes;
        account->tracked_objects += hm_heap_tracked_objects(heap);
        if (heap->collector->side_bytes != NULL)
            account->collector_table_bytes += heap->collector->side_bytes(heap);
    }
    return true;
}

static bool refuse(hm_sample_state *sample, const char *which, uint64_t less, uint64_t more)
{
    hm_error_set(&sample->error, HM_WRONG_RESULT,
                 "the account of memory does not add up: %s, %llu and %llu", which,
                 (unsigned long long)less, (unsigned long long)more);
    return false;
}

static bool add_up(hm_sample_state *sample, hm_sample_edge *account, uint64_t accounted)
{
    uint64_t requested = account->requested_bytes, usable = account->usable_bytes;
    account->uncollected_bytes = HM_UNKNOWN_BYTES;
    if (sample->heap_count == 0)
        account->live_bytes = HM_UNKNOWN_BYTES;
    if (requested == HM_UNKNOWN_BYTES)
        return true;
    if (usable < requested)
        return refuse(sample, "fewer bytes are usable than requested", usable, requested);
    if (sample->heap_count == 0)
        accounted = account->live_bytes = requested;
    if (requested < accounted)
        return refuse(sample, "fewer bytes are requested than reachable", requested, accounted);
    account->uncollected_bytes = requested - accounted;
    return true;
}

static uint64_t live_page_bytes(const hm_sample_state *sample)
{
    const hm_workload *workload = sample->request->cell.workload;
    return workload->live_page_bytes == NULL ? HM_UNKNOWN_BYTES
                                             : workload->live_page_bytes(sample->workload);
}

bool hm_sample_read_account(hm_sample_state *sample, hm_sample_edge *account)
{
    hm_sample_interval *masked = &sample->accounts.masked[sample->accounts.masked_count];
    uint64_t accounted = 0;
    account->at_ns = hm_clock_wall_ns();
    if (!hm_resident_read(&sample->resident, &account->rss_bytes))
        account->rss_bytes = HM_UNKNOWN_BYTES;
    read_allocator(sample, account);
    if (!hm_huge_pages_read(sample->accounts.huge_pages, &account->huge_page_bytes))
        account->huge_page_bytes = HM_UNKNOWN_BYTES;
    masked->begin_ns = hm_clock_wall_ns();
    bool read = read_heaps(sample, account, &accounted) && hm_sample_heaps_are_sound(sample);
    account->live_page_bytes = live_page_bytes(sample);
    masked->end_ns = hm_clock_wall_ns();
    sample->accounts.masked_count++;
    return read && add_up(sample, account, accounted);
}
