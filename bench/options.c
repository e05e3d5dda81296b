#include "bench/options.h"

#include "base/quantity.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_PROFILE = 0x2000,
    KEY_FILTER,
    KEY_BACKEND,
    KEY_COLLECTOR,
    KEY_BASELINE,
    KEY_PARAMETER,
    KEY_THREADS,
    KEY_REPETITIONS,
    KEY_MEMORY_REPETITIONS,
    KEY_MIN_TIME,
    KEY_TIMEOUT,
    KEY_MEMORY_LIMIT,
    KEY_FREELISTS,
    KEY_SEED,
    KEY_OUT,
    KEY_RESUME,
    KEY_DRY_RUN,
    KEY_PROGRESS,
    KEY_COLOR
};

static const struct argp_option run_options[] = {
    {NULL, 0, NULL, 0, "What to measure:", 1},
    {"profile", KEY_PROFILE, "NAME", 0,
     "Works, back ends, collectors and repetitions: quick "
     "(default), standard or full",
     1},
    {"filter", KEY_FILTER, "REGEX", 0, "Only cells whose name matches (POSIX extended)", 1},
    {"backend", KEY_BACKEND, "NAMES-OR-SPEC", 0,
     "Back ends: names with commas between, or one spec [LABEL=]so:PATH[;prefix=P][;env=K=V] or "
     "[LABEL=]preload:PATH[;env=K=V]; may be repeated",
     1},
    {"collector", KEY_COLLECTOR, "NAMES-OR-SPEC", 0,
     "Collectors: names with commas between, or one spec NAME[;trigger=auto|manual]"
     "[;thresholds=A,B,C]; may be repeated",
     1},
    {"baseline", KEY_BASELINE, "NAME", 0, "The back end that ratios refer to (default system)", 1},
    {"param", KEY_PARAMETER, "WORKLOAD.NAME=V1,V2", 0,
     "Values of a workload's parameter; several make a product; may be repeated", 1},
    {"threads", KEY_THREADS, "N1,N2", 0, "Numbers of threads: 1, so far (default 1)", 1},
    {NULL, 0, NULL, 0, "How to measure:", 2},
    {"repetitions", KEY_REPETITIONS, "N", 0, "Time samples of each cell", 2},
    {"memory-repetitions", KEY_MEMORY_REPETITIONS, "N", 0, "Memory samples of each cell", 2},
    {"min-time", KEY_MIN_TIME, "SECONDS", 0, "What a timed batch is calibrated to last", 2},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Longest time a sample may take", 2},
    {"memory-limit", KEY_MEMORY_LIMIT, "SIZE", 0,
     "Most memory a sample may have resident (default 2GiB)", 2},
    {"freelists", KEY_FREELISTS, "on|off", 0, "The runtime's own free lists (default off)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of the works, the order and the layout (default 1)", 2},
    {NULL, 0, NULL, 0, "Where and how to show:", 3},
    {"out", KEY_OUT, "DIR", 0, "The run's folder (default results/TIME-PROFILE)", 3},
    {"resume", KEY_RESUME, NULL, 0, "Go on with a stopped run: --out's, or results/latest", 3},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Print the plan and measure nothing", 3},
    {"progress", KEY_PROGRESS, "WHEN", 0, "auto (default), always or never", 3},
    {"color", KEY_COLOR, "WHEN", 0, "auto (default), always or never; NO_COLOR is honoured", 3},
    {0},
};

static error_t refuse(hm_run_options *options, const char *option, const char *value,
                      const char *right)
{
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--%s: '%s' is not %s", option, value,
                 right);
    return EINVAL;
}

static error_t take_profile(hm_run_options *options, const char *value)
{
    options->profile = hm_profile_find(value);
    if (options->profile)
        return 0;
    hm_strings names = {0};
    char list[256];
    size_t count;
    const hm_profile *profiles = hm_profiles(&count);
    for (size_t index = 0; index < count; index++)
        hm_strings_add(&names, profiles[index].name);
    hm_error_set(&options->command.error, HM_USAGE_ERROR,
                 "--profile: no profile '%s'; there are %s", value,
                 hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return EINVAL;
}

static error_t take_filter(hm_run_options *options, const char *value)
{
    regex_t expression;
    int failed = regcomp(&expression, value, REG_EXTENDED | REG_NOSUB);
    if (failed != 0) {
        char why[128];
        regerror(failed, &expression, why, sizeof why);
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "--filter: '%s' is not a POSIX extended regular expression: %s", value, why);
        return EINVAL;
    }
    regfree(&expression);
    free(options->filter);
    options->filter = hm_copy(value);
    return 0;
}

static error_t take_names(hm_run_options *options, const char *option, hm_strings *into,
                          const char *value, const char *marks_of_a_spec)
{
    size_t before = into->count;
    if (value[strcspn(value, marks_of_a_spec)] != '\0')
        hm_strings_add(into, value);
    else
        hm_strings_split(into, value, ',');
    for (size_t index = before; index < into->count; index++) {
        if (*into->items[index] == '\0')
            return refuse(options, option, value, "a list of names with one comma between two");
    }
    return 0;
}

static error_t take_threads(hm_run_options *options, const char *value)
{
    static const char right[] = "a list of at most 8 different numbers from 1 to 64";
    hm_strings parts = {0};
    hm_strings_split(&parts, value, ',');
    bool sound = parts.count <= HM_MAX_THREAD_COUNTS;
    options->thread_count = 0;
    for (size_t index = 0; sound && index < parts.count; index++) {
        int64_t number = 0;
        sound = hm_parse_count(parts.items[index], &number) && number >= 1 && number <= 64;
        for (size_t earlier = 0; earlier < options->thread_count; earlier++)
            sound = sound && options->threads[earlier] != (unsigned)number;
        options->threads[options->thread_count++] = (unsigned)number;
    }
    hm_strings_clear(&parts);
    if (sound && (options->thread_count > 1 || options->threads[0] > 1))
        return refuse(options, "threads", value, "1: a sample runs one thread so far");
    return sound ? 0 : refuse(options, "threads", value, right);
}

static error_t take_count(hm_run_options *options, const char *option, const char *value,
                          unsigned minimum, unsigned *into)
{
    int64_t number;
    if (!hm_parse_count(value, &number) || number < minimum || number > 100000)
        return refuse(options, option, value,
                      minimum ? "a whole number from 1 to 100000"
                              : "a whole number from 0 to 100000");
    *into = (unsigned)number;
    return 0;
}

static error_t take_seconds(hm_run_options *options, const char *option, const char *value,
                            double *into)
{
    if (!hm_parse_seconds(value, into) || *into <= 0 || *into > 86400)
        return refuse(options, option, value,
                      "a time above 0 and at most 24 h: 0.5, 30, 200ms, 2m or 1h");
    return 0;
}

static error_t take_memory_limit(hm_run_options *options, const char *value)
{
    if (!hm_parse_count(value, &options->memory_limit_bytes) || options->memory_limit_bytes < 1)
        return refuse(options, "memory-limit", value, "a size above 0: 512MiB, 2GiB or bytes");
    return 0;
}

static error_t take_seed(hm_run_options *options, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno != 0 || end == value || *end != '\0' || !strchr("0123456789", *value))
        return refuse(options, "seed", value, "a number from 0 to 2^64 - 1, such as 7 or 0x1f");
    options->seed = number;
    return 0;
}

static error_t take_when(hm_run_options *options, const char *option, const char *value,
                         hm_when *into)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (unsigned index = 0; index < HM_COUNT_OF(names); index++) {
        if (strcmp(value, names[index]) == 0) {
            *into = (hm_when)index;
            return 0;
        }
    }
    return refuse(options, option, value, "auto, always or never");
}

static error_t take_freelists(hm_run_options *options, const char *value)
{
    options->freelists = strcmp(value, "on") == 0;
    if (!options->freelists && strcmp(value, "off") != 0)
        return refuse(options, "freelists", value, "on or off");
    return 0;
}

static error_t take_out(hm_run_options *options, const char *value)
{
    if (*value == '\0')
        return refuse(options, "out", value, "a folder's name");
    free(options->out);
    options->out = hm_copy(value);
    return 0;
}

static void replace(char **into, const char *value)
{
    free(*into);
    *into = hm_copy(value);
}

static error_t take_what(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_PROFILE:
        return take_profile(options, value);
    case KEY_FILTER:
        return take_filter(options, value);
    case KEY_BACKEND:
        return take_names(options, "backend", &options->backends, value, ":;=");
    case KEY_COLLECTOR:
        return take_names(options, "collector", &options->collectors, value, ";=");
    case KEY_BASELINE:
        replace(&options->baseline, value);
        return 0;
    case KEY_PARAMETER:
        hm_strings_add(&options->parameters, value);
        return 0;
    case KEY_THREADS:
        return take_threads(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_how(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_REPETITIONS:
        return take_count(options, "repetitions", value, 1, &options->repetitions);
    case KEY_MEMORY_REPETITIONS:
        return take_count(options, "memory-repetitions", value, 0, &options->memory_repetitions);
    case KEY_MIN_TIME:
        return take_seconds(options, "min-time", value, &options->batch_seconds);
    case KEY_TIMEOUT:
        return take_seconds(options, "timeout", value, &options->timeout_seconds);
    case KEY_MEMORY_LIMIT:
        return take_memory_limit(options, value);
    case KEY_FREELISTS:
        return take_freelists(options, value);
    case KEY_SEED:
        return take_seed(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_rest(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_OUT:
        return take_out(options, value);
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    case KEY_PROGRESS:
        return take_when(options, "progress", value, &options->progress);
    case KEY_COLOR:
        return take_when(options, "color", value, &options->color);
    case ARGP_KEY_ARG:
        return hm_command_extra(&options->command, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void note_given(hm_run_options *options, int key)
{
    for (const struct argp_option *option = run_options; option->name || option->doc; option++) {
        if (option->name && option->key == key)
            json_object_set_new(options->given, option->name, json_true());
    }
}

static error_t parse_run(int key, char *value, struct argp_state *state)
{
    hm_run_options *options = state->input;
    error_t taken = take_what(key, value, options);
    if (taken == ARGP_ERR_UNKNOWN)
        taken = take_how(key, value, options);
    if (taken != ARGP_ERR_UNKNOWN)
        note_given(options, key);
    else
        taken = take_rest(key, value, options);
    return taken;
}

hm_status hm_run_options_parse(hm_run_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = run_options,
        .parser = parse_run,
        .doc = "Measures cells, one fresh process a sample, and leaves a run's folder.\v"
               "Exit codes: 0 all samples valid; 2 usage; 3 a sample was invalid; 6 reading or "
               "writing failed; 130 interrupted, go on with --resume.",
    };
    *options = (hm_run_options){.memory_limit_bytes = INT64_C(2) << 30,
                                .threads = {1},
                                .thread_count = 1,
                                .seed = 1,
                                .repetitions = UINT32_MAX,
                                .memory_repetitions = UINT32_MAX,
                                .given = json_object()};
    options->profile = hm_profile_find("quick");
    hm_status status = hm_command_parse(&options->command, &argp, argc, argv);
    if (options->repetitions == UINT32_MAX)
        options->repetitions = options->profile ? options->profile->repetitions : 1;
    if (options->memory_repetitions == UINT32_MAX)
        options->memory_repetitions = options->profile ? options->profile->memory_repetitions : 1;
    if (options->batch_seconds <= 0 && options->profile)
        options->batch_seconds = options->profile->batch_seconds;
    if (options->timeout_seconds <= 0 && options->profile)
        options->timeout_seconds = options->profile->timeout_seconds;
    return status;
}

void hm_run_options_clear(hm_run_options *options)
{
    hm_strings_clear(&options->backends);
    hm_strings_clear(&options->collectors);
    hm_strings_clear(&options->parameters);
    free(options->filter);
    free(options->baseline);
    free(options->out);
    json_decref(options->given);
    *options = (hm_run_options){0};
}
