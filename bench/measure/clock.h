/**
 * This module is the clocks, so that every duration in the suite is read from one of two sources
 * and in one unit, nanoseconds.
 */
#ifndef HM_MEASURE_CLOCK_H
#define HM_MEASURE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/** Wall time since some fixed moment, the same for all processes (CLOCK_MONOTONIC). */
uint64_t hm_clock_wall_ns(void);

/** CPU time of this process, user and system, all its threads (CLOCK_PROCESS_CPUTIME_ID). */
uint64_t hm_clock_cpu_ns(void);

/** Sleeps until hm_clock_wall_ns() is at least `wall_ns`; interrupts do not shorten it. */
void hm_clock_sleep_until(uint64_t wall_ns);

enum { HM_CLOCK_TEXT_BYTES = 32 };

/** Writes the time of day as "2026-11-21T10:00:00.123Z" into `text`; returns `text`. */
const char *hm_clock_now_text(char text[HM_CLOCK_TEXT_BYTES]);

#endif
