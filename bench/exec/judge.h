/**
 * This module is the judgement on a run: valid, or the reason why not, in one sentence.
 *
 * Invariant: a run is valid only where the command ended as it should, and its own process, and
 * with --proof tree every process a look saw, testified that malloc came from the file that was
 * asked for. No word is no proof.
 */
#ifndef HM_BENCH_EXEC_JUDGE_H
#define HM_BENCH_EXEC_JUDGE_H

#include "bench/exec/process.h"
#include "bench/exec/testimony.h"
#include "bench/exec/variant.h"

enum { HM_EXEC_REASON_BYTES = 1024 };

/** All that the judgement rests on. */
typedef struct hm_exec_case {
    const hm_exec_options *options;
    const hm_exec_variant *variant;
    const char *executable; /**< what the command is known to run */
    const hm_exec_result *result;
    const hm_exec_testimony *testimony;
} hm_exec_case;

/** Writes the reason into `reason` (HM_EXEC_REASON_BYTES), "" where the run is valid. */
void hm_exec_judge(const hm_exec_case *self, char *reason);

/** Whether `file` is what malloc should come from under `variant`. */
bool hm_exec_is_expected(const hm_exec_variant *variant, const char *file);

#endif
