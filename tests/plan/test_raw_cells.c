/* This module tests the cells of raw works: one for each back end and number of threads, under
   collector none whatever is asked for, pairs only where threads are even, and what is left out for
   want of threads is named. */
#include "plan_fixture.h"

#include <stdlib.h>
#include <string.h>

static size_t cells_of(const made_plan *made, const char *work, const char *part)
{
    size_t found = 0;
    for (size_t index = 0; index < made->plan.cell_count; index++) {
        const hm_plan_cell *cell = &made->plan.cells[index];
        found += strcmp(cell->cell.workload->name, work) == 0 && strstr(cell->name, part) != NULL;
    }
    return found;
}

static void raw_works_have_one_collector(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, "--profile standard"), HM_OK);
    assert_int_equal(cells_of(&made, "churn", "/collector:"), 2 * 2);
    assert_int_equal(cells_of(&made, "churn", "/collector:none/"), 2 * 2);
    assert_int_equal(cells_of(&made, "release-refill", "/collector:"), 2 * 2);
    assert_int_equal(cells_of(&made, "release-refill", "/collector:none/"), 2);
    clear_plan(&made);
}

static void a_pair_needs_even_threads(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, "--profile standard --threads 1,2,3"), HM_OK);
    assert_int_equal(cells_of(&made, "producer-consumer", "/threads:"), 2);
    assert_int_equal(cells_of(&made, "producer-consumer", "/threads:2/"), 2);
    assert_int_equal(cells_of(&made, "server-threads", "/threads:"), 2 * 3);
    clear_plan(&made);
}

/* The null run of none is there even where only raw works run under none. */
static void raw_works_have_their_null_run(void **state)
{
    (void)state;
    made_plan made;
    size_t nulls = 0;
    hm_strings words = {0};
    hm_strings_split(
        &words, "heapmark run,--profile,standard,--backend,pool,--collector,generational", ',');
    made = (made_plan){0};
    assert_int_equal(hm_run_options_parse(&made.options, (int)words.count, words.items), HM_OK);
    assert_int_equal(hm_backend_set_choose(&made.backends, &made.options, &made.error), HM_OK);
    assert_int_equal(hm_plan_make(&made.plan, &made.options, &made.backends, &made.error), HM_OK);
    hm_strings_clear(&words);
    for (size_t index = 0; index < made.plan.cell_count; index++)
        nulls += made.plan.cells[index].role == HM_ROLE_NULL &&
                 strstr(made.plan.cells[index].name, "/collector:none/") != NULL;
    assert_int_equal(nulls, 1);
    assert_int_equal(cells_of(&made, "null", "/collector:"), 2);
    clear_plan(&made);
}

static void check_words(const char *line, const char *wanted)
{
    made_plan made;
    assert_int_equal(make_plan(&made, line), HM_OK);
    char *words = hm_plan_threads_words(&made.plan);
    assert_int_equal(words == NULL, wanted == NULL);
    if (wanted != NULL)
        assert_string_equal(words, wanted);
    free(words);
    clear_plan(&made);
}

/* A work is left out in silence only where nobody asked for it. */
static void what_needs_threads_is_named(void **state)
{
    (void)state;
    check_words("--profile standard --threads 1",
                "producer-consumer needs 2 threads or more, an even number; to include it: "
                "--threads 1,2");
    check_words("--profile standard --threads 3 --filter c[ho]",
                "producer-consumer needs 2 threads or more, an even number; to include it: "
                "--threads 3,2");
    check_words("--profile standard --threads 1,2", NULL);
    check_words("--profile standard --threads 4", NULL);
    check_words("--profile standard --threads 1 --filter ^churn", NULL);
    check_words("--profile quick", NULL);
}

static void nothing_but_what_needs_threads_is_refused(void **state)
{
    (void)state;
    made_plan made;
    assert_int_equal(make_plan(&made, "--profile standard --threads 1 --filter ^producer"),
                     HM_USAGE_ERROR);
    assert_string_equal(made.error.message,
                        "--threads: producer-consumer needs 2 threads or more, an even number; to "
                        "include it: --threads 1,2");
    clear_plan(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_works_have_one_collector),
        cmocka_unit_test(a_pair_needs_even_threads),
        cmocka_unit_test(raw_works_have_their_null_run),
        cmocka_unit_test(what_needs_threads_is_named),
        cmocka_unit_test(nothing_but_what_needs_threads_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
