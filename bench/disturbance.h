/**
 * This module is what the driver does about disturbances: a neighbour on the same core makes every
 * instruction slower and shows in no counter, but the speed probe between a sample's batches feels
 * it (bench/measure/speed.h); what else ran on the machine the kernel tells (bench/quiet.h). A time
 * or latency sample that either disturbed too much is measured again, a bounded number of times.
 *
 * Words: a batch is *disturbed* where the probe before or after it was slow, measured by the
 * quickest that this run has seen; the sample marks it. Their share is the metric disturbed_share.
 * How *bad* an attempt is is one number: the larger of that share over its bound and of the
 * loudness of what ran beside it; above 1 it is tried again, and the least bad attempt is kept.
 *
 * Invariant: whether a sample is measured again depends on the probes and on the kernel's figures
 * of others alone, never on its times.
 */
#ifndef HM_BENCH_DISTURBANCE_H
#define HM_BENCH_DISTURBANCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A sample with a larger share of disturbed batches than this is measured again. */
#define HM_DISTURBED_ENOUGH 0.7

enum {
    HM_MAX_ATTEMPTS = 4,     /**< of one sample */
    HM_EXTRA_ATTEMPTS_OF = 4 /**< in all: one for this many samples of the plan */
};

typedef struct hm_disturbance {
    uint64_t quiet_probe_ns;    /**< the quickest of this run so far */
    size_t extra_attempts_left; /**< of all samples together */
} hm_disturbance;

/** Starts with some probes of this process, and the budget for `planned` samples. */
void hm_disturbance_start(hm_disturbance *disturbance, size_t planned);

/** Adds the budget for `planned` more samples. */
void hm_disturbance_extend(hm_disturbance *disturbance, size_t planned);

/**
 * Keeps the quickest of a record's probes. How bad the record is by its disturbed_share: that share
 * over its bound, 0 where it has none.
 */
double hm_disturbance_badness(hm_disturbance *disturbance, const json_t *record);

/**
 * Whether another attempt may do better than one this disturbed and this loud, now that the machine
 * is loud or not.
 */
bool hm_disturbance_is_worth_another(double disturbed, double loudness, bool loud_now);

/** Whether a sample that was tried `attempts` times may be tried again. */
bool hm_disturbance_may_try_again(const hm_disturbance *disturbance, unsigned attempts);

/** Takes one attempt from the budget. */
void hm_disturbance_take_attempt(hm_disturbance *disturbance);

#endif
