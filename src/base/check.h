/**
 * This module is the project's asserts, in tiers by cost, so that a cheap check can stay in a
 * measured build and an expensive one never slips into it.
 *
 * - HM_CHECK: always on, in every build. For what would corrupt memory if it went on.
 * - HM_ASSERT: on where HM_DEBUG is at least 1 (presets debug, asan, tsan). O(1) each.
 * - HM_ASSERT_EXPENSIVE: on where HM_DEBUG is at least 2. May walk a whole structure.
 *
 * A failed check prints file, line, function and expression to stderr and aborts.
 */
#ifndef HM_BASE_CHECK_H
#define HM_BASE_CHECK_H

#include "base/attributes.h"

#ifndef HM_DEBUG
#define HM_DEBUG 0
#endif

/** Prints the failed expression with its place and aborts; never returns. */
__attribute__((noreturn, cold)) void hm_check_failed(const char *expression, const char *file,
                                                     int line, const char *function);

#define HM_CHECK(expression)                                                                       \
    (HM_LIKELY(expression) ? (void)0 : hm_check_failed(#expression, __FILE__, __LINE__, __func__))

#if HM_DEBUG >= 1
#define HM_ASSERT(expression) HM_CHECK(expression)
#else
#define HM_ASSERT(expression) ((void)sizeof(!(expression)))
#endif

#if HM_DEBUG >= 2
#define HM_ASSERT_EXPENSIVE(expression) HM_CHECK(expression)
#else
#define HM_ASSERT_EXPENSIVE(expression) ((void)sizeof(!(expression)))
#endif

#endif
