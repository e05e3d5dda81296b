/**
 * This module is the options of `heapmark run`: what the user asked for, checked as far as it can
 * be without looking at the machine, and the same as JSON, so that --resume finds what a run was
 * made with.
 *
 * Words: a *defining* option decides what is measured; on --resume it must be what it was. The
 * others (progress, colour) may change.
 */
#ifndef HM_BENCH_OPTIONS_H
#define HM_BENCH_OPTIONS_H

#include "bench/command.h"
#include "bench/profile.h"
#include "bench/sample.h"
#include "bench/strings.h"

#include <jansson.h>
#include <stdint.h>

enum { HM_MAX_THREAD_COUNTS = 8 };

typedef enum hm_when { HM_AUTO, HM_ALWAYS, HM_NEVER } hm_when;

typedef struct hm_run_options {
    hm_command command;
    const hm_profile *profile;
    char *filter;          /**< Perl-compatible regular expression on cell names; NULL: all */
    hm_strings backends;   /**< specs asked for by name; empty: the profile's */
    hm_strings collectors; /**< the same */
    hm_strings parameters; /**< "workload.name=v1,v2" */
    hm_strings references; /**< pythons, as given */
    char *size_data;       /**< a file of programs' sizes, as given or absolute; NULL: none */
    char *size_digest;     /**< what it must have; NULL: any */
    char *baseline;        /**< label of the back end ratios refer to; NULL: the default */
    unsigned threads[HM_MAX_THREAD_COUNTS];
    size_t thread_count;
    unsigned repetitions;
    unsigned memory_repetitions;
    unsigned latency_repetitions;
    double precision_percent; /**< how well a median is to be known; 0: fixed rounds alone */
    unsigned most_rounds;     /**< adaptive rounds at most */
    double batch_seconds;
    double duration_seconds; /**< what a memory sample is to last; 0: as long as its batches take */
    double timeout_seconds;
    hm_settle settle;     /**< how long memory samples look on after the release */
    unsigned shard_index; /**< from 1 */
    unsigned shard_count; /**< 0: the run is no shard */
    int64_t memory_limit_bytes;
    bool freelists;
    uint64_t seed;
    char *out; /**< the run's folder; NULL: a new one under results/ */
    bool resume;
    bool dry_run;
    hm_when progress;
    hm_when color;
    json_t *given; /**< names of the defining options on the command line -> true */
} hm_run_options;

/**
 * Parses the command line of `heapmark run`. HM_USAGE_ERROR with options->command.error. What was
 * not given has its default, from the profile where that says one. The caller clears `options` in
 * any case.
 */
hm_status hm_run_options_parse(hm_run_options *options, int argc, char **argv);

/* options_values.c: each takes one option's value; EINVAL with the message set. */

error_t hm_take_profile(hm_run_options *options, const char *value);
error_t hm_take_filter(hm_run_options *options, const char *value);
error_t hm_take_names(hm_run_options *options, const char *option, hm_strings *into,
                      const char *value, const char *marks_of_a_spec);
error_t hm_take_threads(hm_run_options *options, const char *value);
error_t hm_take_count(hm_run_options *options, const char *option, const char *value,
                      unsigned minimum, unsigned *into);
error_t hm_take_seconds(hm_run_options *options, const char *option, const char *value,
                        double *into);
error_t hm_take_precision(hm_run_options *options, const char *value);
error_t hm_take_shard(hm_run_options *options, const char *value);
error_t hm_take_memory_limit(hm_run_options *options, const char *value);
error_t hm_take_seed(hm_run_options *options, const char *value);
error_t hm_take_when(hm_run_options *options, const char *option, const char *value, hm_when *into);
error_t hm_take_freelists(hm_run_options *options, const char *value);
error_t hm_take_settle(hm_run_options *options, const char *value);
error_t hm_take_size_data(hm_run_options *options, const char *value);
error_t hm_take_out(hm_run_options *options, const char *value);

/** Frees what the options own. */
void hm_run_options_clear(hm_run_options *options);

/** The defining options as a new JSON object, one member each. */
json_t *hm_run_options_to_json(const hm_run_options *options);

/**
 * Takes the defining options of a stopped run. HM_USAGE_ERROR: the command line gives one another
 * value than the run was made with, or `stored` is not what heapmark wrote.
 */
hm_status hm_run_options_resume(hm_run_options *options, const json_t *stored, hm_error *error);

#endif
