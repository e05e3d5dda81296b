/**
 * This module is calibration: how many iterations make a batch of a given length. It runs once a
 * work, on one cell, so that every cell of that work then does the same.
 */
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <math.h>

/* A work that is too fast for its clock would double for ever; 2^40 iterations are past any use. */
#define MOST_ITERATIONS ((uint64_t)1 << 40)

bool hm_sample_calibrate(hm_sample_state *sample)
{
    double target_ns = sample->request->calibrate_seconds * 1e9;
    uint64_t most = hm_sample_most_iterations(&sample->request->cell);
    uint64_t iterations = 1;
    most = most < MOST_ITERATIONS ? most : MOST_ITERATIONS;
    for (;;) {
        if (!hm_sample_restore(sample))
            return false;
        uint64_t began_ns = hm_clock_wall_ns();
        if (!hm_sample_run_batch(sample, iterations))
            return false;
        double batch_ns = (double)(hm_clock_wall_ns() - began_ns);
        sample->calibrated_ns = batch_ns / (double)iterations;
        if (batch_ns >= target_ns / 4 || iterations >= most)
            break;
        iterations = iterations <= most / 2 ? iterations * 2 : most;
    }
    double scaled = round(target_ns / fmax(sample->calibrated_ns, 1e-3));
    sample->calibrated_iterations = scaled < 1              ? 1
                                    : scaled > (double)most ? most
                                                            : (uint64_t)scaled;
    return true;
}
