/**
 * This program is the random operations of bench/stress on the pool linked into it, held against
 * the shadow model: every block's bytes, place, alignment and usable size, and the pool's account
 * of them all. It is what sanitizers can see into, and what runs 1e9 operations.
 *
 * A run is episodes: sequences of their own, each in a process of its own, with seeds that follow
 * each other. A sequence that fails is repeated by its seed, and where it ran on one thread it is
 * made as short as can be.
 *
 * Exit codes: 0 no difference, 1 a defect was found, 2 wrong arguments, 3 the machine refused.
 */
#include "broken.h"
#include "calls.h"

#include "bench/stress/shrink.h"

#include <argp.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct arguments {
    uint64_t operations, episode, seed, threads, patience_s, shrink_s;
    const char *library, *broken;
    bool list;
} arguments;

enum { MOST_SHOWN = 60, KEY_EPISODE = 256, KEY_PATIENCE, KEY_SHRINK, KEY_LIST };

static const struct argp_option options[] = {
    {"operations", 'n', "N", 0, "how many in all (1e6)", 0},
    {"threads", 't', "N", 0, "at once, 1 to 64 (1)", 0},
    {"seed", 's', "N", 0, "of the first episode; without it, another one each time", 0},
    {"episode", KEY_EPISODE, "N", 0, "operations of a process (1e7)", 0},
    {"library", 'l', "FILE", 0, "the allocator's library; without it, the pool, linked", 0},
    {"break", 'b', "NAME", 0, "break the allocator in a way of --list", 0},
    {"list", KEY_LIST, NULL, 0, "the ways to break an allocator", 0},
    {"patience", KEY_PATIENCE, "SECONDS", 0, "until a process that stands still hangs (120)", 0},
    {"shrink", KEY_SHRINK, "SECONDS", 0, "for making a failing sequence short (60); 0: as it is",
     0},
    {0}};

/* A whole number, also as 1e9. */
static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 0);
    if (*end == 'e' && end != text) {
        uint64_t exponent = strtoull(end + 1, &end, 10);
        for (; exponent > 0 && *number <= UINT64_MAX / 10; exponent--)
            *number *= 10;
        if (exponent > 0)
            return false;
    }
    return end != text && *end == '\0' && text[0] != '-' && *number >= least && *number <= most;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    arguments *into = state->input;
    bool well = true;
    switch (key) {
    case 'n':
        well = parse_number(text, 1, UINT64_MAX, &into->operations);
        break;
    case 't':
        well = parse_number(text, 1, HM_STRESS_THREADS_MAX, &into->threads);
        break;
    case 's':
        well = parse_number(text, 0, UINT64_MAX, &into->seed);
        break;
    case 'l':
        into->library = text;
        break;
    case 'b':
        into->broken = text;
        break;
    case KEY_EPISODE:
        well = parse_number(text, 1, UINT64_MAX, &into->episode);
        break;
    case KEY_PATIENCE:
        well = parse_number(text, 2, 100000, &into->patience_s);
        break;
    case KEY_SHRINK:
        well = parse_number(text, 0, 100000, &into->shrink_s);
        break;
    case KEY_LIST:
        into->list = true;
        break;
    case ARGP_KEY_ARG:
        fprintf(stderr, "shadow: '%s' is one argument too many; --help lists the options\n", text);
        exit(2);
    default:
        return ARGP_ERR_UNKNOWN;
    }
    if (!well) {
        fprintf(stderr, "shadow: '%s' is no number that this option takes; --help says which\n",
                text);
        exit(2);
    }
    return 0;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Tells the failure, how to repeat it, and its short form. */
static void tell_defect(const arguments *given, const hm_stress_trial *trial,
                        hm_stress_record *record)
{
    size_t count = 0;
    printf("shadow: DEFECT at operation %" PRIu64 " of seed 0x%" PRIx64 ": %s\n", record->at,
           trial->task.seed, record->defect);
    printf(
        "shadow: again with: --seed 0x%" PRIx64 " --threads %u --operations %" PRIu64 "%s%s%s%s\n",
        trial->task.seed, trial->task.threads,
        trial->task.threads == 1 ? record->at + (record->at == 0) : trial->task.operations,
        given->library != NULL ? " --library " : "", given->library != NULL ? given->library : "",
        given->broken != NULL ? " --break " : "", given->broken != NULL ? given->broken : "");
    fflush(stdout);
    if (trial->task.threads != 1 || given->shrink_s == 0)
        return;
    hm_stress_record *tries = hm_stress_record_new();
    hm_stress_fullness *slots = calloc(1, sizeof *slots);
    hm_stress_operation *list =
        hm_stress_shrink(trial, record, tries, (unsigned)given->shrink_s, &count);
    if (list == NULL)
        printf("shadow: not made shorter: too long, or it did not fail again\n");
    else
        printf("shadow: fails alike with %zu operations alone:\n", count);
    for (size_t index = 0; slots != NULL && index < count && index < MOST_SHOWN; index++) {
        printf("%6zu  ", index + 1);
        hm_stress_operation_print(stdout, &list[index], slots);
        printf("\n");
    }
    free(slots);
    free(list);
    hm_stress_record_free(tries);
}

typedef struct run_totals {
    uint64_t operations, episodes, forks, threads, accounts, exchanges;
    unsigned char seen[HM_STRESS_SIZES];
} run_totals;

static void add(run_totals *totals, const hm_stress_record *record, uint64_t operations)
{
    totals->operations += operations;
    totals->episodes++;
    totals->forks += atomic_load(&record->forks);
    totals->threads += atomic_load(&record->threads);
    totals->accounts += atomic_load(&record->accounts);
    totals->exchanges += atomic_load(&record->exchanges);
    for (size_t row = 0; row < HM_STRESS_SIZES; row++)
        totals->seen[row] |= atomic_load(&record->seen[row]);
}

static void tell_totals(const run_totals *totals, double seconds)
{
    unsigned sizes = 0;
    for (size_t row = 0; row < HM_STRESS_SIZES; row++)
        sizes += totals->seen[row];
    printf("shadow: no difference in %" PRIu64 " operations: %" PRIu64 " episodes, %u usable sizes "
           "up to 32 KiB and beyond, %" PRIu64 " blocks handed between threads, %" PRIu64
           " threads ended, %" PRIu64 " forks, %" PRIu64
           " accounts; %.0f s, %.0f ns an operation\n",
           totals->operations, totals->episodes, sizes, totals->exchanges, totals->threads,
           totals->forks, totals->accounts, seconds, seconds * 1e9 / (double)totals->operations);
}

static void silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
}

/* A trial's process is a fork of this one, which has not touched the allocator. */
static bool start(const hm_stress_trial *trial, hm_stress_record *record,
                  hm_stress_process *process)
{
    *process = (hm_stress_process){.pid = fork(), .output = -1};
    if (process->pid != 0)
        return process->pid > 0;
    setpgid(0, 0);
    if (trial->quiet)
        silence();
    hm_stress_trial_here(&trial->task, trial->list, trial->context, record);
    _exit(0);
}

static int run(const arguments *given, hm_stress_calls *calls)
{
    static run_totals totals;
    hm_stress_record *record = hm_stress_record_new();
    double began = seconds_now();
    uint64_t seed = given->seed;
    printf("shadow: %s, %" PRIu64 " thread(s), seed 0x%" PRIx64 ", %" PRIu64 " operations\n",
           calls->name, given->threads, seed, given->operations);
    while (totals.operations < given->operations) {
        uint64_t left = given->operations - totals.operations;
        hm_stress_trial trial = {
            .task = {.threads = (unsigned)given->threads,
                     .seed = seed++,
                     .operations = left < given->episode ? left : given->episode,
                     .patience_s = (unsigned)given->patience_s},
            .start = start,
            .context = calls};
        hm_stress_outcome outcome = hm_stress_trial_run(&trial, record);
        if (outcome == HM_STRESS_REFUSED)
            return 3;
        if (outcome == HM_STRESS_BAD) {
            tell_defect(given, &trial, record);
            return 1;
        }
        add(&totals, record, trial.task.operations);
    }
    tell_totals(&totals, seconds_now() - began);
    return 0;
}

static uint64_t another_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec << 20 ^ (uint64_t)now.tv_nsec;
}

int main(int count, char **texts)
{
    arguments given = {.operations = 1000000,
                       .episode = 10000000,
                       .seed = another_seed(),
                       .threads = 1,
                       .patience_s = 120,
                       .shrink_s = 60};
    const struct argp argp = {
        options, parse, NULL, "Random operations on an allocator, held against a model.",
        NULL,    NULL,  NULL};
    argp_err_exit_status = 2;
    argp_parse(&argp, count, texts, 0, NULL, &given);
    hm_stress_calls calls = shadow_calls_pool();
    if (given.list) {
        shadow_broken_list(stdout);
        return 0;
    }
    if (given.library != NULL && !shadow_calls_load(&calls, given.library))
        return 2;
    if (given.broken != NULL && !shadow_break(&calls, given.broken)) {
        fprintf(stderr, "shadow: --break '%s' is none of those that --list names\n", given.broken);
        return 2;
    }
    return run(&given, &calls);
}
