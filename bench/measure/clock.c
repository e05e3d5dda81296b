#include "bench/measure/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { NS_PER_SECOND = 1000000000, NS_PER_MILLISECOND = 1000000 };

static uint64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t hm_clock_wall_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t hm_clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void hm_clock_sleep_until(uint64_t wall_ns)
{
    struct timespec until = {.tv_sec = (time_t)(wall_ns / NS_PER_SECOND),
                             .tv_nsec = (long)(wall_ns % NS_PER_SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

const char *hm_clock_now_text(char text[HM_CLOCK_TEXT_BYTES])
{
    struct timespec now;
    struct tm parts;
    char seconds[24];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, HM_CLOCK_TEXT_BYTES, "%s.%03dZ", seconds,
             (int)(now.tv_nsec / NS_PER_MILLISECOND) % 1000);
    return text;
}
