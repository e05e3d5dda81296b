/* `heapmark list`: what can be asked for, for people and as JSON. The text is made from the JSON,
 * so that both say the same. */
#include "bench/command.h"
#include "bench/environment.h"
#include "bench/exit_code.h"
#include "bench/profile.h"
#include "bench/reference_python.h"
#include "bench/size_data.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_FORMAT = 0x2000, KEY_SIZE_DATA };

typedef struct list_options {
    hm_command command;
    const char *topic; /* NULL: all */
    const char *size_data;
    bool json;
} list_options;

static json_t *value_of(const hm_parameter *parameter, int64_t value)
{
    char text[64];
    return parameter->choices
               ? json_string(hm_parameter_format(parameter, value, text, sizeof text))
               : json_integer(value);
}

static json_t *parameter_to_json(const hm_parameter *parameter)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:o}", "name", parameter->name, "unit", parameter->unit, "brief",
                  parameter->brief, "default", value_of(parameter, parameter->initial));
    if (!parameter->choices) {
        json_object_set_new(object, "minimum", json_integer(parameter->minimum));
        json_object_set_new(object, "maximum", json_integer(parameter->maximum));
        return object;
    }
    json_t *choices = json_array();
    for (const char *const *choice = parameter->choices; *choice; choice++)
        json_array_append_new(choices, json_string(*choice));
    json_object_set_new(object, "choices", choices);
    return object;
}

static json_t *list_workloads(void)
{
    json_t *array = json_array();
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        json_t *parameters = json_array();
        for (unsigned place = 0; place < workloads[index]->parameter_count; place++)
            json_array_append_new(parameters,
                                  parameter_to_json(&workloads[index]->parameters[place]));
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:o}", "name", workloads[index]->name,
                             "group", workloads[index]->group, "brief", workloads[index]->brief,
                             "operation", workloads[index]->operation, "least_threads",
                             (json_int_t)hm_workload_least_threads(workloads[index]),
                             "even_threads", (workloads[index]->needs & HM_NEEDS_THREAD_PAIRS) != 0,
                             "parameters", parameters));
    }
    return array;
}

/** Whether the back end can run here: null where that depends on the path to be given. */
static void add_availability(json_t *object, const hm_backend *backend)
{
    hm_error absent = {0};
    hm_backend_spec spec = {0};
    char path[PATH_MAX] = "";
    hm_status status = HM_OK;
    if (!backend->takes_path) {
        status = hm_backend_parse(backend->name, &spec, &absent);
        if (status == HM_OK)
            status = hm_backend_probe(&spec, path, sizeof path, &absent);
        hm_backend_spec_clear(&spec);
    }
    json_object_set_new(object, "available",
                        backend->takes_path ? json_null() : json_boolean(status == HM_OK));
    json_object_set_new(object, "reason",
                        status == HM_OK ? json_null() : json_string(absent.message));
    json_object_set_new(object, "library", *path ? json_string(path) : json_null());
}

static json_t *list_backends(void)
{
    json_t *array = json_array();
    size_t count;
    const hm_backend *const *backends = hm_backends(&count);
    for (size_t index = 0; index < count; index++) {
        const hm_backend *backend = backends[index];
        json_t *object = json_pack("{s:s, s:s, s:s, s:b, s:s?}", "name", backend->name, "linkage",
                                   hm_linkage_name(backend->linkage), "brief", backend->brief,
                                   "ranked", backend->ranked, "package", backend->package);
        add_availability(object, backend);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *list_collectors(void)
{
    json_t *array = json_array();
    size_t count;
    const hm_collector *const *collectors = hm_collectors(&count);
    for (size_t index = 0; index < count; index++)
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:I, s:b}", "name", collectors[index]->name, "brief",
                             collectors[index]->brief, "prefix_bytes",
                             (json_int_t)collectors[index]->prefix_bytes, "collects",
                             (collectors[index]->capabilities & HM_COLLECTOR_COLLECTS) != 0));
    return array;
}

static json_t *list_profiles(void)
{
    json_t *array = json_array();
    size_t count;
    const hm_profile *profiles = hm_profiles(&count);
    for (size_t index = 0; index < count; index++) {
        const hm_profile *profile = &profiles[index];
        json_t *works = json_array();
        for (const char *const *work = profile->works; *work; work++)
            json_array_append_new(works, json_string(*work));
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:I, s:I, s:f, s:f, s:f, s:s, s:s, s:s, s:s, "
                      "s:s?, s:o}",
                      "name", profile->name, "brief", profile->brief, "repetitions",
                      (json_int_t)profile->repetitions, "memory_repetitions",
                      (json_int_t)profile->memory_repetitions, "latency_repetitions",
                      (json_int_t)profile->latency_repetitions, "precision",
                      profile->precision_percent, "most_rounds", (json_int_t)profile->most_rounds,
                      "batches", (json_int_t)profile->batches, "batch_s", profile->batch_seconds,
                      "duration_s", profile->duration_seconds, "timeout_s",
                      profile->timeout_seconds, "settle", hm_settle_name(profile->settle),
                      "backends", profile->backends, "collectors", profile->collectors, "threads",
                      profile->threads ? profile->threads : "1", "filter", profile->filter, "works",
                      works));
    }
    return array;
}

/** The topics, in the order they are printed. */
static const struct {
    const char *name;
    json_t *(*list)(void);
} topics[] = {
    {"workloads", list_workloads},   {"backends", list_backends},
    {"collectors", list_collectors}, {"profiles", list_profiles},
    {"metrics", hm_metrics_to_json}, {"references", hm_references_to_json},
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/** A number or a text as people write it; the caller frees. */
static char *plain(const json_t *value)
{
    return json_is_string(value) ? hm_copy(json_string_value(value))
                                 : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

static void print_parameter(const json_t *parameter)
{
    char *initial = plain(json_object_get(parameter, "default"));
    printf("      %-12s %s; ", text_of(parameter, "name"), text_of(parameter, "brief"));
    size_t index;
    const json_t *choice;
    const json_t *choices = json_object_get(parameter, "choices");
    json_array_foreach(choices, index, choice)
    {
        printf("%s%s", index ? ", " : "one of ", json_string_value(choice));
    }
    if (!choices)
        printf("%lld to %lld%s%s",
               (long long)json_integer_value(json_object_get(parameter, "minimum")),
               (long long)json_integer_value(json_object_get(parameter, "maximum")),
               *text_of(parameter, "unit") ? " " : "", text_of(parameter, "unit"));
    printf("; default %s\n", initial);
    free(initial);
}

static void print_details(const json_t *entry)
{
    size_t index;
    const json_t *item;
    json_array_foreach(json_object_get(entry, "parameters"), index, item)
    {
        print_parameter(item);
    }
    json_array_foreach(json_object_get(entry, "works"), index, item)
    {
        printf("      %s\n", json_string_value(item));
    }
    if (json_integer_value(json_object_get(entry, "least_threads")) > 1)
        printf("      threads: %lld or more%s\n",
               (long long)json_integer_value(json_object_get(entry, "least_threads")),
               json_is_true(json_object_get(entry, "even_threads")) ? ", an even number" : "");
    if (json_is_false(json_object_get(entry, "available")))
        printf("      absent: %s\n", text_of(entry, "reason"));
    else if (*text_of(entry, "library"))
        printf("      %s\n", text_of(entry, "library"));
}

static void print_text(const json_t *document)
{
    const char *topic;
    json_t *entries;
    json_object_foreach((json_t *)document, topic, entries)
    {
        size_t index;
        const json_t *entry;
        printf("%s\n", topic);
        json_array_foreach(entries, index, entry)
        {
            const char *unit = text_of(entry, "unit");
            printf("  %-28s %s%s%s%s\n", text_of(entry, "name"), text_of(entry, "brief"),
                   *unit ? " [" : "", unit, *unit ? "]" : "");
            print_details(entry);
        }
    }
}

static error_t take_topic(list_options *options, const char *value)
{
    hm_strings names = {0};
    char list[256];
    if (options->topic)
        return hm_command_extra(&options->command, value);
    for (size_t index = 0; index < HM_COUNT_OF(topics); index++) {
        hm_strings_add(&names, topics[index].name);
        if (strcmp(topics[index].name, value) == 0)
            options->topic = value;
    }
    if (!options->topic)
        hm_error_set(&options->command.error, HM_USAGE_ERROR, "nothing to list called '%s'; %s are",
                     value, hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return options->topic ? 0 : EINVAL;
}

static error_t parse_list(int key, char *value, struct argp_state *state)
{
    list_options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        options->json = strcmp(value, "json") == 0;
        if (options->json || strcmp(value, "text") == 0)
            return 0;
        hm_error_set(&options->command.error, HM_USAGE_ERROR, "--format: '%s' is not text or json",
                     value);
        return EINVAL;
    case KEY_SIZE_DATA:
        options->size_data = value;
        return 0;
    case ARGP_KEY_ARG:
        return take_topic(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int hm_main_list(int argc, char **argv)
{
    static const struct argp_option choices[] = {
        {"format", KEY_FORMAT, "text|json", 0, "How to print it (default text)", 0},
        {"size-data", KEY_SIZE_DATA, "FILE", 0,
         "With the programs of this file among the values of `sizes`", 0},
        {0}};
    static const struct argp argp = {
        .options = choices,
        .parser = parse_list,
        .args_doc = "[workloads|backends|collectors|profiles|metrics|references]",
        .doc = "Lists what can be measured, with what, and what is measured of it."};
    list_options options = {0};
    if (hm_command_parse(&options.command, &argp, argc, argv) != HM_OK)
        return hm_command_fail(argv[0], &options.command.error);
    if (options.command.finished)
        return hm_command_end(argv[0]);
    if (options.size_data != NULL &&
        hm_size_data_take(options.size_data, NULL, &options.command.error) != HM_OK)
        return hm_command_fail(argv[0], &options.command.error);
    json_t *document = json_object();
    for (size_t index = 0; index < HM_COUNT_OF(topics); index++) {
        if (!options.topic || strcmp(options.topic, topics[index].name) == 0)
            json_object_set_new(document, topics[index].name, topics[index].list());
    }
    if (options.json) {
        json_dumpf(document, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        print_text(document);
    }
    json_decref(document);
    return hm_command_end(argv[0]);
}
