/**
 * This module is --size-data: another file of what programs ask for, in the form of the project's
 * own (docs/allocation-profiles.md), whose programs become values of the raw workloads' `sizes`.
 *
 * Words: the *digest* is 64 bits of FNV-1a over the file's bytes, as "fnv1a:" and 16 hexadecimal
 * digits; it tells that a file is still the one that a run was made with.
 *
 * Invariant: a process takes one file, and before any workload's parameters are read.
 */
#ifndef HM_BENCH_SIZE_DATA_H
#define HM_BENCH_SIZE_DATA_H

#include "workloads/workload.h"

#include <limits.h>

enum { HM_SIZE_DIGEST_BYTES = 32 };

/** The file that was taken. */
typedef struct hm_size_data {
    char path[PATH_MAX]; /**< absolute; "": none */
    char digest[HM_SIZE_DIGEST_BYTES];
} hm_size_data;

/**
 * Reads the file, checks all of it and adds its programs. `digest`: what it must have; NULL: any.
 * HM_USAGE_ERROR: it cannot be read, is not of the form, has another digest, or one was taken
 * before; the message is one line, from "--size-data" on. Then the process must end: some of the
 * file's programs may have been added.
 */
hm_status hm_size_data_take(const char *path, const char *digest, hm_error *error);

/** What was taken; its path is "" where nothing was. */
const hm_size_data *hm_size_data_taken(void);

/** Whether a work with these parameters draws from a program of the file. */
bool hm_size_data_is_drawn_from(const hm_workload *workload, const int64_t *values);

#endif
