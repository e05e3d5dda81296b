/**
 * This module is the phases of a timeline, the same in both of its parts, so that the sites of one
 * explain the curves of the other.
 */
#include "bench/measure/clock.h"
#include "bench/timeline/state.h"

static const char *const role_names[] = {[HM_PHASE_BUILD] = "build",
                                         [HM_PHASE_STEADY] = "steady",
                                         [HM_PHASE_RELEASE] = "release",
                                         [HM_PHASE_REFILL] = "refill"};

/** Into how many stretches the steady phase is cut. */
static uint64_t stretches_of(const hm_timeline_request *request)
{
    uint64_t wanted = (uint64_t)request->points + 1;
    return wanted < request->iterations ? wanted : request->iterations;
}

size_t hm_timeline_point_room(const hm_timeline_request *request)
{
    return (size_t)stretches_of(request) + HM_TIMELINE_MOST_PHASES + 1;
}

/** Looks, in a gap of the axis that the caller's last reading of the clock begins. */
static bool look(hm_timeline_state *state, uint64_t began_ns, bool at_the_end)
{
    HM_CHECK(state->axis.count < state->gap_room);
    hm_timeline_gap *gap = &state->axis.gaps[state->axis.count];
    gap->begin_ns = began_ns;
    hm_timeline_hold_sampler(true);
    bool sound = hm_sample_heaps_are_sound(&state->sample) && state->look(state, at_the_end);
    hm_timeline_hold_sampler(false);
    gap->end_ns = hm_clock_wall_ns();
    state->axis.count++;
    return sound;
}

/** Begins a phase where the gap before it ended. */
static hm_timeline_phase *begin_phase(hm_timeline_state *state, const char *name, const char *role)
{
    HM_CHECK(state->phase_count < HM_TIMELINE_MOST_PHASES);
    hm_timeline_phase *phase = &state->phases[state->phase_count++];
    *phase = (hm_timeline_phase){
        .name = name, .role = role, .begin_ns = state->axis.gaps[state->axis.count - 1].end_ns};
    return phase;
}

static bool end_phase(hm_timeline_state *state, hm_timeline_phase *phase)
{
    phase->end_ns = hm_clock_wall_ns();
    return look(state, phase->end_ns, true);
}

static bool can_collect(const hm_timeline_state *state)
{
    const hm_collector *collector = state->request->cell.collector.collector;
    return collector->collect != NULL && (collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
}

/**
 * The steady phase in stretches. Under a manual trigger each ends with a full collection, as a
 * batch of a sample does; the point before it shows what had gathered.
 */
static bool run_stretches(hm_timeline_state *state, const hm_phase *phase)
{
    bool manual = !state->request->cell.collector.settings.automatic && can_collect(state);
    uint64_t stretches = stretches_of(state->request), done = 0;
    uint64_t share = state->request->iterations / stretches;
    uint64_t larger = state->request->iterations % stretches; /* as many have one more */
    for (uint64_t stretch = 0; stretch < stretches; stretch++) {
        uint64_t iterations = share + (stretch < larger);
        bool last = stretch + 1 == stretches;
        if (!hm_sample_run_phase(&state->sample, phase, iterations))
            return false;
        done += iterations;
        if ((!last || manual) && !look(state, hm_clock_wall_ns(), false))
            return false;
        if (manual)
            hm_sample_collect(&state->sample);
    }
    HM_CHECK(done == state->request->iterations);
    return true;
}

static bool run_phase(hm_timeline_state *state, const hm_phase *phase)
{
    hm_timeline_phase *seen = begin_phase(state, phase->name, role_names[phase->role]);
    bool ran = phase->role == HM_PHASE_STEADY ? run_stretches(state, phase)
                                              : hm_sample_run_phase(&state->sample, phase, 1);
    return ran && end_phase(state, seen);
}

/** The last phase: a full collection, where the collector can. */
static bool run_collection(hm_timeline_state *state)
{
    if (!can_collect(state))
        return true;
    hm_timeline_phase *seen = begin_phase(state, "collect", "collect");
    hm_sample_collect(&state->sample);
    return end_phase(state, seen);
}

bool hm_timeline_run_phases(hm_timeline_state *state)
{
    const hm_phase *phases = state->request->cell.workload->phases;
    state->axis.origin_ns = hm_clock_wall_ns();
    bool sound = look(state, state->axis.origin_ns, true);
    for (size_t index = 0; sound && index < HM_MAX_PHASES && phases[index].step != NULL; index++)
        sound = run_phase(state, &phases[index]);
    return sound && run_collection(state);
}
