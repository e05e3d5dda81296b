/**
 * This module is the choice of what is drawn: the objects around the starts, breadth first, up to
 * the limits.
 */
#include "graph/drawing.h"

#include "base/system_memory.h"
#include "graph/drawing_data.h"
#include "graph/edge.h"
#include "graph/graph_map.h"
#include "graph/select.h"
#include "object/weakref.h"

enum { DEFAULT_DEPTH = 3, DEFAULT_TOO_MANY = 10 };

hm_drawing_options hm_drawing_options_default(void)
{
    return (hm_drawing_options){
        .direction = HM_GRAPH_REFERENTS, .max_depth = DEFAULT_DEPTH, .too_many = DEFAULT_TOO_MANY};
}

bool hm_drawing_shows(const hm_drawing *drawing, const hm_edge *edge, hm_graph_node referent)
{
    uint32_t place = drawing->place[referent];
    return edge->kind != HM_EDGE_KEY || drawing->options.keys || hm_is_container(edge->referent) ||
           (place != 0 && drawing->depths.nodes[place - 1] == 0);
}

typedef struct referent_visit {
    const hm_drawing *drawing;
    hm_drawing_visitor visit;
    void *context;
} referent_visit;

static void visit_shown(const hm_edge *edge, void *context)
{
    const referent_visit *state = context;
    hm_graph_node referent = hm_graph_find(state->drawing->graph, edge->referent);
    if (referent != HM_GRAPH_NONE && hm_drawing_shows(state->drawing, edge, referent))
        state->visit(referent, state->context);
}

static void visit_referents(const hm_drawing *drawing, hm_graph_node node, hm_drawing_visitor visit,
                            void *context)
{
    referent_visit state = {drawing, visit, context};
    hm_edge_traverse(hm_graph_object(drawing->graph, node), visit_shown, &state);
    hm_graph_node referent = hm_graph_weak_referent(drawing->graph, node);
    if (referent != HM_GRAPH_NONE)
        visit(referent, context);
}

static void visit_referrers(const hm_drawing *drawing, hm_graph_node node, hm_drawing_visitor visit,
                            void *context)
{
    size_t count = 0;
    const hm_graph_node *referrers = hm_graph_referrers(drawing->graph, node, &count);
    for (size_t edge = 0; edge < count; edge++)
        visit(referrers[edge], context);
    const hm_object *object = hm_graph_object(drawing->graph, node);
    if (object->type->weaklist_offset == 0)
        return;
    for (hm_object *weak = hm_weakref_first(object); weak != NULL;
         weak = hm_weakref_following(weak))
        visit(hm_graph_find(drawing->graph, weak), context);
}

/* A class leads to every instance and to what describes them: it is drawn and not gone on from. */
static bool is_end(const hm_drawing *drawing, hm_graph_node node)
{
    return !drawing->options.classes && hm_graph_is_class(drawing->graph, node, NULL) &&
           drawing->depths.nodes[drawing->place[node] - 1] != 0;
}

void hm_drawing_neighbours(const hm_drawing *drawing, hm_graph_node node, hm_drawing_visitor visit,
                           void *context)
{
    if (is_end(drawing, node))
        return;
    if (drawing->options.direction == HM_GRAPH_REFERENTS)
        visit_referents(drawing, node, visit, context);
    else
        visit_referrers(drawing, node, visit, context);
}

bool hm_drawing_accepts(const hm_drawing *drawing, hm_graph_node node)
{
    const hm_drawing_options *options = &drawing->options;
    return options->filter == NULL || options->filter(drawing->graph, node, options->context);
}

/* Gives a node its place; false: no memory. One that has a place keeps it. */
static bool place_node(hm_drawing *drawing, hm_graph_node node, size_t depth)
{
    if (drawing->place[node] != 0)
        return true;
    if (!hm_graph_nodes_push(&drawing->nodes, node) ||
        !hm_graph_nodes_push(&drawing->depths, (uint32_t)depth))
        return false;
    drawing->place[node] = (uint32_t)drawing->nodes.length;
    return true;
}

typedef struct expansion {
    hm_drawing *drawing;
    size_t depth; /* of what is brought in */
    size_t brought;
    bool complete;
} expansion;

static void bring_in(hm_graph_node node, void *context)
{
    expansion *state = context;
    if (!state->complete || state->brought == state->drawing->options.too_many ||
        state->drawing->place[node] != 0 || !hm_drawing_accepts(state->drawing, node))
        return;
    state->brought++;
    state->complete = place_node(state->drawing, node, state->depth);
}

static bool bring_in_all(hm_drawing *drawing)
{
    bool complete = true;
    for (size_t place = 0; place < drawing->nodes.length && complete; place++) {
        size_t depth = drawing->depths.nodes[place];
        if (depth >= drawing->options.max_depth)
            break;
        expansion state = {drawing, depth + 1, 0, true};
        hm_drawing_neighbours(drawing, drawing->nodes.nodes[place], bring_in, &state);
        complete = state.complete;
    }
    return complete;
}

/* A drawing with these nodes: all at depth 0, or each one deeper than the one before. */
static hm_drawing *begin(const hm_graph *graph, const hm_graph_nodes *nodes,
                         const hm_drawing_options *options, bool deeper)
{
    hm_error ignored;
    hm_drawing *drawing = hm_system_map(sizeof *drawing);
    if (drawing == NULL)
        return NULL;
    drawing->graph = graph;
    drawing->options = *options;
    drawing->place = hm_system_map((hm_graph_count(graph) + 1) * sizeof *drawing->place);
    bool complete =
        drawing->place != NULL && hm_cycles_find(graph, &drawing->cycles, &ignored) == HM_OK;
    for (size_t index = 0; index < nodes->length && complete; index++)
        complete = place_node(drawing, nodes->nodes[index], deeper ? drawing->nodes.length : 0);
    if (complete)
        return drawing;
    hm_drawing_free(drawing);
    return NULL;
}

hm_drawing *hm_drawing_around(const hm_graph *graph, const hm_graph_nodes *starts,
                              const hm_drawing_options *options, hm_error *error)
{
    hm_drawing *drawing = begin(graph, starts, options, false);
    if (drawing != NULL && bring_in_all(drawing)) {
        drawing->shows_rest = true;
        return drawing;
    }
    hm_drawing_free(drawing);
    hm_graph_no_memory(error);
    return NULL;
}

hm_drawing *hm_drawing_of(const hm_graph *graph, const hm_graph_nodes *nodes,
                          const hm_drawing_options *options, hm_error *error)
{
    hm_drawing *drawing = begin(graph, nodes, options, true);
    if (drawing == NULL)
        hm_graph_no_memory(error);
    return drawing;
}

void hm_drawing_free(hm_drawing *drawing)
{
    if (drawing == NULL)
        return;
    hm_system_unmap(drawing->place, (hm_graph_count(drawing->graph) + 1) * sizeof *drawing->place);
    hm_graph_nodes_destroy(&drawing->nodes);
    hm_graph_nodes_destroy(&drawing->depths);
    hm_cycles_destroy(&drawing->cycles);
    hm_system_unmap(drawing, sizeof *drawing);
}

size_t hm_drawing_count(const hm_drawing *drawing)
{
    return drawing->nodes.length;
}
