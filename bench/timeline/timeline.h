/**
 * This module is one part of a timeline in a process of its own: the workload's phases, each once,
 * watched without tracing (the *curves*) or with it (the *sites*).
 *
 * Words: a *point* is a moment at which the heap is walked: the start, the end of each phase, and
 * between the *stretches* into which the steady phase is cut. A *tick* is a reading of a few counts
 * by a timer while the work runs. A collector that can collect adds a last phase, "collect": one
 * full collection, so that what was still pending shows.
 *
 * Both parts do the same work in the same order, so their checksums must agree. Tracing costs time
 * and memory, so times, RSS and counts come from the curves alone.
 */
#ifndef HM_BENCH_TIMELINE_TIMELINE_H
#define HM_BENCH_TIMELINE_TIMELINE_H

#include "bench/cell.h"

#include <jansson.h>

typedef enum hm_timeline_part { HM_TIMELINE_CURVES, HM_TIMELINE_SITES } hm_timeline_part;

enum { HM_TIMELINE_MOST_POINTS = 1000, HM_TIMELINE_MOST_INTERVAL_MS = 1000 };

/** What to watch and how. */
typedef struct hm_timeline_request {
    hm_bench_cell cell;
    hm_timeline_part part;
    uint64_t iterations; /**< of the steady phase, in all */
    unsigned points;     /**< inside the steady phase; at most `iterations` - 1 are taken */
    unsigned interval_ms;
    unsigned frames; /**< of a traceback, 1 or more */
    bool native;     /**< tracebacks of the C stack as well */
    bool freelists;
    uint64_t seed;
} hm_timeline_request;

/** "curves" or "sites". */
const char *hm_timeline_part_name(hm_timeline_part part);

/**
 * Runs the part and writes what it saw to `record_fd`, one line of JSON: `part`, `valid`, `reason`,
 * `checksum`, `version`, `origin`, and for a valid one what the part is for (record.c, sites.c).
 * HM_OK where it is valid; else the record says why.
 */
hm_status hm_timeline_run(const hm_timeline_request *request, int record_fd, hm_error *error);

#endif
