#include "bench/exec/options.h"

#include "base/quantity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_BACKEND = 0x2000,
    KEY_PYTHON_MALLOC,
    KEY_REPETITIONS,
    KEY_WARMUP,
    KEY_TIMEOUT,
    KEY_MEMORY_LIMIT,
    KEY_SEED,
    KEY_PROOF,
    KEY_INPUT,
    KEY_IGNORE_OUTPUT,
    KEY_EXPECT_STATUS,
    KEY_OUT,
    KEY_FORMAT,
    KEY_PROGRESS
};

static const struct argp_option exec_options[] = {
    {NULL, 0, NULL, 0, "Under what:", 1},
    {"backend", KEY_BACKEND, "NAMES-OR-SPEC", 0,
     "Allocators: names with commas between, or one spec [LABEL=]preload:PATH[;env=K=V]; may be "
     "repeated (default system, jemalloc, mimalloc, tcmalloc, pool)",
     1},
    {"python-malloc", KEY_PYTHON_MALLOC, "malloc|pymalloc|both", 0,
     "Set PYTHONMALLOC for a Python program; both: each allocator twice (default: as the "
     "environment has it)",
     1},
    {NULL, 0, NULL, 0, "How to measure:", 2},
    {"repetitions", KEY_REPETITIONS, "N", 0, "Runs under each allocator (default 5)", 2},
    {"warmup", KEY_WARMUP, "N", 0, "Runs under each before the first that counts (default 1)", 2},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Longest time a run may take (default 300)", 2},
    {"memory-limit", KEY_MEMORY_LIMIT, "SIZE", 0,
     "Most memory a run's processes may have resident (default 2GiB)", 2},
    {"seed", KEY_SEED, "N", 0, "Seed of the order and the layout (default 1)", 2},
    {"proof", KEY_PROOF, "tree|command", 0,
     "Whether every process must prove its allocator or the command's own alone (default tree)", 2},
    {NULL, 0, NULL, 0, "The command's surroundings:", 3},
    {"input", KEY_INPUT, "FILE", 0, "Its standard input (default /dev/null)", 3},
    {"ignore-output", KEY_IGNORE_OUTPUT, NULL, 0,
     "Send its standard output to /dev/null and do not compare it", 3},
    {"expect-status", KEY_EXPECT_STATUS, "N", 0, "The exit code that is success (default 0)", 3},
    {NULL, 0, NULL, 0, "Where and how to show:", 4},
    {"out", KEY_OUT, "DIR", 0, "The folder of the results (default results/TIME-exec)", 4},
    {"format", KEY_FORMAT, "text|json", 0, "How to print the result (default text)", 4},
    {"progress", KEY_PROGRESS, "WHEN", 0, "auto (default), always or never", 4},
    {0},
};

static error_t refuse(hm_exec_options *options, const char *option, const char *value,
                      const char *right)
{
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--%s: '%.200s' is not %s", option, value,
                 right);
    return EINVAL;
}

static error_t take_backends(hm_exec_options *options, const char *value)
{
    return hm_strings_add_names(&options->backends, value, ":;=")
               ? 0
               : refuse(options, "backend", value, HM_NAMES_ARE_RIGHT);
}

/** Finds `value` among `names`, which end with NULL. */
static error_t take_choice(hm_exec_options *options, const char *option, const char *value,
                           const char *const *names, const char *right, unsigned *into)
{
    for (unsigned index = 0; names[index]; index++) {
        if (strcmp(value, names[index]) == 0) {
            *into = index;
            return 0;
        }
    }
    return refuse(options, option, value, right);
}

static error_t take_number(hm_exec_options *options, const char *option, const char *value,
                           int64_t least, int64_t most, const char *right, int64_t *into)
{
    if (hm_parse_count(value, into) && *into >= least && *into <= most)
        return 0;
    return refuse(options, option, value, right);
}

static error_t take_count(hm_exec_options *options, const char *option, const char *value,
                          unsigned least, unsigned *into)
{
    int64_t number;
    error_t taken = take_number(
        options, option, value, least, 100000,
        least ? "a whole number from 1 to 100000" : "a whole number from 0 to 100000", &number);
    if (taken == 0)
        *into = (unsigned)number;
    return taken;
}

static error_t take_timeout(hm_exec_options *options, const char *value)
{
    double *into = &options->timeout_seconds;
    if (hm_parse_seconds(value, into) && *into > 0 && *into <= 86400)
        return 0;
    return refuse(options, "timeout", value,
                  "a time above 0 and at most 24 h: 0.5, 30, 200ms, 2m or 1h");
}

static error_t take_seed(hm_exec_options *options, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno != 0 || end == value || *end != '\0' || !strchr("0123456789", *value))
        return refuse(options, "seed", value, "a number from 0 to 2^64 - 1, such as 7 or 0x1f");
    options->seed = number;
    return 0;
}

static error_t take_text(hm_exec_options *options, const char *option, const char *value,
                         const char *right, char **into)
{
    if (*value == '\0')
        return refuse(options, option, value, right);
    free(*into);
    *into = hm_copy(value);
    return 0;
}

static error_t take_status(hm_exec_options *options, const char *value)
{
    int64_t number;
    error_t taken =
        take_number(options, "expect-status", value, 0, 255, "an exit code from 0 to 255", &number);
    if (taken == 0)
        options->expected_status = (int)number;
    return taken;
}

static const char *const python_names[] = {"environment", "malloc", "pymalloc", "both", NULL};
static const char *const proof_names[] = {"command", "tree", NULL};
static const char *const format_names[] = {"text", "json", NULL};
static const char *const when_names[] = {"auto", "always", "never", NULL};

const char *hm_exec_python_name(hm_exec_python choice)
{
    return python_names[choice];
}

static error_t take_choices(int key, const char *value, hm_exec_options *options)
{
    unsigned chosen = 0;
    error_t taken;
    switch (key) {
    case KEY_PYTHON_MALLOC:
        taken = take_choice(options, "python-malloc", value, python_names + 1,
                            "malloc, pymalloc or both", &chosen);
        options->python_malloc = (hm_exec_python)(chosen + 1);
        return taken;
    case KEY_PROOF:
        taken = take_choice(options, "proof", value, proof_names, "tree or command", &chosen);
        options->every_process = chosen == 1;
        return taken;
    case KEY_FORMAT:
        taken = take_choice(options, "format", value, format_names, "text or json", &chosen);
        options->as_json = chosen == 1;
        return taken;
    case KEY_PROGRESS:
        taken =
            take_choice(options, "progress", value, when_names, "auto, always or never", &chosen);
        options->progress = (hm_when)chosen;
        return taken;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_amounts(int key, const char *value, hm_exec_options *options)
{
    switch (key) {
    case KEY_REPETITIONS:
        return take_count(options, "repetitions", value, 1, &options->repetitions);
    case KEY_WARMUP:
        return take_count(options, "warmup", value, 0, &options->warmup);
    case KEY_TIMEOUT:
        return take_timeout(options, value);
    case KEY_MEMORY_LIMIT:
        return take_number(options, "memory-limit", value, 1, INT64_MAX,
                           "a size above 0: 512MiB, 2GiB or bytes", &options->memory_limit_bytes);
    case KEY_SEED:
        return take_seed(options, value);
    case KEY_EXPECT_STATUS:
        return take_status(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_rest(int key, const char *value, hm_exec_options *options)
{
    switch (key) {
    case KEY_BACKEND:
        return take_backends(options, value);
    case KEY_INPUT:
        return take_text(options, "input", value, "a file's name", &options->input);
    case KEY_IGNORE_OUTPUT:
        options->ignore_output = true;
        return 0;
    case KEY_OUT:
        return take_text(options, "out", value, "a folder's name", &options->out);
    case ARGP_KEY_ARG:
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "unexpected argument '%.200s'; the command comes after --: heapmark exec "
                     "[OPTION...] -- COMMAND",
                     value);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_exec(int key, char *value, struct argp_state *state)
{
    hm_exec_options *options = state->input;
    error_t taken = take_choices(key, value, options);
    if (taken == ARGP_ERR_UNKNOWN)
        taken = take_amounts(key, value, options);
    if (taken == ARGP_ERR_UNKNOWN)
        taken = take_rest(key, value, options);
    return taken;
}

/** Standard input must be there before anything runs. */
static hm_status check_input(hm_exec_options *options)
{
    if (!options->input || access(options->input, R_OK) == 0)
        return HM_OK;
    return hm_error_set(&options->command.error, HM_USAGE_ERROR, "--input: %.300s: %s",
                        options->input, strerror(errno));
}

hm_status hm_exec_options_parse(hm_exec_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = exec_options,
        .parser = parse_exec,
        .args_doc = "-- COMMAND [ARG...]",
        .doc = "Runs your own program under each allocator and compares time and memory.\v"
               "Exit codes: 0 all samples valid; 2 usage; 3 a sample was invalid; 6 reading or "
               "writing failed; 130 interrupted, what is finished is kept."};
    int own = 1;
    *options = (hm_exec_options){.repetitions = 5,
                                 .warmup = 1,
                                 .timeout_seconds = 300,
                                 .memory_limit_bytes = INT64_C(2) << 30,
                                 .seed = 1,
                                 .every_process = true};
    while (own < argc && strcmp(argv[own], "--") != 0)
        own++;
    hm_status status = hm_command_parse(&options->command, &argp, own, argv);
    if (status != HM_OK || options->command.finished)
        return status;
    if (own + 1 >= argc)
        return hm_error_set(&options->command.error, HM_USAGE_ERROR,
                            "which command? write it after --, as in heapmark exec -- python3 "
                            "script.py");
    options->program = argv + own + 1;
    return check_input(options);
}

void hm_exec_options_clear(hm_exec_options *options)
{
    hm_strings_clear(&options->backends);
    free(options->input);
    free(options->out);
    *options = (hm_exec_options){0};
}
