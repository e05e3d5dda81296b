/**
 * This module is the loop of a run: it probes the back ends, calibrates the works, measures the
 * plan's samples one at a time, and leaves the run's folder sound whatever happens.
 */
#ifndef HM_BENCH_DRIVER_H
#define HM_BENCH_DRIVER_H

#include "bench/disturbance.h"
#include "bench/journal.h"
#include "bench/plan.h"
#include "bench/process.h"
#include "bench/progress.h"
#include "bench/quiet.h"

typedef struct hm_driver {
    const hm_run_options *options;
    hm_plan *plan;
    const char *folder;
    json_t *document; /**< environment.json */
    hm_journal journal;
    hm_progress progress;
    hm_disturbance disturbance;
    hm_quiet quiet;
    bool interrupted;
} hm_driver;

/**
 * Measures what the plan has left. HM_OK: the run has finished or was interrupted
 * (driver->interrupted), and its files are written; otherwise the error says what could not be
 * written or why a stopped run cannot be continued.
 */
hm_status hm_driver_run(hm_driver *driver, hm_error *error);

/** The samples of the plan that have finished and were invalid. */
size_t hm_driver_invalid_count(const hm_driver *driver);

/** Marks the samples that the journal has. HM_USAGE_ERROR: it has one twice or one not planned. */
hm_status hm_driver_take_journal(hm_driver *driver, hm_error *error);

/** Measures the samples of the plan that have not finished, until a stop is asked for. */
hm_status hm_driver_run_samples(hm_driver *driver, hm_error *error);

/** Why samples of this cell need not be started; NULL: they must. */
const char *hm_driver_known_failure(const hm_plan *plan, const hm_plan_cell *cell);

/* driver_rounds.c */

/**
 * Runs adaptive rounds while cells are unsettled. Each is part of environment.json before its first
 * sample. Where it cannot be found out which cells are, it says so and leaves it at the rounds
 * done.
 */
hm_status hm_driver_run_rounds(hm_driver *driver, hm_error *error);

/* driver_soak.c */

/**
 * Finds how many batches of a calibrated work make a memory sample of the duration asked for, from
 * a memory sample on `cell`. work->batches stays where it fails, with a reason.
 */
hm_status hm_driver_find_batches(hm_driver *driver, hm_plan_work *work, const hm_plan_cell *cell,
                                 char *reason, hm_error *error);

/* driver_prepare.c */

enum { HM_REASON_BYTES = 512 };

/**
 * Runs a sample outside the plan on `cell`; a new record, NULL with a reason where it failed.
 * `reason` has HM_REASON_BYTES.
 */
json_t *hm_driver_run_apart(hm_driver *driver, const hm_plan_cell *cell, hm_sample_kind kind,
                            double calibrate_seconds, char *reason, hm_status *status,
                            hm_error *error);

/** One sample's process outside the plan or of it; see hm_process_run. */
hm_status hm_driver_start_sample(hm_driver *driver, const hm_plan_cell *cell, hm_sample_kind kind,
                                 double calibrate_seconds, unsigned padding_bytes,
                                 hm_process_request *request, hm_process_result *result,
                                 hm_error *error);

/** Probes the back ends; one that fails keeps its reason. */
hm_status hm_driver_probe(hm_driver *driver, hm_error *error);

/** Finds iterations and checksums for the works that have none. */
hm_status hm_driver_calibrate(hm_driver *driver, hm_error *error);

#endif
