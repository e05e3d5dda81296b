#include "bench/metrics.h"

#include <string.h>

const hm_metric hm_metric_table[HM_METRIC_COUNT] = {
#define HM_METRIC(name, unit, direction, kind, brief)                                              \
    [HM_METRIC_##name] = {#name, unit, direction, kind, brief},
#include "bench/metrics.def"
#undef HM_METRIC
};

const hm_metric *hm_metric_find(const char *name)
{
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        if (strcmp(hm_metric_table[index].name, name) == 0)
            return &hm_metric_table[index];
    }
    return NULL;
}
