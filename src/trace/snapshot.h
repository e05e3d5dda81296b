/**
 * This module is snapshots: all traces of a heap at one moment, to count by line, file, traceback
 * or type, to filter, and to compare with another moment (tracemalloc.Snapshot).
 *
 * Words: a *group* is the traces of one traceback, type and domain, summed: statistics and filters
 * never ask for less; calls that share a line may have a group each. The *domain* of a trace is
 * HM_TRACE_OBJECTS for an object's own block and HM_TRACE_BUFFERS for a block an object owns. The
 * *type* of an object is its type's name ("list", or its class's); that of a buffer is the owner's
 * with " buffer" after it ("list buffer": a list's items), and "buffer" where no traced object owns
 * it (the heap's own books; an owner from before the start).
 *
 * A filtered snapshot and statistics borrow from the snapshots they were made from: destroy those
 * last. Snapshots need neither tracer nor heap any more.
 */
#ifndef HM_TRACE_SNAPSHOT_H
#define HM_TRACE_SNAPSHOT_H

#include "trace/trace.h"

typedef enum hm_trace_domain {
    HM_TRACE_ANY_DOMAIN, /**< in filters */
    HM_TRACE_OBJECTS,
    HM_TRACE_BUFFERS
} hm_trace_domain;

typedef struct hm_trace_group {
    const hm_traceback *traceback;
    const char *type;
    hm_trace_domain domain;
    uint64_t size_bytes;
    uint64_t count; /**< traces */
} hm_trace_group;

typedef struct hm_trace_snapshot {
    const hm_trace_group *groups; /**< in no order */
    size_t group_count;
    unsigned traceback_limit; /**< of the tracer */
    struct hm_trace_storage *storage;
} hm_trace_snapshot;

/**
 * All traces (tracemalloc.take_snapshot). NULL, with the heap's error: RuntimeError while tracing
 * is off; HM_NO_MEMORY.
 */
hm_trace_snapshot *hm_trace_take_snapshot(hm_heap *heap);

/** NULL does nothing. */
void hm_trace_snapshot_destroy(hm_trace_snapshot *snapshot);

/**
 * Which traces to keep (tracemalloc.Filter, DomainFilter). A field that is NULL or 0 asks for
 * nothing; patterns are those of fnmatch(3) without escapes, in which `*` matches '/' too.
 */
typedef struct hm_trace_filter {
    bool inclusive;   /**< true: keep what matches all fields; false: drop it */
    const char *file; /**< pattern of a frame's file */
    unsigned line;    /**< of that frame */
    bool all_frames;  /**< look at every frame, not at the most recent alone */
    const char *type; /**< pattern of the type */
    hm_trace_domain domain;
} hm_trace_filter;

/**
 * What at least one inclusive filter keeps (or all, where there is none) and no exclusive filter
 * drops (Snapshot.filter_traces). NULL: out of memory (error).
 */
hm_trace_snapshot *hm_trace_filter_traces(const hm_trace_snapshot *snapshot,
                                          const hm_trace_filter *filters, size_t count,
                                          hm_error *error);

/** What to sum by. */
typedef enum hm_trace_key {
    HM_TRACE_BY_FILE, /**< of the most recent frame ("filename") */
    HM_TRACE_BY_LINE, /**< of the most recent frame ("lineno") */
    HM_TRACE_BY_TRACEBACK,
    HM_TRACE_BY_TYPE
} hm_trace_key;

/** A sum, or the difference of two. */
typedef struct hm_trace_statistic {
    hm_traceback traceback; /**< one frame by file (line 0) and by line; none by type */
    const char *type;       /**< by type; NULL otherwise */
    uint64_t size_bytes;
    uint64_t count;
    int64_t size_difference; /**< 0 unless compared */
    int64_t count_difference;
} hm_trace_statistic;

typedef struct hm_trace_statistics {
    const hm_trace_statistic *items;
    size_t length;
    bool compared;
    struct hm_trace_storage *storage;
} hm_trace_statistics;

/**
 * Sums by `key`, largest first: by size, then count, then key, all descending
 * (Snapshot.statistics). `cumulative` counts a trace at each frame of its traceback, by file and by
 * line alone: else ValueError. NULL: error.
 */
hm_trace_statistics *hm_trace_get_statistics(const hm_trace_snapshot *snapshot, hm_trace_key key,
                                             bool cumulative, hm_error *error);

/**
 * What changed from `old` to `snapshot`, most changed first: by the size of the difference in size,
 * then size, then the difference in count, then count, then key, all descending
 * (Snapshot.compare_to). Errors as hm_trace_get_statistics.
 */
hm_trace_statistics *hm_trace_compare_to(const hm_trace_snapshot *snapshot,
                                         const hm_trace_snapshot *old, hm_trace_key key,
                                         bool cumulative, hm_error *error);

/** NULL does nothing. */
void hm_trace_statistics_destroy(hm_trace_statistics *statistics);

#endif
