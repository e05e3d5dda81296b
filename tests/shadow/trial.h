/**
 * This module is one sequence in a process of its own, so that a crash or a deadlock is an outcome
 * like any other and every sequence meets an allocator nobody has used before.
 */
#ifndef HM_TESTS_SHADOW_TRIAL_H
#define HM_TESTS_SHADOW_TRIAL_H

#include "calls.h"
#include "operation.h"
#include "record.h"

/** What is tried. `list`, where not NULL, has `operations` operations and replaces the seed. */
typedef struct shadow_trial {
    const shadow_calls *calls;
    unsigned threads;
    uint64_t seed;
    uint64_t operations;
    const shadow_operation *list;
    unsigned patience_s; /**< without an operation begun, until the process counts as hanging */
    bool quiet;          /**< the process's last words go nowhere */
} shadow_trial;

/** Empties `record` and runs the trial. True: no defect; else `record` tells it. */
bool shadow_trial_run(const shadow_trial *trial, shadow_record *record);

#endif
