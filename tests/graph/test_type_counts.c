#include "graph_fixture.h"

#include "graph/select.h"
#include "graph/type_counts.h"

static hm_type_counts take(hm_heap *heap)
{
    hm_type_counts counts = {0};
    hm_error error = {0};
    hm_graph *graph = fixture_map(heap);
    assert_int_equal(hm_type_counts_take(graph, NULL, &counts, &error), HM_OK);
    hm_graph_free(graph);
    return counts;
}

static void expect_count(const hm_type_counts *counts, size_t place, const char *name,
                         uint64_t count, uint64_t bytes)
{
    assert_string_equal(counts->types[place].name, name);
    assert_int_equal(counts->types[place].count, count);
    assert_int_equal(counts->types[place].bytes, bytes);
}

static void print_counts(FILE *file, void *context)
{
    hm_error error = {0};
    assert_int_equal(hm_type_counts_print(context, 2, file, &error), HM_OK);
}

static void test_counts(void **state)
{
    (void)state;
    for (size_t collector = 0; collector < FIXTURE_COLLECTORS; collector++) {
        hm_heap *heap = fixture_heap(fixture_collectors[collector]);
        hm_object *list = hm_list_new(heap);
        for (int index = 0; index < 3; index++)
            fixture_give(heap, list, hm_set_new(heap));
        fixture_give(heap, list, hm_cell_new(heap, list));
        fixture_give(heap, list, hm_str_from(heap, "an atom, not tracked"));
        hm_type_counts counts = take(heap);
        assert_int_equal(counts.length, 3);
        expect_count(&counts, 0, "set", 3, 3 * 200);
        expect_count(&counts, 1, "cell", 1, 24);
        expect_count(&counts, 2, "list", 1, 40 + 8 * 8);
        assert_int_equal(hm_type_counts_of(&counts, "cell").count, 1);
        assert_int_equal(hm_type_counts_of(&counts, "str").count, 0);
        char *text = fixture_text(print_counts, &counts);
        assert_string_equal(text, "type      count        bytes\n"
                                  "set           3          600\n"
                                  "cell          1           24\n");
        free(text);
        hm_type_counts_destroy(&counts);
        assert_int_equal(hm_type_counts_of(&counts, "cell").count, 0);
        hm_list_clear(heap, list);
        hm_decref(heap, list);
        fixture_end(heap);
    }
}

static bool is_mortal(const hm_graph *graph, hm_graph_node node, void *context)
{
    (void)context;
    return !hm_is_immortal(hm_graph_object(graph, node));
}

/* Of a selection, atoms included; two classes of one name are one type. */
static void test_counts_of_a_selection(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_error error = {0};
    hm_object *list = hm_list_new(heap);
    for (int index = 0; index < 2; index++) {
        hm_object *node = fixture_give(heap, list, fixture_class(heap, "Node"));
        fixture_give(heap, list, hm_instance_new(heap, node));
    }
    fixture_give(heap, list, hm_float_new(heap, 1.5));
    hm_graph *graph = fixture_map(heap);
    hm_graph_nodes nodes = {0};
    assert_int_equal(hm_graph_select(graph, is_mortal, NULL, &nodes, &error), HM_OK);
    hm_type_counts counts = {0};
    assert_int_equal(hm_type_counts_take(graph, &nodes, &counts, &error), HM_OK);
    assert_int_equal(hm_type_counts_of(&counts, "Node").count, 2);
    assert_int_equal(hm_type_counts_of(&counts, "float").count, 1);
    assert_int_equal(hm_type_counts_of(&counts, "type").count, 2);
    hm_graph_nodes_destroy(&nodes);
    hm_graph_free(graph);
    hm_decref(heap, list);
    fixture_end(heap);
    assert_int_equal(hm_type_counts_of(&counts, "Node").count, 2); /* outlives the heap */
    hm_type_counts_destroy(&counts);
}

static void test_many_types(void **state)
{
    (void)state;
    enum { TYPES = 1000 };
    hm_heap *heap = fixture_heap("off");
    hm_object *list = hm_list_new(heap);
    char name[300];
    for (int index = 0; index < TYPES; index++) {
        snprintf(name, sizeof name, "Class%0*d", index % 7 == 0 ? 200 : 4, index);
        hm_object *node = fixture_give(heap, list, fixture_class(heap, name));
        for (int made = 0; made <= index % 3; made++)
            fixture_give(heap, list, hm_instance_new(heap, node));
    }
    hm_type_counts counts = take(heap);
    hm_type_counts_destroy(&counts); /* the first sort makes libc's own heap grow */
    size_t before = fixture_address_space_bytes();
    counts = take(heap);
    assert_int_equal(counts.length, TYPES + 3); /* and type, its dict, list */
    for (int index = 0; index < TYPES; index++) {
        snprintf(name, sizeof name, "Class%0*d", index % 7 == 0 ? 200 : 4, index);
        assert_int_equal(hm_type_counts_of(&counts, name).count, index % 3 + 1);
    }
    for (size_t type = 1; type < counts.length; type++) {
        const hm_type_count *pair = &counts.types[type - 1];
        assert_true(pair[0].count > pair[1].count ||
                    (pair[0].count == pair[1].count && strcmp(pair[0].name, pair[1].name) < 0));
    }
    hm_type_counts_destroy(&counts);
#if defined HM_SANITIZED || defined HM_VALGRIND
    HM_UNUSED(before); /* these map memory of their own */
#else
    assert_int_equal(fixture_address_space_bytes(), before);
#endif
    hm_decref(heap, list);
    fixture_end(heap);
}

static void expect_growth(const hm_type_growths *growths, size_t place, const char *name,
                          uint64_t count, int64_t increase)
{
    assert_string_equal(growths->types[place].name, name);
    assert_int_equal(growths->types[place].count, count);
    assert_int_equal(growths->types[place].increase, increase);
}

static void print_growths(FILE *file, void *context)
{
    hm_error error = {0};
    assert_int_equal(hm_type_growths_print(context, 0, file, &error), HM_OK);
}

static void test_difference(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_error error = {0};
    hm_object *list = hm_list_new(heap);
    fixture_give(heap, list, hm_set_new(heap));
    fixture_give(heap, list, hm_cell_new(heap, NULL));
    hm_type_counts before = take(heap);
    hm_list_clear(heap, list);
    for (int index = 0; index < 3; index++)
        fixture_give(heap, list, hm_list_new(heap));
    fixture_give(heap, list, hm_cell_new(heap, NULL));
    hm_type_counts after = take(heap);
    hm_type_growths growths = {0};
    assert_int_equal(hm_type_counts_compare(&before, &after, &growths, &error), HM_OK);
    assert_int_equal(growths.length, 2);
    expect_growth(&growths, 0, "list", 4, 3);
    expect_growth(&growths, 1, "set", 0, -1);
    char *text = fixture_text(print_growths, &growths);
    assert_string_equal(text, "type      count   increase\n"
                              "list          4         +3\n"
                              "set           0         -1\n");
    free(text);
    assert_int_equal(hm_type_counts_compare(&after, &after, &growths, &error), HM_OK);
    assert_int_equal(growths.length, 0);
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&before);
    hm_type_counts_destroy(&after);
    hm_decref(heap, list);
    fixture_end(heap);
}

static void grow(hm_heap *heap, hm_type_counts *peaks, hm_object *list, size_t sets,
                 int64_t expected)
{
    hm_error error = {0};
    hm_list_clear(heap, list);
    for (size_t index = 0; index < sets; index++)
        fixture_give(heap, list, hm_set_new(heap));
    hm_type_counts now = take(heap);
    hm_type_growths growths = {0};
    assert_int_equal(hm_type_counts_growth(peaks, &now, &growths, &error), HM_OK);
    assert_int_equal(growths.length, expected == 0 ? 0 : 1);
    if (expected != 0)
        expect_growth(&growths, 0, "set", sets, expected);
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&now);
}

/* Only above the highest count so far is growth, as with objgraph's growth(). */
static void test_growth_above_the_peak(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_error error = {0};
    hm_object *list = hm_list_new(heap);
    hm_type_counts peaks = {0};
    hm_type_counts first = take(heap);
    hm_type_growths growths = {0};
    assert_int_equal(hm_type_counts_growth(&peaks, &first, &growths, &error), HM_OK);
    assert_int_equal(growths.length, 1);
    expect_growth(&growths, 0, "list", 1, 1);
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&first);
    grow(heap, &peaks, list, 5, 5);
    grow(heap, &peaks, list, 2, 0);
    grow(heap, &peaks, list, 4, 0);
    grow(heap, &peaks, list, 5, 0);
    grow(heap, &peaks, list, 7, 2);
    hm_type_counts_destroy(&peaks);
    hm_decref(heap, list);
    fixture_end(heap);
}

static void test_unwritable(void **state)
{
    (void)state;
    hm_error error = {0};
    hm_type_counts counts = {0};
    hm_type_growths growths = {0};
    FILE *full = fopen("/dev/full", "w");
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(hm_type_counts_print(&counts, 0, full, &error), HM_IO_ERROR);
    assert_int_equal(hm_type_growths_print(&growths, 0, full, &error), HM_IO_ERROR);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_counts_of_a_selection),
        cmocka_unit_test(test_many_types),
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_growth_above_the_peak),
        cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
