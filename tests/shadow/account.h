/**
 * This module is the model's own account of the live blocks, so that the allocator's account has
 * something to be held against.
 *
 * Invariant: with several threads a block that changed hands counts in one's account and is taken
 * off another's; only the sum over all threads means something.
 */
#ifndef HM_TESTS_SHADOW_ACCOUNT_H
#define HM_TESTS_SHADOW_ACCOUNT_H

#include "calls.h"
#include "record.h"

typedef struct shadow_account {
    int64_t bytes;                /**< usable */
    int64_t blocks[SHADOW_SIZES]; /**< by usable size */
} shadow_account;

static inline size_t shadow_account_row(size_t usable)
{
    return usable <= 32768 ? usable / 8 : SHADOW_SIZES - 1;
}

static inline void shadow_account_add(shadow_account *account, size_t usable, int64_t blocks)
{
    account->bytes += (int64_t)usable * blocks;
    account->blocks[shadow_account_row(usable)] += blocks;
}

/** Adds all of `other`. */
void shadow_account_merge(shadow_account *account, const shadow_account *other);

/**
 * Holds the allocator's account against this one and tells a defect where they differ. Where not
 * `exact`, blocks may count as allocated that wait with dead threads. An allocator that does not
 * tell is believed.
 */
void shadow_account_compare(const shadow_account *account, const shadow_calls *calls, bool exact,
                            shadow_record *record, unsigned thread);

#endif
