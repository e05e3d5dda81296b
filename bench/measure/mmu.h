/**
 * This module is minimum mutator utilization (MMU): of all windows of one length in a span of time,
 * the least share that was left to the program by pauses. A worst pause says nothing about ten
 * short ones in a row; MMU does (Cheng and Blelloch 2001, "A parallel, real-time garbage
 * collector"). Pauses that overlap or nest count once (Printezis 2006, "On measuring garbage
 * collection responsiveness").
 *
 * The result is exact. A worst window can be slid, without getting better, until it begins with a
 * pause or lies at an end of the span: to the right while its begin is in no pause (its end can
 * only run into one, or leave one), to the left while it is in one (its begin takes in as much as
 * its end can lose). So for each pause the window that begins with it, or the nearest one that lies
 * in the span, is looked at; from left to right each takes constant time.
 *
 * MMU over the window's length is not monotone: a longer window may be worse than a shorter one.
 */
#ifndef HM_MEASURE_MMU_H
#define HM_MEASURE_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A stretch of time in which the program stood still: begin_ns <= end_ns. */
typedef struct hm_mmu_pause {
    uint64_t begin_ns;
    uint64_t end_ns;
} hm_mmu_pause;

/**
 * Joins pauses that overlap, nest or touch, in place; returns how many are left, in order. The
 * pauses must stand in the order of their ends, as they are when each is kept as it ends.
 */
size_t hm_mmu_join(hm_mmu_pause *pauses, size_t count);

/**
 * Writes the MMU of joined pauses for windows of `window_ns` that lie in the span; parts of pauses
 * outside the span count for nothing. False: not known, as no such window fits (or is empty).
 */
bool hm_mmu(const hm_mmu_pause *pauses, size_t count, hm_mmu_pause span, uint64_t window_ns,
            double *utilization);

#endif
