/**
 * This module is one part of a timeline from its set-up to its record, so that the command runs it
 * in a process of its own and anyone can run it by hand.
 */
#include "base/system_memory.h"
#include "bench/timeline/state.h"

#include <string.h>

const char *hm_timeline_part_name(hm_timeline_part part)
{
    return part == HM_TIMELINE_CURVES ? "curves" : "sites";
}

static bool open_axis(hm_timeline_state *state)
{
    state->gap_room = hm_timeline_point_room(state->request);
    state->axis.gaps = hm_system_map(state->gap_room * sizeof *state->axis.gaps);
    if (state->axis.gaps != NULL)
        return true;
    hm_error_set(&state->sample.error, HM_NO_MEMORY, "no memory for the timeline's axis");
    return false;
}

/* The set-up of a memory sample: its count of requested bytes is Q. */
static bool prepare(hm_timeline_state *state)
{
    const hm_timeline_request *request = state->request;
    state->sample_request = (hm_sample_request){.cell = request->cell,
                                                .kind = HM_SAMPLE_MEMORY,
                                                .iterations = request->iterations,
                                                .batches = 1,
                                                .seed = request->seed,
                                                .freelists = request->freelists};
    state->sample.request = &state->sample_request;
    if (!open_axis(state) ||
        (request->part == HM_TIMELINE_CURVES && !hm_timeline_open_curves(state)) ||
        !hm_sample_prepare(&state->sample))
        return false;
    if (state->sample.heap_count != 1) {
        hm_error_set(&state->sample.error, HM_UNAVAILABLE,
                     "a timeline needs a workload with one heap; %s has %u",
                     request->cell.workload->name, state->sample.heap_count);
        return false;
    }
    size_t index;
    if (hm_sample_find_phase(&state->sample, HM_PHASE_RESTORE, &index) != NULL) {
        hm_error_set(&state->sample.error, HM_UNAVAILABLE,
                     "a timeline has no place for a restore phase; %s has one",
                     request->cell.workload->name);
        return false;
    }
    state->heap = state->sample.heaps[0];
    return true;
}

static bool watch(hm_timeline_state *state)
{
    bool curves = state->request->part == HM_TIMELINE_CURVES;
    bool sound = curves ? hm_timeline_start_sampler(state) : hm_timeline_start_sites(state);
    sound = sound && hm_timeline_run_phases(state);
    hm_timeline_stop_sampler();
    return sound && hm_sample_check_result(&state->sample);
}

static json_t *make_record(const hm_timeline_state *state)
{
    const hm_sample_state *sample = &state->sample;
    bool valid = sample->error.status == HM_OK;
    json_t *record = json_object();
    json_object_set_new(record, "part", json_string(hm_timeline_part_name(state->request->part)));
    hm_sample_add_verdict(sample, record);
    if (valid && state->request->part == HM_TIMELINE_CURVES)
        hm_timeline_record_curves(state, record);
    else if (valid)
        json_object_set(record, "sites", state->sites);
    return record;
}

static void close_state(hm_timeline_state *state)
{
    /* Tracing ends before the heap does. */
    hm_timeline_close_sites(state);
    hm_sample_tear_down(&state->sample);
    hm_timeline_close_curves(state);
    if (state->axis.gaps != NULL)
        hm_system_unmap(state->axis.gaps, state->gap_room * sizeof *state->axis.gaps);
}

hm_status hm_timeline_run(const hm_timeline_request *request, int record_fd, hm_error *error)
{
    hm_timeline_state state = {.request = request, .sample = {.resident = {-1, -1, -1}}};
    hm_sample_state *sample = &state.sample;
    bool valid = prepare(&state) && watch(&state);
    if (valid)
        hm_error_clear(&sample->error);
    else if (sample->error.status == HM_OK)
        hm_error_set(&sample->error, HM_RUNTIME_ERROR, "it failed and nothing says why");
    json_t *record = make_record(&state);
    hm_error write_error = {0};
    hm_status written = hm_sample_write_line(record, record_fd, &write_error);
    json_decref(record);
    close_state(&state);
    if (valid && written == HM_OK)
        return HM_OK;
    const hm_error *told = valid ? &write_error : &sample->error;
    return hm_error_set(error, told->status, "%s", told->message);
}
