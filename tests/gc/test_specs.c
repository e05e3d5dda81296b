/* This module is the tests of the collectors' registry, specs and labels. */
#include "heap_fixture.h"

static void test_registry_knows_the_three_levels(void **state)
{
    HM_UNUSED(state);
    size_t count;
    const hm_collector *const *all = hm_collectors(&count);
    assert_true(count >= 3);
    for (size_t index = 0; index < count; index++) {
        assert_ptr_equal(hm_collector_find(all[index]->name), all[index]);
        assert_int_equal(all[index]->prefix_bytes % 16, 0);
        assert_null(strpbrk(all[index]->name, "/:;,"));
    }
    assert_int_equal(hm_collector_find("none")->prefix_bytes, 0);
    assert_int_equal(hm_collector_find("off")->prefix_bytes,
                     hm_collector_find("generational")->prefix_bytes);
    assert_null(hm_collector_find("nothing"));
}

static void test_labels_say_the_settings_and_parse_back(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *text, *label;
    } cases[] = {{"none", "none"},
                 {"off", "off"},
                 {"generational", "generational"},
                 {"generational;trigger=auto", "generational"},
                 {"generational;thresholds=2000,10,10", "generational"},
                 {"generational;trigger=manual", "generational-manual"},
                 {"generational;thresholds=700,10,10", "generational-700-10-10"},
                 {"generational;trigger=manual;thresholds=1,2,3", "generational-manual-1-2-3"}};
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_collector_spec spec, again;
        hm_error error = {0};
        assert_int_equal(hm_collector_parse(cases[index].text, &spec, &error), HM_OK);
        assert_string_equal(spec.label, cases[index].label);
        assert_int_equal(hm_collector_parse(spec.label, &again, &error), HM_OK);
        assert_string_equal(again.label, spec.label);
        assert_memory_equal(again.settings.thresholds, spec.settings.thresholds,
                            sizeof spec.settings.thresholds);
        assert_int_equal(again.settings.automatic, spec.settings.automatic);
    }
}

static void test_bad_specs_get_one_line(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "unknown collector ''; known: none, off, generational"},
        {"gen", "unknown collector 'gen'; known: none, off, generational"},
        {"none;trigger=manual", "collector none takes no settings"},
        {"off-1-2-3", "unknown collector 'off-1-2-3'"},
        {"generational-1-2", "unknown collector 'generational-1-2'"},
        {"generational;trigger=often", "unknown collector setting 'trigger=often'; known:"},
        {"generational;thresholds=1,2", "unknown collector setting 'thresholds=1,2'"},
        {"generational;thresholds=-1,2,3", "unknown collector setting"},
        {"generational;thresholds=99999999999,2,3", "unknown collector setting"}};
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        hm_collector_spec spec;
        hm_error error = {0};
        assert_int_equal(hm_collector_parse(cases[index].text, &spec, &error), HM_USAGE_ERROR);
        if (strstr(error.message, cases[index].message) == NULL)
            fail_msg("%s: %s", cases[index].text, error.message);
        assert_null(strchr(error.message, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry_knows_the_three_levels),
        cmocka_unit_test(test_labels_say_the_settings_and_parse_back),
        cmocka_unit_test(test_bad_specs_get_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
