/*
 * This module is the tests of results: the same under every collector, the same again for the same
 * seed, another for another seed or another number of iterations, and nothing left behind.
 */
#include "work_fixture.h"
#include "works.h"

#include "base/random.h"

enum { ITERATIONS = 11, SEED = 20261121 };
#ifdef HM_SLOW_TOOL /* every corner once; again with another seed every fifth */
enum { AGAIN_STEP = 5, ROUNDS = 20 };
#else
enum { AGAIN_STEP = 1, ROUNDS = 100 };
#endif

/* Whether the objects hold anything: controls make none, containers of length 0 hold nothing. */
static bool has_content(const char *name)
{
    return strcmp(name, "empty") != 0 && strcmp(name, "null") != 0 &&
           strstr(name, "/length:0") == NULL;
}

static void test_checksum_is_the_same_under_every_collector(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(corner_works); index++) {
        const char *name = corner_works[index];
        uint64_t none = work_checksum(name, "none", 1, SEED, ITERATIONS);
        uint64_t off = work_checksum(name, "off", 1, SEED, ITERATIONS);
        uint64_t generational = work_checksum(name, "generational", 1, SEED, ITERATIONS);
        if (none != off || none != generational)
            fail_msg("%s: the checksum depends on the collector", name);
    }
}

static void test_checksum_follows_from_seed_and_iterations(void **state)
{
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(corner_works); index += AGAIN_STEP) {
        const char *name = corner_works[index];
        uint64_t first = work_checksum(name, "generational", 1, SEED, ITERATIONS);
        if (work_checksum(name, "generational", 1, SEED, ITERATIONS) != first)
            fail_msg("%s: two runs with one seed differ", name);
        if (!has_content(name))
            continue;
        if (work_checksum(name, "generational", 1, SEED + 1, ITERATIONS) == first)
            fail_msg("%s: two seeds give the same content", name);
        if (work_checksum(name, "generational", 1, SEED, ITERATIONS + 1) == first)
            fail_msg("%s: one more iteration changes nothing", name);
    }
    assert_int_not_equal(work_checksum("empty", "none", 1, SEED, 5),
                         work_checksum("empty", "none", 1, SEED, 6));
}

static void test_every_thread_does_its_own_work(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {
        "short-lived/batch:100",          "cyclic-graph/nodes:50/live:20",
        "growing-dict/entries:50",        "streaming-generator/items:50",
        "lru-cache/keys:300/capacity:30", "request-mix/sessions:20/lifetime:128",
        "release-refill/objects:300"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        uint64_t one = work_checksum(names[index], "generational", 1, SEED, ITERATIONS);
        uint64_t three = work_checksum(names[index], "generational", 3, SEED, ITERATIONS);
        assert_int_not_equal(one, three);
        assert_int_equal(three, work_checksum(names[index], "none", 3, SEED, ITERATIONS));
    }
}

/* Raw works have tests of their own, controls no objects; what measures collections does nothing
 * without a collector. */
static bool is_drawn(const hm_workload *workload)
{
    return strcmp(workload->group, "object") == 0 &&
           (workload->needs & HM_MEASURES_COLLECTION) == 0;
}

/* A random work on objects: every parameter drawn from its range, kept small; invalid ones are
 * skipped. */
static void draw_work(hm_random *random, char *name, size_t size)
{
    static const int64_t amounts[] = {0, 1, 2, 3, 7, 10, 33, 50, 100};
    test_work work = {0};
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    do {
        work.workload = workloads[hm_random_below(random, count)];
        if (!is_drawn(work.workload))
            continue; /* to the condition */
        for (unsigned index = 0; index < work.workload->parameter_count; index++) {
            const hm_parameter *parameter = &work.workload->parameters[index];
            int64_t *value = &work.context.parameters[index];
            int64_t choices = parameter->maximum + 1;
            *value = parameter->choices != NULL
                         ? (int64_t)hm_random_below(random, (uint64_t)choices)
                         : amounts[hm_random_below(random, HM_COUNT_OF(amounts))];
            if (hm_random_below(random, 3) == 0 && parameter->initial <= 100)
                *value = parameter->initial;
        }
    } while (!is_drawn(work.workload) || work_validate(&work) != HM_OK);
    assert_true(hm_work_name(work.workload, work.context.parameters, name, size));
}

static void test_random_works_agree_under_all_collectors(void **state)
{
    HM_UNUSED(state);
    const char *text = getenv("HEAPMARK_TEST_SEED");
    uint64_t seed = text == NULL ? 7 : strtoull(text, NULL, 0);
    print_message("seed %llu (HEAPMARK_TEST_SEED)\n", (unsigned long long)seed);
    hm_random random;
    hm_random_seed(&random, seed);
    for (int round = 0; round < ROUNDS; round++) {
        char name[256];
        draw_work(&random, name, sizeof name);
        uint64_t none = work_checksum(name, "none", 1, seed, 4);
        if (none != work_checksum(name, "generational", 1, seed, 4))
            fail_msg("%s: the checksum depends on the collector", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum_is_the_same_under_every_collector),
        cmocka_unit_test(test_checksum_follows_from_seed_and_iterations),
        cmocka_unit_test(test_every_thread_does_its_own_work),
        cmocka_unit_test(test_random_works_agree_under_all_collectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
