#include "graph/graph_map.h"

#include "base/system_memory.h"
#include "object/runtime.h"
#include "object/weakref.h"

#include <stdlib.h>

/* An object that is dying has no references to show: its count holds a link, or is 0. */
static bool is_dead(const hm_object *object)
{
    return object->reference_count == 0 || (object->collector_word & HM_WORD_DEFERRED) != 0;
}

static void enter(hm_object *object, void *context)
{
    if (!is_dead(object))
        hm_object_table_add(&((hm_graph *)context)->objects, object);
}

static void enter_and_count(hm_object *object, void *context)
{
    if (is_dead(object))
        return;
    ((hm_graph *)context)->edge_count++;
    hm_object_table_add(&((hm_graph *)context)->objects, object);
}

static void enter_weakrefs(hm_graph *graph, const hm_object *object)
{
    if (object->type->weaklist_offset == 0)
        return;
    for (hm_object *weak = hm_weakref_first(object); weak != NULL;
         weak = hm_weakref_following(weak)) {
        graph->weak_count++;
        enter(weak, graph);
    }
}

static void visit_roots(hm_graph *graph, hm_visitor visit)
{
    const hm_heap *heap = graph->heap;
    for (size_t root = 0; root < heap->root_count; root++)
        hm_visit_slots(heap->roots[root].slots, heap->roots[root].count, visit, graph);
    if (hm_graph_garbage_list(graph) != NULL)
        visit(hm_graph_garbage_list(graph), graph);
}

/* Numbers every object that can be found: what the roots hold, what is tracked, what they reach. */
static bool find_objects(hm_graph *graph)
{
    if (!hm_object_table_create(&graph->objects))
        return false;
    visit_roots(graph, enter);
    hm_heap_enumerate(graph->heap, enter, graph);
    for (size_t node = 0; node < graph->objects.length; node++) {
        hm_object *object = graph->objects.entries[node].object;
        hm_object_traverse(object, enter_and_count, graph);
        enter_weakrefs(graph, object);
    }
    return !graph->objects.failed;
}

typedef struct edge_writer {
    hm_graph *graph;
    uint64_t next;
} edge_writer;

static void write_edge(hm_object *referent, void *context)
{
    edge_writer *writer = context;
    if (is_dead(referent))
        return;
    hm_object_table_entry *entry = hm_object_table_find(&writer->graph->objects, referent);
    entry->count++;
    writer->graph->forward.ends[writer->next++] =
        (hm_graph_node)(entry - writer->graph->objects.entries);
}

static void count_root(hm_object *object, void *context)
{
    hm_graph *graph = context;
    hm_object_table_entry *entry = hm_object_table_find(&graph->objects, object);
    if (entry == NULL)
        return;
    entry->count++;
    graph->root_references++;
    graph->marks[entry - graph->objects.entries] |= HM_NODE_ROOT;
}

static void reverse(hm_graph_node *ends, uint64_t count)
{
    for (uint64_t low = 0, high = count; low + 1 < high; low++) {
        hm_graph_node swapped = ends[low];
        ends[low] = ends[--high];
        ends[high] = swapped;
    }
}

/* Lists and tuples are traversed from their last item; people read them from the first. */
static void write_forward(hm_graph *graph)
{
    edge_writer writer = {graph, 0};
    for (size_t node = 0; node < graph->objects.length; node++) {
        hm_object *object = graph->objects.entries[node].object;
        uint64_t first = graph->forward.first[node] = writer.next;
        hm_object_traverse(object, write_edge, &writer);
        if (object->type->references.vector_backwards)
            reverse(graph->forward.ends + first, writer.next - first);
    }
    graph->forward.first[graph->objects.length] = writer.next;
}

/* A counting sort by the edge's end. first[n + 1] is where the next edge to n goes, so that in the
 * end first[n + 1] is where those to n + 1 begin. */
static void write_backward(hm_graph *graph)
{
    const hm_graph_edges *forward = &graph->forward;
    uint64_t *first = graph->backward.first;
    size_t count = graph->objects.length;
    for (uint64_t edge = 0; edge < graph->edge_count; edge++) {
        if (forward->ends[edge] + (size_t)2 <= count)
            first[forward->ends[edge] + 2]++;
    }
    for (size_t node = 2; node <= count; node++)
        first[node] += first[node - 1];
    for (size_t node = 0; node < count; node++) {
        for (uint64_t edge = forward->first[node]; edge < forward->first[node + 1]; edge++)
            graph->backward.ends[first[forward->ends[edge] + 1]++] = (hm_graph_node)node;
    }
}

static int compare_weak(const void *left, const void *right)
{
    hm_graph_node one = ((const hm_graph_weak_pair *)left)->weakref;
    hm_graph_node other = ((const hm_graph_weak_pair *)right)->weakref;
    return (one > other) - (one < other);
}

static void write_weak(hm_graph *graph)
{
    size_t next = 0;
    for (size_t node = 0; node < graph->objects.length; node++) {
        const hm_object *object = hm_graph_object(graph, (hm_graph_node)node);
        if (object->type->weaklist_offset == 0)
            continue;
        for (hm_object *weak = hm_weakref_first(object); weak != NULL;
             weak = hm_weakref_following(weak)) {
            hm_graph_node weakref = hm_graph_find(graph, weak);
            if (weakref != HM_GRAPH_NONE)
                graph->weak[next++] = (hm_graph_weak_pair){weakref, (hm_graph_node)node};
        }
    }
    graph->weak_count = next;
    qsort(graph->weak, next, sizeof *graph->weak, compare_weak);
}

static bool map_edges(const hm_graph *graph, hm_graph_edges *edges)
{
    edges->first = hm_system_map((graph->objects.length + 1) * sizeof *edges->first);
    edges->ends = hm_system_map((graph->edge_count + 1) * sizeof *edges->ends);
    return edges->first != NULL && edges->ends != NULL;
}

bool hm_graph_flood(const hm_graph *graph, hm_graph_nodes *queue, uint8_t *marks, uint8_t mark,
                    uint8_t barred)
{
    for (size_t next = 0; next < queue->length; next++) {
        size_t count = 0;
        const hm_graph_node *referents = hm_graph_referents(graph, queue->nodes[next], &count);
        for (size_t edge = 0; edge < count; edge++) {
            if (marks[referents[edge]] & (mark | barred))
                continue;
            marks[referents[edge]] |= mark;
            if (!hm_graph_nodes_push(queue, referents[edge]))
                return false;
        }
    }
    return true;
}

/* Sets `mark` in all that nodes with one of `starts` reach, those included. */
static bool mark_from(const hm_graph *graph, unsigned starts, uint8_t mark)
{
    hm_graph_nodes queue = {0};
    bool complete = true;
    for (size_t node = 0; node < graph->objects.length && complete; node++) {
        if (!(graph->marks[node] & starts))
            continue;
        graph->marks[node] |= mark;
        complete = hm_graph_nodes_push(&queue, (hm_graph_node)node);
    }
    complete = complete && hm_graph_flood(graph, &queue, graph->marks, mark, 0);
    hm_graph_nodes_destroy(&queue);
    return complete;
}

static bool mark_nodes(hm_graph *graph)
{
    for (size_t node = 0; node < graph->objects.length; node++) {
        if (hm_graph_outside(graph, (hm_graph_node)node) != 0)
            graph->marks[node] |= HM_NODE_OUTSIDE;
    }
    return mark_from(graph, HM_NODE_ROOT, HM_NODE_REACHABLE) &&
           mark_from(graph, HM_NODE_ROOT | HM_NODE_OUTSIDE, HM_NODE_ALIVE);
}

hm_graph *hm_graph_new(hm_heap *heap, hm_error *error)
{
    hm_graph *graph = hm_system_map(sizeof *graph);
    if (graph == NULL)
        goto no_memory;
    graph->heap = heap;
    if (!find_objects(graph))
        goto no_memory;
    graph->marks = hm_system_map(graph->objects.length + 1);
    graph->weak = hm_system_map((graph->weak_count + 1) * sizeof *graph->weak);
    if (graph->marks == NULL || graph->weak == NULL || !map_edges(graph, &graph->forward) ||
        !map_edges(graph, &graph->backward))
        goto no_memory;
    write_forward(graph);
    write_backward(graph);
    write_weak(graph);
    visit_roots(graph, count_root);
    if (mark_nodes(graph))
        return graph;

no_memory:
    hm_graph_no_memory(error);
    hm_graph_free(graph);
    return NULL;
}

static void unmap_edges(const hm_graph *graph, hm_graph_edges *edges)
{
    hm_system_unmap(edges->first, (graph->objects.length + 1) * sizeof *edges->first);
    hm_system_unmap(edges->ends, (graph->edge_count + 1) * sizeof *edges->ends);
}

void hm_graph_free(hm_graph *graph)
{
    if (graph == NULL)
        return;
    unmap_edges(graph, &graph->forward);
    unmap_edges(graph, &graph->backward);
    hm_system_unmap(graph->weak, (graph->weak_count + 1) * sizeof *graph->weak);
    hm_system_unmap(graph->marks, graph->objects.length + 1);
    hm_object_table_destroy(&graph->objects);
    hm_system_unmap(graph, sizeof *graph);
}
