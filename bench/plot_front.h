/**
 * This module is the front end of the sub-commands whose work the plot package does (compare,
 * check, goals, export, merge): options and folders in, folders checked, one call of the package,
 * its exit code out, so that such a sub-command is a table of options and a text.
 */
#ifndef HM_BENCH_PLOT_FRONT_H
#define HM_BENCH_PLOT_FRONT_H

#include "bench/command.h"
#include "bench/strings.h"

/** A sub-command that hands over: what argp needs, and which runs it reads. */
typedef struct hm_plot_front {
    const struct argp_option *options; /**< each with a name; ends with {0} */
    const char *args_doc;
    const char *doc;
    size_t least_folders;
    size_t most_folders;
    const char *which; /**< said where there are too few: "which two runs? …" */
} hm_plot_front;

/** What was asked for on the command line. */
typedef struct hm_plot_request {
    hm_command command;
    const hm_plot_front *front;
    hm_strings options; /**< as the package takes them: "--filter=x" */
    hm_strings folders;
} hm_plot_request;

/**
 * Parses the command line by `front`. HM_OK with request->command.finished: nothing is left to do.
 * The caller clears `request` in any case.
 */
hm_status hm_plot_request_parse(hm_plot_request *request, const hm_plot_front *front, int argc,
                                char **argv);

/** Frees what the request owns. */
void hm_plot_request_clear(hm_plot_request *request);

/**
 * HM_USAGE_ERROR where `folder` is not a run's: nothing is there, it is no folder, or it has no
 * environment.json.
 */
hm_status hm_plot_check_folder(const char *folder, hm_error *error);

/**
 * hm_plot_run for commands that end with 1 only where the package is missing or has a defect: then
 * HM_IO_ERROR, so that it never passes for a regression.
 */
hm_status hm_plot_call(const hm_strings *arguments, int *code, hm_error *error);

/**
 * Runs the package's command WORD with the request's options, then `folders`; `*code` is its exit
 * code. Errors are those of hm_plot_call.
 */
hm_status hm_plot_hand_over(const hm_plot_request *request, const char *word,
                            const hm_strings *folders, int *code, hm_error *error);

/** All of a sub-command that only reads: parse, check each folder, hand over as WORD. */
int hm_plot_front_main(const hm_plot_front *front, const char *word, int argc, char **argv);

#endif
