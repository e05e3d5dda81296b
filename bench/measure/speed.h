/**
 * This module is a probe of the machine's speed right now: a fixed piece of arithmetic, timed, so
 * that a moment in which somebody else uses the core (another guest on the other hardware thread, a
 * lowered clock) is known by something other than the measurement it disturbs.
 *
 * /proc/stat does not show such a neighbour: it takes no time slices, it makes every instruction
 * slower. The probe keeps all of the core's arithmetic units busy, so it feels one strongly.
 */
#ifndef HM_BENCH_MEASURE_SPEED_H
#define HM_BENCH_MEASURE_SPEED_H

#include <stdint.h>

/**
 * Wall time of the fixed work in ns, the smallest of a few tries (so that an interrupt does not
 * count): some tens of microseconds. Only ratios of two probes on one machine mean anything.
 */
uint64_t hm_speed_probe_ns(void);

#endif
