/**
 * This module is the command's exit codes, so that every sub-command means the same by one number
 * and the worst of several problems wins.
 *
 * Precedence: interrupted, usage, input or output, failed program, invalid sample, unstable,
 * regression, ok.
 */
#ifndef HM_BENCH_EXIT_CODE_H
#define HM_BENCH_EXIT_CODE_H

#include "base/status.h"

enum {
    HM_EXIT_OK = 0,
    HM_EXIT_REGRESSION = 1,   /**< `check`: proven worse than the bound; `goals`: one is not met */
    HM_EXIT_USAGE = 2,        /**< a bad option, name, number, path or file */
    HM_EXIT_INVALID = 3,      /**< a sample was invalid; `merge`, `goals`: or is missing */
    HM_EXIT_UNSTABLE = 4,     /**< too noisy to tell */
    HM_EXIT_FAILED = 5,       /**< a program of `conform` failed; `stress` found a defect */
    HM_EXIT_OUTPUT = 6,       /**< reading or writing failed */
    HM_EXIT_INTERRUPTED = 130 /**< SIGINT, SIGTERM or SIGHUP */
};

/** How grave a code is; higher is graver. */
static inline int hm_exit_rank(int code)
{
    static const int rising[] = {HM_EXIT_OK,      HM_EXIT_REGRESSION, HM_EXIT_UNSTABLE,
                                 HM_EXIT_INVALID, HM_EXIT_FAILED,     HM_EXIT_OUTPUT,
                                 HM_EXIT_USAGE};
    int rank = 0;
    while (rank < (int)HM_COUNT_OF(rising) && rising[rank] != code)
        rank++;
    return rank;
}

/** The graver of two codes. */
static inline int hm_exit_worse(int first, int second)
{
    return hm_exit_rank(first) >= hm_exit_rank(second) ? first : second;
}

/** The exit code of a failed call. */
static inline int hm_exit_of(hm_status status)
{
    switch (status) {
    case HM_OK:
        return HM_EXIT_OK;
    case HM_USAGE_ERROR:
    case HM_UNAVAILABLE:
        return HM_EXIT_USAGE;
    case HM_WRONG_RESULT:
        return HM_EXIT_INVALID;
    default:
        return HM_EXIT_OUTPUT;
    }
}

#endif
