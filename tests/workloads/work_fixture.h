/*
 * This module is a work run from its name on a heap of its own, so that a test says
 * "cyclic-graph/shape:ring" and gets a checksum, and every such run ends by proving that nothing
 * stayed allocated.
 */
#ifndef HM_TESTS_WORK_FIXTURE_H
#define HM_TESTS_WORK_FIXTURE_H

#include "heap_fixture.h"
#include "workloads/workload.h"

/* A work with its context; `context.error` points to `errors`, one a thread. */
typedef struct test_work {
    const hm_workload *workload;
    hm_workload_context context;
    hm_heap *heaps[4];
    union {
        hm_error error;
        hm_error errors[4];
    };
    void *state;
} test_work;

/* Parses "NAME[/parameter:value]…" as a record holds it. */
static inline void work_parse(test_work *work, const char *name)
{
    char text[256];
    hm_error error = {0};
    snprintf(text, sizeof text, "%s", name);
    char *rest = strchr(text, '/');
    if (rest != NULL)
        *rest++ = '\0';
    work->workload = hm_workload_find(text);
    assert_non_null(work->workload);
    hm_parameters_default(work->workload, work->context.parameters);
    while (rest != NULL) {
        char *part = rest, *value = strchr(part, ':');
        rest = strchr(part, '/');
        if (rest != NULL)
            *rest++ = '\0';
        *value++ = '\0';
        int index = hm_parameter_find(work->workload, part);
        assert_true(index >= 0);
        if (hm_parameter_parse(&work->workload->parameters[index], value,
                               &work->context.parameters[index], &error) != HM_OK)
            fail_msg("%s: %s", name, error.message);
    }
}

static inline hm_status work_validate(test_work *work)
{
    if (work->workload->validate == NULL)
        return HM_OK;
    return work->workload->validate(work->context.parameters, &work->error);
}

/* A valid work on `threads` heaps under a collector, not yet set up. */
static inline void work_prepare(test_work *work, const char *name, const char *collector,
                                unsigned threads, uint64_t seed)
{
    memset(work, 0, sizeof *work);
    work_parse(work, name);
    if (work_validate(work) != HM_OK)
        fail_msg("%s: %s", name, work->error.message);
    for (unsigned thread = 0; thread < threads; thread++)
        work->heaps[thread] = fixture_heap(collector);
    work->context.heaps = work->heaps;
    work->context.allocator = fixture_allocator();
    work->context.threads = threads;
    work->context.seed = seed;
    work->context.error = work->errors;
}

/* Runs the phases of one role, on every thread in turn. */
static inline bool work_phase(test_work *work, hm_phase_role role, uint64_t iterations)
{
    for (int index = 0; index < HM_MAX_PHASES && work->workload->phases[index].step; index++) {
        const hm_phase *phase = &work->workload->phases[index];
        for (unsigned thread = 0; phase->role == role && thread < work->context.threads; thread++) {
            if (!phase->step(work->state, thread, iterations))
                return false;
        }
    }
    return true;
}

/* Sets up and runs build, `iterations` in two batches, release and refill. */
static inline bool work_run(test_work *work, uint64_t iterations)
{
    work->state = work->workload->setup(&work->context);
    return work->state != NULL && work_phase(work, HM_PHASE_BUILD, 1) &&
           work_phase(work, HM_PHASE_STEADY, iterations / 3) &&
           work_phase(work, HM_PHASE_STEADY, iterations - iterations / 3) &&
           work_phase(work, HM_PHASE_RELEASE, 1) && work_phase(work, HM_PHASE_REFILL, 1);
}

static inline void work_demand(const test_work *work, bool done)
{
    if (!done)
        fail_msg("%s: %s", work->workload->name, work->error.message);
}

/* A work on one thread with its build phase done. */
static inline void work_start(test_work *work, const char *name, const char *collector,
                              uint64_t seed)
{
    work_prepare(work, name, collector, 1, seed);
    work->state = work->workload->setup(&work->context);
    assert_non_null(work->state);
    work_demand(work, work_phase(work, HM_PHASE_BUILD, 1));
}

static inline void work_steady(test_work *work, uint64_t iterations)
{
    work_demand(work, work_phase(work, HM_PHASE_STEADY, iterations));
}

/* Live objects over all heaps. */
static inline uint64_t work_live(const test_work *work)
{
    uint64_t live = 0;
    for (unsigned thread = 0; thread < work->context.threads; thread++)
        live += hm_heap_live_objects(work->heaps[thread]);
    return live;
}

static inline void work_teardown(test_work *work)
{
    if (work->state != NULL)
        work->workload->teardown(work->state);
    work->state = NULL;
}

/* Destroys the heaps; what stays allocated after that is a failure. */
static inline void work_end(test_work *work)
{
    hm_error error = {0};
    work_teardown(work);
    for (unsigned thread = 0; thread < work->context.threads; thread++) {
        if (hm_heap_check(work->heaps[thread], &error) != HM_OK)
            fail_msg("%s: %s", work->workload->name, error.message);
        hm_heap_destroy(work->heaps[thread]);
    }
    hm_debug_totals totals = hm_debug_read();
    assert_int_equal(totals.live_bytes, 0);
    assert_int_equal(totals.defects, 0);
}

/* Whether the work leaves cycles, which only a collector frees. */
static inline bool work_leaves_cycles(const char *name)
{
    test_work work = {0};
    work_parse(&work, name);
    if ((work.workload->needs & HM_NEEDS_COLLECTION) == 0 || strstr(name, "by-hand") != NULL)
        return false;
    int cyclic = hm_parameter_find(work.workload, "cyclic");
    if (cyclic >= 0 && work.context.parameters[cyclic] > 0)
        return true;
    if (strcmp(work.workload->name, "collect-graph") == 0)
        return true;
    return strcmp(work.workload->name, "cyclic-graph") == 0 ||
                   strcmp(work.workload->name, "lru-cache") == 0
               ? strstr(name, "weak") == NULL
               : false;
}

/*
 * The checksum of a whole run. Every object must be gone after teardown and a collection, and after
 * teardown alone under collectors that do not collect, but for graphs left with strong cycles.
 */
static inline uint64_t work_checksum(const char *name, const char *collector, unsigned threads,
                                     uint64_t seed, uint64_t iterations)
{
    test_work work;
    uint64_t checksum = 0;
    work_prepare(&work, name, collector, threads, seed);
    uint64_t before = work_live(&work);
    work_demand(&work, work_run(&work, iterations));
    work_demand(&work, work.workload->check(work.state, &checksum));
    work_teardown(&work);
    for (unsigned thread = 0; thread < threads; thread++)
        hm_heap_collect(work.heaps[thread], 2);
    bool leaks = work_leaves_cycles(name) && strcmp(collector, "generational") != 0;
    if (!leaks && work_live(&work) != before)
        fail_msg("%s under %s leaves %llu objects", name, collector,
                 (unsigned long long)(work_live(&work) - before));
    work_end(&work);
    return checksum;
}

#endif
