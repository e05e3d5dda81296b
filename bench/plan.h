/**
 * This module is the plan of a run: which samples there are and in which order they run, made from
 * the options alone, so that a stopped run finds the same plan again.
 *
 * Words: a *work* is a workload with its parameters fixed. A *round* is one repetition of every
 * cell. A *block* is the time samples of one work in one round: they run side by side in random
 * order, the blocks of a round in random order, and rounds follow each other, so that whatever
 * drifts on the machine touches the cells that are compared alike. The *control* is one cell
 * measured under two names. The rounds that the options ask for are the *fixed* ones; those that
 * the samples themselves ask for (plan_rounds.c) are *adaptive*. A *shard* is a part of a plan
 * (plan_shard.c).
 *
 * Invariant: for the same options, machine and heapmark the plan is the same, sample by sample;
 * with the adaptive rounds that environment.json names, also after those.
 */
#ifndef HM_BENCH_PLAN_H
#define HM_BENCH_PLAN_H

#include "bench/backend_set.h"
#include "bench/cell.h"
#include "bench/filter.h"
#include "bench/sample.h"

typedef enum hm_sample_role {
    HM_ROLE_CELL,    /**< a cell of the matrix */
    HM_ROLE_CONTROL, /**< the twin of a cell: what no difference looks like */
    HM_ROLE_NULL,    /**< nothing allocated: what the process itself has resident */
    HM_ROLE_EMPTY    /**< nothing done: what the harness itself costs */
} hm_sample_role;

typedef struct hm_plan_work {
    const hm_workload *workload;
    int64_t parameters[HM_MAX_PARAMETERS];
    char *name;
    uint64_t iterations; /**< of a batch; 0: not calibrated yet */
    uint64_t batches;    /**< of a sample; where a duration is asked for, calibrated too */
    bool elsewhere;      /**< another shard has it: nothing of it is measured here */
    /** What every sample of this work must compute, by index of the thread count; NULL: unknown. */
    char *checksums[HM_MAX_THREAD_COUNTS];
    char *failure; /**< why it could not be calibrated; NULL */
} hm_plan_work;

typedef struct hm_plan_cell {
    hm_bench_cell cell;
    char *name;
    size_t work;         /**< index into plan->works */
    size_t backend;      /**< index into the back-end set */
    size_t thread_index; /**< index into options->threads */
    hm_sample_role role;
} hm_plan_cell;

typedef struct hm_plan_sample {
    char *id;        /**< "<cell>#time#3" */
    size_t sequence; /**< its place in the whole plan: its index, but in a shard */
    size_t cell;
    hm_sample_kind kind;
    hm_sample_role role;
    unsigned repetition;
    unsigned padding_bytes;
    bool finished;
    bool valid; /**< where finished */
} hm_plan_sample;

typedef struct hm_plan {
    const hm_run_options *options; /**< borrowed */
    hm_backend_set *backends;      /**< borrowed */
    hm_collector_spec *collectors;
    size_t collector_count;
    hm_plan_work *works;
    size_t work_count;
    hm_plan_cell *cells;
    size_t cell_count;
    hm_plan_sample *samples; /**< in the order they run */
    size_t sample_count;
    size_t unsharded_count; /**< samples of the fixed rounds in the whole plan, all shards' */
    hm_strings *rounds;     /**< the cells of each round beyond the fixed ones */
    size_t round_count;
    size_t baseline; /**< index into the back-end set */
    /** Workloads that none of the numbers of threads asked for suits. */
    hm_strings need_threads;
    /** Pythons of --reference, by runtime, that have no cell because one thread was not asked for.
     */
    hm_strings need_one_thread;
} hm_plan;

/**
 * Makes the plan. HM_USAGE_ERROR: a name, a value or the filter is wrong, or nothing is left to
 * measure. `options` and `backends` must outlive the plan, which the caller clears in any case.
 */
hm_status hm_plan_make(hm_plan *plan, const hm_run_options *options, hm_backend_set *backends,
                       hm_error *error);

/** Frees what the plan owns. */
void hm_plan_clear(hm_plan *plan);

/** The baseline's label. */
const char *hm_plan_baseline(const hm_plan *plan);

/** The sample called `id`, or NULL. */
hm_plan_sample *hm_plan_find(const hm_plan *plan, const char *id);

/** A cell of this plan, without its name. */
hm_plan_cell hm_plan_make_cell(const hm_plan *plan, size_t work, size_t backend,
                               const hm_collector_spec *collector, size_t thread_index,
                               hm_sample_role role);

/** Whether the collector of a cell has anything to do with its work on its runtime. */
bool hm_plan_suits_collector(const hm_plan_cell *made);

/** "cell", "control", "null" or "empty". */
const char *hm_sample_role_name(hm_sample_role role);

/** The plan as environment.json's `plan`: a new object. */
json_t *hm_plan_to_json(const hm_plan *plan);

/**
 * Takes iterations and checksums from a stopped run's `plan`. HM_USAGE_ERROR: it is not this plan.
 */
hm_status hm_plan_resume(hm_plan *plan, const json_t *stored, hm_error *error);

/** A work's parameters as an object of names and values; new. */
json_t *hm_work_parameters_to_json(const hm_workload *workload, const int64_t *values);

/* plan_samples.c */

/** Appends the samples of the fixed rounds. */
void hm_plan_add_samples(hm_plan *plan);

/* plan_rounds.c */

/**
 * Appends an adaptive round: the blocks of all works that have one of `cells`, whole, each cell
 * with its next repetition. HM_USAGE_ERROR: a name is no cell of this plan, or it has no time
 * samples.
 */
hm_status hm_plan_add_round(hm_plan *plan, const hm_strings *cells, hm_error *error);

/** The adaptive rounds, an array of the names of each round's cells; new. */
json_t *hm_plan_rounds_to_json(const hm_plan *plan);

/** Appends the rounds that a stopped run stored. HM_USAGE_ERROR: they are not rounds of this plan.
 */
hm_status hm_plan_resume_rounds(hm_plan *plan, const json_t *stored, hm_error *error);

/* plan_shard.c */

/** Leaves what this shard is to measure, all where the run is none. HM_USAGE_ERROR: too many. */
hm_status hm_plan_take_shard(hm_plan *plan, hm_error *error);

/** environment.json's `plan.shard`; new. */
json_t *hm_plan_shard_to_json(const hm_plan *plan);

/* plan_threads.c */

/**
 * Remembers the workload of a work that none of the numbers of threads suits, where `filter` (NULL:
 * all) matches a name that a cell of it would have with the first of them.
 */
void hm_plan_note_threads(hm_plan *plan, size_t work, hm_filter *filter);

/** What need_threads need and which --threads would do, one line; new, NULL: there are none. */
char *hm_plan_threads_words(const hm_plan *plan);

/** Remembers the pythons, which run on one thread alone, that have no cell for that reason, though
 * `filter` (NULL: all) matches a name that one would have. */
void hm_plan_note_references(hm_plan *plan, hm_filter *filter);

/** The same of need_one_thread. */
char *hm_plan_references_words(const hm_plan *plan);

/* plan_works.c */

/**
 * Fills plan->works with the profile's works, the parameters asked for put in. HM_USAGE_ERROR: an
 * unknown workload, parameter or value.
 */
hm_status hm_plan_add_works(hm_plan *plan, hm_error *error);

/** Adds a work by its name ("short-lived/kind:mixed"); its index is the last. */
hm_status hm_plan_add_work(hm_plan *plan, const char *name, hm_error *error);

#endif
