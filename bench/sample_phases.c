/**
 * This module is the phases of a sample: each runs on all of the sample's threads at once, between
 * two meetings of the crew, so that a sample of one thread and one of many are the same code.
 */
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <stdio.h>

/* A phase, or a batch of one, that every thread is to run. */
typedef struct run {
    hm_sample_state *sample;
    const hm_phase *phase;
    uint64_t iterations;
} run;

const hm_phase *hm_sample_find_phase(const hm_sample_state *sample, hm_phase_role role,
                                     size_t *index)
{
    const hm_phase *phases = sample->request->cell.workload->phases;
    for (size_t place = 0; place < HM_MAX_PHASES && phases[place].step != NULL; place++) {
        if (phases[place].role == role) {
            *index = place;
            return &phases[place];
        }
    }
    return NULL;
}

uint64_t hm_sample_most_iterations(const hm_bench_cell *cell)
{
    uint64_t most = cell->workload->most_iterations == NULL
                        ? 0
                        : cell->workload->most_iterations(cell->parameters);
    return most != 0 ? most : UINT64_MAX;
}

static bool collects(const hm_sample_state *sample)
{
    const hm_collector *collector = sample->request->cell.collector.collector;
    return collector->collect != NULL && (collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
}

/* Each thread collects its own heap. */
static bool collect_own(void *context, unsigned thread)
{
    hm_sample_state *sample = context;
    const hm_collector *collector = sample->request->cell.collector.collector;
    bool generations = (collector->capabilities & HM_COLLECTOR_GENERATIONS) != 0;
    if (thread < sample->heap_count)
        hm_heap_collect(sample->heaps[thread], generations ? HM_GENERATIONS - 1 : 0);
    return true;
}

bool hm_sample_collect(hm_sample_state *sample)
{
    return collects(sample) && hm_crew_run(&sample->crew, collect_own, sample);
}

const hm_error *hm_sample_told_error(const hm_sample_state *sample, unsigned *thread)
{
    unsigned first = hm_crew_first_failure(&sample->crew);
    for (unsigned index = first; index < sample->request->cell.threads; index++) {
        *thread = index;
        if (!sample->crew.members[index].succeeded && sample->errors[index].status != HM_OK)
            return &sample->errors[index];
    }
    *thread = first;
    return &sample->errors[0];
}

/* The reason of the first thread that failed and said one. */
static bool tell_failure(hm_sample_state *sample, const hm_phase *phase)
{
    unsigned thread;
    char where[32] = "";
    const hm_error *reason = hm_sample_told_error(sample, &thread);
    if (sample->request->cell.threads > 1)
        snprintf(where, sizeof where, " on thread %u", thread);
    hm_error_set(&sample->error, reason->status == HM_OK ? HM_RUNTIME_ERROR : reason->status,
                 "phase %s failed%s: %.400s", phase->name, where,
                 reason->status == HM_OK ? "the workload does not say why" : reason->message);
    return false;
}

static bool step(void *context, unsigned thread)
{
    const run *given = context;
    return given->phase->step(given->sample->workload, thread, given->iterations);
}

bool hm_sample_run_phase(hm_sample_state *sample, const hm_phase *phase, uint64_t iterations)
{
    run given = {.sample = sample, .phase = phase, .iterations = iterations};
    return hm_crew_run(&sample->crew, step, &given) || tell_failure(sample, phase);
}

static bool run_own_batch(void *context, unsigned thread)
{
    const run *given = context;
    hm_sample_state *sample = given->sample;
    bool timing_rounds = sample->latency != NULL && sample->latency->counting;
    bool finished = timing_rounds
                        ? hm_sample_time_rounds(sample, thread, given->phase, given->iterations)
                        : step(context, thread);
    if (finished && !sample->request->cell.collector.settings.automatic && collects(sample))
        collect_own(sample, thread);
    return finished;
}

bool hm_sample_run_batch(hm_sample_state *sample, uint64_t iterations)
{
    size_t index;
    run given = {.sample = sample,
                 .phase = hm_sample_find_phase(sample, HM_PHASE_STEADY, &index),
                 .iterations = iterations};
    return hm_crew_run(&sample->crew, run_own_batch, &given) || tell_failure(sample, given.phase);
}

static void record_events(hm_sample_state *sample, bool recording)
{
    for (unsigned thread = 0; thread < sample->request->cell.threads; thread++)
        sample->events[thread].recording = recording;
}

static bool restore_own(void *context, unsigned thread)
{
    hm_latency_hold_calls();
    bool restored = step(context, thread);
    hm_latency_resume_calls();
    return restored;
}

/* Nothing is told, timed or counted meanwhile. */
bool hm_sample_restore(hm_sample_state *sample)
{
    size_t index;
    const hm_phase *restore = hm_sample_find_phase(sample, HM_PHASE_RESTORE, &index);
    if (restore == NULL)
        return true;
    run given = {.sample = sample, .phase = restore, .iterations = 1};
    bool recording = sample->events->recording;
    uint64_t began_ns = hm_clock_wall_ns();
    hm_usage before = hm_usage_read();
    record_events(sample, false);
    bool restored = hm_crew_run(&sample->crew, restore_own, &given);
    record_events(sample, recording);
    hm_usage after = hm_usage_read();
    hm_usage restoring = hm_usage_between(&before, &after);
    hm_usage_add(&sample->steady_began, &restoring);
    if (sample->latency != NULL)
        hm_sample_leave_out(sample, hm_clock_wall_ns() - began_ns);
    return restored || tell_failure(sample, restore);
}

void hm_sample_begin_counting(hm_sample_state *sample)
{
    if (sample->latency != NULL)
        hm_sample_begin_latency(sample);
    record_events(sample, true);
    sample->steady_began = hm_usage_read();
}

void hm_sample_end_counting(hm_sample_state *sample)
{
    hm_usage ended = hm_usage_read();
    record_events(sample, false);
    if (sample->latency != NULL)
        hm_sample_end_latency(sample);
    for (unsigned thread = 1; thread < sample->request->cell.threads; thread++)
        hm_sample_events_add(sample->events, &sample->events[thread]);
    sample->steady_usage = hm_usage_between(&sample->steady_began, &ended);
}

/* The same batches as a time sample's, without a clock. */
static bool run_untimed_batches(hm_sample_state *sample)
{
    hm_sample_begin_counting(sample);
    for (; sample->batches_done < sample->request->batches; sample->batches_done++) {
        if (!hm_sample_restore(sample) || !hm_sample_run_batch(sample, sample->request->iterations))
            return false;
        if (sample->request->kind == HM_SAMPLE_MEMORY &&
            !hm_sample_account_batch(sample, sample->batches_done))
            return false;
    }
    hm_sample_end_counting(sample);
    return true;
}

static bool run_steady(hm_sample_state *sample)
{
    if (!hm_sample_restore(sample) || !hm_sample_run_batch(sample, sample->request->iterations))
        return false;
    sample->steady_done = sample->request->kind == HM_SAMPLE_TIME ? hm_sample_time_batches(sample)
                                                                  : run_untimed_batches(sample);
    return sample->steady_done;
}

/* In builds with asserts every heap is walked whole at the end of each phase. */
bool hm_sample_heaps_are_sound(hm_sample_state *sample)
{
    for (unsigned index = 0; HM_DEBUG >= 1 && index < sample->heap_count; index++) {
        if (hm_heap_check(sample->heaps[index], &sample->error) != HM_OK)
            return false;
    }
    return true;
}

bool hm_sample_run_role(hm_sample_state *sample, hm_phase_role role)
{
    size_t index;
    const hm_phase *phase = hm_sample_find_phase(sample, role, &index);
    if (phase == NULL)
        return true;
    sample->phases[index].begin_ns = hm_clock_wall_ns();
    if (!(role == HM_PHASE_STEADY ? run_steady(sample) : hm_sample_run_phase(sample, phase, 1)))
        return false;
    hm_sample_interval *ran = &sample->phases[index];
    ran->end_ns = hm_clock_wall_ns();
    if (role != HM_PHASE_STEADY)
        hm_crew_span(&sample->crew, &ran->begin_ns, &ran->end_ns);
    return sample->request->kind == HM_SAMPLE_MEMORY ? hm_sample_take_edge(sample, phase->name)
                                                     : hm_sample_heaps_are_sound(sample);
}
