/**
 * This module is what the parts of a sample share: the request, what was bound and made for it, and
 * the room for its results, so that every part is a few functions over one struct.
 *
 * Words: a *batch* is `iterations` iterations of the steady phase on every thread, and, where the
 * collector's trigger is manual, the full collection of each thread's heap that ends it. The
 * *warm-up* is one batch like the others that is not counted; time and memory samples both run it,
 * so that their work is the same.
 *
 * Invariant: from the start of the build phase to the end of the last edge no part of a sample
 * allocates: results go to pages that were mapped and touched before.
 */
#ifndef HM_BENCH_SAMPLE_STATE_H
#define HM_BENCH_SAMPLE_STATE_H

#include "bench/crew.h"
#include "bench/measure/counters.h"
#include "bench/measure/histogram.h"
#include "bench/measure/resident.h"
#include "bench/measure/usage.h"
#include "bench/sample.h"
#include "bench/sample_account.h"
#include "bench/sample_latency.h"

#include <jansson.h>

enum {
    HM_SAMPLE_KEPT_COLLECTIONS = 2000,
    HM_SAMPLE_MAX_EDGES = HM_MAX_PHASES + 7,
    HM_SAMPLE_MAX_CLASSES =
        HM_COUNT_CLASSES + 1024, /**< the allocator's own and one for the rest */
    HM_SAMPLE_LEAST_LIVE_BYTES_FOR_RATIOS =
        1 << 20,                /**< less, and a process's fixed cost drowns it */
    HM_SAMPLE_QUIET_BATCHES = 5 /**< enough undisturbed ones to speak for a sample */
};

/** A batch is disturbed where a probe beside it took this many times the quickest. */
#define HM_SAMPLE_PROBE_TOLERANCE 1.1

/** One collection of the steady phase. */
typedef struct hm_sample_collection {
    uint64_t at_ns; /**< monotonic */
    uint64_t pause_ns;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t traversed;
    int generation;
} hm_sample_collection;

/** What the runtime of one thread told of during the steady phase, timed as it was told. */
typedef struct hm_sample_events {
    bool recording;
    uint64_t collection_began_ns;
    uint64_t cascade_began_ns;
    uint64_t pause_total_ns;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t failures;       /**< finalizers and callbacks that failed, in the whole sample */
    char first_failure[160]; /**< the message of the first of them */
    hm_histogram pauses;     /**< its count is the number of collections */
    hm_histogram cascades;
    hm_pause_log
        *log; /**< where collections and cascades are kept one by one; NULL: they are not */
    size_t kept;
    hm_sample_collection collections[HM_SAMPLE_KEPT_COLLECTIONS];
} hm_sample_events;

/** One batch. */
typedef struct hm_sample_batch {
    uint64_t wall_ns;
    uint64_t cpu_ns;
    uint64_t probe_ns; /**< the speed probe just before it; after the last there is one more */
    bool disturbed;    /**< a probe beside it was slow: somebody else was using the core */
} hm_sample_batch;

struct hm_sample_state {
    const hm_sample_request *request;
    hm_error error;                  /**< why the sample is invalid */
    hm_error errors[HM_MAX_THREADS]; /**< what the workload says on each thread */
    hm_crew crew;                    /**< the sample's threads */

    hm_allocator bound;     /**< the bare back end */
    hm_allocator allocator; /**< what the heaps use: bare, or with `count` around it */
    hm_heap *heaps[HM_MAX_THREADS];
    unsigned heap_count; /**< one a thread; 0 in the raw group */
    hm_workload_context context;
    void *workload; /**< its state; NULL: not set up */

    hm_sample_events *events; /**< one a thread; after the counted batches the first has all */
    hm_event_sink sink;       /**< where the heaps tell instead; emit NULL: into `events` */
    hm_sample_batch *batches; /**< request->batches of them; a memory sample keeps none */
    uint64_t batches_done;

    hm_latency *latency;  /**< one a thread, of a latency sample; NULL in others */
    hm_counters counters; /**< of a time sample */
    hm_counts counts;     /**< of its counted batches */

    uint64_t build_started_ns;                /**< monotonic; 0: not yet */
    hm_sample_interval phases[HM_MAX_PHASES]; /**< begin and end of each phase of the workload */
    hm_usage steady_began;
    hm_usage steady_usage; /**< of the counted batches */
    bool steady_done;

    hm_resident resident;
    bool peak_known;
    uint64_t peak_rss_bytes;
    hm_sample_edge edges[HM_SAMPLE_MAX_EDGES];
    size_t edge_count;
    hm_sample_accounts accounts;

    uint64_t checksum;
    bool checked;

    uint64_t calibrated_iterations;
    double calibrated_ns; /**< per iteration */
};

/* sample_events.c */

/** A sink that records into `events`. */
hm_event_sink hm_sample_events_sink(hm_sample_events *events);

/** Adds what `other` counted to `sum`, all but the collections one by one and the failures. */
void hm_sample_events_add(hm_sample_events *sum, const hm_sample_events *other);

/* sample_phases.c */

/** The workload's phase of this role; NULL: it has none. `*index` receives its place. */
const hm_phase *hm_sample_find_phase(const hm_sample_state *sample, hm_phase_role role,
                                     size_t *index);

/* sample.c */

/**
 * Does all that comes before the first phase: room, back end, heaps, the workload's set-up. False:
 * the sample's error says why. hm_sample_tear_down in any case.
 */
bool hm_sample_prepare(hm_sample_state *sample);

/** Pages for results, zeroed and touched, so that no measured phase faults for them; NULL: the
 * sample's error says why. hm_system_unmap gives them back. */
void *hm_sample_map_room(hm_sample_state *sample, size_t bytes);

/* sample_phases.c */

/**
 * After a task failed on a thread: the error that the first such thread set, with its number; else
 * the first thread's, which may be none.
 */
const hm_error *hm_sample_told_error(const hm_sample_state *sample, unsigned *thread);

/** Runs the workload's phase of this role, if it has one, and takes its edge in a memory sample. */
bool hm_sample_run_role(hm_sample_state *sample, hm_phase_role role);

/** Runs `iterations` of a phase on every thread; false: it failed and the sample's error says why.
 */
bool hm_sample_run_phase(hm_sample_state *sample, const hm_phase *phase, uint64_t iterations);

/** In builds with asserts, walks every heap whole; false: one is not sound. */
bool hm_sample_heaps_are_sound(hm_sample_state *sample);

/* sample.c */

/** Checks the workload's result and takes its checksum; a finalizer that failed is a failure. */
bool hm_sample_check_result(hm_sample_state *sample);

/** Ends the sample: destroys the heaps where that is wanted, gives the room back. */
void hm_sample_tear_down(hm_sample_state *sample);

/* sample_phases.c */

/**
 * Runs the workload's restore phase, if it has one: before each batch, the warm-up too, and in no
 * clock, count or histogram. False: it failed and the sample's error says why.
 */
bool hm_sample_restore(hm_sample_state *sample);

/** Runs one batch of the steady phase; false: it failed and the sample's error says why. */
bool hm_sample_run_batch(hm_sample_state *sample, uint64_t iterations);

/** The counted batches begin now, and end: events and the kernel's counts are theirs. */
void hm_sample_begin_counting(hm_sample_state *sample);
void hm_sample_end_counting(hm_sample_state *sample);

/** Collects everything in every heap, each on its own thread; false: the collector cannot. */
bool hm_sample_collect(hm_sample_state *sample);

/* sample.c */

/**
 * Whether the heaps are destroyed at the end, leaked cycles included (HEAPMARK_TEARDOWN=1, or a
 * build with sanitizers): it takes time and measures nothing, so only who looks for leaks wants it.
 */
bool hm_sample_wants_teardown(void);

/* sample_environment.c */

/**
 * HM_OK where the environment is what the back end needs. Otherwise this program is executed anew
 * with the right one and `argv` (argv[0] is "heapmark sample" or another two words), and this
 * returns only where that did not help.
 */
hm_status hm_sample_enter_environment(const hm_backend_spec *backend, int argc, char **argv,
                                      hm_error *error);

/* sample_time.c */

/** The timed batches, each measured, through Google Benchmark. */
bool hm_sample_time_batches(hm_sample_state *sample);

/* sample_latency.c */

/** The counted batches of a latency sample begin now, and end. */
void hm_sample_begin_latency(hm_sample_state *sample);
void hm_sample_end_latency(hm_sample_state *sample);

/** Runs rounds of a phase on the calling thread, each that was chosen between two looks at the
 * clock; false: one failed. */
bool hm_sample_time_rounds(hm_sample_state *sample, unsigned thread, const hm_phase *phase,
                           uint64_t rounds);

/** Cuts a stretch of time that has just ended out of the time in which pauses stand. */
void hm_sample_leave_out(hm_sample_state *sample, uint64_t stretch_ns);

/** Makes room for what a latency sample keeps, and gives it back. */
bool hm_sample_make_latency_room(hm_sample_state *sample);
void hm_sample_drop_latency_room(hm_sample_state *sample);

/* sample_calibrate.c */

/** Finds the iterations of a batch of request->calibrate_seconds. */
bool hm_sample_calibrate(hm_sample_state *sample);

/* sample_memory.c */

/** Puts the peak at the RSS of now: the build phase is about to begin. */
void hm_sample_start_peak(hm_sample_state *sample);

/**
 * Marks the batches beside which a probe took over HM_SAMPLE_PROBE_TOLERANCE times the quickest
 * one, of this sample or as the request knows it.
 */
void hm_sample_mark_disturbed(hm_sample_state *sample);

/** Accounts memory as it is now under the edge's name. */
bool hm_sample_take_edge(hm_sample_state *sample, const char *name);

/** Accounts memory at the end of batch `batch` (from 0), where it is one of those that are due. */
bool hm_sample_account_batch(hm_sample_state *sample, uint64_t batch);

/** The edge called `name`; NULL: it was not taken. */
const hm_sample_edge *hm_sample_find_edge(const hm_sample_state *sample, const char *name);

/** The edge at the end of the steady phase; NULL: it was not taken. */
const hm_sample_edge *hm_sample_steady_edge(const hm_sample_state *sample);

/* sample_metrics_memory.c */

/** Fills the values of a memory sample. */
void hm_sample_memory_metrics(const hm_sample_state *sample, double *values);

/* sample_metrics.c */

/** Fills `values`, indexed by hm_metric_id; NAN where the sample could not take one. */
void hm_sample_metrics(const hm_sample_state *sample, double *values);

/** Whether collections are told to the sample; false: another runtime's are its own affair. */
bool hm_sample_hears_of_collections(void);

/** Operations of all timed batches; 0 where the workload counts none. */
uint64_t hm_sample_operations(const hm_sample_state *sample);

/* sample_metrics_latency.c */

/** Fills what the collections and cascades of a time or latency sample tell. */
void hm_sample_pause_metrics(const hm_sample_state *sample, double *values);

/** Fills what the timed rounds and calls and the MMU of a latency sample tell. */
void hm_sample_latency_metrics(const hm_sample_state *sample, double *values);

/** Fills what the counters of a time sample tell of each operation. */
void hm_sample_counter_metrics(const hm_sample_state *sample, double *values);

/* sample_release.c */

/** Runs the release phase and the refill phase, with what comes between them. */
bool hm_sample_run_release(hm_sample_state *sample);

/* sample_record.c */

/* sample_record_latency.c */

/** {"relative_error", "count", "minimum", "maximum", "buckets"}; null minimum and maximum: empty.
 */
json_t *hm_sample_histogram(const hm_histogram *histogram);

/** Adds to a record `latency`, `cascades` and `mmu`. */
void hm_sample_latency_record(const hm_sample_state *sample, json_t *record);

/** Adds to a record `counters`. */
void hm_sample_counter_record(const hm_sample_state *sample, json_t *record);

/* sample_record.c */

/**
 * Writes the sample's record as one line, valid where sample->error is HM_OK; HM_IO_ERROR: it could
 * not be written.
 */
hm_status hm_sample_write_record(const hm_sample_state *sample, int record_fd, hm_error *error);

/** Writes `record` (borrowed) as one line; HM_IO_ERROR: it could not be written. */
hm_status hm_sample_write_line(const json_t *record, int record_fd, hm_error *error);

/** Adds to a record whether the sample is valid and why not, the back end's version and origin as
 * far as it was bound, and the checksum where there is one; null for what is not known. */
void hm_sample_add_verdict(const hm_sample_state *sample, json_t *record);

/** A text as it is; where it is not UTF-8 (a path, a message that was cut), with '?' for the rest.
 */
json_t *hm_sample_words(const char *text);

/** "0x1f". */
json_t *hm_sample_hexadecimal(uint64_t value);

#endif
