/* benchmarks.json: Google Benchmark's format, so that its compare.py and what reads its files in CI
 * read ours. An "iteration" there is an operation here: real_time is ns per operation. */
#include "bench/folder.h"
#include "bench/metrics.h"
#include "bench/result_list.h"
#include "bench/results.h"

#include <string.h>

static json_t *make_context(const json_t *environment)
{
    const json_t *machine = json_object_get(environment, "machine");
    const json_t *library =
        json_object_get(json_object_get(environment, "build"), "google_benchmark");
    json_t *context = json_object();
    json_t *loads = json_array();
    const json_t *load = json_object_get(machine, "load_1m_start");
    if (json_is_number(load))
        json_array_append(loads, (json_t *)load);
    json_object_set(context, "date", json_object_get(environment, "started_at"));
    json_object_set_new(context, "executable", json_string("heapmark"));
    json_object_set(context, "num_cpus", json_object_get(machine, "cores_online"));
    json_object_set_new(context, "load_avg", loads);
    json_object_set(context, "library_build_type", json_object_get(library, "library_build_type"));
    json_object_set(context, "heapmark_version", json_object_get(environment, "heapmark"));
    json_object_set(context, "heapmark_run", json_object_get(environment, "run"));
    json_object_set(context, "heapmark_baseline", json_object_get(environment, "baseline"));
    return context;
}

static bool is_kind(const hm_result *result, const char *kind)
{
    return strcmp(result->kind, kind) == 0;
}

/** Adds the metrics of this kind of sample; those of several kinds are the first one's alone. */
static void add_counters(json_t *entry, const hm_result *result)
{
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const hm_metric *metric = &hm_metric_table[index];
        double value;
        bool theirs = strncmp(metric->kinds, result->kind, strlen(result->kind)) == 0;
        if (theirs && hm_result_metric(result, metric->name, &value))
            json_object_set_new(entry, metric->name, json_real(value));
    }
}

static json_t *make_entry(const hm_result *result, size_t family, size_t repetitions)
{
    double wall = 0;
    double cpu = 0;
    double rate = 0;
    hm_result_metric(result, "ns_per_op", &wall);
    hm_result_metric(result, "cpu_ns_per_op", &cpu);
    hm_result_metric(result, "ops_per_second", &rate);
    json_t *entry = json_pack(
        "{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:s, s:f}", "name", result->cell,
        "family_index", (json_int_t)family, "per_family_instance_index", (json_int_t)0, "run_name",
        result->cell, "run_type", "iteration", "repetitions", (json_int_t)repetitions,
        "repetition_index", result->repetition, "threads", result->threads, "iterations",
        json_integer_value(json_object_get(result->record, "operations")), "real_time", wall,
        "cpu_time", cpu, "time_unit", "ns", "items_per_second", rate);
    add_counters(entry, result);
    return entry;
}

/** Adds the figures of the k-th result of `kind` to the k-th entry from `base` on. */
static void add_other_kind(json_t *entries, size_t base, const hm_result *items, size_t first,
                           size_t end, const char *kind)
{
    size_t place = base;
    for (size_t index = first; index < end && place < json_array_size(entries); index++) {
        if (is_kind(&items[index], kind))
            add_counters(json_array_get(entries, place++), &items[index]);
    }
}

/** Appends the entries of the results from `first` to before `end`, all of one cell. */
static void append_cell(json_t *entries, const hm_result *items, size_t first, size_t end,
                        size_t family)
{
    size_t base = json_array_size(entries);
    size_t times = 0;
    for (size_t index = first; index < end; index++)
        times += is_kind(&items[index], "time");
    for (size_t index = first; index < end; index++) {
        if (is_kind(&items[index], "time"))
            json_array_append_new(entries, make_entry(&items[index], family, times));
    }
    add_other_kind(entries, base, items, first, end, "memory");
    add_other_kind(entries, base, items, first, end, "latency");
}

hm_status hm_benchmarks_write(const char *folder, const json_t *environment, hm_error *error)
{
    hm_result_list results;
    hm_status status = hm_result_list_read(&results, folder, error);
    if (status == HM_OK) {
        json_t *entries = json_array();
        size_t family = 0;
        hm_result_list_sort(&results);
        for (size_t first = 0; first < results.count; family++) {
            size_t end = first + 1;
            while (end < results.count &&
                   strcmp(results.items[end].cell, results.items[first].cell) == 0)
                end++;
            append_cell(entries, results.items, first, end, family);
            first = end;
        }
        json_t *document =
            json_pack("{s:o, s:o}", "context", make_context(environment), "benchmarks", entries);
        status = hm_folder_write(folder, "benchmarks.json", document,
                                 JSON_INDENT(1) | JSON_REAL_PRECISION(12), error);
        json_decref(document);
    }
    hm_result_list_clear(&results);
    return status;
}
