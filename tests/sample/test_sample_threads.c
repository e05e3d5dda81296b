/*
 * This module tests samples of several threads and of works with a restore phase, whole: a made-up
 * raw work runs in a process of its own and writes down in shared memory what was done to it.
 */
#include "cmocka_all.h"

#include "allocators/call.h"
#include "bench/sample.h"

#include <jansson.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, BATCHES = 5, ITERATIONS = 3, BLOCKS = 500, PAGES = 3, ROLES = 5 };
#ifdef HM_VALGRIND /* the work itself takes many times as long */
enum { SLEEP_NS = 1000000000 };
#else
enum { SLEEP_NS = 20000000 };
#endif

/* What the work is to do, and what was done. */
typedef struct notes {
    uint64_t most;      /* iterations of a batch; 0: any number */
    uint64_t sleep_ns;  /* in the restore phase */
    unsigned failing;   /* thread whose steady phase fails; THREADS: none */
    pid_t ids[THREADS]; /* of the thread that ran the last phase */
    unsigned strangers; /* phases that ran on another thread than the one before */
    unsigned runs[ROLES][THREADS];
    uint64_t most_seen;
    hm_phase_role last[THREADS]; /* phase of each thread */
    const hm_workload_context *context;
    void *blocks[THREADS][BLOCKS];
} notes;

static notes *seen;

static size_t size_of(unsigned thread, unsigned block)
{
    return 16 * (thread + 1) + block % 7;
}

static void note(hm_phase_role role, unsigned thread)
{
    pid_t id = (pid_t)syscall(SYS_gettid);
    if (seen->ids[thread] != 0 && seen->ids[thread] != id)
        seen->strangers++;
    seen->ids[thread] = id;
    seen->runs[role][thread]++;
    seen->last[thread] = role;
}

static bool build(void *state, unsigned thread, uint64_t iterations)
{
    (void)state, (void)iterations;
    note(HM_PHASE_BUILD, thread);
    return true;
}

/* Frees what is there and makes it again: what stays is BLOCKS of this thread's sizes. */
static bool steady(void *state, unsigned thread, uint64_t iterations)
{
    (void)state;
    bool restored = seen->last[thread] != HM_PHASE_BUILD;
    note(HM_PHASE_STEADY, thread);
    if (thread == 0 && iterations > seen->most_seen)
        seen->most_seen = iterations;
    if (thread == seen->failing || !restored) {
        hm_error_set(&seen->context->error[thread], HM_RUNTIME_ERROR, "thread %u broke", thread);
        return false;
    }
    for (unsigned block = 0; block < BLOCKS; block++) {
        void **slot = &seen->blocks[thread][block];
        if (*slot != NULL && seen->context->sized_free)
            hm_call_free_sized(seen->context->allocator, *slot, size_of(thread, block));
        else if (*slot != NULL)
            hm_call_free(seen->context->allocator, *slot);
        *slot = hm_call_malloc(seen->context->allocator, size_of(thread, block));
        if (*slot == NULL)
            return false;
        memset(*slot, 1, size_of(thread, block));
    }
    return true;
}

static bool restore(void *state, unsigned thread, uint64_t iterations)
{
    (void)state;
    bool due = seen->last[thread] != HM_PHASE_RESTORE && iterations == 1;
    note(HM_PHASE_RESTORE, thread);
    struct timespec rest = {.tv_nsec = (long)seen->sleep_ns};
    if (seen->sleep_ns > 0)
        nanosleep(&rest, NULL);
    return due;
}

static bool release(void *state, unsigned thread, uint64_t iterations)
{
    (void)state, (void)iterations;
    note(HM_PHASE_RELEASE, thread);
    return true;
}

static void *setup(const hm_workload_context *context)
{
    seen->context = context;
    return seen;
}

static bool check(void *state, uint64_t *checksum)
{
    (void)state;
    *checksum = 7;
    return true;
}

static void teardown(void *state)
{
    (void)state;
}

static uint64_t operations(const int64_t *parameters)
{
    (void)parameters;
    return BLOCKS;
}

static uint64_t most_iterations(const int64_t *parameters)
{
    (void)parameters;
    return seen->most;
}

static uint64_t live_page_bytes(void *state)
{
    (void)state;
    return PAGES * 4096;
}

static hm_workload workload = {
    .name = "made-up",
    .group = "raw",
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"steady", HM_PHASE_STEADY, steady},
               {"restore", HM_PHASE_RESTORE, restore},
               {"release", HM_PHASE_RELEASE, release}},
    .setup = setup,
    .operations = operations,
    .most_iterations = most_iterations,
    .check = check,
    .live_page_bytes = live_page_bytes,
    .teardown = teardown,
};

static hm_backend_spec backend;
static hm_sample_request request;
static json_t *record;

static int start(void **state)
{
    (void)state;
    hm_error error;
    *seen = (notes){.failing = THREADS};
    workload.needs = 0;
    request =
        (hm_sample_request){.cell = {.workload = &workload, .backend = &backend, .threads = 1},
                            .iterations = ITERATIONS,
                            .batches = BATCHES,
                            .seed = 1,
                            .accounts = 2};
    return hm_collector_parse("none", &request.cell.collector, &error) == HM_OK ? 0 : 1;
}

static int finish(void **state)
{
    (void)state;
    json_decref(record);
    record = NULL;
    return 0;
}

/* Runs the sample in a child; its record, whether valid or not, is `record` afterwards. */
static bool run(void)
{
    int file = memfd_create("record", MFD_CLOEXEC), status = 0;
    hm_error error;
    assert_true(file >= 0);
    memset(seen->ids, 0, sizeof seen->ids);
    memset(seen->runs, 0, sizeof seen->runs);
    memset(seen->blocks, 0, sizeof seen->blocks);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(hm_sample_run(&request, file, &error) == HM_OK ? 0 : 1);
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    FILE *stream = fdopen(file, "r");
    rewind(stream);
    json_decref(record);
    record = json_loadf(stream, JSON_DISABLE_EOF_CHECK, NULL);
    fclose(stream);
    assert_non_null(record);
    return WEXITSTATUS(status) == 0;
}

static json_int_t integer(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void assert_reason(const char *reason)
{
    assert_string_equal(json_string_value(json_object_get(record, "reason")), reason);
}

static const json_t *edge_called(const char *name)
{
    size_t index;
    const json_t *edge;
    json_array_foreach(json_object_get(record, "edges"), index, edge)
    {
        if (strcmp(json_string_value(json_object_get(edge, "edge")), name) == 0)
            return edge;
    }
    fail_msg("no edge is called %s", name);
    return NULL;
}

/* Every phase on every thread, each always the same one, as often in every kind of sample. */
static void every_phase_runs_on_every_thread(void **state)
{
    for (int kind = 0; kind < HM_SAMPLE_KINDS; kind++) {
        for (unsigned threads = 1; threads <= THREADS; threads *= 2) {
            start(state);
            request.kind = (hm_sample_kind)kind;
            request.cell.threads = threads;
            if (!run())
                fail_msg("%s", json_string_value(json_object_get(record, "reason")));
            assert_int_equal(seen->strangers, 0);
            for (unsigned thread = 0; thread < threads; thread++) {
                assert_int_equal(seen->runs[HM_PHASE_BUILD][thread], 1);
                assert_int_equal(seen->runs[HM_PHASE_RELEASE][thread], 1);
                assert_int_equal(seen->runs[HM_PHASE_RESTORE][thread], 1 + BATCHES);
                assert_true(seen->runs[HM_PHASE_STEADY][thread] >= 1 + BATCHES);
                for (unsigned other = 0; other < thread; other++)
                    assert_int_not_equal(seen->ids[thread], seen->ids[other]);
            }
            assert_int_equal(integer(record, "operations"),
                             threads * BATCHES * ITERATIONS * BLOCKS);
        }
    }
}

static void threads_are_pinned_where_there_are_enough_processors(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    request.cell.threads = 2;
    assert_true(run());
    const json_t *cpus = json_object_get(record, "thread_cpus");
    if (CPU_COUNT(&allowed) < 2) {
        assert_true(json_is_null(cpus));
        return;
    }
    assert_int_equal(json_array_size(cpus), 2);
    json_int_t first = json_integer_value(json_array_get(cpus, 0));
    json_int_t second = json_integer_value(json_array_get(cpus, 1));
    assert_true(first != second && CPU_ISSET((size_t)first, &allowed) &&
                CPU_ISSET((size_t)second, &allowed));
    request.cell.threads = 1;
    assert_true(run());
    assert_null(json_object_get(record, "thread_cpus"));
}

static void a_failing_thread_gives_its_own_reason(void **state)
{
    (void)state;
    request.cell.threads = 2;
    seen->failing = 1;
    assert_false(run());
    assert_reason("phase steady failed on thread 1: thread 1 broke");
    request.cell.threads = 1;
    seen->failing = 0;
    assert_false(run());
    assert_reason("phase steady failed: thread 0 broke");
}

/* The restore phases sleep for longer than the work takes: none of that is in its times. */
static void restoring_is_in_no_clock_and_no_count(void **state)
{
    (void)state;
    seen->sleep_ns = SLEEP_NS;
    assert_true(run());
    const json_t *metrics = json_object_get(record, "metrics");
    assert_true(json_number_value(json_object_get(metrics, "wall_ns")) <
                (double)SLEEP_NS * BATCHES / 2);
    /* Each sleep is at least one. */
    assert_true(integer(metrics, "voluntary_context_switches") < BATCHES);
    request.kind = HM_SAMPLE_LATENCY;
    assert_true(run());
    const json_t *span = json_object_get(json_object_get(record, "latency"), "span_ns");
    double length =
        json_number_value(json_array_get(span, 1)) - json_number_value(json_array_get(span, 0));
    assert_true(length > 0 && length < (double)SLEEP_NS * BATCHES / 2);
}

static void a_batch_is_as_long_as_the_work_bears(void **state)
{
    (void)state;
    seen->most = ITERATIONS;
    request.calibrate_seconds = 60; /* not waited for: the work bears no more */
    assert_true(run());
    assert_int_equal(integer(record, "iterations"), ITERATIONS);
    assert_int_equal(seen->most_seen, ITERATIONS);
    request.calibrate_seconds = 0;
    assert_true(run());
    request.iterations = ITERATIONS + 1;
    assert_false(run());
    assert_reason("a batch of this work has at most 3 iterations, not 4");
}

static void work_for_threads_is_refused_to_one(void **state)
{
    (void)state;
    workload.needs = HM_NEEDS_THREADS;
    assert_false(run());
    assert_reason("made-up needs more than one thread");
    request.cell.threads = 2;
    assert_true(run());
}

/* Q is the sum over what all threads hold, to the byte; without heaps all of it is live. */
static void requested_bytes_are_exact_with_threads(void **state)
{
    (void)state;
    json_int_t expected = 0;
    request.kind = HM_SAMPLE_MEMORY;
    request.cell.threads = THREADS;
    request.batches = 200;
    assert_true(run());
    for (unsigned thread = 0; thread < THREADS; thread++) {
        for (unsigned block = 0; block < BLOCKS; block++)
            expected += (json_int_t)size_of(thread, block);
    }
    const json_t *edge = edge_called("steady");
    assert_int_equal(integer(edge, "requested_bytes"), expected);
    assert_int_equal(integer(edge, "live_bytes"), expected);
    assert_int_equal(integer(edge, "uncollected_bytes"), 0);
    assert_int_equal(integer(edge, "live_page_bytes"), PAGES * 4096);
    assert_int_equal(integer(edge_called("setup"), "live_bytes"), 0);
}

int main(void)
{
    hm_error error;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED || hm_backend_parse("system", &backend, &error) != HM_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
        TEST(every_phase_runs_on_every_thread),
        TEST(threads_are_pinned_where_there_are_enough_processors),
        TEST(a_failing_thread_gives_its_own_reason),
        TEST(restoring_is_in_no_clock_and_no_count),
        TEST(a_batch_is_as_long_as_the_work_bears),
        TEST(work_for_threads_is_refused_to_one),
        TEST(requested_bytes_are_exact_with_threads),
#undef TEST
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hm_backend_spec_clear(&backend);
    return failed;
}
