/**
 * This module is what measuring costs: the time that two looks at the clock show with nothing in
 * between, so that it can be taken off, and how far it scatters, so that nobody believes a figure
 * the clock cannot tell. (Processors count time in steps: of 10 ns on many AMD machines.)
 */
#ifndef HM_MEASURE_CLOCK_COST_H
#define HM_MEASURE_CLOCK_COST_H

#include "bench/measure/histogram.h"

typedef struct hm_clock_cost {
    uint64_t typical_ns; /**< the median of many empty measurements */
    uint64_t scatter_ns; /**< between their 10th and 90th percentile: its steps */
} hm_clock_cost;

/** Measures it; `scratch` is overwritten (a histogram is large for a stack). */
void hm_clock_cost_measure(hm_clock_cost *cost, hm_histogram *scratch);

/** Takes it from a histogram of empty measurements, at least one. */
void hm_clock_cost_take(hm_clock_cost *cost, const hm_histogram *empty);

#endif
