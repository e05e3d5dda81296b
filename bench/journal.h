/**
 * This module is journal.jsonl: one line for each finished sample, appended with one write and
 * synced, so that nothing finished is lost whenever the driver ends.
 *
 * Words: a *torn* line is a last line without its newline: it was being written when the driver
 * was killed, and its sample is measured again. Any other line that is not a record is corruption,
 * and the run is not continued over it.
 */
#ifndef HM_BENCH_JOURNAL_H
#define HM_BENCH_JOURNAL_H

#include "base/status.h"

#include <jansson.h>

typedef struct hm_journal {
    int descriptor;
    char *path;
} hm_journal;

/**
 * Opens the journal in `folder` for appending, made where it is not there, and locks it.
 * HM_USAGE_ERROR: another heapmark is writing it, or it is a link or no file, which could lead out
 * of the folder; HM_IO_ERROR: it cannot be opened.
 */
hm_status hm_journal_open(hm_journal *journal, const char *folder, hm_error *error);

/** Closes it. */
void hm_journal_close(hm_journal *journal);

/**
 * Appends a record; on HM_OK it is on the disk, and the file is the one in the folder: HM_IO_ERROR
 * where that was removed, moved or replaced, because what is written then is lost.
 */
hm_status hm_journal_append(hm_journal *journal, const json_t *record, hm_error *error);

/** Cuts a torn last line off. */
hm_status hm_journal_mend(hm_journal *journal, hm_error *error);

/** Called with each record (borrowed), its line from 1; anything but HM_OK ends the reading. */
typedef hm_status (*hm_journal_visitor)(void *context, json_t *record, size_t line,
                                        hm_error *error);

/**
 * Reads the journal in `folder`, a torn last line left out. HM_USAGE_ERROR names the line that is
 * not a record; HM_IO_ERROR: it cannot be read.
 */
hm_status hm_journal_read(const char *folder, hm_journal_visitor visit, void *context,
                          hm_error *error);

#endif
