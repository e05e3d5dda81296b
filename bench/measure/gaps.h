/**
 * This module is sampling at random: how many of a row of events pass until the next one that is
 * looked at, so that each is looked at with the same probability and no rhythm of the program can
 * fall in step with the sampling, as it can with every n-th.
 *
 * The gaps are geometric (Devroye 1986, "Non-Uniform Random Variate Generation", X.2: the inverse
 * of the distribution function), so an event costs a decrement and only a sampled one a logarithm.
 */
#ifndef HM_MEASURE_GAPS_H
#define HM_MEASURE_GAPS_H

#include "base/random.h"

typedef struct hm_gaps {
    hm_random random;
    double scale; /**< 1 / ln(1 - 1 / one_in); 0: every event is looked at */
} hm_gaps;

/** Starts the sequence of `seed` in which one of `one_in` (at least 1) events is looked at. */
void hm_gaps_start(hm_gaps *gaps, uint64_t seed, uint64_t one_in);

/** The place of the next event to look at, counted from the last one: 1 is the very next. */
uint64_t hm_gaps_next(hm_gaps *gaps);

/**
 * How many events to look at one of, so that of `events` about `wanted` are, but never fewer than
 * one of `rarest`: from 1 (all) to `rarest`.
 */
uint64_t hm_gaps_one_in(uint64_t events, uint64_t wanted, uint64_t rarest);

#endif
