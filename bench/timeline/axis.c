#include "bench/timeline/axis.h"

bool hm_timeline_axis_place(const hm_timeline_axis *axis, uint64_t monotonic_ns, uint64_t *axis_ns)
{
    uint64_t taken_out_ns = 0;
    if (monotonic_ns < axis->origin_ns)
        return false;
    for (size_t index = 0; index < axis->count; index++) {
        const hm_timeline_gap *gap = &axis->gaps[index];
        if (monotonic_ns <= gap->begin_ns)
            break;
        if (monotonic_ns < gap->end_ns)
            return false;
        taken_out_ns += gap->end_ns - gap->begin_ns;
    }
    *axis_ns = monotonic_ns - axis->origin_ns - taken_out_ns;
    return true;
}

uint64_t hm_timeline_axis_gaps_ns(const hm_timeline_axis *axis)
{
    uint64_t sum_ns = 0;
    for (size_t index = 0; index < axis->count; index++)
        sum_ns += axis->gaps[index].end_ns - axis->gaps[index].begin_ns;
    return sum_ns;
}
