/**
 * This module is the list of collectors, so that one more is one file and one line in
 * gc/registry.def.
 *
 * Three levels without collecting are told apart: `none` has no prefix and knows nothing, so cycles
 * leak; `off` has the prefix and the lists of `generational` and never collects by itself;
 * `generational` collects.
 */
#ifndef HM_GC_COLLECTORS_H
#define HM_GC_COLLECTORS_H

#include "object/collector.h"

/** All collectors in display order; `*count` receives how many. */
const hm_collector *const *hm_collectors(size_t *count);

/** The collector called `name`, or NULL. */
const hm_collector *hm_collector_find(const char *name);

enum { HM_COLLECTOR_LABEL_BYTES = 64 };

/** A collector with its settings, as it stands in a cell. */
typedef struct hm_collector_spec {
    const hm_collector *collector;
    hm_collector_settings settings;
    char label[HM_COLLECTOR_LABEL_BYTES]; /**< "generational", "generational-manual-700-10-10" */
} hm_collector_spec;

/**
 * Parses `NAME[;trigger=auto|manual][;thresholds=A,B,C]` or a label as hm_collector_spec writes it.
 * HM_USAGE_ERROR with a line that says what is wrong and what would be right.
 */
hm_status hm_collector_parse(const char *text, hm_collector_spec *spec, hm_error *error);

/** All collectors, defined one a file or two a family. */
#define HM_COLLECTOR(identifier) extern const hm_collector hm_collector_##identifier;
#include "gc/registry.def"
#undef HM_COLLECTOR

#endif
