/**
 * This module is the options of `heapmark stress`.
 */
#ifndef HM_BENCH_STRESS_OPTIONS_H
#define HM_BENCH_STRESS_OPTIONS_H

#include "bench/command.h"
#include "bench/strings.h"

#include <stdint.h>

typedef struct hm_stress_options {
    hm_command command;
    hm_strings backends;   /**< as written; empty: all that are usable */
    hm_strings collectors; /**< as written; empty: all there are */
    bool calls, objects;   /**< what is tried: calls of the allocator, programs of the runtime */
    unsigned threads;      /**< 0: one and several in turn */
    double seconds;        /**< of random programs for each result, where operations is 0 */
    uint64_t operations;   /**< for each result */
    uint64_t seed;
    unsigned patience_s, shrink_s;
    int64_t memory_limit_bytes;
    bool as_json;
} hm_stress_options;

/** Fills `options` from the command line. HM_USAGE_ERROR with command.error. Clear in any case. */
hm_status hm_stress_options_parse(hm_stress_options *options, int argc, char **argv);

/** Frees what the options own. */
void hm_stress_options_clear(hm_stress_options *options);

#endif
