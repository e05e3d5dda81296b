#include "bench/stress/account.h"

#include <inttypes.h>

typedef struct told_sizes {
    uint64_t blocks[HM_STRESS_SIZES];
    bool beyond; /* more blocks than there is room for */
} told_sizes;

void hm_stress_account_merge(hm_stress_account *account, const hm_stress_account *other)
{
    account->bytes += other->bytes;
    for (size_t row = 0; row < HM_STRESS_SIZES; row++)
        account->blocks[row] += other->blocks[row];
}

static void add_told(void *context, const hm_allocator_class *told)
{
    told_sizes *sizes = context;
    sizes->blocks[hm_stress_account_row(told->usable_bytes)] += told->blocks;
    sizes->beyond |= told->blocks > told->slots;
}

static bool agrees(uint64_t told, int64_t modelled, bool exact)
{
    return modelled >= 0 && (exact ? told == (uint64_t)modelled : told >= (uint64_t)modelled);
}

static void compare_sizes(const hm_stress_account *account, const hm_stress_calls *calls,
                          bool exact, hm_stress_record *record, unsigned thread)
{
    told_sizes told = {0};
    if (!calls->size_classes(add_told, &told))
        hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                "the size classes cannot be read");
    if (told.beyond)
        hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                "a size class has more blocks than room");
    for (size_t row = 0; row < HM_STRESS_SIZES; row++) {
        if (!agrees(told.blocks[row], account->blocks[row], exact))
            hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                    "the account tells %" PRIu64
                                    " blocks of %zu bytes, not %" PRId64,
                                    told.blocks[row], row * 8, account->blocks[row]);
    }
}

void hm_stress_account_compare(const hm_stress_account *account, const hm_stress_calls *calls,
                               bool exact, hm_stress_record *record, unsigned thread)
{
    hm_allocator_stats stats;
    exact = exact && calls->exact_account;
    hm_stress_enter(record, thread, HM_STRESS_IN_STATS);
    const char *defect = calls->check != NULL ? calls->check() : NULL;
    if (defect != NULL)
        hm_stress_record_defect(record, thread, HM_STRESS_OWN_CHECK,
                                "the allocator's own check: %s", defect);
    if (calls->stats == NULL)
        return;
    if (!calls->stats(&stats))
        hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                "the account cannot be read");
    if (!agrees(stats.allocated_bytes, account->bytes, exact))
        hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                "the account tells %" PRIu64 " bytes allocated, not %" PRId64,
                                stats.allocated_bytes, account->bytes);
    if (calls->exact_account &&
        (stats.active_bytes < stats.allocated_bytes || stats.resident_bytes < stats.active_bytes))
        hm_stress_record_defect(record, thread, HM_STRESS_WRONG_ACCOUNT,
                                "of allocated, active and resident %" PRIu64 ", %" PRIu64
                                ", %" PRIu64 " bytes one is less than the one before",
                                stats.allocated_bytes, stats.active_bytes, stats.resident_bytes);
    if (calls->size_classes != NULL)
        compare_sizes(account, calls, exact, record, thread);
    hm_stress_checked(record, thread, 1);
    atomic_fetch_add_explicit(&record->accounts, 1, memory_order_relaxed);
}
