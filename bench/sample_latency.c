/**
 * This module is the steady phase of a latency sample: the same batches as a time sample's, in
 * which rounds chosen at random run by themselves between two looks at the clock.
 */
#include "bench/sample_latency.h"

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

void hm_sample_begin_latency(hm_sample_state *sample)
{
    const hm_sample_request *request = sample->request;
    hm_latency *latency = sample->latency;
    latency->rounds_one_in = hm_gaps_one_in(request->batches * request->iterations,
                                            HM_LATENCY_WANTED_ROUNDS, HM_LATENCY_RAREST);
    hm_clock_cost_measure(&latency->clock, &latency->rounds.histogram);
    memset(&latency->rounds, 0, sizeof latency->rounds);
    hm_gaps_start(&latency->gaps, request->seed ^ SEED_OF_ROUNDS, latency->rounds_one_in);
    latency->until_next_round = hm_gaps_next(&latency->gaps);
    latency->counting = true;
    latency->span.begin_ns = hm_clock_wall_ns();
    hm_latency_start_calls(&latency->calls, latency->clock.typical_ns,
                           request->seed ^ SEED_OF_CALLS);
}

static void find_mmu(hm_latency *latency)
{
    hm_pause_log *log = &latency->log;
    size_t count = hm_mmu_join(log->pauses, log->count);
    for (size_t index = 0; index < HM_LATENCY_WINDOWS; index++) {
        bool known = log->lost == 0 && hm_mmu(log->pauses, count, latency->span,
                                              hm_latency_windows_ns[index], &latency->mmu[index]);
        if (!known)
            latency->mmu[index] = NAN;
    }
}

void hm_sample_end_latency(hm_sample_state *sample)
{
    hm_latency *latency = sample->latency;
    hm_latency_stop_calls();
    latency->span.end_ns = hm_clock_wall_ns();
    latency->counting = false;
    find_mmu(latency);
}

static bool time_round(hm_sample_state *sample, const hm_phase *phase)
{
    hm_latency *latency = sample->latency;
    uint64_t began_ns = hm_clock_wall_ns();
    bool finished = hm_sample_run_phase(sample, phase, 1);
    hm_latency_record(&latency->rounds, hm_clock_wall_ns() - began_ns, latency->clock.typical_ns);
    latency->until_next_round = hm_gaps_next(&latency->gaps);
    return finished;
}

bool hm_sample_time_rounds(hm_sample_state *sample, const hm_phase *phase, uint64_t rounds)
{
    hm_latency *latency = sample->latency;
    while (rounds > 0) {
        uint64_t untimed = latency->until_next_round - 1;
        if (untimed > rounds)
            untimed = rounds;
        if (untimed > 0 && !hm_sample_run_phase(sample, phase, untimed))
            return false;
        latency->until_next_round -= untimed;
        rounds -= untimed;
        if (rounds == 0)
            break;
        if (!time_round(sample, phase))
            return false;
        rounds--;
    }
    return true;
}
