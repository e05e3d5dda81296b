#include "bench/options.h"

#include <errno.h>
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
    KEY_REFERENCE,
    KEY_SIZE_DATA,
    KEY_REPETITIONS,
    KEY_MEMORY_REPETITIONS,
    KEY_LATENCY_REPETITIONS,
    KEY_PRECISION,
    KEY_MOST_ROUNDS,
    KEY_DURATION,
    KEY_SETTLE,
    KEY_SHARD,
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
     "(default), standard, full, or soak: does memory stay bounded",
     1},
    {"filter", KEY_FILTER, "REGEX", 0, "Only cells whose name matches (Perl-compatible)", 1},
    {"backend", KEY_BACKEND, "NAMES-OR-SPEC", 0,
     "Back ends: names with commas between, or one spec [LABEL=]NAME[;env=K=V], "
     "[LABEL=]so:PATH[;prefix=P][;env=K=V] or [LABEL=]preload:PATH[;env=K=V]; may be repeated",
     1},
    {"collector", KEY_COLLECTOR, "NAMES-OR-SPEC", 0,
     "Collectors: names with commas between, or one spec NAME[;trigger=auto|manual]"
     "[;thresholds=A,B,C]; may be repeated",
     1},
    {"baseline", KEY_BASELINE, "NAME", 0, "The back end that ratios refer to (default system)", 1},
    {"param", KEY_PARAMETER, "WORKLOAD.NAME=V1,V2", 0,
     "Values of a workload's parameter; several make a product; may be repeated", 1},
    {"threads", KEY_THREADS, "N1,N2", 0,
     "Numbers of threads of a sample, 1 to 64 each: object workloads have a heap a thread, raw "
     "ones share the allocator (default 1)",
     1},
    {"reference", KEY_REFERENCE, "PYTHON", 0,
     "Measure the same raw and micro works in this python3 (a name on PATH or a path) beside the "
     "others; needs its headers (python3-dev) and a C compiler; may be repeated",
     1},
    {"size-data", KEY_SIZE_DATA, "FILE", 0,
     "Programs' sizes and lifetimes (docs/allocation-profiles.md): their names become values of "
     "the raw workloads' parameter `sizes`",
     1},
    {"shard", KEY_SHARD, "INDEX/COUNT", 0,
     "Only this part of the plan: whole works, all back ends and collectors of each; `heapmark "
     "merge` joins the parts",
     1},
    {NULL, 0, NULL, 0, "How to measure:", 2},
    {"repetitions", KEY_REPETITIONS, "N", 0, "Time samples of each cell", 2},
    {"memory-repetitions", KEY_MEMORY_REPETITIONS, "N", 0, "Memory samples of each cell", 2},
    {"latency-repetitions", KEY_LATENCY_REPETITIONS, "N", 0, "Latency samples of each cell", 2},
    {"precision", KEY_PRECISION, "PERCENT", 0,
     "After the fixed repetitions, further rounds while a cell's median time is not known to this "
     "much either way (95 % interval); off: none (quick off, standard 2, full 1)",
     2},
    {"most-rounds", KEY_MOST_ROUNDS, "N", 0,
     "Further rounds at most (quick and standard 25, full 50)", 2},
    {"duration", KEY_DURATION, "TIME", 0,
     "Profile soak: what each memory sample lasts: 30s, 10m (default), 1h", 2},
    {"settle", KEY_SETTLE, "short|long", 0,
     "Look at resident memory up to 0.1 s or 5 s after the release phase (quick short, others "
     "long)",
     2},
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

static void replace(char **into, const char *value)
{
    free(*into);
    *into = hm_copy(value);
}

static error_t take_what(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_PROFILE:
        return hm_take_profile(options, value);
    case KEY_FILTER:
        return hm_take_filter(options, value);
    case KEY_BACKEND:
        return hm_take_names(options, "backend", &options->backends, value, ":;=");
    case KEY_COLLECTOR:
        return hm_take_names(options, "collector", &options->collectors, value, ";=");
    case KEY_BASELINE:
        replace(&options->baseline, value);
        return 0;
    case KEY_PARAMETER:
        hm_strings_add(&options->parameters, value);
        return 0;
    case KEY_REFERENCE:
        hm_strings_add(&options->references, value);
        return 0;
    case KEY_SIZE_DATA:
        return hm_take_size_data(options, value);
    case KEY_THREADS:
        return hm_take_threads(options, value);
    case KEY_SHARD:
        return hm_take_shard(options, value);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_how_often(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_REPETITIONS:
        return hm_take_count(options, "repetitions", value, 1, &options->repetitions);
    case KEY_MEMORY_REPETITIONS:
        return hm_take_count(options, "memory-repetitions", value, 0, &options->memory_repetitions);
    case KEY_LATENCY_REPETITIONS:
        return hm_take_count(options, "latency-repetitions", value, 0,
                             &options->latency_repetitions);
    case KEY_PRECISION:
        return hm_take_precision(options, value);
    case KEY_MOST_ROUNDS:
        return hm_take_count(options, "most-rounds", value, 0, &options->most_rounds);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_how(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_DURATION:
        return hm_take_seconds(options, "duration", value, &options->duration_seconds);
    case KEY_SETTLE:
        return hm_take_settle(options, value);
    case KEY_MIN_TIME:
        return hm_take_seconds(options, "min-time", value, &options->batch_seconds);
    case KEY_TIMEOUT:
        return hm_take_seconds(options, "timeout", value, &options->timeout_seconds);
    case KEY_MEMORY_LIMIT:
        return hm_take_memory_limit(options, value);
    case KEY_FREELISTS:
        return hm_take_freelists(options, value);
    case KEY_SEED:
        return hm_take_seed(options, value);
    default:
        return take_how_often(key, value, options);
    }
}

static error_t take_rest(int key, char *value, hm_run_options *options)
{
    switch (key) {
    case KEY_OUT:
        return hm_take_out(options, value);
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    case KEY_PROGRESS:
        return hm_take_when(options, "progress", value, &options->progress);
    case KEY_COLOR:
        return hm_take_when(options, "color", value, &options->color);
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

static bool given(const hm_run_options *options, const char *option)
{
    return json_object_get(options->given, option) != NULL;
}

/**
 * What a sample may take where only its duration is known: a slow back end, and a second for each
 * account, which walks the heap and does not get quicker where the duration is short.
 */
static double timeout_of(const hm_run_options *options)
{
    return 60 + (double)options->profile->accounts + 3 * options->duration_seconds;
}

/** A batch short enough that a short soak too has one for each of its accounts. */
static double batch_of(const hm_run_options *options)
{
    const hm_profile *profile = options->profile;
    double most = options->duration_seconds / (2 * (double)profile->accounts);
    return most > 0 && most < profile->batch_seconds ? most : profile->batch_seconds;
}

/** Fills in from the profile what was not given. */
static void fill_in(hm_run_options *options)
{
    const hm_profile *profile = options->profile;
    if (!given(options, "repetitions"))
        options->repetitions = profile->repetitions;
    if (!given(options, "memory-repetitions"))
        options->memory_repetitions = profile->memory_repetitions;
    if (!given(options, "latency-repetitions"))
        options->latency_repetitions = profile->latency_repetitions;
    if (!given(options, "precision"))
        options->precision_percent = profile->precision_percent;
    if (!given(options, "most-rounds"))
        options->most_rounds = profile->most_rounds;
    if (!given(options, "duration"))
        options->duration_seconds = profile->duration_seconds;
    if (!given(options, "min-time"))
        options->batch_seconds = batch_of(options);
    if (!given(options, "settle"))
        options->settle = profile->settle;
    if (!given(options, "timeout"))
        options->timeout_seconds =
            profile->timeout_seconds > 0 ? profile->timeout_seconds : timeout_of(options);
    if (!given(options, "filter") && profile->filter)
        options->filter = hm_copy(profile->filter);
}

/** The profile's thread counts where none were given. */
static error_t fill_in_threads(hm_run_options *options)
{
    const char *threads = options->profile->threads;
    return threads && !given(options, "threads") ? hm_take_threads(options, threads) : 0;
}

/** What only makes sense together. A stopped run's options are checked against that run instead. */
static hm_status check_together(hm_run_options *options)
{
    const hm_profile *profile = options->profile;
    if (options->resume)
        return HM_OK;
    if (given(options, "duration") && profile->duration_seconds <= 0)
        return hm_error_set(&options->command.error, HM_USAGE_ERROR,
                            "--duration: profile %s measures a fixed number of batches; use "
                            "--profile soak, or --min-time for longer batches",
                            profile->name);
    if (options->repetitions + options->memory_repetitions + options->latency_repetitions == 0)
        return hm_error_set(&options->command.error, HM_USAGE_ERROR,
                            "--memory-repetitions: profile %s has nothing else to measure; give at "
                            "least 1, or --repetitions or --latency-repetitions",
                            profile->name);
    if (given(options, "precision") && options->precision_percent > 0 && options->repetitions == 0)
        return hm_error_set(&options->command.error, HM_USAGE_ERROR,
                            "--precision: profile %s has no time samples to settle; leave it out "
                            "or give --repetitions",
                            profile->name);
    return HM_OK;
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
                                .given = json_object()};
    options->profile = hm_profile_find("quick");
    hm_status status = hm_command_parse(&options->command, &argp, argc, argv);
    if (status != HM_OK || options->command.finished)
        return status;
    fill_in(options);
    if (fill_in_threads(options) != 0)
        return HM_USAGE_ERROR;
    return check_together(options);
}

void hm_run_options_clear(hm_run_options *options)
{
    hm_strings_clear(&options->backends);
    hm_strings_clear(&options->collectors);
    hm_strings_clear(&options->parameters);
    hm_strings_clear(&options->references);
    free(options->filter);
    free(options->size_data);
    free(options->size_digest);
    free(options->baseline);
    free(options->out);
    json_decref(options->given);
    *options = (hm_run_options){0};
}
