/**
 * This module is the `--filter` of a run, so that an expression from the command line or from a
 * folder that another wrote is compiled and matched in one place, and can hold up nothing.
 *
 * Words: a match is *given up* where it takes more than HM_FILTER_MOST_STEPS tries: an expression
 * can be made that takes years (`(a+)+b`).
 * Invariant: time and memory of compiling and matching are bounded, whatever the text.
 */
#ifndef HM_BENCH_FILTER_H
#define HM_BENCH_FILTER_H

#include "base/status.h"

/** The longest text of a filter, in bytes, and the most tries of a match. */
enum { HM_FILTER_MOST_BYTES = 1000, HM_FILTER_MOST_STEPS = 100 * 1000 };

typedef struct hm_filter hm_filter;

/**
 * Compiles `text`, a Perl-compatible regular expression (PCRE2). New; the caller frees it. NULL and
 * `error` (HM_USAGE_ERROR, one line): it is too long, or no expression.
 */
hm_filter *hm_filter_compile(const char *text, hm_error *error);

/** Whether a part of `name` matches; true for `filter` NULL, false once a match was given up. */
bool hm_filter_matches(hm_filter *filter, const char *name);

/** HM_USAGE_ERROR with one line where a match was given up, so that answers since then are worth
 * nothing. HM_OK for `filter` NULL. */
hm_status hm_filter_check(const hm_filter *filter, hm_error *error);

/** NULL is allowed. */
void hm_filter_free(hm_filter *filter);

#endif
