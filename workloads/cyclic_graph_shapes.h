/**
 * This module is the shapes of the graphs that `cyclic-graph` builds, as tables of links, so that
 * the work itself is the same few loops for every shape and a shape is one function.
 *
 * Words: a *link* is one reference slot of a node; a *back link* points against the direction in
 * which the graph is owned (to the previous node, to the parent) and is what programs make weak.
 */
#ifndef HM_WORKLOADS_CYCLIC_GRAPH_SHAPES_H
#define HM_WORKLOADS_CYCLIC_GRAPH_SHAPES_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_SHAPE_SELF,              /**< each node to itself */
    HM_SHAPE_PAIR,              /**< nodes 2k and 2k+1 to each other; back: from 2k+1 */
    HM_SHAPE_RING,              /**< each to the next, the last to the first */
    HM_SHAPE_DOUBLY_LINKED,     /**< each to the next and back: to the one before */
    HM_SHAPE_TREE_WITH_PARENTS, /**< each to `degree` children and back: to its parent */
    HM_SHAPE_RANDOM,            /**< each to `degree` nodes drawn at random, itself among them */
    HM_SHAPES
};

/** The names of the shapes; NULL-terminated. */
extern const char *const hm_shape_names[HM_SHAPES + 1];

/** A link in the table: the target's number, or HM_LINK_NONE; HM_LINK_BACK set on a back link. */
#define HM_LINK_NONE UINT32_MAX
#define HM_LINK_BACK 0x80000000u
#define HM_LINK_NODE 0x7fffffffu

/** Links a node of this shape has. */
uint32_t hm_shape_links(uint32_t shape, uint32_t degree);

/** True where the shape has back links, so that it can be built without a strong cycle. */
bool hm_shape_has_back_links(uint32_t shape);

/** True where the degree says something about the shape. */
bool hm_shape_has_degree(uint32_t shape);

/** Fills a table of `nodes` rows of hm_shape_links() links. Rows are in the order of nodes. */
void hm_shape_fill(uint32_t shape, uint32_t degree, uint32_t nodes, hm_random *random,
                   uint32_t *links);

#endif
