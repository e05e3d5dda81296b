#include "bench/stress/child.h"

#include "bench/exit_code.h"
#include "bench/process.h"
#include "bench/stress/area.h"
#include "bench/stress/objects/run.h"

#include <stdio.h>
#include <string.h>

/* A library by path is bound without being tried first: what the trying would find is to be found
   and named here. Back ends by name are bound as for every sample. */
static hm_status bind_it(const hm_backend_spec *spec, hm_allocator *allocator, hm_error *error)
{
    if (!spec->backend->takes_path)
        return hm_backend_bind(spec, allocator, error);
    *allocator =
        (hm_allocator){.name = spec->label, .version = "", .linkage = spec->backend->linkage};
    return spec->backend->bind(spec, allocator, error);
}

static hm_stress_defect kind_of(const hm_backend_spec *spec, const hm_error *error)
{
    bool loaded = strstr(error->message, "cannot be loaded") == NULL;
    return spec->backend->takes_path && loaded ? HM_STRESS_MISSING_ENTRY : HM_STRESS_UNBOUND;
}

int hm_stress_child_main(const char *spec_text)
{
    hm_stress_area *area = hm_stress_area_map(HM_ACCOUNT_FD);
    hm_backend_spec spec = {0};
    hm_allocator allocator;
    hm_stress_calls calls;
    hm_error error = {0};
    if (area == NULL) {
        fprintf(stderr, "heapmark stress: " HM_STRESS_CHILD " is for heapmark stress itself\n");
        return HM_EXIT_USAGE;
    }
    hm_stress_record *record = &area->record;
    if (hm_backend_parse(spec_text, &spec, &error) != HM_OK)
        hm_stress_record_defect(record, 0, HM_STRESS_UNBOUND, "%s", error.message);
    if (bind_it(&spec, &allocator, &error) != HM_OK)
        hm_stress_record_defect(record, 0, kind_of(&spec, &error), "%s", error.message);
    snprintf(record->version, sizeof record->version, "%s", allocator.version);
    snprintf(record->origin, sizeof record->origin, "%.255s", allocator.origin);
    hm_stress_calls_of(&calls, &allocator, &spec, &record->aligned_left_out);
    if (area->task.program == HM_STRESS_OBJECTS)
        hm_objects_here(&area->task, area->list, &calls, &allocator, record);
    else
        hm_stress_trial_here(&area->task, area->list, &calls, record);
    hm_backend_spec_clear(&spec);
    return HM_EXIT_OK; /* leaving properly is part of the trial */
}
