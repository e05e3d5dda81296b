/*
 * This module is the tests of failing allocations: whichever allocation of a work fails, the work
 * says so, and after its teardown nothing is left.
 */
#include "work_fixture.h"

enum { MAX_POINTS = 1000, ITERATIONS = 2, SEED = 5 };

static const char *const small_works[] = {
    "short-lived/batch:20/survivors:0",
    "short-lived/batch:4/survivors:25",
    "short-lived/batch:20/reuse:100/survivors:0",
    "short-lived/kind:dict/length:20/batch:3/survivors:0/reuse:50",
    "short-lived/kind:set/length:20/batch:3/survivors:0/reuse:50",
    "short-lived/kind:list/length:20/batch:3/survivors:0/reuse:50",
    "short-lived/kind:tuple/batch:20/survivors:0",
    "cyclic-graph/nodes:5/live:3/garbage:50",
    "cyclic-graph/shape:self/nodes:5/live:0/payload:0/garbage:100",
    "cyclic-graph/shape:doubly-linked/nodes:5/live:3/back-links:weak/finalizers:50",
    "cyclic-graph/shape:doubly-linked/nodes:5/live:3/break:by-hand/finalizers:100",
    "cyclic-graph/shape:random/nodes:5/live:3/garbage:100/finalizers:50",
    "growing-dict/entries:12/dicts:2/delete:50",
    "growing-dict/keys:int-sequential/entries:12/dicts:2",
    "growing-dict/keys:int-random/entries:12/dicts:2/value:0",
    "growing-dict/keys:tuple/entries:12/dicts:2/delete:50/clearing:never-cleared",
    "streaming-generator/items:5/window:2",
    "streaming-generator/items:8/window:2/consume:50",
    "streaming-generator/mode:materialise/items:5/window:2",
    "lru-cache/keys:9/capacity:3/exponent:0",
    "lru-cache/keys:9/capacity:3/exponent:0/links:weak",
    "lru-cache/keys:9/capacity:3/exponent:0/cyclic:100",
    "release-refill/objects:30/members:4/sizes:wide",
    "release-refill/objects:30/members:4/order:structure/cyclic:50/refill:50",
    "request-mix/sessions:1/headers:2/records:1/fields:2/keep:100/lifetime:128/cyclic:0/logins:0",
    "request-mix/sessions:1/headers:2/records:1/fields:9/keep:0/cyclic:100/logins:100",
};

/* Runs the work with its n-th allocation failing. True: the allocation was reached. */
static bool run_with_failure(const char *name, const char *collector, uint64_t fail_at,
                             bool fail_after, uint64_t expected)
{
    test_work work;
    uint64_t checksum = 0;
    work_prepare(&work, name, collector, 1, SEED);
    uint64_t before = work_live(&work);
    uint64_t calls_before = hm_debug_read().allocating_calls;
    hm_debug_configure(&(hm_debug_options){.fail_at = fail_at, .fail_after = fail_after});
    bool done = work_run(&work, ITERATIONS);
    bool reached = hm_debug_read().allocating_calls - calls_before >= fail_at;
    hm_debug_configure(&(hm_debug_options){.fail_at = 0});
    if (done) {
        /* Not reached, or the runtime could do without the block: the result must be right. */
        assert_true(work.workload->check(work.state, &checksum));
        assert_int_equal(checksum, expected);
    } else if (work.error.status != HM_NO_MEMORY || work.error.message[0] == '\0') {
        fail_msg("%s, allocation %llu: %s: %s", name, (unsigned long long)fail_at,
                 hm_status_name(work.error.status), work.error.message);
    }
    work_teardown(&work);
    hm_heap_collect(work.heaps[0], 2);
    if (work_live(&work) != before &&
        (!work_leaves_cycles(name) || strcmp(collector, "generational") == 0))
        fail_msg("%s, allocation %llu: %llu objects are left", name, (unsigned long long)fail_at,
                 (unsigned long long)(work_live(&work) - before));
    work_end(&work);
    return reached;
}

static void sweep(const char *collector, bool fail_after)
{
    for (size_t index = 0; index < HM_COUNT_OF(small_works); index++) {
        const char *name = small_works[index];
        uint64_t expected = work_checksum(name, collector, 1, SEED, ITERATIONS);
        uint64_t point = 1;
        while (point <= MAX_POINTS &&
               run_with_failure(name, collector, point, fail_after, expected))
            point++;
        assert_true(point > 10); /* the sweep did fail allocations */
    }
}

static void test_one_failing_allocation_is_told_and_leaves_nothing(void **state)
{
    HM_UNUSED(state);
    sweep("generational", false);
    sweep("none", false);
}

static void test_no_memory_from_some_point_on_is_told_and_leaves_nothing(void **state)
{
    HM_UNUSED(state);
    sweep("generational", true);
    sweep("off", true);
}

static void test_the_first_error_of_several_threads_is_kept(void **state)
{
    HM_UNUSED(state);
    test_work work;
    work_prepare(&work, "growing-dict/entries:10", "none", 2, SEED);
    work.state = work.workload->setup(&work.context);
    assert_non_null(work.state);
    hm_debug_configure(&(hm_debug_options){.fail_at = 1, .fail_after = true});
    assert_false(work.workload->phases[0].step(work.state, 0, 1));
    char first[512];
    snprintf(first, sizeof first, "%s", work.error.message);
    work.heaps[1]->error.status = HM_OK;
    assert_false(work.workload->phases[0].step(work.state, 1, 1));
    hm_debug_configure(&(hm_debug_options){.fail_at = 0});
    assert_string_equal(work.error.message, first);
    assert_int_equal(work.error.status, HM_NO_MEMORY);
    work_end(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_failing_allocation_is_told_and_leaves_nothing),
        cmocka_unit_test(test_no_memory_from_some_point_on_is_told_and_leaves_nothing),
        cmocka_unit_test(test_the_first_error_of_several_threads_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
