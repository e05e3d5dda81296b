/*
 * This module is the sweep of every public function that can ask for memory: whatever is refused to
 * it, it fails cleanly, leaves nothing, and does its work when it is asked again.
 */
#include "functions.h"

static void sweep_table(const swept_table *table)
{
    uint64_t points = sweep_points(), refusals = sweep_refusals();
    sweep_all(table->functions, table->count);
    print_message("%zu calls, %llu points, %llu requests refused\n", table->count,
                  (unsigned long long)(sweep_points() - points),
                  (unsigned long long)(sweep_refusals() - refusals));
}

static void test_objects(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_objects);
}

static void test_instances_and_heaps(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_instances);
}

static void test_code_and_finalizers(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_code);
}

static void test_weak_references(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_weak);
}

static void test_gc_module(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_gc);
}

static void test_graphs(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_graph);
}

static void test_tracer(void **state)
{
    HM_UNUSED(state);
    if (!HM_TRACE)
        skip();
    sweep_table(&swept_trace);
}

static void test_sequences(void **state)
{
    HM_UNUSED(state);
    sweep_table(&swept_sequences);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_instances_and_heaps),
        cmocka_unit_test(test_code_and_finalizers),
        cmocka_unit_test(test_weak_references),
        cmocka_unit_test(test_gc_module),
        cmocka_unit_test(test_graphs),
        cmocka_unit_test(test_tracer),
        cmocka_unit_test(test_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
