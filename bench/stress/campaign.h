/**
 * This module is all that is tried on one back end, and what came of it.
 *
 * Words: an *episode* is one random program, in a process of its own, with a seed of its own: the
 * first has the seed asked for, each further one the next. A *campaign* is the episodes of a back
 * end, then the measures; or the episodes of the runtime on a back end, with a collector.
 *
 * Invariant: the first defect ends the campaign; what is told of it can be repeated by the command
 * that is told with it.
 */
#ifndef HM_BENCH_STRESS_CAMPAIGN_H
#define HM_BENCH_STRESS_CAMPAIGN_H

#include "bench/stress/area.h"
#include "bench/stress/options.h"

enum { HM_STRESS_MOST_FINDINGS = 8 };

/** What is unusual, but no defect. Texts are owned. */
typedef struct hm_stress_finding {
    const char *name; /**< "retention" */
    char *text;
} hm_stress_finding;

typedef struct hm_stress_result {
    hm_backend_spec spec;
    char collector[HM_STRESS_COLLECTOR_BYTES]; /**< of programs of the runtime; "": of calls */
    char *absent;                              /**< why it is not there; NULL: it is */
    bool passed_over;                          /**< its allocator has a defect */
    char version[64], origin[256];
    uint64_t operations, checks, episodes, forks, threads, exchanges, accounts;
    unsigned char seen[HM_STRESS_SIZES]; /**< usable sizes that were handed out */
    unsigned sizes;                      /**< how many different ones */
    double seconds;                      /**< of the episodes */
    bool has_defect;
    char name[96]; /**< of the defect: "overlap", "crash in free" */
    hm_stress_defect kind;
    char text[HM_STRESS_DEFECT_BYTES];
    hm_stress_task task; /**< that showed it */
    uint64_t at;         /**< operations its thread had begun */
    uint64_t fewest;     /**< of several threads: the fewest with which it was seen */
    char *again;         /**< the command that repeats it */
    bool repeated;       /**< it was shown again, which `sequence` is of */
    hm_stress_operation *sequence;
    size_t sequence_count;
    hm_stress_finding findings[HM_STRESS_MOST_FINDINGS];
    size_t finding_count;
} hm_stress_result;

typedef struct hm_stress_campaign {
    const hm_stress_options *options;
    hm_stress_area *area;
    int file;
    hm_stress_pace usual;   /**< system's, that others are held against */
    hm_stress_defect known; /**< one that has been made short already: not again */
} hm_stress_campaign;

/**
 * Runs the campaign of result->spec. HM_IO_ERROR: the machine refuses processes or memory of our
 * own; otherwise the result tells, also where it was interrupted (hm_process_stop_signal).
 */
hm_status hm_stress_campaign_run(hm_stress_campaign *campaign, hm_stress_result *result,
                                 hm_error *error);

/** Frees what the result owns. */
void hm_stress_result_clear(hm_stress_result *result);

/** Adds a finding: `text` is taken over. */
void hm_stress_result_find(hm_stress_result *result, const char *name, char *text);

/* findings.c: what the measures say. */

/** Adds a finding where memory stays behind. */
void hm_stress_judge_retention(hm_stress_result *result, const hm_stress_retention *retention);

/** Adds a finding for each call that is far slower than `usual`. */
void hm_stress_judge_pace(hm_stress_result *result, const hm_stress_pace *pace,
                          const hm_stress_pace *usual);

#endif
