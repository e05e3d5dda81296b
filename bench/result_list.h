/**
 * This module is the valid samples of a run's cells, read back from its journal without their
 * series, so that what is made from a run need not know the journal.
 */
#ifndef HM_BENCH_RESULT_LIST_H
#define HM_BENCH_RESULT_LIST_H

#include "base/status.h"

#include <jansson.h>

/** One valid sample of role "cell". Texts belong to `record`. */
typedef struct hm_result {
    json_t *record; /**< owned; series, timeline, collections, pauses and edges taken out */
    const char *cell;
    const char *work;
    const char *backend;
    const char *collector;
    const char *kind;
    json_int_t threads;
    json_int_t repetition;
} hm_result;

typedef struct hm_result_list {
    hm_result *items;
    size_t count;
} hm_result_list;

/** Reads the results of the run in `folder`, in the order they ran. The caller clears in any case.
 */
hm_status hm_result_list_read(hm_result_list *list, const char *folder, hm_error *error);

/** Sorts by cell's name, then by repetition. */
void hm_result_list_sort(hm_result_list *list);

/** Frees what the list owns. */
void hm_result_list_clear(hm_result_list *list);

/** The metric's value, false where it is null or not there. */
bool hm_result_metric(const hm_result *result, const char *metric, double *value);

#endif
