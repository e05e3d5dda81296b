#include "bench/environment.h"

#include "bench/folder.h"
#include "bench/measure/clock.h"
#include "bench/measure/machine.h"
#include "bench/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCHEMA = 2 };

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *count_or_null(int64_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

static json_t *load_or_null(double load)
{
    return load < 0 ? json_null() : json_real(load);
}

static json_t *now_to_json(void)
{
    char text[HM_CLOCK_TEXT_BYTES];
    return json_string(hm_clock_now_text(text));
}

static json_t *kinds_to_json(const char *text)
{
    json_t *array = json_array();
    hm_strings kinds = {0};
    hm_strings_split(&kinds, text, ',');
    for (size_t index = 0; index < kinds.count; index++)
        json_array_append_new(array, json_string(kinds.items[index]));
    hm_strings_clear(&kinds);
    return array;
}

json_t *hm_metrics_to_json(void)
{
    json_t *array = json_array();
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const hm_metric *metric = &hm_metric_table[index];
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", metric->name, "unit",
                                        metric->unit, "direction", metric->direction, "kinds",
                                        kinds_to_json(metric->kinds), "brief", metric->brief));
    }
    return array;
}

json_t *hm_machine_to_json(void)
{
    hm_machine machine;
    json_t *caches = json_object();
    hm_machine_read(&machine);
    for (unsigned index = 0; index < machine.cache_count; index++)
        json_object_set_new(caches, machine.caches[index].name,
                            count_or_null(machine.caches[index].bytes));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:n, s:b, s:b}",
        "cpu_model", text_or_null(machine.cpu_model), "cores_online",
        count_or_null(machine.cores_online), "memory_bytes", count_or_null(machine.memory_bytes),
        "kernel", text_or_null(machine.kernel), "os", text_or_null(machine.os), "libc",
        text_or_null(machine.libc), "caches", caches, "thp", text_or_null(machine.thp), "governor",
        text_or_null(machine.governor), "virtual_machine", text_or_null(machine.virtual_machine),
        "aslr", count_or_null(machine.aslr), "swap_bytes", count_or_null(machine.swap_bytes),
        "load_1m_start", load_or_null(machine.load_1m), "load_1m_end", "hardware_counters",
        machine.hardware_counters, "psi", machine.psi);
}

static json_t *collectors_to_json(const hm_plan *plan)
{
    json_t *array = json_array();
    for (size_t index = 0; index < plan->collector_count; index++) {
        const hm_collector_spec *spec = &plan->collectors[index];
        bool collects = (spec->collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
        json_t *parameters = json_object();
        for (int generation = 0; collects && generation < HM_GENERATIONS; generation++) {
            char name[32];
            snprintf(name, sizeof name, "threshold%d", generation);
            json_object_set_new(parameters, name,
                                json_integer(spec->settings.thresholds[generation]));
        }
        const char *trigger = spec->settings.automatic ? "auto" : "manual";
        json_array_append_new(array, json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", spec->label,
                                               "brief", spec->collector->brief, "prefix_bytes",
                                               (json_int_t)spec->collector->prefix_bytes, "trigger",
                                               collects ? json_string(trigger) : json_null(),
                                               "parameters", parameters));
    }
    return array;
}

static json_t *options_to_json(const hm_plan *plan, const json_t *machine)
{
    json_t *options = hm_run_options_to_json(plan->options);
    json_object_set(options, "huge_pages", json_object_get(machine, "thp"));
    return options;
}

json_t *hm_environment_new(const hm_plan *plan, const char *run_name, int argc, char **argv)
{
    char seed[32];
    json_t *command = json_array();
    json_t *machine = hm_machine_to_json();
    json_array_append_new(command, json_string("heapmark"));
    json_array_append_new(command, json_string("run"));
    for (int index = 1; index < argc; index++)
        json_array_append_new(command, json_string(argv[index]));
    snprintf(seed, sizeof seed, "0x%" PRIx64, plan->options->seed);
    json_t *document =
        json_pack("{s:s, s:i, s:s, s:o, s:o, s:s, s:s, s:o, s:n, s:s, s:o, s:s, s:s, s:o}",
                  "record", "environment", "schema", (int)SCHEMA, "heapmark", hm_version(),
                  "git_commit", hm_git_commit_to_json(), "git_dirty", hm_git_dirty_to_json(), "run",
                  run_name, "profile", plan->options->profile->name, "started_at", now_to_json(),
                  "finished_at", "state", "running", "command_line", command, "seed", seed,
                  "baseline", hm_plan_baseline(plan), "options", options_to_json(plan, machine));
    json_object_set_new(document, "plan", hm_plan_to_json(plan));
    json_object_set_new(document, "backends", hm_backend_set_to_json(plan->backends));
    json_object_set(document, "references", plan->backends->references);
    json_object_set_new(document, "collectors", collectors_to_json(plan));
    json_object_set_new(document, "metrics", hm_metrics_to_json());
    json_object_set_new(document, "machine", machine);
    json_object_set_new(document, "build", hm_build_to_json());
    return document;
}

void hm_environment_update(json_t *document, const hm_plan *plan)
{
    json_object_set_new(document, "plan", hm_plan_to_json(plan));
    json_object_set_new(document, "backends", hm_backend_set_to_json(plan->backends));
}

void hm_environment_set_state(json_t *document, const char *state)
{
    bool running = strcmp(state, "running") == 0;
    json_object_set_new(document, "state", json_string(state));
    json_object_set_new(document, "finished_at", running ? json_null() : now_to_json());
    if (!running)
        json_object_set_new(json_object_get(document, "machine"), "load_1m_end",
                            load_or_null(hm_machine_load()));
}

hm_status hm_environment_write(const json_t *document, const char *folder, hm_error *error)
{
    return hm_folder_write(folder, "environment.json", document, JSON_INDENT(1), error);
}

json_t *hm_environment_read(const char *folder, hm_error *error)
{
    json_error_t wrong = {0};
    char *path = hm_format("%s/environment.json", folder);
    int descriptor = hm_folder_open(path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "rb");
    json_t *document = stream == NULL ? NULL : json_loadf(stream, 0, &wrong);
    if (stream == NULL)
        snprintf(wrong.text, sizeof wrong.text, "%s", strerror(errno));
    if (stream != NULL)
        fclose(stream);
    else if (descriptor >= 0)
        close(descriptor);
    const char *record = json_string_value(json_object_get(document, "record"));
    json_int_t schema = json_integer_value(json_object_get(document, "schema"));
    if (!document && access(path, F_OK) != 0)
        hm_error_set(error, HM_USAGE_ERROR,
                     "--resume: %.200s holds no run: it has no environment.json; name a run's "
                     "folder by --out",
                     folder);
    else if (!document)
        hm_error_set(error, HM_USAGE_ERROR, "--resume: %.300s is damaged: %.160s; start a new run",
                     path, wrong.text);
    else if (record && strcmp(record, "exec-environment") == 0)
        hm_error_set(error, HM_USAGE_ERROR,
                     "--resume: %.300s is of a run of heapmark exec, which is not continued; start "
                     "it again",
                     path);
    else if (!record || strcmp(record, "environment") != 0 || schema != SCHEMA)
        hm_error_set(error, HM_USAGE_ERROR,
                     "--resume: %.300s is not of schema %d; use the heapmark that wrote it", path,
                     (int)SCHEMA);
    else {
        free(path);
        return document;
    }
    free(path);
    json_decref(document);
    return NULL;
}

static hm_status check_build(const json_t *document, hm_error *error)
{
    json_t *build = hm_build_to_json();
    json_t *commit = hm_git_commit_to_json();
    const char *version = json_string_value(json_object_get(document, "heapmark"));
    bool same = version && strcmp(version, hm_version()) == 0 &&
                json_equal(build, json_object_get(document, "build")) &&
                json_equal(commit, json_object_get(document, "git_commit"));
    json_decref(build);
    json_decref(commit);
    if (same)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--resume: the run was started by another build of heapmark; its samples "
                        "cannot be mixed with this one's: start a new run");
}

/** The stored back end with the choice's label and linkage; NULL: none. */
static const json_t *find_backend(const json_t *document, const hm_backend_choice *choice)
{
    size_t index;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "backends"), index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        const char *linkage = json_string_value(json_object_get(entry, "linkage"));
        const char *origin = json_string_value(json_object_get(entry, "origin"));
        if (name && linkage && strcmp(name, choice->spec.label) == 0 &&
            strcmp(linkage, hm_linkage_name(choice->spec.backend->linkage)) == 0 &&
            (!choice->runtime || !origin || !choice->origin || strcmp(origin, choice->origin) == 0))
            return entry;
    }
    return NULL;
}

hm_status hm_environment_check_same(const json_t *document, const hm_plan *plan, hm_error *error)
{
    hm_status status = check_build(document, error);
    for (size_t index = 0; index < plan->backends->count && status == HM_OK; index++) {
        const hm_backend_choice *choice = &plan->backends->items[index];
        const json_t *stored = find_backend(document, choice);
        const char *version = json_string_value(json_object_get(stored, "version"));
        const char *origin = json_string_value(json_object_get(stored, "origin"));
        if ((version && choice->version && strcmp(version, choice->version) != 0) ||
            (origin && choice->origin && strcmp(origin, choice->origin) != 0))
            status = hm_error_set(error, HM_USAGE_ERROR,
                                  "--resume: back end %s was %.80s (%.120s) and is now %.80s "
                                  "(%.120s): start a new run",
                                  choice->spec.label, version ? version : "", origin ? origin : "",
                                  choice->version ? choice->version : "",
                                  choice->origin ? choice->origin : "");
    }
    return status;
}
