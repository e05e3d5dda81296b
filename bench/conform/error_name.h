/**
 * This module is the names of Python's errors, those included that hm_status has no word for.
 */
#ifndef HM_BENCH_CONFORM_ERROR_NAME_H
#define HM_BENCH_CONFORM_ERROR_NAME_H

#include "base/status.h"

/** Statuses that no function a program calls fails with stand for the errors hm_status lacks. */
enum { HM_CONFORM_NAME_ERROR = HM_USAGE_ERROR, HM_CONFORM_RECURSION_ERROR = HM_WRONG_RESULT };

/** Python's name of an error. */
const char *hm_conform_error_name(hm_status status);

#endif
