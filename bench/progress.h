/**
 * This module is what a run says while it works, on stderr: a line that ticks on a terminal, a line
 * now and then elsewhere. Nothing here is a result.
 */
#ifndef HM_BENCH_PROGRESS_H
#define HM_BENCH_PROGRESS_H

#include "bench/options.h"

typedef struct hm_progress {
    bool shown;
    bool terminal; /**< one line, drawn over */
    bool every_sample;
    bool colored;
    uint64_t started_ns;
    uint64_t measuring_since_ns; /**< when the first sample of the plan began */
    uint64_t drawn_ns;
    size_t done_before; /**< finished before this session */
    size_t done;
    size_t total;
    char current[256];
    bool drawn; /**< a line is standing that must be wiped */
} hm_progress;

/** Whether `when` means yes for the file `descriptor`: a terminal, and for colour no NO_COLOR. */
bool hm_when_holds(hm_when when, int descriptor, bool color);

/** Starts the clock; says nothing yet. */
void hm_progress_start(hm_progress *progress, const hm_run_options *options, size_t total,
                       size_t done);

/** What is going on now: a probe, a calibration, a cell. */
void hm_progress_doing(hm_progress *progress, const char *current);

/** Time has passed: may draw the line anew. `context` is the progress. */
void hm_progress_tick(void *context);

/** A sample of the plan has finished; `reason` (NULL: valid) is printed as a line of its own. */
void hm_progress_finished(hm_progress *progress, const char *id, const char *reason);

/** Prints a line that stays. */
void hm_progress_say(hm_progress *progress, const char *format, ...) HM_PRINTF(2, 3);

/** Wipes the standing line. */
void hm_progress_end(hm_progress *progress);

#endif
