/**
 * This module is what `lru-cache` counted, so that its hit rate can be compared with what the
 * theory and a model of it say.
 */
#ifndef HM_WORKLOADS_LRU_CACHE_H
#define HM_WORKLOADS_LRU_CACHE_H

#include "workloads/workload.h"

typedef struct hm_lru_counts {
    uint64_t hits, misses, evictions;
} hm_lru_counts;

/** The counts of the steady phase so far, of one thread. */
hm_lru_counts hm_lru_cache_counts(void *state, unsigned thread);

#endif
