/**
 * This module is a list of node numbers in kernel memory, so that every answer of this folder comes
 * in one form and none of its working memory comes from the allocator under test.
 */
#ifndef HM_GRAPH_NODES_H
#define HM_GRAPH_NODES_H

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The number of an object in a graph, from 0, in the order the objects were found. */
typedef uint32_t hm_graph_node;

/** No node. */
#define HM_GRAPH_NONE UINT32_MAX

/** A list of nodes. Begin with `{0}`; end with hm_graph_nodes_destroy. */
typedef struct hm_graph_nodes {
    hm_graph_node *nodes;
    size_t length;
    size_t capacity;
} hm_graph_nodes;

/** Appends a node; false: the kernel refused memory, the list is as it was. */
bool hm_graph_nodes_push(hm_graph_nodes *list, hm_graph_node node) HM_MUST_USE;

/** True where the node is in the list (a linear search). */
bool hm_graph_nodes_contain(const hm_graph_nodes *list, hm_graph_node node);

/** Gives the memory back; the list is empty and can be used again. */
void hm_graph_nodes_destroy(hm_graph_nodes *list);

#endif
