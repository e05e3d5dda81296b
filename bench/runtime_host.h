/**
 * This module is the seam for samples in another runtime's process: what such a process says of
 * itself, so that the sample is the same code there as in heapmark's own.
 */
#ifndef HM_BENCH_RUNTIME_HOST_H
#define HM_BENCH_RUNTIME_HOST_H

#include "allocators/backend.h"
#include "gc/collectors.h"
#include "workloads/workload.h"

typedef struct hm_runtime_host {
    const char *label; /**< "cpython-3.11.2" */
    /** Object works on that runtime, by the names that ours have. */
    const hm_workload *const *workloads;
    size_t workload_count;
    hm_backend_binder bind;
    /** Switches automatic collection as the collector of the cell says; false: error set. */
    bool (*set_collector)(const hm_collector_spec *collector, hm_error *error);
} hm_runtime_host;

/** Says that this process is of another runtime. `host` stays the caller's and must outlive it. */
void hm_runtime_host_set(const hm_runtime_host *host);

/** The host; NULL: this process is heapmark's own. */
const hm_runtime_host *hm_runtime_host_get(void);

/** Whether the workload runs on other runtimes too: raw and control ones do, and micro works. */
bool hm_runtime_host_can_run(const hm_workload *workload);

/** The host's own version of a workload; `workload` itself where that needs no runtime; NULL: it
 * has none. */
const hm_workload *hm_runtime_host_workload(const hm_workload *workload);

#endif
