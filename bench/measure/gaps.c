#include "bench/measure/gaps.h"

#include "base/check.h"

#include <math.h>

void hm_gaps_start(hm_gaps *gaps, uint64_t seed, uint64_t one_in)
{
    HM_CHECK(one_in >= 1);
    hm_random_seed(&gaps->random, seed);
    gaps->scale = one_in == 1 ? 0 : 1 / log1p(-1 / (double)one_in);
}

uint64_t hm_gaps_next(hm_gaps *gaps)
{
    /* Above 0 and up to 1, in steps of 2^-53: the logarithm is finite. */
    double uniform = ((double)(hm_random_next(&gaps->random) >> 11) + 1) * 0x1p-53;
    return 1 + (uint64_t)(log(uniform) * gaps->scale);
}

uint64_t hm_gaps_one_in(uint64_t events, uint64_t wanted, uint64_t rarest)
{
    uint64_t one_in = events / wanted;
    return one_in < 1 ? 1 : one_in > rarest ? rarest : one_in;
}
