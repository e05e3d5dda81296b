/* What the measures say: thresholds are here and in docs/stress.md. */
#include "base/quantity.h"
#include "bench/stress/campaign.h"

#include <string.h>

enum {
    LEAST_PEAK_BYTES = 16 << 20,
    MOST_KEPT_PERCENT = 50,
    SETTLED_ROUND = 3, /* from here on a sound allocator needs no more than before */
    LEAST_GROWTH_BYTES = HM_STRESS_ROUND_BYTES / 50,
    MOST_LOST_PERCENT = 50,
    SLOW_TIMES = 20,
    SLOW_LEAST_NS = 2000
};

static void judge_kept(hm_stress_result *result, const hm_stress_retention *told)
{
    char kept_text[64], peak_text[64];
    int64_t kept = told->after_bytes[HM_STRESS_ROUNDS - 1] - told->start_bytes;
    int64_t peak = told->peak_bytes - told->start_bytes;
    if (peak < LEAST_PEAK_BYTES || kept * 100 <= peak * MOST_KEPT_PERCENT)
        return;
    hm_stress_result_find(
        result, "retention",
        hm_format("%s of a peak of %s stay resident after everything is freed%s: %lld %%, "
                  "more than %d %%",
                  hm_format_bytes((double)kept, kept_text, sizeof kept_text),
                  hm_format_bytes((double)peak, peak_text, sizeof peak_text),
                  told->purged ? " and purged" : " (it has no call to purge)",
                  (long long)(kept * 100 / peak), MOST_KEPT_PERCENT));
}

static void judge_growth(hm_stress_result *result, const hm_stress_retention *told)
{
    char text[64];
    int64_t least = INT64_MAX;
    for (unsigned round = SETTLED_ROUND + 1; round < HM_STRESS_ROUNDS; round++) {
        int64_t grown = told->after_bytes[round] - told->after_bytes[round - 1];
        least = grown < least ? grown : least;
    }
    if (least < LEAST_GROWTH_BYTES)
        return;
    hm_stress_result_find(
        result, "blocks lost",
        hm_format(
            "memory grows by at least %s in each of the last %d rounds, which ask for the same "
            "and free it all",
            hm_format_bytes((double)least, text, sizeof text),
            HM_STRESS_ROUNDS - SETTLED_ROUND - 1));
}

static void judge_sweep(hm_stress_result *result, const hm_stress_retention *told)
{
    char grown[64], asked[64];
    if (told->lost_bytes * 100 <= told->lost_of_bytes * MOST_LOST_PERCENT ||
        told->lost_of_bytes == 0)
        return;
    hm_stress_result_find(
        result, "blocks lost",
        hm_format("memory grows by %s when %s of blocks of %u bytes are asked for and freed one "
                  "after the other",
                  hm_format_bytes((double)told->lost_bytes, grown, sizeof grown),
                  hm_format_bytes((double)told->lost_of_bytes, asked, sizeof asked),
                  told->lost_at_bytes));
}

void hm_stress_judge_retention(hm_stress_result *result, const hm_stress_retention *retention)
{
    if (!retention->done)
        return;
    judge_kept(result, retention);
    judge_growth(result, retention);
    judge_sweep(result, retention);
}

void hm_stress_judge_pace(hm_stress_result *result, const hm_stress_pace *pace,
                          const hm_stress_pace *usual)
{
    char own[64], other[64];
    for (size_t row = 0; row < HM_STRESS_PACE_CALLS && pace->done && usual->done; row++) {
        double worst = 0;
        size_t at = 0;
        for (size_t column = 0; column < HM_STRESS_PACE_SIZES; column++) {
            double times =
                usual->ns[row][column] > 0 ? pace->ns[row][column] / usual->ns[row][column] : 0;
            bool slow = times > SLOW_TIMES &&
                        pace->ns[row][column] - usual->ns[row][column] > SLOW_LEAST_NS;
            at = slow && times > worst ? column : at;
            worst = slow && times > worst ? times : worst;
        }
        if (worst > 0)
            hm_stress_result_find(
                result, "slowness",
                hm_format("%s at %zu bytes takes %s, system's %s: %.0f times as long, more than %d",
                          hm_stress_pace_call(row), hm_stress_pace_bytes(at),
                          hm_format_nanoseconds(pace->ns[row][at], own, sizeof own),
                          hm_format_nanoseconds(usual->ns[row][at], other, sizeof other), worst,
                          SLOW_TIMES));
    }
}
