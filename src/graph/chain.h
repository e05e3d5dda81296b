/**
 * This module is chains of references between objects, so that "why is this still alive?" has an
 * answer: the shortest way from a root to it.
 *
 * A chain is a list of nodes, each of which refers to the next, whichever way it was searched.
 */
#ifndef HM_GRAPH_CHAIN_H
#define HM_GRAPH_CHAIN_H

#include "graph/graph.h"

#include <stdio.h>

/** Which way a search follows references. */
typedef enum hm_graph_direction {
    HM_GRAPH_REFERENTS, /**< from an object to what it refers to */
    HM_GRAPH_REFERRERS  /**< from an object to what refers to it */
} hm_graph_direction;

/** No limit to the depth of a search. */
#define HM_GRAPH_NO_LIMIT SIZE_MAX

/** What is searched for, and how far. */
typedef struct hm_chain_search {
    hm_graph_direction direction;
    hm_graph_predicate wanted; /**< true: this is the end of the search */
    hm_graph_predicate filter; /**< false: the search goes round this one; NULL: none such */
    void *context;             /**< handed to both */
    size_t max_depth;          /**< references in the longest chain allowed */
} hm_chain_search;

/**
 * Finds a shortest chain, breadth first, from `start` to the first node that is wanted, `start`
 * itself among them (objgraph's find_ref_chain and find_backref_chain). Of chains of one length the
 * one with the earliest references is found. Replaces `chain`, which stays empty where there is
 * none (objgraph gives the object alone then). HM_NO_MEMORY.
 */
hm_status hm_chain_find(const hm_graph *graph, hm_graph_node start, const hm_chain_search *search,
                        hm_graph_nodes *chain, hm_error *error);

/** The shortest chain from a root slot's object to `node`; empty: the roots do not reach it. */
hm_status hm_chain_from_root(const hm_graph *graph, hm_graph_node node, hm_graph_nodes *chain,
                             hm_error *error);

/** Writes a chain in one line: "list (2 items) [1] -> Node .next -> Node". HM_IO_ERROR. */
hm_status hm_chain_print(const hm_graph *graph, const hm_graph_nodes *chain, FILE *file,
                         hm_error *error);

#endif
