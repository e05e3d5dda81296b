/**
 * This module is the record of a sample as JSON (docs/results.md), built when all measuring is
 * over: the library allocates, perhaps from the allocator that was measured.
 */
#include "bench/metrics.h"
#include "bench/sample_state.h"
#include "bench/size_data.h"
#include "bench/strings.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *number(double value)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    if (!isfinite(value))
        return json_null();
    if (value == floor(value) && fabs(value) < exact)
        return json_integer((json_int_t)value);
    return json_real(value);
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *hm_sample_words(const char *text)
{
    json_t *string = json_string(text);
    char readable[sizeof(hm_error)];
    if (string != NULL)
        return string;
    size_t length = 0;
    for (; text[length] != '\0' && length + 1 < sizeof readable; length++)
        readable[length] = (signed char)text[length] < 0 ? '?' : text[length];
    return json_stringn(readable, length);
}

json_t *hm_sample_hexadecimal(uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    return json_string(text);
}

static json_t *since_build(const hm_sample_state *sample, uint64_t monotonic_ns)
{
    return count(monotonic_ns - sample->build_started_ns);
}

static json_t *parameters_of(const hm_bench_cell *cell)
{
    json_t *object = json_object();
    for (unsigned index = 0; index < cell->workload->parameter_count; index++) {
        const hm_parameter *parameter = &cell->workload->parameters[index];
        int64_t value = cell->parameters[index];
        json_object_set_new(object, parameter->name,
                            parameter->choices == NULL ? json_integer(value)
                                                       : json_string(parameter->choices[value]));
    }
    return object;
}

/* The options that let the cell name programs of a file; "" where it names none. */
static char *size_data_options(const hm_bench_cell *cell)
{
    const hm_size_data *data = hm_size_data_taken();
    if (!hm_size_data_is_drawn_from(cell->workload, cell->parameters))
        return hm_copy("");
    char *path = hm_shell_quote(data->path);
    char *options = hm_format(" --size-data %s --size-digest %s", path, data->digest);
    free(path);
    return options;
}

/* The command that runs this sample again. */
static json_t *command_of(const hm_sample_request *request, const char *name)
{
    const hm_backend_spec *backend = request->cell.backend;
    char *cell = hm_shell_quote(name), *spec = hm_shell_quote(backend->text);
    char *size_data = size_data_options(&request->cell);
    char accounts[48] = "";
    if (request->kind == HM_SAMPLE_MEMORY && request->accounts != HM_SAMPLE_ACCOUNTS)
        snprintf(accounts, sizeof accounts, " --accounts %llu",
                 (unsigned long long)request->accounts);
    bool label_says_all = strcmp(backend->text, backend->label) == 0;
    char *command =
        hm_format("heapmark sample %s%s%s --kind %s --iterations %llu --batches %llu "
                  "--seed 0x%llx --freelists %s%s%s%s",
                  cell, label_says_all ? "" : " --backend ", label_says_all ? "" : spec,
                  hm_sample_kind_name(request->kind), (unsigned long long)request->iterations,
                  (unsigned long long)request->batches, (unsigned long long)request->seed,
                  request->freelists ? "on" : "off",
                  request->settle == HM_SETTLE_LONG ? " --settle long" : "", accounts, size_data);
    json_t *text = hm_sample_words(command);
    free(command);
    free(size_data);
    free(spec);
    free(cell);
    return text;
}

/* Where each thread is pinned; null: there are not enough processors for one each. */
static json_t *thread_cpus(const hm_sample_state *sample)
{
    const hm_crew *crew = &sample->crew;
    if (!crew->pinned)
        return json_null();
    json_t *cpus = json_array();
    for (unsigned thread = 0; thread < crew->count; thread++)
        json_array_append_new(cpus, json_integer(crew->members[thread].cpu));
    return cpus;
}

static void add_identity(const hm_sample_state *sample, json_t *record)
{
    const hm_sample_request *request = sample->request;
    const hm_bench_cell *cell = &request->cell;
    char name[HM_CELL_NAME_BYTES], work[HM_CELL_NAME_BYTES];
    HM_CHECK(hm_bench_cell_name(cell, name, sizeof name));
    HM_CHECK(hm_bench_cell_work(cell, work, sizeof work));
    json_object_set_new(record, "record", json_string("sample"));
    json_object_set_new(record, "kind", json_string(hm_sample_kind_name(request->kind)));
    json_object_set_new(record, "cell", json_string(name));
    json_object_set_new(record, "work", json_string(work));
    json_object_set_new(record, "workload", json_string(cell->workload->name));
    json_object_set_new(record, "parameters", parameters_of(cell));
    json_object_set_new(record, "backend", json_string(cell->backend->label));
    json_object_set_new(record, "linkage",
                        json_string(hm_linkage_name(cell->backend->backend->linkage)));
    json_object_set_new(record, "collector", json_string(cell->collector.label));
    json_object_set_new(record, "threads", json_integer(cell->threads));
    json_object_set_new(record, "runtime", json_string(hm_bench_cell_runtime(cell)));
    json_object_set_new(record, "command", command_of(request, name));
    json_object_set_new(record, "seed", hm_sample_hexadecimal(request->seed));
    json_object_set_new(record, "iterations", count(request->iterations));
    json_object_set_new(record, "batches", count(request->batches));
    json_object_set_new(record, "operations", count(hm_sample_operations(sample)));
    if (cell->threads > 1)
        json_object_set_new(record, "thread_cpus", thread_cpus(sample));
}

void hm_sample_add_verdict(const hm_sample_state *sample, json_t *record)
{
    bool valid = sample->error.status == HM_OK;
    bool bound = sample->bound.malloc != NULL;
    json_object_set_new(record, "valid", json_boolean(valid));
    json_object_set_new(record, "reason",
                        valid ? json_null() : hm_sample_words(sample->error.message));
    json_object_set_new(record, "version",
                        bound ? hm_sample_words(sample->bound.version) : json_null());
    json_object_set_new(record, "origin",
                        bound ? hm_sample_words(sample->bound.origin) : json_null());
    json_object_set_new(record, "checksum",
                        sample->checked ? hm_sample_hexadecimal(sample->checksum) : json_null());
}

static json_t *metrics_of(const hm_sample_state *sample)
{
    double values[HM_METRIC_COUNT];
    json_t *object = json_object();
    hm_sample_metrics(sample, values);
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const hm_metric *metric = &hm_metric_table[index];
        if (hm_metric_is_of(metric, hm_sample_kind_name(sample->request->kind)))
            json_object_set_new(object, metric->name, number(values[index]));
    }
    return object;
}

static json_t *series_of(const hm_sample_state *sample)
{
    json_t *wall = json_array(), *cpu = json_array();
    json_t *probe = json_array(), *disturbed = json_array();
    const hm_sample_batch *batches = sample->batches;
    for (uint64_t batch = 0; batch < sample->batches_done; batch++) {
        json_array_append_new(wall, count(batches[batch].wall_ns));
        json_array_append_new(cpu, count(batches[batch].cpu_ns));
        json_array_append_new(probe, count(batches[batch].probe_ns));
        json_array_append_new(disturbed, json_boolean(batches[batch].disturbed));
    }
    json_array_append_new(probe, count(batches[sample->batches_done].probe_ns));
    json_t *series = json_object();
    json_object_set_new(series, "batch_wall_ns", wall);
    json_object_set_new(series, "batch_cpu_ns", cpu);
    json_object_set_new(series, "batch_disturbed", disturbed);
    json_object_set_new(series, "probe_ns", probe);
    return series;
}

/* The earliest collection that is not in the record yet; `taken` counts them by thread. */
static const hm_sample_collection *next_collection(const hm_sample_state *sample, size_t *taken)
{
    const hm_sample_collection *first = NULL;
    size_t *of = NULL;
    for (unsigned thread = 0; thread < sample->request->cell.threads; thread++) {
        const hm_sample_events *events = &sample->events[thread];
        const hm_sample_collection *next = &events->collections[taken[thread]];
        if (taken[thread] == events->kept || (first != NULL && next->at_ns >= first->at_ns))
            continue;
        first = next;
        of = &taken[thread];
    }
    if (of != NULL)
        (*of)++;
    return first;
}

static json_t *collections_of(const hm_sample_state *sample)
{
    json_t *collections = json_array();
    size_t taken[HM_MAX_THREADS] = {0};
    const hm_sample_collection *collection;
    while (json_array_size(collections) < HM_SAMPLE_KEPT_COLLECTIONS &&
           (collection = next_collection(sample, taken)) != NULL) {
        json_t *object = json_object();
        json_object_set_new(object, "at_ns", since_build(sample, collection->at_ns));
        json_object_set_new(object, "pause_ns", count(collection->pause_ns));
        json_object_set_new(object, "generation", json_integer(collection->generation));
        json_object_set_new(object, "collected", count(collection->collected));
        json_object_set_new(object, "uncollectable", count(collection->uncollectable));
        json_object_set_new(object, "traversed", count(collection->traversed));
        json_array_append_new(collections, object);
    }
    return collections;
}

/* The phases that have begun; the RSS between them is the driver's to add. */
static json_t *timeline_of(const hm_sample_state *sample)
{
    const hm_phase *phases = sample->request->cell.workload->phases;
    json_t *timeline = json_object(), *begun = json_array();
    for (size_t index = 0; index < HM_MAX_PHASES && phases[index].step != NULL; index++) {
        if (sample->phases[index].begin_ns == 0)
            continue;
        json_t *entry = json_array();
        json_array_append_new(entry, since_build(sample, sample->phases[index].begin_ns));
        json_array_append_new(entry, json_string(phases[index].name));
        json_array_append_new(begun, entry);
    }
    json_object_set_new(timeline, "at_ns", json_array());
    json_object_set_new(timeline, "rss_bytes", json_array());
    json_object_set_new(timeline, "requested_bytes", json_array());
    json_object_set_new(timeline, "phase", begun);
    return timeline;
}

static void add_results(const hm_sample_state *sample, json_t *record)
{
    json_object_set_new(record, "metrics", metrics_of(sample));
    if (hm_sample_hears_of_collections()) {
        json_object_set_new(record, "collections", collections_of(sample));
        json_object_set_new(record, "pauses", hm_sample_histogram(&sample->events->pauses));
    }
    json_object_set_new(record, "build_started_monotonic_ns", count(sample->build_started_ns));
    if (sample->request->kind == HM_SAMPLE_TIME) {
        json_object_set_new(record, "series", series_of(sample));
        hm_sample_counter_record(sample, record);
        return;
    }
    if (sample->request->kind == HM_SAMPLE_LATENCY) {
        hm_sample_latency_record(sample, record);
        return;
    }
    hm_sample_account_record(sample, record);
    json_object_set_new(record, "timeline", timeline_of(sample));
}

static json_t *make_record(const hm_sample_state *sample)
{
    json_t *record = json_object();
    if (sample->request->calibrate_seconds > 0 && sample->error.status == HM_OK) {
        json_object_set_new(record, "record", json_string("calibration"));
        json_object_set_new(record, "iterations", count(sample->calibrated_iterations));
        json_object_set_new(record, "ns_per_iteration", number(sample->calibrated_ns));
        return record;
    }
    add_identity(sample, record);
    hm_sample_add_verdict(sample, record);
    if (sample->build_started_ns != 0)
        add_results(sample, record);
    return record;
}

static bool write_all(int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

hm_status hm_sample_write_line(const json_t *record, int record_fd, hm_error *error)
{
    char *text = json_dumps(record, JSON_COMPACT);
    if (text == NULL)
        return hm_error_set(error, HM_NO_MEMORY, "no memory for the sample's record");
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the end: one write, one line */
    hm_status status = HM_OK;
    if (!write_all(record_fd, text, length + 1))
        status = hm_error_set(error, HM_IO_ERROR, "the record could not be written: %s",
                              strerror(errno));
    free(text);
    return status;
}

hm_status hm_sample_write_record(const hm_sample_state *sample, int record_fd, hm_error *error)
{
    json_t *record = make_record(sample);
    hm_status status = hm_sample_write_line(record, record_fd, error);
    json_decref(record);
    return status;
}
