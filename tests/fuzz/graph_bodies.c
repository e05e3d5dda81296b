/* What finalizers, callbacks and generators do. */
#include "tests/fuzz/graph.h"

enum { MOST_RUNS = 2000 };

fuzz_graph *graph_now;

static bool make_garbage(fuzz_graph *graph)
{
    hm_heap *heap = graph->heap;
    hm_object *list = graph_has_room(graph) ? hm_list_new(heap) : NULL;
    bool done = list != NULL && hm_list_append(heap, list, list);
    hm_xdecref(heap, list);
    return done || heap->error.status == HM_OK;
}

static bool change_list(fuzz_graph *graph, hm_object *self)
{
    hm_object *list = graph_get(graph, 1);
    bool done = true;
    if (!hm_is(list, &hm_list_type))
        return true;
    hm_incref(list);
    if (self != NULL && hm_list_length(list) < 100)
        done = hm_list_append(graph->heap, list, self);
    else
        hm_list_clear(graph->heap, list);
    hm_decref(graph->heap, list);
    return done;
}

/* The kinds: nothing, resurrection, dropping what others hold, garbage, a collection, failure, a
 * store into a container, all weak references looked at. */
static bool run_kind(fuzz_graph *graph, unsigned kind, hm_object *self)
{
    hm_heap *heap = graph->heap;
    switch (kind % GRAPH_BODIES) {
    case 1:
        graph_put(graph, 2, hm_xincref(self));
        return true;
    case 2:
        for (size_t slot = 3; slot < 6; slot++)
            graph_put(graph, slot, NULL);
        return true;
    case 3:
        return make_garbage(graph);
    case 4:
        hm_heap_collect(heap, 2);
        return true;
    case 5:
        return hm_fail(heap, HM_RUNTIME_ERROR, "a body that fails");
    case 6:
        return change_list(graph, self);
    case 7:
        for (size_t slot = 0; slot < GRAPH_SLOTS; slot++) {
            hm_object *held = graph->slots[slot];
            if (held != NULL && hm_is(held, &hm_weakref_type))
                hm_xdecref(heap, hm_weakref_get(held));
        }
        return true;
    default:
        return true;
    }
}

bool graph_run_body(fuzz_graph *graph, unsigned kind, hm_object *self)
{
    if (graph->depth >= GRAPH_DEEPEST || graph->runs >= MOST_RUNS)
        return true;
    graph->depth++;
    graph->runs++;
    bool done = run_kind(graph, kind, self);
    graph->depth--;
    return done;
}

void graph_put(fuzz_graph *graph, size_t slot, hm_object *value)
{
    hm_object *before = graph->slots[slot];
    graph->slots[slot] = value;
    hm_xdecref(graph->heap, before);
}

hm_object *graph_get(const fuzz_graph *graph, size_t slot)
{
    return graph->slots[slot] != NULL ? graph->slots[slot] : &hm_none;
}

size_t graph_slot(fuzz_bytes *bytes)
{
    return fuzz_below(bytes, GRAPH_SLOTS);
}

hm_object *graph_operand(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *operand = hm_incref(graph_get(graph, graph_slot(bytes)));
    HM_CHECK(graph->held_count < GRAPH_HELD);
    graph->held[graph->held_count++] = operand;
    return operand;
}

void graph_let_go(fuzz_graph *graph)
{
    while (graph->held_count > 0)
        hm_decref(graph->heap, graph->held[--graph->held_count]);
}

bool graph_has_room(const fuzz_graph *graph)
{
    return hm_heap_live_objects(graph->heap) < GRAPH_MOST_OBJECTS;
}
