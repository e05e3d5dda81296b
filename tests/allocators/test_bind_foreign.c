/* Back ends that no sanitizer bears: other people's allocators, preloading, and libraries that
   crash or hang on purpose. Packages that are not installed are skipped by name. */
#include "bind_process.h"

static bind_result result;

/* Binds a packaged back end, or skips it; fills `path` with its library. */
static void run_package(const char *name, char path[PATH_MAX])
{
    hm_backend_spec spec;
    hm_error error;
    assert_int_equal(hm_backend_parse(name, &spec, &error), HM_OK);
    hm_status status = hm_backend_probe(&spec, path, PATH_MAX, &error);
    hm_backend_spec_clear(&spec);
    if (status != HM_OK) {
        printf("skipped: %s\n", error.message);
        skip();
    }
    bind_run(name, 60, &result);
    bind_expect_good(&result, path);
    assert_string_equal(bind_value(&result, "linkage"), "so");
    assert_int_not_equal(bind_value(&result, "version")[0], '\0');
    assert_non_null(strstr(bind_value(&result, "process_malloc"), "libc.so"));
    bind_expect_stats(&result, true);
}

static void test_jemalloc(void **state)
{
    HM_UNUSED(state);
    char path[PATH_MAX];
    run_package("jemalloc", path);
}

static void test_mimalloc(void **state)
{
    HM_UNUSED(state);
    char path[PATH_MAX];
    run_package("mimalloc", path);
}

static void test_tcmalloc(void **state)
{
    HM_UNUSED(state);
    char path[PATH_MAX];
    run_package("tcmalloc", path);
}

/* The same library by path has the same account. */
static void test_a_packaged_library_by_path(void **state)
{
    HM_UNUSED(state);
    char path[PATH_MAX], spec[PATH_MAX + 16];
    run_package("jemalloc", path);
    snprintf(spec, sizeof spec, "mine=so:%s", path);
    bind_run(spec, 60, &result);
    bind_expect_good(&result, path);
    bind_expect_stats(&result, true);
}

static void test_settings_reach_the_library(void **state)
{
    HM_UNUSED(state);
    char path[PATH_MAX], spec[PATH_MAX + 64];
    run_package("jemalloc", path);
    /* Without thread caches a free is seen at once, so what is left is what was there before. */
    snprintf(spec, sizeof spec, "mine=so:%s;env=MALLOC_CONF=tcache:false", path);
    bind_run(spec, 60, &result);
    bind_expect_good(&result, path);
    assert_int_equal(bind_number(&result, "freed_allocated"),
                     bind_number(&result, "before_allocated"));
}

static void test_preload_of_any_library(void **state)
{
    HM_UNUSED(state);
    bind_run("tiny=preload:" HM_FIXTURES "/libtiny_malloc.so", 60, &result);
    bind_expect_good(&result, HM_FIXTURES "/libtiny_malloc.so");
    assert_string_equal(bind_value(&result, "linkage"), "preload");
    assert_non_null(strstr(bind_value(&result, "process_malloc"), "libtiny_malloc.so"));
}

static void test_preload_of_the_pool(void **state)
{
    HM_UNUSED(state);
    bind_run("mine=preload:" HM_POOL_LIBRARY, 60, &result);
    bind_expect_good(&result, HM_POOL_LIBRARY);
    assert_non_null(strstr(bind_value(&result, "process_malloc"), "libheapmark_pool.so"));
    bind_expect_stats(&result, true);
}

static void test_preload_of_packages(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"jemalloc", "mimalloc", "tcmalloc"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        char path[PATH_MAX], spec[PATH_MAX + 32];
        run_package(names[index], path);
        snprintf(spec, sizeof spec, "preload:%s", path);
        bind_run(spec, 60, &result);
        bind_expect_good(&result, path);
        assert_string_equal(bind_value(&result, "linkage"), "preload");
    }
}

/* Binding in this process, where LD_PRELOAD was not set, must not pass libc off as the library. */
static void test_preload_that_was_not_set_is_refused(void **state)
{
    HM_UNUSED(state);
    hm_backend_spec spec;
    hm_allocator allocator;
    hm_error error;
    assert_int_equal(hm_backend_parse("preload:" HM_FIXTURES "/libtiny_malloc.so", &spec, &error),
                     HM_OK);
    assert_int_equal(hm_backend_bind(&spec, &allocator, &error), HM_WRONG_RESULT);
    assert_non_null(strstr(error.message, "was LD_PRELOAD set to it before exec?"));
    hm_backend_spec_clear(&spec);
}

static void test_calls_that_fall_through_to_libc_are_refused(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libfall_through.so", 60, &result);
    bind_expect_error(&result, HM_WRONG_RESULT, "calloc takes its memory from libc's malloc");
}

static void test_a_crash_while_loading_is_that_process_alone(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libcrash_constructor.so", 60, &result);
    assert_int_equal(result.signal, SIGABRT);
}

static void test_a_hang_while_loading_can_be_ended(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libhang_constructor.so", 1, &result);
    assert_int_equal(result.signal, SIGALRM);
}

static void test_a_death_in_the_middle(void **state)
{
    HM_UNUSED(state);
    bind_run("so:" HM_FIXTURES "/libdie_midrun.so", 60, &result);
    assert_int_equal(result.signal, SIGABRT);
    assert_non_null(strstr(bind_value(&result, "origin"), "libdie_midrun.so")); /* it was bound */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jemalloc),
        cmocka_unit_test(test_mimalloc),
        cmocka_unit_test(test_tcmalloc),
        cmocka_unit_test(test_a_packaged_library_by_path),
        cmocka_unit_test(test_settings_reach_the_library),
        cmocka_unit_test(test_preload_of_any_library),
        cmocka_unit_test(test_preload_of_the_pool),
        cmocka_unit_test(test_preload_of_packages),
        cmocka_unit_test(test_preload_that_was_not_set_is_refused),
        cmocka_unit_test(test_calls_that_fall_through_to_libc_are_refused),
        cmocka_unit_test(test_a_crash_while_loading_is_that_process_alone),
        cmocka_unit_test(test_a_hang_while_loading_can_be_ended),
        cmocka_unit_test(test_a_death_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
