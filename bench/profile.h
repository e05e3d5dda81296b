/**
 * This module is the profiles: named choices of works, back ends, collectors and repetitions, so
 * that people can run something sound without choosing anything. One entry in profiles.def each.
 */
#ifndef HM_BENCH_PROFILE_H
#define HM_BENCH_PROFILE_H

#include "bench/sample.h"

typedef struct hm_profile {
    const char *name;
    const char *brief;            /**< one line for `heapmark list` */
    unsigned repetitions;         /**< time samples a cell */
    unsigned memory_repetitions;  /**< memory samples a cell */
    unsigned latency_repetitions; /**< latency samples a cell */
    double precision_percent;     /**< how well a median is to be known; 0: fixed rounds alone */
    unsigned most_rounds;         /**< adaptive rounds at most, where a precision is asked for */
    unsigned batches;             /**< timed batches in a sample */
    double batch_seconds;         /**< what a batch is calibrated to last */
    double duration_seconds;      /**< what a memory sample lasts; 0: as long as its batches take */
    double timeout_seconds;       /**< of one sample; 0: by its duration */
    hm_settle settle;             /**< how long memory samples look on after the release */
    unsigned accounts;            /**< accounts in the steady phase of a memory sample */
    double quiet_wait_seconds;    /**< most that a sample waits for the machine to be quiet */
    const char *backends;         /**< comma-separated names; absent ones are left out */
    const char *collectors;       /**< comma-separated names */
    const char *threads;          /**< comma-separated numbers; NULL: 1 */
    const char *filter;           /**< on cells' names where no --filter is given; NULL: all */
    const char *const *works;     /**< NULL-terminated names of works: "short-lived/kind:mixed" */
} hm_profile;

/** All profiles in display order; `*count` receives how many. */
const hm_profile *hm_profiles(size_t *count);

/** The profile called `name`, or NULL. */
const hm_profile *hm_profile_find(const char *name);

#endif
