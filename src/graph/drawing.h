/**
 * This module is the picture of a part of a graph, as Graphviz DOT and as SVG, so that a person can
 * see who holds what.
 *
 * Objects are numbered in the order they come into the picture, so that one heap gives one text.
 * Colours go from warm (where it begins) to pale (far away); a red line is part of a cycle, a
 * dashed grey one a weak reference; the box "roots" stands for root slots, the box "outside" for
 * references nobody found; "… N more" for neighbours left out by a limit.
 */
#ifndef HM_GRAPH_DRAWING_H
#define HM_GRAPH_DRAWING_H

#include "graph/chain.h"
#include "graph/graph.h"

#include <stdio.h>

/** What a registered root slot is called, borrowed; "": nothing is shown; NULL: its number. */
typedef const char *(*hm_root_namer)(hm_object *const *slot, void *context);

/** What is drawn, and how. */
typedef struct hm_drawing_options {
    hm_graph_direction direction; /**< referents (show_refs) or referrers (show_backrefs) */
    size_t max_depth;             /**< references from the start */
    size_t too_many;              /**< neighbours followed from one object */
    bool classes;                 /**< go on from classes too, not only from those at the start */
    bool keys;                    /**< draw keys of dicts that are atoms: their names say it else */
    bool addresses;               /**< put each object's address into its label */
    hm_graph_predicate filter;    /**< false: leave the object out; NULL: none is */
    hm_graph_predicate highlight; /**< true: draw it green; NULL: none is */
    hm_root_namer root_name;      /**< NULL: root slots have numbers */
    void *context;                /**< handed to all three */
    const char *title;            /**< under the picture; NULL: none */
} hm_drawing_options;

/** Referents to depth 3, at most 10 neighbours each, as objgraph; the rest off. */
hm_drawing_options hm_drawing_options_default(void);

typedef struct hm_drawing hm_drawing;

/**
 * A drawing of what lies around `starts`, owned by the caller; it borrows the graph, the title and
 * the callbacks. The filter is not asked of the starts. NULL: HM_NO_MEMORY.
 */
hm_drawing *hm_drawing_around(const hm_graph *graph, const hm_graph_nodes *starts,
                              const hm_drawing_options *options, hm_error *error);

/** A drawing of these objects alone, in this order: of a chain, or of a cycle (show_chain). */
hm_drawing *hm_drawing_of(const hm_graph *graph, const hm_graph_nodes *nodes,
                          const hm_drawing_options *options, hm_error *error);

/** Gives the drawing back; NULL does nothing. */
void hm_drawing_free(hm_drawing *drawing);

/** How many objects are drawn. */
size_t hm_drawing_count(const hm_drawing *drawing);

/** Writes DOT to an open file. HM_NO_MEMORY, HM_IO_ERROR. */
hm_status hm_drawing_write(const hm_drawing *drawing, FILE *file, hm_error *error);

/** Writes DOT to `path`: whole, or not at all and what was there stays. HM_IO_ERROR. */
hm_status hm_drawing_save_dot(const hm_drawing *drawing, const char *path, hm_error *error);

/**
 * Draws an SVG into `path` by running Graphviz's `dot`: whole, or not at all and what was there
 * stays. HM_UNAVAILABLE: there is no `dot`; HM_IO_ERROR.
 */
hm_status hm_drawing_save_svg(const hm_drawing *drawing, const char *path, hm_error *error);

#endif
