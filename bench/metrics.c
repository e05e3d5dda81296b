#include "bench/metrics.h"

#include <string.h>

const hm_metric hm_metric_table[HM_METRIC_COUNT] = {
#define HM_METRIC(name, unit, direction, kinds, brief)                                             \
    [HM_METRIC_##name] = {#name, unit, direction, kinds, brief},
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

bool hm_metric_is_of(const hm_metric *metric, const char *kind)
{
    size_t length = strlen(kind);
    const char *place = metric->kinds;
    for (; place != NULL; place = strchr(place, ',')) {
        place += *place == ',';
        if (strncmp(place, kind, length) == 0 && (place[length] == ',' || place[length] == '\0'))
            return true;
    }
    return false;
}
