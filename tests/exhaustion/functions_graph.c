/*
 * This module is the sweeps of object graphs: maps, chains, cycles, counts and pictures. All their
 * memory is the kernel's.
 */
#include "functions.h"

#include "graph/chain.h"
#include "graph/cycle.h"
#include "graph/drawing.h"
#include "graph/select.h"
#include "graph/type_counts.h"

#include <unistd.h>

enum { CLASSES = 70, CHAIN = 1500 };

/* A heap with more types, objects and edges than the first tables hold: a chain of lists, each with
 * an instance of some class. */
typedef struct scene {
    hm_object *root, *last;
    hm_graph *graph;
    hm_error error;
} scene;

static hm_object *class_number(sweep *on, int number)
{
    char name[40];
    snprintf(name, sizeof name, "Class%d", number);
    hm_object *class = hm_class_new(on->heap, &(hm_class_spec){.name = name});
    assert_non_null(class);
    return class;
}

/* The root's slot lies in the scene. */
static void scene_begin(sweep *on, scene *made)
{
    hm_object *classes[CLASSES];
    *made = (scene){.root = hm_list_new(on->heap)};
    made->last = made->root;
    for (int number = 0; number < CLASSES; number++)
        classes[number] = class_number(on, number);
    for (int index = 0; index < CHAIN; index++) {
        hm_object *next = hm_list_new(on->heap);
        assert_true(hm_list_append_new(on->heap, made->last,
                                       hm_instance_new(on->heap, classes[index % CLASSES])));
        assert_true(hm_list_append_new(on->heap, made->last, next));
        made->last = next;
    }
    assert_true(hm_list_append(on->heap, made->last, made->root)); /* all is one cycle */
    for (int number = 0; number < CLASSES; number++)
        hm_decref(on->heap, classes[number]);
    assert_true(hm_heap_add_roots(on->heap, &made->root, 1));
    made->graph = hm_graph_new(on->heap, &made->error);
    assert_non_null(made->graph);
}

static void scene_end(sweep *on, scene *made)
{
    hm_graph_free(made->graph);
    hm_heap_remove_roots(on->heap, &made->root);
    hm_list_clear(on->heap, made->last);
    sweep_drop(on, made->root);
}

static void sweep_hm_graph_new(sweep *on)
{
    hm_graph *graph;
    scene made;
    scene_begin(on, &made);
    SWEEP(on, graph = hm_graph_new(on->heap, &on->error), graph != NULL);
    assert_int_equal(hm_graph_count(graph), hm_graph_count(made.graph));
    hm_graph_free(graph);
    scene_end(on, &made);
}

static void sweep_hm_graph_retained_bytes(sweep *on)
{
    hm_status status;
    uint64_t bytes;
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_graph_retained_bytes(made.graph, 0, &bytes, &on->error), status == HM_OK);
    assert_true(bytes > CHAIN);
    scene_end(on, &made);
}

static void sweep_hm_chain_find(sweep *on)
{
    hm_status status;
    hm_graph_nodes chain = {0};
    scene made;
    scene_begin(on, &made);
    const hm_chain_search search = {.direction = HM_GRAPH_REFERRERS,
                                    .wanted = hm_graph_is_root,
                                    .max_depth = HM_GRAPH_NO_LIMIT};
    hm_graph_node last = hm_graph_find(made.graph, made.last);
    SWEEP(on, status = hm_chain_find(made.graph, last, &search, &chain, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&chain), status == HM_OK);
    assert_int_equal(chain.length, CHAIN + 1);
    hm_graph_nodes_destroy(&chain);
    scene_end(on, &made);
}

static void sweep_hm_chain_from_root(sweep *on)
{
    hm_status status;
    hm_graph_nodes chain = {0};
    scene made;
    scene_begin(on, &made);
    hm_graph_node last = hm_graph_find(made.graph, made.last);
    SWEEP(on, status = hm_chain_from_root(made.graph, last, &chain, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&chain), status == HM_OK);
    assert_int_equal(chain.length, CHAIN + 1);
    hm_graph_nodes_destroy(&chain);
    scene_end(on, &made);
}

static void sweep_hm_cycles_find(sweep *on)
{
    hm_status status;
    hm_cycles cycles = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_cycles_find(made.graph, &cycles, &on->error), status == HM_OK);
    assert_int_equal(cycles.length, 1);
    assert_int_equal(cycles.cycles[0].objects, CHAIN + 1);
    hm_cycles_destroy(&cycles);
    scene_end(on, &made);
}

/* A list that could not be written to its end is the caller's, to use or to give back. */
static void sweep_hm_cycle_members(sweep *on)
{
    hm_status status;
    hm_cycles cycles = {0};
    hm_graph_nodes members = {0};
    scene made;
    scene_begin(on, &made);
    assert_int_equal(hm_cycles_find(made.graph, &cycles, &made.error), HM_OK);
    SWEEP(on, status = hm_cycle_members(&cycles, 0, &members, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&members), status == HM_OK);
    assert_int_equal(members.length, CHAIN + 1);
    hm_graph_nodes_destroy(&members);
    hm_cycles_destroy(&cycles);
    scene_end(on, &made);
}

static void sweep_hm_graph_nodes_push(sweep *on)
{
    bool done;
    hm_graph_nodes nodes = {0};
    do
        assert_true(hm_graph_nodes_push(&nodes, (hm_graph_node)nodes.length));
    while (nodes.length < nodes.capacity);
    size_t length = nodes.length;
    SWEEP(on,
          done = hm_graph_nodes_push(&nodes, 7) ||
                 hm_fail(on->heap, HM_NO_MEMORY, "no memory for the list"),
          done);
    assert_int_equal(nodes.length, length + 1);
    assert_int_equal(nodes.nodes[0], 0);
    assert_int_equal(nodes.nodes[length], 7);
    hm_graph_nodes_destroy(&nodes);
}

static void sweep_hm_graph_select(sweep *on)
{
    hm_status status;
    hm_graph_nodes nodes = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_graph_select(made.graph, hm_graph_is_tracked, NULL, &nodes, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&nodes), status == HM_OK);
    assert_true(nodes.length > CHAIN);
    hm_graph_nodes_destroy(&nodes);
    scene_end(on, &made);
}

static void sweep_hm_graph_leaking(sweep *on)
{
    hm_status status;
    hm_graph_nodes nodes = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_graph_leaking(made.graph, HM_LEAK_OUTSIDE, &nodes, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&nodes), status == HM_OK);
    assert_true(hm_graph_nodes_contain(&nodes, hm_graph_find(made.graph, on->list)));
    hm_graph_nodes_destroy(&nodes);
    scene_end(on, &made);
}

static void sweep_hm_graph_moment_take(sweep *on)
{
    hm_status status;
    hm_graph_moment moment = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_graph_moment_take(made.graph, &moment, &on->error), status == HM_OK);
    assert_int_equal(moment.length, hm_graph_count(made.graph));
    hm_graph_moment_destroy(&moment);
    scene_end(on, &made);
}

static void sweep_hm_graph_made_since(sweep *on)
{
    hm_status status;
    hm_graph_nodes nodes = {0};
    const hm_graph_moment never = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_graph_made_since(made.graph, &never, &nodes, &on->error);
          if (status != HM_OK) hm_graph_nodes_destroy(&nodes), status == HM_OK);
    assert_true(nodes.length > CHAIN);
    hm_graph_nodes_destroy(&nodes);
    scene_end(on, &made);
}

static void sweep_hm_type_counts_take(sweep *on)
{
    hm_status status;
    hm_type_counts counts = {0};
    scene made;
    scene_begin(on, &made);
    SWEEP(on, status = hm_type_counts_take(made.graph, NULL, &counts, &on->error), status == HM_OK);
    assert_true(counts.length > CLASSES);
    assert_int_equal(hm_type_counts_of(&counts, "Class0").count, (CHAIN + CLASSES - 1) / CLASSES);
    hm_type_counts_destroy(&counts);
    scene_end(on, &made);
}

static hm_type_counts counts_of(scene *made)
{
    hm_type_counts counts = {0};
    assert_int_equal(hm_type_counts_take(made->graph, NULL, &counts, &made->error), HM_OK);
    return counts;
}

static void sweep_hm_type_counts_compare(sweep *on)
{
    hm_status status;
    hm_type_counts before = {0};
    hm_type_growths growths = {0};
    scene made;
    scene_begin(on, &made);
    hm_type_counts after = counts_of(&made);
    SWEEP(on, status = hm_type_counts_compare(&before, &after, &growths, &on->error),
          status == HM_OK);
    assert_int_equal(growths.length, after.length);
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&after);
    scene_end(on, &made);
}

/* What a failure did not tell, the next call tells. */
static void sweep_hm_type_counts_growth(sweep *on)
{
    hm_status status;
    hm_type_counts peaks = {0};
    hm_type_growths growths = {0};
    scene made;
    scene_begin(on, &made);
    hm_type_counts now = counts_of(&made);
    SWEEP(on, status = hm_type_counts_growth(&peaks, &now, &growths, &on->error), status == HM_OK);
    assert_int_equal(growths.length, now.length);
    assert_int_equal(hm_type_counts_growth(&peaks, &now, &growths, &made.error), HM_OK);
    assert_int_equal(growths.length, 0);
    hm_type_growths_destroy(&growths);
    hm_type_counts_destroy(&now);
    hm_type_counts_destroy(&peaks);
    scene_end(on, &made);
}

/* ---- pictures ---- */

static hm_drawing_options everything(void)
{
    hm_drawing_options options = hm_drawing_options_default();
    options.max_depth = CHAIN;
    return options;
}

static void sweep_hm_drawing_around(sweep *on)
{
    hm_drawing *drawing;
    hm_graph_nodes starts = {0};
    scene made;
    scene_begin(on, &made);
    const hm_drawing_options options = everything();
    assert_true(hm_graph_nodes_push(&starts, hm_graph_find(made.graph, made.root)));
    SWEEP(on, drawing = hm_drawing_around(made.graph, &starts, &options, &on->error),
          drawing != NULL);
    assert_true(hm_drawing_count(drawing) > CHAIN);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&starts);
    scene_end(on, &made);
}

static hm_drawing *draw_chain(scene *made, hm_graph_nodes *chain)
{
    hm_graph_node last = hm_graph_find(made->graph, made->last);
    const hm_drawing_options options = hm_drawing_options_default();
    assert_int_equal(hm_chain_from_root(made->graph, last, chain, &made->error), HM_OK);
    return hm_drawing_of(made->graph, chain, &options, &made->error);
}

static void sweep_hm_drawing_of(sweep *on)
{
    hm_drawing *drawing;
    hm_graph_nodes chain = {0};
    scene made;
    scene_begin(on, &made);
    hm_drawing *first = draw_chain(&made, &chain);
    const hm_drawing_options options = hm_drawing_options_default();
    SWEEP(on, drawing = hm_drawing_of(made.graph, &chain, &options, &on->error), drawing != NULL);
    assert_int_equal(hm_drawing_count(drawing), hm_drawing_count(first));
    hm_drawing_free(drawing);
    hm_drawing_free(first);
    hm_graph_nodes_destroy(&chain);
    scene_end(on, &made);
}

static void sweep_hm_drawing_write(sweep *on)
{
    hm_status status;
    hm_graph_nodes chain = {0};
    scene made;
    scene_begin(on, &made);
    hm_drawing *drawing = draw_chain(&made, &chain);
    FILE *file = fopen("/dev/null", "w");
    SWEEP(on, status = hm_drawing_write(drawing, file, &on->error), status == HM_OK);
    fclose(file);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&chain);
    scene_end(on, &made);
}

/* A file that could not be written is not there. */
static void sweep_hm_drawing_save_dot(sweep *on)
{
    hm_status status;
    char path[] = "/tmp/heapmark-sweep-XXXXXX";
    hm_graph_nodes chain = {0};
    scene made;
    scene_begin(on, &made);
    hm_drawing *drawing = draw_chain(&made, &chain);
    close(mkstemp(path));
    unlink(path);
    SWEEP(on, status = hm_drawing_save_dot(drawing, path, &on->error);
          if (status != HM_OK) assert_int_not_equal(access(path, F_OK), 0), status == HM_OK);
    assert_int_equal(unlink(path), 0);
    hm_drawing_free(drawing);
    hm_graph_nodes_destroy(&chain);
    scene_end(on, &made);
}

static const swept functions[] = {
    SWEPT_WITH(hm_graph_new, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_retained_bytes, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_nodes_push, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_select, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_leaking, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_moment_take, SWEEP_MAPS),
    SWEPT_WITH(hm_graph_made_since, SWEEP_MAPS),
    SWEPT_WITH(hm_chain_find, SWEEP_MAPS),
    SWEPT_WITH(hm_chain_from_root, SWEEP_MAPS),
    SWEPT_WITH(hm_cycles_find, SWEEP_MAPS),
    SWEPT_WITH(hm_cycle_members, SWEEP_MAPS),
    SWEPT_WITH(hm_type_counts_take, SWEEP_MAPS),
    SWEPT_WITH(hm_type_counts_compare, SWEEP_MAPS),
    SWEPT_WITH(hm_type_counts_growth, SWEEP_MAPS | SWEEP_KEEPS),
    SWEPT_WITH(hm_drawing_around, SWEEP_MAPS),
    SWEPT_WITH(hm_drawing_of, SWEEP_MAPS),
    SWEPT_WITH(hm_drawing_write, SWEEP_MAPS),
    SWEPT_WITH(hm_drawing_save_dot, SWEEP_MAPS),
};

const swept_table swept_graph = {functions, HM_COUNT_OF(functions)};
