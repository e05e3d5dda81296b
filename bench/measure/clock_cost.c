#include "bench/measure/clock_cost.h"

#include "base/check.h"
#include "base/random.h"
#include "bench/measure/clock.h"

#include <string.h>

enum { TRIES = 10000, LONGEST_WAIT = 100 };

void hm_clock_cost_take(hm_clock_cost *cost, const hm_histogram *empty)
{
    double low, middle, high;
    HM_CHECK(hm_histogram_quantile(empty, 0.1, &low) &&
             hm_histogram_quantile(empty, 0.5, &middle) &&
             hm_histogram_quantile(empty, 0.9, &high));
    *cost = (hm_clock_cost){.typical_ns = (uint64_t)middle, .scatter_ns = (uint64_t)(high - low)};
}

/* Not always the same: the tries must not fall in step with the steps of the clock. */
static void wait_a_little(hm_random *random)
{
    for (volatile uint64_t left = hm_random_below(random, LONGEST_WAIT); left > 0; left--)
        continue;
}

void hm_clock_cost_measure(hm_clock_cost *cost, hm_histogram *scratch)
{
    hm_random random;
    hm_random_seed(&random, 1);
    memset(scratch, 0, sizeof *scratch);
    for (int try = 0; try < TRIES; try++) {
        wait_a_little(&random);
        uint64_t began_ns = hm_clock_wall_ns();
        hm_histogram_record(scratch, hm_clock_wall_ns() - began_ns);
    }
    hm_clock_cost_take(cost, scratch);
}
