/**
 * This module is lists of nodes chosen from a graph, so that counts, chains and pictures can be had
 * of the objects of a type, of those that leak, of those made since a moment.
 *
 * Every function appends to `list`, by number, and fails with HM_NO_MEMORY alone.
 */
#ifndef HM_GRAPH_SELECT_H
#define HM_GRAPH_SELECT_H

#include "graph/graph.h"

/** Every node for which `wanted` says true. */
hm_status hm_graph_select(const hm_graph *graph, hm_graph_predicate wanted, void *context,
                          hm_graph_nodes *list, hm_error *error);

/** Predicate: the node is the object of a root slot. Context: unused. */
bool hm_graph_is_root(const hm_graph *graph, hm_graph_node node, void *context);

/** Predicate: the node's type has the name `context`, a const char * (objgraph's by_type). */
bool hm_graph_is_of_type(const hm_graph *graph, hm_graph_node node, void *context);

/** Predicate: the node is a class. Context: unused. */
bool hm_graph_is_class(const hm_graph *graph, hm_graph_node node, void *context);

/** Predicate: the node is tracked by the collector. Context: unused. */
bool hm_graph_is_tracked(const hm_graph *graph, hm_graph_node node, void *context);

/** What may be meant by "leaking"; more than one may be asked for at once. */
enum {
    /**
     * Held from outside: its count is larger than the references found from objects and roots. A
     * C variable holds it, or a reference was never given back.
     */
    HM_LEAK_OUTSIDE = 1 << 0,
    /**
     * Held from outside, and nothing found refers to it: no object, no root (objgraph's
     * get_leaking_objects, which knows no roots).
     */
    HM_LEAK_UNREFERRED = 1 << 1,
    /** Garbage: neither the roots nor anything held from outside reach it; cycles, and what they
     * hold. */
    HM_LEAK_GARBAGE = 1 << 2
};

/** The mortal objects that leak in one of the ways `kinds` (HM_LEAK_*). */
hm_status hm_graph_leaking(const hm_graph *graph, unsigned kinds, hm_graph_nodes *list,
                           hm_error *error);

/** Which objects there were at a moment (objgraph's get_new_ids). Begin with `{0}`. */
typedef struct hm_graph_moment {
    struct hm_graph_moment_entry *entries;
    size_t length;
} hm_graph_moment;

/** Keeps the identities of all objects found now; it replaces what `moment` held. */
hm_status hm_graph_moment_take(const hm_graph *graph, hm_graph_moment *moment, hm_error *error);

/**
 * The mortal objects that `graph` found and `moment` did not: made in between. An object is known
 * by its address and its type, as objgraph knows it by its id: one made at the place of a dead one
 * of the same type is taken for it.
 */
hm_status hm_graph_made_since(const hm_graph *graph, const hm_graph_moment *moment,
                              hm_graph_nodes *list, hm_error *error);

/** Gives the memory back; the moment can be used again. */
void hm_graph_moment_destroy(hm_graph_moment *moment);

#endif
