/**
 * This module is how a drawing lies in memory, for the files of this folder alone.
 */
#ifndef HM_GRAPH_DRAWING_DATA_H
#define HM_GRAPH_DRAWING_DATA_H

#include "graph/cycle.h"
#include "graph/drawing.h"
#include "graph/edge.h"

struct hm_drawing {
    const hm_graph *graph;
    hm_drawing_options options;
    hm_cycles cycles;
    hm_graph_nodes nodes;  /**< in the order they came in: place n is drawn as n<n> */
    hm_graph_nodes depths; /**< references from the start, by place */
    uint32_t *place;       /**< 1 + place of each node; 0: not drawn */
    bool shows_rest;       /**< say how many neighbours are left out */
};

typedef void (*hm_drawing_visitor)(hm_graph_node node, void *context);

/**
 * True where a reference to `referent` is drawn at all: one to a dict's key that is an atom is not,
 * unless asked for or the drawing starts there.
 */
bool hm_drawing_shows(const hm_drawing *drawing, const hm_edge *edge, hm_graph_node referent);

/**
 * Calls `visit` with the nodes next to `node`, which is drawn, in the drawing's direction, one call
 * a reference, weak ones last; with none where the drawing does not go on from it.
 */
void hm_drawing_neighbours(const hm_drawing *drawing, hm_graph_node node, hm_drawing_visitor visit,
                           void *context);

/** True where the filter lets the node in. */
bool hm_drawing_accepts(const hm_drawing *drawing, hm_graph_node node);

#endif
