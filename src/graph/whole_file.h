/**
 * This module is a file that is there whole or not at all: it is written under another name in the
 * same folder and renamed when it is complete.
 */
#ifndef HM_GRAPH_WHOLE_FILE_H
#define HM_GRAPH_WHOLE_FILE_H

#include "base/status.h"

#include <limits.h>

typedef struct hm_whole_file {
    const char *path; /**< borrowed */
    char temporary[PATH_MAX];
    int descriptor; /**< to write to */
} hm_whole_file;

/** Opens a file to become `path`. HM_IO_ERROR: nothing is there to clean up. */
hm_status hm_whole_file_open(hm_whole_file *file, const char *path, hm_error *error);

/** Closes it and gives it its name. HM_IO_ERROR: it is gone, and what was at the path is not. */
hm_status hm_whole_file_keep(hm_whole_file *file, hm_error *error);

/** Closes it and removes it. */
void hm_whole_file_drop(hm_whole_file *file);

#endif
