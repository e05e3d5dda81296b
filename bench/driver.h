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

typedef struct hm_driver {
    const hm_run_options *options;
    hm_plan *plan;
    const char *folder;
    json_t *document; /**< environment.json */
    hm_journal journal;
    hm_progress progress;
    hm_disturbance disturbance;
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

/* driver_prepare.c */

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
