/**
 * This module is the options of `heapmark timeline`: what the user asked for, checked as far as it
 * can be without running anything, and the same as a command line, so that a part can be run again
 * by hand.
 */
#ifndef HM_BENCH_TIMELINE_OPTIONS_H
#define HM_BENCH_TIMELINE_OPTIONS_H

#include "bench/command.h"
#include "bench/strings.h"
#include "bench/timeline/timeline.h"

typedef struct hm_timeline_options {
    hm_command command;
    const char *work; /**< a workload's name, or a whole cell's */
    hm_strings parameters;
    const char *backend;   /**< spec; NULL: the default, or what the cell says */
    const char *collector; /**< the same */
    const char *out;       /**< NULL: a new folder under results/ */
    double timeout_seconds;
    int64_t memory_limit_bytes;
    hm_timeline_request request; /**< iterations 0: to be found; frames 0: not given */
    bool one_part;               /**< --part: run it in this process */
    int record_fd;               /**< -1: print */
    hm_backend_spec storage[2];  /**< what request.cell.backend borrows from */
} hm_timeline_options;

/**
 * Parses the command line and finds the cell. HM_USAGE_ERROR with options->command.error. The
 * caller clears `options` in any case.
 */
hm_status hm_timeline_options_parse(hm_timeline_options *options, int argc, char **argv);

/** Frees what the options own. */
void hm_timeline_options_clear(hm_timeline_options *options);

/** The command line of one part, from "heapmark" on. */
void hm_timeline_arguments(const hm_timeline_options *options, hm_timeline_part part,
                           hm_strings *arguments);

#endif
