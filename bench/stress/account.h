/**
 * This module is the model's own account of the live blocks, so that the allocator's account has
 * something to be held against.
 *
 * Invariant: with several threads a block that changed hands counts in one's account and is taken
 * off another's; only the sum over all threads means something.
 */
#ifndef HM_BENCH_STRESS_ACCOUNT_H
#define HM_BENCH_STRESS_ACCOUNT_H

#include "bench/stress/calls.h"
#include "bench/stress/record.h"

typedef struct hm_stress_account {
    int64_t bytes;                   /**< usable */
    int64_t blocks[HM_STRESS_SIZES]; /**< by usable size */
} hm_stress_account;

static inline size_t hm_stress_account_row(size_t usable)
{
    return usable <= 32768 ? usable / 8 : HM_STRESS_SIZES - 1;
}

static inline void hm_stress_account_add(hm_stress_account *account, size_t usable, int64_t blocks)
{
    account->bytes += (int64_t)usable * blocks;
    account->blocks[hm_stress_account_row(usable)] += blocks;
}

/** Adds all of `other`. */
void hm_stress_account_merge(hm_stress_account *account, const hm_stress_account *other);

/**
 * Holds the allocator's account against this one and tells a defect where it tells less. Where
 * `exact`, and the allocator claims that its account is, a defect is also where it tells more:
 * blocks that wait with dead threads, or in a cache, may count as allocated. An allocator that does
 * not tell is believed.
 */
void hm_stress_account_compare(const hm_stress_account *account, const hm_stress_calls *calls,
                               bool exact, hm_stress_record *record, unsigned thread);

#endif
