/* This module tests that a filter is matched, refused where it is none, and given up where it would
 * hold up the run. */
#include "cmocka_all.h"

#include "bench/filter.h"

#include <string.h>
#include <sys/resource.h>

static hm_filter *compile(const char *text)
{
    hm_error error = {0};
    hm_filter *filter = hm_filter_compile(text, &error);
    assert_non_null(filter);
    return filter;
}

static void expect(const char *text, const char *name, bool matches)
{
    hm_filter *filter = compile(text);
    assert_int_equal(hm_filter_matches(filter, name), matches);
    assert_int_equal(hm_filter_check(filter, NULL), HM_OK);
    hm_filter_free(filter);
}

static void test_what_matches(void **state)
{
    (void)state;
    static const char name[] = "churn/live:1000/backend:pool/threads:1";
    expect("", name, true);
    expect("^churn", name, true);
    expect("live", name, true);
    expect("^live", name, false);
    expect("^(churn|batch)/.*backend:(pool|system)/.*threads:[12]$", name, true);
    expect("^(churn|batch)/.*backend:(pool|system)/.*threads:[23]$", name, false);
    expect("1{1}0{3}/", name, true);
    expect("[[:digit:]]{5}", name, false);
    expect("^(?!.*pool)", name, false);
    expect("(a(b(c)))?", name, true);
    expect("\xff", "\xff", true);
    assert_true(hm_filter_matches(NULL, name));
    assert_int_equal(hm_filter_check(NULL, NULL), HM_OK);
}

static void expect_refused(const char *text, const char *part)
{
    hm_error error = {0};
    assert_null(hm_filter_compile(text, &error));
    assert_int_equal(error.status, HM_USAGE_ERROR);
    assert_non_null(strstr(error.message, "--filter: "));
    assert_non_null(strstr(error.message, part));
}

static void test_no_expression(void **state)
{
    (void)state;
    expect_refused("(", "is not a regular expression: missing closing parenthesis (byte 1)");
    expect_refused("[a", "is not a regular expression: ");
    expect_refused("a{2,1}", "is not a regular expression: ");
    expect_refused("\\", "is not a regular expression: ");
    expect_refused("*", "is not a regular expression: ");
    expect_refused("(*UTF)a", "is not a regular expression: ");
}

/* The C library's regcomp takes seconds or gigabytes for them. */
static void test_repeats_of_repeats_cost_little(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*(^)*",
        "a{200}b{200}c{200}",
        "((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+",
    };
    for (size_t index = 0; index < sizeof taken / sizeof *taken; index++)
        expect(taken[index], "", index == 0);
    expect_refused("((a{99}){99}){99}", "too large");
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
#ifndef __SANITIZE_ADDRESS__
    assert_true(usage.ru_maxrss < 200 << 10);
#endif
}

static void test_a_match_that_takes_years_is_given_up(void **state)
{
    (void)state;
    hm_error error = {0};
    hm_filter *filter = compile("(a+)+$");
    assert_true(hm_filter_matches(filter, "aaaa"));
    assert_int_equal(hm_filter_check(filter, &error), HM_OK);
    assert_false(hm_filter_matches(filter, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    assert_false(hm_filter_matches(filter, "aaaa"));
    assert_int_equal(hm_filter_check(filter, &error), HM_USAGE_ERROR);
    assert_non_null(strstr(error.message, "--filter: '(a+)+$' takes too long"));
    hm_filter_free(filter);
}

static void test_a_long_text(void **state)
{
    (void)state;
    char text[HM_FILTER_MOST_BYTES + 2];
    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_refused(text, "at most 1000");
    text[HM_FILTER_MOST_BYTES] = '\0';
    expect_refused(text, "is not a regular expression: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_matches),
        cmocka_unit_test(test_no_expression),
        cmocka_unit_test(test_repeats_of_repeats_cost_little),
        cmocka_unit_test(test_a_match_that_takes_years_is_given_up),
        cmocka_unit_test(test_a_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
