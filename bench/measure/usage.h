/**
 * This module is what the kernel counts for this process: page faults and context switches, so
 * that a phase can be charged with those between its two ends.
 */
#ifndef HM_MEASURE_USAGE_H
#define HM_MEASURE_USAGE_H

#include <stdint.h>

/** Counts since the process began, or a difference of two such. */
typedef struct hm_usage {
    uint64_t minor_page_faults;
    uint64_t major_page_faults;
    uint64_t voluntary_context_switches;
    uint64_t involuntary_context_switches;
} hm_usage;

/** The counts so far (getrusage of the process, all threads). */
hm_usage hm_usage_read(void);

/** What was counted from `before` to `after`. */
hm_usage hm_usage_between(const hm_usage *before, const hm_usage *after);

/** Adds `more` to `sum`. */
void hm_usage_add(hm_usage *sum, const hm_usage *more);

#endif
