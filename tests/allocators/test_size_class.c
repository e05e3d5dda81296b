/* Every request has a class that holds it, wastes little and keeps the alignment. */
#include "cmocka_all.h"

#include "allocators/pool/size_class.h"

static void test_classes_ascend_in_steps_of_16(void **state)
{
    HM_UNUSED(state);
    size_t previous = 0;
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        size_t bytes = hm_pool_class_bytes(index);
        assert_true(bytes > previous);
        assert_int_equal(bytes % 16, 0);
        previous = bytes;
    }
    assert_int_equal(previous, HM_POOL_SMALL_MAX);
}

static void test_every_size_has_the_smallest_class_that_holds_it(void **state)
{
    HM_UNUSED(state);
    assert_int_equal(hm_pool_class_of(0), 0);
    for (size_t bytes = 1; bytes <= HM_POOL_SMALL_MAX; bytes++) {
        unsigned index = hm_pool_class_of(bytes);
        assert_true(index < HM_POOL_CLASS_COUNT);
        assert_true(hm_pool_class_bytes(index) >= bytes);
        if (index > 0)
            assert_true(hm_pool_class_bytes(index - 1) < bytes);
    }
}

static void test_waste_is_bounded(void **state)
{
    HM_UNUSED(state);
    for (size_t bytes = 1; bytes <= HM_POOL_SMALL_MAX; bytes++) {
        size_t block_bytes = hm_pool_class_bytes(hm_pool_class_of(bytes));
        size_t waste = block_bytes - bytes;
        assert_true(bytes <= HM_POOL_FINE_MAX ? waste < 16 : waste * 8 <= block_bytes);
    }
}

static void test_slabs_hold_enough_blocks(void **state)
{
    HM_UNUSED(state);
    for (unsigned index = 0; index < HM_POOL_CLASS_COUNT; index++) {
        size_t slab_bytes = (size_t)hm_pool_class_slab_pages(index) << HM_POOL_PAGE_SHIFT;
        size_t block_bytes = hm_pool_class_bytes(index);
        assert_true(slab_bytes / block_bytes >= 8);
        assert_true((slab_bytes % block_bytes) * 8 <= slab_bytes);
    }
}

static void test_aligned_classes(void **state)
{
    HM_UNUSED(state);
    for (size_t alignment = 1; alignment <= HM_POOL_PAGE_BYTES; alignment *= 2) {
        for (size_t bytes = 0; bytes <= HM_POOL_SMALL_MAX; bytes += 37) {
            unsigned index = hm_pool_class_aligned(alignment, bytes);
            assert_true(index < HM_POOL_CLASS_COUNT);
            assert_true(hm_pool_class_bytes(index) >= bytes);
            assert_int_equal(hm_pool_class_bytes(index) % alignment, 0);
        }
    }
    assert_int_equal(hm_pool_class_aligned(2 * HM_POOL_PAGE_BYTES, 16), HM_POOL_CLASS_COUNT);
    assert_int_equal(hm_pool_class_aligned(16, HM_POOL_SMALL_MAX + 1), HM_POOL_CLASS_COUNT);
}

/* The fast path's table against the arithmetic it stands for. */
static void test_the_table_of_bins_says_what_the_arithmetic_says(void **state)
{
    HM_UNUSED(state);
    for (size_t bytes = 0; bytes <= HM_POOL_SMALL_MAX; bytes++)
        assert_int_equal(hm_pool_bin_number_of(bytes), hm_pool_class_of(bytes) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_ascend_in_steps_of_16),
        cmocka_unit_test(test_every_size_has_the_smallest_class_that_holds_it),
        cmocka_unit_test(test_waste_is_bounded),
        cmocka_unit_test(test_slabs_hold_enough_blocks),
        cmocka_unit_test(test_aligned_classes),
        cmocka_unit_test(test_the_table_of_bins_says_what_the_arithmetic_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
