#include "bench/timeline/options.h"

#include "base/quantity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_PARAMETER = 0x2000,
    KEY_BACKEND,
    KEY_COLLECTOR,
    KEY_ITERATIONS,
    KEY_POINTS,
    KEY_INTERVAL,
    KEY_FRAMES,
    KEY_NATIVE,
    KEY_FREELISTS,
    KEY_SEED,
    KEY_TIMEOUT,
    KEY_MEMORY_LIMIT,
    KEY_OUT,
    KEY_PART,
    KEY_RECORD_FD
};

enum { MOST_FRAMES = 65535, NATIVE_FRAMES = 16, DEFAULT_POINTS = 20, DEFAULT_INTERVAL_MS = 5 };
static const char default_backend[] = "pool";
static const char default_collector[] = "generational";

static const struct argp_option timeline_options[] = {
    {NULL, 0, NULL, 0, "What to watch:", 1},
    {"param", KEY_PARAMETER, "NAME=VALUE", 0, "A parameter of the workload; may be repeated", 1},
    {"backend", KEY_BACKEND, "NAME-OR-SPEC", 0,
     "The back end: a name or a spec [LABEL=]so:PATH[;prefix=P][;env=K=V] or "
     "[LABEL=]preload:PATH[;env=K=V] (default pool)",
     1},
    {"collector", KEY_COLLECTOR, "NAME-OR-SPEC", 0,
     "The collector: NAME[;trigger=auto|manual][;thresholds=A,B,C] (default generational)", 1},
    {"iterations", KEY_ITERATIONS, "N", 0,
     "Iterations of the steady phase; without it as many as take half a second", 1},
    {"freelists", KEY_FREELISTS, "on|off", 0, "The runtime's own free lists (default off)", 1},
    {"seed", KEY_SEED, "N", 0, "Seed of the workload and of str hashes (default 1)", 1},
    {NULL, 0, NULL, 0, "How to watch:", 2},
    {"interval-ms", KEY_INTERVAL, "N", 0,
     "Time between two readings of memory and counts, 1 to 1000 (default 5)", 2},
    {"points", KEY_POINTS, "N", 0,
     "Walks over the heap inside the steady phase, 0 to 1000 (default 20)", 2},
    {"frames", KEY_FRAMES, "N", 0,
     "Frames of a traceback, 1 to 65535 (default 1; 16 with --native)", 2},
    {"native", KEY_NATIVE, NULL, 0, "Take tracebacks from the machine's stack", 2},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Longest time a part may take (default 300)", 2},
    {"memory-limit", KEY_MEMORY_LIMIT, "SIZE", 0,
     "Most memory a part may have resident (default 2GiB)", 2},
    {NULL, 0, NULL, 0, "Where to leave it:", 3},
    {"out", KEY_OUT, "DIR", 0, "The timeline's folder (default results/TIME-timeline)", 3},
    {"part", KEY_PART, "curves|sites", 0,
     "Run this part alone, in this process, and print its record; WORKLOAD may be a cell's name",
     3},
    {"record-fd", KEY_RECORD_FD, "N", 0,
     "With --part: write the record as one line to this file descriptor instead", 3},
    {0},
};

static error_t refuse(hm_timeline_options *options, const char *option, const char *value,
                      const char *right)
{
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--%s: '%.100s' is not %s", option, value,
                 right);
    return EINVAL;
}

static error_t take_number(hm_timeline_options *options, const char *option, const char *value,
                           int64_t least, int64_t most, int64_t *number)
{
    char right[80];
    snprintf(right, sizeof right, "a whole number from %" PRId64 " to %" PRId64, least, most);
    if (hm_parse_count(value, number) && *number >= least && *number <= most)
        return 0;
    return refuse(options, option, value, right);
}

static error_t take_count(hm_timeline_options *options, const char *option, const char *value,
                          unsigned least, unsigned most, unsigned *into)
{
    int64_t number;
    error_t wrong = take_number(options, option, value, least, most, &number);
    if (wrong == 0)
        *into = (unsigned)number;
    return wrong;
}

static error_t take_iterations(hm_timeline_options *options, const char *value)
{
    int64_t number;
    error_t wrong = take_number(options, "iterations", value, 1, INT64_C(1) << 40, &number);
    if (wrong == 0)
        options->request.iterations = (uint64_t)number;
    return wrong;
}

static error_t take_seed(hm_timeline_options *options, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno != 0 || end == value || *end != '\0' || !strchr("0123456789", *value))
        return refuse(options, "seed", value, "a number from 0 to 2^64 - 1, such as 7 or 0x1f");
    options->request.seed = number;
    return 0;
}

static error_t take_freelists(hm_timeline_options *options, const char *value)
{
    options->request.freelists = strcmp(value, "on") == 0;
    if (!options->request.freelists && strcmp(value, "off") != 0)
        return refuse(options, "freelists", value, "on or off");
    return 0;
}

static error_t take_part(hm_timeline_options *options, const char *value)
{
    bool curves = strcmp(value, "curves") == 0;
    if (!curves && strcmp(value, "sites") != 0)
        return refuse(options, "part", value, "curves or sites");
    options->one_part = true;
    options->request.part = curves ? HM_TIMELINE_CURVES : HM_TIMELINE_SITES;
    return 0;
}

static error_t take_record_fd(hm_timeline_options *options, const char *value)
{
    int64_t number;
    if (!hm_parse_count(value, &number) || number < 0 || number > 1 << 20 ||
        fcntl((int)number, F_GETFD) < 0)
        return refuse(options, "record-fd", value, "the number of an open file");
    options->record_fd = (int)number;
    return 0;
}

static error_t take_timeout(hm_timeline_options *options, const char *value)
{
    if (!hm_parse_seconds(value, &options->timeout_seconds) || options->timeout_seconds <= 0 ||
        options->timeout_seconds > 86400)
        return refuse(options, "timeout", value,
                      "a time above 0 and at most 24 h: 0.5, 30, 200ms, 2m or 1h");
    return 0;
}

static error_t take_memory_limit(hm_timeline_options *options, const char *value)
{
    if (!hm_parse_count(value, &options->memory_limit_bytes) || options->memory_limit_bytes < 1)
        return refuse(options, "memory-limit", value, "a size above 0: 512MiB, 2GiB or bytes");
    return 0;
}

static error_t take_out(hm_timeline_options *options, const char *value)
{
    options->out = value;
    return *value == '\0' ? refuse(options, "out", value, "a folder's name") : 0;
}

static error_t take_how(int key, char *value, hm_timeline_options *options)
{
    switch (key) {
    case KEY_INTERVAL:
        return take_count(options, "interval-ms", value, 1, HM_TIMELINE_MOST_INTERVAL_MS,
                          &options->request.interval_ms);
    case KEY_POINTS:
        return take_count(options, "points", value, 0, HM_TIMELINE_MOST_POINTS,
                          &options->request.points);
    case KEY_FRAMES:
        return take_count(options, "frames", value, 1, MOST_FRAMES, &options->request.frames);
    case KEY_NATIVE:
        options->request.native = true;
        return 0;
    case KEY_TIMEOUT:
        return take_timeout(options, value);
    case KEY_MEMORY_LIMIT:
        return take_memory_limit(options, value);
    case KEY_OUT:
        return take_out(options, value);
    case KEY_PART:
        return take_part(options, value);
    case KEY_RECORD_FD:
        return take_record_fd(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_timeline(int key, char *value, struct argp_state *state)
{
    hm_timeline_options *options = state->input;
    switch (key) {
    case KEY_PARAMETER:
        hm_strings_add(&options->parameters, value);
        return 0;
    case KEY_BACKEND:
        options->backend = value;
        return 0;
    case KEY_COLLECTOR:
        options->collector = value;
        return 0;
    case KEY_ITERATIONS:
        return take_iterations(options, value);
    case KEY_FREELISTS:
        return take_freelists(options, value);
    case KEY_SEED:
        return take_seed(options, value);
    case ARGP_KEY_ARG:
        if (options->work != NULL)
            return hm_command_extra(&options->command, value);
        options->work = value;
        return 0;
    case ARGP_KEY_END:
        if (options->work != NULL || options->command.finished)
            return 0;
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "which workload? `heapmark list workloads` names them");
        return EINVAL;
    default:
        return take_how(key, value, options);
    }
}

static hm_status unknown_workload(const char *name, hm_error *error)
{
    hm_strings names = {0};
    char list[384];
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++)
        hm_strings_add(&names, workloads[index]->name);
    hm_error_set(error, HM_USAGE_ERROR, "no workload '%.60s'; there are %s", name,
                 hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return HM_USAGE_ERROR;
}

static hm_status unknown_parameter(const hm_workload *workload, const char *name, hm_error *error)
{
    hm_strings names = {0};
    char list[384];
    for (unsigned index = 0; index < workload->parameter_count; index++)
        hm_strings_add(&names, workload->parameters[index].name);
    hm_error_set(error, HM_USAGE_ERROR, "--param: workload %s has no parameter '%.60s'; it has %s",
                 workload->name, name,
                 names.count == 0 ? "none" : hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return HM_USAGE_ERROR;
}

static hm_status read_parameter(hm_bench_cell *cell, const char *text, uint32_t *given,
                                hm_error *error)
{
    char name[64];
    hm_error why = {0};
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return hm_error_set(error, HM_USAGE_ERROR, "--param: '%.100s' is not NAME=VALUE", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    int index = hm_parameter_find(cell->workload, name);
    if (index < 0)
        return unknown_parameter(cell->workload, name, error);
    if ((*given >> index & 1) != 0)
        return hm_error_set(error, HM_USAGE_ERROR, "--param: %s is given twice; give it once",
                            name);
    *given |= 1u << index;
    if (hm_parameter_parse(&cell->workload->parameters[index], equals + 1, &cell->parameters[index],
                           &why) == HM_OK)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR, "--param: %.480s", why.message);
}

static hm_status read_parameters(hm_timeline_options *options, hm_error *error)
{
    hm_bench_cell *cell = &options->request.cell;
    uint32_t given = 0;
    hm_status status = HM_OK;
    hm_parameters_default(cell->workload, cell->parameters);
    for (size_t index = 0; index < options->parameters.count && status == HM_OK; index++)
        status = read_parameter(cell, options->parameters.items[index], &given, error);
    if (status == HM_OK && cell->workload->validate != NULL)
        status = cell->workload->validate(cell->parameters, error);
    return status;
}

/** The cell of a workload's name and its options. */
static hm_status make_cell(hm_timeline_options *options, hm_error *error)
{
    hm_bench_cell *cell = &options->request.cell;
    const char *backend = options->backend != NULL ? options->backend : default_backend;
    const char *collector = options->collector != NULL ? options->collector : default_collector;
    *cell = (hm_bench_cell){.workload = hm_workload_find(options->work), .threads = 1};
    if (cell->workload == NULL)
        return unknown_workload(options->work, error);
    hm_status status = read_parameters(options, error);
    if (status == HM_OK)
        status = hm_backend_parse(backend, &options->storage[0], error);
    if (status == HM_OK)
        status = hm_collector_parse(collector, &cell->collector, error);
    cell->backend = &options->storage[0];
    return status;
}

/** The cell of its whole name, as a part gets it. */
static hm_status read_cell(hm_timeline_options *options, hm_error *error)
{
    hm_backend_spec *backend = options->backend == NULL ? NULL : &options->storage[0];
    if (options->parameters.count > 0 || options->collector != NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "a cell's name says its parameters and its collector; leave --param "
                            "and --collector out, or give a workload's name");
    hm_status status = backend == NULL ? HM_OK : hm_backend_parse(options->backend, backend, error);
    if (status == HM_OK)
        status = hm_bench_cell_parse(options->work, backend, &options->storage[1],
                                     &options->request.cell, error);
    if (status == HM_OK && options->request.cell.threads != 1)
        status =
            hm_error_set(error, HM_USAGE_ERROR, "a timeline runs one thread; threads must be 1");
    return status;
}

static hm_status check_together(hm_timeline_options *options, hm_error *error)
{
    hm_timeline_request *request = &options->request;
    if (request->frames == 0)
        request->frames = request->native ? NATIVE_FRAMES : 1;
    if (options->record_fd >= 0 && !options->one_part)
        return hm_error_set(error, HM_USAGE_ERROR, "--record-fd needs --part curves or sites");
    if (options->one_part && request->iterations == 0)
        return hm_error_set(error, HM_USAGE_ERROR, "--part needs --iterations N");
    return HM_OK;
}

hm_status hm_timeline_options_parse(hm_timeline_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = timeline_options,
        .parser = parse_timeline,
        .args_doc = "WORKLOAD",
        .doc = "Runs a workload's phases once and shows its memory over time, and which lines "
               "asked for it: a folder with timeline.json, timeline.svg and timeline.png, and a "
               "table.\v"
               "Exit codes: 0 done; 2 usage, or no Python to draw with; 3 a part was invalid; 6 "
               "reading or writing failed; 130 interrupted, nothing was written."};
    *options = (hm_timeline_options){
        .timeout_seconds = 300,
        .memory_limit_bytes = INT64_C(2) << 30,
        .record_fd = -1,
        .request = {.points = DEFAULT_POINTS, .interval_ms = DEFAULT_INTERVAL_MS, .seed = 1}};
    hm_error *error = &options->command.error;
    hm_status status = hm_command_parse(&options->command, &argp, argc, argv);
    if (status != HM_OK || options->command.finished)
        return status;
    status =
        strchr(options->work, '/') != NULL ? read_cell(options, error) : make_cell(options, error);
    return status == HM_OK ? check_together(options, error) : status;
}

void hm_timeline_options_clear(hm_timeline_options *options)
{
    hm_strings_clear(&options->parameters);
    hm_backend_spec_clear(&options->storage[0]);
    hm_backend_spec_clear(&options->storage[1]);
}

void hm_timeline_arguments(const hm_timeline_options *options, hm_timeline_part part,
                           hm_strings *arguments)
{
    const hm_timeline_request *request = &options->request;
    char cell[HM_CELL_NAME_BYTES];
    HM_CHECK(hm_bench_cell_name(&request->cell, cell, sizeof cell));
    const char *const first[] = {"heapmark", "timeline", cell};
    for (size_t index = 0; index < HM_COUNT_OF(first); index++)
        hm_strings_add(arguments, first[index]);
    if (!hm_backend_label_says_all(request->cell.backend)) {
        hm_strings_add(arguments, "--backend");
        hm_strings_add(arguments, request->cell.backend->text);
    }
    char *rest = hm_format("--part %s --iterations %" PRIu64 " --points %u --interval-ms %u "
                           "--frames %u --seed 0x%" PRIx64 " --freelists %s%s",
                           hm_timeline_part_name(part), request->iterations, request->points,
                           request->interval_ms, request->frames, request->seed,
                           request->freelists ? "on" : "off", request->native ? " --native" : "");
    hm_strings_split(arguments, rest, ' ');
    free(rest);
}
