#include "gc/collectors.h"

/* No prefix, no books: what reference counting alone costs. Cycles leak until the process ends. */
const hm_collector hm_collector_none = {
    .name = "none",
    .brief = "reference counts only: no prefix on containers, cycles leak",
};
