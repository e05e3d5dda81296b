#include "graph_fixture.h"

#include "graph/drawing.h"
#include "graph/select.h"

#include <inttypes.h>

static void write_drawing(FILE *file, void *context)
{
    hm_error error = {0};
    assert_int_equal(hm_drawing_write(context, file, &error), HM_OK);
}

static hm_drawing *draw_around(const hm_graph *graph, hm_object *start,
                               const hm_drawing_options *options)
{
    hm_error error = {0};
    hm_graph_nodes starts = fixture_nodes(graph, &start, 1);
    hm_drawing *drawing = hm_drawing_around(graph, &starts, options, &error);
    assert_non_null(drawing);
    hm_graph_nodes_destroy(&starts);
    return drawing;
}

/* The text of a drawing around one object; the caller frees it. `*count`: objects drawn. */
static char *text_around(const hm_graph *graph, hm_object *start, const hm_drawing_options *options,
                         size_t *count)
{
    hm_drawing *drawing = draw_around(graph, start, options);
    char *text = fixture_text(write_drawing, drawing);
    if (count != NULL)
        *count = hm_drawing_count(drawing);
    hm_drawing_free(drawing);
    return text;
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
        count++;
    return count;
}

static void expect_part(const char *text, const char *part, size_t count)
{
    if (occurrences(text, part) != count)
        fail_msg("%zu times, not %zu, \"%s\" in\n%s", occurrences(text, part), count, part, text);
}

/* A held list with a cycle below it, an atom twice in one list, a reference from outside, garbage
 * that refers to the list's item. */
typedef struct scene {
    hm_heap *heap;
    hm_object *roots[2];
    hm_object *dict, *item;
    hm_graph *graph;
} scene;

static int set_up(void **state)
{
    scene *these = calloc(1, sizeof *these);
    hm_heap *heap = these->heap = fixture_heap("generational");
    these->roots[1] = hm_list_new(heap);
    assert_true(hm_heap_add_roots(heap, these->roots, 2));
    these->dict = fixture_give(heap, these->roots[1], hm_dict_new(heap));
    these->item = hm_list_new(heap);
    fixture_put(heap, these->dict, "item", these->item);
    assert_true(hm_list_append(heap, these->item, these->dict));
    hm_object *text = fixture_give(heap, these->item, hm_str_from(heap, "a<b"));
    assert_true(hm_list_append(heap, these->item, text));
    hm_object *self = hm_list_new(heap);
    assert_true(hm_list_append(heap, self, self));
    assert_true(hm_list_append(heap, self, these->item));
    hm_decref(heap, self);
    these->graph = fixture_map(heap);
    *state = these;
    return 0;
}

static int tear_down(void **state)
{
    scene *these = *state;
    hm_graph_free(these->graph);
    hm_decref(these->heap, these->item);
    assert_int_equal(hm_heap_collect(these->heap, 2), 1);
    fixture_end(these->heap);
    free(these);
    return 0;
}

#define HEAD                                                                                       \
    "digraph heap {\n"                                                                             \
    "  graph [fontname=\"Helvetica\", fontsize=13, ranksep=0.55, nodesep=0.3, pad=0.2];\n"         \
    "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11,"            \
    " color=\"#5f6b7a\", margin=\"0.15,0.08\"];\n"                                                 \
    "  edge [fontname=\"Helvetica\", fontsize=9, fontcolor=\"#3c4654\", color=\"#5f6b7a\","        \
    " arrowsize=0.7];\n"
#define SMALL(text) "<br/><font point-size=\"9\" color=\"#3c4654\">" text "</font>>"

/* The scene drawn from the root's list on; the parts of the text in order. */
static const char *const referents[] = {
    HEAD,
    "  label=<held &amp; drawn>;\n",
    "  n0 [label=<<b>list</b><br/>1 item",
    SMALL("count 1 · 72 bytes"),
    ", fillcolor=\"#ffcf87\"];\n",
    "  n1 [label=<<b>dict</b><br/>1 item",
    SMALL("count 2 · 168 bytes"),
    ", fillcolor=\"#f9dbad\"];\n",
    "  n2 [label=<<b>list</b><br/>3 items",
    SMALL("count 3 · 72 bytes"),
    ", fillcolor=\"#f4e7d3\"];\n",
    "  n3 [label=<<b>str</b><br/>&#39;a&lt;b&#39;",
    SMALL("count 2 · 44 bytes"),
    ", fillcolor=\"#eef3f9\"];\n",
    "  roots [label=<<b>roots</b>>, shape=box, style=\"filled,bold\", fillcolor=\"#dfe5ec\"];\n",
    "  roots -> n0 [label=<&#160;[1]>];\n",
    "  outside [label=<<b>outside</b>>, shape=box, style=\"filled,dashed\",",
    " fillcolor=\"#fbe4e6\"];\n",
    "  outside -> n2 [label=<&#160;1 reference>];\n",
    "  n0 -> n1 [label=<&#160;[0]>];\n",
    "  n1 -> n2 [label=<&#160;[&#39;item&#39;]> color=\"#d1242f\" penwidth=1.8];\n",
    "  n2 -> n1 [label=<&#160;[0]> color=\"#d1242f\" penwidth=1.8];\n",
    "  n2 -> n3 [label=<&#160;[1], [2]>];\n",
    "}\n",
};

static void write_referents(FILE *file, void *context)
{
    (void)context;
    for (size_t index = 0; index < HM_COUNT_OF(referents); index++)
        fputs(referents[index], file);
}

static void test_referents(void **state)
{
    scene *these = *state;
    hm_drawing_options options = hm_drawing_options_default();
    options.title = "held & drawn";
    size_t count = 0;
    char *expected = fixture_text(write_referents, NULL);
    char *text = text_around(these->graph, these->roots[1], &options, &count);
    assert_int_equal(count, 4);
    assert_string_equal(text, expected);
    char *again = text_around(these->graph, these->roots[1], &options, &count);
    assert_string_equal(text, again);
    free(again);
    free(text);
    free(expected);
}

static const char *name_of_root(hm_object *const *slot, void *context)
{
    scene *these = context;
    return slot == &these->roots[1] ? "kept <here>" : NULL;
}

static void test_named_roots(void **state)
{
    scene *these = *state;
    hm_drawing_options options = hm_drawing_options_default();
    options.root_name = name_of_root;
    options.context = these;
    char *text = text_around(these->graph, these->roots[1], &options, NULL);
    expect_part(text, "  roots -> n0 [label=<&#160;kept &lt;here&gt;>];\n", 1);
    free(text);
}

/* The garbage list comes in backwards, dashed, and its reference to itself is a cycle. */
static void test_referrers(void **state)
{
    scene *these = *state;
    hm_drawing_options options = hm_drawing_options_default();
    options.direction = HM_GRAPH_REFERRERS;
    size_t count = 0;
    char *text = text_around(these->graph, these->item, &options, &count);
    assert_int_equal(count, 4);
    expect_part(text, "n0 [label=<<b>list</b><br/>3 items", 1);
    expect_part(text, "style=\"filled,rounded,dashed\"];\n", 1);
    expect_part(text, "-> n0 [", 3); /* outside, the dict, the garbage */
    expect_part(text, "a&lt;b", 0);
    expect_part(text, "more", 0);
    options.max_depth = 1;
    free(text);
    text = text_around(these->graph, these->item, &options, &count);
    assert_int_equal(count, 3);
    expect_part(text, "[label=<… 1 more>,", 1); /* the root's list, beyond the depth */
    expect_part(text, " [style=dotted arrowhead=none];\n", 1);
    free(text);
}

static void test_limits(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_object *list = hm_list_new(heap);
    for (int index = 0; index < 15; index++)
        fixture_give(heap, list, hm_list_new(heap));
    hm_object *first = hm_list_get(list, 0);
    for (int index = 0; index < 5; index++)
        assert_true(hm_list_append(heap, list, first));
    hm_graph *graph = fixture_map(heap);
    hm_drawing_options options = hm_drawing_options_default();
    size_t count = 0;
    char *text = text_around(graph, list, &options, &count);
    assert_int_equal(count, 11);
    expect_part(text, "  more0 [label=<… 5 more>, shape=plaintext", 1);
    expect_part(text, "  n0 -> more0 [style=dotted arrowhead=none];\n", 1);
    expect_part(text, "  n0 -> n1 [label=<&#160;[0], [15], [16], … 3 more>];\n", 1);
    free(text);
    options.too_many = 15;
    text = text_around(graph, list, &options, &count);
    assert_int_equal(count, 16);
    expect_part(text, "more0", 0);
    free(text);
    options.max_depth = 0;
    text = text_around(graph, list, &options, &count);
    assert_int_equal(count, 1);
    expect_part(text, "  more0 [label=<… 15 more>", 1);
    free(text);
    options.direction = HM_GRAPH_REFERRERS;
    options.max_depth = 3;
    options.too_many = 0;
    text = text_around(graph, first, &options, &count);
    assert_int_equal(count, 1);
    expect_part(text, "  more0 -> n0 [style=dotted arrowhead=none];\n", 1);
    free(text);
    hm_graph_free(graph);
    hm_decref(heap, list);
    fixture_end(heap);
}

static bool is_no_str(const hm_graph *graph, hm_graph_node node, void *context)
{
    (void)context;
    return !hm_is(hm_graph_object(graph, node), &hm_str_type);
}

static bool is_object(const hm_graph *graph, hm_graph_node node, void *context)
{
    return hm_graph_object(graph, node) == context;
}

static void test_filter_and_highlight(void **state)
{
    scene *these = *state;
    hm_drawing_options options = hm_drawing_options_default();
    options.filter = is_no_str;
    options.highlight = is_object;
    options.context = these->item;
    size_t count = 0;
    char *text = text_around(these->graph, these->roots[1], &options, &count);
    assert_int_equal(count, 3);
    expect_part(text, "<b>str</b>", 0);
    expect_part(text, "more", 0); /* what the filter leaves out is not counted */
    expect_part(text, ", fillcolor=\"#a5dba2\", color=\"#1f7a2e\", penwidth=2];\n", 1);
    expect_part(text, "3 items" SMALL("count 3 · 72 bytes") ", fillcolor=\"#a5dba2\"", 1);
    free(text);
}

static void test_addresses(void **state)
{
    scene *these = *state;
    hm_drawing_options options = hm_drawing_options_default();
    char address[40];
    snprintf(address, sizeof address, "<br/>0x%" PRIxPTR "</font>", (uintptr_t)these->item);
    char *text = text_around(these->graph, these->item, &options, NULL);
    expect_part(text, "0x", 0);
    free(text);
    options.addresses = true;
    text = text_around(these->graph, these->item, &options, NULL);
    expect_part(text, address, 1);
    free(text);
}

/* A key that is an atom is drawn only if asked for, or if the drawing begins there. */
static void test_keys(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_object *dict = hm_dict_new(heap);
    hm_object *text_key = hm_str_from(heap, "key");
    hm_object *tuple_key = hm_tuple_of(heap, &text_key, 1);
    hm_object *list = hm_list_new(heap);
    assert_true(hm_dict_set(heap, dict, text_key, list));
    assert_true(hm_dict_set(heap, dict, tuple_key, list));
    hm_graph *graph = fixture_map(heap);
    hm_drawing_options options = hm_drawing_options_default();
    options.max_depth = 1;
    size_t count = 0;
    char *text = text_around(graph, dict, &options, &count);
    assert_int_equal(count, 3);
    expect_part(text, "n0 -> n1 [label=<&#160;[&#39;key&#39;], [tuple]>];", 1);
    expect_part(text, "n0 -> n2 [label=<&#160;key>];", 1);
    free(text);
    options.keys = true;
    text = text_around(graph, dict, &options, &count);
    assert_int_equal(count, 4);
    free(text);
    options.keys = false;
    options.direction = HM_GRAPH_REFERRERS;
    text = text_around(graph, text_key, &options, &count);
    assert_int_equal(count, 3);
    expect_part(text, "-> n0 [label=<&#160;key>];", 1);
    free(text);
    hm_graph_free(graph);
    hm_object *all[] = {list, tuple_key, text_key, dict};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

/* Instances, their class, which is not gone on from, and weak references, both ways. */
static void test_instances_and_weak_references(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_object *node = hm_class_new(
        heap, &(hm_class_spec){.name = "No<de", .has_dict = true, .finalizer = fixture_finalizer});
    hm_object *one = hm_instance_new(heap, node);
    hm_object *other = hm_instance_new(heap, node);
    fixture_set(heap, one, "next", other);
    hm_object *weak = hm_weakref_new(heap, other, NULL, NULL);
    fixture_set(heap, one, "seen", weak);
    hm_graph *graph = fixture_map(heap);
    hm_drawing_options options = hm_drawing_options_default();
    options.max_depth = 9;
    size_t count = 0;
    char *text = text_around(graph, one, &options, &count);
    assert_int_equal(count, 4);
    expect_part(text, "<b>No&lt;de</b>", 2);
    expect_part(text, " bytes · finalizer</font>>", 2);
    expect_part(text, "n0 -> n1 [label=<&#160;.next>];", 1);
    expect_part(text, "n0 -> n3 [label=<&#160;__class__>];", 1);
    expect_part(text,
                "  n2 -> n1 [label=<&#160;weak> style=dashed color=\"#8a94a3\""
                " fontcolor=\"#8a94a3\"];\n",
                1);
    expect_part(text, "more", 0);
    free(text);
    options.direction = HM_GRAPH_REFERRERS;
    text = text_around(graph, other, &options, &count);
    assert_int_equal(count, 3); /* itself, one, and the weak reference */
    expect_part(text, "-> n0 [label=<&#160;weak>", 1);
    free(text);
    options.direction = HM_GRAPH_REFERENTS;
    options.classes = true;
    text = text_around(graph, other, &options, &count);
    expect_part(text, "label=<&#160;__name__>", 1);
    free(text);
    options.classes = false;
    text = text_around(graph, node, &options, &count); /* it begins there */
    expect_part(text, "label=<&#160;__name__>", 1);
    free(text);
    hm_graph_free(graph);
    hm_object *all[] = {weak, one, other, node};
    for (size_t index = 0; index < HM_COUNT_OF(all); index++)
        hm_decref(heap, all[index]);
    fixture_end(heap);
}

/* A chain is drawn alone and in its order, whatever else is around. */
static void test_chain(void **state)
{
    scene *these = *state;
    hm_error error = {0};
    hm_graph_nodes chain = {0};
    assert_int_equal(
        hm_chain_from_root(these->graph, fixture_node(these->graph, these->item), &chain, &error),
        HM_OK);
    hm_drawing_options options = hm_drawing_options_default();
    hm_drawing *drawing = hm_drawing_of(these->graph, &chain, &options, &error);
    assert_int_equal(hm_drawing_count(drawing), 3);
    char *text = fixture_text(write_drawing, drawing);
    expect_part(text, "n0 -> n1 [label=<&#160;[0]>];", 1);
    expect_part(text, "n1 -> n2 [label=<&#160;[&#39;item&#39;]>", 1);
    expect_part(text, "fillcolor=\"#ffcf87\"", 1);
    expect_part(text, "fillcolor=\"#eef3f9\"", 1);
    expect_part(text, "more", 0);
    expect_part(text, "str", 0);
    free(text);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&chain);
}

/* A picture of nothing is a picture; many references without names are counted. */
static void test_odd_drawings(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("generational");
    hm_error error = {0};
    hm_object *set = hm_set_new(heap);
    hm_object *empty = hm_tuple_new(heap, 1);
    hm_tuple_set(heap, empty, 0, hm_incref(&hm_none));
    assert_true(hm_set_add(heap, set, empty));
    hm_graph *graph = fixture_map(heap);
    hm_graph_nodes none = {0};
    hm_drawing_options options = hm_drawing_options_default();
    hm_drawing *drawing = hm_drawing_around(graph, &none, &options, &error);
    assert_int_equal(hm_drawing_count(drawing), 0);
    char *text = fixture_text(write_drawing, drawing);
    assert_string_equal(text, HEAD "}\n");
    free(text);
    hm_drawing_free(drawing);
    hm_drawing_free(NULL);
    text = text_around(graph, set, &options, NULL);
    expect_part(text, "n0 -> n1 [];", 1);
    expect_part(text, "<b>NoneType</b><br/>None" SMALL("immortal · 16 bytes"), 1);
    free(text);
    hm_graph_free(graph);
    hm_decref(heap, empty);
    hm_decref(heap, set);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_referents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_named_roots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_referrers, set_up, tear_down),
        cmocka_unit_test(test_limits),
        cmocka_unit_test_setup_teardown(test_filter_and_highlight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_instances_and_weak_references),
        cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
        cmocka_unit_test(test_odd_drawings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
