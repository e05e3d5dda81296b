/**
 * This module is how the map lies in memory, for the files of this folder alone.
 *
 * Edges are two arrays a direction: the edges of node n are those from first[n] up to first[n + 1].
 */
#ifndef HM_GRAPH_GRAPH_MAP_H
#define HM_GRAPH_GRAPH_MAP_H

#include "graph/graph.h"
#include "object/object_table.h"

typedef struct hm_graph_edges {
    uint64_t *first;
    hm_graph_node *ends;
} hm_graph_edges;

/** A living weak reference and what it refers to. */
typedef struct hm_graph_weak_pair {
    hm_graph_node weakref;
    hm_graph_node referent;
} hm_graph_weak_pair;

struct hm_graph {
    hm_heap *heap;
    hm_object_table objects; /**< node n is entry n; its count: references found */
    uint64_t edge_count;
    uint64_t root_references;
    hm_graph_edges forward, backward;
    hm_graph_weak_pair *weak; /**< by weakref */
    size_t weak_count;
    uint8_t *marks; /**< HM_NODE_* of each node */
};

/** Why every function of this folder can fail. */
static inline hm_status hm_graph_no_memory(hm_error *error)
{
    return hm_error_set(error, HM_NO_MEMORY, "no kernel memory for a graph of the heap");
}

/** The object that keeps what could not be collected: the heap itself holds it, as a root does. */
static inline hm_object *hm_graph_garbage_list(const hm_graph *graph)
{
    return hm_heap_garbage(graph->heap);
}

/**
 * Sets `mark` in every node that those in `queue` reach and that has neither `mark` nor `barred`;
 * the queue's own must have it. The queue ends with all that were marked. False: no memory.
 */
bool hm_graph_flood(const hm_graph *graph, hm_graph_nodes *queue, uint8_t *marks, uint8_t mark,
                    uint8_t barred) HM_MUST_USE;

#endif
