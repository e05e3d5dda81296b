/**
 * This module is the plain questions a map answers: who is it, whom does it refer to, what is it to
 * the roots, what would go with it.
 */
#include "base/system_memory.h"
#include "graph/graph_map.h"

#include <string.h>

hm_heap *hm_graph_heap(const hm_graph *graph)
{
    return graph->heap;
}

size_t hm_graph_count(const hm_graph *graph)
{
    return graph->objects.length;
}

hm_object *hm_graph_object(const hm_graph *graph, hm_graph_node node)
{
    HM_ASSERT(node < graph->objects.length);
    return graph->objects.entries[node].object;
}

hm_graph_node hm_graph_find(const hm_graph *graph, const hm_object *object)
{
    const hm_object_table_entry *entry = hm_object_table_find(&graph->objects, object);
    return entry == NULL ? HM_GRAPH_NONE : (hm_graph_node)(entry - graph->objects.entries);
}

static const hm_graph_node *edges_of(const hm_graph_edges *edges, hm_graph_node node, size_t *count)
{
    *count = (size_t)(edges->first[node + 1] - edges->first[node]);
    return edges->ends + edges->first[node];
}

const hm_graph_node *hm_graph_referents(const hm_graph *graph, hm_graph_node node, size_t *count)
{
    HM_ASSERT(node < graph->objects.length);
    return edges_of(&graph->forward, node, count);
}

const hm_graph_node *hm_graph_referrers(const hm_graph *graph, hm_graph_node node, size_t *count)
{
    HM_ASSERT(node < graph->objects.length);
    return edges_of(&graph->backward, node, count);
}

uint64_t hm_graph_references(const hm_graph *graph, hm_graph_node node)
{
    return graph->objects.entries[node].count;
}

uint64_t hm_graph_outside(const hm_graph *graph, hm_graph_node node)
{
    const hm_object *object = hm_graph_object(graph, node);
    uint64_t found = hm_graph_references(graph, node);
    if (hm_is_immortal(object) || object->reference_count <= found)
        return 0;
    return object->reference_count - found;
}

bool hm_graph_is(const hm_graph *graph, hm_graph_node node, unsigned marks)
{
    HM_ASSERT(node < graph->objects.length);
    return (graph->marks[node] & marks) == marks;
}

hm_graph_node hm_graph_weak_referent(const hm_graph *graph, hm_graph_node node)
{
    size_t low = 0;
    size_t high = graph->weak_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (graph->weak[middle].weakref < node)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < graph->weak_count && graph->weak[low].weakref == node;
    return found ? graph->weak[low].referent : HM_GRAPH_NONE;
}

static void add_to_summary(const hm_graph *graph, hm_graph_node node, hm_graph_summary *summary)
{
    const hm_object *object = hm_graph_object(graph, node);
    summary->tracked += hm_is_tracked(object);
    if (hm_is_immortal(object))
        return;
    size_t bytes = hm_object_size(object);
    summary->not_found--;
    if (hm_graph_is(graph, node, HM_NODE_OUTSIDE))
        summary->outside++;
    if (hm_graph_is(graph, node, HM_NODE_REACHABLE)) {
        summary->reachable++;
        summary->reachable_bytes += bytes;
    }
    if (!hm_graph_is(graph, node, HM_NODE_ALIVE)) {
        summary->garbage++;
        summary->garbage_bytes += bytes;
    }
}

hm_graph_summary hm_graph_summarize(const hm_graph *graph)
{
    hm_graph_summary summary = {.objects = graph->objects.length,
                                .references = graph->edge_count + graph->root_references,
                                .not_found = hm_heap_live_objects(graph->heap)};
    for (size_t node = 0; node < graph->objects.length; node++)
        add_to_summary(graph, (hm_graph_node)node, &summary);
    return summary;
}

enum { KEPT = 1, WITHOUT = 2 };

static uint64_t mortal_bytes(const hm_graph *graph, hm_graph_node node)
{
    const hm_object *object = hm_graph_object(graph, node);
    return hm_is_immortal(object) ? 0 : hm_object_size(object);
}

/* Marks KEPT what stays alive when `node` is gone. */
static bool keep_others(const hm_graph *graph, hm_graph_node without, uint8_t *marks,
                        hm_graph_nodes *queue)
{
    marks[without] = WITHOUT;
    for (size_t node = 0; node < graph->objects.length; node++) {
        if (!(graph->marks[node] & (HM_NODE_ROOT | HM_NODE_OUTSIDE)) || node == without)
            continue;
        marks[node] = KEPT;
        if (!hm_graph_nodes_push(queue, (hm_graph_node)node))
            return false;
    }
    return hm_graph_flood(graph, queue, marks, KEPT, WITHOUT);
}

hm_status hm_graph_retained_bytes(const hm_graph *graph, hm_graph_node node, uint64_t *bytes,
                                  hm_error *error)
{
    hm_graph_nodes queue = {0};
    uint8_t *marks = hm_system_map(graph->objects.length + 1);
    hm_status status = HM_OK;
    *bytes = 0;
    if (marks == NULL || !keep_others(graph, node, marks, &queue))
        goto no_memory;
    queue.length = 0;
    if (!hm_graph_nodes_push(&queue, node) || !hm_graph_flood(graph, &queue, marks, WITHOUT, KEPT))
        goto no_memory;
    for (size_t index = 0; index < queue.length; index++)
        *bytes += mortal_bytes(graph, queue.nodes[index]);
    goto end;

no_memory:
    status = hm_graph_no_memory(error);
end:
    hm_graph_nodes_destroy(&queue);
    hm_system_unmap(marks, graph->objects.length + 1);
    return status;
}
