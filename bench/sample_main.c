/**
 * This module is `heapmark sample`, the command around one sample, so that any record can be taken
 * again by hand.
 */
#include "base/child.h"
#include "base/quantity.h"
#include "bench/command.h"
#include "bench/exit_code.h"
#include "bench/reference_python.h"
#include "bench/runtime_host.h"
#include "bench/sample_state.h"
#include "bench/size_data.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    KEY_BACKEND = 0x2000,
    KEY_KIND,
    KEY_ITERATIONS,
    KEY_BATCHES,
    KEY_SEED,
    KEY_FREELISTS,
    KEY_CALIBRATE,
    KEY_RECORD_FD,
    KEY_QUIET_PROBE,
    KEY_SETTLE,
    KEY_ACCOUNTS,
    KEY_ACCOUNT_FD,
    KEY_REFERENCE,
    KEY_SIZE_DATA,
    KEY_SIZE_DIGEST
};

enum { DEFAULT_BATCHES = 20, MOST_BATCHES = 1000000, MOST_ACCOUNTS = 10000 };
static const double default_batch_seconds = 0.01;
static const double most_batch_seconds = 60;

static const struct argp_option options[] = {
    {"backend", KEY_BACKEND, "SPEC", 0,
     "The back end's spec, where the label in CELL does not say it all (so:PATH, preload:PATH)", 0},
    {"reference", KEY_REFERENCE, "PYTHON", 0,
     "The python3 whose runtime CELL names (runtime:cpython-VERSION): a name on PATH or a path", 0},
    {"size-data", KEY_SIZE_DATA, "FILE", 0,
     "Programs' sizes and lifetimes that CELL's `sizes` may name (docs/allocation-profiles.md)", 0},
    {"size-digest", KEY_SIZE_DIGEST, "DIGEST", 0,
     "What FILE must be, as a run's environment.json tells; another one is refused", 0},
    {"kind", KEY_KIND, "time|memory|latency", 0,
     "What to measure (time); latency times rounds and allocator calls that are chosen at random, "
     "and every collection and cascade",
     0},
    {"iterations", KEY_ITERATIONS, "N", 0,
     "Iterations of a batch; without it as many as take 10 ms", 0},
    {"batches", KEY_BATCHES, "N", 0, "Batches that are measured, after one to warm up (20)", 0},
    {"seed", KEY_SEED, "HEX", 0, "Seed of the workload and of str hashes (0x1)", 0},
    {"freelists", KEY_FREELISTS, "on|off", 0, "The runtime's free lists (off)", 0},
    {"settle", KEY_SETTLE, "short|long", 0,
     "How long a memory sample looks on after the release phase: 0.1 s, or up to 5 s (short)", 0},
    {"accounts", KEY_ACCOUNTS, "N", 0,
     "Accounts a memory sample takes at ends of batches, evenly spread; at most one a batch (20)",
     0},
    {"account-fd", KEY_ACCOUNT_FD, "N", 0,
     "Keep the requested bytes of a memory sample in this descriptor's shared memory, for others "
     "to look at",
     0},
    {"quiet-probe", KEY_QUIET_PROBE, "NS", 0,
     "What the speed probe takes on a quiet machine (the quickest probe of this sample)", 0},
    {"calibrate", KEY_CALIBRATE, "SECONDS", 0,
     "Find the iterations of a batch this long, and print them, instead", 0},
    {"record-fd", KEY_RECORD_FD, "N", 0,
     "Write the record as one line to this file descriptor instead of printing it", 0},
    {0},
};

typedef struct sample_options {
    hm_command command; /* first: hm_command_parse */
    const char *cell;
    const char *backend;
    const char *reference;
    const char *size_data, *size_digest;
    hm_sample_request request;
    int record_fd; /* -1: print */
} sample_options;

static error_t wrong(sample_options *given, const char *option, const char *value,
                     const char *right)
{
    hm_error_set(&given->command.error, HM_USAGE_ERROR, "%s: '%.100s' is not %s", option, value,
                 right);
    return EINVAL;
}

static bool is_open(int64_t descriptor)
{
    return descriptor >= 0 && descriptor <= 1 << 20 && fcntl((int)descriptor, F_GETFD) >= 0;
}

static error_t parse_number(sample_options *given, int key, const char *value)
{
    int64_t number;
    bool valid = hm_parse_count(value, &number);
    switch (key) {
    case KEY_ITERATIONS:
        if (!valid || number < 1)
            return wrong(given, "--iterations", value, "a number of at least 1");
        given->request.iterations = (uint64_t)number;
        return 0;
    case KEY_BATCHES:
        if (!valid || number < 1 || number > MOST_BATCHES)
            return wrong(given, "--batches", value, "a number from 1 to 1000000");
        given->request.batches = (uint64_t)number;
        return 0;
    case KEY_QUIET_PROBE:
        if (!valid || number < 1)
            return wrong(given, "--quiet-probe", value, "a number of nanoseconds of at least 1");
        given->request.quiet_probe_ns = (uint64_t)number;
        return 0;
    case KEY_ACCOUNTS:
        if (!valid || number < 0 || number > MOST_ACCOUNTS)
            return wrong(given, "--accounts", value, "a number from 0 to 10000");
        given->request.accounts = (uint64_t)number;
        return 0;
    case KEY_ACCOUNT_FD:
        if (!valid || number < 1 || !is_open(number))
            return wrong(given, "--account-fd", value, "the number of an open file");
        given->request.account_file = (int)number;
        return 0;
    default:
        if (!valid || !is_open(number))
            return wrong(given, "--record-fd", value, "the number of an open file");
        given->record_fd = (int)number;
        return 0;
    }
}

static error_t parse_seed(sample_options *given, const char *value)
{
    const char *digits = strncmp(value, "0x", 2) == 0 ? value + 2 : value;
    size_t length = strlen(digits);
    if (length < 1 || length > 16 || strspn(digits, "0123456789abcdefABCDEF") != length)
        return wrong(given, "--seed", value, "a hexadecimal number of at most 64 bits (0x1f)");
    given->request.seed = strtoull(digits, NULL, 16);
    return 0;
}

static error_t parse_kind(sample_options *given, const char *value)
{
    for (int kind = 0; kind < HM_SAMPLE_KINDS; kind++) {
        if (strcmp(value, hm_sample_kind_name((hm_sample_kind)kind)) == 0) {
            given->request.kind = (hm_sample_kind)kind;
            return 0;
        }
    }
    return wrong(given, "--kind", value, "time, memory or latency");
}

static error_t parse_freelists(sample_options *given, const char *value)
{
    given->request.freelists = strcmp(value, "on") == 0;
    if (given->request.freelists || strcmp(value, "off") == 0)
        return 0;
    return wrong(given, "--freelists", value, "on or off");
}

static error_t parse_settle(sample_options *given, const char *value)
{
    return hm_settle_parse(value, &given->request.settle)
               ? 0
               : wrong(given, "--settle", value, "short or long");
}

static error_t parse_calibrate(sample_options *given, const char *value)
{
    double seconds;
    if (!hm_parse_seconds(value, &seconds) || !(seconds > 0) || seconds > most_batch_seconds)
        return wrong(given, "--calibrate", value, "a time above 0 and up to 60 s (0.01, 10ms)");
    given->request.calibrate_seconds = seconds;
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    sample_options *given = state->input;
    switch (key) {
    case KEY_BACKEND:
        given->backend = argument;
        return 0;
    case KEY_REFERENCE:
        given->reference = argument;
        return 0;
    case KEY_SIZE_DATA:
        given->size_data = argument;
        return 0;
    case KEY_SIZE_DIGEST:
        given->size_digest = argument;
        return 0;
    case KEY_KIND:
        return parse_kind(given, argument);
    case KEY_FREELISTS:
        return parse_freelists(given, argument);
    case KEY_ITERATIONS:
    case KEY_BATCHES:
    case KEY_RECORD_FD:
    case KEY_QUIET_PROBE:
    case KEY_ACCOUNTS:
    case KEY_ACCOUNT_FD:
        return parse_number(given, key, argument);
    case KEY_SEED:
        return parse_seed(given, argument);
    case KEY_SETTLE:
        return parse_settle(given, argument);
    case KEY_CALIBRATE:
        return parse_calibrate(given, argument);
    case ARGP_KEY_ARG:
        if (given->cell != NULL)
            return hm_command_extra(&given->command, argument);
        given->cell = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static hm_status parse(sample_options *given, int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "CELL",
        .doc = "Measures one cell once, in this process, and prints its record."
               "\vCELL is a name as in any record: WORKLOAD[/parameter:value].../backend:B/"
               "linkage:L/collector:C/threads:N/runtime:R. Exit: 0 valid, 2 usage, 3 the "
               "sample is invalid and its record says why, 6 the record could not be printed."};
    *given = (sample_options){.request = {.kind = HM_SAMPLE_TIME,
                                          .batches = DEFAULT_BATCHES,
                                          .seed = 1,
                                          .accounts = HM_SAMPLE_ACCOUNTS},
                              .record_fd = -1};
    if (hm_command_parse(&given->command, &argp, argc, argv) != HM_OK)
        return HM_USAGE_ERROR;
    if (given->command.finished || given->cell != NULL)
        return HM_OK;
    return hm_error_set(&given->command.error, HM_USAGE_ERROR,
                        "which cell? give its name as in a record; see '%s --help'", argv[0]);
}

/* The record in `file` from its start, parsed; NULL: there is none. */
static json_t *read_record(int file)
{
    int copy = dup(file);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
    if (stream == NULL)
        return NULL;
    rewind(stream);
    json_t *record = json_loadf(stream, JSON_DISABLE_EOF_CHECK, NULL);
    fclose(stream);
    return record;
}

static hm_status write_invalid(const hm_sample_request *request, int record_fd,
                               const hm_error *reason)
{
    hm_sample_state sample = {.request = request, .error = *reason};
    hm_error error;
    hm_sample_write_record(&sample, record_fd, &error);
    return reason->status;
}

/* What the child that calibrated left behind. */
static hm_status read_calibration(int file, int child_status, hm_sample_request *request,
                                  hm_error *error)
{
    if (WIFSIGNALED(child_status))
        return hm_error_set(error, HM_RUNTIME_ERROR, "the calibration died of signal %d (%s)",
                            WTERMSIG(child_status), strsignal(WTERMSIG(child_status)));
    json_t *record = read_record(file);
    const char *reason = json_string_value(json_object_get(record, "reason"));
    json_int_t iterations = json_integer_value(json_object_get(record, "iterations"));
    hm_status status = HM_OK;
    if (WEXITSTATUS(child_status) != 0 || iterations < 1)
        status = hm_error_set(error, HM_RUNTIME_ERROR, "calibration: %.400s",
                              reason != NULL ? reason : "it left no record");
    else
        request->iterations = (uint64_t)iterations;
    json_decref(record);
    return status;
}

/* Calibrates in a child, so that the sample itself starts from a fresh heap. */
static hm_status calibrate_apart(hm_sample_request *request, hm_error *error)
{
    hm_sample_request calibration = *request;
    calibration.kind = HM_SAMPLE_TIME;
    calibration.calibrate_seconds = default_batch_seconds;
    int file = memfd_create("heapmark-calibration", MFD_CLOEXEC), child_status;
    pid_t parent = getpid(), child = file < 0 ? -1 : fork();
    if (child == 0) {
        /* As much time as a sample may ask for, and no more: nobody watches this one. */
        hm_child_enter(parent, (hm_child_bounds){.cpu_seconds = 86400});
        _exit(hm_sample_run(&calibration, file, error) == HM_OK ? 0 : HM_EXIT_INVALID);
    }
    if (child < 0)
        return hm_error_set(error, HM_IO_ERROR, "no process to calibrate in: %s", strerror(errno));
    while (waitpid(child, &child_status, 0) < 0 && errno == EINTR)
        continue;
    hm_status status = read_calibration(file, child_status, request, error);
    close(file);
    return status;
}

static hm_status run(hm_sample_request *request, int record_fd, hm_error *error)
{
    if (request->calibrate_seconds > 0)
        request->kind = HM_SAMPLE_TIME;
    else if (request->iterations == 0 && calibrate_apart(request, error) != HM_OK)
        return write_invalid(request, record_fd, error);
    return hm_sample_run(request, record_fd, error);
}

/* Runs into a file in memory and prints the record for people. */
static hm_status run_and_print(hm_sample_request *request, hm_error *error)
{
    int file = memfd_create("heapmark-record", MFD_CLOEXEC);
    if (file < 0)
        return hm_error_set(error, HM_IO_ERROR, "no memory for the record: %s", strerror(errno));
    hm_status status = run(request, file, error);
    json_t *record = read_record(file);
    if (record != NULL) {
        json_dumpf(record, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(record);
    close(file);
    return status;
}

/* A cell of another runtime runs in that runtime's process, which this one becomes. */
static hm_status enter_reference(sample_options *given, int argc, char **argv)
{
    const char *runtime = given->request.cell.runtime;
    hm_error *error = &given->command.error;
    if (hm_runtime_host_get() != NULL || (runtime[0] == '\0' && given->reference == NULL))
        return HM_OK;
    if (runtime[0] == '\0')
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--reference: the cell is of runtime heapmark, which needs no python");
    if (given->reference == NULL)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "the cell is of runtime %s: give that python3 by --reference PYTHON",
                            runtime);
    return hm_reference_become(given->reference, runtime, given->request.cell.backend, argc, argv,
                               error);
}

/* Everything between the options and the exit code; `storage` is the caller's to clear. */
static int measure(sample_options *given, hm_backend_spec storage[2], int argc, char **argv)
{
    hm_error *error = &given->command.error;
    hm_backend_spec *backend = given->backend == NULL ? NULL : &storage[0];
    if ((given->size_data != NULL &&
         hm_size_data_take(given->size_data, given->size_digest, error) != HM_OK) ||
        (backend != NULL && hm_backend_parse(given->backend, backend, error) != HM_OK) ||
        hm_bench_cell_parse(given->cell, backend, &storage[1], &given->request.cell, error) !=
            HM_OK) {
        hm_command_fail(argv[0], error);
        return HM_EXIT_USAGE;
    }
    if (enter_reference(given, argc, argv) != HM_OK) {
        hm_command_fail(argv[0], error);
        return HM_EXIT_USAGE;
    }
    hm_status status = hm_sample_enter_environment(given->request.cell.backend, argc, argv, error);
    if (status == HM_OK)
        status = given->record_fd < 0 ? run_and_print(&given->request, error)
                                      : run(&given->request, given->record_fd, error);
    else if (given->record_fd >= 0)
        write_invalid(&given->request, given->record_fd, error);
    if (status == HM_OK)
        return HM_EXIT_OK;
    hm_command_fail(argv[0], error);
    return HM_EXIT_INVALID;
}

int hm_sample_main(int argc, char **argv)
{
    sample_options given;
    if (parse(&given, argc, argv) != HM_OK)
        return hm_command_fail(argv[0], &given.command.error);
    if (given.command.finished)
        return HM_EXIT_OK;
    hm_backend_spec storage[2] = {{0}, {0}};
    int code = measure(&given, storage, argc, argv);
    if (given.record_fd < 0)
        code = hm_exit_worse(code, hm_command_end(argv[0]));
    /* A heap that leaks, by design or not, must not cost its owner the time to free it. */
    if (!hm_sample_wants_teardown())
        _exit(code);
    hm_backend_spec_clear(&storage[0]);
    hm_backend_spec_clear(&storage[1]);
    return code;
}
