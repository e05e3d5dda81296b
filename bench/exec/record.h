/**
 * This module is what exec leaves behind: the record of a run, a line of journal.jsonl, and
 * environment.json ("exec-sample" and "exec-environment" in results/schema.json).
 */
#ifndef HM_BENCH_EXEC_RECORD_H
#define HM_BENCH_EXEC_RECORD_H

#include "bench/exec/judge.h"
#include "bench/exec/program.h"

#include <jansson.h>

/** When a run took place in the plan. */
typedef struct hm_exec_place {
    size_t sequence;
    unsigned repetition;
    unsigned padding_bytes;
    const char *started_at;
} hm_exec_place;

/** The record of a run; new. `reason` "" means valid. */
json_t *hm_exec_record_make(const hm_exec_case *self, const hm_exec_place *place,
                            const char *reason);

/** What environment.json is made of. */
typedef struct hm_exec_setting {
    const hm_exec_options *options;
    const hm_exec_variants *variants;
    const hm_exec_program *program;
    const char *run_name;
    const hm_strings *dropped; /**< variables that were not handed on */
    size_t sample_count;
} hm_exec_setting;

/** The document of a run that begins; new. */
json_t *hm_exec_environment_make(const hm_exec_setting *setting, int argc, char **argv);

#endif
