/**
 * This module is the parent of a forked child, so that a child that does not go on is told from one
 * that the machine does not let run.
 *
 * Invariant: a child that hangs has begun no operation and made no comparison for `patience_s`
 * seconds, those not counted in which it was ready and waited for a processor; it is killed then.
 * A child outlives no parent. It leaves its progress in the record, in the place of the thread that
 * forked it.
 */
#ifndef HM_BENCH_STRESS_FORKED_H
#define HM_BENCH_STRESS_FORKED_H

#include "bench/stress/record.h"

/** Begins a forked child's life: it ends with `parent`, the process that forked it. */
void hm_stress_forked_child(int parent);

/** Waits for a forked child; what went wrong in it is this process's defect. */
void hm_stress_await_child(hm_stress_record *record, unsigned thread, int child,
                           unsigned patience_s);

#endif
