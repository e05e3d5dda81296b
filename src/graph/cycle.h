/**
 * This module is the cycles of a graph: its strongly connected components, so that what reference
 * counts alone never free can be told, with its size, whether or not something still holds it.
 *
 * A component is a cycle where it has more than one object, or one that refers to itself. Immortal
 * objects are in none: they hold nothing mortal.
 */
#ifndef HM_GRAPH_CYCLE_H
#define HM_GRAPH_CYCLE_H

#include "graph/graph.h"

#include <stdio.h>

typedef struct hm_cycle {
    hm_graph_node first; /**< its member of the lowest number */
    bool alive;          /**< false: a collector would find it */
    size_t objects;
    uint64_t bytes; /**< requested, prefix excluded */
} hm_cycle;

/** All cycles, by their first members. Begin with `{0}`. */
typedef struct hm_cycles {
    hm_cycle *cycles;
    size_t length;
    uint32_t *of_node; /**< 1 + the cycle of each node; 0: in none */
    size_t nodes;      /**< of the graph */
} hm_cycles;

/** Finds all cycles (Tarjan 1972, without recursion). Replaces `cycles`. HM_NO_MEMORY. */
hm_status hm_cycles_find(const hm_graph *graph, hm_cycles *cycles, hm_error *error);

/** Gives the memory back; the cycles can be used again. */
void hm_cycles_destroy(hm_cycles *cycles);

/** Appends the members of a cycle to `list`, by number. HM_NO_MEMORY. */
hm_status hm_cycle_members(const hm_cycles *cycles, size_t cycle, hm_graph_nodes *list,
                           hm_error *error);

/** Writes a table of the first `limit` cycles (0: all). HM_IO_ERROR. */
hm_status hm_cycles_print(const hm_graph *graph, const hm_cycles *cycles, size_t limit, FILE *file,
                          hm_error *error);

#endif
