/**
 * This module is timeline.json (docs/timeline.md): what was asked for, what the two parts saw, and
 * what only the driver could see; and the same as a short table.
 */
#ifndef HM_BENCH_TIMELINE_DOCUMENT_H
#define HM_BENCH_TIMELINE_DOCUMENT_H

#include "bench/process.h"
#include "bench/timeline/options.h"

#include <stdio.h>

/** What the driver has when its processes have ended. */
typedef struct hm_timeline_seen {
    const hm_timeline_options *options; /**< with the iterations that were run */
    const char *started_at;
    json_t *processes;              /**< borrowed: one object a process */
    const json_t *curves;           /**< the part's record, valid */
    const hm_process_result *looks; /**< of the curves' process: its RSS from outside */
    const json_t *sites;            /**< the part's record, valid; NULL: there is none */
    const char *sites_reason;       /**< why there is none */
} hm_timeline_seen;

/** timeline.json: a new object. */
json_t *hm_timeline_document_make(const hm_timeline_seen *seen);

/** Prints the phases and the lines that added most to each, with their source where it is there. */
void hm_timeline_table_print(const json_t *document, FILE *stream);

#endif
