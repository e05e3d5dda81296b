#include "gc/collectors.h"

#include <string.h>

static const hm_collector *const collectors[] = {
#define HM_COLLECTOR(identifier) &hm_collector_##identifier,
#include "gc/registry.def"
#undef HM_COLLECTOR
};

const hm_collector *const *hm_collectors(size_t *count)
{
    *count = HM_COUNT_OF(collectors);
    return collectors;
}

const hm_collector *hm_collector_find(const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(collectors); index++) {
        if (strcmp(collectors[index]->name, name) == 0)
            return collectors[index];
    }
    return NULL;
}
