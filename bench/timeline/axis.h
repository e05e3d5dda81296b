/**
 * This module is the time axis of a timeline: the time the work itself took, with the stretches in
 * which only measuring was done taken out, so that a walk over the heap between two batches neither
 * widens a phase nor shows as one.
 *
 * Words: *origin* is the moment the first phase began; a *gap* is a stretch that is taken out. Axis
 * times are ns from the origin.
 *
 * Invariant: gaps lie in order and do not overlap.
 */
#ifndef HM_BENCH_TIMELINE_AXIS_H
#define HM_BENCH_TIMELINE_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hm_timeline_gap {
    uint64_t begin_ns; /**< monotonic */
    uint64_t end_ns;
} hm_timeline_gap;

typedef struct hm_timeline_axis {
    uint64_t origin_ns; /**< monotonic */
    hm_timeline_gap *gaps;
    size_t count;
} hm_timeline_axis;

/** Where a monotonic time lies; false: before the origin, or inside a gap. */
bool hm_timeline_axis_place(const hm_timeline_axis *axis, uint64_t monotonic_ns, uint64_t *axis_ns);

/** The length of all gaps. */
uint64_t hm_timeline_axis_gaps_ns(const hm_timeline_axis *axis);

#endif
