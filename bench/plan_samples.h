/**
 * This module is how samples are put into a plan, for the parts of the plan alone: fixed rounds
 * (plan_samples.c) and adaptive ones (plan_rounds.c) are made of the same blocks.
 */
#ifndef HM_BENCH_PLAN_SAMPLES_H
#define HM_BENCH_PLAN_SAMPLES_H

#include "base/random.h"
#include "bench/plan.h"

/**
 * Appends the blocks of the works (an array with one entry a work; NULL: all) as the time samples
 * of one repetition, in an order drawn from `random`.
 */
void hm_plan_add_blocks(hm_plan *plan, const bool *works, unsigned repetition, hm_random *random);

/** Numbers the samples from index `first` on, from `sequence` on, and draws their padding. */
void hm_plan_number_samples(hm_plan *plan, size_t first, size_t sequence, hm_random *random);

#endif
