/**
 * This module is one sample: it measures one cell once, in this process, and writes one JSON
 * record, so that a sample from the middle of a run can be run again by hand under perf or gdb.
 *
 * The process that runs a sample does nothing else. What only an observer outside can know (the RSS
 * timeline, a crash, a timeout, other processes' CPU time) the driver adds to the record.
 */
#ifndef HM_BENCH_SAMPLE_H
#define HM_BENCH_SAMPLE_H

#include "bench/cell.h"

typedef enum hm_sample_kind {
    HM_SAMPLE_TIME,
    HM_SAMPLE_MEMORY,
    HM_SAMPLE_LATENCY,
    HM_SAMPLE_KINDS
} hm_sample_kind;

/** How long a memory sample looks on after the release phase: 0.1 s, or up to 5 s. */
typedef enum hm_settle { HM_SETTLE_SHORT, HM_SETTLE_LONG } hm_settle;

/** Accounts of memory at ends of batches, where nobody says how many. */
enum { HM_SAMPLE_ACCOUNTS = 20 };

/** What to measure. */
typedef struct hm_sample_request {
    hm_bench_cell cell;
    hm_sample_kind kind;
    uint64_t iterations; /**< of the steady phase in each batch */
    uint64_t batches;    /**< a memory sample runs batches * iterations as well: the same work */
    uint64_t seed;
    bool freelists;
    hm_settle settle;
    uint64_t quiet_probe_ns; /**< the speed probe at its quickest, as the caller knows it; 0: not */
    uint64_t accounts;       /**< of memory at ends of batches, beside the edges; evenly spread */
    int account_file;        /**< open descriptor of a hm_count_page to keep Q in; 0: none */
    double calibrate_seconds; /**< > 0: look for the iterations of a batch this long instead */
} hm_sample_request;

/**
 * Runs the sample and writes its record, one line of JSON, to `record_fd`: the fields that a sample
 * knows itself (docs/results.md), and for the driver `build_started_monotonic_ns` and `masked_ns`,
 * pairs of monotonic times between which the RSS was the measurement's own and must be left out of
 * the timeline. HM_OK where the sample is valid; otherwise the record says `valid: false` and
 * why (and nothing where even that could not be written).
 */
hm_status hm_sample_run(const hm_sample_request *request, int record_fd, hm_error *error);

/** Iterations that a batch of the cell's work may have at most; UINT64_MAX: any number. */
uint64_t hm_sample_most_iterations(const hm_bench_cell *cell);

/** "time", "memory" or "latency". */
const char *hm_sample_kind_name(hm_sample_kind kind);

/** "short" or "long". */
const char *hm_settle_name(hm_settle settle);

/** Reads one of the two; false: `text` is neither. */
bool hm_settle_parse(const char *text, hm_settle *settle);

/** `heapmark sample CELL [options]`: parses, re-executes itself where the environment is not yet
 * what the back end needs, runs, prints. Returns the exit code. */
int hm_sample_main(int argc, char **argv);

#endif
