/**
 * This module is a sample's record as the driver completes it: what the plan says of the sample,
 * what its process wrote, and what only an observer outside could see, in docs/results.md's form.
 *
 * Invariant: a record is valid only where the process ended well, said so itself, and computed the
 * checksum that its work has in this run.
 */
#ifndef HM_BENCH_RECORD_H
#define HM_BENCH_RECORD_H

#include "bench/plan.h"
#include "bench/process.h"

/** When and how a sample ran. */
typedef struct hm_record_source {
    const hm_plan *plan;
    size_t index; /**< of the sample in the plan */
    const char *started_at;
    const hm_process_request *request; /**< NULL: it was not started, `reason` says why */
    const hm_process_result *result;
    uint64_t waited_ns; /**< for the machine to be quiet */
    const char *reason;
} hm_record_source;

/** A new record. A valid one without a checksum to compare to sets its work's in the plan. */
json_t *hm_record_make(const hm_record_source *source);

/**
 * Reads the JSON object that a sample's process wrote and says in `reason` (256 bytes or more) what
 * was wrong with it or with the process's end, "" where nothing was. A new object, or NULL.
 */
json_t *hm_record_read(const hm_process_request *request, const hm_process_result *result,
                       char *reason, size_t size);

/** The command that runs the sample again by hand; a new text. */
char *hm_record_command(const hm_plan *plan, const hm_plan_cell *cell, hm_sample_kind kind);

/** The arguments of a sample's process; `calibrate_seconds` > 0: a calibration. */
void hm_record_arguments(const hm_plan *plan, const hm_plan_cell *cell, hm_sample_kind kind,
                         double calibrate_seconds, hm_strings *arguments);

#endif
