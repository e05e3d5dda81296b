/**
 * This module is making a failing sequence short, so that it can be read: parts are left out as
 * long as the rest fails in the same way.
 */
#ifndef HM_BENCH_STRESS_SHRINK_H
#define HM_BENCH_STRESS_SHRINK_H

#include "bench/stress/trial.h"

/**
 * The short sequence of a trial of one thread that failed as `record` says; its operations are the
 * caller's to free, their number in `*count`. NULL: it is too long to be kept, or did not fail
 * again. Takes about `seconds` at most. `tries` is overwritten by every try:
 * the record that the trial's processes share. Where the sequence is sound as long as nothing
 * beyond the sizes asked for is written, the record's defect becomes HM_STRESS_USABLE_LARGE.
 */
hm_stress_operation *hm_stress_shrink(const hm_stress_trial *trial, hm_stress_record *record,
                                      hm_stress_record *tries, unsigned seconds, size_t *count);

/**
 * The fewest operations with which a trial of several threads was seen to fail in the same way, by
 * halving for about `seconds`; its own number where fewer did not fail.
 */
uint64_t hm_stress_shorten(const hm_stress_trial *trial, const hm_stress_record *record,
                           hm_stress_record *tries, unsigned seconds);

#endif
