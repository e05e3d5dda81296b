/**
 * This module is a clock that steps back: preloaded, every look at CLOCK_REALTIME is an hour before
 * the last one, so that a test can run the driver on it. Other clocks are left alone.
 */
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEP_SECONDS = 3600 };

static atomic_long steps;

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec -= STEP_SECONDS * ++steps;
    return (int)result;
}

__attribute__((visibility("default"))) time_t time(time_t *seconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (seconds)
        *seconds = now.tv_sec;
    return now.tv_sec;
}
