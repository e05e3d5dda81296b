/**
 * This module is the tests' reader of results, so that a test can look at them after a run: copies
 * of all that a result function was handed, up to a fixed number.
 */
#ifndef HM_TESTS_GBENCH_RESULTS_H
#define HM_TESTS_GBENCH_RESULTS_H

#include "bench/gbench.h"
#include "cmocka_all.h"

#define RESULTS_MAX          128
#define RESULTS_MAX_COUNTERS 24

/** A result whose texts are its own. */
typedef struct kept_result {
    hm_gbench_result fields;
    hm_gbench_memory memory;
    char name[160];
    char function_name[80];
    char arguments[80];
    char label[80];
    char error_message[160];
    char aggregate_name[40];
    char counter_names[RESULTS_MAX_COUNTERS][40];
    hm_gbench_counter counters[RESULTS_MAX_COUNTERS];
} kept_result;

typedef struct kept_results {
    size_t benchmarks; /**< What hm_gbench_run counted. */
    size_t count;
    kept_result all[RESULTS_MAX];
} kept_results;

/** Runs what matches `filter` and returns its results, valid until the next call. */
const kept_results *run_and_keep(const char *filter);

/** The only result of that name; fails the test where there is none. */
const kept_result *result_named(const kept_results *results, const char *name);

/** The counter `name`; fails the test where there is none. */
const hm_gbench_counter *counter_of(const kept_result *result, const char *name);

/** Fails the test unless `actual` is `expected` to about twelve digits. */
void assert_close(double actual, double expected);

/** Runs the loop empty. */
void run_empty(hm_gbench_state *state, void *user_data);

/** cmocka's setup: no benchmarks are left from the test before. */
int clear_benchmarks(void **unused);

#endif
