/**
 * This module is the list of workloads and the look-up of one by its name, so that the harness
 * needs to know none of them.
 */
#include "workloads/workload.h"

#include <string.h>

#define HM_WORKLOAD(symbol) extern const hm_workload symbol;
#include "workloads/registry.def"
#undef HM_WORKLOAD

static const hm_workload *const workloads[] = {
#define HM_WORKLOAD(symbol) &symbol,
#include "workloads/registry.def"
#undef HM_WORKLOAD
};

const hm_workload *const *hm_workloads(size_t *count)
{
    *count = HM_COUNT_OF(workloads);
    return workloads;
}

const hm_workload *hm_workload_find(const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(workloads); index++) {
        if (strcmp(workloads[index]->name, name) == 0)
            return workloads[index];
    }
    return NULL;
}

bool hm_workload_suits_threads(const hm_workload *workload, unsigned threads)
{
    return (threads > 1 || (workload->needs & HM_NEEDS_THREADS) == 0) &&
           (threads % 2 == 0 || (workload->needs & HM_NEEDS_THREAD_PAIRS) == 0);
}

unsigned hm_workload_least_threads(const hm_workload *workload)
{
    return hm_workload_suits_threads(workload, 1) ? 1 : 2;
}
