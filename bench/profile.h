/**
 * This module is the profiles: named choices of works, back ends, collectors and repetitions, so
 * that people can run something sound without choosing anything. One entry in profiles.def each.
 */
#ifndef HM_BENCH_PROFILE_H
#define HM_BENCH_PROFILE_H

#include <stddef.h>

typedef struct hm_profile {
    const char *name;
    const char *brief;           /**< one line for `heapmark list` */
    unsigned repetitions;        /**< time samples a cell */
    unsigned memory_repetitions; /**< memory samples a cell */
    unsigned batches;            /**< timed batches in a sample */
    double batch_seconds;        /**< what a batch is calibrated to last */
    double timeout_seconds;      /**< of one sample */
    const char *backends;        /**< comma-separated names; absent ones are left out */
    const char *collectors;      /**< comma-separated names */
    const char *const *works;    /**< NULL-terminated names of works: "short-lived/kind:mixed" */
} hm_profile;

/** All profiles in display order; `*count` receives how many. */
const hm_profile *hm_profiles(size_t *count);

/** The profile called `name`, or NULL. */
const hm_profile *hm_profile_find(const char *name);

#endif
