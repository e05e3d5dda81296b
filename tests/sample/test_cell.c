/*
 * This module tests the names of cells: a name from any record is enough to run that sample again,
 * and a wrong one is told in a line that says what would be right.
 */
#include "cmocka_all.h"

#include "bench/cell.h"

#include <stdio.h>
#include <string.h>

#define TAIL "/backend:system/linkage:so/collector:none/threads:1/runtime:heapmark"

static void assert_round_trip(const char *name)
{
    hm_backend_spec storage;
    hm_bench_cell cell;
    hm_error error = {0};
    char text[HM_CELL_NAME_BYTES];
    if (hm_bench_cell_parse(name, NULL, &storage, &cell, &error) != HM_OK)
        fail_msg("'%s' is refused: %s", name, error.message);
    assert_true(hm_bench_cell_name(&cell, text, sizeof text));
    assert_string_equal(text, name);
    hm_backend_spec_clear(&storage);
}

static void names_come_back_as_they_were(void **state)
{
    (void)state;
    assert_round_trip("short-lived" TAIL);
    assert_round_trip("short-lived/kind:dict/length:3/survivors:0" TAIL);
    assert_round_trip("null/backend:jemalloc/linkage:so/collector:generational/threads:1/"
                      "runtime:heapmark");
    assert_round_trip("empty/backend:bump/linkage:static/collector:off/threads:64/"
                      "runtime:heapmark");
    assert_round_trip("cyclic-graph/shape:tree-with-parents/backend:system/linkage:so/"
                      "collector:generational-manual-700-10-5/threads:2/runtime:heapmark");
}

/* A name of this workload with every parameter at `value_of`. */
static void assert_workload_round_trips(const hm_workload *workload,
                                        int64_t (*value_of)(const hm_parameter *))
{
    char work[HM_CELL_NAME_BYTES], name[HM_CELL_NAME_BYTES + 128];
    int64_t values[HM_MAX_PARAMETERS] = {0};
    hm_error error;
    for (unsigned index = 0; index < workload->parameter_count; index++)
        values[index] = value_of(&workload->parameters[index]);
    if (workload->validate != NULL && workload->validate(values, &error) != HM_OK)
        return;
    assert_true(hm_work_name(workload, values, work, sizeof work));
    snprintf(name, sizeof name, "%s" TAIL, work);
    assert_round_trip(name);
}

static int64_t initial(const hm_parameter *parameter)
{
    return parameter->initial;
}

static int64_t lowest(const hm_parameter *parameter)
{
    return parameter->minimum;
}

static int64_t highest(const hm_parameter *parameter)
{
    return parameter->maximum;
}

static void every_workload_round_trips(void **state)
{
    (void)state;
    size_t count;
    const hm_workload *const *workloads = hm_workloads(&count);
    assert_true(count >= 6);
    for (size_t index = 0; index < count; index++) {
        assert_workload_round_trips(workloads[index], initial);
        assert_workload_round_trips(workloads[index], lowest);
        assert_workload_round_trips(workloads[index], highest);
    }
}

static void values_reach_the_cell(void **state)
{
    (void)state;
    hm_backend_spec storage;
    hm_bench_cell cell;
    hm_error error;
    assert_int_equal(hm_bench_cell_parse("short-lived/length:3/backend:system/linkage:so/"
                                         "collector:generational-manual/threads:7/runtime:heapmark",
                                         NULL, &storage, &cell, &error),
                     HM_OK);
    assert_string_equal(cell.workload->name, "short-lived");
    assert_int_equal(cell.parameters[hm_parameter_find(cell.workload, "length")], 3);
    assert_ptr_equal(cell.backend, &storage);
    assert_string_equal(cell.backend->label, "system");
    assert_ptr_equal(cell.collector.collector, &hm_collector_generational);
    assert_false(cell.collector.settings.automatic);
    assert_int_equal(cell.threads, 7);
    hm_backend_spec_clear(&storage);
}

static void a_given_back_end_must_have_the_label(void **state)
{
    (void)state;
    hm_backend_spec given, storage;
    hm_bench_cell cell;
    hm_error error;
    assert_int_equal(hm_backend_parse("mine=so:/proc/self/exe", &given, &error), HM_OK);
    const char *name = "null/backend:mine/linkage:so/collector:none/threads:1/runtime:heapmark";
    assert_int_equal(hm_bench_cell_parse(name, &given, &storage, &cell, &error), HM_OK);
    assert_ptr_equal(cell.backend, &given);
    assert_int_equal(hm_bench_cell_parse("null" TAIL, &given, &storage, &cell, &error),
                     HM_USAGE_ERROR);
    assert_non_null(strstr(error.message, "'system'"));
    assert_non_null(strstr(error.message, "'mine'"));
    hm_backend_spec_clear(&given);
}

static void assert_refused(const char *name, const char *const *said)
{
    hm_backend_spec storage;
    hm_bench_cell cell;
    hm_error error = {0};
    if (hm_bench_cell_parse(name, NULL, &storage, &cell, &error) != HM_USAGE_ERROR)
        fail_msg("'%s' is not refused as wrong usage", name);
    assert_null(strchr(error.message, '\n'));
    for (; *said != NULL; said++) {
        if (strstr(error.message, *said) == NULL)
            fail_msg("'%s' is told as '%s', without '%s'", name, error.message, *said);
    }
    hm_backend_spec_clear(&storage);
}

#define REFUSED(name, ...) assert_refused(name, (const char *const[]){__VA_ARGS__, NULL})

static void wrong_parts_are_named(void **state)
{
    (void)state;
    REFUSED("", "no workload is called ''", "heapmark list workloads");
    REFUSED("short-lved" TAIL, "'short-lved'", "heapmark list workloads");
    REFUSED("short-lived/colour:red" TAIL, "short-lived", "no parameter 'colour'");
    REFUSED("short-lived/length" TAIL, "'length'", "name:value");
    REFUSED("short-lived/length:many" TAIL, "length", "'many'");
    REFUSED("short-lived/kind:plum" TAIL, "kind", "plum", "mixed");
    REFUSED("short-lived", "no 'backend:'", "WORKLOAD");
    REFUSED("short-lived/length:3", "no 'backend:'");
    REFUSED("null/backend:nomalloc/linkage:so/collector:none/threads:1/runtime:heapmark",
            "nomalloc", "system", "--backend");
    REFUSED("null/backend:system", "the name ends where 'linkage:' belongs");
    REFUSED("null/backend:system/collector:none", "'collector:none' stands where 'linkage:'");
    REFUSED("null/backend:system/linkage:inline/collector:none/threads:1/runtime:heapmark",
            "'inline'", "'so'");
    REFUSED("null/backend:system/linkage:so", "the name ends where 'collector:' belongs");
    REFUSED("null/backend:system/linkage:so/collector:refcount/threads:1/runtime:heapmark",
            "refcount", "generational");
    REFUSED("null/backend:system/linkage:so/collector:none", "where 'threads:' belongs");
    REFUSED("null/backend:system/linkage:so/collector:none/threads:1", "where 'runtime:' belongs");
}

static void wrong_numbers_and_ends_are_named(void **state)
{
    (void)state;
#define THREADS(text)                                                                              \
    "null/backend:system/linkage:so/collector:none/threads:" text "/runtime:heapmark"
    REFUSED(THREADS("0"), "'0'", "from 1 to 64");
    REFUSED(THREADS("65"), "'65'", "from 1 to 64");
    REFUSED(THREADS("2x"), "'2x'", "from 1 to 64");
    REFUSED(THREADS("-1"), "'-1'", "from 1 to 64");
    REFUSED(THREADS("99999999999999999999"), "from 1 to 64");
    REFUSED("null/backend:system/linkage:so/collector:none/threads:1/runtime:cpython", "'cpython'",
            "'heapmark'");
    REFUSED("null" TAIL "/more:1", "'more:1' stands after 'runtime:'");
}

static void there_is_one_spelling(void **state)
{
    (void)state;
    REFUSED("short-lived/kind:mixed" TAIL, "must be written as 'short-lived/backend:system");
    REFUSED("short-lived/length:3/kind:dict" TAIL,
            "must be written as 'short-lived/kind:dict/length:3/backend");
    REFUSED("short-lived/length:3k" TAIL, "must be written as 'short-lived/length:3000/");
}

static void long_names_are_refused(void **state)
{
    (void)state;
    char name[2 * HM_CELL_NAME_BYTES];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    REFUSED(name, "longer than 1023 bytes");

    hm_backend_spec storage;
    hm_bench_cell cell;
    hm_error error;
    char text[HM_CELL_NAME_BYTES];
    const char *whole = "short-lived/length:3" TAIL;
    assert_int_equal(hm_bench_cell_parse(whole, NULL, &storage, &cell, &error), HM_OK);
    assert_true(hm_bench_cell_name(&cell, text, strlen(whole) + 1));
    assert_string_equal(text, whole);
    for (size_t size = 1; size <= strlen(whole); size++)
        assert_false(hm_bench_cell_name(&cell, text, size));
    assert_true(hm_bench_cell_work(&cell, text, sizeof text));
    assert_string_equal(text, "short-lived/length:3");
    hm_backend_spec_clear(&storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_back_as_they_were),
        cmocka_unit_test(every_workload_round_trips),
        cmocka_unit_test(values_reach_the_cell),
        cmocka_unit_test(a_given_back_end_must_have_the_label),
        cmocka_unit_test(wrong_parts_are_named),
        cmocka_unit_test(wrong_numbers_and_ends_are_named),
        cmocka_unit_test(there_is_one_spelling),
        cmocka_unit_test(long_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
