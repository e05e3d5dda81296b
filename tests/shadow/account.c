#include "account.h"

#include <inttypes.h>

typedef struct told_sizes {
    uint64_t blocks[SHADOW_SIZES];
    bool beyond; /* more blocks than there is room for */
} told_sizes;

void shadow_account_merge(shadow_account *account, const shadow_account *other)
{
    account->bytes += other->bytes;
    for (size_t row = 0; row < SHADOW_SIZES; row++)
        account->blocks[row] += other->blocks[row];
}

static void add_told(void *context, const hm_allocator_class *told)
{
    told_sizes *sizes = context;
    sizes->blocks[shadow_account_row(told->usable_bytes)] += told->blocks;
    sizes->beyond |= told->blocks > told->slots;
}

static bool agrees(uint64_t told, int64_t modelled, bool exact)
{
    return modelled >= 0 && (exact ? told == (uint64_t)modelled : told >= (uint64_t)modelled);
}

static void compare_sizes(const shadow_account *account, const shadow_calls *calls, bool exact,
                          shadow_record *record, unsigned thread)
{
    told_sizes told = {0};
    if (!calls->size_classes(add_told, &told))
        shadow_record_defect(record, thread, "the size classes cannot be read");
    if (told.beyond)
        shadow_record_defect(record, thread, "a size class has more blocks than room");
    for (size_t row = 0; row < SHADOW_SIZES; row++) {
        if (!agrees(told.blocks[row], account->blocks[row], exact))
            shadow_record_defect(record, thread,
                                 "the account tells %" PRIu64 " blocks of %zu bytes, not %" PRId64,
                                 told.blocks[row], row * 8, account->blocks[row]);
    }
}

void shadow_account_compare(const shadow_account *account, const shadow_calls *calls, bool exact,
                            shadow_record *record, unsigned thread)
{
    hm_allocator_stats stats;
    const char *defect = calls->check != NULL ? calls->check() : NULL;
    if (defect != NULL)
        shadow_record_defect(record, thread, "the allocator's own check: %s", defect);
    if (calls->stats == NULL)
        return;
    if (!calls->stats(&stats))
        shadow_record_defect(record, thread, "the account cannot be read");
    if (!agrees(stats.allocated_bytes, account->bytes, exact))
        shadow_record_defect(record, thread,
                             "the account tells %" PRIu64 " bytes allocated, not %" PRId64,
                             stats.allocated_bytes, account->bytes);
    if (stats.active_bytes < stats.allocated_bytes || stats.resident_bytes < stats.active_bytes)
        shadow_record_defect(record, thread,
                             "of allocated, active and resident %" PRIu64 ", %" PRIu64 ", %" PRIu64
                             " bytes one is less than the one before",
                             stats.allocated_bytes, stats.active_bytes, stats.resident_bytes);
    if (calls->size_classes != NULL)
        compare_sizes(account, calls, exact, record, thread);
    atomic_fetch_add_explicit(&record->accounts, 1, memory_order_relaxed);
}
