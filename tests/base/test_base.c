/* This module is the tests of src/base: amounts as people write them, random numbers, kernel pages.
 */
#include "base/attributes.h"
#include "base/quantity.h"
#include "base/random.h"
#include "base/status.h"
#include "base/system_memory.h"
#include "cmocka_all.h"

#include <string.h>

static void test_counts_are_read_with_their_factors(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},           {"17", 17},    {"-3", -3},        {"2k", 2000},        {"3M", 3000000},
        {"1G", 1000000000}, {"4Ki", 4096}, {"1MiB", 1 << 20}, {"2GiB", 2LL << 30}, {"12B", 12}};
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        int64_t value = -1;
        assert_true(hm_parse_count(cases[index].text, &value));
        assert_int_equal(value, cases[index].value);
    }
}

static void test_what_is_no_count_is_refused(void **state)
{
    HM_UNUSED(state);
    static const char *const texts[] = {"",
                                        "x",
                                        "1.5",
                                        "1kk",
                                        "-",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "0x10",
                                        "1KiBB",
                                        "99999999999999999999",
                                        "9223372036854775807G"};
    for (size_t index = 0; index < HM_COUNT_OF(texts); index++) {
        int64_t value;
        assert_false(hm_parse_count(texts[index], &value));
    }
}

static void test_seconds(void **state)
{
    HM_UNUSED(state);
    double seconds;
    assert_true(hm_parse_seconds("0.5", &seconds) && seconds == 0.5);
    assert_true(hm_parse_seconds("30s", &seconds) && seconds == 30.0);
    assert_true(hm_parse_seconds("5m", &seconds) && seconds == 300.0);
    assert_true(hm_parse_seconds("1h", &seconds) && seconds == 3600.0);
    assert_true(hm_parse_seconds("200ms", &seconds) && seconds > 0.1999 && seconds < 0.2001);
    assert_false(hm_parse_seconds("", &seconds));
    assert_false(hm_parse_seconds("-1", &seconds));
    assert_false(hm_parse_seconds("1d", &seconds));
    assert_false(hm_parse_seconds("nan", &seconds));
}

static void test_amounts_for_people(void **state)
{
    HM_UNUSED(state);
    char text[32];
    assert_string_equal(hm_format_bytes(512, text, sizeof text), "512 B");
    assert_string_equal(hm_format_bytes(1536, text, sizeof text), "1.5 KiB");
    assert_string_equal(hm_format_bytes(3.0 * (1 << 30), text, sizeof text), "3.0 GiB");
    assert_string_equal(hm_format_nanoseconds(12345, text, sizeof text), "12.3 µs");
}

static void test_random_is_the_published_sequence(void **state)
{
    HM_UNUSED(state);
    /* Vigna's splitmix64.c, seed 1234567. */
    uint64_t seed = 1234567;
    assert_true(hm_splitmix64(&seed) == UINT64_C(6457827717110365317));
    assert_true(hm_splitmix64(&seed) == UINT64_C(3203168211198807973));
    hm_random random = {.state = {1, 2, 3, 4}};
    /* Blackman and Vigna's xoshiro256starstar.c, state 1, 2, 3, 4. */
    assert_true(hm_random_next(&random) == UINT64_C(11520));
    assert_true(hm_random_next(&random) == UINT64_C(0));
    assert_true(hm_random_next(&random) == UINT64_C(1509978240));
}

static void test_random_below_covers_its_range_and_no_more(void **state)
{
    HM_UNUSED(state);
    hm_random random;
    hm_random_seed(&random, 42);
    unsigned seen[7] = {0};
    for (int draw = 0; draw < 7000; draw++)
        seen[hm_random_below(&random, 7)]++;
    for (int value = 0; value < 7; value++)
        assert_in_range(seen[value], 800, 1200);
    assert_int_equal(hm_random_below(&random, 0), 0);
}

static void test_pages_are_zeroed_aligned_and_resizable(void **state)
{
    HM_UNUSED(state);
    size_t alignment = (size_t)2 << 20;
    unsigned char *aligned = hm_system_map_aligned(3 * alignment, alignment);
    assert_non_null(aligned);
    assert_int_equal((uintptr_t)aligned & (alignment - 1), 0);
    assert_int_equal(aligned[3 * alignment - 1], 0);
    hm_system_unmap(aligned, 3 * alignment);

    unsigned char *pages = hm_system_map(1);
    memset(pages, 7, hm_system_page_bytes());
    pages = hm_system_remap(pages, 1, 10 * hm_system_page_bytes());
    assert_non_null(pages);
    assert_int_equal(pages[0], 7);
    assert_int_equal(pages[9 * hm_system_page_bytes()], 0);
    hm_system_unmap(pages, 10 * hm_system_page_bytes());
    assert_null(hm_system_map_aligned(SIZE_MAX / 2, SIZE_MAX / 2 + 1));
}

static void test_an_error_keeps_status_and_message(void **state)
{
    HM_UNUSED(state);
    hm_error error;
    assert_int_equal(hm_error_set(&error, HM_KEY_ERROR, "no %s", "key"), HM_KEY_ERROR);
    assert_string_equal(error.message, "no key");
    assert_string_equal(hm_status_name(error.status), "KeyError");
    assert_int_equal(hm_error_set(NULL, HM_IO_ERROR, "unheard"), HM_IO_ERROR);
    hm_error_clear(&error);
    assert_int_equal(error.status, HM_OK);
    assert_string_equal(error.message, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_read_with_their_factors),
        cmocka_unit_test(test_what_is_no_count_is_refused),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_amounts_for_people),
        cmocka_unit_test(test_random_is_the_published_sequence),
        cmocka_unit_test(test_random_below_covers_its_range_and_no_more),
        cmocka_unit_test(test_pages_are_zeroed_aligned_and_resizable),
        cmocka_unit_test(test_an_error_keeps_status_and_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
