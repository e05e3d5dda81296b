/**
 * This module is the suite's random numbers, so that every workload is deterministic for a seed
 * on every machine and no libc's rand() hides state or takes a lock.
 *
 * The generator is xoshiro256** (Blackman and Vigna, 2018, "Scrambled linear pseudorandom number
 * generators"), seeded through splitmix64 as its authors advise.
 */
#ifndef HM_BASE_RANDOM_H
#define HM_BASE_RANDOM_H

#include <stdint.h>

/** A generator's state; copy it to replay a sequence. */
typedef struct hm_random {
    uint64_t state[4];
} hm_random;

/** Advances `*state` and returns the next splitmix64 number. */
static inline uint64_t hm_splitmix64(uint64_t *state)
{
    uint64_t mixed = (*state += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/** Starts the sequence of `seed`; every seed, 0 too, is a good one. */
static inline void hm_random_seed(hm_random *random, uint64_t seed)
{
    for (int index = 0; index < 4; index++)
        random->state[index] = hm_splitmix64(&seed);
}

/** The next 64 random bits. */
static inline uint64_t hm_random_next(hm_random *random)
{
    uint64_t *state = random->state;
    uint64_t product = state[1] * 5;
    uint64_t result = ((product << 7) | (product >> 57)) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = (state[3] << 45) | (state[3] >> 19);
    return result;
}

/** A number in [0, bound); 0 where bound is 0. Multiply-shift: the bias is below bound/2^64. */
static inline uint64_t hm_random_below(hm_random *random, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)hm_random_next(random) * bound) >> 64);
}

#endif
