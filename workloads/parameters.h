/**
 * This module is what workloads say about their parameters' values beyond their ranges, so that a
 * value which cannot work, or which would change nothing, is refused in one way.
 *
 * A value without effect is refused too: the same work under two names would be two cells.
 */
#ifndef HM_WORKLOADS_PARAMETERS_H
#define HM_WORKLOADS_PARAMETERS_H

#include "workloads/workload.h"

/** Checks every value against its range. HM_USAGE_ERROR names the first that is outside. */
HM_EXPORT hm_status hm_parameters_in_range(const hm_workload *workload, const int64_t *values,
                                           hm_error *error);

/**
 * HM_USAGE_ERROR where parameter `index`, which has no effect with `reason` ("shape:ring"), is not
 * at its default.
 */
HM_EXPORT hm_status hm_parameter_without_effect(const hm_workload *workload, const int64_t *values,
                                                int index, const char *reason, hm_error *error);

/** What a workload may ask for at once, as it estimates it itself. */
#define HM_WORK_MAX_BYTES ((int64_t)1 << 30)

/**
 * HM_USAGE_ERROR where `bytes`, the estimate of what is live at once on one thread, is more than
 * HM_WORK_MAX_BYTES; the message names the parameters to lower.
 */
HM_EXPORT hm_status hm_parameters_fit(const hm_workload *workload, double bytes, const char *lower,
                                      hm_error *error);

#endif
