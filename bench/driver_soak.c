/* How long a sample is where a duration is asked for: the number of its batches, found once a work
 * on one cell, so that every back end does the same work and is compared doing it. A slower one
 * takes longer than the duration, a quicker one less. */
#include "bench/driver.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double most_batches = 1e6;

static const char *steady_name(const hm_workload *workload)
{
    for (size_t index = 0; index < HM_MAX_PHASES && workload->phases[index].step; index++) {
        if (workload->phases[index].role == HM_PHASE_STEADY)
            return workload->phases[index].name;
    }
    return "";
}

/** Of the masked intervals the ns between two monotonic times: what the accounts took. */
static double masked_between(const json_t *record, double begin_ns, double end_ns)
{
    double masked_ns = 0;
    size_t index;
    const json_t *pair;
    json_array_foreach(json_object_get(record, "masked_ns"), index, pair)
    {
        double from_ns = fmax(json_number_value(json_array_get(pair, 0)), begin_ns);
        double until_ns = fmin(json_number_value(json_array_get(pair, 1)), end_ns);
        masked_ns += fmax(until_ns - from_ns, 0);
    }
    return masked_ns;
}

/** Seconds from the edge before the steady phase's to its own, accounts left out; 0: it has none.
 */
static double steady_seconds(const json_t *record, const hm_workload *workload)
{
    double built_ns = json_number_value(json_object_get(record, "build_started_monotonic_ns"));
    double before_ns = 0;
    size_t index;
    const json_t *edge;
    json_array_foreach(json_object_get(record, "edges"), index, edge)
    {
        const char *name = json_string_value(json_object_get(edge, "edge"));
        double at_ns = json_number_value(json_object_get(edge, "at_ns"));
        if (name && strcmp(name, steady_name(workload)) == 0)
            return (at_ns - before_ns -
                    masked_between(record, built_ns + before_ns, built_ns + at_ns)) /
                   1e9;
        before_ns = at_ns;
    }
    return 0;
}

hm_status hm_driver_find_batches(hm_driver *driver, hm_plan_work *work, const hm_plan_cell *cell,
                                 char *reason, hm_error *error)
{
    hm_status status;
    json_t *record = hm_driver_run_apart(driver, cell, HM_SAMPLE_MEMORY, 0, reason, &status, error);
    double seconds = steady_seconds(record, work->workload);
    json_decref(record);
    /* One batch more than is counted warms up. */
    double each = seconds / ((double)work->batches + 1);
    double batches = each > 0 ? ceil(driver->options->duration_seconds / each) - 1 : 0;
    if (status != HM_OK || driver->interrupted)
        return status;
    if (batches > most_batches)
        snprintf(reason, HM_REASON_BYTES,
                 "its batches last %.3g s: more than %.0f of them would be needed; give --min-time",
                 each, most_batches);
    else if (each <= 0 && *reason == '\0')
        snprintf(reason, HM_REASON_BYTES, "its memory sample has no steady phase");
    if (*reason)
        work->iterations = 0;
    else
        work->batches = batches > 1 ? (uint64_t)batches : 1;
    return HM_OK;
}
