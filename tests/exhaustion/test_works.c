/*
 * This module is the sweep of every workload: whichever of its requests for memory is refused, the
 * work says so, its teardown leaves nothing, and on the same heap it then does its work.
 *
 * There are many works, and ways to refuse, so in each way some requests are refused: the first
 * ones, some as far apart as there is time for, and the last ones; all where there are few. With
 * HEAPMARK_EXHAUSTION=all it is each of them up to 5000 of the smallest works and 2000 of the
 * larger ones, else the first 200, some 200 in between and the last 20. Where each access is slow
 * it is the first ones, one in between and the last.
 */
#include "sweep.h"
#include "workloads/raw_fixture.h"
#include "workloads/work_fixture.h"
#include "workloads/works.h"

enum { ITERATIONS = 2, SEED = 5, RAW_ITERATIONS = 3 };

/* A point that no work reaches. */
#define UNREFUSED UINT64_MAX

/* How many requests of a work are refused, one a run, in each way. */
typedef struct density {
    uint64_t whole;   /* works with no more: each */
    uint64_t first;   /* each of so many, */
    uint64_t between; /* about so many, */
    uint64_t last;    /* and each of so many */
} density;

#ifdef HM_SLOW_TOOL

static density of_smallest(void)
{
    return (density){4, 2, 1, 1};
}

static density of_larger(void)
{
    return (density){2, 1, 1, 1};
}

#else

static bool all_wanted(void)
{
    const char *wanted = getenv("HEAPMARK_EXHAUSTION");
    return wanted != NULL && strcmp(wanted, "all") == 0;
}

static density of_smallest(void)
{
    return all_wanted() ? (density){5000, 200, 200, 20} : (density){300, 100, 30, 10};
}

static density of_larger(void)
{
    return all_wanted() ? (density){2000, 200, 200, 20} : (density){24, 8, 6, 3};
}

#endif

/* The point after this one; 0: it was the last. */
static uint64_t next_point(const density *points, uint64_t point, uint64_t requests)
{
    uint64_t step = 1;
    if (point >= requests)
        return 0;
    if (requests > points->whole && point >= points->first && point + points->last < requests)
        step = (requests - points->first - points->last) / points->between + 1;
    return point + step < requests ? point + step : requests;
}

static uint64_t requests_made(sweep_source source)
{
    return source == SWEEP_ALLOCATOR ? hm_debug_read().allocating_calls : sweep_kernel_requests();
}

static void refuse(sweep_source source, sweep_mode mode, uint64_t point)
{
    const hm_debug_options options = sweep_options(mode, point);
    if (source == SWEEP_ALLOCATOR)
        hm_debug_configure(&options);
    else
        sweep_refuse_kernel(&options);
}

static void refuse_nothing(void)
{
    static const hm_debug_options none = {.fail_at = 0};
    hm_debug_configure(&none);
    sweep_refuse_kernel(&none);
}

typedef struct run {
    const char *name;
    const char *collector;
    sweep_source source;
    sweep_mode mode;
    uint64_t expected; /* checksum */
    uint64_t point;
} run;

static void fail_run(const run *of, const char *what, const hm_error *error)
{
    static const char *const modes[] = {"at", "from", "every"};
    fail_msg("%s under %s, the %s refusing %s %llu: %s: %s: %s", of->name, of->collector,
             of->source == SWEEP_ALLOCATOR ? "allocator" : "kernel", modes[of->mode],
             (unsigned long long)of->point, what, hm_status_name(error->status), error->message);
}

static void check_told(const run *of, const hm_error *error)
{
    if (error->status != HM_NO_MEMORY ||
        (strstr(error->message, "memory") == NULL && strstr(error->message, "refused") == NULL))
        fail_run(of, "it failed and does not say for want of memory", error);
}

static void check_result(const run *of, test_work *work)
{
    uint64_t checksum = 0;
    if (!work->workload->check(work->state, &checksum))
        fail_run(of, "its check", &work->error);
    if (checksum != of->expected)
        fail_run(of, "its checksum is another", &work->error);
}

static void end_work(const run *of, test_work *work, uint64_t before)
{
    work_teardown(work);
    hm_heap_collect(work->heaps[0], 2);
    bool leaks = work_leaves_cycles(of->name) && strcmp(of->collector, "generational") != 0;
    if (!leaks && work_live(work) != before)
        fail_run(of, "objects are left", &work->error);
}

/* A run that is not refused anything, on the heap of one that was. */
static void run_again(const run *of, test_work *work, uint64_t before)
{
    hm_error_clear(&work->error);
    hm_error_clear(&work->heaps[0]->error);
    if (!work_run(work, ITERATIONS))
        fail_run(of, "asked again, it fails", &work->error);
    check_result(of, work);
    end_work(of, work, before);
}

/* One point; how many requests there were. */
static uint64_t run_object_work(run *of)
{
    test_work work;
    uint64_t mapped = sweep_mapped_bytes();
    work_prepare(&work, of->name, of->collector, 1, SEED);
    uint64_t before = work_live(&work), requests = requests_made(of->source);
    refuse(of->source, of->mode, of->point);
    requests = of->source == SWEEP_ALLOCATOR ? requests : 0;
    bool done = work_run(&work, ITERATIONS);
    requests = requests_made(of->source) - requests;
    refuse_nothing();
    if (done)
        check_result(of, &work);
    else
        check_told(of, &work.error);
    end_work(of, &work, before);
    if (!done)
        run_again(of, &work, before);
    work_end(&work);
    if (sweep_mapped_bytes() != mapped)
        fail_run(of, "kernel memory is left", &work.error);
    return requests;
}

static uint64_t run_raw_work(run *of)
{
    raw_work work;
    uint64_t checksum = 0, mapped = sweep_mapped_bytes();
    uint64_t requests = of->source == SWEEP_ALLOCATOR ? requests_made(of->source) : 0;
    unsigned threads = strncmp(of->name, "producer", 8) == 0 ? 2 : 1;
    refuse(of->source, of->mode, of->point);
    raw_open(&work, of->name, fixture_allocator(), threads, SEED);
    bool done = raw_run(&work, RAW_ITERATIONS, &checksum);
    requests = requests_made(of->source) - requests;
    refuse_nothing();
    const hm_error *error = &work.errors[work.errors[0].status == HM_OK ? 1 : 0];
    if (of->point == UNREFUSED)
        of->expected = checksum;
    if (!done)
        check_told(of, error);
    else if (checksum != of->expected)
        fail_run(of, "its checksum is another", error);
    raw_close(&work);
    if (hm_debug_read().live_blocks != 0 || hm_debug_read().defects != 0 ||
        sweep_mapped_bytes() != mapped)
        fail_run(of, "blocks or kernel memory are left", error);
    return requests;
}

typedef uint64_t (*run_function)(run *of);

static uint64_t runs; /* with something refused */

/* Runs of one work in one way, one a point. */
static void sweep_points_of(run *of, run_function one, const density *points)
{
    of->point = UNREFUSED;
    uint64_t requests = one(of);
    for (of->point = 1; of->point != 0 && requests > 0;
         of->point = next_point(points, of->point, requests)) {
        one(of);
        runs++;
    }
}

static void sweep_object_work(const char *name, const density *points)
{
    static const struct {
        const char *collector;
        sweep_source source;
        sweep_mode mode;
    } ways[] = {
        {"generational", SWEEP_ALLOCATOR, SWEEP_AT},
        {"none", SWEEP_ALLOCATOR, SWEEP_FROM},
        {"off", SWEEP_ALLOCATOR, SWEEP_EVERY},
        {"generational", SWEEP_KERNEL, SWEEP_FROM},
        {"off", SWEEP_KERNEL, SWEEP_AT}, /* the ledger that none keeps: test_ledger.c */
    };
    uint64_t expected = work_checksum(name, "generational", 1, SEED, ITERATIONS);
    for (size_t way = 0; way < HM_COUNT_OF(ways); way++) {
        run of = {.name = name,
                  .collector = ways[way].collector,
                  .source = ways[way].source,
                  .mode = ways[way].mode,
                  .expected = expected};
        sweep_points_of(&of, run_object_work, points);
    }
}

static void tell_runs(uint64_t before, size_t works)
{
    print_message("%zu works, %llu points\n", works, (unsigned long long)(runs - before));
}

static void test_the_smallest_object_works(void **state)
{
    HM_UNUSED(state);
    const density points = of_smallest();
    uint64_t before = runs;
    for (size_t index = 0; index < HM_COUNT_OF(small_works); index++)
        sweep_object_work(small_works[index], &points);
    tell_runs(before, HM_COUNT_OF(small_works));
}

static void test_larger_object_works(void **state)
{
    HM_UNUSED(state);
    const density points = of_larger();
    uint64_t before = runs;
    for (size_t index = 0; index < HM_COUNT_OF(corner_works); index++)
        sweep_object_work(corner_works[index], &points);
    tell_runs(before, HM_COUNT_OF(corner_works));
}

/* Without a heap there is no collector to name. */
static void sweep_raw_work(const char *name, const density *points)
{
    static const sweep_mode modes[] = {SWEEP_AT, SWEEP_FROM, SWEEP_EVERY};
    for (int source = 0; source < SWEEP_SOURCES; source++) {
        for (size_t mode = 0; mode < HM_COUNT_OF(modes); mode++) {
            run of = {.name = name,
                      .collector = "no collector",
                      .source = (sweep_source)source,
                      .mode = modes[mode]};
            sweep_points_of(&of, run_raw_work, points);
        }
    }
}

static void test_raw_works(void **state)
{
    HM_UNUSED(state);
    const density points = of_larger();
    uint64_t before = runs;
    for (size_t index = 0; index < HM_COUNT_OF(small_raw_works); index++)
        sweep_raw_work(small_raw_works[index], &points);
    sweep_raw_work("producer-consumer/batch:10/queue:3", &points);
    tell_runs(before, HM_COUNT_OF(small_raw_works) + 1);
}

static bool is_listed(const char *name, const char *const *works, size_t count)
{
    size_t length = strlen(name);
    for (size_t index = 0; index < count; index++) {
        if (strncmp(works[index], name, length) == 0 &&
            (works[index][length] == '\0' || works[index][length] == '/'))
            return true;
    }
    return false;
}

static void test_every_workload_is_swept(void **state)
{
    HM_UNUSED(state);
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        const char *name = workloads[index]->name;
        if (!is_listed(name, small_works, HM_COUNT_OF(small_works)) &&
            !is_listed(name, small_raw_works, HM_COUNT_OF(small_raw_works)) &&
            strcmp(name, "producer-consumer") != 0)
            fail_msg("%s has no small work in tests/workloads/works.h", name);
    }
}

/* The first refusal of several threads is the one that is told. */
static void test_the_first_error_of_several_threads_is_kept(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_prepare(&work, "growing-dict/entries:10", "none", 2, SEED);
    work.state = work.workload->setup(&work.context);
    assert_non_null(work.state);
    refuse(SWEEP_ALLOCATOR, SWEEP_FROM, 1);
    assert_false(work.workload->phases[0].step(work.state, 0, 1));
    char first[512];
    snprintf(first, sizeof first, "%s", work.error.message);
    work.heaps[1]->error.status = HM_OK;
    assert_false(work.workload->phases[0].step(work.state, 1, 1));
    refuse_nothing();
    assert_string_equal(work.error.message, first);
    assert_int_equal(work.error.status, HM_NO_MEMORY);
    work_end(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_workload_is_swept),
        cmocka_unit_test(test_the_smallest_object_works),
        cmocka_unit_test(test_larger_object_works),
        cmocka_unit_test(test_raw_works),
        cmocka_unit_test(test_the_first_error_of_several_threads_is_kept),
    };
    sweep_warm_up();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
