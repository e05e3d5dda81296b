/**
 * This module is what the driver does about disturbances from outside the machine: a neighbour on
 * the same core makes every instruction slower and shows in no counter, but the speed probe between
 * a sample's batches feels it (bench/measure/speed.h). A time sample with too few undisturbed
 * batches is measured again, a bounded number of times.
 *
 * Words: a batch is *disturbed* where the probe before or after it was slow, measured by the
 * quickest that this run has seen; the sample marks it. Their share is the metric disturbed_share.
 *
 * Invariant: whether a sample is measured again depends on the probes alone, never on its times.
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

/** Keeps the quickest of a record's probes; its disturbed_share, 0 where it has none. */
double hm_disturbance_judge(hm_disturbance *disturbance, const json_t *record);

/** Whether a sample of this share, tried `attempts` times, is tried again; takes from the budget.
 */
bool hm_disturbance_try_again(hm_disturbance *disturbance, double share, unsigned attempts);

#endif
