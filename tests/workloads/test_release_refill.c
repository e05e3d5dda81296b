/*
 * This module is the tests of `release-refill`: what goes in which order, what stays, that the
 * refill is as large as what went and of other sizes, and that damage is noticed.
 */
#include "birth_allocator.h"
#include "workloads/mixed_objects.h"

#include <math.h>

enum { SEED = 23, OBJECTS = 20000, MEMBERS = 16 };

/* What the phases of a work leave, each in bytes asked for and not freed. */
typedef struct test_bytes {
    uint64_t setup, full, released, refilled;
} test_bytes;

static void run(test_work *work, hm_phase_role role, uint64_t iterations)
{
    work_demand(work, work_phase(work, role, iterations));
}

/* Runs a work up to the end of the release phase; frees and births since its start are kept. */
static test_bytes release(test_work *work, const char *name, uint64_t iterations)
{
    test_bytes bytes = {0};
    birth_start(work, name, "none", SEED);
    bytes.setup = births.live_bytes;
    run(work, HM_PHASE_BUILD, 1);
    run(work, HM_PHASE_STEADY, iterations);
    bytes.full = births.live_bytes;
    birth_forget();
    run(work, HM_PHASE_RELEASE, 1);
    bytes.released = births.live_bytes;
    return bytes;
}

static test_bytes release_and_refill(test_work *work, const char *name)
{
    test_bytes bytes = release(work, name, 1000);
    birth_forget();
    run(work, HM_PHASE_REFILL, 1);
    bytes.refilled = births.live_bytes;
    return bytes;
}

static double part_of(const test_bytes *bytes, uint64_t left)
{
    return (double)(left - bytes->setup) / (double)(bytes->full - bytes->setup);
}

static void test_a_tenth_stays_whatever_the_order(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *name;
        double least, most; /* of the bytes */
    } cases[] = {{"release-refill/objects:20000/order:age", 0.095, 0.105},
                 {"release-refill/objects:20000/order:structure", 0.095, 0.105},
                 {"release-refill/objects:20000/order:structure/keep:50", 0.49, 0.51},
                 {"release-refill/objects:20000/order:age/keep:0", 0, 0.001},
                 {"release-refill/objects:20000/keep:100", 1, 1},
                 /* Four lists in five keep an object, and so their own 160 bytes or so. */
                 {"release-refill/objects:20000", 0.18, 0.26}};
    for (size_t which = 0; which < HM_COUNT_OF(cases); which++) {
        test_work work;
        uint64_t checksum;
        test_bytes bytes = release(&work, cases[which].name, 1000);
        double part = part_of(&bytes, bytes.released);
        if (part < cases[which].least || part > cases[which].most)
            fail_msg("%s keeps %.3f of its bytes", cases[which].name, part);
        work_demand(&work, work.workload->check(work.state, &checksum));
        work_end(&work);
    }
}

/* Whether a freed block may have been a list or its items; a few objects have their sizes. */
static bool may_be_a_list(size_t freed)
{
    return births.freed_bytes[freed] == MEMBERS * 8 || births.freed_bytes[freed] == sizeof(hm_list);
}

/* Of the objects freed one after another, the share where the later one was made later. */
static double share_of_ascents(void)
{
    uint64_t pairs = 0, ascents = 0, last = 0;
    for (size_t freed = 0; freed < births.freed; freed++) {
        if (may_be_a_list(freed))
            continue;
        ascents += births.freed_births[freed] > last;
        last = births.freed_births[freed];
        pairs++;
    }
    return (double)ascents / (double)pairs;
}

/*
 * Of the blocks freed one after another, the share where the later was made just before: a list
 * drops its items from the last to the first, then their block and itself.
 */
static double share_of_descents_by_one(void)
{
    uint64_t pairs = 0, next = 0, last = 0;
    for (size_t freed = 0; freed < births.freed; freed++, pairs++) {
        next += births.freed_births[freed] + 1 == last;
        last = births.freed_births[freed];
    }
    return (double)next / (double)pairs;
}

static void test_orders_are_what_their_names_say(void **state)
{
    HM_UNUSED(state);
    test_work work;
    release(&work, "release-refill/objects:20000/order:age", 3000);
    assert_true(births.freed > OBJECTS * 9 / 10 && births.freed < BIRTH_LOG);
    assert_true(share_of_ascents() == 1); /* the replaced are younger than all the others */
    work_end(&work);
    release(&work, "release-refill/objects:20000/order:structure", 0);
    double descents = share_of_descents_by_one();
    assert_true(descents > 0.94 && descents < 0.95); /* 17 of 18 */
    work_end(&work);
    release(&work, "release-refill/objects:20000", 0);
    assert_true(share_of_ascents() > 0.48 && share_of_ascents() < 0.52);
    assert_true(share_of_descents_by_one() < 0.3); /* only the block and the head of a list */
    work_end(&work);
}

static void test_turnover_is_among_the_young(void **state)
{
    HM_UNUSED(state);
    test_work work;
    birth_start(&work, "release-refill/objects:20000", "none", SEED);
    run(&work, HM_PHASE_BUILD, 1);
    uint64_t built = births.made, bytes = births.live_bytes;
    birth_forget();
    run(&work, HM_PHASE_STEADY, 5000);
    assert_int_equal(births.freed, 5000);
    assert_int_equal(births.made - built, 5000);
    for (size_t freed = 0; freed < births.freed; freed++)
        assert_true(births.freed_births[freed] > built * 89 / 100);
    assert_true(births.live_bytes * 100 > bytes * 97 && births.live_bytes * 100 < bytes * 103);
    work_end(&work);
}

static void test_refill_is_as_large_with_other_sizes(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *name;
        double scale;
    } cases[] = {
        {"release-refill/objects:20000", 1.5},
        {"release-refill/objects:20000/order:age/refill:25/sizes:wide", 0.25},
        {"release-refill/objects:20000/order:structure/refill:400/sizes:fixed/size:100", 4},
        {"release-refill/objects:20000/refill:100/keep:0/sizes:wide", 1}};
    for (size_t which = 0; which < HM_COUNT_OF(cases); which++) {
        test_work work;
        uint64_t checksum;
        test_bytes bytes = release_and_refill(&work, cases[which].name);
        double part = part_of(&bytes, bytes.refilled);
        if (part < 0.985 || part > 1.0001)
            fail_msg("%s is refilled to %.4f", cases[which].name, part);
        work_demand(&work, work.workload->check(work.state, &checksum));
        work_end(&work);
    }
}

/* The share of blocks that the refill phase asks for in a size class of 16 bytes of the build. */
static void test_refill_changes_the_size_class(void **state)
{
    HM_UNUSED(state);
    test_work work;
    release_and_refill(&work, "release-refill/objects:20000/sizes:fixed/size:64");
    assert_int_equal(births.sizes[4], 0);
    assert_true(births.sizes[6] > OBJECTS / 2); /* 96 bytes */
    work_end(&work);
}

static void test_cyclic_lists_wait_for_a_collector(void **state)
{
    HM_UNUSED(state);
    test_work work;
    test_bytes plain = release(&work, "release-refill/objects:20000/order:structure", 0);
    work_end(&work);
    test_bytes cyclic = release(&work, "release-refill/objects:20000/order:structure/cyclic:50", 0);
    double left = part_of(&cyclic, cyclic.released);
    assert_true(fabs(left - (0.1 + 0.45)) < 0.02);
    assert_true(part_of(&plain, plain.released) < 0.11);
    work_end(&work);

    work_prepare(&work, "release-refill/objects:20000/order:structure/cyclic:50", "generational", 1,
                 SEED);
    work.state = work.workload->setup(&work.context);
    run(&work, HM_PHASE_BUILD, 1);
    uint64_t full = work_live(&work);
    run(&work, HM_PHASE_RELEASE, 1);
    assert_true(hm_heap_collect(work.heaps[0], 2) > 0);
    assert_true(work_live(&work) < full / 9);
    work_end(&work);
}

/* The first list among the roots that still holds two objects, not None, next to each other. */
static hm_object *a_full_list(const hm_heap *heap)
{
    for (size_t root = 0; root < heap->root_count; root++) {
        for (size_t slot = 0; slot < heap->roots[root].count; slot++) {
            hm_object *list = heap->roots[root].slots[slot];
            if (list != NULL && hm_list_get(list, 0) != &hm_none &&
                hm_list_get(list, 1) != &hm_none)
                return list;
        }
    }
    fail_msg("no list has two objects left");
    return NULL;
}

static void expect_wrong(test_work *work, bool done, const char *message)
{
    assert_false(done);
    assert_int_equal(work->error.status, HM_WRONG_RESULT);
    assert_non_null(strstr(work->error.message, message));
    work_end(work);
}

static void test_damage_is_noticed(void **state)
{
    HM_UNUSED(state);
    test_work work;
    uint64_t checksum;
    release(&work, "release-refill/objects:20000", 100);
    hm_object *list = a_full_list(work.heaps[0]), **items = ((hm_list *)list)->items;
    hm_object *first = items[0];
    items[0] = items[1];
    items[1] = first;
    expect_wrong(&work, work.workload->check(work.state, &checksum), "is not what was put in");

    release(&work, "release-refill/objects:20000", 100);
    list = a_full_list(work.heaps[0]);
    hm_list_set(work.heaps[0], list, 0, hm_incref(&hm_none));
    expect_wrong(&work, work.workload->check(work.state, &checksum), "were let go and");

    work_prepare(&work, "release-refill/objects:1/members:1", "none", 1, SEED);
    work.state = work.workload->setup(&work.context);
    run(&work, HM_PHASE_BUILD, 1);
    list = work.heaps[0]->roots[0].slots[0];
    hm_list_set(work.heaps[0], list, 0, hm_float_new(work.heaps[0], -1));
    expect_wrong(&work, work_phase(&work, HM_PHASE_STEADY, 1), "is not what was put in");
}

static void test_checking_twice_is_checking_once(void **state)
{
    HM_UNUSED(state);
    test_work work;
    uint64_t first, second;
    release_and_refill(&work, "release-refill/objects:1000");
    work_demand(&work, work.workload->check(work.state, &first));
    work_demand(&work, work.workload->check(work.state, &second));
    assert_int_equal(first, second);
    work_end(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tenth_stays_whatever_the_order),
        cmocka_unit_test(test_orders_are_what_their_names_say),
        cmocka_unit_test(test_turnover_is_among_the_young),
        cmocka_unit_test(test_refill_is_as_large_with_other_sizes),
        cmocka_unit_test(test_refill_changes_the_size_class),
        cmocka_unit_test(test_cyclic_lists_wait_for_a_collector),
        cmocka_unit_test(test_damage_is_noticed),
        cmocka_unit_test(test_checking_twice_is_checking_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
