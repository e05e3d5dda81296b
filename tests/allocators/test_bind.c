/* Back ends that run under sanitizers too: ours, libc's, the references, and small libraries. */
#include "bind_process.h"

static bind_result result;

static void test_pool(void **state)
{
    HM_UNUSED(state);
    bind_run("pool", 60, &result);
    bind_expect_good(&result, HM_POOL_LIBRARY);
    assert_string_equal(bind_value(&result, "linkage"), "so");
    assert_string_equal(bind_value(&result, "version"), HM_VERSION);
    assert_string_equal(bind_value(&result, "probe"), HM_POOL_LIBRARY);
    assert_null(strstr(bind_value(&result, "process_malloc"), "heapmark_pool"));
#ifndef HM_SANITIZED
    bind_expect_stats(&result, true);
#endif
}

static void test_pool_path_is_believed_or_refused(void **state)
{
    HM_UNUSED(state);
    setenv("HEAPMARK_POOL_PATH", "/nonexistent/pool.so", 1);
    bind_run("pool", 60, &result);
    bind_expect_error(&result, HM_UNAVAILABLE, "/nonexistent/pool.so");
    setenv("HEAPMARK_POOL_PATH", HM_FIXTURES "/libtiny_malloc.so", 1);
    bind_run("pool", 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "is not heapmark's pool");
    setenv("HEAPMARK_POOL_PATH", HM_POOL_LIBRARY, 1);
    bind_run("pool", 60, &result);
    bind_expect_good(&result, HM_POOL_LIBRARY);
    unsetenv("HEAPMARK_POOL_PATH");
}

static void test_system(void **state)
{
    HM_UNUSED(state);
    bind_run("system", 60, &result);
    assert_int_equal(result.exit_code, 0);
    assert_string_equal(bind_value(&result, "linkage"), "so");
#ifndef HM_SANITIZED
    assert_non_null(strstr(bind_value(&result, "origin"), "libc"));
    bind_expect_stats(&result, false);
#else
    assert_non_null(strstr(bind_value(&result, "version"), "sanitizer"));
#endif
}

static void test_bump_never_reuses(void **state)
{
    HM_UNUSED(state);
    setenv("HEAPMARK_BUMP_BYTES", "2GiB", 1);
    bind_run("bump", 60, &result);
    unsetenv("HEAPMARK_BUMP_BYTES");
    bind_expect_good(&result, HM_BIND_PROBE);
    assert_string_equal(bind_value(&result, "linkage"), "static");
    setenv("HEAPMARK_BUMP_BYTES", "lots", 1);
    bind_run("bump", 60, &result);
    unsetenv("HEAPMARK_BUMP_BYTES");
    bind_expect_error(&result, HM_USAGE_ERROR, "HEAPMARK_BUMP_BYTES is 'lots'");
}

static void test_bump_ends_at_its_bytes(void **state)
{
    HM_UNUSED(state);
    setenv("HEAPMARK_BUMP_BYTES", "8MiB", 1);
    bind_run("bump", 60, &result);
    unsetenv("HEAPMARK_BUMP_BYTES");
    assert_int_equal(result.exit_code, 1); /* 20 MB do not fit: malloc gives NULL */
    assert_string_equal(bind_value(&result, "defect"), "no memory");
}

static void test_debug(void **state)
{
    HM_UNUSED(state);
    bind_run("debug", 60, &result);
    bind_expect_good(&result, HM_BIND_PROBE);
    assert_string_equal(bind_value(&result, "name"), "debug");
    assert_string_equal(bind_value(&result, "linkage"), "static");
}

static void test_any_library_by_path(void **state)
{
    HM_UNUSED(state);
    bind_run("tiny=so:" HM_FIXTURES "/libtiny_malloc.so", 60, &result);
    bind_expect_good(&result, HM_FIXTURES "/libtiny_malloc.so");
    assert_string_equal(bind_value(&result, "name"), "tiny");
    assert_string_equal(bind_value(&result, "linkage"), "so");
    assert_null(strstr(bind_value(&result, "process_malloc"), "tiny"));
}

static void test_a_prefix_goes_before_the_names(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libprefixed_malloc.so;prefix=tiny_", 60, &result);
    bind_expect_good(&result, HM_FIXTURES "/libprefixed_malloc.so");
    bind_run("so:" HM_FIXTURES "/libprefixed_malloc.so", 60, &result);
    assert_int_equal(result.exit_code, 10 + HM_WRONG_RESULT);
    bind_run("so:" HM_FIXTURES "/libprefixed_malloc.so;prefix=other_", 60, &result);
    bind_expect_error(&result, HM_UNAVAILABLE, "has no other_malloc");
}

static void test_the_pool_by_path_is_known(void **state)
{
    HM_UNUSED(state);
    bind_run("mine=so:" HM_POOL_LIBRARY, 60, &result);
    bind_expect_good(&result, HM_POOL_LIBRARY);
    assert_string_equal(bind_value(&result, "version"), HM_VERSION);
}

static void test_a_library_without_malloc_is_refused(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libno_malloc.so", 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "malloc comes from ");
    bind_expect_error(&result, HM_WRONG_RESULT, "libno_malloc.so");
    bind_run("so:" HM_LIBM, 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "malloc comes from ");
}

static void test_half_an_allocator_is_refused(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libhalf_malloc.so", 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "realloc comes from ");
}

static void test_a_misaligned_allocator_is_refused(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libmisaligned_malloc.so", 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "not aligned to 16");
}

static void test_an_aligned_alloc_that_does_not_align_is_left_out(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libtiny_malloc.so", 60, &result);
    assert_true((bind_number(&result, "capabilities") & HM_ALLOCATOR_ALIGNED) != 0);
    bind_run("so:" HM_FIXTURES "/libignored_alignment.so", 60, &result);
    bind_expect_good(&result, HM_FIXTURES "/libignored_alignment.so");
    assert_int_equal(bind_number(&result, "capabilities") & HM_ALLOCATOR_ALIGNED, 0);
}

static void test_what_is_no_library_is_refused(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/not_a_library.so", 60, &result);
    bind_expect_error(&result, HM_UNAVAILABLE, "cannot be loaded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_pool_path_is_believed_or_refused),
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_bump_never_reuses),
        cmocka_unit_test(test_bump_ends_at_its_bytes),
        cmocka_unit_test(test_debug),
        cmocka_unit_test(test_any_library_by_path),
        cmocka_unit_test(test_a_prefix_goes_before_the_names),
        cmocka_unit_test(test_the_pool_by_path_is_known),
        cmocka_unit_test(test_a_library_without_malloc_is_refused),
        cmocka_unit_test(test_half_an_allocator_is_refused),
        cmocka_unit_test(test_a_misaligned_allocator_is_refused),
        cmocka_unit_test(test_an_aligned_alloc_that_does_not_align_is_left_out),
        cmocka_unit_test(test_what_is_no_library_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
