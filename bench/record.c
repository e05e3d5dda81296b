#include "bench/record.h"

#include "bench/size_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKS = 4000 };

/** What a sample's process may add to its record, in the order of docs/results.md. */
static const char *const from_the_sample[] = {
    "thread_cpus", "version",     "origin", "checksum", "iterations", "batches",  "operations",
    "metrics",     "attribution", "series", "counters", "edges",      "accounts", "size_classes",
    "timeline",    "collections", "pauses", "cascades", "latency",    "mmu",
};

/** What a valid record must have of these, by kind. */
static const char *const required[] = {"version", "origin",     "checksum", "iterations",
                                       "batches", "operations", "metrics"};

/** What says how a memory sample looks at itself. */
static void add_memory_arguments(const hm_run_options *options, hm_strings *arguments)
{
    char *text = hm_format("--accounts %u --settle %s", options->profile->accounts,
                           hm_settle_name(options->settle));
    hm_strings_split(arguments, text, ' ');
    free(text);
}

void hm_record_arguments(const hm_plan *plan, const hm_plan_cell *cell, hm_sample_kind kind,
                         double calibrate_seconds, hm_strings *arguments)
{
    const hm_plan_work *work = &plan->works[cell->work];
    const char *const fixed[] = {"heapmark", "sample", cell->name, "--kind",
                                 hm_sample_kind_name(kind)};
    for (size_t index = 0; index < HM_COUNT_OF(fixed); index++)
        hm_strings_add(arguments, fixed[index]);
    char *numbers = calibrate_seconds > 0 ? hm_format("--calibrate %.9g", calibrate_seconds)
                                          : hm_format("--iterations %" PRIu64 " --batches %" PRIu64,
                                                      work->iterations, work->batches);
    char *rest = hm_format("%s --seed 0x%" PRIx64 " --freelists %s", numbers, plan->options->seed,
                           plan->options->freelists ? "on" : "off");
    hm_strings_split(arguments, rest, ' ');
    if (kind == HM_SAMPLE_MEMORY)
        add_memory_arguments(plan->options, arguments);
    if (!hm_backend_label_says_all(cell->cell.backend)) {
        hm_strings_add(arguments, "--backend");
        hm_strings_add(arguments, cell->cell.backend->text);
    }
    if (plan->backends->items[cell->backend].reference_path) {
        hm_strings_add(arguments, "--reference");
        hm_strings_add(arguments, plan->backends->items[cell->backend].reference_path);
    }
    if (hm_size_data_is_drawn_from(work->workload, work->parameters)) {
        hm_strings_add(arguments, "--size-data");
        hm_strings_add(arguments, hm_size_data_taken()->path);
        hm_strings_add(arguments, "--size-digest");
        hm_strings_add(arguments, hm_size_data_taken()->digest);
    }
    free(rest);
    free(numbers);
}

char *hm_record_command(const hm_plan *plan, const hm_plan_cell *cell, hm_sample_kind kind)
{
    hm_strings arguments = {0};
    hm_record_arguments(plan, cell, kind, 0, &arguments);
    char *command = hm_copy(arguments.items[0]);
    for (size_t index = 1; index < arguments.count; index++) {
        char *quoted = hm_shell_quote(arguments.items[index]);
        char *longer = hm_format("%s %s", command, quoted);
        free(quoted);
        free(command);
        command = longer;
    }
    hm_strings_clear(&arguments);
    return command;
}

json_t *hm_record_read(const hm_process_request *request, const hm_process_result *result,
                       char *reason, size_t size)
{
    json_error_t wrong;
    hm_process_describe(request, result, reason, size);
    if (result->record_bytes == 0) {
        if (*reason == '\0')
            snprintf(reason, size, "it ended without a record%s%s",
                     *result->last_words ? "; it last wrote: " : "", result->last_words);
        return NULL;
    }
    json_t *record = json_loadb(result->record, result->record_bytes, 0, &wrong);
    if (!json_is_object(record)) {
        if (*reason == '\0')
            snprintf(reason, size, "its record is not a JSON object: %s",
                     record ? "another value" : wrong.text);
        json_decref(record);
        return NULL;
    }
    const char *own = json_string_value(json_object_get(record, "reason"));
    if (own && *reason == '\0')
        snprintf(reason, size, "%s", own);
    return record;
}

static void set(json_t *record, const char *name, json_t *value)
{
    json_object_set_new(record, name, value);
}

/** The fields that identify the sample, down to `padding_bytes`. */
static json_t *identity(const hm_record_source *source)
{
    const hm_plan *plan = source->plan;
    const hm_plan_sample *sample = &plan->samples[source->index];
    const hm_plan_cell *cell = &plan->cells[sample->cell];
    const hm_plan_work *work = &plan->works[cell->work];
    char *command = hm_record_command(plan, cell, sample->kind);
    char seed[32];
    snprintf(seed, sizeof seed, "0x%" PRIx64, plan->options->seed);
    json_t *record = json_object();
    set(record, "record", json_string("sample"));
    set(record, "id", json_string(sample->id));
    set(record, "sequence", json_integer((json_int_t)sample->sequence));
    set(record, "role", json_string(hm_sample_role_name(sample->role)));
    set(record, "kind", json_string(hm_sample_kind_name(sample->kind)));
    set(record, "repetition", json_integer(sample->repetition));
    set(record, "cell", json_string(cell->name));
    set(record, "work", json_string(work->name));
    set(record, "workload", json_string(work->workload->name));
    set(record, "parameters", hm_work_parameters_to_json(work->workload, work->parameters));
    set(record, "backend", json_string(cell->cell.backend->label));
    set(record, "linkage", json_string(hm_linkage_name(cell->cell.backend->backend->linkage)));
    set(record, "collector", json_string(cell->cell.collector.label));
    set(record, "threads", json_integer(cell->cell.threads));
    set(record, "runtime", json_string(hm_bench_cell_runtime(&cell->cell)));
    set(record, "valid", json_false());
    set(record, "reason", json_string("not measured"));
    set(record, "command", json_string(command));
    set(record, "started_at", json_string(source->started_at));
    set(record, "duration_ns",
        json_integer(source->result ? (json_int_t)source->result->duration_ns : 0));
    set(record, "attempt", json_integer(1));
    set(record, "seed", json_string(seed));
    set(record, "padding_bytes", json_integer(sample->padding_bytes));
    free(command);
    return record;
}

static bool masked(const json_t *intervals, uint64_t at_ns)
{
    size_t index;
    const json_t *pair;
    json_array_foreach(intervals, index, pair)
    {
        uint64_t begin = (uint64_t)json_integer_value(json_array_get(pair, 0));
        uint64_t end = (uint64_t)json_integer_value(json_array_get(pair, 1));
        if (at_ns >= begin && at_ns <= end)
            return true;
    }
    return false;
}

/** The masked times, since the build phase began. */
static json_t *masked_times(const json_t *written, uint64_t began)
{
    json_t *times = json_array();
    size_t index;
    const json_t *pair;
    json_array_foreach(json_object_get(written, "masked_ns"), index, pair)
    {
        json_t *since = json_array();
        for (size_t end = 0; end < 2; end++)
            json_array_append_new(
                since,
                json_integer(json_integer_value(json_array_get(pair, end)) - (json_int_t)began));
        json_array_append_new(times, since);
    }
    return times;
}

/** Puts the looks from outside into the timeline, from the build phase on; of a long sample every
 * second, third, … look, so that its record does not grow with it. */
static void add_looks(json_t *record, const json_t *written, const hm_process_result *result)
{
    json_t *timeline = json_object_get(record, "timeline");
    uint64_t began =
        (uint64_t)json_integer_value(json_object_get(written, "build_started_monotonic_ns"));
    if (!timeline || began == 0)
        return;
    json_t *at = json_array();
    json_t *rss = json_array();
    json_t *requested = json_array();
    size_t step = (result->look_count + MOST_LOOKS - 1) / MOST_LOOKS;
    for (size_t index = 0; index < result->look_count; index += step) {
        uint64_t look = result->look_ns[index];
        if (look < began || masked(json_object_get(written, "masked_ns"), look))
            continue;
        json_array_append_new(at, json_integer((json_int_t)(look - began)));
        json_array_append_new(rss, json_integer(result->look_rss_bytes[index]));
        int64_t counted = result->look_requested_bytes[index];
        json_array_append_new(requested, counted < 0 ? json_null() : json_integer(counted));
    }
    json_object_set_new(timeline, "at_ns", at);
    json_object_set_new(timeline, "rss_bytes", rss);
    json_object_set_new(timeline, "requested_bytes", requested);
    json_object_set_new(timeline, "masked_ns", masked_times(written, began));
}

/** When the steady phase ended, after the build phase began; negative: it has no edge. */
static double steady_end_ns(const json_t *record, const hm_workload *workload)
{
    for (size_t index = 0; index < HM_MAX_PHASES && workload->phases[index].step; index++) {
        size_t place;
        const json_t *edge;
        if (workload->phases[index].role != HM_PHASE_STEADY)
            continue;
        json_array_foreach(json_object_get(record, "edges"), place, edge)
        {
            const char *name = json_string_value(json_object_get(edge, "edge"));
            if (name && strcmp(name, workload->phases[index].name) == 0)
                return json_number_value(json_object_get(edge, "at_ns"));
        }
    }
    return -1;
}

/** How much of the time between two moments of the timeline is masked. */
static double masked_between(const json_t *timeline, double from, double until)
{
    double sum = 0;
    size_t index;
    const json_t *pair;
    json_array_foreach(json_object_get(timeline, "masked_ns"), index, pair)
    {
        double begin = json_number_value(json_array_get(pair, 0));
        double end = json_number_value(json_array_get(pair, 1));
        double first = begin > from ? begin : from;
        double last = end < until ? end : until;
        sum += last > first ? last - first : 0;
    }
    return sum;
}

/**
 * The timeline up to `end_ns` as an integral, each look standing until the next, without the time
 * that the sample spent on its own accounts; byte seconds.
 */
static json_t *integrate(const json_t *timeline, double end_ns)
{
    const json_t *at = json_object_get(timeline, "at_ns");
    const json_t *rss = json_object_get(timeline, "rss_bytes");
    double sum = 0;
    double from = 0;
    size_t count = 0;
    for (; count < json_array_size(at); count++) {
        double next = count + 1 < json_array_size(at)
                          ? json_number_value(json_array_get(at, count + 1))
                          : end_ns;
        double until = next < end_ns ? next : end_ns;
        double standing = until - from - masked_between(timeline, from, until);
        sum += json_number_value(json_array_get(rss, count)) * standing / 1e9;
        from = until;
        if (next >= end_ns)
            break;
    }
    return count < json_array_size(at) ? json_real(sum) : json_null();
}

/** The metrics that are what the contamination says. */
static void add_shares(json_t *metrics, const json_t *contamination)
{
    static const char *const names[] = {"foreign_cpu_share", "steal_share", "cpu_pressure_share"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++)
        json_object_set(metrics, names[index], json_object_get(contamination, names[index]));
}

static void add_written(json_t *record, const json_t *written, const hm_process_result *result,
                        const hm_workload *workload)
{
    for (size_t index = 0; index < HM_COUNT_OF(from_the_sample); index++) {
        json_t *value = json_object_get(written, from_the_sample[index]);
        if (value)
            json_object_set(record, from_the_sample[index], value);
    }
    add_looks(record, written, result);
    json_t *metrics = json_object_get(record, "metrics");
    if (metrics)
        add_shares(metrics, json_object_get(record, "contamination"));
    double end_ns = steady_end_ns(record, workload);
    if (metrics && end_ns > 0)
        set(metrics, "rss_integral_byte_s", integrate(json_object_get(record, "timeline"), end_ns));
}

/** Says what a record that calls itself valid lacks; "" where nothing. */
static void check_complete(const hm_record_source *source, const json_t *written, char *reason,
                           size_t size)
{
    const hm_plan_sample *sample = &source->plan->samples[source->index];
    const char *cell = json_string_value(json_object_get(written, "cell"));
    if (!cell || strcmp(cell, source->plan->cells[sample->cell].name) != 0)
        snprintf(reason, size, "its record is of another cell: %s", cell ? cell : "none");
    for (size_t index = 0; index < HM_COUNT_OF(required) && *reason == '\0'; index++) {
        const json_t *value = json_object_get(written, required[index]);
        if (!value || json_is_null(value))
            snprintf(reason, size, "its record lacks %s", required[index]);
    }
}

/** Compares with the work's checksum, or sets it. */
static void check_checksum(const hm_record_source *source, const json_t *written, char *reason,
                           size_t size)
{
    const hm_plan_cell *cell = &source->plan->cells[source->plan->samples[source->index].cell];
    hm_plan_work *work = &source->plan->works[cell->work];
    const char *checksum = json_string_value(json_object_get(written, "checksum"));
    char **expected = &work->checksums[cell->thread_index];
    if (!checksum)
        snprintf(reason, size, "its record has no checksum");
    else if (!*expected)
        *expected = hm_copy(checksum);
    else if (strcmp(*expected, checksum) != 0)
        snprintf(reason, size,
                 "checksum differs from the other cells of this work: %s instead of %s", checksum,
                 *expected);
}

json_t *hm_record_make(const hm_record_source *source)
{
    char reason[768] = "";
    json_t *record = identity(source);
    json_t *written = NULL;
    if (source->result)
        written = hm_record_read(source->request, source->result, reason, sizeof reason);
    else
        snprintf(reason, sizeof reason, "%s", source->reason);
    bool said_valid = json_is_true(json_object_get(written, "valid"));
    if (written && said_valid && *reason == '\0')
        check_complete(source, written, reason, sizeof reason);
    if (written && said_valid && *reason == '\0')
        check_checksum(source, written, reason, sizeof reason);
    if (written && said_valid && *reason == '\0' && source->result->code != 0)
        snprintf(reason, sizeof reason, "ended with exit code %d after a valid record",
                 source->result->code);
    if (written && !said_valid && *reason == '\0')
        snprintf(reason, sizeof reason, "its record is invalid and does not say why");
    set(record, "contamination",
        hm_quiet_to_json(source->result ? &source->result->shares : NULL, source->waited_ns));
    if (written)
        add_written(record, written, source->result,
                    source->plan->cells[source->plan->samples[source->index].cell].cell.workload);
    set(record, "valid", json_boolean(*reason == '\0'));
    set(record, "reason", *reason ? json_string(reason) : json_null());
    json_decref(written);
    return record;
}
