/**
 * This module is the part of a record that tells of latency and of the processor's counters
 * (docs/latency.md).
 */
#include "bench/sample_state.h"
#include "bench/strings.h"

#include <math.h>
#include <stdlib.h>

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *hm_sample_histogram(const hm_histogram *histogram)
{
    json_t *object = json_object(), *buckets = json_array();
    hm_histogram_bucket bucket;
    for (size_t position = 0; hm_histogram_next(histogram, &position, &bucket);) {
        json_t *entry = json_array();
        json_array_append_new(entry, count(bucket.low));
        json_array_append_new(entry, count(bucket.high));
        json_array_append_new(entry, count(bucket.count));
        json_array_append_new(buckets, entry);
    }
    bool empty = histogram->count == 0;
    json_object_set_new(object, "relative_error", json_real(HM_HISTOGRAM_RELATIVE_ERROR));
    json_object_set_new(object, "count", count(histogram->count));
    json_object_set_new(object, "minimum", empty ? json_null() : count(histogram->minimum));
    json_object_set_new(object, "maximum", empty ? json_null() : count(histogram->maximum));
    json_object_set_new(object, "buckets", buckets);
    return object;
}

static json_t *mmu_absent(const hm_pause_log *log)
{
    if (log->lost == 0)
        return json_null();
    char *text = hm_format("%llu pauses more than the %d that are kept one by one",
                           (unsigned long long)log->lost, HM_LATENCY_KEPT_PAUSES);
    json_t *reason = json_string(text);
    free(text);
    return reason;
}

/* The counted batches, since the build phase began. */
static json_t *span_of(const hm_sample_state *sample)
{
    const hm_mmu_pause *span = &sample->latency->span;
    json_t *pair = json_array();
    json_array_append_new(pair, count(span->begin_ns - sample->build_started_ns));
    json_array_append_new(pair, count(span->end_ns - sample->build_started_ns));
    return pair;
}

static json_t *latency_of(const hm_sample_state *sample)
{
    const hm_latency *latency = sample->latency;
    const hm_bench_cell *cell = &sample->request->cell;
    json_t *object = json_object();
    json_object_set_new(object, "one_in", count(latency->rounds_one_in));
    json_object_set_new(object, "calls_one_in", json_integer(HM_LATENCY_RAREST));
    json_object_set_new(object, "operations_per_round",
                        count(cell->workload->operations(cell->parameters)));
    json_object_set_new(object, "clock_ns", count(latency->clock.typical_ns));
    json_object_set_new(object, "clock_scatter_ns", count(latency->clock.scatter_ns));
    json_object_set_new(object, "span_ns", span_of(sample));
    json_object_set_new(object, "round", hm_sample_histogram(&latency->rounds.histogram));
    json_object_set_new(object, "malloc", hm_sample_histogram(&latency->calls.malloc.histogram));
    json_object_set_new(object, "free", hm_sample_histogram(&latency->calls.free.histogram));
    json_object_set_new(object, "realloc", hm_sample_histogram(&latency->calls.realloc.histogram));
    json_object_set_new(object, "mmu_absent", mmu_absent(&latency->log));
    return object;
}

static json_t *mmu_of(const hm_latency *latency)
{
    json_t *mmu = json_array();
    for (size_t index = 0; index < HM_LATENCY_WINDOWS; index++) {
        double utilization = latency->mmu[index];
        json_t *pair = json_array();
        json_array_append_new(pair, count(hm_latency_windows_ns[index]));
        json_array_append_new(pair, isnan(utilization) ? json_null() : json_real(utilization));
        json_array_append_new(mmu, pair);
    }
    return mmu;
}

void hm_sample_latency_record(const hm_sample_state *sample, json_t *record)
{
    if (!sample->steady_done)
        return;
    json_object_set_new(record, "latency", latency_of(sample));
    json_object_set_new(record, "cascades", hm_sample_histogram(&sample->events->cascades));
    json_object_set_new(record, "mmu", mmu_of(sample->latency));
}

void hm_sample_counter_record(const hm_sample_state *sample, json_t *record)
{
    const hm_counts *counts = &sample->counts;
    if (!sample->steady_done)
        return;
    json_t *object = json_object();
    for (size_t index = 0; index < counts->count; index++) {
        uint64_t value = counts->values[index];
        json_object_set_new(object, hm_hardware_counters[index].name,
                            value == HM_COUNTER_ABSENT ? json_null() : count(value));
    }
    json_object_set_new(object, "running_share",
                        counts->running_share > 0 ? json_real(counts->running_share) : json_null());
    json_object_set_new(object, "absent",
                        counts->absent[0] == '\0' ? json_null() : hm_sample_words(counts->absent));
    json_object_set_new(record, "counters", object);
}
