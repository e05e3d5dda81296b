/**
 * This module is the graph: a map of one heap at one moment, every object a numbered node and every
 * reference an edge that can be followed both ways, so that questions about who refers to whom are
 * asked of the map and the heap is walked once.
 *
 * The heap is seen, not disturbed: no count changes, nothing is allocated on it, and the map lies
 * in kernel memory. It is true until the heap next changes; then make a new one.
 *
 * Words: an object is *found* where it is tracked, or held by a root, or referred to by something
 * found. *References found* are those of found objects and of root slots. *Outside* references are
 * an object's count minus the references found: held by C code, or never given back. *Reachable*
 * means from the roots; *alive* means from the roots or from an object held from outside. What is
 * found and not alive is *garbage*: what a cycle collector would find.
 *
 * Under a collector that keeps no list and without a ledger only what the roots reach is found. An
 * atom (str, int) that nothing found refers to cannot be found; hm_graph_summary counts those.
 */
#ifndef HM_GRAPH_GRAPH_H
#define HM_GRAPH_GRAPH_H

#include "graph/nodes.h"
#include "object/heap.h"

typedef struct hm_graph hm_graph;

/** A question about a node; `context` is the asker's. */
typedef bool (*hm_graph_predicate)(const hm_graph *graph, hm_graph_node node, void *context);

/** What is known of a node; more than one may hold. */
enum {
    HM_NODE_ROOT = 1 << 0,      /**< a root slot holds it */
    HM_NODE_REACHABLE = 1 << 1, /**< the roots reach it */
    HM_NODE_OUTSIDE = 1 << 2,   /**< its count is larger than the references found */
    HM_NODE_ALIVE = 1 << 3      /**< the roots, or something held from outside, reach it */
};

/** The map in numbers. Bytes are those requested for the objects, prefix excluded. */
typedef struct hm_graph_summary {
    uint64_t objects;    /**< found, immortal ones included */
    uint64_t tracked;    /**< known to the collector */
    uint64_t references; /**< between them, and from the roots */
    uint64_t reachable;  /**< mortal objects the roots reach */
    uint64_t reachable_bytes;
    uint64_t outside; /**< objects held from outside */
    uint64_t garbage; /**< mortal objects that are not alive */
    uint64_t garbage_bytes;
    uint64_t not_found; /**< mortal objects that exist and nothing found refers to */
} hm_graph_summary;

/** A map of the heap as it is now, owned by the caller. NULL: HM_NO_MEMORY in `error`. */
hm_graph *hm_graph_new(hm_heap *heap, hm_error *error);

/** Gives the map back; NULL does nothing. */
void hm_graph_free(hm_graph *graph);

/** The heap the map is of. */
hm_heap *hm_graph_heap(const hm_graph *graph);

/** How many nodes there are. */
size_t hm_graph_count(const hm_graph *graph);

/** The object of a node, borrowed. */
hm_object *hm_graph_object(const hm_graph *graph, hm_graph_node node);

/** The node of an object, or of any address (objgraph's at); HM_GRAPH_NONE: not found. */
hm_graph_node hm_graph_find(const hm_graph *graph, const hm_object *object);

/**
 * The objects `node` refers to, one entry a reference, in the order of its slots
 * (gc.get_referents). Borrowed from the map; `*count` receives how many.
 */
const hm_graph_node *hm_graph_referents(const hm_graph *graph, hm_graph_node node, size_t *count);

/** The objects that refer to `node`, one entry a reference, by number (gc.get_referrers). */
const hm_graph_node *hm_graph_referrers(const hm_graph *graph, hm_graph_node node, size_t *count);

/** References found to `node`: from objects, from root slots, from the garbage list's owner. */
uint64_t hm_graph_references(const hm_graph *graph, hm_graph_node node);

/** Outside references to `node`; 0 for an immortal object. */
uint64_t hm_graph_outside(const hm_graph *graph, hm_graph_node node);

/** True where all of `marks` (HM_NODE_*) hold for `node`. */
bool hm_graph_is(const hm_graph *graph, hm_graph_node node, unsigned marks);

/** What the weak reference `node` refers to; HM_GRAPH_NONE: it is dead, or no weak reference. */
hm_graph_node hm_graph_weak_referent(const hm_graph *graph, hm_graph_node node);

/** The map in numbers, by one pass over its nodes. */
hm_graph_summary hm_graph_summarize(const hm_graph *graph);

/**
 * Stores in `*bytes` what `node` alone keeps: the mortal objects, itself included, that would be
 * garbage without it. Of a node that is not alive, what it reaches that is not alive.
 */
hm_status hm_graph_retained_bytes(const hm_graph *graph, hm_graph_node node, uint64_t *bytes,
                                  hm_error *error);

#endif
