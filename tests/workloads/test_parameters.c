/* This module is the tests of the registry, of parameters as text, and of what values are refused.
 */
#include "work_fixture.h"

static void test_registry_holds_every_workload_in_order(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {"short-lived",
                                        "cyclic-graph",
                                        "growing-dict",
                                        "streaming-generator",
                                        "lru-cache",
                                        "request-mix",
                                        "release-refill",
                                        "object-create",
                                        "list-append",
                                        "dict-access",
                                        "generator-resume",
                                        "collect-graph",
                                        "batch",
                                        "churn",
                                        "producer-consumer",
                                        "server-threads",
                                        "fragmentation-comb",
                                        "size-ramp",
                                        "empty",
                                        "null"};
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    assert_int_equal(count, HM_COUNT_OF(names));
    for (size_t index = 0; index < count; index++) {
        assert_string_equal(workloads[index]->name, names[index]);
        assert_ptr_equal(hm_workload_find(names[index]), workloads[index]);
        assert_string_equal(workloads[index]->group, index < 12   ? "object"
                                                     : index < 18 ? "raw"
                                                                  : "control");
    }
    assert_null(hm_workload_find("short"));
    assert_null(hm_workload_find(""));
}

static void check_parameter(const hm_parameter *parameter)
{
    int64_t choices = 0, value;
    char text[64];
    hm_error error = {0};
    assert_true(strspn(parameter->name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
                strlen(parameter->name));
    assert_true(parameter->brief[0] != '\0');
    assert_in_range(parameter->initial, parameter->minimum, parameter->maximum);
    while (parameter->choices != NULL && parameter->choices[choices] != NULL)
        choices++;
    if (parameter->choices != NULL)
        assert_int_equal(parameter->maximum + 1, choices);
    hm_parameter_format(parameter, parameter->maximum, text, sizeof text);
    assert_int_equal(hm_parameter_parse(parameter, text, &value, &error), HM_OK);
    assert_int_equal(value, parameter->maximum);
}

static void test_every_declaration_is_sound(void **state)
{
    HM_UNUSED(state);
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        const hm_workload *workload = workloads[index];
        int64_t values[HM_MAX_PARAMETERS];
        hm_error error = {0};
        assert_true(workload->parameter_count <= HM_MAX_PARAMETERS);
        assert_true(workload->brief[0] != '\0' && workload->operation[0] != '\0');
        for (unsigned parameter = 0; parameter < workload->parameter_count; parameter++)
            check_parameter(&workload->parameters[parameter]);
        hm_parameters_default(workload, values);
        if (workload->validate != NULL)
            assert_int_equal(workload->validate(values, &error), HM_OK);
        assert_true(workload->operations(values) > 0);
    }
}

static void expect_unreadable(const char *workload_name, const char *parameter, const char *text,
                              const char *message)
{
    const hm_workload *workload = hm_workload_find(workload_name);
    int64_t value = -77;
    hm_error error = {0};
    int index = hm_parameter_find(workload, parameter);
    assert_true(index >= 0);
    assert_int_equal(hm_parameter_parse(&workload->parameters[index], text, &value, &error),
                     HM_USAGE_ERROR);
    assert_string_equal(error.message, message);
    assert_int_equal(value, -77);
}

static void test_a_bad_value_gets_a_line_that_says_what_would_be_right(void **state)
{
    HM_UNUSED(state);
    expect_unreadable("short-lived", "order", "up", "order: 'up' is not one of lifo, fifo, random");
    expect_unreadable("short-lived", "batch", "0",
                      "batch: 0 is out of range; 1 to 1000000 objects are allowed");
    expect_unreadable("short-lived", "batch", "2M",
                      "batch: 2000000 is out of range; 1 to 1000000 objects are allowed");
    expect_unreadable("short-lived", "survivors", "-1",
                      "survivors: -1 is out of range; 0 to 100 % are allowed");
    expect_unreadable("growing-dict", "entries", "1e3",
                      "entries: '1e3' is not a whole number (1000, 10k and 64Ki are)");
    expect_unreadable("growing-dict", "entries", "",
                      "entries: '' is not a whole number (1000, 10k and 64Ki are)");
    assert_int_equal(hm_parameter_find(hm_workload_find("short-lived"), "size"), -1);
    assert_int_equal(hm_parameter_find(hm_workload_find("null"), "kind"), -1);
}

static void test_factors_are_read(void **state)
{
    HM_UNUSED(state);
    test_work work = {0};
    work_parse(&work, "growing-dict/entries:10k/value:64Ki");
    assert_int_equal(work.context.parameters[1], 10000);
    assert_int_equal(work.context.parameters[3], 65536);
}

static void test_a_name_says_what_differs_and_reads_back(void **state)
{
    HM_UNUSED(state);
    static const char *const names[] = {
        "short-lived",
        "null",
        "short-lived/kind:int/batch:10/order:lifo/survivors:0",
        "cyclic-graph/shape:tree-with-parents/nodes:5/degree:2/back-links:weak/break:by-hand",
        "growing-dict/keys:int-random/entries:1000000/clearing:never-cleared",
        "streaming-generator/mode:materialise/consume:50",
        "lru-cache/exponent:64/capacity:5000/links:weak/cyclic:10",
        "request-mix/headers:20/sessions:50/keep:0/cyclic:50",
        "release-refill/sizes:fixed/size:128/order:age/keep:20/refill:200"};
    char text[256];
    for (size_t index = 0; index < HM_COUNT_OF(names); index++) {
        test_work work = {0};
        work_parse(&work, names[index]);
        assert_true(hm_work_name(work.workload, work.context.parameters, text, sizeof text));
        assert_string_equal(text, names[index]);
        size_t length = strlen(names[index]);
        assert_true(hm_work_name(work.workload, work.context.parameters, text, length + 1));
        assert_false(hm_work_name(work.workload, work.context.parameters, text, length));
        assert_false(hm_work_name(work.workload, work.context.parameters, text, 3));
    }
}

static void test_values_that_do_not_fit_together_are_refused(void **state)
{
    HM_UNUSED(state);
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"short-lived/kind:int/length:9",
         "short-lived: length has no effect with kind int or float; leave it at 8"},
        {"short-lived/kind:str/length:0",
         "short-lived: length 0 does not suit kind str; 1 to 1048576 do"},
        {"short-lived/kind:list/length:200000",
         "short-lived: length 200000 does not suit kind list; 0 to 131072 do"},
        {"short-lived/kind:mixed/length:65537",
         "short-lived: length 65537 does not suit kind mixed; 1 to 65536 do"},
        {"short-lived/kind:tuple/reuse:1",
         "short-lived: reuse has no effect with a kind that cannot be refilled; leave it at 0"},
        {"short-lived/kind:list/survivors:60/reuse:41",
         "short-lived: survivors 60 and reuse 41 are more than all; together at most 100"},
        {"short-lived/kind:bytes/length:1Mi/batch:1024",
         "short-lived: about 26.6 GiB would be live at once and at most 1.0 GiB is allowed; lower "
         "batch, length or survivors"},
        {"cyclic-graph/degree:5", "cyclic-graph: degree has no effect with any shape but random "
                                  "and tree-with-parents; leave it at 4"},
        {"cyclic-graph/shape:self/back-links:weak",
         "cyclic-graph: shape self has no back links that could be weak; pair, doubly-linked and "
         "tree-with-parents have"},
        {"cyclic-graph/shape:pair/nodes:7",
         "cyclic-graph: nodes 7 do not make pairs; an even number does"},
        {"cyclic-graph/break:by-hand/garbage:20",
         "cyclic-graph: garbage has no effect with break by-hand; leave it at 10"},
        {"cyclic-graph/nodes:1M/payload:1Mi",
         "cyclic-graph: about 976.7 GiB would be live at once and at most 1.0 GiB is allowed; "
         "lower nodes, degree, payload or live"},
        {"growing-dict/entries:10M/dicts:100",
         "growing-dict: about 199.3 GiB would be live at once and at most 1.0 GiB is allowed; "
         "lower entries, dicts or value"},
        {"streaming-generator/stages:0/window:3",
         "streaming-generator: window has no effect with no stages; leave it at 16"},
        {"streaming-generator/mode:materialise/items:10M/item:1k",
         "streaming-generator: about 19.5 GiB would be live at once and at most 1.0 GiB is "
         "allowed; lower items, item, stages or window"},
        {"lru-cache/keys:100/capacity:101",
         "lru-cache: a capacity of 101 would never be full with 100 keys; lower capacity or raise "
         "keys"},
        {"lru-cache/capacity:100000/value:100k",
         "lru-cache: about 9.3 GiB would be live at once and at most 1.0 GiB is allowed; lower "
         "capacity or value"},
        {"request-mix/keep:0/lifetime:200",
         "request-mix: lifetime has no effect with keep 0; leave it at 4096"},
        {"request-mix/sessions:1M",
         "request-mix: about 1.1 GiB would be live at once and at most 1.0 GiB is allowed; lower "
         "sessions, records, fields, keep or lifetime"},
        {"release-refill/size:32",
         "release-refill: size has no effect with sizes python or wide; leave it at 64"},
        {"release-refill/objects:10M/sizes:wide",
         "release-refill: about 23.5 GiB would be live at once and at most 1.0 GiB is allowed; "
         "lower objects or size"},
    };
    for (size_t index = 0; index < HM_COUNT_OF(cases); index++) {
        test_work work = {0};
        work_parse(&work, cases[index].name);
        assert_int_equal(work_validate(&work), HM_USAGE_ERROR);
        assert_string_equal(work.error.message, cases[index].message);
    }
}

static void test_values_out_of_range_are_refused_by_validate_too(void **state)
{
    HM_UNUSED(state);
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    for (size_t index = 0; index < count; index++) {
        for (unsigned which = 0; which < workloads[index]->parameter_count; which++) {
            int64_t values[HM_MAX_PARAMETERS];
            hm_error error = {0};
            hm_parameters_default(workloads[index], values);
            values[which] = workloads[index]->parameters[which].maximum + 1;
            assert_int_equal(workloads[index]->validate(values, &error), HM_USAGE_ERROR);
            assert_non_null(strstr(error.message, "is out of range"));
            values[which] = workloads[index]->parameters[which].minimum - 1;
            assert_int_equal(workloads[index]->validate(values, &error), HM_USAGE_ERROR);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry_holds_every_workload_in_order),
        cmocka_unit_test(test_every_declaration_is_sound),
        cmocka_unit_test(test_a_bad_value_gets_a_line_that_says_what_would_be_right),
        cmocka_unit_test(test_factors_are_read),
        cmocka_unit_test(test_a_name_says_what_differs_and_reads_back),
        cmocka_unit_test(test_values_that_do_not_fit_together_are_refused),
        cmocka_unit_test(test_values_out_of_range_are_refused_by_validate_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
