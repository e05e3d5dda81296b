/**
 * This module is the run's folder: where it lies, that no run is ever written over, whole files
 * written at once or not at all, and results/latest.
 */
#ifndef HM_BENCH_FOLDER_H
#define HM_BENCH_FOLDER_H

#include "base/status.h"

#include <jansson.h>

/**
 * The folder of a new run: `out`, or results/TIME-PROFILE where NULL, with -2, -3, … where that is
 * there; a new text. Nothing is made.
 */
char *hm_folder_name(const char *out, const char *profile);

/**
 * Checks that a run can be written to `path`: HM_USAGE_ERROR: it holds a run already, or is not a
 * folder, or lies below something that is not one.
 */
hm_status hm_folder_check_new(const char *path, hm_error *error);

/** Makes the folder with all those above it. */
hm_status hm_folder_make(const char *path, hm_error *error);

/** The last part of the folder's real name: what the run is called; a new text. */
char *hm_folder_run_name(const char *path);

/** Writes `document` to FOLDER/NAME: to a new file, synced, then renamed over. */
hm_status hm_folder_write(const char *folder, const char *name, const json_t *document,
                          size_t flags, hm_error *error);

/**
 * Opens a regular file of the folder to read it: -1 with errno where it cannot be had, EINVAL for
 * what is no file: a pipe in a file's place would keep its reader for ever.
 */
int hm_folder_open(const char *path);

/** Points `latest` beside the run at it, where the run lies in a folder called results. */
hm_status hm_folder_point_latest(const char *path, hm_error *error);

#endif
