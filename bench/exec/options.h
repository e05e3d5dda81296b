/**
 * This module is the options of `heapmark exec`, checked as far as they can be without looking at
 * the machine. Everything after `--` is the user's command and is not looked at.
 */
#ifndef HM_BENCH_EXEC_OPTIONS_H
#define HM_BENCH_EXEC_OPTIONS_H

#include "bench/options.h"

/** What PYTHONMALLOC is set to. */
typedef enum hm_exec_python {
    HM_EXEC_PYTHON_AS_IS, /**< what the environment says */
    HM_EXEC_PYTHON_MALLOC,
    HM_EXEC_PYTHON_PYMALLOC,
    HM_EXEC_PYTHON_BOTH
} hm_exec_python;

typedef struct hm_exec_options {
    hm_command command;
    hm_strings backends; /**< specs asked for; empty: the default ones */
    unsigned repetitions;
    unsigned warmup; /**< runs of each variant before the first that counts */
    double timeout_seconds;
    int64_t memory_limit_bytes;
    uint64_t seed;
    hm_exec_python python_malloc;
    bool every_process; /**< the proof is asked of every process of the tree */
    bool ignore_output;
    int expected_status;
    char *input; /**< the file that standard input comes from; NULL: /dev/null */
    char *out;
    bool as_json;
    hm_when progress;
    char **program; /**< the user's command, NULL-terminated; borrowed from argv */
} hm_exec_options;

/**
 * Parses the command line. HM_USAGE_ERROR with options->command.error. The caller clears `options`
 * in any case.
 */
hm_status hm_exec_options_parse(hm_exec_options *options, int argc, char **argv);

/** Frees what the options own. */
void hm_exec_options_clear(hm_exec_options *options);

/** The choice as --python-malloc takes it; "environment" where nothing was asked for. */
const char *hm_exec_python_name(hm_exec_python choice);

#endif
