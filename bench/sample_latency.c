/**
 * This module is the steady phase of a latency sample: the same batches as a time sample's, in
 * which rounds chosen at random run by themselves between two looks at the clock.
 */
#include "bench/sample_latency.h"

#include "base/system_memory.h"
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <math.h>
#include <string.h>

#define MEAN_OF 0.99

/* Apart from the workload's sequence, and from each other. */
#define SEED_OF_ROUNDS 0x726f756e6473u
#define SEED_OF_CALLS  0x63616c6c73u

const uint64_t hm_latency_windows_ns[HM_LATENCY_WINDOWS] = {
    100000, 300000, 1000000, 3000000, 10000000, 30000000, 100000000, 300000000, 1000000000};

void hm_latency_record(hm_latency_times *times, uint64_t measured_ns, uint64_t clock_ns)
{
    hm_histogram_record(&times->histogram, measured_ns > clock_ns ? measured_ns - clock_ns : 0);
    hm_histogram_record(&times->measured, measured_ns);
}

double hm_latency_mean_ns(const hm_latency_times *times, const hm_histogram *nothing)
{
    double mean_ns, nothing_ns;
    if (!hm_histogram_low_mean(&times->measured, MEAN_OF, &mean_ns) ||
        !hm_histogram_low_mean(nothing, MEAN_OF, &nothing_ns))
        return NAN;
    return mean_ns > nothing_ns ? mean_ns - nothing_ns : NAN;
}

/* Apart for each thread; thread 0 has the sample's own. */
static uint64_t seed_of(const hm_sample_state *sample, unsigned thread)
{
    return sample->request->seed ^ thread * UINT64_C(0x9e3779b97f4a7c15);
}

static void begin_rounds(const hm_sample_state *sample, unsigned thread)
{
    hm_latency *latency = &sample->latency[thread];
    latency->rounds_one_in = sample->latency->rounds_one_in;
    latency->clock = sample->latency->clock;
    memset(&latency->rounds, 0, sizeof latency->rounds);
    hm_gaps_start(&latency->gaps, seed_of(sample, thread) ^ SEED_OF_ROUNDS, latency->rounds_one_in);
    latency->until_next_round = hm_gaps_next(&latency->gaps);
    latency->log.left_out_ns = 0;
    latency->counting = true;
}

static bool start_calls(void *context, unsigned thread)
{
    hm_sample_state *sample = context;
    hm_latency *latency = &sample->latency[thread];
    hm_latency_start_calls(&latency->calls, latency->clock.typical_ns,
                           seed_of(sample, thread) ^ SEED_OF_CALLS);
    return true;
}

void hm_sample_begin_latency(hm_sample_state *sample)
{
    const hm_sample_request *request = sample->request;
    hm_latency *latency = sample->latency;
    latency->rounds_one_in =
        hm_gaps_one_in(request->batches * request->iterations * request->cell.threads,
                       HM_LATENCY_WANTED_ROUNDS, HM_LATENCY_RAREST);
    hm_clock_cost_measure(&latency->clock, &latency->rounds.histogram);
    for (unsigned thread = 0; thread < request->cell.threads; thread++)
        begin_rounds(sample, thread);
    latency->span.begin_ns = hm_clock_wall_ns();
    hm_crew_run(&sample->crew, start_calls, sample);
}

void hm_sample_leave_out(hm_sample_state *sample, uint64_t stretch_ns)
{
    for (unsigned thread = 0; thread < sample->request->cell.threads; thread++)
        sample->latency[thread].log.left_out_ns += stretch_ns;
}

/* MMU of one thread: what stops it are its own pauses. */
static void find_mmu(hm_latency *latency, hm_mmu_pause span)
{
    hm_pause_log *log = &latency->log;
    size_t count = hm_mmu_join(log->pauses, log->count);
    for (size_t index = 0; index < HM_LATENCY_WINDOWS; index++) {
        bool known = log->lost == 0 && hm_mmu(log->pauses, count, span,
                                              hm_latency_windows_ns[index], &latency->mmu[index]);
        if (!known)
            latency->mmu[index] = NAN;
    }
}

static void add_times(hm_latency_times *sum, const hm_latency_times *other)
{
    hm_histogram_merge(&sum->histogram, &other->histogram);
    hm_histogram_merge(&sum->measured, &other->measured);
}

/* The times of all threads together, and of their MMU the worst: a thread stands still alone. */
static void add_thread(hm_latency *sum, const hm_latency *other)
{
    add_times(&sum->rounds, &other->rounds);
    add_times(&sum->calls.malloc, &other->calls.malloc);
    add_times(&sum->calls.free, &other->calls.free);
    add_times(&sum->calls.realloc, &other->calls.realloc);
    hm_histogram_merge(&sum->calls.nothing, &other->calls.nothing);
    sum->log.lost += other->log.lost;
    for (size_t index = 0; index < HM_LATENCY_WINDOWS; index++) {
        if (isnan(other->mmu[index]) || other->mmu[index] < sum->mmu[index])
            sum->mmu[index] = other->mmu[index];
    }
}

static bool stop_calls(void *context, unsigned thread)
{
    HM_UNUSED(context);
    HM_UNUSED(thread);
    hm_latency_stop_calls();
    return true;
}

void hm_sample_end_latency(hm_sample_state *sample)
{
    hm_latency *latency = sample->latency;
    hm_crew_run(&sample->crew, stop_calls, sample);
    latency->span.end_ns = hm_clock_wall_ns() - latency->log.left_out_ns;
    find_mmu(latency, latency->span);
    latency->counting = false;
    for (unsigned thread = 1; thread < sample->request->cell.threads; thread++) {
        latency[thread].counting = false;
        find_mmu(&latency[thread], latency->span);
        add_thread(latency, &latency[thread]);
    }
}

static size_t latency_bytes(const hm_sample_state *sample)
{
    return sample->request->cell.threads * sizeof(hm_latency);
}

bool hm_sample_make_latency_room(hm_sample_state *sample)
{
    unsigned threads = sample->request->cell.threads;
    size_t room = HM_LATENCY_KEPT_PAUSES / threads;
    hm_mmu_pause *pauses = hm_sample_map_room(sample, threads * room * sizeof *pauses);
    if (pauses == NULL)
        return false;
    sample->latency = hm_sample_map_room(sample, latency_bytes(sample));
    if (sample->latency == NULL) {
        hm_system_unmap(pauses, threads * room * sizeof *pauses);
        return false;
    }
    for (unsigned thread = 0; thread < threads; thread++) {
        sample->latency[thread].log =
            (hm_pause_log){.room = room, .pauses = pauses + thread * room};
        sample->events[thread].log = &sample->latency[thread].log;
    }
    return true;
}

void hm_sample_drop_latency_room(hm_sample_state *sample)
{
    if (sample->latency == NULL)
        return;
    hm_pause_log *log = &sample->latency->log;
    hm_system_unmap(log->pauses, sample->request->cell.threads * log->room * sizeof *log->pauses);
    hm_system_unmap(sample->latency, latency_bytes(sample));
    sample->latency = NULL;
}

static bool time_round(hm_sample_state *sample, unsigned thread, const hm_phase *phase)
{
    hm_latency *latency = &sample->latency[thread];
    uint64_t began_ns = hm_clock_wall_ns();
    bool finished = phase->step(sample->workload, thread, 1);
    hm_latency_record(&latency->rounds, hm_clock_wall_ns() - began_ns, latency->clock.typical_ns);
    latency->until_next_round = hm_gaps_next(&latency->gaps);
    return finished;
}

bool hm_sample_time_rounds(hm_sample_state *sample, unsigned thread, const hm_phase *phase,
                           uint64_t rounds)
{
    hm_latency *latency = &sample->latency[thread];
    while (rounds > 0) {
        uint64_t untimed = latency->until_next_round - 1;
        if (untimed > rounds)
            untimed = rounds;
        if (untimed > 0 && !phase->step(sample->workload, thread, untimed))
            return false;
        latency->until_next_round -= untimed;
        rounds -= untimed;
        if (rounds == 0)
            break;
        if (!time_round(sample, thread, phase))
            return false;
        rounds--;
    }
    return true;
}
