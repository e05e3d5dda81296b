/**
 * This module is which thread a crash was on, so that the call under way can be named where several
 * threads each have one.
 *
 * Invariant: the process still ends by the signal that the crash raised.
 */
#ifndef HM_BENCH_STRESS_CRASH_H
#define HM_BENCH_STRESS_CRASH_H

#include "bench/stress/record.h"

/** From here on a crash leaves its thread in the record; nothing under a sanitizer, which tells
    more itself. */
void hm_stress_crash_watch(hm_stress_record *record);

/** Called at a crash, on its thread: may name a defect and end the process; returns if it knows
    none. */
void hm_stress_crash_explain(void (*explain)(void));

/** A crash on the calling thread is the worker's of this number. */
void hm_stress_crash_is_of(unsigned thread);

#endif
