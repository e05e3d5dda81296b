/**
 * This module is what the sub-commands share: one way to parse options and one way to fail, so that
 * every mistake gets one line on stderr that says what is wrong and what would be right.
 *
 * argp parses; its own two-line messages are switched off, and a parser leaves its message in
 * `error` instead.
 */
#ifndef HM_BENCH_COMMAND_H
#define HM_BENCH_COMMAND_H

#include "base/status.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

/** First member of every sub-command's options; argp's `input` points to it. */
typedef struct hm_command {
    const char *name; /**< "heapmark run" */
    hm_error error;
    bool finished; /**< --help, --usage or --version has been served */
} hm_command;

/** A sub-command: runs and returns the exit code. `argv[0]` is its full name, "heapmark run". */
typedef struct hm_subcommand {
    const char *name;
    const char *brief;
    int (*run)(int argc, char **argv);
} hm_subcommand;

/** The version, as --version prints it. */
const char *hm_version(void);

/**
 * Parses `argv` with `argp` (to which --help, --usage and --version are added). `command` heads the
 * struct the parser fills. HM_USAGE_ERROR with command->error, also where a word before "--" is not
 * UTF-8; `finished` says nothing is left to
 * do.
 */
hm_status hm_command_parse(hm_command *command, const struct argp *argp, int argc, char **argv);

/**
 * Gives standard streams that are closed a file that can neither be read nor written, so that none
 * of the files opened later gets their numbers, and messages. Call first.
 */
void hm_command_fill_streams(void);

/** Prints "NAME: message" to stderr and returns the exit code of `error`. */
int hm_command_fail(const char *name, const hm_error *error);

/** Flushes standard output; the exit code: HM_EXIT_OUTPUT, with a line on stderr, where it failed.
 */
int hm_command_end(const char *name);

/** For a parser: takes an argument that is one too many. Returns EINVAL with the message set. */
error_t hm_command_extra(hm_command *command, const char *argument);

int hm_main_list(int argc, char **argv);
int hm_main_explain(int argc, char **argv);
int hm_main_run(int argc, char **argv);
int hm_main_report(int argc, char **argv);
int hm_main_compare(int argc, char **argv);
int hm_main_check(int argc, char **argv);
int hm_main_goals(int argc, char **argv);
int hm_main_export(int argc, char **argv);
int hm_main_merge(int argc, char **argv);
int hm_main_timeline(int argc, char **argv);
int hm_main_conform(int argc, char **argv);
int hm_main_exec(int argc, char **argv);
int hm_main_doctor(int argc, char **argv);
int hm_main_stress(int argc, char **argv);

#endif
