/**
 * This module is what is measured of an allocator besides its soundness: what it keeps of memory
 * that nobody uses, and how long its calls take. What is far from the usual is a finding, no
 * defect.
 *
 * Words: a *round* of the retention program asks for blocks of many sizes, touches them and frees
 * all, half of them on another thread; all rounds ask for the same. The *sweep* asks for and frees
 * each size many times over.
 */
#ifndef HM_BENCH_STRESS_MEASURES_H
#define HM_BENCH_STRESS_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hm_stress_calls;

enum {
    HM_STRESS_ROUNDS = 8,
    HM_STRESS_ROUND_BYTES = 32 * 1024 * 1024,
    HM_STRESS_SWEEP_MOST_BYTES = 4096,
    HM_STRESS_PACE_SIZES = 5,
    HM_STRESS_PACE_CALLS = 4
};

/** Resident bytes of the process. */
typedef struct hm_stress_retention {
    bool done, purged; /**< purged: the allocator has such a call, and it was called */
    int64_t start_bytes, peak_bytes;
    int64_t after_bytes[HM_STRESS_ROUNDS]; /**< after each round, all freed and purged */
    uint32_t lost_at_bytes;                /**< the size of the sweep that kept most; 0: none did */
    int64_t lost_bytes, lost_of_bytes; /**< by which memory grew there, and what was asked for */
} hm_stress_retention;

/** Nanoseconds of a block's life, the quickest batch of several; 0: not measured. */
typedef struct hm_stress_pace {
    bool done;
    double ns[HM_STRESS_PACE_CALLS][HM_STRESS_PACE_SIZES];
} hm_stress_pace;

/** Runs rounds and sweep. */
void hm_stress_retention_run(const struct hm_stress_calls *calls, uint64_t seed,
                             hm_stress_retention *retention);

/** Times the calls on one thread. */
void hm_stress_pace_run(const struct hm_stress_calls *calls, hm_stress_pace *pace);

/** "calloc and free" of a row of the pace. */
const char *hm_stress_pace_call(size_t row);

/** The size of a column of the pace. */
size_t hm_stress_pace_bytes(size_t column);

#endif
