/* The works of a plan: the profile's, with the values of --param put in as a product. */
#include "bench/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORKS = 10000 };

/** One --param: the values a parameter of a workload takes. */
typedef struct override {
    const hm_workload *workload;
    unsigned parameter;
    int64_t *values;
    size_t value_count;
} override;

typedef struct override_list {
    override *items;
    size_t count;
} override_list;

static hm_status unknown_workload(const char *where, const char *name, hm_error *error)
{
    hm_strings names = {0};
    char list[384];
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(workloads[index]->group, "control") != 0)
            hm_strings_add(&names, workloads[index]->name);
    }
    hm_error_set(error, HM_USAGE_ERROR, "%s: no workload '%.60s'; there are %s", where, name,
                 hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return HM_USAGE_ERROR;
}

static hm_status unknown_parameter(const char *where, const hm_workload *workload, const char *name,
                                   hm_error *error)
{
    hm_strings names = {0};
    char list[384];
    for (unsigned index = 0; index < workload->parameter_count; index++)
        hm_strings_add(&names, workload->parameters[index].name);
    hm_error_set(error, HM_USAGE_ERROR, "%s: workload %s has no parameter '%.60s'; it has %s",
                 where, workload->name, name, hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return HM_USAGE_ERROR;
}

static hm_status read_values(override *into, const char *text, hm_error *error)
{
    const hm_parameter *parameter = &into->workload->parameters[into->parameter];
    hm_strings parts = {0};
    hm_status status = HM_OK;
    hm_strings_split(&parts, text, ',');
    into->values = hm_grow(NULL, parts.count, sizeof *into->values);
    for (size_t index = 0; index < parts.count && status == HM_OK; index++) {
        hm_error why = {0};
        status = hm_parameter_parse(parameter, parts.items[index], &into->values[index], &why);
        if (status != HM_OK)
            hm_error_set(error, HM_USAGE_ERROR, "--param: %.480s", why.message);
        into->value_count = index + 1;
    }
    hm_strings_clear(&parts);
    return status;
}

static hm_status read_override(override *into, const char *text, hm_error *error)
{
    const char *dot = strchr(text, '.');
    const char *equals = dot ? strchr(dot, '=') : NULL;
    if (!equals || equals[1] == '\0')
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--param: '%.100s' is not WORKLOAD.NAME=VALUE[,VALUE]...", text);
    char workload[64];
    char parameter[64];
    snprintf(workload, sizeof workload, "%.*s", (int)(dot - text), text);
    snprintf(parameter, sizeof parameter, "%.*s", (int)(equals - dot - 1), dot + 1);
    into->workload = hm_workload_find(workload);
    if (!into->workload || strcmp(into->workload->group, "control") == 0)
        return unknown_workload("--param", workload, error);
    int index = hm_parameter_find(into->workload, parameter);
    if (index < 0)
        return unknown_parameter("--param", into->workload, parameter, error);
    into->parameter = (unsigned)index;
    return read_values(into, equals + 1, error);
}

static hm_status read_overrides(override_list *list, const hm_strings *texts, hm_error *error)
{
    hm_status status = HM_OK;
    for (size_t index = 0; index < texts->count && status == HM_OK; index++) {
        list->items = hm_grow(list->items, list->count + 1, sizeof *list->items);
        override *item = &list->items[list->count++];
        *item = (override){0};
        status = read_override(item, texts->items[index], error);
        for (size_t earlier = 0; earlier + 1 < list->count && status == HM_OK; earlier++) {
            if (list->items[earlier].workload == item->workload &&
                list->items[earlier].parameter == item->parameter)
                status = hm_error_set(
                    error, HM_USAGE_ERROR,
                    "--param: %s.%s is given twice; give all its values in one: "
                    "--param %s.%s=V1,V2",
                    item->workload->name, item->workload->parameters[item->parameter].name,
                    item->workload->name, item->workload->parameters[item->parameter].name);
        }
    }
    return status;
}

static void clear_overrides(override_list *list)
{
    for (size_t index = 0; index < list->count; index++)
        free(list->items[index].values);
    free(list->items);
}

/** Reads "workload/name:value…" into `work`, whose name it does not set. */
static hm_status parse_work(const char *text, hm_plan_work *work, hm_error *error)
{
    hm_strings parts = {0};
    hm_status status = HM_OK;
    hm_strings_split(&parts, text, '/');
    work->workload = hm_workload_find(parts.items[0]);
    if (!work->workload)
        status = unknown_workload(text, parts.items[0], error);
    else
        hm_parameters_default(work->workload, work->parameters);
    for (size_t index = 1; index < parts.count && status == HM_OK; index++) {
        char *colon = strchr(parts.items[index], ':');
        if (colon)
            *colon = '\0';
        int parameter = hm_parameter_find(work->workload, parts.items[index]);
        if (!colon || parameter < 0)
            status = unknown_parameter(text, work->workload, parts.items[index], error);
        else
            status = hm_parameter_parse(&work->workload->parameters[parameter], colon + 1,
                                        &work->parameters[parameter], error);
    }
    hm_strings_clear(&parts);
    return status;
}

/** Appends the work under its canonical name; one that is there already is left out. */
static hm_status append(hm_plan *plan, const hm_plan_work *work, hm_error *error)
{
    char name[HM_CELL_NAME_BYTES];
    if (work->workload->validate && work->workload->validate(work->parameters, error) != HM_OK)
        return HM_USAGE_ERROR;
    if (!hm_work_name(work->workload, work->parameters, name, sizeof name))
        return hm_error_set(error, HM_USAGE_ERROR, "a work of %s has a name above %d bytes",
                            work->workload->name, (int)sizeof name);
    for (size_t index = 0; index < plan->work_count; index++) {
        if (strcmp(plan->works[index].name, name) == 0)
            return HM_OK;
    }
    if (plan->work_count == MAX_WORKS)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "--param: that makes more than %d works; give fewer values",
                            (int)MAX_WORKS);
    plan->works = hm_grow(plan->works, plan->work_count + 1, sizeof *plan->works);
    plan->works[plan->work_count] = *work;
    plan->works[plan->work_count].name = hm_copy(name);
    plan->works[plan->work_count].batches = plan->options->profile->batches;
    plan->work_count++;
    return HM_OK;
}

/** Appends `work` with every combination of the values from overrides[first] on. */
static hm_status append_product(hm_plan *plan, hm_plan_work work, const override_list *overrides,
                                size_t first, hm_error *error)
{
    while (first < overrides->count && overrides->items[first].workload != work.workload)
        first++;
    if (first == overrides->count)
        return append(plan, &work, error);
    const override *item = &overrides->items[first];
    hm_status status = HM_OK;
    for (size_t index = 0; index < item->value_count && status == HM_OK; index++) {
        work.parameters[item->parameter] = item->values[index];
        status = append_product(plan, work, overrides, first + 1, error);
    }
    return status;
}

static bool profile_has(const hm_profile *profile, const hm_workload *workload)
{
    size_t length = strlen(workload->name);
    for (const char *const *work = profile->works; *work; work++) {
        if (strncmp(*work, workload->name, length) == 0 && strchr("/", (*work)[length]))
            return true;
    }
    return false;
}

hm_status hm_plan_add_work(hm_plan *plan, const char *name, hm_error *error)
{
    hm_plan_work work = {0};
    hm_status status = parse_work(name, &work, error);
    return status == HM_OK ? append(plan, &work, error) : status;
}

hm_status hm_plan_add_works(hm_plan *plan, hm_error *error)
{
    const hm_profile *profile = plan->options->profile;
    override_list overrides = {0};
    hm_status status = read_overrides(&overrides, &plan->options->parameters, error);
    for (const char *const *name = profile->works; *name && status == HM_OK; name++) {
        hm_plan_work work = {0};
        status = parse_work(*name, &work, error);
        if (status == HM_OK)
            status = append_product(plan, work, &overrides, 0, error);
    }
    for (size_t index = 0; index < overrides.count && status == HM_OK; index++) {
        hm_plan_work work = {.workload = overrides.items[index].workload};
        if (profile_has(profile, work.workload))
            continue;
        hm_parameters_default(work.workload, work.parameters);
        status = append_product(plan, work, &overrides, 0, error);
    }
    clear_overrides(&overrides);
    return status;
}
