#include "bench/stress/options.h"

#include "base/quantity.h"
#include "bench/stress/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_BACKEND = 0x2000,
    KEY_COLLECTOR,
    KEY_WHAT,
    KEY_THREADS,
    KEY_SECONDS,
    KEY_OPERATIONS,
    KEY_SEED,
    KEY_PATIENCE,
    KEY_SHRINK,
    KEY_MEMORY_LIMIT,
    KEY_FORMAT
};

static const struct argp_option stress_options[] = {
    {NULL, 0, NULL, 0, "Under test:", 1},
    {"backend", KEY_BACKEND, "NAMES-OR-SPEC", 0,
     "Allocators: names with commas between, or one spec [LABEL=]so:PATH[;prefix=P][;env=K=V]; may "
     "be repeated (default: all that are installed)",
     1},
    {"collector", KEY_COLLECTOR, "NAMES-OR-SPEC", 0,
     "Cycle collectors that the runtime's programs are tried with: names with commas between, or "
     "one "
     "spec NAME[;trigger=auto|manual][;thresholds=A,B,C]; may be repeated (default: all)",
     1},
    {"what", KEY_WHAT, "allocators,runtime", 0,
     "What is tried: calls of the allocators, programs of the object runtime on every allocator "
     "with "
     "every collector, or both (default: both)",
     1},
    {NULL, 0, NULL, 0, "How much:", 2},
    {"threads", KEY_THREADS, "N", 0,
     "Threads of a random program, 1 to 64 (default: programs of 1 and of 4 in turn)", 2},
    {"seconds", KEY_SECONDS, "TIME", 0,
     "Time of random programs for each allocator, and for each with each collector (default 10 s)",
     2},
    {"operations", KEY_OPERATIONS, "N", 0,
     "Random operations for each of these, instead of a time: 500000, 20M, 1G", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of the first random program (default 1)", 2},
    {NULL, 0, NULL, 0, "Limits:", 3},
    {"patience", KEY_PATIENCE, "SECONDS", 0,
     "Time without an operation done after which a process hangs (default 10 s)", 3},
    {"shrink", KEY_SHRINK, "SECONDS", 0,
     "Time for making a failing sequence short; 0: as it is (default 20 s)", 3},
    {"memory-limit", KEY_MEMORY_LIMIT, "SIZE", 0,
     "Most memory a process under test may have resident (default 2GiB)", 3},
    {NULL, 0, NULL, 0, "How to show:", 4},
    {"format", KEY_FORMAT, "text|json", 0, "How to print the result (default text)", 4},
    {0},
};

static error_t refuse(hm_stress_options *options, const char *option, const char *value,
                      const char *right)
{
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--%s: '%.200s' is not %s", option, value,
                 right);
    return EINVAL;
}

static error_t take_backends(hm_stress_options *options, const char *value)
{
    return hm_strings_add_names(&options->backends, value, ":;=")
               ? 0
               : refuse(options, "backend", value, HM_NAMES_ARE_RIGHT);
}

static error_t take_what(hm_stress_options *options, const char *value)
{
    static const char right[] = "allocators, runtime or allocators,runtime";
    hm_strings names = {0};
    bool taken = hm_strings_add_names(&names, value, "");
    options->calls = options->objects = false;
    for (size_t index = 0; taken && index < names.count; index++) {
        bool calls = strcmp(names.items[index], "allocators") == 0;
        taken = calls || strcmp(names.items[index], "runtime") == 0;
        *(calls ? &options->calls : &options->objects) = true;
    }
    hm_strings_clear(&names);
    return taken ? 0 : refuse(options, "what", value, right);
}

static error_t take_threads(hm_stress_options *options, const char *value)
{
    int64_t number;
    if (!hm_parse_count(value, &number) || number < 1 || number > HM_STRESS_THREADS_MAX)
        return refuse(options, "threads", value, "a whole number from 1 to 64");
    options->threads = (unsigned)number;
    return 0;
}

static error_t take_operations(hm_stress_options *options, const char *value)
{
    int64_t number;
    if (!hm_parse_count(value, &number) || number < 1)
        return refuse(options, "operations", value, "a whole number above 0: 500000, 20M or 1G");
    options->operations = (uint64_t)number;
    return 0;
}

static error_t take_time(hm_stress_options *options, const char *option, const char *value,
                         double least, double *into)
{
    if (hm_parse_seconds(value, into) && *into >= least && *into <= 7 * 86400.0)
        return 0;
    return refuse(options, option, value,
                  least > 0 ? "a time from 1 s to 7 days: 30, 10m or 2h"
                            : "a time from 0 to 7 days: 0, 30, 10m or 2h");
}

static error_t take_seed(hm_stress_options *options, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno != 0 || end == value || *end != '\0' || !strchr("0123456789", *value))
        return refuse(options, "seed", value, "a number from 0 to 2^64 - 1, such as 7 or 0x1f");
    options->seed = number;
    return 0;
}

static error_t take_rest(int key, const char *value, hm_stress_options *options)
{
    double seconds = 0;
    error_t taken;
    switch (key) {
    case KEY_PATIENCE:
        taken = take_time(options, "patience", value, 1, &seconds);
        options->patience_s = taken == 0 ? (unsigned)seconds : 0;
        return taken;
    case KEY_SHRINK:
        taken = take_time(options, "shrink", value, 0, &seconds);
        options->shrink_s = taken == 0 ? (unsigned)seconds : 0;
        return taken;
    case KEY_MEMORY_LIMIT:
        if (hm_parse_count(value, &options->memory_limit_bytes) && options->memory_limit_bytes > 0)
            return 0;
        return refuse(options, "memory-limit", value, "a size above 0: 512MiB, 2GiB or bytes");
    case KEY_FORMAT:
        options->as_json = strcmp(value, "json") == 0;
        if (options->as_json || strcmp(value, "text") == 0)
            return 0;
        return refuse(options, "format", value, "text or json");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_stress(int key, char *value, struct argp_state *state)
{
    hm_stress_options *options = state->input;
    switch (key) {
    case KEY_BACKEND:
        return take_backends(options, value);
    case KEY_COLLECTOR:
        return hm_strings_add_names(&options->collectors, value, ";=")
                   ? 0
                   : refuse(options, "collector", value, HM_NAMES_ARE_RIGHT);
    case KEY_WHAT:
        return take_what(options, value);
    case KEY_THREADS:
        return take_threads(options, value);
    case KEY_SECONDS:
        return take_time(options, "seconds", value, 1, &options->seconds);
    case KEY_OPERATIONS:
        return take_operations(options, value);
    case KEY_SEED:
        return take_seed(options, value);
    case ARGP_KEY_ARG:
        return hm_command_extra(&options->command, value);
    default:
        return take_rest(key, value, options);
    }
}

hm_status hm_stress_options_parse(hm_stress_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = stress_options,
        .parser = parse_stress,
        .doc =
            "Runs random programs on allocators, and of the object runtime on each with each cycle "
            "collector; holds every block and every object against a shadow model, and names "
            "what is wrong. Exit code 5: a defect was found."};
    *options = (hm_stress_options){.calls = true,
                                   .objects = true,
                                   .seed = 1,
                                   .patience_s = 10,
                                   .shrink_s = 20,
                                   .memory_limit_bytes = (int64_t)2 << 30};
    hm_status status = hm_command_parse(&options->command, &argp, argc, argv);
    if (status == HM_OK && options->seconds > 0 && options->operations > 0)
        status = hm_error_set(&options->command.error, HM_USAGE_ERROR,
                              "--seconds and --operations: give one of them");
    if (status == HM_OK && !options->objects && options->collectors.count > 0)
        status = hm_error_set(&options->command.error, HM_USAGE_ERROR,
                              "--collector is for programs of the runtime: leave it away, or let "
                              "--what name runtime");
    if (options->seconds <= 0)
        options->seconds = 10;
    return status;
}

void hm_stress_options_clear(hm_stress_options *options)
{
    hm_strings_clear(&options->backends);
    hm_strings_clear(&options->collectors);
}
