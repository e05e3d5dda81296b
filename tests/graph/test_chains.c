#include "graph_fixture.h"

#include "graph/chain.h"
#include "graph/cycle.h"
#include "graph/drawing.h"
#include "graph/select.h"

#ifdef HM_SLOW_TOOL
enum { DEEP = 200000 };
#else
enum { DEEP = 1000000 };
#endif

/* root -> long way of three, and root -> short -> end. */
typedef struct ways {
    hm_heap *heap;
    hm_object *roots[1];
    hm_object *a, *b, *c, *s, *end, *aside;
} ways;

static void build(ways *these, const char *collector)
{
    hm_heap *heap = these->heap = fixture_heap(collector);
    these->roots[0] = hm_list_new(heap);
    assert_true(hm_heap_add_roots(heap, these->roots, 1));
    these->a = fixture_give(heap, these->roots[0], hm_list_new(heap));
    these->b = fixture_give(heap, these->a, hm_list_new(heap));
    these->c = fixture_give(heap, these->b, hm_list_new(heap));
    these->s = fixture_give(heap, these->roots[0], hm_dict_new(heap));
    these->end = fixture_give(heap, these->c, hm_list_new(heap));
    fixture_put(heap, these->s, "end", these->end);
    these->aside = hm_list_new(heap);
    assert_true(hm_list_append(heap, these->aside, these->end));
}

static void dispose(ways *these)
{
    hm_decref(these->heap, these->aside);
    fixture_end(these->heap);
}

static bool is_object(const hm_graph *graph, hm_graph_node node, void *context)
{
    return hm_graph_object(graph, node) == context;
}

static void test_shortest_from_root(void **state)
{
    (void)state;
    for (size_t collector = 0; collector < FIXTURE_COLLECTORS; collector++) {
        ways these;
        build(&these, fixture_collectors[collector]);
        hm_graph *graph = fixture_map(these.heap);
        hm_graph_nodes chain = {0};
        hm_error error = {0};
        hm_graph_node end = fixture_node(graph, these.end);
        assert_int_equal(hm_chain_from_root(graph, end, &chain, &error), HM_OK);
        fixture_expect(graph, &chain, (hm_object *[]){these.roots[0], these.s, these.end}, 3);
        hm_graph_node root = fixture_node(graph, these.roots[0]);
        assert_int_equal(hm_chain_from_root(graph, root, &chain, &error), HM_OK);
        fixture_expect(graph, &chain, these.roots, 1);
        hm_graph_node aside = fixture_node(graph, these.aside);
        assert_int_equal(hm_chain_from_root(graph, aside, &chain, &error), HM_OK);
        assert_int_equal(chain.length, 0);
        hm_graph_nodes_destroy(&chain);
        hm_graph_free(graph);
        dispose(&these);
    }
}

static bool not_the_dict(const hm_graph *graph, hm_graph_node node, void *context)
{
    (void)context;
    return !hm_is(hm_graph_object(graph, node), &hm_dict_type);
}

static void test_forward_with_limits(void **state)
{
    (void)state;
    ways these;
    build(&these, "generational");
    hm_graph *graph = fixture_map(these.heap);
    hm_graph_nodes chain = {0};
    hm_error error = {0};
    hm_graph_node root = fixture_node(graph, these.roots[0]);
    hm_chain_search search = {
        .direction = HM_GRAPH_REFERENTS, .wanted = is_object, .context = these.end, .max_depth = 2};
    assert_int_equal(hm_chain_find(graph, root, &search, &chain, &error), HM_OK);
    fixture_expect(graph, &chain, (hm_object *[]){these.roots[0], these.s, these.end}, 3);
    search.max_depth = 1;
    assert_int_equal(hm_chain_find(graph, root, &search, &chain, &error), HM_OK);
    assert_int_equal(chain.length, 0);
    search.filter = not_the_dict;
    search.max_depth = 4;
    assert_int_equal(hm_chain_find(graph, root, &search, &chain, &error), HM_OK);
    fixture_expect(graph, &chain,
                   (hm_object *[]){these.roots[0], these.a, these.b, these.c, these.end}, 5);
    search.max_depth = 3;
    assert_int_equal(hm_chain_find(graph, root, &search, &chain, &error), HM_OK);
    assert_int_equal(chain.length, 0);
    search.context = these.roots[0];
    search.max_depth = 0;
    assert_int_equal(hm_chain_find(graph, root, &search, &chain, &error), HM_OK);
    fixture_expect(graph, &chain, these.roots, 1);
    hm_graph_nodes_destroy(&chain);
    hm_graph_free(graph);
    dispose(&these);
}

static void test_back_to_a_type(void **state)
{
    (void)state;
    ways these;
    build(&these, "generational");
    hm_graph *graph = fixture_map(these.heap);
    hm_graph_nodes chain = {0};
    hm_error error = {0};
    char name[] = "dict";
    hm_chain_search search = {.direction = HM_GRAPH_REFERRERS,
                              .wanted = hm_graph_is_of_type,
                              .context = name,
                              .max_depth = 20};
    hm_graph_node end = fixture_node(graph, these.end);
    assert_int_equal(hm_chain_find(graph, end, &search, &chain, &error), HM_OK);
    fixture_expect(graph, &chain, (hm_object *[]){these.s, these.end}, 2);
    hm_graph_nodes_destroy(&chain);
    hm_graph_free(graph);
    dispose(&these);
}

typedef struct printed {
    const hm_graph *graph;
    const hm_graph_nodes *chain;
} printed;

static void print(FILE *file, void *context)
{
    printed *what = context;
    hm_error error = {0};
    assert_int_equal(hm_chain_print(what->graph, what->chain, file, &error), HM_OK);
}

static void test_printed_chain(void **state)
{
    (void)state;
    ways these;
    build(&these, "generational");
    hm_graph *graph = fixture_map(these.heap);
    hm_graph_nodes chain = {0};
    hm_error error = {0};
    hm_graph_node end = fixture_node(graph, these.end);
    assert_int_equal(hm_chain_from_root(graph, end, &chain, &error), HM_OK);
    printed what = {graph, &chain};
    char *text = fixture_text(print, &what);
    assert_string_equal(text, "list (2 items) [1] -> dict (1 item) ['end'] -> list (0 items)\n");
    free(text);
    FILE *full = fopen("/dev/full", "w");
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(hm_chain_print(graph, &chain, full, &error), HM_IO_ERROR);
    fclose(full);
    hm_graph_nodes_destroy(&chain);
    hm_graph_free(graph);
    dispose(&these);
}

static void draw_deep(const hm_graph *graph, const hm_graph_nodes *chain)
{
    hm_error error = {0};
    hm_drawing_options options = hm_drawing_options_default();
    options.max_depth = HM_GRAPH_NO_LIMIT;
    hm_graph_nodes start = {0};
    assert_true(hm_graph_nodes_push(&start, chain->nodes[0]));
    hm_drawing *drawing = hm_drawing_around(graph, &start, &options, &error);
    assert_int_equal(hm_drawing_count(drawing), DEEP);
    FILE *nowhere = fopen("/dev/null", "w");
    assert_int_equal(hm_drawing_write(drawing, nowhere, &error), HM_OK);
    fclose(nowhere);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&start);
}

/* A million lists, each holding the next, the last one the first: nothing recurses. */
static void test_a_million_deep(void **state)
{
    (void)state;
    hm_heap *heap = fixture_heap("off");
    hm_object *roots[1] = {hm_list_sized(heap, 1)};
    assert_true(hm_heap_add_roots(heap, roots, 1));
    hm_object *last = roots[0];
    for (size_t depth = 1; depth < DEEP; depth++) {
        hm_object *next = hm_list_sized(heap, 1);
        hm_list_set(heap, last, 0, next);
        last = next;
    }
    hm_list_set(heap, last, 0, hm_incref(roots[0]));
    hm_graph *graph = fixture_map(heap);
    hm_graph_nodes chain = {0};
    hm_error error = {0};
    assert_int_equal(hm_chain_from_root(graph, fixture_node(graph, last), &chain, &error), HM_OK);
    assert_int_equal(chain.length, DEEP);
    assert_ptr_equal(hm_graph_object(graph, chain.nodes[0]), roots[0]);
    hm_cycles cycles = {0};
    assert_int_equal(hm_cycles_find(graph, &cycles, &error), HM_OK);
    assert_int_equal(cycles.length, 1);
    assert_int_equal(cycles.cycles[0].objects, DEEP);
    assert_int_equal(cycles.cycles[0].bytes, (uint64_t)DEEP * 48);
    hm_cycles_destroy(&cycles);
    uint64_t bytes = 0;
    hm_graph_node root = fixture_node(graph, roots[0]);
    assert_int_equal(hm_graph_retained_bytes(graph, root, &bytes, &error), HM_OK);
    assert_int_equal(bytes, (uint64_t)DEEP * 48);
    draw_deep(graph, &chain);
    hm_graph_nodes_destroy(&chain);
    hm_graph_free(graph);
    fixture_end(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shortest_from_root), cmocka_unit_test(test_forward_with_limits),
        cmocka_unit_test(test_back_to_a_type),     cmocka_unit_test(test_printed_chain),
        cmocka_unit_test(test_a_million_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
