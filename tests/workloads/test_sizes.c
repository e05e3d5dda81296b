/* This module is the tests of the distributions of sizes: against their formulas and sources. */
#include "work_fixture.h"
#include "workloads/mixed_objects.h"
#include "workloads/sizes.h"

#include <math.h>

static hm_sizes sizes;

static double share_up_to(uint32_t size)
{
    uint32_t count = 0;
    for (size_t share = 0; share < HM_SIZES; share++)
        count += sizes.at[share] <= size;
    return (double)count / HM_SIZES;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%g is not %g within %g", value, expected, tolerance);
}

static void assert_ascending(void)
{
    for (size_t share = 1; share < HM_SIZES; share++)
        assert_true(sizes.at[share] >= sizes.at[share - 1]);
}

/* P(X <= x) = 1 - (1 + k x / s)^(-1/k), with the scale s that gives the mean s / (1 - k). */
static void test_pareto_is_the_distribution_of_etc(void **state)
{
    HM_UNUSED(state);
    const double shape = 0.348238, scale = 214.476;
    hm_sizes_pareto(&sizes, scale / (1 - shape));
    assert_near(hm_sizes_mean(&sizes), 329, 1);
    assert_ascending();
    for (uint32_t size = 20; size < 3000; size += size / 3)
        assert_near(share_up_to(size), 1 - pow(1 + shape * size / scale, -1 / shape), 0.01);
    hm_sizes_pareto(&sizes, 1);
    assert_int_equal(sizes.at[0], 1);
    hm_sizes_pareto(&sizes, 1 << 20);
    assert_near(hm_sizes_mean(&sizes), 1 << 20, 100);
}

/* The table in docs/workloads.md, but for blocks below 24 bytes, which no object here is. */
static void test_python_is_what_was_measured(void **state)
{
    HM_UNUSED(state);
    hm_sizes_python(&sizes);
    assert_ascending();
    assert_int_equal(sizes.at[0], 24);
    assert_near(share_up_to(32), 0.028 + 0.233, 0.002);
    assert_near(share_up_to(48), 0.028 + 0.233 + 0.087, 0.002);
    assert_near(share_up_to(64), 0.028 + 0.233 + 0.087 + 0.513, 0.002);
    assert_near(share_up_to(80), 0.892, 0.002);
    assert_near(share_up_to(128), 0.939, 0.002);
    assert_near(share_up_to(160), 0.994, 0.002);
    assert_near(share_up_to(112), share_up_to(80), 0);
    assert_near(share_up_to(256), 1, 0);
}

static void test_wide_spreads_over_all_doublings(void **state)
{
    HM_UNUSED(state);
    hm_sizes_wide(&sizes);
    assert_ascending();
    double doublings = log2(16384.0 / 24);
    for (uint32_t size = 48; size <= 16384; size *= 2)
        assert_near(share_up_to(size), log2(size / 24.0) / doublings, 0.01);
}

static void test_bits_choose_each_size_equally_often(void **state)
{
    HM_UNUSED(state);
    for (size_t share = 0; share < HM_SIZES; share++)
        sizes.at[share] = (uint32_t)share;
    for (uint64_t share = 0; share < HM_SIZES; share++) {
        assert_int_equal(hm_size_of(&sizes, share << 54), share);
        assert_int_equal(hm_size_of(&sizes, (share << 54) + (1ull << 54) - 1), share);
    }
}

/* What the heap asks the allocator for is what was said. */
static void test_mixed_objects_have_the_size_they_say(void **state)
{
    HM_UNUSED(state);
    hm_heap *heap = fixture_heap("generational");
    hm_sizes_wide(&sizes);
    for (uint64_t seed = 0; seed < 500; seed++) {
        uint64_t bits = seed * 0x9e3779b97f4a7c15u, sum = 0;
        uint64_t before = hm_debug_read().live_bytes;
        hm_object *object = hm_mixed_new(heap, &sizes, bits);
        assert_int_equal(hm_debug_read().live_bytes - before, hm_mixed_bytes(&sizes, bits));
        assert_true(hm_mixed_read(object, &sizes, bits, &sum));
        assert_false(hm_mixed_read(object, &sizes, bits ^ 0x100001, &sum));
        hm_decref(heap, object);
    }
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pareto_is_the_distribution_of_etc),
        cmocka_unit_test(test_python_is_what_was_measured),
        cmocka_unit_test(test_wide_spreads_over_all_doublings),
        cmocka_unit_test(test_bits_choose_each_size_equally_often),
        cmocka_unit_test(test_mixed_objects_have_the_size_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
