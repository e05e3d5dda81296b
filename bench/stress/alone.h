/**
 * This module is a sequence of operations on one thread, or on one at a time, so that a sequence
 * has one outcome and can be repeated and shrunk.
 *
 * Invariant: at most one thread of the process touches the allocator at any moment; after the
 * sequence all blocks are freed and the allocator's account is exactly empty.
 */
#ifndef HM_BENCH_STRESS_ALONE_H
#define HM_BENCH_STRESS_ALONE_H

#include "bench/stress/model.h"

/** Where operations come from: a list, or a generator where `list` is NULL. */
typedef struct hm_stress_source {
    hm_stress_generator generator;
    const hm_stress_operation *list;
    uint64_t left;
} hm_stress_source;

/** Runs the whole source; a defect ends the process. A forked child gets `patience_s` to go on. */
void hm_stress_alone_run(hm_stress_model *model, hm_stress_source source, unsigned patience_s);

#endif
