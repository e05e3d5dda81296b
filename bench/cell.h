/**
 * This module is the cell: what one sample measures, and the name that says all of it, so that a
 * name from any record is enough to run that sample again.
 *
 *     WORKLOAD[/param:value]…/backend:LABEL/linkage:L/collector:LABEL/threads:N/runtime:R
 *
 * Invariant: formatting a parsed name gives the same name.
 */
#ifndef HM_BENCH_CELL_H
#define HM_BENCH_CELL_H

#include "allocators/backend.h"
#include "gc/collectors.h"
#include "workloads/workload.h"

enum { HM_CELL_NAME_BYTES = 1024, HM_RUNTIME_LABEL_BYTES = 80 };

typedef struct hm_bench_cell {
    const hm_workload *workload;
    int64_t parameters[HM_MAX_PARAMETERS];
    const hm_backend_spec *backend; /**< borrowed; outlives the cell */
    hm_collector_spec collector;
    unsigned threads;
    char runtime[HM_RUNTIME_LABEL_BYTES]; /**< "cpython-3.11.2"; "": heapmark */
} hm_bench_cell;

/** Writes the cell's name into `text`; false: it does not fit in `size`. */
bool hm_bench_cell_name(const hm_bench_cell *cell, char *text, size_t size);

/** "heapmark" or the label of another runtime. */
const char *hm_bench_cell_runtime(const hm_bench_cell *cell);

/** Writes the work's part only. */
bool hm_bench_cell_work(const hm_bench_cell *cell, char *text, size_t size);

/**
 * Parses `name`. A back end that takes a path (so:, preload:) is not fully said by its label:
 * `backend`, where not NULL, is used instead of looking the label up, and its label must be the
 * name's. Otherwise the label is parsed into `*storage`, which the caller clears. HM_USAGE_ERROR
 * says which part is wrong and what would be right.
 */
hm_status hm_bench_cell_parse(const char *name, const hm_backend_spec *backend,
                              hm_backend_spec *storage, hm_bench_cell *cell, hm_error *error);

#endif
