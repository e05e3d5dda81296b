/* The plan as environment.json holds it, and what a resumed run takes back from it. */
#include "bench/plan.h"

#include <stdlib.h>
#include <string.h>

json_t *hm_work_parameters_to_json(const hm_workload *workload, const int64_t *values)
{
    json_t *object = json_object();
    for (unsigned index = 0; index < workload->parameter_count; index++) {
        const hm_parameter *parameter = &workload->parameters[index];
        char text[64];
        json_object_set_new(object, parameter->name,
                            parameter->choices ? json_string(hm_parameter_format(
                                                     parameter, values[index], text, sizeof text))
                                               : json_integer(values[index]));
    }
    return object;
}

/** "threads:1" -> checksum, for those known. */
static json_t *checksums_to_json(const hm_plan *plan, const hm_plan_work *work)
{
    json_t *object = json_object();
    for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
        if (!work->checksums[thread])
            continue;
        char *key = hm_format("threads:%u", plan->options->threads[thread]);
        json_object_set_new(object, key, json_string(work->checksums[thread]));
        free(key);
    }
    return object;
}

static json_t *work_to_json(const hm_plan *plan, const hm_plan_work *work)
{
    const hm_workload *workload = work->workload;
    uint64_t operations = workload->operations ? workload->operations(work->parameters) : 0;
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:o}", "work", work->name,
                     "workload", workload->name, "group", workload->group, "parameters",
                     hm_work_parameters_to_json(workload, work->parameters), "brief",
                     workload->brief, "operation", workload->operation ? workload->operation : "",
                     "iterations", (json_int_t)work->iterations, "batches",
                     (json_int_t)work->batches, "operations_per_iteration", (json_int_t)operations,
                     "checksums", checksums_to_json(plan, work));
}

json_t *hm_plan_to_json(const hm_plan *plan)
{
    json_t *works = json_array();
    json_t *backends = json_array();
    json_t *collectors = json_array();
    json_t *threads = json_array();
    for (size_t index = 0; index < plan->work_count; index++) {
        if (!plan->works[index].elsewhere)
            json_array_append_new(works, work_to_json(plan, &plan->works[index]));
    }
    for (size_t index = 0; index < plan->backends->count; index++) {
        if (!plan->backends->items[index].absent)
            json_array_append_new(backends, json_string(plan->backends->items[index].spec.label));
    }
    for (size_t index = 0; index < plan->collector_count; index++)
        json_array_append_new(collectors, json_string(plan->collectors[index].label));
    for (size_t index = 0; index < plan->options->thread_count; index++)
        json_array_append_new(threads, json_integer(plan->options->threads[index]));
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "samples",
                     (json_int_t)plan->sample_count, "works", works, "backends", backends,
                     "collectors", collectors, "threads", threads, "shard",
                     hm_plan_shard_to_json(plan), "rounds", hm_plan_rounds_to_json(plan));
}

static void take_checksums(const hm_plan *plan, hm_plan_work *work, const json_t *stored)
{
    for (size_t thread = 0; thread < plan->options->thread_count; thread++) {
        char *key = hm_format("threads:%u", plan->options->threads[thread]);
        const char *checksum = json_string_value(json_object_get(stored, key));
        if (checksum)
            work->checksums[thread] = hm_copy(checksum);
        free(key);
    }
}

/** Takes what was found for a work; false: it is another work. */
static bool take_work(const hm_plan *plan, hm_plan_work *work, const json_t *stored)
{
    const char *name = json_string_value(json_object_get(stored, "work"));
    json_int_t iterations = json_integer_value(json_object_get(stored, "iterations"));
    json_int_t batches = json_integer_value(json_object_get(stored, "batches"));
    bool calibrated = plan->options->duration_seconds > 0 && iterations > 0;
    if (!name || strcmp(name, work->name) != 0 || iterations < 0 || batches < 1 ||
        (!calibrated && batches != (json_int_t)work->batches))
        return false;
    work->iterations = (uint64_t)iterations;
    work->batches = (uint64_t)batches;
    take_checksums(plan, work, json_object_get(stored, "checksums"));
    return true;
}

/** The works measured here, in the stored order; false: they are others. */
static bool take_works(hm_plan *plan, const json_t *works)
{
    size_t place = 0;
    for (size_t index = 0; index < plan->work_count; index++) {
        if (plan->works[index].elsewhere)
            continue;
        if (!take_work(plan, &plan->works[index], json_array_get(works, place++)))
            return false;
    }
    return place == json_array_size(works);
}

hm_status hm_plan_resume(hm_plan *plan, const json_t *stored, hm_error *error)
{
    hm_error why = {0};
    if (hm_plan_resume_rounds(plan, json_object_get(stored, "rounds"), &why) == HM_OK &&
        take_works(plan, json_object_get(stored, "works")) &&
        json_integer_value(json_object_get(stored, "samples")) == (json_int_t)plan->sample_count)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--resume: the run's plan cannot be made again: a back end was installed "
                        "or removed, heapmark has changed, or a merged run lacks a shard; start a "
                        "new run, or merge again with all shards");
}
