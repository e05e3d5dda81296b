/**
 * This module is the timed batches. Google Benchmark runs them as the iterations of one benchmark
 * with a fixed number of iterations and manual time; the clocks are read here, around each batch,
 * so that the series inside a sample is kept, and what the library adds up must agree with it.
 */
#include "bench/gbench.h"
#include "bench/measure/clock.h"
#include "bench/measure/speed.h"
#include "bench/sample_state.h"

#include <math.h>
#include <stdio.h>

/* What the library reported. */
typedef struct report {
    unsigned results;
    int64_t iterations;
    double seconds;
    char error[256]; /* "": none */
} report;

static void time_batch(hm_sample_state *sample, hm_gbench_state *state)
{
    hm_sample_batch *batch = &sample->batches[sample->batches_done];
    if (!hm_sample_restore(sample)) {
        hm_gbench_skip_with_error(state, sample->error.message);
        return;
    }
    batch->probe_ns = hm_speed_probe_ns();
    hm_counters_start(&sample->counters);
    uint64_t cpu_began_ns = hm_clock_cpu_ns();
    uint64_t wall_began_ns = hm_clock_wall_ns();
    bool finished = hm_sample_run_batch(sample, sample->request->iterations);
    uint64_t wall_ended_ns = hm_clock_wall_ns();
    batch->cpu_ns = hm_clock_cpu_ns() - cpu_began_ns;
    hm_counters_stop(&sample->counters);
    /* Of several threads: from the moment they are let go to the last one's end. */
    hm_crew_span(&sample->crew, &wall_began_ns, &wall_ended_ns);
    batch->wall_ns = wall_ended_ns - wall_began_ns;
    hm_gbench_set_iteration_time(state, (double)batch->wall_ns * 1e-9);
    if (finished)
        sample->batches_done++;
    else
        hm_gbench_skip_with_error(state, sample->error.message);
}

/* The counters are those of the thread that opens them: of several threads none would be whole. */
static void open_counters(hm_sample_state *sample)
{
    bool alone = sample->request->cell.threads == 1;
    hm_counters_open(&sample->counters, hm_hardware_counters, alone ? HM_HARDWARE_COUNTERS : 0);
}

static void read_counters(hm_sample_state *sample)
{
    hm_counters_read(&sample->counters, &sample->counts);
    hm_counters_close(&sample->counters);
    if (sample->request->cell.threads == 1)
        return;
    sample->counts.count = HM_HARDWARE_COUNTERS;
    for (size_t index = 0; index < HM_HARDWARE_COUNTERS; index++)
        sample->counts.values[index] = HM_COUNTER_ABSENT;
    snprintf(sample->counts.absent, sizeof sample->counts.absent,
             "the processor's counters are read in samples of one thread only");
}

static void run_batches(hm_gbench_state *state, void *user_data)
{
    hm_sample_state *sample = user_data;
    open_counters(sample);
    hm_sample_begin_counting(sample);
    while (hm_gbench_keep_running(state))
        time_batch(sample, state);
    hm_sample_end_counting(sample);
    read_counters(sample);
    sample->batches[sample->batches_done].probe_ns = hm_speed_probe_ns();
    hm_sample_mark_disturbed(sample);
}

static void capture(const hm_gbench_result *result, void *user_data)
{
    report *captured = user_data;
    captured->results++;
    captured->iterations = result->iterations;
    captured->seconds = result->real_seconds;
    snprintf(captured->error, sizeof captured->error, "%s",
             result->error_message == NULL ? "" : result->error_message);
}

static bool run_benchmark(hm_sample_state *sample, hm_gbench_reporter *reporter)
{
    hm_gbench_benchmark *benchmark = hm_gbench_register("batches", run_batches, sample);
    return benchmark != NULL && hm_gbench_use_manual_time(benchmark) &&
           hm_gbench_measure_process_cpu_time(benchmark) &&
           hm_gbench_set_iterations(benchmark, (int64_t)sample->request->batches) &&
           hm_gbench_run("all", &reporter, 1, NULL);
}

/* The library must have run what was asked, once, and added up the times it was given. */
static bool agrees(hm_sample_state *sample, const report *captured)
{
    uint64_t total_ns = 0;
    for (uint64_t batch = 0; batch < sample->batches_done; batch++)
        total_ns += sample->batches[batch].wall_ns;
    double seconds = (double)total_ns * 1e-9;
    if (captured->results == 1 && (uint64_t)captured->iterations == sample->request->batches &&
        sample->batches_done == sample->request->batches &&
        fabs(captured->seconds - seconds) <= 1e-6 * seconds + 1e-9)
        return true;
    hm_error_set(&sample->error, HM_WRONG_RESULT,
                 "Google Benchmark reported %u results of %lld batches in %.9f s instead of one of "
                 "%llu in %.9f s",
                 captured->results, (long long)captured->iterations, captured->seconds,
                 (unsigned long long)sample->request->batches, seconds);
    return false;
}

void hm_sample_mark_disturbed(hm_sample_state *sample)
{
    hm_sample_batch *batches = sample->batches;
    uint64_t quickest_ns = sample->request->quiet_probe_ns;
    for (uint64_t place = 0; place <= sample->batches_done; place++) {
        if (quickest_ns == 0 || batches[place].probe_ns < quickest_ns)
            quickest_ns = batches[place].probe_ns;
    }
    double limit_ns = (double)quickest_ns * HM_SAMPLE_PROBE_TOLERANCE;
    for (uint64_t batch = 0; batch < sample->batches_done; batch++)
        batches[batch].disturbed = (double)batches[batch].probe_ns > limit_ns ||
                                   (double)batches[batch + 1].probe_ns > limit_ns;
}

bool hm_sample_time_batches(hm_sample_state *sample)
{
    report captured = {0};
    hm_gbench_reporter *reporter = hm_gbench_reporter_to_function(capture, &captured);
    bool ran = reporter != NULL && run_benchmark(sample, reporter);
    if (!ran)
        hm_error_set(&sample->error, HM_RUNTIME_ERROR, "Google Benchmark refused to run: %.400s",
                     hm_gbench_error());
    else if (captured.error[0] != '\0' && sample->error.status == HM_OK)
        hm_error_set(&sample->error, HM_RUNTIME_ERROR, "Google Benchmark: %.400s", captured.error);
    else if (captured.error[0] == '\0')
        ran = agrees(sample, &captured);
    hm_gbench_reporter_destroy(reporter);
    hm_gbench_clear();
    return ran && captured.error[0] == '\0';
}
