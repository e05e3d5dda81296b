/*
 * The kernel refuses memory at every point in turn: each function must say so and leave nothing
 * behind. The address space is limited a little less tightly each time, until the work is done.
 */
#include "graph_fixture.h"

#include "graph/chain.h"
#include "graph/cycle.h"
#include "graph/drawing.h"
#include "graph/select.h"
#include "graph/type_counts.h"

#include <sys/resource.h>

enum { OBJECTS = 20000, STEP_BYTES = 1 << 14 };

typedef struct scene {
    hm_heap *heap;
    hm_object *roots[1];
    hm_graph *graph;
} scene;

#ifndef HM_SANITIZED
static void set_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}
#endif

static int set_up(void **state)
{
    scene *these = calloc(1, sizeof *these);
    these->heap = fixture_heap("off");
    these->roots[0] = hm_list_new(these->heap);
    assert_true(hm_heap_add_roots(these->heap, these->roots, 1));
    hm_object *last = these->roots[0];
    for (int index = 1; index < OBJECTS; index++) {
        hm_object *next = fixture_give(these->heap, last, hm_list_new(these->heap));
        assert_true(hm_list_append(these->heap, next, last));
        last = next;
    }
    these->graph = fixture_map(these->heap);
    *state = these;
    return 0;
}

static int tear_down(void **state)
{
    scene *these = *state;
    hm_graph_free(these->graph);
    fixture_end(these->heap);
    free(these);
    return 0;
}

typedef hm_status (*operation)(scene *these, hm_error *error);

/* Runs it under every limit until it succeeds, which it must not do at once. */
static void refuse_memory(scene *these, operation run)
{
#ifdef HM_SANITIZED
    HM_UNUSED(these);
    HM_UNUSED(run);
    print_message("the sanitizers need the address space\n");
    skip();
#else
    size_t refusals = 0;
    for (size_t more = 0;; more += STEP_BYTES) {
        hm_error error = {0};
        size_t before = fixture_address_space_bytes();
        set_limit(before + more);
        hm_status status = run(these, &error);
        set_limit(RLIM_INFINITY);
        assert_int_equal(fixture_address_space_bytes(), before);
        if (status == HM_OK)
            break;
        assert_int_equal(status, HM_NO_MEMORY);
        assert_string_equal(error.message, "no kernel memory for a graph of the heap");
        refusals++;
    }
    print_message("%zu refusals\n", refusals);
    assert_true(refusals > 3);
#endif
}

static hm_status make_map(scene *these, hm_error *error)
{
    hm_graph *graph = hm_graph_new(these->heap, error);
    hm_graph_free(graph);
    return graph == NULL ? error->status : HM_OK;
}

static hm_status find_chain(scene *these, hm_error *error)
{
    hm_graph_nodes chain = {0};
    hm_graph_node last = (hm_graph_node)hm_graph_count(these->graph) - 1;
    hm_status status = hm_chain_from_root(these->graph, last, &chain, error);
    hm_graph_nodes_destroy(&chain);
    return status;
}

static hm_status find_cycles(scene *these, hm_error *error)
{
    hm_cycles cycles = {0};
    hm_status status = hm_cycles_find(these->graph, &cycles, error);
    hm_cycles_destroy(&cycles);
    return status;
}

static hm_status find_retained(scene *these, hm_error *error)
{
    uint64_t bytes = 0;
    return hm_graph_retained_bytes(these->graph, 0, &bytes, error);
}

static hm_status take_moment(scene *these, hm_error *error)
{
    hm_graph_moment moment = {0};
    hm_graph_nodes made = {0};
    hm_status status = hm_graph_made_since(these->graph, &moment, &made, error);
    if (status == HM_OK)
        status = hm_graph_moment_take(these->graph, &moment, error);
    hm_graph_nodes_destroy(&made);
    hm_graph_moment_destroy(&moment);
    return status;
}

static hm_status make_drawing(scene *these, hm_error *error)
{
    hm_graph_nodes starts = {0};
    hm_drawing_options options = hm_drawing_options_default();
    options.max_depth = HM_GRAPH_NO_LIMIT;
    if (!hm_graph_nodes_push(&starts, 0))
        return hm_error_set(error, HM_NO_MEMORY, "no kernel memory for a graph of the heap");
    hm_drawing *drawing = hm_drawing_around(these->graph, &starts, &options, error);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&starts);
    return drawing == NULL ? error->status : HM_OK;
}

static void test_map(void **state)
{
    refuse_memory(*state, make_map);
}

static void test_chain(void **state)
{
    refuse_memory(*state, find_chain);
}

static void test_cycles(void **state)
{
    refuse_memory(*state, find_cycles);
}

static void test_retained(void **state)
{
    refuse_memory(*state, find_retained);
}

static void test_moment(void **state)
{
    refuse_memory(*state, take_moment);
}

static void test_drawing(void **state)
{
    refuse_memory(*state, make_drawing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cycles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_moment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drawing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
