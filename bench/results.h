/**
 * This module is what is made from a finished run: benchmarks.json, the short table at the end, and
 * the way to the report, which the Python package in plot/ writes.
 */
#ifndef HM_BENCH_RESULTS_H
#define HM_BENCH_RESULTS_H

#include "bench/options.h"

#include <stdio.h>

/** Writes FOLDER/benchmarks.json from its journal. `environment` is the run's. */
hm_status hm_benchmarks_write(const char *folder, const json_t *environment, hm_error *error);

/**
 * Prints the run's summary to stdout: the plot package's where a Python has what it needs, a table
 * of medians otherwise, with one line on stderr that says so. Returns the exit code.
 */
int hm_summary_print(const char *folder, const char *baseline, hm_when color);

/** Prints the table of medians to `stream`. */
hm_status hm_table_print(const char *folder, const char *baseline, FILE *stream, hm_error *error);

/**
 * Runs `python3 -m heapmark_plot ARGUMENTS…` and waits. `*code` receives its exit code.
 * HM_UNAVAILABLE: no Python with the packages it needs; the message says what to install.
 */
hm_status hm_plot_run(const hm_strings *arguments, int *code, hm_error *error);

/** The Python that hm_plot_run would run; NULL: none has the packages it needs. */
const char *hm_plot_python(void);

/**
 * The same with what it prints as `*text`, new, NULL where it failed: HM_WRONG_RESULT with the last
 * line it wrote to stderr. Its wait ends early where a stop is asked for (hm_process_stop_signal).
 */
hm_status hm_plot_capture(const hm_strings *arguments, char **text, hm_error *error);

#endif
