/**
 * This module is environment.json: what the run was made of, written when it starts, when its works
 * are calibrated and when it ends, so that a stopped run can be read and continued.
 */
#ifndef HM_BENCH_ENVIRONMENT_H
#define HM_BENCH_ENVIRONMENT_H

#include "bench/plan.h"

/** The document of a new run, state "running"; `arguments` is the command line. New. */
json_t *hm_environment_new(const hm_plan *plan, const char *run_name, int argc, char **argv);

/** Puts in what is known only later: calibrations, checksums, versions, origins, failures. */
void hm_environment_update(json_t *document, const hm_plan *plan);

/** Sets the state ("running", "finished", "interrupted") and the moments that go with it. */
void hm_environment_set_state(json_t *document, const char *state);

/** Writes FOLDER/environment.json, atomically. */
hm_status hm_environment_write(const json_t *document, const char *folder, hm_error *error);

/** Reads FOLDER/environment.json. NULL: HM_USAGE_ERROR, there is none or it is not one. */
json_t *hm_environment_read(const char *folder, hm_error *error);

/**
 * Whether samples of this heapmark may be put beside those of `document`. HM_USAGE_ERROR: another
 * build, or another version of a back end's library.
 */
hm_status hm_environment_check_same(const json_t *document, const hm_plan *plan, hm_error *error);

/** The metrics table as an array; new. */
json_t *hm_metrics_to_json(void);

/** The machine as it is now, as an object; new. */
json_t *hm_machine_to_json(void);

/** The build as an object; new (build_info.c). */
json_t *hm_build_to_json(void);

/** The commit heapmark was built from as text or null; new (build_info.c). */
json_t *hm_git_commit_to_json(void);

/** Whether the tree had changes that were not committed, or null; new (build_info.c). */
json_t *hm_git_dirty_to_json(void);

#endif
