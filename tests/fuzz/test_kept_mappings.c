/* This module tests that mappings kept between inputs (kept_mappings.c) are poisoned while nobody
 * has them, zero when they are handed out again, and no more than were meant. */
#include "cmocka_all.h"

#include "base/system_memory.h"

#include <sanitizer/asan_interface.h>
#include <string.h>

enum { KEPT = 32, LARGEST_KEPT = 1 << 16 };

static bool is_poisoned(void *address, size_t bytes)
{
    return __asan_region_is_poisoned(address, bytes) == address;
}

static void test_what_is_given_back_is_poisoned_and_comes_again_as_zeros(void **state)
{
    (void)state;
    const size_t bytes = 3 * hm_system_page_bytes();
    char *mapping = hm_system_map(bytes);
    assert_non_null(mapping);
    memset(mapping, 'x', bytes);
    hm_system_unmap(mapping, bytes - 1); /* rounded up as by the one it stands for */
    assert_true(is_poisoned(mapping, bytes));
    assert_true(is_poisoned(mapping + bytes - 1, 1));
    char *again = hm_system_map(bytes);
    assert_ptr_equal(again, mapping);
    assert_null(__asan_region_is_poisoned(again, bytes));
    for (size_t index = 0; index < bytes; index++)
        assert_int_equal(again[index], 0);
    hm_system_unmap(again, bytes);
}

static void test_another_size_gets_another_mapping(void **state)
{
    (void)state;
    char *small = hm_system_map(1);
    hm_system_unmap(small, 1);
    char *large = hm_system_map(2 * hm_system_page_bytes());
    assert_ptr_not_equal(large, small);
    assert_true(is_poisoned(small, 1));
    hm_system_unmap(large, 2 * hm_system_page_bytes());
}

static void test_large_mappings_and_too_many_go_to_the_kernel(void **state)
{
    (void)state;
    char *large = hm_system_map(LARGEST_KEPT + 1);
    hm_system_unmap(large, LARGEST_KEPT + 1);
    assert_null(__asan_region_is_poisoned(large, LARGEST_KEPT));
    char *mappings[KEPT + 1];
    unsigned poisoned = 0;
    for (unsigned index = 0; index <= KEPT; index++)
        mappings[index] = hm_system_map(LARGEST_KEPT);
    for (unsigned index = 0; index <= KEPT; index++) {
        hm_system_unmap(mappings[index], LARGEST_KEPT);
        poisoned += is_poisoned(mappings[index], LARGEST_KEPT);
    }
    assert_in_range(poisoned, KEPT - 4, KEPT); /* the tests before keep some */
    hm_system_unmap(NULL, LARGEST_KEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_given_back_is_poisoned_and_comes_again_as_zeros),
        cmocka_unit_test(test_another_size_gets_another_mapping),
        cmocka_unit_test(test_large_mappings_and_too_many_go_to_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
