#include "bench/runtime_host.h"

#include <string.h>

static const hm_runtime_host *here;

void hm_runtime_host_set(const hm_runtime_host *host)
{
    here = host;
    hm_backend_offer_runtime(host->bind);
}

const hm_runtime_host *hm_runtime_host_get(void)
{
    return here;
}

bool hm_runtime_host_can_run(const hm_workload *workload)
{
    static const char *const micro_works[] = {"object-create", "list-append", "dict-access",
                                              "generator-resume", "collect-graph"};
    if (strcmp(workload->group, "object") != 0)
        return true;
    for (size_t index = 0; index < HM_COUNT_OF(micro_works); index++) {
        if (strcmp(workload->name, micro_works[index]) == 0)
            return true;
    }
    return false;
}

const hm_workload *hm_runtime_host_workload(const hm_workload *workload)
{
    for (size_t index = 0; index < here->workload_count; index++) {
        if (strcmp(here->workloads[index]->name, workload->name) == 0)
            return here->workloads[index];
    }
    return strcmp(workload->group, "object") == 0 ? NULL : workload;
}
