/**
 * This module is snapshots as text, in the words of tracemalloc, and as JSON.
 */
#ifndef HM_TRACE_PRINT_H
#define HM_TRACE_PRINT_H

#include "trace/snapshot.h"

/**
 * Writes a statistic as tracemalloc does ("file:line: size=8173 KiB (+4428 KiB), count=71332
 * (+39369), average=117 B"), the differences where `compared`; returns `text`.
 */
const char *hm_trace_statistic_format(const hm_trace_statistic *statistic, bool compared,
                                      char *text, size_t size);

/**
 * Prints the `limit` largest sums, the source line under each where its file can be read, the rest
 * in one line, and the total.
 */
hm_status hm_trace_print_top(FILE *stream, const hm_trace_snapshot *snapshot, hm_trace_key key,
                             size_t limit, hm_error *error);

/** Prints the first `limit` statistics, one a line. */
void hm_trace_print_statistics(FILE *stream, const hm_trace_statistics *statistics, size_t limit);

/** Prints a traceback as Python does, oldest frame first (Traceback.format). */
void hm_trace_print_traceback(FILE *stream, const hm_traceback *traceback);

/**
 * Writes the snapshot as JSON: format, traceback_limit, tracebacks (each a list of frames, oldest
 * first) and groups (docs/tracing.md).
 */
hm_status hm_trace_write_json(FILE *stream, const hm_trace_snapshot *snapshot, hm_error *error);

#endif
