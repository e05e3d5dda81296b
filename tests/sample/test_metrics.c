/*
 * This module tests the table of metrics: every reader of results relies on its words.
 */
#include "cmocka_all.h"

#include "bench/metrics.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static void names_are_unique_and_plain(void **state)
{
    (void)state;
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const char *name = hm_metric_table[index].name;
        assert_true(islower((unsigned char)name[0]));
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
        for (size_t other = 0; other < index; other++)
            assert_string_not_equal(name, hm_metric_table[other].name);
        assert_ptr_equal(hm_metric_find(name), &hm_metric_table[index]);
    }
    assert_null(hm_metric_find("no_such_metric"));
    assert_null(hm_metric_find(""));
}

static void kinds_and_directions_are_known(void **state)
{
    (void)state;
    const char *const directions[] = {"lower", "higher", "none", NULL};
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const hm_metric *metric = &hm_metric_table[index];
        assert_true(hm_metric_is_of(metric, "time") || hm_metric_is_of(metric, "memory") ||
                    hm_metric_is_of(metric, "latency"));
        assert_false(hm_metric_is_of(metric, "mem"));
        assert_true(is_one_of(hm_metric_table[index].direction, directions));
        assert_string_not_equal(hm_metric_table[index].unit, "");
    }
}

static void units_stand_in_names(void **state)
{
    (void)state;
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const hm_metric *metric = &hm_metric_table[index];
        bool named_bytes = strstr(metric->name, "_bytes") != NULL;
        assert_int_equal(named_bytes, strcmp(metric->unit, "bytes") == 0);
        if (strcmp(metric->unit, "ns") == 0)
            assert_non_null(strstr(metric->name, "ns"));
    }
}

static void definitions_are_one_sentence_of_one_line(void **state)
{
    (void)state;
    for (size_t index = 0; index < HM_METRIC_COUNT; index++) {
        const char *brief = hm_metric_table[index].brief;
        assert_true(strlen(brief) >= 20);
        assert_null(strchr(brief, '\n'));
        assert_true(isalpha((unsigned char)brief[0]));
        assert_true(brief[strlen(brief) - 1] != '.');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_plain),
        cmocka_unit_test(kinds_and_directions_are_known),
        cmocka_unit_test(units_stand_in_names),
        cmocka_unit_test(definitions_are_one_sentence_of_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
