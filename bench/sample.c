#include "bench/sample.h"

#include "allocators/decorators.h"
#include "base/system_memory.h"
#include "bench/measure/clock.h"
#include "bench/runtime_host.h"
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
    if (request->cell.threads == 1 && (request->cell.workload->needs & HM_NEEDS_THREADS) != 0) {
        hm_error_set(&sample->error, HM_USAGE_ERROR, "%s needs more than one thread",
                     request->cell.workload->name);
        return false;
    }
    if (request->calibrate_seconds <= 0 && (request->iterations == 0 || request->batches == 0))
        return refuse(sample, HM_USAGE_ERROR, "iterations and batches must be at least 1");
    if (request->cell.backend->backend->linkage == HM_LINKAGE_INLINE &&
        request->kind != HM_SAMPLE_TIME)
        return refuse(sample, HM_USAGE_ERROR,
                      "linkage inline has time samples only: calls that are compiled in cannot be "
                      "counted or timed one by one; measure backend:pool/linkage:so");
    uint64_t most = hm_sample_most_iterations(&request->cell);
    if (request->iterations > most) {
        hm_error_set(&sample->error, HM_USAGE_ERROR,
                     "a batch of this work has at most %llu iterations, not %llu",
                     (unsigned long long)most, (unsigned long long)request->iterations);
        return false;
    }
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

static size_t event_bytes(const hm_sample_state *sample)
{
    return sample->request->cell.threads * sizeof *sample->events;
}

static bool make_room(hm_sample_state *sample)
{
    sample->events = hm_sample_map_room(sample, event_bytes(sample));
    sample->batches = hm_sample_map_room(sample, batch_bytes(sample));
    return sample->events != NULL && sample->batches != NULL &&
           hm_resident_open(&sample->resident, 0, &sample->error) == HM_OK &&
           (sample->request->kind != HM_SAMPLE_MEMORY || hm_sample_make_account_room(sample)) &&
           (sample->request->kind != HM_SAMPLE_LATENCY || hm_sample_make_latency_room(sample));
}

static bool bind_backend(hm_sample_state *sample)
{
    const hm_bench_cell *cell = &sample->request->cell;
    if (hm_backend_bind(cell->backend, &sample->bound, &sample->error) != HM_OK)
        return false;
    if (cell->threads > 1 && (sample->bound.capabilities & HM_ALLOCATOR_THREADS) == 0) {
        hm_error_set(&sample->error, HM_UNAVAILABLE,
                     "back end %s serves one thread only; threads must be 1", cell->backend->label);
        return false;
    }
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

/* Each where it is used: allocators keep memory by the thread that asks for it. */
static bool make_own_heap(void *context, unsigned thread)
{
    hm_sample_state *sample = context;
    const hm_sample_request *request = sample->request;
    hm_heap_config config =
        hm_heap_config_default(&sample->allocator, request->cell.collector.collector);
    config.settings = request->cell.collector.settings;
    config.sink =
        sample->sink.emit != NULL ? sample->sink : hm_sample_events_sink(&sample->events[thread]);
    config.freelists = request->freelists;
    config.sized_free = request->kind == HM_SAMPLE_MEMORY;
    config.ledger = hm_sample_wants_teardown();
    config.hash_seed = request->seed;
    sample->heaps[thread] = hm_heap_create(&config, &sample->errors[thread]);
    return sample->heaps[thread] != NULL;
}

static bool make_heaps(hm_sample_state *sample)
{
    const hm_bench_cell *cell = &sample->request->cell;
    unsigned thread;
    if (strcmp(cell->workload->group, "raw") == 0 || hm_runtime_host_get() != NULL)
        return true;
    sample->heap_count = cell->threads;
    if (hm_crew_run(&sample->crew, make_own_heap, sample))
        return true;
    sample->error = *hm_sample_told_error(sample, &thread);
    return false;
}

/* In another runtime's process its collector is switched as the cell says. */
static bool enter_host(hm_sample_state *sample)
{
    const hm_runtime_host *host = hm_runtime_host_get();
    return host == NULL || host->set_collector(&sample->request->cell.collector, &sample->error);
}

static bool set_up_workload(hm_sample_state *sample)
{
    const hm_bench_cell *cell = &sample->request->cell;
    sample->context =
        (hm_workload_context){.heaps = sample->heap_count == 0 ? NULL : sample->heaps,
                              .allocator = &sample->allocator,
                              .threads = cell->threads,
                              .seed = sample->request->seed,
                              .error = sample->errors,
                              .sized_free = sample->request->kind == HM_SAMPLE_MEMORY};
    memcpy(sample->context.parameters, cell->parameters, sizeof cell->parameters);
    sample->workload = cell->workload->setup(&sample->context);
    if (sample->workload != NULL)
        return true;
    sample->error = sample->errors[0];
    if (sample->error.status == HM_OK)
        refuse(sample, HM_RUNTIME_ERROR, "the workload could not be set up");
    return false;
}

static bool no_failures(hm_sample_state *sample)
{
    uint64_t failures = 0;
    const char *first = NULL;
    for (unsigned thread = 0; thread < sample->request->cell.threads; thread++) {
        const hm_sample_events *events = &sample->events[thread];
        failures += events->failures;
        if (first == NULL && events->failures > 0)
            first = events->first_failure;
    }
    if (failures == 0)
        return true;
    hm_error_set(&sample->error, HM_WRONG_RESULT,
                 "%llu finalizers or callbacks failed, the first with: %.160s",
                 (unsigned long long)failures, first);
    return false;
}

bool hm_sample_check_result(hm_sample_state *sample)
{
    if (sample->request->calibrate_seconds > 0)
        return true;
    if (!sample->request->cell.workload->check(sample->workload, &sample->checksum)) {
        hm_error reason = sample->errors[0];
        hm_error_set(&sample->error, HM_WRONG_RESULT, "the result is wrong: %.400s",
                     reason.status == HM_OK ? "the workload does not say how" : reason.message);
        return false;
    }
    sample->checked = true;
    return no_failures(sample);
}

static bool destroy_own_heap(void *context, unsigned thread)
{
    hm_sample_state *sample = context;
    if (sample->heaps[thread] != NULL)
        hm_heap_destroy(sample->heaps[thread]);
    return true;
}

void hm_sample_tear_down(hm_sample_state *sample)
{
    if (hm_sample_wants_teardown()) {
        if (sample->workload != NULL)
            sample->request->cell.workload->teardown(sample->workload);
        hm_crew_run(&sample->crew, destroy_own_heap, sample);
    }
    hm_crew_disband(&sample->crew);
    hm_latency_stop_calls();
    hm_sample_drop_latency_room(sample);
    if (sample->events != NULL)
        hm_system_unmap(sample->events, event_bytes(sample));
    if (sample->batches != NULL)
        hm_system_unmap(sample->batches, batch_bytes(sample));
    hm_sample_drop_account_room(sample);
    hm_resident_close(&sample->resident);
}

bool hm_sample_prepare(hm_sample_state *sample)
{
    return check_request(sample) && make_room(sample) && bind_backend(sample) &&
           hm_crew_make(&sample->crew, sample->request->cell.threads, &sample->error) == HM_OK &&
           make_heaps(sample) && enter_host(sample) && set_up_workload(sample);
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
