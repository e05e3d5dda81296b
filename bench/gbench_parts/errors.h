/**
 * This module is how a call is refused, so that its caller in C gets false or NULL and one line of
 * why, and never an exception.
 *
 * Invariant: what an entry point calls that may throw, it calls in guarded().
 */
#ifndef HM_BENCH_GBENCH_PARTS_ERRORS_H
#define HM_BENCH_GBENCH_PARTS_ERRORS_H

#include "bench/gbench.h"

#include <cstdarg>
#include <cstdio>
#include <exception>

namespace hm_gbench_parts
{
inline thread_local char last_error[256] = "";

/** Notes what is wrong for hm_gbench_error(); false, for the caller to return. */
__attribute__((format(printf, 1, 2))) inline bool refuse(const char *format, ...) noexcept
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    return false;
}

/** Runs `action`; an exception becomes false. */
template <class Action> bool guarded(Action &&action) noexcept
{
    try {
        return action();
    } catch (const std::exception &problem) {
        return refuse("Google Benchmark failed: %s", problem.what());
    } catch (...) {
        return refuse("Google Benchmark failed");
    }
}
} // namespace hm_gbench_parts

using namespace hm_gbench_parts;

const char *hm_gbench_error(void)
{
    return last_error;
}

#endif
