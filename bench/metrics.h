/**
 * This module is the one table of metrics (metrics.def): name, unit, direction, which samples have
 * it and a definition of one line, shared by the records, `heapmark explain`, the docs and, through
 * environment.json, the report.
 */
#ifndef HM_BENCH_METRICS_H
#define HM_BENCH_METRICS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum hm_metric_id {
#define HM_METRIC(name, unit, direction, kind, brief) HM_METRIC_##name,
#include "bench/metrics.def"
#undef HM_METRIC
    HM_METRIC_COUNT
} hm_metric_id;

typedef struct hm_metric {
    const char *name;
    const char *unit;
    const char *direction; /**< "lower", "higher" or "none": which way is better */
    const char *kinds;     /**< the kinds of sample that have it: "time,memory" */
    const char *brief;
} hm_metric;

/** The table, indexed by hm_metric_id. */
extern const hm_metric hm_metric_table[HM_METRIC_COUNT];

/** The metric called `name`, or NULL. */
const hm_metric *hm_metric_find(const char *name);

/** Whether samples of `kind` ("time", "memory", "latency") have the metric. */
bool hm_metric_is_of(const hm_metric *metric, const char *kind);

#endif
