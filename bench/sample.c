#include "bench/sample.h"

#include "allocators/decorators.h"
#include "base/system_memory.h"
#include "bench/measure/clock.h"
#include "bench/sample_state.h"

#include <stdlib.h>
#include <string.h>

const char *hm_sample_kind_name(hm_sample_kind kind)
{
    static const char *const names[HM_SAMPLE_KINDS] = {"time", "memory", "latency"};
    HM_CHECK((size_t)kind < HM_COUNT_OF(names));
    return names[kind];
}

bool hm_sample_wants_teardown(void)
{
#ifdef HM_SANITIZED
    return true;
#else
    const char *wanted = getenv("HEAPMARK_TEARDOWN");
    return wanted != NULL && strcmp(wanted, "1") == 0;
#endif
}

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

bool hm_sample_collect(hm_sample_state *sample)
{
    const hm_collector *collector = sample->request->cell.collector.collector;
    if (collector->collect == NULL || (collector->capabilities & HM_COLLECTOR_COLLECTS) == 0)
        return false;
    bool generations = (collector->capabilities & HM_COLLECTOR_GENERATIONS) != 0;
    for (unsigned index = 0; index < sample->heap_count; index++)
        hm_heap_collect(sample->heaps[index], generations ? HM_GENERATIONS - 1 : 0);
    return true;
}

bool hm_sample_run_phase(hm_sample_state *sample, const hm_phase *phase, uint64_t iterations)
{
    if (phase->step(sample->workload, 0, iterations))
        return true;
    hm_error reason = sample->error;
    hm_error_set(&sample->error, reason.status == HM_OK ? HM_RUNTIME_ERROR : reason.status,
                 "phase %s failed: %.400s", phase->name,
                 reason.status == HM_OK ? "the workload does not say why" : reason.message);
    return false;
}

bool hm_sample_run_batch(hm_sample_state *sample, uint64_t iterations)
{
    size_t index;
    const hm_phase *steady = hm_sample_find_phase(sample, HM_PHASE_STEADY, &index);
    bool timing_rounds = sample->latency != NULL && sample->latency->counting;
    if (!(timing_rounds ? hm_sample_time_rounds(sample, steady, iterations)
                        : hm_sample_run_phase(sample, steady, iterations)))
        return false;
    if (!sample->request->cell.collector.settings.automatic)
        hm_sample_collect(sample);
    return true;
}

void hm_sample_begin_counting(hm_sample_state *sample)
{
    if (sample->latency != NULL)
        hm_sample_begin_latency(sample);
    sample->events->recording = true;
    sample->steady_began = hm_usage_read();
}

void hm_sample_end_counting(hm_sample_state *sample)
{
    hm_usage ended = hm_usage_read();
    sample->events->recording = false;
    if (sample->latency != NULL)
        hm_sample_end_latency(sample);
    sample->steady_usage = hm_usage_between(&sample->steady_began, &ended);
}

/* The same batches as a time sample's, without a clock. */
static bool run_untimed_batches(hm_sample_state *sample)
{
    hm_sample_begin_counting(sample);
    for (; sample->batches_done < sample->request->batches; sample->batches_done++) {
        if (!hm_sample_run_batch(sample, sample->request->iterations))
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
    if (!hm_sample_run_batch(sample, sample->request->iterations))
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
    sample->phases[index].end_ns = hm_clock_wall_ns();
    return sample->request->kind == HM_SAMPLE_MEMORY ? hm_sample_take_edge(sample, phase->name)
                                                     : hm_sample_heaps_are_sound(sample);
}

static bool run_phases(hm_sample_state *sample)
{
    bool memory = sample->request->kind == HM_SAMPLE_MEMORY;
    if (memory)
        hm_sample_start_peak(sample);
    sample->build_started_ns = hm_clock_wall_ns();
    if (memory && !hm_sample_take_edge(sample, "setup"))
        return false;
    if (!hm_sample_run_role(sample, HM_PHASE_BUILD))
        return false;
    if (sample->request->calibrate_seconds > 0)
        return hm_sample_calibrate(sample);
    return hm_sample_run_role(sample, HM_PHASE_STEADY) && hm_sample_run_release(sample);
}

static bool refuse(hm_sample_state *sample, hm_status status, const char *message)
{
    hm_error_set(&sample->error, status, "%s", message);
    return false;
}

static bool check_request(hm_sample_state *sample)
{
    const hm_sample_request *request = sample->request;
    size_t index;
    if (request->cell.threads != 1)
        return refuse(sample, HM_UNAVAILABLE,
                      "a sample runs one thread only so far; threads must be 1");
    if (request->calibrate_seconds <= 0 && (request->iterations == 0 || request->batches == 0))
        return refuse(sample, HM_USAGE_ERROR, "iterations and batches must be at least 1");
    if (request->cell.backend->backend->linkage == HM_LINKAGE_INLINE &&
        request->kind != HM_SAMPLE_TIME)
        return refuse(sample, HM_USAGE_ERROR,
                      "linkage inline has time samples only: calls that are compiled in cannot be "
                      "counted or timed one by one; measure backend:pool/linkage:so");
    if (hm_sample_find_phase(sample, HM_PHASE_STEADY, &index) == NULL)
        return refuse(sample, HM_RUNTIME_ERROR, "the workload has no steady phase to measure");
    return true;
}

void *hm_sample_map_room(hm_sample_state *sample, size_t bytes)
{
    void *room = hm_system_map(bytes);
    if (room == NULL)
        hm_error_set(&sample->error, HM_NO_MEMORY, "no %zu bytes for the sample's own results",
                     bytes);
    else
        memset(room, 0, bytes);
    return room;
}

/* Only time samples keep each batch: a soak of a million must not find them in its own memory. */
static size_t batch_bytes(const hm_sample_state *sample)
{
    uint64_t kept = sample->request->kind == HM_SAMPLE_TIME ? sample->request->batches : 0;
    return (size_t)(kept + 1) * sizeof *sample->batches;
}

static bool make_latency_room(hm_sample_state *sample)
{
    sample->latency = hm_sample_map_room(sample, sizeof *sample->latency);
    if (sample->latency != NULL)
        sample->events->log = &sample->latency->log;
    return sample->latency != NULL;
}

static bool make_room(hm_sample_state *sample)
{
    sample->events = hm_sample_map_room(sample, sizeof *sample->events);
    sample->batches = hm_sample_map_room(sample, batch_bytes(sample));
    return sample->events != NULL && sample->batches != NULL &&
           hm_resident_open(&sample->resident, 0, &sample->error) == HM_OK &&
           (sample->request->kind != HM_SAMPLE_MEMORY || hm_sample_make_account_room(sample)) &&
           (sample->request->kind != HM_SAMPLE_LATENCY || make_latency_room(sample));
}

static bool bind_backend(hm_sample_state *sample)
{
    const hm_bench_cell *cell = &sample->request->cell;
    if (hm_backend_bind(cell->backend, &sample->bound, &sample->error) != HM_OK)
        return false;
    if ((cell->workload->needs & HM_NEEDS_USABLE_SIZE) != 0 &&
        (sample->bound.capabilities & HM_ALLOCATOR_USABLE_SIZE) == 0)
        return refuse(sample, HM_UNAVAILABLE,
                      "the workload needs usable sizes, which this back end does not tell");
    if (sample->request->kind == HM_SAMPLE_MEMORY) {
        hm_count_share(sample->accounts.page);
        hm_count_decorate(&sample->bound, &sample->allocator);
    } else if (sample->request->kind == HM_SAMPLE_LATENCY) {
        hm_latency_decorate(&sample->bound, &sample->allocator);
    } else {
        sample->allocator = sample->bound;
    }
    return true;
}

static bool make_heaps(hm_sample_state *sample)
{
    const hm_sample_request *request = sample->request;
    hm_heap_config config =
        hm_heap_config_default(&sample->allocator, request->cell.collector.collector);
    config.settings = request->cell.collector.settings;
    config.sink = sample->sink.emit != NULL ? sample->sink : hm_sample_events_sink(sample->events);
    config.freelists = request->freelists;
    config.sized_free = request->kind == HM_SAMPLE_MEMORY;
    config.ledger = hm_sample_wants_teardown();
    config.hash_seed = request->seed;
    unsigned wanted = strcmp(request->cell.workload->group, "raw") == 0 ? 0 : request->cell.threads;
    for (; sample->heap_count < wanted; sample->heap_count++) {
        hm_heap *heap = hm_heap_create(&config, &sample->error);
        if (heap == NULL)
            return false;
        sample->heaps[sample->heap_count] = heap;
    }
    return true;
}

static bool set_up_workload(hm_sample_state *sample)
{
    const hm_bench_cell *cell = &sample->request->cell;
    sample->context = (hm_workload_context){.heaps = sample->heap_count == 0 ? NULL : sample->heaps,
                                            .allocator = &sample->allocator,
                                            .threads = cell->threads,
                                            .seed = sample->request->seed,
                                            .error = &sample->error};
    memcpy(sample->context.parameters, cell->parameters, sizeof cell->parameters);
    sample->workload = cell->workload->setup(&sample->context);
    if (sample->workload == NULL && sample->error.status == HM_OK)
        return refuse(sample, HM_RUNTIME_ERROR, "the workload could not be set up");
    return sample->workload != NULL;
}

bool hm_sample_check_result(hm_sample_state *sample)
{
    if (sample->request->calibrate_seconds > 0)
        return true;
    if (!sample->request->cell.workload->check(sample->workload, &sample->checksum)) {
        hm_error reason = sample->error;
        hm_error_set(&sample->error, HM_WRONG_RESULT, "the result is wrong: %.400s",
                     reason.status == HM_OK ? "the workload does not say how" : reason.message);
        return false;
    }
    sample->checked = true;
    if (sample->events->failures == 0)
        return true;
    hm_error_set(&sample->error, HM_WRONG_RESULT,
                 "%llu finalizers or callbacks failed, the first with: %.160s",
                 (unsigned long long)sample->events->failures, sample->events->first_failure);
    return false;
}

void hm_sample_tear_down(hm_sample_state *sample)
{
    if (hm_sample_wants_teardown()) {
        if (sample->workload != NULL)
            sample->request->cell.workload->teardown(sample->workload);
        for (unsigned index = 0; index < sample->heap_count; index++)
            hm_heap_destroy(sample->heaps[index]);
    }
    hm_latency_stop_calls();
    if (sample->latency != NULL)
        hm_system_unmap(sample->latency, sizeof *sample->latency);
    if (sample->events != NULL)
        hm_system_unmap(sample->events, sizeof *sample->events);
    if (sample->batches != NULL)
        hm_system_unmap(sample->batches, batch_bytes(sample));
    hm_sample_drop_account_room(sample);
    hm_resident_close(&sample->resident);
}

bool hm_sample_prepare(hm_sample_state *sample)
{
    return check_request(sample) && make_room(sample) && bind_backend(sample) &&
           make_heaps(sample) && set_up_workload(sample);
}

hm_status hm_sample_run(const hm_sample_request *request, int record_fd, hm_error *error)
{
    hm_sample_state sample = {.request = request, .resident = {-1, -1, -1}};
    bool valid =
        hm_sample_prepare(&sample) && run_phases(&sample) && hm_sample_check_result(&sample);
    if (valid)
        hm_error_clear(&sample.error);
    else if (sample.error.status == HM_OK)
        refuse(&sample, HM_RUNTIME_ERROR, "the sample failed and nothing says why");
    hm_error write_error = {0};
    hm_status written = hm_sample_write_record(&sample, record_fd, &write_error);
    hm_sample_tear_down(&sample);
    if (valid && written == HM_OK)
        return HM_OK;
    const hm_error *told = valid ? &write_error : &sample.error;
    return hm_error_set(error, told->status, "%s", told->message);
}
